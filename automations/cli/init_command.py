"""`init`: five questions to a config of one's own, ending in a preview of the first month."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import heading, is_interactive, say, table
from automations.errors import ConfigError, MagicloopError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automations.wiring import Session

EXAMPLE = 'magicloop init --name "Sam Lee" --email sam@example.com --boss "Priya <priya@example.com>"'


@dataclass(frozen=True, slots=True)
class Answers:
    """What the five questions gave; a boss or a calendar may be left for later."""

    name: str
    email: str
    timezone: str
    boss: tuple[str, str]
    calendars: tuple[str, ...]


@click.command()
@click.option("--name", help="Your name.")
@click.option("--email", help="Your mail address.")
@click.option("--timezone", help="Your IANA time zone, e.g. Europe/Berlin.")
@click.option("--boss", help='Your boss, as "Priya Raman <priya@example.com>"; "" for none yet.')
@click.option("--calendar", multiple=True, metavar="PATH", help=".ics files or folders of your meetings.")
@click.pass_obj
def init(
    session: Session,
    name: str | None,
    email: str | None,
    timezone: str | None,
    boss: str | None,
    calendar: tuple[str, ...],
) -> None:
    """Make your config by five questions.

    Each question is an option too. It ends in a preview of the first month. An existing config is never changed.
    """
    from automations.config.places import own_config
    from automations.config.sample import local_timezone

    target = own_config(session.places)
    if os.path.lexists(target):
        raise RefusedError(
            "there is a config already; it is left as it is", where=target, fix="magicloop config edit"
        )
    if not is_interactive() and (name is None or email is None):
        raise RefusedError("without a terminal, init needs --name and --email", fix=EXAMPLE)
    here = local_timezone(os.environ)
    calendars = calendar or None
    answers = Answers(
        _answer("--name", name, "Your name", _name),
        _answer("--email", email, "Your mail address", _email),
        _answer("--timezone", timezone, "Your time zone", _timezone, default=here),
        _answer("--boss", boss, "Your boss, as Name <address> (empty: later)", _boss, default=""),
        _answer(
            "--calendar",
            calendars,
            "Your calendar, an .ics file or folder (empty: later)",
            _calendars,
            default="",
        ),
    )
    _write(session, answers)


def _answer(
    flag: str, given: Any, question: str, read: Callable[[Any], Any], *, default: str | None = None
) -> Any:
    """Return the answer to a question, by its option or at the terminal, where a bad one is asked again.

    :raises RefusedError: the option's value will not do; the sentence names the option.
    """
    try:
        if given is not None:
            return read(given)
        if not is_interactive():
            return read(default)
    except MagicloopError as error:
        raise RefusedError(f"{flag}: {error.what}; nothing was written", fix=error.fix or EXAMPLE) from None

    def read_again(text: str) -> Any:
        try:
            return read(text)
        except MagicloopError as error:
            raise click.UsageError(f"{error.what}; {error.fix}" if error.fix else error.what) from None

    return click.prompt(question, default=default, show_default=bool(default), value_proc=read_again)


def _name(text: str) -> str:
    from automations.compose.addresses import check_name

    if not text.strip():
        raise RefusedError("a name is needed", fix="write it as it shall stand under your mails")
    return check_name(text.strip())


def _email(text: str) -> str:
    from automations.compose.addresses import check_address

    return check_address(text)


def _timezone(text: str) -> str:
    from automations.config.zones import zone_fault

    fault = zone_fault(text)
    if fault:
        raise RefusedError(f"{text!r} {fault}", fix="write an IANA name such as Europe/Berlin")
    return text


def _boss(text: str) -> tuple[str, str]:
    """Return name and address; an address alone gives the name."""
    from automations.compose.addresses import parse_recipient

    if not text.strip():
        return "", ""
    name, email = parse_recipient(text, "your boss")
    return name or email.split("@")[0].replace(".", " ").title(), email


def _calendars(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return the absolute paths, each of which must be there."""
    paths = [path for path in ([given] if isinstance(given, str) else given) if path.strip()]
    absolute = tuple(os.path.abspath(os.path.expanduser(path.strip())) for path in paths)  # noqa: PTH100, PTH111 - as typed
    for path in absolute:
        if not os.path.exists(path):  # noqa: PTH110 - as typed
            raise RefusedError(f"{path} is not there", fix="name an .ics file or a folder of them")
    return absolute


def _write(session: Session, answers: Answers) -> None:
    """Check the answers as a whole, write the config, show what the first month would bring."""
    from automations.cli.run_commands import show_plan
    from automations.config.load import parse
    from automations.config.places import find_places, own_config
    from automations.config.sample import init_text, write_own
    from automations.wiring import Session as NewSession

    text = init_text(answers.name, answers.email, answers.timezone, *answers.boss, answers.calendars)
    try:
        parse(text.encode(), own_config(session.places), session.places.data)
    except ConfigError as error:
        problems = "\n".join(str(problem) for problem in error.problems)
        raise RefusedError(
            f"these answers make no config; nothing was written\n{problems}", fix=EXAMPLE
        ) from None
    written = write_own(session.places, text)
    say(f"Written: {written}")
    made = NewSession(
        find_places(os.environ, session.places.config if session.places.explicit else None), session.clock
    )
    try:
        say()
        heading("The first month")
        show_plan(made, frozenset(), as_json=False)
    finally:
        made.close()
    say()
    heading("Next")
    table(
        [
            ("magicloop run", "do this now"),
            ("magicloop config edit", "name problems to think about and help you can offer"),
            ("magicloop status", "what waits, what is due"),
        ]
    )

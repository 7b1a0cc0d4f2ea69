"""`init`: five questions to a config of one's own, ending in a preview of the first month."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from automations.cli.output import heading, is_interactive, say, table
from automations.errors import RefusedError

if TYPE_CHECKING:
    from automations.wiring import Session


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
    """Make your config: five questions, each also an option; ends in a preview.

    An existing config is never changed.
    """
    from automations.config.places import own_config
    from automations.config.sample import local_timezone

    target = own_config(session.places)
    if os.path.lexists(target):
        raise RefusedError(
            "there is a config already; it is left as it is", where=target, fix="magicloop config edit"
        )
    ask = is_interactive()
    if not ask and (name is None or email is None):
        raise RefusedError(
            "without a terminal, init needs --name and --email",
            fix='magicloop init --name "Sam Lee" --email sam@example.com --boss "Priya <priya@example.com>"',
        )
    zone_here = local_timezone(os.environ)
    name = name if name is not None else click.prompt("Your name")
    email = email if email is not None else click.prompt("Your mail address")
    timezone = timezone or (click.prompt("Your time zone", default=zone_here) if ask else zone_here)
    if boss is None:
        boss = (
            click.prompt("Your boss, as Name <address> (empty: later)", default="", show_default=False)
            if ask
            else ""
        )
    if not calendar and ask:
        given = click.prompt(
            "Your calendar: an .ics file or folder (empty: later)", default="", show_default=False
        )
        calendar = (given,) if given else ()
    _write(session, name, email, timezone, boss, calendar)


def _write(
    session: Session, name: str, email: str, timezone: str, boss: str, calendars: tuple[str, ...]
) -> None:
    """Check the answers as a whole, write the config, show what the first month would bring."""
    from automations.cli.run_commands import show_plan
    from automations.compose.addresses import parse_recipient
    from automations.config.load import parse
    from automations.config.places import find_places, own_config
    from automations.config.sample import init_text, write_own
    from automations.wiring import Session as NewSession

    boss_name, boss_email = parse_recipient(boss, "your boss") if boss.strip() else ("", "")
    if boss_email and not boss_name:
        boss_name = boss_email.split("@")[0].replace(".", " ").title()
    absolute = tuple(os.path.abspath(os.path.expanduser(path)) for path in calendars)  # noqa: PTH100, PTH111 - as typed
    text = init_text(name, email, timezone, boss_name, boss_email, absolute)
    parse(text.encode(), own_config(session.places), session.places.data)
    written = write_own(session.places, text)
    say(f"Written: {written}")
    made = NewSession(
        find_places(os.environ, session.places.config if session.places.explicit else None), session.clock
    )
    say()
    heading("The first month")
    show_plan(made, frozenset(), as_json=False)
    say()
    heading("Next")
    table(
        [
            ("magicloop run", "do this now"),
            ("magicloop config edit", "name problems to think about and help you can offer"),
            ("magicloop status", "what waits, what is due"),
        ]
    )
    made.close()

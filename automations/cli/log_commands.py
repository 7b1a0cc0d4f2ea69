"""`log`: what happened, and whether the log still says it as it was written."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import emit_json, emit_json_line, record, say, whisper
from automations.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from automations.model.records import LogEntry
    from automations.wiring import Session

FOLLOW_SECONDS = 2.0


@click.group(invoke_without_command=True, subcommand_metavar="[COMMAND]")
@click.option(
    "-n", "--lines", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many."
)
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; with -f one for each line.")
@click.pass_context
def log(ctx: click.Context, *, lines: int, follow: bool, as_json: bool) -> None:
    """Show what happened: runs with news, actions, acts by hand."""
    if ctx.invoked_subcommand is None:
        _show(ctx.obj, lines, follow=follow, as_json=as_json)


def _show(session: Session, lines: int, *, follow: bool, as_json: bool) -> None:
    """Print the newest lines, and with `follow` what comes after them."""
    person, journal = session.policy.person, session.reading_journal()
    numbered = journal.log(person, limit=lines)
    if as_json and not follow:
        emit_json({"entries": [_entry_json(session, entry) for _, entry in numbered]})
        return
    if not numbered and not as_json:
        say("The log is empty. Try: magicloop run")
    print_entry = _json_printer(session) if as_json else _entry_printer(session)
    for _, entry in numbered:
        print_entry(entry)
    if not as_json:
        _point_to_run_log(session)
    last = numbered[-1][0] if numbered else 0
    while follow:
        session.clock.sleep(FOLLOW_SECONDS)
        for number, entry in session.reading_journal().log(person, after=last):
            print_entry(entry)
            last = number


def _point_to_run_log(session: Session) -> None:
    """Tell a person where the rest is: a run that could not use the journal stands only there."""
    if sys.stdout.isatty() and os.path.exists(session.places.run_log):  # noqa: PTH110 - as in `run_log`
        whisper(f"What runs of the schedule said, also where they got no further: {session.places.run_log}")


@log.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """Check that no line of the log was changed or removed.

    Each line carries a hash of itself and of all before it. It exits with 1 where one does not fit.
    """
    from automations.store.chain import LogCheck, check_log

    session: Session = ctx.obj
    session.refuse_lost_journal()
    exists = session.journal_exists()
    found = check_log(session.places.database) if exists else LogCheck(0, "")
    if as_json:
        emit_json(
            {
                "ok": found.broken is None,
                "lines": found.lines,
                "head": found.head,
                "broken": found.broken,
                "what": found.what,
            }
        )
    elif found.broken is None:
        say(f"ok: {found.lines} lines, each as it was written")
        if found.head:
            say(f"the newest line's hash, to keep elsewhere: {found.head}")
    else:
        say(f"line {found.broken} {found.what}; the {found.lines} before it are as they were written")
        say("fix: magicloop restore FILE --force    (a backup made before)")
    if found.broken is not None:
        ctx.exit(ExitCode.ERROR)


def _entry_json(session: Session, entry: LogEntry) -> dict[str, Any]:
    from automations.cli.wording import local_iso

    return {
        "at": local_iso(entry.at, session.policy.me.zone),
        "run": entry.run,
        "kind": entry.kind,
        "subject": entry.subject,
        "outcome": entry.outcome,
        "detail": entry.detail,
    }


def _json_printer(session: Session) -> Callable[[LogEntry], None]:
    return lambda entry: emit_json_line(_entry_json(session, entry))


def _entry_printer(session: Session) -> Callable[[LogEntry], None]:
    from automations.plan.zones import local, zone_name

    zone = session.policy.me.zone

    def print_entry(entry: LogEntry) -> None:
        at = f"{local(entry.at, zone):%Y-%m-%d %H:%M} {zone_name(entry.at, zone)}"
        parts = (at, entry.kind, entry.subject, entry.outcome, entry.detail)
        record("  ".join(part for part in parts if part), hanging=len(at) + 2)

    return print_entry

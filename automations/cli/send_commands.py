"""`draft undo` and `draft send`: the time between an approval and the mail that leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from automations.cli.draft_commands import draft
from automations.cli.output import emit_json, is_interactive, say
from automations.errors import LockHeldError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.apply import Result
    from automations.wiring import Session

__all__ = ["draft"]

STEP_SECONDS = 1.0
"""How long one look at the clock lasts while it is waited for an undo time."""


@draft.command()
@click.argument("name", metavar="ID")
@click.pass_obj
def undo(session: Session, name: str) -> None:
    """Take an approval back, as long as the mail has not left."""
    from automations.desk import review

    with session.bench() as bench:
        back = review.undo(bench, review.find_draft(bench.recorded, name))
    say(f"Taken back; it waits again: magicloop draft show {back.id[:6]}")


@draft.command()
@click.option("--wait", is_flag=True, help="Wait until each may leave, then send it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def send(ctx: click.Context, *, wait: bool, as_json: bool) -> None:
    """Send the approved mails whose undo time is over.

    The next run sends them too; this is for when you do not want to wait for it.
    """
    from automations.cli.wording import local_iso
    from automations.desk.sending import next_leave
    from automations.plan.severities import exit_code_of, severity_of

    session: Session = ctx.obj
    counts = wait and is_interactive() and not as_json
    results, trouble = _see_off(session, wait=wait, counts=counts)
    if counts:
        click.echo("\r" + " " * 60 + "\r", nl=False, err=True)
    leaves = next_leave(session.reading_journal().load(session.policy.person))
    if trouble is None or results:
        if as_json:
            sent = [
                {"kind": r.kind, "subject": r.subject, "outcome": r.outcome.value, "detail": r.detail}
                for r in results
            ]
            emit_json({"actions": sent, "next_leave": local_iso(leaves, session.policy.me.zone)})
        else:
            _tell(session, results, leaves)
    if trouble is not None:
        trouble.exit_code = exit_code_of([severity_of(trouble)])  # as a run says of it
        raise trouble
    ctx.exit(exit_code_of(severity_of(result.error) for result in results if result.error))


def _see_off(session: Session, *, wait: bool, counts: bool) -> tuple[list[Result], ProviderError | None]:
    """Send what may leave, with `wait` all that is approved; return what became of each, and what ended it early.

    :raises LockHeldError: a run is at work, and it is not waited for.
    """
    from automations.desk.sending import Departures

    results: list[Result] = []
    departures = Departures()
    while True:
        try:
            with session.bench() as bench:
                results.extend(departures.send_due(bench))
                leaves = departures.next_leave(bench.world.journal.load(session.policy.person))
        except LockHeldError:
            if not wait:
                raise
            leaves = session.clock.now() + timedelta(seconds=STEP_SECONDS)  # the run may send them itself
        except ProviderError as error:
            return results, error
        if leaves is None or not wait:
            return results, None
        seconds = max((leaves - session.clock.now()).total_seconds(), 0.0)
        if counts:
            click.echo(
                f"\rLeaves in {seconds:3.0f} s; Ctrl-C leaves it to the next run. ", nl=False, err=True
            )
        session.clock.sleep(min(seconds, STEP_SECONDS))


def _tell(session: Session, results: Sequence[Result], leaves: datetime | None) -> None:
    """Say what became of each mail, and when the next one leaves; one that could leave by now did not go."""
    from automations.cli.sent_words import one_stayed, sent_lines
    from automations.plan.zones import say_when

    for line in sent_lines(results, session.reading_journal().load(session.policy.person)):
        say(line)
    if leaves is None:
        if not results:
            say("No approved mail waits to be sent.")
    elif leaves > session.clock.now():
        when = say_when(leaves, session.policy.me.zone, with_zone=True)
        say(f"The next one leaves {when}; at once then: magicloop draft send --wait")
    elif not one_stayed(results):
        say("What is approved and did not go, the next run tries again.")

"""The mails of an incident, drafted at once after an act by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.output import say, whisper
from automations.errors import ExitCode, LockHeldError
from automations.wiring import HAND_LOCK_SECONDS

if TYPE_CHECKING:
    from automations.cycle import Report
    from automations.wiring import Session


def draft_now(session: Session, incident_id: str) -> None:
    """Write the drafts at once; a run that holds the lock does it a moment later.

    What stands in the way is said and sets the exit code; the incident itself is recorded by then.
    """
    from automations.cli.run_commands import run_once

    try:
        report = run_once(session, frozenset({"incidents"}), wait=HAND_LOCK_SECONDS)
    except LockHeldError:
        whisper("A run is at work; the draft comes with the next one.")
        return
    prefix = f"incident:{incident_id}:"
    recorded = session.journal().load(session.policy.person)
    for each in recorded.drafts:
        if each.key.startswith(prefix) and each.state.value == "waiting":
            say(f"Draft to {', '.join(each.to)}: magicloop draft show {each.id[:6]}")
    _say_what_hinders(session, report, incident_id)
    failed = any(result.error is not None and result.subject.startswith(prefix) for result in report.results)
    if report.refusal is not None or failed:
        code = report.exit_code
        click.get_current_context().exit(code if code is not ExitCode.DONE else ExitCode.PARTIAL)


def _say_what_hinders(session: Session, report: Report, incident_id: str) -> None:
    """Say what is in the way of this incident's mails, and every other problem not told of before."""
    from automations.cli.wording import problem_lines

    if report.refusal is not None:
        whisper(f"not drafted: {report.refusal}")
        if report.refusal.fix:
            whisper(f"fix: {report.refusal.fix}")
        return
    zone, now = session.policy.me.zone, session.clock.now()
    told = {problem.key for problem in report.notices.told}
    for problem in report.notices.standing:
        mine = problem.subject.partition(" ")[0] == incident_id or problem.subject.startswith(
            f"incident:{incident_id}:"
        )
        if mine or problem.key in told:
            for line in problem_lines(problem, zone, now):
                whisper(line)
    for problem in report.notices.recovered:
        whisper(f"over: {problem.what}")

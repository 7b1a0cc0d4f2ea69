"""What a run did, as a person at a terminal reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.cli.output import heading, paragraph, prose, say, table
from automations.cli.wording import problem_lines, result_lines, told_once
from automations.plan.zones import say_when

if TYPE_CHECKING:
    from datetime import datetime

    from automations.cycle import Report
    from automations.model.records import Draft, Problem
    from automations.wiring import Session

NOTHING = "Nothing to do: everything stands as it was."


def print_report(session: Session, report: Report, *, first_use: bool) -> None:
    """Print what was done, what stands in the way, where the files are, and what to type next."""
    if first_use:
        heading("No config was found, so this is the sample: made-up people, a made-up calendar.")
        say("Nothing leaves this machine. For your own: magicloop init")
        say()
    if report.refusal is not None:
        say(f"refused: {report.refusal}")
        if report.refusal.fix:
            say(f"fix:     {report.refusal.fix}")
        return
    drafts = session.journal().load(session.policy.person).drafts
    if report.results:
        prose(result_lines(report.results, session.policy.me.zone, drafts))
    else:
        say(NOTHING)
    for problem in told_once(report.notices.standing):
        say()
        print_problem(problem, session.policy.me.zone, session.clock.now())
    for problem in told_once(report.notices.recovered):
        paragraph(f"over: {problem.what}")
    _print_places(session, report.due)
    say()
    heading("Next")
    table(_next_steps(session, drafts))


def print_problem(problem: Problem, zone: str, now: datetime) -> None:
    """Print a problem; what to copy from it is never wrapped."""
    what, *more = problem_lines(problem, zone, now)
    paragraph(what, hanging=2)
    for line in more:
        say(line)


def _print_places(session: Session, due: datetime | None) -> None:
    policy = session.policy
    on_google = policy.calendar.provider == "google"
    say()
    heading("Files")
    table(
        [
            ("blocks", "Google Calendar" if on_google else policy.calendar.file),
            ("drafts", "Gmail, under Drafts" if policy.mail.provider == "google" else policy.mail.folder),
            ("config", session.places.config),
            ("journal", session.places.database),
        ]
    )
    if not on_google:
        say("Import the blocks into your calendar, or subscribe to their file.")
    if due is not None:
        say(f"Next look: {say_when(due, policy.me.zone, with_zone=True)}")


def _next_steps(session: Session, drafts: tuple[Draft, ...]) -> list[tuple[str, str]]:
    """Return the three commands worth typing now."""
    waiting = [draft for draft in drafts if draft.state.value == "waiting"]
    review = f"magicloop draft show {waiting[-1].id[:6]}" if waiting else "magicloop draft list"
    own = (
        ("magicloop init", "make it yours: five questions")
        if session.places.sample
        else ("magicloop status", "what waits, what is due")
    )
    return [
        (review, "read the mail that waits for you" if waiting else "the mails that wait for you"),
        ("magicloop invention list", "the blocks, and why they are where they are"),
        own,
    ]

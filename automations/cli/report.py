"""What a run did, as a person at a terminal reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.cli.output import heading, say, table
from automations.cli.wording import problem_lines, result_rows
from automations.plan.zones import say_when

if TYPE_CHECKING:
    from automations.cycle import Report
    from automations.wiring import Session


def print_report(session: Session, report: Report, *, first_use: bool) -> None:
    """Print what was done, what stands in the way, where the files are, and what to type next."""
    policy, zone, now = session.policy, session.policy.me.zone, session.clock.now()
    if first_use:
        heading("No config was found, so this is the sample: made-up people, a made-up calendar.")
        say(f"It lies in {session.places.config_folder}; `magicloop init` makes your own.")
        say()
    if report.refusal is not None:
        say(f"refused: {report.refusal}")
        if report.refusal.fix:
            say(f"fix:     {report.refusal.fix}")
        return
    if report.results:
        table(result_rows(report.results, zone))
    else:
        say("Nothing to do: everything stands as it was.")
    for problem in report.notices.standing:
        say()
        say("\n".join(problem_lines(problem, zone, now)))
    for problem in report.notices.recovered:
        say(f"well again: {problem.what}")
    say()
    heading("Files")
    table(
        [
            ("config", session.places.config),
            ("blocks", f"{policy.calendar.file}   (import it into your calendar, or subscribe to it)"),
            ("drafts", policy.mail.folder),
            ("journal", session.places.database),
        ]
    )
    if report.due is not None:
        say(f"Next look: {say_when(report.due, zone, with_zone=True)}")
    say()
    heading("Next")
    table(_next_steps(session))


def _next_steps(session: Session) -> list[tuple[str, str]]:
    """Return the three commands worth typing now."""
    recorded = session.journal().load(session.policy.person)
    waiting = [draft for draft in recorded.drafts if draft.state.value == "waiting"]
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

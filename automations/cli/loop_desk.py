"""What an act of the loop works with, and the drafts it asks for."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.cli.output import say, whisper
from automations.errors import BadValueError, LockHeldError
from automations.wiring import HAND_LOCK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from automations.desk.loop import Desk
    from automations.wiring import Session


FARTHEST = timedelta(days=3652)
"""No promise, pause or launch is further away: such a date is a slip of the keyboard."""


@contextmanager
def loop_desk(session: Session) -> Iterator[Desk]:
    """Hold the run lock and give what an act of the loop works with."""
    from automations.cli.when import parse_when
    from automations.desk.loop import Desk
    from automations.plan.zones import local, say_day

    policy, now = session.policy, session.clock.now()
    zone = policy.me.zone

    def read_date(text: str) -> date:
        today = local(now, zone).date()
        day = today if text.lower() == "today" else local(parse_when(text, now, zone), zone).date()
        if day > today + FARTHEST:
            raise BadValueError(f"{say_day(day)} is more than ten years away", fix="give a nearer date")
        return day

    with session.lock(wait=HAND_LOCK_SECONDS):
        journal = session.journal()
        yield Desk(journal, journal.load(policy.person), policy, now, read_date)


def draft_now(session: Session, automation: str) -> None:
    """Make the mails an act asks for at once; a run that holds the lock does it a moment later."""
    from automations.cli.run_commands import run_once

    try:
        report = run_once(session, frozenset({automation}), wait=HAND_LOCK_SECONDS)
    except LockHeldError:
        whisper("A run is at work; the draft comes with the next one.")
        return
    made = {result.subject for result in report.results if result.kind == "create-draft"}
    for draft in session.journal().load(session.policy.person).drafts:
        if draft.key in made and draft.state.value == "waiting":
            say(f'Drafted "{draft.subject}" to {", ".join(draft.to)}: magicloop draft show {draft.id[:6]}')
    for problem in report.notices.told:
        whisper(f"{problem.what}\nfix: {problem.fix}")

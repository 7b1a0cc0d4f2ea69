"""A time to talk in person: fifteen minutes of working time within the next two working days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.aftermath import NoteKind
from automations.model.seen import Span
from automations.plan.business_days import business_days_later
from automations.plan.promises import working_weekdays
from automations.plan.zones import local, resolve_wall, say_when

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Recorded
    from automations.model.seen import Seen

TALK = timedelta(minutes=15)
WORKING_DAYS = 2
LOOK_AHEAD = timedelta(days=12)
"""Two working days are never further away than this, unless the holidays are long."""
IN_PERSON = (NoteKind.LET_DOWN, NoteKind.JUNIOR)


def talk_busy(now: datetime, recorded: Recorded) -> Span | None:
    """Return the range of busy times a proposal needs, None when nobody waits for one."""
    keys = {draft.key for draft in recorded.drafts}
    names = {NoteKind.LET_DOWN: "in-person", NoteKind.JUNIOR: "private"}
    waits = any(
        note.kind in names and f"{names[note.kind]}:{note.incident}:{note.number}" not in keys
        for note in recorded.notes
    )
    return Span(now, now + LOOK_AHEAD) if waits else None


def propose_talk(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> str:
    """Return the first free quarter of an hour of the next two working days, in words; "" where none is known.

    A calendar that could not be read makes every time unknown.
    """
    if seen.unreadable:
        return ""
    zone = policy.me.zone
    taken = [busy.span for busy in seen.busy]
    taken += [block.span for block in recorded.blocks if block.state.live and block.span is not None]
    today = local(now, zone).date()
    for days in range(1, WORKING_DAYS + 1):
        day = business_days_later(today, days, seen.holidays, working_weekdays(policy))
        for window in policy.invention.working_hours:
            if window.weekday != day.weekday():
                continue
            start, end = resolve_wall(day, window.start, zone)[0], resolve_wall(day, window.end, zone)[0]
            while start + TALK <= end:
                slot = Span(start, start + TALK)
                if not any(slot.overlaps(span) for span in taken):
                    return say_when(slot, zone, with_zone=True, with_year=False)
                start += TALK
    return ""

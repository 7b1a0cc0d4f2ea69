"""A time to talk in person: fifteen minutes of working time within the next two working days."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from automations.model.aftermath import NoteKind
from automations.model.records import DraftState
from automations.model.seen import Span
from automations.plan.actions import ProposeTalk
from automations.plan.business_days import business_days_later
from automations.plan.generations import event_id
from automations.plan.promises import working_weekdays
from automations.plan.zones import local, resolve_wall, say_when, wall_end

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from automations.model.aftermath import IncidentNote
    from automations.model.policy import Policy, WeekWindow
    from automations.model.records import Recorded
    from automations.model.seen import Seen

TALK = timedelta(minutes=15)
WORKING_DAYS = 2
LOOK_AHEAD = timedelta(days=12)
"""Two working days are never further away than this, unless the holidays are long."""
PREFIXES = {NoteKind.LET_DOWN: "in-person", NoteKind.JUNIOR: "private"}


def talk_key(note: IncidentNote) -> str:
    """Return the purpose key of the mail that asks for a talk."""
    return f"{PREFIXES[note.kind]}:{note.incident}:{note.number}"


def talk_busy(now: datetime, recorded: Recorded) -> Span | None:
    """Return the range of busy times a proposal needs, None when nobody waits for one."""
    keys = {draft.key for draft in recorded.drafts if draft.state is not DraftState.EXPIRED}
    waits = any(note.kind in PREFIXES and talk_key(note) not in keys for note in recorded.notes)
    return Span(now, now + LOOK_AHEAD) if waits else None


def plan_talk(
    note: IncidentNote, policy: Policy, now: datetime, seen: Seen, recorded: Recorded
) -> ProposeTalk | None:
    """Return the action that puts a person's talk on the calendar, None when it is there or no time is known."""
    slot = talk_slot(note)
    if slot is not None and slot.start <= now:
        slot, note = None, replace(note, fields={**note.fields, "event": ""})  # it passed: another time
    if note.fields.get("event"):
        return None
    known = slot is not None
    slot = slot or _free_talk(policy, now, seen, recorded)
    if slot is None:
        return None
    public = note.kind is NoteKind.LET_DOWN
    claimed = (
        note
        if known
        else replace(note, fields={**note.fields, "slot": slot.start.isoformat()}, rev=note.rev + 1)
    )
    return ProposeTalk(
        note=claimed,
        span=slot,
        id=event_id(f"{policy.person}|talk|{note.incident}|{note.number}|{slot.start.isoformat()}"),
        facts={
            "first": note.fields["name"].split()[0] if public else "",
            "incident": note.incident if public else "",
        },
        reason=f"a time to talk in person, {say_when(slot, policy.me.zone, with_zone=True, with_year=False)}",
        known=known,
    )


def talk_slot(note: IncidentNote) -> Span | None:
    """Return the time proposed for a talk, None while there is none."""
    start = note.fields.get("slot")
    if not start:
        return None
    began = datetime.fromisoformat(start)
    return Span(began, began + TALK)


def _free_talk(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Span | None:
    """Return the first free quarter of an hour of the next two working days, None where none is known.

    A calendar that could not be read makes every time unknown.
    """
    if seen.unreadable:
        return None
    zone = policy.me.zone
    taken = [busy.span for busy in seen.busy]
    taken += [block.span for block in recorded.blocks if block.state.live and block.span is not None]
    taken += [slot for slot in map(talk_slot, recorded.notes) if slot is not None]
    today = local(now, zone).date()
    for days in range(1, WORKING_DAYS + 1):
        day = business_days_later(today, days, seen.holidays, working_weekdays(policy))
        for window in policy.invention.working_hours:
            if window.weekday == day.weekday():
                found = _first_free(_wall_span(day, window, zone), taken)
                if found is not None:
                    return found
    return None


def _wall_span(day: date, window: WeekWindow, zone: str) -> Span:
    return Span(resolve_wall(day, window.start, zone)[0], wall_end(day, window.end, zone))


def _first_free(span: Span, taken: Sequence[Span]) -> Span | None:
    start = span.start
    while start + TALK <= span.end:
        slot = Span(start, start + TALK)
        if not any(slot.overlaps(other) for other in taken):
            return slot
        start += TALK
    return None

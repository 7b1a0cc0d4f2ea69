"""What an incident's updates promised against what went out: read from its drafts, never noted twice.

A promise is made by an update that went out, so the promise that stands is that of the last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from automations.model.records import DraftState

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Draft, Incident, Recorded, Update

ON_ITS_WAY = (
    DraftState.RENDERED,
    DraftState.CREATING,
    DraftState.WAITING,
    DraftState.APPROVED,
    DraftState.SENDING,
    DraftState.UNKNOWN,
)
"""Mails that may still go, or may have gone: nothing new is written before that is settled."""
UNTOUCHED: Final = 1
"""The revision of a draft's words as they were written first."""

UNREAD_IN_A_ROW: Final = 6
"""So many updates nobody read: three promises, each with the update made ahead of it and the one that owns up after it.

One may pass while the person is at work on the incident itself, and a second in a meeting or at lunch.
"""

_LEFT_ALONE = (
    DraftState.RENDERED,
    DraftState.CREATING,
    DraftState.WAITING,
    DraftState.EXPIRED,
    DraftState.SUPERSEDED,
)
"""Where a mail may stand that no person did anything about."""
_HANDED_OVER = (DraftState.APPROVED, DraftState.SENT, DraftState.SENT_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Told:
    """How one update did. `promised` is the instant it was due, `sent` when the last of its mails went.

    `state` is kept, late or missed where it was promised; else what became of its mails: waiting, sent,
    superseded, discarded, expired, or not drafted.
    """

    update: Update
    promised: datetime | None
    sent: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Promises of an incident: how many were kept and missed. One that still lies ahead is neither."""

    kept: int = 0
    missed: int = 0


def updates_of(recorded: Recorded, incident: Incident) -> tuple[Update, ...]:
    """Return an incident's updates by number."""
    return recorded.updates_by_incident.get(incident.id, ())


def drafts_about(recorded: Recorded, incident: str) -> tuple[Draft, ...]:
    """Return every draft made for an incident, by its id, in order of creation."""
    return recorded.drafts_by_subject.get(incident, ())


def drafts_of(recorded: Recorded, update: Update) -> tuple[Draft, ...]:
    """Return the drafts made from an update, one an audience; of one made again the newest."""
    prefix, number = f"incident:{update.incident}:", f":{update.number}"
    about = drafts_about(recorded, update.incident)
    mine = {d.key: d for d in about if d.key.startswith(prefix) and d.key.endswith(number)}
    return tuple(mine.values())


def went_at(draft: Draft) -> datetime | None:
    """Return when the person handed a mail over, or it was sent; None while it did not go."""
    return draft.handed_over if draft.state in _HANDED_OVER else None


def on_its_way(draft: Draft, now: datetime) -> bool:
    """Tell whether a mail may still go out: nobody handed it over yet, and its time is not over."""
    unsent = draft.state in ON_ITS_WAY and draft.handed_over is None
    return unsent and (draft.expires is None or draft.expires > now)


def gone_at(recorded: Recorded, update: Update) -> datetime | None:
    """Return when the last of an update's mails went, None while one of them may still go, or none went."""
    return _gone(drafts_of(recorded, update))


def in_time(sent: datetime, due: datetime) -> bool:
    """Tell whether a mail that went at `sent` keeps a promise of `due`, which is a whole minute."""
    return sent.replace(second=0, microsecond=0) <= due


def last_told(recorded: Recorded, updates: tuple[Update, ...]) -> Update | None:
    """Return the last of `updates` that went out, None when nobody was told anything yet."""
    return next((each for each in reversed(updates) if gone_at(recorded, each) is not None), None)


def promised_for(recorded: Recorded, updates: tuple[Update, ...], update: Update) -> datetime | None:
    """Return the instant an update was due by the promise that stood then; None where none stood."""
    before = last_told(recorded, tuple(each for each in updates if each.number < update.number))
    return before.next_due if before is not None else None


def told(recorded: Recorded, incident: Incident, now: datetime) -> tuple[Told, ...]:
    """Return how each update of an incident did, by number."""
    found: list[Told] = []
    standing: datetime | None = None
    for update in updates_of(recorded, incident):
        drafts = drafts_of(recorded, update)
        sent = _gone(drafts)
        found.append(Told(update, standing, sent, _state(drafts, standing, sent, now)))
        standing = standing if sent is None else update.next_due
    return tuple(found)


def tally(recorded: Recorded, incident: Incident, now: datetime) -> Tally:
    """Count the promises that were made to somebody: each is kept by the first mail after it, or missed."""
    kept = missed = 0
    standing: datetime | None = None
    for each in told(recorded, incident, now):
        if each.sent is None:
            continue
        if standing is not None:
            on_time = in_time(each.sent, standing)
            kept, missed = kept + on_time, missed + (not on_time)
        standing = each.update.next_due
    return Tally(kept, missed + (standing is not None and standing < now))


def overdue_promise(recorded: Recorded, incident: Incident, now: datetime) -> tuple[Update, datetime] | None:
    """Return the update an open incident waits for and the passed instant it was due at, None when none is."""
    waited_for = awaited(recorded, incident)
    if waited_for is None or waited_for[1] > now:
        return None
    return waited_for


def awaited(recorded: Recorded, incident: Incident) -> tuple[Update, datetime] | None:
    """Return the last update that was told, or the first where none was, and when the next mail is due."""
    updates = updates_of(recorded, incident)
    if incident.resolved is not None or not updates:
        return None
    last = last_told(recorded, updates)
    due = last.next_due if last is not None else updates[0].promised
    return (last or updates[0], due) if due is not None else None


def forgotten(recorded: Recorded, incident: Incident, now: datetime) -> bool:
    """Tell whether nobody is at the desk of an open incident: its last updates expired unread, one after another.

    Whatever the person does about one of them, or records, ends the row. One that they only looked at, or whose
    mail was never made, is no sign of either.
    """
    if incident.resolved is not None:
        return False
    approved = {approval.draft for approval in recorded.approvals}
    looked = {look.draft for look in recorded.looks}
    unread = 0
    for update in reversed(updates_of(recorded, incident)):
        drafts = drafts_of(recorded, update)
        if not update.prepared or any(d.id in approved or not _left_alone(d) for d in drafts):
            return False
        unread += bool(drafts) and not any(on_its_way(d, now) or d.id in looked for d in drafts)
        if unread == UNREAD_IN_A_ROW:
            return True
    return False


def _left_alone(draft: Draft) -> bool:
    return draft.state in _LEFT_ALONE and draft.text_rev == UNTOUCHED and draft.snoozed_until is None


def _state(drafts: tuple[Draft, ...], promised: datetime | None, sent: datetime | None, now: datetime) -> str:
    states = {draft.state for draft in drafts}
    if sent is not None:
        if DraftState.EXPIRED in states:
            return "missed"
        return "sent" if promised is None else "kept" if in_time(sent, promised) else "late"
    if any(on_its_way(draft, now) for draft in drafts):
        return "waiting"
    if promised is not None and promised <= now and DraftState.EXPIRED in states:
        return "missed"
    for state in (DraftState.EXPIRED, DraftState.DISCARDED, DraftState.SUPERSEDED, DraftState.UNKNOWN):
        if state in states:
            return state.value
    return "not drafted"


def _gone(drafts: tuple[Draft, ...]) -> datetime | None:
    went = [at for at in map(went_at, drafts) if at is not None]
    waits = any(draft.state in ON_ITS_WAY and draft.handed_over is None for draft in drafts)
    return None if waits else max(went, default=None)

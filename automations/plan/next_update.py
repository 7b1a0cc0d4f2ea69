"""The next update of an incident, made ahead of its promise so that a draft waits when its time comes.

What a person recorded and nobody was told yet is said in it; where there is nothing of that kind it
says that nothing changed. It makes room for whatever the person records before it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.model.records import DraftState, Update
from automations.plan.cadence import pace_of, prepared_from, promise_after, work_time
from automations.plan.incident_record import UNTOUCHED, drafts_of, forgotten, last_told, on_its_way
from automations.plan.windows import next_working_day, next_working_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from automations.model.policy import Policy
    from automations.model.records import Incident, Recorded

_OWN = frozenset({"own_it", "verified", "root_cause", "change", "owner", "by", "data_loss", "window"})
"""Fields that belong to the update they were given in."""


def promise_of(
    policy: Policy,
    incident: Incident,
    updates: tuple[Update, ...],
    start: datetime,
    holidays: Mapping[date, str],
) -> tuple[int, datetime | None]:
    """Return pace and promise of an update that follows `updates` and counts from `start`.

    `incident` is as it stands with the update. A promise that readers hold already is kept when only the
    severity changed; see `keep_promise`.
    """
    before = updates[-1].pace if updates else None
    age = start - incident.opened
    pace = pace_of(policy, incident.severity, incident.phase, age, before)
    return pace, promise_after(pace, start, work_time(policy, incident.severity, holidays))


def first_due(
    policy: Policy, incident: Incident, start: datetime, holidays: Mapping[date, str]
) -> datetime | None:
    """Return by when the first notice is to be out, None where the closing note is to tell it all."""
    first = policy.incidents.cadence[incident.severity].first
    return promise_after(first, start, work_time(policy, incident.severity, holidays))


def keep_promise(due: datetime | None, told: Update | None, now: datetime, severity: int) -> datetime | None:
    """Return `due`, or the earlier instant readers were promised before the severity changed."""
    if told is None or told.next_due is None or told.next_due <= now:
        return due
    changed = told.fields.get("severity", str(severity)) != str(severity)
    return min(due or told.next_due, told.next_due) if changed else due


def next_update(
    policy: Policy,
    now: datetime,
    incident: Incident,
    updates: tuple[Update, ...],
    recorded: Recorded,
    holidays: Mapping[date, str],
) -> Update | None:
    """Return the update to prepare now, None when there is none, or it is too early for it."""
    due = None if incident.resolved is not None else _due(now, updates, recorded)
    if due is None or now < _prepared_from(policy, now, incident, due, updates, recorded):
        return None
    told = last_told(recorded, updates)
    start = max(due, now)
    pace, promised = promise_of(policy, incident, updates, start, holidays)
    return Update(
        person=incident.person,
        incident=incident.id,
        number=updates[-1].number + 1,
        phase=incident.phase,
        at=now,
        fields={**_unsaid(updates, told), "severity": str(incident.severity)},
        next_due=promised,
        promised=due,
        pace=pace,
        prepared=True,
        follows=told.number if told is not None else 0,
    )


def look_at(
    policy: Policy, now: datetime, incident: Incident, updates: tuple[Update, ...], recorded: Recorded
) -> tuple[datetime, ...]:
    """Return the instants from which an open incident's next update is to be prepared."""
    due = None if incident.resolved is not None else _due(now, updates, recorded)
    at = _prepared_from(policy, now, incident, due, updates, recorded) if due is not None else None
    return (at,) if at is not None and at > now else ()


def _prepared_from(
    policy: Policy,
    now: datetime,
    incident: Incident,
    due: datetime,
    updates: tuple[Update, ...],
    recorded: Recorded,
) -> datetime:
    """Return from when the update for `due` is prepared: one a day, in working hours, while nobody reads them."""
    at = prepared_from(due, incident.severity)
    if not forgotten(recorded, incident, now):
        return at
    return next_working_time(policy, max(now, at, next_working_day(policy, updates[-1].at)))


def _due(now: datetime, updates: tuple[Update, ...], recorded: Recorded) -> datetime | None:
    """Return for when the update after the newest is to be made, None for none.

    It is the promise of the newest, and the promise that stands where the newest cannot go out any more or
    says what is no longer true.
    """
    newest, told = updates[-1], last_told(recorded, updates)
    standing = told.next_due if told is not None else None
    if newest == told:
        return newest.next_due
    ahead = newest.next_due is None or newest.next_due > now
    drafts = drafts_of(recorded, newest)
    if not drafts:
        passed = standing is not None and newest.at < standing <= now  # before its mails were made
        return standing if standing is not None and (passed or not ahead) else newest.next_due
    if any(on_its_way(draft, now) for draft in drafts):
        if not _stale(newest, told, now) or any(draft.text_rev > UNTOUCHED for draft in drafts):
            return newest.next_due
        return standing or newest.promised
    unwanted = any(draft.state is DraftState.DISCARDED for draft in drafts)
    if unwanted and ahead and not _stale(newest, told, now):
        return None  # the person wants no mail this time
    return standing or newest.promised or newest.next_due


def _stale(newest: Update, told: Update | None, now: datetime) -> bool:
    """Tell whether what went out, or did not, since a run wrote the newest update makes it wrong."""
    if not newest.prepared:
        return False
    if newest.follows != (told.number if told is not None else 0):
        return True
    return told is not None and told.next_due is not None and newest.at < told.next_due <= now


def _unsaid(updates: tuple[Update, ...], told: Update | None) -> dict[str, str]:
    """Return the fields a person gave since readers were told, the newest of each."""
    since = told.number if told is not None else 0
    fields: dict[str, str] = {}
    for update in updates:
        if update.number > since and not update.prepared:
            fields.update(update.fields)
    return {name: text for name, text in fields.items() if name not in _OWN}

"""Incident updates: a draft for each update and audience, there before the time it was promised for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.records import DraftState, Severity
from automations.plan.actions import CloseDraft, CreateDraft, PrepareUpdate
from automations.plan.cadence import lead
from automations.plan.decided import Decided, standing
from automations.plan.incident_facts import clock_words, template_of, update_facts
from automations.plan.incident_record import (
    awaited,
    drafts_about,
    drafts_of,
    forgotten,
    gone_at,
    last_told,
    on_its_way,
    promised_for,
    updates_of,
    went_at,
)
from automations.plan.next_update import look_at, next_update
from automations.plan.zones import local, say_day, zone_name

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Incident, Problem, Recorded, Update
    from automations.model.seen import Seen
    from automations.plan.actions import Action

NEEDS_AUDIENCE, UPDATE_DUE, UPDATE_OVERDUE = "incident-needs-audience", "update-due", "update-overdue"
INCIDENT_PROBLEMS = frozenset({NEEDS_AUDIENCE, UPDATE_DUE, UPDATE_OVERDUE})
REPLACEABLE = (DraftState.RENDERED, DraftState.WAITING, DraftState.APPROVED)
TOO_LATE = timedelta(hours=24)
"""How long after its end an incident may still be told of to people who never heard of it."""


def audiences_of(policy: Policy, incident: Incident) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (kind, addresses) of those who get its mails: its own, the config's, else the first boss.

    Who is in both kinds gets the tactical mail alone: it says all that the executive one says.
    """
    found = incident.audiences or tuple((each.kind, each.to) for each in policy.incidents.audiences)
    if not found:
        return tuple(("exec", (boss.email,)) for boss in policy.bosses[:1])
    told = {address.lower() for kind, to in found if kind == "tactical" for address in to}
    once = (
        (kind, tuple(address for address in to if kind == "tactical" or address.lower() not in told))
        for kind, to in found
    )
    return tuple((kind, to) for kind, to in once if to)


def plan_incidents(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft what was recorded for each audience, and the next update before its promise."""
    actions: list[Action] = []
    problems: list[Problem] = []
    due: list[datetime] = []
    for incident in recorded.incidents:
        updates = updates_of(recorded, incident)
        if not updates:
            continue
        ahead = (
            next_update(policy, now, incident, updates, recorded, seen.holidays)
            if audiences_of(policy, incident)
            else None
        )
        following = updates if ahead is None else (*updates, ahead)
        actions.extend(_replaced(updates, ahead, recorded))
        mails = _mails(policy, now, incident, following, recorded)
        if ahead is None:
            actions.extend(mails)
        else:
            actions.append(PrepareUpdate(ahead, mails, _why_ahead(policy, ahead)))
        problems.extend(_problems(policy, now, incident, recorded))
        due.extend(_instants(policy, now, incident, updates, recorded))
    return Decided(tuple(actions), tuple(problems), tuple(due))


def _replaced(updates: tuple[Update, ...], ahead: Update | None, recorded: Recorded) -> list[Action]:
    """Close the drafts whose place a later update took.

    One that a person recorded, or that went out, takes the place of all before it. One that a run prepared
    leaves those that are to go before it.
    """
    known = updates if ahead is None else (*updates, ahead)
    closed: list[Action] = []
    for update in updates:
        later = next((each for each in reversed(known) if _takes_place(each, update, recorded)), None)
        if later is None:
            continue
        closed += [
            CloseDraft(draft, DraftState.SUPERSEDED, f"update {later.number} took its place")
            for draft in drafts_of(recorded, update)
            if draft.state in REPLACEABLE and draft.handed_over is None
        ]
    return closed


def _takes_place(later: Update, update: Update, recorded: Recorded) -> bool:
    if later.number <= update.number:
        return False
    if not later.prepared or gone_at(recorded, later) is not None:
        return True
    return update.prepared and later.promised != update.next_due


def _mails(
    policy: Policy, now: datetime, incident: Incident, updates: tuple[Update, ...], recorded: Recorded
) -> tuple[CreateDraft, ...]:
    """Return the mails of the newest update that are not there yet."""
    newest = updates[-1]
    if newest.next_due is not None and newest.next_due <= now:
        return ()  # its promise has passed unwritten: the next update tells of that
    if newest.number == 1 and newest.promised is None:
        return ()  # so small that the closing note tells it all
    mails = []
    for kind, to in audiences_of(policy, incident):
        key = f"incident:{incident.id}:{kind}:{newest.number}"
        if key in recorded.draft_keys or _too_late(incident, newest, kind, recorded, now):
            continue
        facts = update_facts(policy, incident, updates, newest, kind, recorded)
        mail = CreateDraft(
            key=key,
            draft_kind="incident",
            template=template_of(newest, facts),
            facts=facts,
            to=to,
            reason=_why(policy, incident, newest, kind),
            expires=_expiry(updates, newest, recorded),
            thread=thread_of(incident, kind, recorded),
            remote_thread=remote_thread_of(incident, kind, recorded),
        )
        mails.append(mail)
    return tuple(mails)


def _expiry(updates: tuple[Update, ...], update: Update, recorded: Recorded) -> datetime | None:
    """Return when an update's mail may no longer go as it is: at its promise, or the next one's when late.

    The end of an incident is news at any time.
    """
    if update.next_due is None:
        return None
    due = update.promised if update.prepared else promised_for(recorded, updates, update)
    return due if due is not None and due > update.at else update.next_due


def thread_of(incident: Incident, kind: str, recorded: Recorded) -> tuple[str, ...]:
    """Return the message ids of this audience's mails that went, oldest first."""
    prefix = f"incident:{incident.id}:{kind}:"
    went = [
        (went_at(draft), draft)
        for draft in drafts_about(recorded, incident.id)
        if draft.key.startswith(prefix)
    ]
    return tuple(draft.message_id for at, draft in went if at is not None and draft.message_id)


def remote_thread_of(incident: Incident, kind: str, recorded: Recorded) -> str:
    """Return the provider's handle of the thread this audience's mails stand in, "" where none is known."""
    prefix = f"incident:{incident.id}:{kind}:"
    handles = [
        each.remote_thread
        for each in drafts_about(recorded, incident.id)
        if each.key.startswith(prefix) and went_at(each)
    ]
    return next((handle for handle in reversed(handles) if handle), "")


def _too_late(incident: Incident, newest: Update, kind: str, recorded: Recorded, now: datetime) -> bool:
    """Tell whether the end of an incident is no news for an audience that was never written to about it.

    What only failed, or was interrupted, is still made.
    """
    if incident.resolved is None:
        return False
    prefix = f"incident:{incident.id}:"
    begun = {problem.subject for problem in recorded.problems} | {claim.subject for claim in recorded.claims}
    known = any(draft.key.startswith(f"{prefix}{kind}:") for draft in recorded.drafts)
    if known or f"{prefix}{kind}:{newest.number}" in begun:
        return False
    others = any(
        draft.key.startswith(prefix) and draft.key.endswith(f":{newest.number}")
        for draft in drafts_about(recorded, incident.id)
    )
    return others or now - newest.at >= TOO_LATE


def _why(policy: Policy, incident: Incident, update: Update, kind: str) -> str:
    what = "first notice" if update.number == 1 else f"update {update.number}"
    promised = (
        f"; the next is promised for {clock_words(update.next_due, policy.me.zone, update.at)}"
        if update.next_due
        else ""
    )
    return f"{incident.id} {what} ({kind}), severity {incident.severity}, {update.phase}{promised}"


def _why_ahead(policy: Policy, update: Update) -> str:
    assert update.promised is not None, "prepared for a promise"
    when = clock_words(update.promised, policy.me.zone, update.at)
    if update.promised <= update.at:
        return f"the update of {when} did not go out"
    return f"an update is due at {when}"


def _instants(
    policy: Policy, now: datetime, incident: Incident, updates: tuple[Update, ...], recorded: Recorded
) -> list[datetime]:
    """Return when an open incident must be looked at again."""
    waited_for = awaited(recorded, incident)
    instants = list(look_at(policy, now, incident, updates, recorded))
    if waited_for is not None:
        due = waited_for[1]
        instants += [at for at in (due - lead(incident.severity), due) if at > now]
    return instants


def _problems(policy: Policy, now: datetime, incident: Incident, recorded: Recorded) -> list[Problem]:
    if incident.resolved is None and not audiences_of(policy, incident):
        return [_needs_audience(incident, recorded, now)]
    waited_for = awaited(recorded, incident)
    if waited_for is None:
        return []
    update, due = waited_for
    first = last_told(recorded, (update,)) is None
    # A first notice is asked for when it is late only: it was drafted when the incident was opened.
    if now < (due if first else due - lead(incident.severity)):
        return []
    return [_update_due(policy, incident, update.number if first else update.number + 1, due, recorded, now)]


def _needs_audience(incident: Incident, recorded: Recorded, now: datetime) -> Problem:
    return standing(
        recorded,
        now,
        code=NEEDS_AUDIENCE,
        subject=incident.id,
        severity=Severity.ASK,
        what=f"{incident.id} has nobody to write to",
        where="[incidents] in the config",
        fix=f"magicloop incident update {incident.id} --audience exec:boss@example.com",
    )


def _update_due(
    policy: Policy, incident: Incident, number: int, due: datetime, recorded: Recorded, now: datetime
) -> Problem:
    there = local(due, policy.me.zone)
    # Always with the day: it may be read on another one.
    promised = f"{say_day(there.date())}, {there:%H:%M} {zone_name(due, policy.me.zone)}"
    late = now >= due
    what = f"the update promised for {promised}" if number > 1 else f"the first notice, due {promised},"
    waits = next(
        (
            d
            for d in reversed(drafts_about(recorded, incident.id))
            if _of(incident, d.key) and on_its_way(d, now)
        ),
        None,
    )
    write = f"magicloop incident update {incident.id} --changed ... --now ... --next ..."
    about, fix = incident.id, f"magicloop draft show {waits.id[:6]}    or {write}" if waits else write
    if forgotten(recorded, incident, now):
        about = f"{incident.id} still is open, and nobody reads its updates"
        fix = f"{fix}    or, when it is over: magicloop incident resolve {incident.id} --verified ..."
    return standing(
        recorded,
        now,
        code=UPDATE_OVERDUE if late else UPDATE_DUE,
        subject=f"{incident.id} update {number}",
        severity=Severity.ASK,
        what=f"{about}: {what} is {'overdue' if late else 'due'}",
        where=incident.title,
        fix=fix,
    )


def _of(incident: Incident, key: str) -> bool:
    return key.startswith(f"incident:{incident.id}:")

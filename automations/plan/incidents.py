"""Incident updates: a draft for each update and audience, and the promise of the next one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.records import DraftState, Phase, Severity
from automations.plan.actions import CloseDraft, CreateDraft
from automations.plan.decided import Decided, standing
from automations.plan.zones import local, say_day, zone_name

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Incident, Problem, Recorded, Update
    from automations.model.seen import Seen
    from automations.plan.actions import Action

LEAD_MINUTES = {1: 10}
"""How long before a promised update it is asked for; 20 minutes where not named."""
LEAD_DEFAULT = 20
NEEDS_AUDIENCE, UPDATE_DUE, UPDATE_OVERDUE = "incident-needs-audience", "update-due", "update-overdue"
INCIDENT_PROBLEMS = frozenset({NEEDS_AUDIENCE, UPDATE_DUE, UPDATE_OVERDUE})
REPLACEABLE = (DraftState.RENDERED, DraftState.WAITING, DraftState.APPROVED)
OPTIONAL = ("changed", "ruled_out", "now", "next", "known", "suspected", "unknown", "need")
AT_THE_END = ("window", "verified", "root_cause", "change", "owner", "by", "data_loss")


def next_update_due(
    policy: Policy, severity: int, phase: Phase, number: int, at: datetime
) -> datetime | None:
    """Return when the update after number `number` is promised, None where none is.

    Intervals are real minutes, so they hold across a change of the clocks.
    """
    cadence = policy.incidents.cadence[severity]
    if phase is Phase.RESOLVED:
        return None
    minutes = cadence.monitoring if phase is Phase.MONITORING else cadence.active
    del number
    return at + timedelta(minutes=minutes) if minutes else None


def audiences_of(policy: Policy, incident: Incident) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (kind, addresses) of those who get its mails: its own, the config's, else the first boss."""
    if incident.audiences:
        return incident.audiences
    if policy.incidents.audiences:
        return tuple((audience.kind, audience.to) for audience in policy.incidents.audiences)
    return tuple(("exec", (boss.email,)) for boss in policy.bosses[:1])


def plan_incidents(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft the newest update of every incident for each audience; ask for the next before it is due."""
    del seen
    actions: list[Action] = []
    problems: list[Problem] = []
    due: list[datetime] = []
    for incident in recorded.incidents:
        updates = [update for update in recorded.updates if update.incident == incident.id]
        if not updates:
            continue
        newest = max(updates, key=lambda update: update.number)
        actions.extend(_drafts(policy, now, incident, updates, newest, recorded))
        if not audiences_of(policy, incident):
            problems.append(_needs_audience(incident, recorded, now))
        if newest.next_due is None:
            continue
        asked_at = newest.next_due - timedelta(minutes=LEAD_MINUTES.get(incident.severity, LEAD_DEFAULT))
        if now < asked_at:
            due.append(asked_at)
        else:
            problems.append(_update_due(policy, incident, newest, recorded, now))
    return Decided(tuple(actions), tuple(problems), tuple(due))


def _drafts(
    policy: Policy,
    now: datetime,
    incident: Incident,
    updates: list[Update],
    newest: Update,
    recorded: Recorded,
) -> list[Action]:
    prefix = f"incident:{incident.id}:"
    actions: list[Action] = [
        CloseDraft(draft, DraftState.SUPERSEDED, f"update {newest.number} took its place")
        for draft in recorded.drafts
        if draft.key.startswith(prefix)
        and draft.state in REPLACEABLE
        and draft.handed_over is None
        and not draft.key.endswith(f":{newest.number}")
    ]
    if newest.next_due is not None and newest.next_due <= now:
        return actions  # its promise has passed unwritten: the next update is what is asked for
    made = {draft.key for draft in recorded.drafts}
    for kind, to in audiences_of(policy, incident):
        key = f"{prefix}{kind}:{newest.number}"
        if key in made:
            continue
        actions.append(
            CreateDraft(
                key=key,
                draft_kind="incident",
                template=_template(newest),
                facts=update_facts(policy, incident, updates, newest, kind),
                to=to,
                reason=_why(policy, incident, newest, kind),
                expires=newest.next_due,
            )
        )
    return actions


def _template(update: Update) -> str:
    if update.phase is Phase.RESOLVED:
        return "incident-resolved"
    return "incident-first" if update.number == 1 else "incident-update"


def _why(policy: Policy, incident: Incident, update: Update, kind: str) -> str:
    what = "first notice" if update.number == 1 else f"update {update.number}"
    promised = (
        f"; the next is promised for {clock_words(update.next_due, policy.me.zone, update.at)}"
        if update.next_due
        else ""
    )
    return f"{incident.id} {what} ({kind}), severity {incident.severity}, {update.phase}{promised}"


def clock_words(at: datetime, zone: str, reference: datetime) -> str:
    """Return an instant as its readers need it: `15:00 CET`, with the day when it is another day."""
    there = local(at, zone)
    day = "" if there.date() == local(reference, zone).date() else f"{say_day(there.date())}, "
    return f"{day}{there:%H:%M} {zone_name(at, zone)}"


def update_facts(
    policy: Policy, incident: Incident, updates: list[Update], update: Update, audience: str
) -> dict[str, object]:
    """Return the facts of an update's mail: plain words only; a field not given is an empty string."""
    zone = policy.me.zone
    fields = update.fields
    facts: dict[str, object] = {name: fields.get(name, "") for name in (*OPTIONAL, *AT_THE_END)}
    earlier = [other for other in updates if other.number == update.number - 1]
    promised = earlier[0].next_due if earlier else None
    missed = (
        f"This update was promised for {clock_words(promised, zone, update.at)} and is late."
        if promised is not None and update.at > promised
        else ""
    )
    if not facts["window"] and update.phase is Phase.RESOLVED:
        facts["window"] = (
            f"{clock_words(incident.started, zone, update.at)} to {clock_words(update.at, zone, update.at)}"
        )
    facts.update(
        id=incident.id,
        severity=incident.severity,
        title=incident.title,
        number=update.number,
        phase=update.phase.value.capitalize(),
        at=clock_words(update.at, zone, update.at),
        started=clock_words(incident.started, zone, update.at),
        impact=fields.get("impact") or incident.impact,
        own_it=fields.get("own_it", "") or "I own this and its repair.",
        next_update=clock_words(update.next_due, zone, update.at) if update.next_due else "",
        audience=audience,
        missed=missed,
        my_first=policy.me.name.split()[0],
    )
    if not facts["owner"]:
        facts["owner"] = incident.owner or policy.me.name
    return facts


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
    policy: Policy, incident: Incident, newest: Update, recorded: Recorded, now: datetime
) -> Problem:
    due = newest.next_due
    assert due is not None, "asked only where an update is promised"
    promised = clock_words(due, policy.me.zone, now)
    late = now >= due
    return standing(
        recorded,
        now,
        code=UPDATE_OVERDUE if late else UPDATE_DUE,
        subject=f"{incident.id} update {newest.number + 1}",
        severity=Severity.ASK,
        what=f"{incident.id}: the update promised for {promised} is {'overdue' if late else 'due'}",
        where=incident.title,
        fix=f"magicloop incident update {incident.id} --changed ... --now ... --next ...",
    )

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
TOO_LATE = timedelta(hours=24)
"""How long after its end an incident may still be told of to people who never heard of it."""
OUT = (DraftState.SENT, DraftState.SENT_ELSEWHERE)
NO_PLAN_YET = "the plan follows in the next update"
OPTIONAL = ("changed", "ruled_out", "now", "next", "known", "suspected", "unknown", "need")
AT_THE_END = ("window", "verified", "root_cause", "change", "owner", "by", "data_loss")


def next_update_due(policy: Policy, severity: int, phase: Phase, at: datetime) -> datetime | None:
    """Return when the update after one made at `at` is promised, None where none is.

    Intervals are real minutes, so they hold across a change of the clocks.
    """
    cadence = policy.incidents.cadence[severity]
    if phase is Phase.RESOLVED:
        return None
    minutes = cadence.monitoring if phase is Phase.MONITORING else cadence.active
    return at + timedelta(minutes=minutes) if minutes else None


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
        if incident.resolved is None and not audiences_of(policy, incident):
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
        if key in made or _too_late(incident, newest, kind, recorded, now):
            continue
        actions.append(
            CreateDraft(
                key=key,
                draft_kind="incident",
                template=_template(newest),
                facts={
                    **update_facts(policy, incident, updates, newest, kind),
                    "own_it": ""
                    if _heard(incident, kind, newest, recorded)
                    else _own_it(policy, incident, newest),
                },
                to=to,
                reason=_why(policy, incident, newest, kind),
                expires=newest.next_due,
            )
        )
    return actions


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
        draft.key.startswith(prefix) and draft.key.endswith(f":{newest.number}") for draft in recorded.drafts
    )
    return others or now - newest.at >= TOO_LATE


def _heard(incident: Incident, kind: str, update: Update, recorded: Recorded) -> bool:
    """Tell whether an earlier update went out to this audience: only then is it known who owns this."""
    prefix = f"incident:{incident.id}:{kind}:"
    return any(
        draft.key.startswith(prefix)
        and int(draft.key.removeprefix(prefix)) < update.number
        and (draft.state in OUT or draft.handed_over is not None)
        for draft in recorded.drafts
    )


def _own_it(policy: Policy, incident: Incident, update: Update) -> str:
    given = update.fields.get("own_it", "")
    if given:
        return given
    over = update.phase is Phase.RESOLVED
    if incident.owner and incident.owner != policy.me.name:
        return f"{incident.owner} {'owned' if over else 'owns'} the repair; I answer for it."
    return f"I {'owned' if over else 'own'} this and its repair."


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
    facts["changed"] = fields.get("changed") or _implied(updates, update)
    facts["next"] = _carried("next", updates, update)
    doing = "investigating; " if update.phase is Phase.INVESTIGATING else ""
    facts["now"] = _carried("now", updates, update) or ("" if facts["next"] else f"{doing}{NO_PLAN_YET}")
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
        opening=int(updates[0].fields.get("severity", incident.severity)),
        quiet=not facts["changed"] and not set(fields) - {"severity"},
        title=incident.title,
        number=update.number,
        phase=update.phase.value.capitalize(),
        at=clock_words(update.at, zone, update.at),
        started=clock_words(incident.started, zone, update.at),
        impact=fields.get("impact") or incident.impact,
        own_it=_own_it(policy, incident, update),
        next_update=clock_words(update.next_due, zone, update.at) if update.next_due else "",
        audience=audience,
        missed=missed,
        my_first=policy.me.name.split()[0],
    )
    if not facts["owner"]:
        facts["owner"] = incident.owner or policy.me.name
    return facts


def _carried(name: str, updates: list[Update], update: Update) -> str:
    """Return a field as it was last given, in this update or one before it."""
    upto = sorted((each for each in updates if each.number <= update.number), key=lambda each: each.number)
    return next((each.fields[name] for each in reversed(upto) if each.fields.get(name)), "")


def _implied(updates: list[Update], update: Update) -> str:
    """Return what an update changed without saying so: its phase, severity or impact."""
    before = next((other for other in updates if other.number == update.number - 1), None)
    if before is None:
        return ""
    was, new = before.fields.get("severity", ""), update.fields.get("severity", "")
    parts = [f"the phase, from {before.phase} to {update.phase}"] if before.phase is not update.phase else []
    parts += [f"the severity, from {was} to {new}"] if was and new and was != new else []
    parts += ["the impact"] if update.fields.get("impact") else []
    return "; ".join(parts)


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
    there = local(due, policy.me.zone)
    # Always with the day: it may be read on another one.
    promised = f"{say_day(there.date())}, {there:%H:%M} {zone_name(due, policy.me.zone)}"
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

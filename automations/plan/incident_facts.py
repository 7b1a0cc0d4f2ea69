"""An update as the facts its mails are written from: plain words only, nothing made up."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from automations.model.records import Phase
from automations.plan.cadence import pace_words
from automations.plan.incident_record import drafts_about, last_told, promised_for
from automations.plan.lifecycle import OUT
from automations.plan.zones import local, say_day, zone_name

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Incident, Recorded, Update

NO_PLAN_YET = "the plan follows in the next update"
OPTIONAL = ("changed", "ruled_out", "now", "next", "known", "suspected", "unknown", "need")
AT_THE_END = ("window", "verified", "root_cause", "change", "owner", "by", "data_loss")
SHORT_MAIL = 40
"""Words a mail without news may have."""


def update_facts(
    policy: Policy,
    incident: Incident,
    updates: tuple[Update, ...],
    update: Update,
    audience: str,
    recorded: Recorded,
) -> dict[str, object]:
    """Return the facts of an update's mail; a field not given is an empty string."""
    zone = policy.me.zone
    fields = update.fields
    facts: dict[str, object] = {name: fields.get(name, "") for name in (*OPTIONAL, *AT_THE_END)}
    facts["changed"] = fields.get("changed") or _implied(updates, update, recorded)
    facts["next"] = _carried("next", updates, update)
    doing = "investigating; " if update.phase is Phase.INVESTIGATING else ""
    facts["now"] = _carried("now", updates, update) or ("" if facts["next"] else f"{doing}{NO_PLAN_YET}")
    at = update.at
    if not facts["window"] and update.phase is Phase.RESOLVED:
        facts["window"] = f"{clock_words(incident.started, zone, at)} to {clock_words(at, zone, at)}"
    heard = _heard(incident, audience, update, recorded)
    facts.update(
        id=incident.id,
        severity=int(fields.get("severity", incident.severity)),
        opening=int(updates[0].fields.get("severity", incident.severity)),
        quiet=not facts["changed"] and not set(fields) - {"severity"},
        title=incident.title,
        number=update.number,
        phase=update.phase.value.capitalize(),
        at=clock_words(at, zone, at),
        started=clock_words(incident.started, zone, at),
        impact=_carried("impact", updates, update) or incident.impact,
        own_it="" if heard else _own_it(policy, incident, update),
        next_update=clock_words(update.next_due, zone, at) if update.next_due else "",
        pace=_slower(policy, updates, update, recorded),
        audience=audience,
        missed=_missed(policy, updates, update, recorded),
        my_first=policy.me.name.split()[0],
    )
    facts["by"] = _day_words(fields.get("by", ""))
    if not facts["owner"]:
        facts["owner"] = incident.owner or policy.me.name
    if facts["quiet"] and heard:
        facts["ruled_out"] = _fitting(_carried("ruled_out", updates, update), facts)
    return facts


def template_of(update: Update, facts: dict[str, object]) -> str:
    """Return which template says these facts: the one without news only to who was told before."""
    if update.phase is Phase.RESOLVED:
        return "incident-resolved"
    if update.number == 1:
        return "incident-first"
    return "incident-no-change" if facts["quiet"] and not facts["own_it"] else "incident-update"


def _missed(policy: Policy, updates: tuple[Update, ...], update: Update, recorded: Recorded) -> str:
    """Return the clause that owns up to a promise that passed before this update was written."""
    promised = promised_for(recorded, updates, update)
    if promised is None or update.at < promised:
        return ""
    return f"Promised for {clock_words(promised, policy.me.zone, update.at)}; it is late."


def _slower(policy: Policy, updates: tuple[Update, ...], update: Update, recorded: Recorded) -> str:
    """Return the pace from now on in words where it is slower than readers were told, else ''."""
    before = last_told(recorded, tuple(each for each in updates if each.number < update.number))
    if before is None or not before.pace or update.pace <= before.pace:
        return ""
    severity = int(update.fields.get("severity", "1"))
    return pace_words(update.pace, working=policy.incidents.cadence[severity].working)


def _fitting(ruled_out: str, facts: dict[str, object]) -> str:
    """Return as much of what was ruled out as a mail without news has room for."""
    fixed = f"Update 1 · {facts['phase']} · {facts['at']} No change since the last update. Ruled out: . {facts['missed']} "
    fixed += f"Next update: {facts['next_update']}, sooner if anything changes. {facts['my_first']} "
    fixed += f"From now on {facts['pace']}." if facts["pace"] else ""
    words, room = ruled_out.split(), SHORT_MAIL - len(fixed.split()) + 1
    if len(words) <= room:
        return ruled_out
    return f"{' '.join(words[:room])}…" if room > 0 else ""


def _heard(incident: Incident, kind: str, update: Update, recorded: Recorded) -> bool:
    """Tell whether an earlier update went out to this audience: only then is it known who owns this."""
    prefix = f"incident:{incident.id}:{kind}:"
    return any(
        draft.key.startswith(prefix)
        and int(draft.key.removeprefix(prefix)) < update.number
        and (draft.state in OUT or draft.handed_over is not None)
        for draft in drafts_about(recorded, incident.id)
    )


def _own_it(policy: Policy, incident: Incident, update: Update) -> str:
    given = update.fields.get("own_it", "")
    if given:
        return given
    over = update.phase is Phase.RESOLVED
    if incident.owner and incident.owner != policy.me.name:
        return f"{incident.owner} {'owned' if over else 'owns'} the repair; I answer for it."
    return f"I {'owned' if over else 'own'} this and its repair."


def clock_words(at: datetime, zone: str, reference: datetime) -> str:
    """Return an instant as its readers need it: `15:00 CET`, with the day when it is another day."""
    there = local(at, zone)
    another = there.date() != local(reference, zone).date()
    day = f"{say_day(there.date(), with_year=False)}, " if another else ""
    return f"{day}{there:%H:%M} {zone_name(at, zone)}"


def _day_words(text: str) -> str:
    """Return `Fri 4 Dec` for a day in ISO form, and other words as they are."""
    try:
        return say_day(date.fromisoformat(text), with_year=False)
    except ValueError:
        return text


def _carried(name: str, updates: tuple[Update, ...], update: Update) -> str:
    """Return a field as it was last given, in this update or one before it."""
    upto = [each for each in updates if each.number <= update.number]
    return next((each.fields[name] for each in reversed(upto) if each.fields.get(name)), "")


def _implied(updates: tuple[Update, ...], update: Update, recorded: Recorded) -> str:
    """Return what changed since readers were told, without being said: phase, severity or impact."""
    earlier = tuple(each for each in updates if each.number < update.number)
    if not earlier:
        return ""
    before = last_told(recorded, earlier) or earlier[-1]
    was, new = before.fields.get("severity", ""), update.fields.get("severity", "")
    parts = [f"the phase, from {before.phase} to {update.phase}"] if before.phase is not update.phase else []
    parts += [f"the severity, from {was} to {new}"] if was and new and was != new else []
    parts += ["the impact"] if update.fields.get("impact") else []
    return "; ".join(parts)

"""An incident in the words and fields of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Incident, Recorded
    from automations.plan.incident_record import Told
    from automations.wiring import Session


def incident_json(session: Session, recorded: Recorded, found: Incident) -> dict[str, Any]:
    """Return an incident as the contract's fields."""
    from automations.cli.wording import local_iso
    from automations.plan.incident_record import overdue_promise, tally, told

    zone, now = session.policy.me.zone, session.clock.now()
    count = tally(recorded, found, now)
    return {
        "id": found.id,
        "title": found.title,
        "severity": found.severity,
        "phase": found.phase.value,
        "impact": found.impact,
        "owner": found.owner,
        "started": local_iso(found.started, zone),
        "opened": local_iso(found.opened, zone),
        "resolved": local_iso(found.resolved, zone),
        "next_update_due": local_iso(next_due(recorded, found), zone),
        "overdue": overdue_promise(recorded, found, now) is not None,
        "kept": count.kept,
        "missed": count.missed,
        "updates": [_update_json(each, zone) for each in told(recorded, found, now)],
    }


def _update_json(each: Told, zone: str) -> dict[str, Any]:
    from automations.cli.wording import local_iso

    return {
        "number": each.update.number,
        "phase": each.update.phase.value,
        "at": local_iso(each.update.at, zone),
        "promised": local_iso(each.promised, zone),
        "sent": local_iso(each.sent, zone),
        "state": each.state,
        "prepared": each.update.prepared,
        "next": local_iso(each.update.next_due, zone),
        "fields": dict(each.update.fields),
    }


def next_due(recorded: Recorded, found: Incident) -> datetime | None:
    """Return when readers expect the next mail: as the last one says, else as the newest will say."""
    from automations.plan.incident_record import last_told, updates_of

    updates = updates_of(recorded, found)
    last = last_told(recorded, updates) or (updates[-1] if updates else None)
    return last.next_due if last is not None and found.resolved is None else None

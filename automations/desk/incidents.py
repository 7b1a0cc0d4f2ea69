"""What a person does about an incident: open it, update it, resolve it.

Each act is one numbered update with the promise of the next; the mails are drafted from it by the
next run, which the command line makes at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from automations.compose.addresses import check_address
from automations.errors import BadValueError, HeaderFaultError, RefusedError, UnknownNameError
from automations.model.records import DraftState, Incident, LogEntry, Outcome, Phase, Update
from automations.model.text import plain
from automations.plan.incidents import next_update_due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Draft, Recorded
    from automations.ports import Journal

AUDIENCE_KINDS = ("exec", "tactical")
SEVERITIES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class NewIncident:
    """The first facts of an incident. `started` is a UTC instant, None for now."""

    title: str
    severity: int
    impact: str
    started: datetime | None = None
    owner: str = ""
    audiences: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


def find_incident(recorded: Recorded, name: str) -> Incident:
    """Return the incident called `name` (`INC-3`, `inc-3` or `3`).

    :raises UnknownNameError: there is none.
    """
    wanted = name.upper() if name.upper().startswith("INC-") else f"INC-{name}"
    for incident in recorded.incidents:
        if incident.id == wanted:
            return incident
    near = tuple(incident.id for incident in recorded.incidents[-2:])
    raise UnknownNameError("incident", name, near=near, fix="magicloop incident list")


def parse_audiences(given: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (kind, addresses) for each `exec:a@example.com,b@example.com`.

    :raises BadValueError: a kind that is none, one without an address, or an address that is none.
    """
    audiences: dict[str, tuple[str, ...]] = {}
    for text in given:
        kind, _, addresses = text.partition(":")
        if kind not in AUDIENCE_KINDS:
            raise BadValueError(
                f"{plain(kind)!r} is no audience; use {' or '.join(AUDIENCE_KINDS)}",
                fix="--audience exec:boss@example.com",
            )
        try:
            to = tuple(check_address(part.strip()) for part in addresses.split(",") if part.strip())
        except HeaderFaultError as error:
            raise BadValueError(
                error.what, where="--audience", fix=error.fix or f"--audience {kind}:boss@example.com"
            ) from error
        if not to:
            raise BadValueError(
                f"the {kind} audience has no address", fix=f"--audience {kind}:boss@example.com"
            )
        audiences[kind] = tuple(dict.fromkeys((*audiences.get(kind, ()), *to)))
    return tuple(audiences.items())


def open_incident(
    journal: Journal, policy: Policy, recorded: Recorded, now: datetime, new: NewIncident
) -> Incident:
    """Record an incident and its first notice, which promises the next update.

    :raises BadValueError: a fact that cannot be so (a severity outside 1-4, a start in the future).
    """
    _check_severity(new.severity)
    title = plain(new.title)
    if not title:
        raise BadValueError(
            "an incident needs a title", fix='magicloop incident open "EU checkout errors" ...'
        )
    started = new.started or now
    if started > now:
        raise BadValueError("it cannot have started in the future", fix="--started 14:05")
    incident = Incident(
        id=f"INC-{len(recorded.incidents) + 1}",
        person=policy.person,
        title=title,
        severity=new.severity,
        phase=Phase.INVESTIGATING,
        impact=plain(new.impact),
        started=started,
        opened=now,
        owner=plain(new.owner),
        audiences=parse_audiences(new.audiences),
    )
    update = _update(policy, incident, recorded, now, new.fields)
    _record(
        journal, now, "open-incident", f"severity {incident.severity}: {incident.title}", incident, update
    )
    return incident


def update_incident(
    journal: Journal,
    policy: Policy,
    recorded: Recorded,
    now: datetime,
    name: str,
    phase: Phase | None,
    fields: Mapping[str, str],
    audiences: Sequence[str] = (),
    severity: int | None = None,
) -> Update:
    """Record the next update. An update of a resolved incident opens it again, and the log says so.

    :raises UnknownNameError: no such incident.
    :raises BadValueError: a severity or an audience that is none.
    """
    incident = find_incident(recorded, name)
    if severity is not None:
        _check_severity(severity)
    reopened = incident.resolved is not None
    following = Phase.INVESTIGATING if reopened else incident.phase
    changed = replace(
        incident,
        phase=phase or following,
        severity=severity or incident.severity,
        impact=plain(fields.get("impact", "")) or incident.impact,
        resolved=None,
        audiences=parse_audiences(audiences) or incident.audiences,
        rev=incident.rev + 1,
    )
    update = _update(policy, changed, recorded, now, fields)
    kind = "reopen-incident" if reopened else "update-incident"
    _record(journal, now, kind, f"update {update.number}, {changed.phase.value}", changed, update)
    return update


def resolve_incident(
    journal: Journal, policy: Policy, recorded: Recorded, now: datetime, name: str, fields: Mapping[str, str]
) -> Update:
    """Record that an incident is over, with how that was verified.

    :raises UnknownNameError: no such incident.
    :raises RefusedError: it is resolved already.
    :raises BadValueError: nothing says how that was verified.
    """
    incident = find_incident(recorded, name)
    if incident.resolved is not None:
        raise RefusedError(
            f"{incident.id} is resolved already",
            fix=f"magicloop incident update {incident.id} ...   (opens it again)",
        )
    if not plain(fields.get("verified", "")):
        raise BadValueError(
            "say how the recovery was verified",
            fix=f'magicloop incident resolve {incident.id} --verified "..."',
        )
    changed = replace(incident, phase=Phase.RESOLVED, resolved=now, rev=incident.rev + 1)
    update = _update(policy, changed, recorded, now, fields)
    _record(journal, now, "resolve-incident", f"update {update.number}", changed, update)
    return update


def _check_severity(severity: int) -> None:
    if severity not in SEVERITIES:
        raise BadValueError(f"severity {severity} is none; 1 is the worst, 4 the least", fix="--severity 2")


def _update(
    policy: Policy, incident: Incident, recorded: Recorded, now: datetime, fields: Mapping[str, str]
) -> Update:
    numbers = [update.number for update in recorded.updates if update.incident == incident.id]
    number = max(numbers, default=0) + 1
    return Update(
        person=policy.person,
        incident=incident.id,
        number=number,
        phase=incident.phase,
        at=now,
        fields={
            **{name: plain(text) for name, text in fields.items() if plain(text)},
            "severity": str(incident.severity),
        },
        next_due=next_update_due(policy, incident.severity, incident.phase, now),
    )


def _record(
    journal: Journal, now: datetime, kind: str, detail: str, incident: Incident, update: Update
) -> None:
    entry = LogEntry(incident.person, now, kind, incident.id, Outcome.DONE, detail)
    journal.record(entry, (incident, update))


def drafts_of(recorded: Recorded, update: Update) -> tuple[Draft, ...]:
    """Return the drafts made from an update, one an audience."""
    prefix, number = f"incident:{update.incident}:", f":{update.number}"
    return tuple(d for d in recorded.drafts if d.key.startswith(prefix) and d.key.endswith(number))


def promised_for(recorded: Recorded, update: Update) -> datetime | None:
    """Return the instant the update before promised this one for, None for the first."""
    for other in recorded.updates:
        if other.incident == update.incident and other.number == update.number - 1:
            return other.next_due
    return None


def sent_at(recorded: Recorded, update: Update) -> datetime | None:
    """Return when the person handed the update over and said it went, None while it did not."""
    return next(
        (d.handed_over for d in drafts_of(recorded, update) if d.state is DraftState.SENT_ELSEWHERE), None
    )

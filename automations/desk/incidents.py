"""What a person does about an incident: open it, update it, resolve it.

Each act is one numbered update with the promise of the next; the mails are drafted from it by the
next run, which the command line makes at once.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, TypeVar

from automations.compose.addresses import check_address
from automations.errors import BadValueError, ConflictError, HeaderFaultError, RefusedError, UnknownNameError
from automations.model.records import Incident, LogEntry, Outcome, Phase, Update
from automations.model.text import plain
from automations.plan.incident_record import last_told, updates_of
from automations.plan.next_update import first_due, keep_promise, promise_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from automations.model.policy import Policy
    from automations.model.records import Recorded
    from automations.ports import Journal

AUDIENCE_KINDS = ("exec", "tactical")
SEVERITIES = (1, 2, 3, 4)
TRIES = 5
NO_HOLIDAYS: Mapping[date, str] = MappingProxyType({})

T = TypeVar("T", Incident, Update)


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
    journal: Journal,
    policy: Policy,
    recorded: Recorded,
    now: datetime,
    new: NewIncident,
    holidays: Mapping[date, str] = NO_HOLIDAYS,
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
    bare = Incident(
        id="",
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

    def made(memory: Recorded) -> _Act[Incident]:
        incident = replace(bare, id=f"INC-{len(memory.incidents) + 1}")
        update = _update(policy, incident, memory, now, new.fields, holidays)
        said = f"severity {incident.severity}: {incident.title}"
        return _Act("open-incident", said, incident, update, incident)

    return _record(journal, recorded, now, made)


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
    holidays: Mapping[date, str] = NO_HOLIDAYS,
) -> Update:
    """Record the next update. An update of a resolved incident opens it again, and the log says so.

    Where somebody else recorded one meanwhile, this one gets the next number.

    :raises UnknownNameError: no such incident.
    :raises BadValueError: a severity or an audience that is none.
    """
    if severity is not None:
        _check_severity(severity)
    readers = parse_audiences(audiences)

    def made(memory: Recorded) -> _Act[Update]:
        incident = find_incident(memory, name)
        reopened = incident.resolved is not None
        following = Phase.INVESTIGATING if reopened else incident.phase
        changed = replace(
            incident,
            phase=phase or following,
            severity=severity or incident.severity,
            impact=plain(fields.get("impact", "")) or incident.impact,
            resolved=None,
            audiences=readers or incident.audiences,
            rev=incident.rev + 1,
        )
        update = _update(policy, changed, memory, now, fields, holidays)
        kind = "reopen-incident" if reopened else "update-incident"
        return _Act(kind, f"update {update.number}, {changed.phase.value}", changed, update, update)

    return _record(journal, recorded, now, made)


def resolve_incident(
    journal: Journal, policy: Policy, recorded: Recorded, now: datetime, name: str, fields: Mapping[str, str]
) -> Update:
    """Record that an incident is over, with how that was verified.

    :raises UnknownNameError: no such incident.
    :raises RefusedError: it is resolved already.
    :raises BadValueError: nothing says how that was verified.
    """

    def made(memory: Recorded) -> _Act[Update]:
        incident = find_incident(memory, name)
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
        update = _update(policy, changed, memory, now, fields, NO_HOLIDAYS)
        return _Act("resolve-incident", f"update {update.number}", changed, update, update)

    return _record(journal, recorded, now, made)


def _check_severity(severity: int) -> None:
    if severity not in SEVERITIES:
        raise BadValueError(f"severity {severity} is none; 1 is the worst, 4 the least", fix="--severity 2")


def _update(
    policy: Policy,
    incident: Incident,
    recorded: Recorded,
    now: datetime,
    fields: Mapping[str, str],
    holidays: Mapping[date, str],
) -> Update:
    updates = updates_of(recorded, incident)
    told = last_told(recorded, updates)
    pace, due = promise_of(policy, incident, updates, now, holidays)
    promised = told.next_due if told is not None else None
    if not updates:
        promised = first_due(policy, incident, now, holidays)
    elif incident.resolved is None:
        due = keep_promise(due, told, now, incident.severity)
    return Update(
        person=policy.person,
        incident=incident.id,
        number=max((update.number for update in updates), default=0) + 1,
        phase=incident.phase,
        at=now,
        fields={
            **{name: plain(text) for name, text in fields.items() if plain(text)},
            "severity": str(incident.severity),
        },
        next_due=due,
        promised=promised,
        pace=pace,
    )


@dataclass(frozen=True, slots=True)
class _Act(Generic[T]):
    """What an act by hand writes and the words of its log line; `made` is what it returns."""

    kind: str
    detail: str
    incident: Incident
    update: Update
    made: T


def _record(journal: Journal, recorded: Recorded, now: datetime, make: Callable[[Recorded], _Act[T]]) -> T:
    """Write what `make` decides from memory; where somebody else was quicker, decide again from theirs.

    :raises ConflictError: somebody else was quicker each time.
    """
    for _ in range(TRIES):
        act = make(recorded)
        entry = LogEntry(recorded.person, now, act.kind, act.incident.id, Outcome.DONE, act.detail)
        with suppress(ConflictError):
            journal.record(entry, (act.incident, act.update))
            return act.made
        recorded = journal.load(recorded.person)
    raise ConflictError(
        "the incident is being changed by somebody else all the time; nothing was written",
        fix="magicloop incident list    (then try again)",
    )

"""The journal's twin in memory: the same rules from the same tables, gone when the program ends."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from automations.errors import ClaimOpenError, ConflictError, RefusedError
from automations.model.records import (
    Draft,
    DraftState,
    LogEntry,
    OpenClaim,
    Outcome,
    Recorded,
    Run,
    RunOutcome,
)
from automations.model.sending import Approval, ApprovalState, Attempt, AttemptState
from automations.plan import lifecycle
from automations.store.rows import (
    LOOK_AGAIN,
    MISSING_PARENT,
    PROBLEMS,
    TABLES,
    Pulse,
    changed_meanwhile,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from automations.model.records import Problem, Record
    from automations.model.uptime import Uptime
    from automations.model.wake import Wake
    from automations.store.table import Key, Table


@dataclass(slots=True)
class _Contents:
    """All that is remembered; copied before a transaction, put back when it fails."""

    records: dict[type, dict[Key, Any]] = field(default_factory=lambda: {kind: {} for kind in TABLES})
    runs: dict[int, Run] = field(default_factory=dict)
    by_hand_at: dict[int, int] = field(default_factory=dict)
    claims: dict[int, OpenClaim] = field(default_factory=dict)
    claims_made: int = 0
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    lines: list[LogEntry] = field(default_factory=list)
    pulse: Pulse = field(default_factory=Pulse)
    by_hand: int = 0
    uptime: Uptime | None = None

    def copy(self) -> _Contents:
        return replace(
            self,
            records={kind: dict(rows) for kind, rows in self.records.items()},
            runs=dict(self.runs),
            by_hand_at=dict(self.by_hand_at),
            claims=dict(self.claims),
            problems=dict(self.problems),
            lines=list(self.lines),
        )


class MemoryJournal:
    """The journal in memory: for trying things out and for tests. Same promises as `SqliteJournal`."""

    def __init__(self) -> None:
        self._now = _Contents()

    def close(self) -> None:
        """Nothing to let go of."""

    def load(self, person: str) -> Recorded:
        """Return everything recorded of a person; `last_run` is the newest that finished unrefused."""
        found: dict[str, Any] = {
            table.place: tuple(row for row in self._now.records[kind].values() if row.person == person)
            for kind, table in TABLES.items()
        }
        runs = [run for run in self._now.runs.values() if run.person == person]
        finished = [run for run in runs if run.finished is not None and run.outcome != "refused"]
        return Recorded(
            person=person,
            claims=tuple(claim for claim in self._now.claims.values() if claim.person == person),
            problems=self._now.problems.get(person, ()),
            last_run=finished[-1] if finished else None,
            first_run=runs[0] if runs else None,
            due=self._now.pulse.wake.due if self._now.pulse.wake else None,
            last_idle=self._now.pulse.last_idle,
            uptime=self._now.uptime,
            **found,
        )

    def log(self, person: str, *, limit: int = 100, after: int = 0) -> tuple[tuple[int, LogEntry], ...]:
        """Return the newest `limit` log lines numbered above `after`, oldest first, with their numbers."""
        lines = [
            (number, entry)
            for number, entry in enumerate(self._now.lines, start=1)
            if entry.person == person and number > after
        ]
        return tuple(lines[max(0, len(lines) - max(0, limit)) :])

    def pulse(self) -> Pulse:
        """Return when a run last worked or came by, and the wake that stands."""
        return self._now.pulse

    def begin_run(self, person: str, at: datetime) -> Run:
        """Record that a run began."""
        with self._writing() as now:
            run = Run(id=len(now.runs) + 1, person=person, started=at)
            now.runs[run.id] = run
            now.by_hand_at[run.id] = now.by_hand
            return run

    def finish_run(
        self,
        run: Run,
        *,
        at: datetime,
        outcome: RunOutcome,
        problems: Sequence[Problem],
        wake: Wake | None,
    ) -> None:
        """Record how the run ended, its problems and the wake; the run is logged unless the last line says the same.

        :raises ConflictError: the run is finished already.
        """
        with self._writing() as now:
            begun = now.runs.get(run.id)
            if begun is None or begun.finished is not None:
                raise ConflictError(f"run {run.id} is finished already")
            now.runs[run.id] = replace(begun, finished=at, outcome=outcome.value)
            now.uptime = run.uptime
            now.problems[run.person] = tuple(
                _stored(PROBLEMS, problem)
                for problem in {problem.key: problem for problem in problems}.values()
            )
            undisturbed = now.by_hand == now.by_hand_at[run.id]
            if wake is not None:
                wake = replace(wake, watched=tuple(dict(wake.watched).items()))
                _check_text(wake.config, wake.version, *(text for pair in wake.watched for text in pair))
            standing = wake if wake is not None and wake.due is not None and undisturbed else None
            idle = now.pulse.last_idle
            if idle is not None and idle > at and outcome is not RunOutcome.REFUSED:
                idle = None
            now.pulse = replace(now.pulse, last_run=at, last_idle=idle, wake=standing)
            _log_run(now, LogEntry(run.person, at, "run", "", outcome.value, run=run.id))

    def claim(
        self,
        person: str,
        *,
        run: int | None,
        at: datetime,
        kind: str,
        subject: str,
        changes: Sequence[Record] = (),
    ) -> int:
        """Record that an action begins, with the records as they stand before its effect; return the claim.

        :raises ClaimOpenError: an open claim for the same person, kind and subject is there.
        :raises ConflictError: a record was changed by somebody else, or the change must never happen.
        """
        with self._writing() as now:
            for held in now.claims.values():
                if (held.person, held.kind, held.subject) == (person, kind, subject):
                    raise ClaimOpenError(
                        f"{kind} {subject} is at work already (claim {held.id}); nothing was written",
                        fix="let the next run settle it: magicloop run",
                    )
            _check_text(person, kind, subject)
            now.claims_made += 1
            now.claims[now.claims_made] = OpenClaim(now.claims_made, person, run, at, kind, subject)
            _write(now, changes)
            _stir(now, run)
            return now.claims_made

    def settle(
        self, claim: int, *, at: datetime, outcome: Outcome, detail: str, changes: Sequence[Record] = ()
    ) -> None:
        """Record an action's outcome, its records and a log line; none where a run fails at it as it did before.

        :raises ConflictError: the claim is settled already, or a record was changed by somebody else.
        """
        with self._writing() as now:
            _check_text(detail)
            held = now.claims.pop(claim, None)
            if held is None:
                raise ConflictError(f"claim {claim} is settled already; nothing was written", fix=LOOK_AGAIN)
            _write(now, changes)
            _stir(now, held.run)
            entry = LogEntry(held.person, at, held.kind, held.subject, outcome.value, detail, held.run)
            if not _is_told(now, entry):
                _append(now, entry)

    def record(self, entry: LogEntry, changes: Sequence[Record] = ()) -> None:
        """Record something that needs no effect outside: records and a log line; the wake is cleared.

        :raises ConflictError: a record was changed by somebody else, or the change must never happen.
        """
        with self._writing() as now:
            _write(now, changes)
            _stir(now, entry.run)
            if not _is_told(now, entry):
                _append(now, entry)

    def touch(self, at: datetime, uptime: Uptime | None = None) -> None:
        """Record that a run came by and found nothing due."""
        with self._writing() as now:
            now.pulse = replace(now.pulse, last_idle=at, idle_count=now.pulse.idle_count + 1)
            now.uptime = uptime

    @contextmanager
    def _writing(self) -> Iterator[_Contents]:
        before = self._now.copy()
        try:
            yield self._now
            _check_parents(self._now)
        except BaseException:
            self._now = before
            raise


def _write(now: _Contents, changes: Sequence[Record]) -> None:
    for change in changes:
        table = TABLES[type(change)]
        record = _stored(table, change)
        _check_revision(now, table, record)
        _check_unique(now, table, record)
        now.records[table.record][table.key_of(record)] = record
        if isinstance(record, Attempt):
            _drop_earlier_sends(now, record)


def _drop_earlier_sends(now: _Contents, attempt: Attempt) -> None:
    """Of sends by one approval that certainly did not go, for the same reason, keep the newest."""
    if attempt.state is AttemptState.NOT_SENT:
        now.records[Attempt] = {
            key: each
            for key, each in now.records[Attempt].items()
            if each.id == attempt.id or _course_of(each) != _course_of(attempt)
        }


def _course_of(attempt: Attempt) -> tuple[str, ...]:
    return (attempt.person, attempt.draft, attempt.approval, attempt.state, attempt.detail)


def _stored(table: Table, record: Any) -> Any:
    """Return the record as it would come back from a file, sharing nothing with what was handed in."""
    row = table.encode(record)
    _check_text(*row)
    return table.decode(row)


def _check_text(*values: Any) -> None:
    """Refuse half a surrogate pair, which no file could hold."""
    for value in values:
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise RefusedError(
                    f"the text cannot be stored: {error.reason}; nothing was written"
                ) from error


def _check_revision(now: _Contents, table: Table, record: Any) -> None:
    standing = now.records[table.record].get(table.key_of(record))
    if record.rev == 1:
        if isinstance(record, Draft) and record.state not in lifecycle.FIRST:
            raise _refused("a new draft is rendered, creating or waiting")
        if standing is not None:
            raise _refused(f"that {table.noun} is there already")
        return
    if standing is None or standing.rev != record.rev - 1:
        raise ConflictError(changed_meanwhile(table, record), fix=LOOK_AGAIN)
    if isinstance(record, Draft) and record.state not in lifecycle.MOVES[standing.state]:
        raise _refused(lifecycle.refusal(standing.state, record.state))
    if isinstance(record, Draft) and standing.state in lifecycle.FINAL and not _same_words(standing, record):
        raise _refused(lifecycle.KEEPS_WORDS)
    if isinstance(record, Draft) and record.state is DraftState.SENDING and not _is_approved(now, record):
        raise _refused(lifecycle.SENT_AS_APPROVED)


def _is_approved(now: _Contents, draft: Draft) -> bool:
    return any(
        (each.person, each.draft, each.hash, each.text_rev)
        == (draft.person, draft.id, draft.hash, draft.text_rev)
        and each.state is ApprovalState.LIVE
        for each in now.records[Approval].values()
    )


def _same_words(one: Draft, other: Draft) -> bool:
    return (one.mime, one.hash, one.key, one.to) == (other.mime, other.hash, other.key, other.to)


def _check_unique(now: _Contents, table: Table, record: Any) -> None:
    key = table.key_of(record)
    others = [row for place, row in now.records[table.record].items() if place != key]
    for rule in table.unique:
        value = rule.value_of(record)
        if value is not None and any(rule.value_of(row) == value for row in others):
            raise _refused(rule.sentence)


def _check_parents(now: _Contents) -> None:
    """Only the end of a transaction counts, so that a child may be written before its parent."""
    for table in TABLES.values():
        if table.parent is None:
            continue
        parents = now.records[table.parent.record]
        for record in now.records[table.record].values():
            if tuple(getattr(record, column) for column in table.parent.columns) not in parents:
                raise _refused(MISSING_PARENT)


def _refused(sentence: str) -> ConflictError:
    return ConflictError(f"{sentence}; nothing was written", fix=LOOK_AGAIN)


def _log_run(now: _Contents, entry: LogEntry) -> None:
    mine = [line for line in now.lines if line.person == entry.person]
    if not mine or (mine[-1].kind, mine[-1].outcome) != (entry.kind, entry.outcome):
        _append(now, entry)


def _is_told(now: _Contents, entry: LogEntry) -> bool:
    """Tell whether a run failed at something in the same way as the last time it was tried."""
    about = (entry.person, entry.kind, entry.subject)
    lines = (line for line in reversed(now.lines) if (line.person, line.kind, line.subject) == about)
    last = next(lines, None) if entry.outcome == Outcome.FAILED and entry.run is not None else None
    return last is not None and (last.outcome, last.detail) == (entry.outcome, entry.detail)


def _append(now: _Contents, entry: LogEntry) -> None:
    _check_text(entry.person, entry.kind, entry.subject, entry.outcome, entry.detail)
    now.lines.append(entry)


def _stir(now: _Contents, run: int | None) -> None:
    now.pulse = replace(now.pulse, wake=None)
    now.by_hand += run is None

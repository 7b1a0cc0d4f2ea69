"""The journal in one SQLite file.

Every writing method is one `BEGIN IMMEDIATE` transaction; none is open across a call to the
outside. The database itself refuses what must never happen (sql/schema.sql). A run should call
`begin_run` before `load`: what is written by hand after that keeps the wake from being stored.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

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
from automations.model.sending import Attempt
from automations.model.wake import Wake
from automations.plan import lifecycle
from automations.store import logbook
from automations.store.instants import instant_to_text, text_to_instant
from automations.store.logbook import LOG_COLUMNS, log_line
from automations.store.migrate import Layout, gather, open_database
from automations.store.refusals import damaged, translate
from automations.store.rows import LOOK_AGAIN, PROBLEMS, TABLES, Pulse, changed_meanwhile
from automations.store.uptimes import columns_to_uptime, uptime_to_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from automations.model.records import Problem, Record
    from automations.model.uptime import Uptime
    from automations.store.table import Table

_RUN_COLUMNS = "id, person, started, finished, outcome"


class SqliteJournal:
    """The journal on SQLite. One object belongs to one thread; any number may share the file."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._db = connection
        self.path = path

    @classmethod
    def open(cls, path: str, *, busy_seconds: float = 10.0, layout: Layout | None = None) -> Self:
        """Open the journal at `path`, making the file and its folder when they are missing.

        Another writer is waited for up to `busy_seconds`. `layout` is for tests of migrations.

        :raises StoreError: corrupt, newer than this program, of another program, or not writable.
        """
        return cls(open_database(path, layout or Layout(), busy_seconds=busy_seconds), path)

    def gather(self) -> None:
        """Bring every write into the one file, so that it can be moved without those beside it.

        :raises StoreError: the disk failed, or another program has it open.
        """
        try:
            gather(self._db, self.path)
        except sqlite3.Error as error:
            raise translate(error, self.path) from error

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()

    # Reading

    def load(self, person: str) -> Recorded:
        """Return everything recorded of a person, as of one instant. A person unknown so far is empty.

        `last_run` is the newest run that finished and was not refused, `first_run` the oldest of all, `due` the wake that stands.
        """
        with self._reading():
            found: dict[str, Any] = {
                table.place: self._rows_of(table, person) for table in (*TABLES.values(), PROBLEMS)
            }
            return Recorded(
                person=person,
                claims=self._open_claims(person),
                last_run=self._run(
                    "person = ? AND finished IS NOT NULL AND outcome != 'refused' ORDER BY id DESC", person
                ),
                first_run=self._run("person = ? ORDER BY id", person),
                due=self._due(),
                **self._last_idle(),
                **found,
            )

    def people(self) -> tuple[str, ...]:
        """Return everybody a run was ever made for, in the order they came."""
        with self._reading():
            rows = self._db.execute("SELECT person FROM run GROUP BY person ORDER BY min(id)")
            return tuple(person for (person,) in rows)

    def log(self, person: str, *, limit: int = 100, after: int = 0) -> tuple[tuple[int, LogEntry], ...]:
        """Return the newest `limit` log lines numbered above `after`, oldest first, with their numbers."""
        with self._reading():
            rows = self._db.execute(
                f"SELECT {LOG_COLUMNS} FROM log WHERE person = ? AND number > ? ORDER BY number DESC LIMIT ?",  # noqa: S608 -- our own names
                (person, after, max(0, limit)),
            ).fetchall()
            return tuple(log_line(row) for row in reversed(rows))

    def pulse(self) -> Pulse:
        """Return when a run last worked or came by, and the wake that stands."""
        with self._reading():
            due, config, version, last_run, last_idle, idle_count, monitored = self._db.execute(
                "SELECT due, config, version, last_run, last_idle, idle_count, monitored FROM wake"
            ).fetchone()
            watched = self._db.execute("SELECT path, fingerprint FROM watch ORDER BY rowid").fetchall()
            return Pulse(
                last_run=last_run and text_to_instant(last_run),
                last_idle=last_idle and text_to_instant(last_idle),
                idle_count=idle_count,
                wake=due and Wake(text_to_instant(due), config, version, tuple(watched), bool(monitored)),
            )

    # Writing

    def begin_run(self, person: str, at: datetime) -> Run:
        """Record that a run began."""
        with self._writing():
            cursor = self._db.execute(
                "INSERT INTO run (person, started, by_hand) SELECT ?, ?, by_hand FROM wake",
                (person, instant_to_text(at)),
            )
            return Run(id=cursor.lastrowid or 0, person=person, started=at)

    def finish_run(
        self,
        run: Run,
        *,
        at: datetime,
        outcome: RunOutcome,
        problems: Sequence[Problem],
        wake: Wake | None,
    ) -> None:
        """Record how the run ended, the problems that stand now (replacing all before), and when to wake.

        The run is logged (kind `run`), unless the person's last line says the same of the run before: where
        every run must look, the log and the file grow by what happens and not by the runs. If something was
        written by hand since the run began, the wake is not kept, so that the next run looks. A look for nothing
        later than a run that decided was noted by a wrong clock, and is forgotten.

        :raises ConflictError: the run is finished already.
        """
        with self._writing():
            ended = self._db.execute(
                "UPDATE run SET finished = ?, outcome = ? WHERE id = ? AND finished IS NULL",
                (instant_to_text(at), outcome.value, run.id),
            )
            if ended.rowcount != 1:
                raise ConflictError(f"run {run.id} is finished already", where=self.path)
            self._db.execute("DELETE FROM problem WHERE person = ?", (run.person,))
            for problem in {problem.key: problem for problem in problems}.values():
                self._db.execute(PROBLEMS.insert, PROBLEMS.encode(problem))
            self._set_wake(run, at, wake or Wake(None))
            if outcome is not RunOutcome.REFUSED:
                now = instant_to_text(at)
                self._db.execute("UPDATE wake SET last_idle = NULL WHERE last_idle > ?", (now,))
            logbook.append_run(self._db, run, LogEntry(run.person, at, "run", "", outcome.value, run=run.id))

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
        with self._writing():
            self._refuse_second_claim(person, kind, subject)
            cursor = self._db.execute(
                "INSERT INTO claim (person, run, at, kind, subject) VALUES (?, ?, ?, ?, ?)",
                (person, run, instant_to_text(at), kind, subject),
            )
            self._write(changes)
            self._stir(run)
            return cursor.lastrowid or 0

    def settle(
        self, claim: int, *, at: datetime, outcome: Outcome, detail: str, changes: Sequence[Record] = ()
    ) -> None:
        """Record an action's outcome, its records and a log line; none where a run fails at it as it did before.

        :raises ConflictError: the claim is settled already, or a record was changed by somebody else.
        """
        with self._writing():
            settled = self._db.execute(
                "UPDATE claim SET settled = ?, outcome = ?, detail = ? WHERE id = ? AND settled IS NULL",
                (instant_to_text(at), outcome.value, detail, claim),
            )
            if settled.rowcount != 1:
                raise ConflictError(
                    f"claim {claim} is settled already; nothing was written", where=self.path, fix=LOOK_AGAIN
                )
            person, run, kind, subject = self._db.execute(
                "SELECT person, run, kind, subject FROM claim WHERE id = ?", (claim,)
            ).fetchone()
            self._write(changes)
            self._stir(run)
            entry = LogEntry(person, at, kind, subject, outcome.value, detail, run)
            if not logbook.append_news(self._db, entry):
                logbook.drop_earlier_try(self._db, claim, entry)

    def record(self, entry: LogEntry, changes: Sequence[Record] = ()) -> None:
        """Record something that needs no effect outside: records and a log line; the wake is cleared.

        :raises ConflictError: a record was changed by somebody else, or the change must never happen.
        """
        with self._writing():
            self._write(changes)
            self._stir(entry.run)
            logbook.append_news(self._db, entry)

    def touch(self, at: datetime, uptime: Uptime | None = None) -> None:
        """Record that a run came by and found nothing due."""
        with self._writing():
            self._db.execute(
                "UPDATE wake SET last_idle = ?, idle_count = idle_count + 1, awake = ?, boot = ?",
                (instant_to_text(at), *uptime_to_columns(uptime)),
            )

    # Inside a transaction

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, all or nothing, that waits for its turn before it reads anything."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One transaction that sees the file as of one instant."""
        try:
            with self._transaction("BEGIN"):
                yield
        except (ValueError, TypeError, KeyError) as error:
            raise damaged(self.path, f"holds a row that makes no sense ({error})") from error

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        try:
            self._db.execute(begin)
            yield
            self._db.execute("COMMIT")
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
            self._roll_back()
            raise  # a closed journal or a value of a foreign type: a bug, not a state of the file
        except sqlite3.Error as error:
            self._roll_back()
            raise translate(error, self.path) from error
        except UnicodeEncodeError as error:
            self._roll_back()
            raise RefusedError(f"the text cannot be stored: {error.reason}; nothing was written") from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _rows_of(self, table: Table, person: str) -> tuple[Any, ...]:
        return tuple(table.decode(row) for row in self._db.execute(table.select, (person,)))

    def _open_claims(self, person: str) -> tuple[OpenClaim, ...]:
        rows = self._db.execute(
            "SELECT id, person, run, at, kind, subject FROM claim"
            " WHERE person = ? AND settled IS NULL ORDER BY id",
            (person,),
        )
        return tuple(
            OpenClaim(number, whose, run, text_to_instant(at), kind, subject)
            for number, whose, run, at, kind, subject in rows
        )

    def _run(self, condition: str, person: str) -> Run | None:
        row = self._db.execute(
            f"SELECT {_RUN_COLUMNS} FROM run WHERE {condition} LIMIT 1",  # noqa: S608 -- our own words
            (person,),
        ).fetchone()
        if row is None:
            return None
        number, whose, started, finished, outcome = row
        return Run(number, whose, text_to_instant(started), finished and text_to_instant(finished), outcome)

    def _last_idle(self) -> dict[str, Any]:
        instant, *uptime = self._db.execute("SELECT last_idle, awake, boot FROM wake").fetchone()
        return {
            "last_idle": text_to_instant(instant) if instant else None,
            "uptime": columns_to_uptime(*uptime),
        }

    def _due(self) -> datetime | None:
        (due,) = self._db.execute("SELECT due FROM wake").fetchone()
        return due and text_to_instant(due)

    def _refuse_second_claim(self, person: str, kind: str, subject: str) -> None:
        held = self._db.execute(
            "SELECT id FROM claim WHERE person = ? AND kind = ? AND subject = ? AND settled IS NULL",
            (person, kind, subject),
        ).fetchone()
        if held is not None:
            raise ClaimOpenError(
                f"{kind} {subject} is at work already (claim {held[0]}); nothing was written",
                where=self.path,
                fix="let the next run settle it: magicloop run",
            )

    def _write(self, changes: Sequence[Record]) -> None:
        for record in changes:
            table = TABLES[type(record)]
            if record.rev == 1:
                self._db.execute(table.insert, table.encode(record))
            else:
                self._replace(table, record)
            if isinstance(record, Attempt):
                logbook.drop_earlier_sends(self._db, record)

    def _replace(self, table: Table, record: Record) -> None:
        """Compare-and-swap: the row must be at the revision before."""
        key = table.key_of(record)
        try:
            written = self._db.execute(table.update, (*table.encode(record), *key, record.rev - 1))
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER and isinstance(record, Draft):
                raise self._illegal_move(record, str(error)) from error
            raise
        if written.rowcount != 1:
            raise ConflictError(changed_meanwhile(table, record), where=self.path, fix=LOOK_AGAIN)

    def _illegal_move(self, draft: Draft, said: str) -> ConflictError:
        (old,) = self._db.execute(
            "SELECT state FROM draft WHERE person = ? AND id = ?", (draft.person, draft.id)
        ).fetchone()
        was, becomes = DraftState(old), DraftState(draft.state)
        sentence = said if becomes in lifecycle.MOVES[was] else lifecycle.refusal(was, becomes)
        return ConflictError(f"{sentence}; nothing was written", where=self.path, fix=LOOK_AGAIN)

    def _stir(self, run: int | None) -> None:
        """Clear the wake; a write outside a run also keeps a run at work from setting it."""
        self._db.execute("UPDATE wake SET due = NULL, by_hand = by_hand + ?", (run is None,))

    def _set_wake(self, run: Run, at: datetime, wake: Wake) -> None:
        due = None if wake.due is None else instant_to_text(wake.due)
        self._db.execute(
            "UPDATE wake SET person = ?, config = ?, version = ?, monitored = ?, last_run = ?,"
            " awake = ?, boot = ?,"
            " due = CASE WHEN by_hand = (SELECT by_hand FROM run WHERE id = ?) THEN ? END",
            (
                run.person,
                wake.config,
                wake.version,
                wake.monitored,
                instant_to_text(at),
                *uptime_to_columns(run.uptime),
                run.id,
                due,
            ),
        )
        self._db.execute("DELETE FROM watch")
        self._db.executemany(
            "INSERT INTO watch (path, person, fingerprint) VALUES (?, ?, ?)",
            [(path, run.person, fingerprint) for path, fingerprint in dict(wake.watched).items()],
        )

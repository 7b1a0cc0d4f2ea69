"""What goes into the log's table and those beside it, and what is not said twice.

The log grows by what happens. Where every run must look (a provider that only asking tells of, months without
a network) it would grow by the runs, and the file with it: a hundred a day for as long as the person lives.
Every function runs inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automations.model.records import LogEntry, Outcome
from automations.model.sending import AttemptState
from automations.store import chain
from automations.store.instants import instant_to_text, text_to_instant

if TYPE_CHECKING:
    import sqlite3

    from automations.model.records import Run
    from automations.model.sending import Attempt

LOG_COLUMNS = "number, person, at, kind, subject, outcome, detail, run"


def append(db: sqlite3.Connection, entry: LogEntry) -> None:
    """Add a line to the chain."""
    newest = db.execute("SELECT number, hash FROM log ORDER BY number DESC LIMIT 1").fetchone()
    number, before = (0, chain.FIRST) if newest is None else newest
    line = (
        number + 1,
        entry.person,
        instant_to_text(entry.at),
        entry.kind,
        entry.subject,
        entry.outcome,
        entry.detail,
        entry.run,
    )
    db.execute(
        f"INSERT INTO log ({LOG_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- our own names
        (*line, chain.chain_hash(before, line)),
    )


def append_news(db: sqlite3.Connection, entry: LogEntry) -> bool:
    """Add a line unless a run failed at the same thing in the same way before; tell whether it was added."""
    told = entry.outcome == Outcome.FAILED and entry.run is not None and _last_said(db, entry)
    if not told:
        append(db, entry)
    return not told


def append_run(db: sqlite3.Connection, run: Run, entry: LogEntry) -> None:
    """Log how a run ended, unless nothing happened since the person's last line, which says the same of a run.

    Of runs in a row that say the same, the first (which the line names) and this one are kept.
    """
    last = db.execute(
        "SELECT kind, outcome, run FROM log WHERE person = ? ORDER BY number DESC LIMIT 1", (run.person,)
    ).fetchone()
    if last is None or last[:2] != (entry.kind, entry.outcome):
        append(db, entry)
        return
    db.execute(
        "DELETE FROM run WHERE person = ? AND id > ? AND id < ? AND finished IS NOT NULL",
        (run.person, last[2], run.id),
    )


def drop_earlier_try(db: sqlite3.Connection, claim: int, entry: LogEntry) -> None:
    """Of tries in a row that failed alike, keep the newest."""
    db.execute(
        "DELETE FROM claim WHERE id = (SELECT max(id) FROM claim WHERE person = ? AND kind = ?"
        " AND subject = ? AND id < ?) AND outcome = 'failed' AND detail = ?",
        (entry.person, entry.kind, entry.subject, claim, entry.detail),
    )


def drop_earlier_sends(db: sqlite3.Connection, attempt: Attempt) -> None:
    """Of sends by one approval that certainly did not go, for the same reason, keep the newest.

    One that is open, went, or of which nobody knows stays for ever.
    """
    if attempt.state is AttemptState.NOT_SENT:
        db.execute(
            "DELETE FROM attempt WHERE person = ? AND draft = ? AND approval = ? AND detail = ?"
            " AND state = 'not_sent' AND id != ?",
            (attempt.person, attempt.draft, attempt.approval, attempt.detail, attempt.id),
        )


def log_line(row: tuple[Any, ...]) -> tuple[int, LogEntry]:
    """Return a row of `LOG_COLUMNS` as its number and its line."""
    number, person, at, kind, subject, outcome, detail, run = row
    return number, LogEntry(person, text_to_instant(at), kind, subject, outcome, detail, run)


def _last_said(db: sqlite3.Connection, entry: LogEntry) -> bool:
    last = db.execute(
        "SELECT outcome, detail FROM log WHERE person = ? AND kind = ? AND subject = ?"
        " ORDER BY number DESC LIMIT 1",
        (entry.person, entry.kind, entry.subject),
    ).fetchone()
    return bool(last == (entry.outcome, entry.detail))

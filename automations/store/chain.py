"""The log's chain: each line carries the sha256 of the line before and of itself.

A line that was changed, taken out or put in between no longer fits; `verify_log` finds the first.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from automations.store.looking import looking_at

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST = ""
"""What stands before the first line."""


def chain_hash(before: str, line: tuple[Any, ...]) -> str:
    """Return the hash of a line (number, person, at, kind, subject, outcome, detail, run) after `before`."""
    text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What re-deriving the chain found.

    `lines` is how many fit from the start on, `head` the hash of the last of them ("" for none). `broken`
    is the number of the first line that is not as it was written, None when all are, and `what` says how.
    """

    lines: int
    head: str
    broken: int | None = None
    what: str = ""

    @property
    def trouble(self) -> str:
        """Which line is not as it was written, and how; "" where all are."""
        return f"line {self.broken} {self.what}" if self.broken is not None else ""


def verify_log(source: str | sqlite3.Connection) -> int | None:
    """Return the number of the first log line that is not as it was written, None when all are.

    :raises StoreError: the file cannot be read.
    """
    return check_log(source).broken


def check_log(source: str | sqlite3.Connection) -> LogCheck:
    """Derive the log's chain anew; a line missing at the end counts as broken too.

    `source` is a journal's path, or a connection that reads as of one instant.

    :raises StoreError: the file cannot be read.
    """
    if isinstance(source, sqlite3.Connection):
        return _checked(source)
    with looking_at(source) as connection:
        return _checked(connection)


def _checked(connection: sqlite3.Connection) -> LogCheck:
    rows = connection.execute(
        "SELECT number, person, at, kind, subject, outcome, detail, run, hash FROM log ORDER BY number"
    )
    found = _walk(rows)
    if found.broken is not None:
        return found
    # AUTOINCREMENT remembers the highest number ever given, so a cut-off end shows.
    given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'log'").fetchone()
    if given is not None and given[0] > found.lines:
        return replace(found, broken=found.lines + 1, what="is missing, and so is all after it")
    return found


def _walk(rows: Iterable[tuple[Any, ...]]) -> LogCheck:
    """Follow the chain as far as it holds."""
    before, good = FIRST, 0
    for *line, found in rows:
        if line[0] != good + 1:
            what = "is missing" if line[0] > good + 1 else "has a number that no line can have"
            return LogCheck(good, before, good + 1, what)
        if any(isinstance(value, bytes) for value in line) or found != chain_hash(before, tuple(line)):
            return LogCheck(good, before, good + 1, "is not as it was written")
        before, good = found, good + 1
    return LogCheck(good, before)

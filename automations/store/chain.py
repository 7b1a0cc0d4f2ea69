"""The log's chain: each line carries the sha256 of the line before and of itself.

A line that was changed, taken out or put in between no longer fits; `verify_log` finds the first.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from automations.store.address import database_uri
from automations.store.refusals import translate

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST = ""
"""What stands before the first line."""


def chain_hash(before: str, line: tuple[Any, ...]) -> str:
    """Return the hash of a line (number, person, at, kind, subject, outcome, detail, run) after `before`."""
    text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def verify_log(source: str | sqlite3.Connection) -> int | None:
    """Return the number of the first log line that is not as it was written, None when all are.

    A line missing at the end counts as broken too. `source` is a journal's path or a connection.

    :raises StoreError: the file cannot be read.
    """
    if isinstance(source, sqlite3.Connection):
        return _first_broken(source)
    try:
        with closing(sqlite3.connect(database_uri(source, "ro"), uri=True)) as connection:
            return _first_broken(connection)
    except sqlite3.Error as error:
        raise translate(error, source) from error


def _first_broken(connection: sqlite3.Connection) -> int | None:
    rows = connection.execute(
        "SELECT number, person, at, kind, subject, outcome, detail, run, hash FROM log ORDER BY number"
    )
    good, broken = _walk(rows)
    if broken is not None:
        return broken
    # AUTOINCREMENT remembers the highest number ever given, so a cut-off end shows.
    given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'log'").fetchone()
    return good + 1 if given is not None and given[0] > good else None


def _walk(rows: Iterable[tuple[Any, ...]]) -> tuple[int, int | None]:
    """Return how many lines fit from the start, and the number that does not."""
    before, good = FIRST, 0
    for *line, found in rows:
        if line[0] != good + 1 or found != chain_hash(before, tuple(line)):
            return good, good + 1
        before, good = found, good + 1
    return good, None

"""Opening a journal to look at it: it is read as of one instant, and nothing in it is changed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from automations.store.address import database_uri
from automations.store.migrate import check_ours
from automations.store.refusals import refuse_empty, translate

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_SECONDS = 10.0


@contextmanager
def looking_at(path: str) -> Iterator[sqlite3.Connection]:
    """Give a connection that can only read, in one transaction; nothing is made where nothing is.

    The layout is whatever the file has: an older one is not upgraded, a newer one not refused.

    :raises StoreError: the file is no journal, is damaged or cannot be read.
    """
    refuse_empty(path)
    try:
        with closing(_open(path)) as connection:
            check_ours(connection, path)
            connection.execute("PRAGMA query_only=ON")
            connection.execute("BEGIN")
            yield connection
    except sqlite3.Error as error:
        raise translate(error, path) from error


def _open(path: str) -> sqlite3.Connection:
    """Open for writing where that is possible: only then does SQLite tidy its side files when it leaves."""
    ways = ["rw", "ro"]
    if not os.access(os.path.dirname(path) or ".", os.W_OK) and not os.path.lexists(f"{path}-wal"):  # noqa: PTH120 - as the rest of the journal's code
        ways.append("ro&immutable=1")  # where nobody can write, SQLite cannot make the side files it wants
    for way in ways:
        connection = sqlite3.connect(
            database_uri(path, way), uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            connection.close()
            if way == ways[-1]:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError("the last way returns or raises")

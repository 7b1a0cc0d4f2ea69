# ruff: noqa: PTH116 -- importing pathlib costs milliseconds, and this path runs every 15 minutes
"""The fast path: is nothing due? Answered before config, model or any provider is loaded.

Imports only what a bare `sqlite3` needs. In any doubt the answer is None, and a full run looks.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import zlib
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.store.address import database_uri
from automations.store.instants import instant_to_text, text_to_instant
from automations.store.uptimes import uptime_to_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from automations.model.uptime import Uptime

_CLOCK_SLACK = timedelta(hours=25)
"""A clock may fall back by an hour (and by a day when the machine's zone is wrong) and still be trusted."""

SILENCE = timedelta(minutes=35)
"""After so long without a look a full run finds out why: `plan/silence.py`, whose number this is."""

_MISSING = "-"
_UNREADABLE = "?"


def is_idle(
    database: str, *, config: str, version: str, now: datetime, uptime: Uptime | None = None
) -> tuple[datetime, bool] | None:
    """Return when something is next due if nothing is due at `now`, None when a full run must look.

    Beside the instant stands whether the monitor is to be told that a run came by. `uptime` is the
    machine's.

    Nothing is due when the wake is in the future, the clock did not fall behind the last run, and
    the config's path, the program's version and every watched path (the config among them) are as
    they were. After a silence a full run looks, whatever is due. The visit is recorded.
    Errors are never raised: the full run meets and explains them.
    """
    try:
        with closing(_connect(database)) as connection:
            found = _standing_due(connection, config, version, now)
            if found is not None:
                _touch(connection, now, uptime)
            return found
    except (sqlite3.Error, OSError, ValueError):
        return None


def fingerprint(path: str) -> str:
    """Return what changes with the path: `mtime_ns:size:inode` of a file, the number and checksum of all in a folder.

    Folders are followed all the way down, links to folders are not. `-` stands for a missing path. Take it before reading
    what it stands for, so that a change in between is seen the next time.
    """
    return _fingerprint(path)


def fingerprints(paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return (path, fingerprint) of each path, in the order given."""
    return tuple((path, fingerprint(path)) for path in paths)


def _connect(database: str) -> sqlite3.Connection:
    return sqlite3.connect(database_uri(database, "rw"), uri=True, timeout=0.0, isolation_level=None)


def _standing_due(
    connection: sqlite3.Connection, config: str, version: str, now: datetime
) -> tuple[datetime, bool] | None:
    row = connection.execute(
        "SELECT due, monitored FROM wake WHERE due > ? AND last_run <= ? AND config = ? AND version = ?"
        " AND max(last_run, coalesce(last_idle, '')) >= ?",
        (
            instant_to_text(now),
            instant_to_text(now + _CLOCK_SLACK),
            config,
            version,
            instant_to_text(now - SILENCE),
        ),
    ).fetchone()
    if row is None:
        return None
    watched = connection.execute("SELECT path, fingerprint FROM watch")
    if any(fingerprint(path) != seen for path, seen in watched):
        return None
    return text_to_instant(row[0]), bool(row[1])


def _touch(connection: sqlite3.Connection, now: datetime, uptime: Uptime | None) -> None:
    # NORMAL: losing the note of a visit in a power cut is harmless, waiting for the disk is not free.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(
        "UPDATE wake SET last_idle = ?, idle_count = idle_count + 1, awake = ?, boot = ?",
        (instant_to_text(now), *uptime_to_columns(uptime)),
    )


def _fingerprint(path: str) -> str:
    try:
        seen = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return _MISSING
    except OSError:
        return _UNREADABLE
    if stat.S_ISDIR(seen.st_mode):
        return _folder_fingerprint(path)
    return f"{seen.st_mtime_ns}:{seen.st_size}:{seen.st_ino}"


def _folder_fingerprint(path: str) -> str:
    try:
        with os.scandir(path) as entries:
            within = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return _UNREADABLE
    # A checksum is enough against chance, and hashlib costs milliseconds to load. A name cannot hold a
    # slash, so the pairs cannot be read in two ways.
    whole = b"".join(
        os.fsencode(entry.name) + b"/" + _entry_fingerprint(entry).encode() + b"/" for entry in within
    )
    return f"{len(within)}:{len(whole)}:{zlib.crc32(whole):08x}:{zlib.adler32(whole):08x}"


def _entry_fingerprint(entry: os.DirEntry[str]) -> str:
    """Return that of a folder's entry. A link to a folder is not followed, as no calendar is read behind one."""
    try:
        if entry.is_symlink() and entry.is_dir():
            return "link"
    except OSError:
        return _UNREADABLE
    return _fingerprint(entry.path)

"""SQLite's errors as ours: what it refused, where, and what to type."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from automations.errors import ConflictError, MagicloopError, StoreError
from automations.rights import cure_of_rights
from automations.store.files import SIDE_FILES
from automations.store.rows import LOOK_AGAIN, MISSING_PARENT, TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

_A_LITTLE = 64 * 1024
"""Bytes: more than a file system keeps beside a file's name, less than anybody notices."""


def translate(error: sqlite3.Error, path: str) -> MagicloopError:
    """Return the error a person should read for what SQLite raised about the journal at `path`."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return ConflictError(f"{_constraint(error)}; nothing was written", where=path, fix=LOOK_AGAIN)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return damaged(path, f"is damaged ({error})")
    trouble = _trouble_of_disk(str(Path(path).parent)) if primary in _OF_DISK else None
    cure = _cure_of_rights(path) if primary in _OF_RIGHTS else ""
    rights = ("may not be used by you", "{cure}") if cure else None
    what, fix = (
        trouble
        or rights
        or _TROUBLE.get(
            primary, ("cannot be used ({error})", "try again, and if it stays so: magicloop --debug status")
        )
    )
    # Where only the sync at the end of a commit failed, SQLite may find it done the next time.
    certain = code not in (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)
    return StoreError(
        f"the journal {path} {what.format(error=error)}; "
        f"{'nothing was written' if certain else 'the last change may be missing'}",
        where=path,
        fix=fix.format(path=quote(path), folder=quote(str(Path(path).parent)), cure=cure),
    )


def damaged(path: str, what: str) -> StoreError:
    """Return the error for a file that is no journal (any more); it is left as it is."""
    return StoreError(
        f"the journal {path} {what}; it was left as it is",
        where=path,
        fix=f"magicloop restore FILE --force    (a backup), or begin anew: {_all_aside(path)}",
    )


def refuse_empty(path: str) -> None:
    """Refuse a file of no bytes, which SQLite would take for a new database.

    :raises StoreError: it is one.
    """
    if os.path.isfile(path) and not os.path.getsize(path):  # noqa: PTH113, PTH202 - never raises for a folder above
        raise damaged(path, "is empty, which a journal never is")


def refuse_unreachable(path: str) -> None:
    """Refuse where the system does not tell whether there is a journal, which is not the same as none.

    :raises StoreError: it does not.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StoreError(
            f"the journal {path} cannot be looked at: {error.strerror}; nothing was written",
            where=path,
            fix=_cure_of_rights(path) or f"look at it: ls -ld {quote(str(Path(path).parent))}",
        ) from error


def lost(path: str, traces: Sequence[str]) -> StoreError:
    """Return the error for a journal that is gone though the `traces` of it, paths, still stand."""
    more = f" (and {len(traces) - 1} more)" if len(traces) > 1 else ""
    return StoreError(
        f"the journal {path} is gone, though {traces[0]}{more} was made from it and still stands; "
        "nothing was written",
        where=path,
        fix=f"magicloop restore FILE    (a backup), or begin anew: {_all_aside(path)}",
    )


def _all_aside(path: str) -> str:
    """Return the command that moves a journal's folder: the drafts and blocks in it are told of by no other journal."""
    folder = str(Path(path).parent)
    names = (f"{folder}.before{number}" for number in ("", *(f"-{each}" for each in range(2, 1000))))
    free = next(name for name in names if not os.path.lexists(name))
    return f"mv {quote(folder)} {quote(free)}"


def move_aside(path: str) -> str:
    """Return the command that moves a journal and its side files, keeping them together."""
    there = [suffix for suffix in SIDE_FILES if not suffix or Path(path + suffix).exists()]
    return "; ".join(f"mv {quote(path + suffix)} {quote(f'{path}.bad{suffix}')}" for suffix in there)


_TROUBLE = {
    sqlite3.SQLITE_BUSY: ("is held by another program", "wait for it to finish, then try again"),
    sqlite3.SQLITE_LOCKED: ("is held by another program", "wait for it to finish, then try again"),
    sqlite3.SQLITE_FULL: (
        "cannot grow: the disk is full",
        "make room where {folder} is (df -h {folder}), then try again",
    ),
    sqlite3.SQLITE_READONLY: ("is read-only", "chmod u+rw {path} and its folder, or set MAGICLOOP_DATA"),
    sqlite3.SQLITE_PERM: ("may not be written", "chmod u+rw {path} and its folder, or set MAGICLOOP_DATA"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened ({error})", "look at it: ls -ld {folder} {path}"),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written ({error})",
        "check the disk (df -h {folder}), then try again",
    ),
}


_FULL = _TROUBLE[sqlite3.SQLITE_FULL]
_OF_DISK = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
"""Codes that stand for any trouble with the disk: SQLite says FULL only where a write itself found no room."""
_TROUBLE_OF_DISK = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: ("cannot grow: the disk quota is used up", _FULL[1]),
    errno.EIO: (
        "cannot be read or written: the disk failed (I/O error)",
        "check the disk (dmesg; df -h {folder}), then try again",
    ),
    errno.EROFS: (
        "cannot be written: the disk is mounted read-only",
        "see why (mount; dmesg), or set MAGICLOOP_DATA to a folder on another disk",
    ),
}


def _trouble_of_disk(folder: str) -> tuple[str, str] | None:
    """Write a little where the journal is, and return what the system has against it, None for nothing."""
    import tempfile

    try:
        with tempfile.NamedTemporaryFile(prefix=".ml-", suffix=".new", dir=folder) as file:
            file.write(bytes(_A_LITTLE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return _TROUBLE_OF_DISK.get(error.errno or 0)
    return None


_OF_RIGHTS = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})


def _cure_of_rights(path: str) -> str:
    """Return what gives this user the rights to the journal and the files beside it, "" where none lacks."""
    return cure_of_rights(
        *(path + suffix for suffix in SIDE_FILES if not suffix or os.path.lexists(path + suffix))
    )


def _constraint(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return str(error)
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return MISSING_PARENT
    return _unique_sentence(str(error)) or f"the journal does not allow it ({error})"


def _unique_sentence(message: str) -> str:
    """SQLite names the columns: `UNIQUE constraint failed: block.person, block.month`."""
    named = message.partition("UNIQUE constraint failed: ")[2].split(", ")
    table, _, _ = named[0].partition(".")
    columns = tuple(name.partition(".")[2] for name in named)
    for each in TABLES.values():
        if each.name != table:
            continue
        if columns == each.key:
            return f"that {each.noun} is there already"
        for rule in each.unique:
            if rule.columns == columns:
                return rule.sentence
    return ""

"""The journal's file: only the person may read it, and it appears whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from shlex import quote
from typing import TYPE_CHECKING

from automations.errors import StoreError
from automations.rights import cure_of_refusal
from automations.whole_files import give_name, half_file, make_folders, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIDE_FILES = ("", "-wal", "-shm")
"""What SQLite keeps beside a database, by what is added to its name."""


def side_files(place: Path) -> tuple[Path, ...]:
    """Return the paths of a database and of what SQLite may keep beside it."""
    return tuple(place.with_name(place.name + suffix) for suffix in SIDE_FILES)


def ensure_file(place: Path, build: Callable[[str], None]) -> None:
    """Make sure a file only its owner may read is at `place`; `build` fills a new one under another name.

    A file that is there keeps its content and loses the rights of others. Missing folders are made 0700.

    :raises StoreError: the place cannot be written, is a link, or holds half a database.
    """
    try:
        make_folders(place.parent)
        if not os.path.lexists(place):
            _refuse_orphan(place)
            _make_file(place, build)
        if place.is_symlink():
            raise StoreError(
                f"the journal {place} is a symbolic link, which could lead anywhere",
                where=str(place),
                fix="set MAGICLOOP_DATA to the folder the file really is in",
            )
        _close_to_others(place)
    except OSError as error:
        raise StoreError(
            f"the journal {place} cannot be made: {error.strerror or error}",
            where=str(place),
            fix=cure_of_refusal(error, str(place))
            or f"make {place.parent} writable, or set MAGICLOOP_DATA to another folder",
        ) from error


def _make_file(place: Path, build: Callable[[str], None]) -> None:
    """Build under a temporary name, then link: whoever is second finds the first one's file."""
    with half_file(place.parent) as (file, half):
        file.close()  # SQLite loses its locks when another handle of this process is closed
        try:
            build(str(half))
            give_name(half, place)
            sync_folder(place.parent)
        finally:
            for each in side_files(half):
                each.unlink(missing_ok=True)


def _refuse_orphan(place: Path) -> None:
    """Refuse to begin beside newer writes: SQLite would play them into the new database."""
    _, beside, _ = side_files(place)
    if beside.exists() and beside.stat().st_size and not os.path.lexists(place):
        raise StoreError(
            f"the journal {place} is gone, but {beside} is still there and holds its newest writes",
            where=str(beside),
            fix=f"put {place} back, or begin anew: mv {quote(str(beside))} {quote(f'{place}.bad-wal')}",
        )


def _close_to_others(place: Path) -> None:
    for each in side_files(place):
        with suppress(FileNotFoundError):
            seen = each.lstat()
            if stat.S_ISREG(seen.st_mode) and seen.st_uid == os.geteuid() and seen.st_mode & 0o077:
                each.chmod(0o600)

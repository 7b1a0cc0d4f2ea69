"""Looks at this machine: paths, disks, the run lock, the time zone rules. Nothing is made or changed."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from automations.locks import oddness_of, trouble_of
from automations.model.health import DiskSeen, LockSeen, PathSeen, ZonesSeen
from automations.rights import cure_of_rights

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def look_at_path(path: str, now: datetime) -> PathSeen:
    """Return what stands at a path, links followed.

    :raises OSError: the system does not tell, e.g. a folder above may not be entered.
    """
    try:
        seen = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        writable = _can_be_made(Path(path))
        return PathSeen(path, exists=False, writable=writable, cure="" if writable else cure_of_rights(path))
    folder = stat.S_ISDIR(seen.st_mode)
    mine, wanted = seen.st_uid == os.geteuid(), os.W_OK | os.X_OK if folder else os.W_OK
    writable = os.access(path, wanted)
    return PathSeen(
        path=path,
        exists=True,
        folder=folder,
        mode=stat.S_IMODE(seen.st_mode),
        mine=mine,
        roots=seen.st_uid == 0,
        writable=writable,
        age_seconds=max(0.0, now.timestamp() - seen.st_mtime),
        cure="" if mine and writable else cure_of_rights(path),
    )


def others_things(folder: str) -> tuple[str, ...]:
    """Return the names of what is not this user's directly in a folder, sorted; none where it cannot be read."""
    found = []
    with suppress(OSError), os.scandir(folder) as entries:
        for each in entries:
            with suppress(FileNotFoundError):  # a run may be at work
                if each.stat(follow_symlinks=False).st_uid != os.geteuid():
                    found.append(each.name)
    return tuple(sorted(found))


def _can_be_made(path: Path) -> bool:
    """Tell whether the nearest folder above that exists lets something be made in it."""
    above = next((each for each in path.parents if each.exists()), None)
    return above is not None and above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def look_at_disk(path: str) -> DiskSeen:
    """Return the room where a path is, or will be made.

    :raises OSError: the system does not tell.
    """
    place = next(each for each in (Path(path), *Path(path).parents) if each.exists())
    room = os.statvfs(place)
    # Some file systems count no files at all: their total is 0.
    return DiskSeen(str(place), room.f_bavail * room.f_frsize, room.f_favail > 0 or room.f_files == 0)


def look_at_lock(path: str) -> LockSeen:
    """Return whether the run lock is held, and whether a run could have it: it is opened as a run does.

    The file itself means nothing: only the system's lock on it does.
    """
    try:
        odd = oddness_of(path)
        if odd is not None:
            return _lock_not_had(path, odd)
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return LockSeen(path, held=False)
    except OSError as error:
        return _lock_not_had(path, trouble_of(path, error))
    return _lock_seen(path, handle)


def _lock_not_had(path: str, trouble: tuple[str, str]) -> LockSeen:
    what, cure = trouble
    return LockSeen(path, held=False, trouble=what, cure=cure)


def _lock_seen(path: str, handle: int) -> LockSeen:
    import fcntl

    try:
        # Shared, and let go at once: a run that comes this very instant tries again in 15 minutes.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return LockSeen(path, held=True, pid=_holder(os.fstat(handle)))
    except OSError as error:
        return _lock_not_had(path, trouble_of(path, error))
    finally:
        os.close(handle)
    return LockSeen(path, held=False)


def _holder(file: os.stat_result) -> int | None:
    """Return the process that holds a file's lock, where the system lists locks (Linux)."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            # 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234567 0 EOF
            words = line.split()
            if words[1] == "FLOCK" and words[5].rsplit(":", 1)[1] == str(file.st_ino):
                return int(words[4]) or None
    return None


def look_at_zones(paths: Sequence[str]) -> ZonesSeen:
    """Return the zone rules in use: those of the first of `paths` that has any, else those of the package."""
    for path in paths:
        if Path(path, "UTC").exists():
            return ZonesSeen("system", _version_in(Path(path)))
    with suppress(ImportError):
        import tzdata

        return ZonesSeen("tzdata", tzdata.IANA_VERSION)
    return ZonesSeen("", "")


def _version_in(folder: Path) -> str:
    """Return the version that the rules' folder tells in one of two ways, "" where it tells none."""
    with suppress(OSError):
        return (folder / "+VERSION").read_text(encoding="ascii").strip()
    with suppress(OSError, IndexError), (folder / "tzdata.zi").open(encoding="ascii") as file:
        # # version 2026a
        return file.readline().split()[2]
    return ""


def python_here() -> tuple[str, str]:
    """Return the version of this Python and where it is."""
    return sys.version.split()[0], sys.executable

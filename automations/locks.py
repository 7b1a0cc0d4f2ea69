"""Locks between processes: the system's own, which it takes back when their holder dies."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from shlex import quote
from typing import TYPE_CHECKING

from automations.errors import LockHeldError, MagicloopError
from automations.rights import cure_of_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from filelock import BaseFileLock

    Trouble = tuple[str, str]
    """What is wrong, and what to type."""

_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems say that have none: some network shares, FUSE, volumes of containers."""


def file_lock(path: str) -> BaseFileLock:
    """Return a lock on a file, which is made for its owner alone; acquiring it may raise OSError and `Timeout`.

    Where the file system has no locks it fails: the mere existence of a file would outlive its maker.
    """
    from filelock import FileLock

    return FileLock(path, mode=0o600, fallback_to_soft=False)


@contextmanager
def run_lock(path: str, *, wait: float) -> Iterator[None]:
    """Hold the run lock; the system lets go of it when a process dies. Its folder must be there.

    :raises LockHeldError: another run holds it, for `wait` seconds.
    :raises MagicloopError: it cannot be had; the sentence says why.
    """
    from filelock import Timeout

    lock = file_lock(path)
    try:
        odd = oddness_of(path)
        if odd is None:
            lock.acquire(timeout=wait)
    except Timeout:
        raise LockHeldError("another run is at work", where=path, fix="wait a moment and try again") from None
    except OSError as error:
        raise _refused(path, trouble_of(path, error)) from error
    if odd is not None:
        raise _refused(path, odd)
    try:
        yield
    finally:
        lock.release()


def _refused(path: str, trouble: Trouble) -> MagicloopError:
    what, fix = trouble
    return MagicloopError(f"{what}; nothing was changed", where=path, fix=fix)


def oddness_of(path: str) -> Trouble | None:
    """Return what to say where a folder, a link or a pipe has the name of the run lock, None where none does.

    :raises OSError: the system does not tell.
    """
    try:
        seen = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISREG(seen.st_mode):
        return None
    names = (f"{path}.old{number}" for number in ("", *(f"-{each}" for each in range(2, 1000))))
    free = next(name for name in names if not os.path.lexists(name))
    return f"the run lock {path} is not a plain file", f"mv {quote(path)} {quote(free)}"


def trouble_of(path: str, error: OSError) -> Trouble:
    """Return what to say where the system does not give the run lock."""
    if error.errno in _NO_LOCKS:
        what = "this file system has no locks, so two runs could not be kept apart"
        return what, "keep the data on a disk of this machine: MAGICLOOP_DATA=FOLDER magicloop run"
    what = f"the run lock {path} cannot be had: {error.strerror or error}"
    if error.errno == errno.EROFS:
        return what, "MAGICLOOP_DATA=FOLDER magicloop run"
    cure = cure_of_refusal(error, path)
    return what, cure or f"df -h {quote(os.path.dirname(path))}    (look at the disk, then try again)"  # noqa: PTH120 -- paths are text here

"""Locks between processes: the system's own, which it takes back when their holder dies."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What file systems say that have none: some network shares, FUSE, volumes of containers."""

NO_LOCKS = "this file system has no locks, so two runs could not be kept apart"
ELSEWHERE = "keep the data on a disk of this machine: MAGICLOOP_DATA=/some/folder"


def file_lock(path: str) -> BaseFileLock:
    """Return a lock on a file, which is made for its owner alone; acquiring it may raise OSError and `Timeout`.

    Where the file system has no locks it fails: the mere existence of a file would outlive its maker.
    """
    from filelock import FileLock

    return FileLock(path, mode=0o600, fallback_to_soft=False)


def has_no_locks(error: OSError) -> bool:
    """Tell whether the file system has no locks at all, so that trying again cannot help."""
    return error.errno in _NO_LOCKS

"""Making a file that was not there: whole or not at all, and never over another one.

A file or folder lasts when the power goes only if the folder its name is in was synced too.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from automations.errors import ConfigError, ConfigProblem

# Some file systems (exFAT, many network shares) have no hard links.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

# Some file systems cannot sync a folder, and some folders may be written to but not opened.
_NO_SYNC = frozenset(
    {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES, errno.EPERM}
)


def write_new(path: str, content: bytes) -> bool:
    """Write a new file, mode 0600, its folders 0700; return False when the name was taken and left alone.

    :raises ConfigError: the folder or the file cannot be made.
    """
    target = Path(path)
    try:
        make_folders(target.parent)
        if target.exists() or target.is_symlink():
            return False
        return _place(target, content)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        fix = f"make {target.parent} writable, or set MAGICLOOP_HOME to a folder that is"
        raise ConfigError(path, [ConfigProblem("", what)], fix=fix) from None


def make_folders(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone, whatever the umask.

    They last once this returns.

    :raises OSError: one cannot be made, or something else has its name.
    """
    missing, above = [], folder
    while not above.is_dir():
        missing.append(above)
        above = above.parent
    for each in reversed(missing):
        with suppress(FileExistsError):  # another run may have made it just now
            each.mkdir(mode=0o700)
            each.chmod(0o700)
            sync_folder(each.parent)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last, where the file system can.

    :raises OSError: the disk failed; the names may be gone after a power cut.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _place(target: Path, content: bytes) -> bool:
    handle, name = tempfile.mkstemp(prefix=".ml-", dir=target.parent)
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        named = _name(half, target)
    finally:
        half.unlink(missing_ok=True)
    sync_folder(target.parent)
    return named


def _name(half: Path, target: Path) -> bool:
    try:
        # A link fails where the name is taken meanwhile; a rename would replace it.
        target.hardlink_to(half)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        half.replace(target)
    return True

"""Making a file that was not there: whole or not at all, and never over another one."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from automations.errors import ConfigError, ConfigProblem

# Some file systems (exFAT, many network shares) have no hard links.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


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
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def _place(target: Path, content: bytes) -> bool:
    handle, name = tempfile.mkstemp(prefix=".ml-", dir=target.parent)
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return _name(half, target)
    finally:
        half.unlink(missing_ok=True)


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

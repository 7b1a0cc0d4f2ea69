"""Writing a file whole or not at all.

The bytes go to a temporary file in the same folder, reach the disk, and only then take the name.
Whatever happens on the way (a kill, a full disk), the earlier file stands as it was.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from typing import TYPE_CHECKING

from automations.config.newfile import make_folders, sync_folder
from automations.errors import ConflictError, FaultClass, ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TEMP_PREFIX = ".ml-"
_TEMP_LIFE_SECONDS = 3600.0
_NEW_FILE_MODE = 0o600
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV})

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space there, then: magicloop run"),
    errno.EDQUOT: ("the disk quota is used up", "free some space there, then: magicloop run"),
    errno.EIO: ("the disk failed (I/O error)", "look at the disk, then: magicloop run"),
    errno.EROFS: (
        "the disk is mounted read-only",
        "choose a folder that can be written, in: magicloop config edit",
    ),
    errno.EACCES: ("no permission", "give yourself the permission (chmod u+rwX) on it, then: magicloop run"),
    errno.EPERM: ("no permission", "give yourself the permission (chmod u+rwX) on it, then: magicloop run"),
    errno.ENOENT: ("it is not there", "put it back or name another, in: magicloop config edit"),
    errno.ENOTDIR: (
        "part of the path is a file, not a folder",
        "name another path, in: magicloop config edit",
    ),
    errno.EISDIR: ("it is a folder, not a file", "name a file, in: magicloop config edit"),
    errno.ENAMETOOLONG: ("the name is too long", "name a shorter path, in: magicloop config edit"),
    errno.ELOOP: ("its links lead round in a circle", "name another path, in: magicloop config edit"),
}


def sha256(data: bytes) -> str:
    """Return the fingerprint that `replace_if` compares, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def explain(fault: OSError) -> tuple[str, str]:
    """Return why the system refused, in words, and what to do about it."""
    known = _REASONS.get(fault.errno or 0)
    return known or (os.strerror(fault.errno or errno.EIO), "look at the disk, then: magicloop run")


def read(path: Path) -> bytes | None:
    """Return a file's bytes, None when there is no such file.

    :raises ProviderError: permanent, it is there but cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise _refused("read", path, fault) from fault


def write_atomic(path: Path, data: bytes) -> None:
    """Make `path` hold exactly `data`. A new file gets mode 0600; a file that was there keeps its mode.

    Missing folders are made with mode 0700. A link is followed, so that it stays a link.

    :raises ProviderError: permanent, nothing was written; ambiguous, the disk failed as the name was given.
    """
    target = path.resolve() if path.is_symlink() else path
    with _temporary(path, target, data) as temp:
        with contextlib.suppress(FileNotFoundError):
            temp.chmod(target.stat().st_mode & 0o777)
        temp.replace(target)


def replace_if(path: Path, data: bytes, expected_sha256: str | None) -> None:
    """Make `path` hold `data` if it still is what was last read; None: if it still is not there.

    :raises ConflictError: the file on disk is another one by now, or gone; nothing was written.
    :raises ProviderError: permanent, nothing was written; ambiguous, the disk failed as the name was given.
    """
    if expected_sha256 is None:
        try:
            create_new(path, data)
        except FileExistsError as fault:
            raise _changed(path) from fault
        return
    target = path.resolve() if path.is_symlink() else path
    with _temporary(path, target, data) as temp:
        # The last look is as late as can be: what remains is the time between two system calls.
        try:
            standing = target.read_bytes()
        except FileNotFoundError as fault:
            raise _changed(path) from fault
        if sha256(standing) != expected_sha256:
            raise _changed(path)
        temp.chmod(target.stat().st_mode & 0o777)
        temp.replace(target)


def create_new(path: Path, data: bytes) -> None:
    """Make a new file `path` holding `data`, mode 0600; what has the name already is left alone.

    :raises FileExistsError: something of that name is there.
    :raises ProviderError: permanent, nothing was written; ambiguous, the disk failed as the name was given.
    """
    with _temporary(path, path, data) as temp:
        try:
            os.link(temp, path)
        except FileExistsError:
            raise
        except OSError as fault:
            if fault.errno not in _NO_LINKS:
                raise
            _claim_name(path, temp)
        temp.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a file for good. Gone already is fine.

    :raises ProviderError: permanent, it stands; ambiguous, the disk failed and it may come back.
    """
    with _naming("remove", path):
        path.unlink(missing_ok=True)
    _make_last("remove", path, path)


def _claim_name(path: Path, temp: Path) -> None:
    """Take the name without a hard link, which some file systems lack."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _NEW_FILE_MODE))
    temp.replace(path)


@contextlib.contextmanager
def _temporary(path: Path, target: Path, data: bytes) -> Iterator[Path]:
    """Give a file beside `target` that holds `data` on disk, to be named; then it is gone, and the name lasts.

    `path` is what the file is called to the person. FileExistsError is the caller's.
    """
    try:
        make_folders(target.parent)  # never a FileExistsError, which is kept for the file itself
        temp = _filled(target.parent, data)
    except OSError as fault:
        raise _refused("write", path, fault) from fault
    try:
        with _naming("write", path):
            yield temp
    finally:
        with contextlib.suppress(OSError):  # what stays is swept
            temp.unlink(missing_ok=True)
    _make_last("write", path, target)


def _filled(folder: Path, data: bytes) -> Path:
    """Return a new file that holds `data` on disk."""
    handle, name = tempfile.mkstemp(prefix=_TEMP_PREFIX, dir=folder)
    temp = folder / os.path.basename(name)  # noqa: PTH119 - mkstemp speaks in strings
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _sweep(folder, temp.stat().st_mtime)
    except BaseException:
        with contextlib.suppress(OSError):
            temp.unlink()
        raise
    return temp


@contextlib.contextmanager
def _naming(verb: str, path: Path) -> Iterator[None]:
    """Turn what the system says into what a person can act on. After a failure of the disk either may be true."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as fault:
        certain = fault.errno != errno.EIO
        raise _refused(
            verb, path, fault, FaultClass.PERMANENT if certain else FaultClass.AMBIGUOUS
        ) from fault


def _make_last(verb: str, path: Path, target: Path) -> None:
    """Make a name that was given or taken last. Where that fails it stands, and may not stand tomorrow."""
    try:
        sync_folder(target.parent)
    except FileNotFoundError:  # the folder was taken away meanwhile, and the file with it
        return
    except OSError as fault:
        raise _refused(verb, path, fault, FaultClass.AMBIGUOUS) from fault


def _sweep(folder: Path, now: float) -> None:
    """Remove what killed runs left behind; `now` is the time of a file just written there."""
    for left in folder.glob(_TEMP_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if now - left.stat().st_mtime > _TEMP_LIFE_SECONDS:
                left.unlink()


def _refused(
    verb: str, path: Path, fault: OSError, certainty: FaultClass = FaultClass.PERMANENT
) -> ProviderError:
    why, fix = explain(fault)
    return ProviderError(f"cannot {verb} {path.name}: {why}", fault=certainty, where=str(path), fix=fix)


def _changed(path: Path) -> ConflictError:
    return ConflictError(
        f"{path.name} was changed by somebody else since it was read; nothing was written",
        where=str(path),
        fix="magicloop run",
    )

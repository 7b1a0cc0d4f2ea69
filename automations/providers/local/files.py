"""Reading, writing and removing the person's files: what is not as it was last read is left alone."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from typing import TYPE_CHECKING

from automations.errors import ConflictError, FaultClass, ProviderError
from automations.rights import cure_of_refusal
from automations.whole_files import MayNotLastError, make_folders, place_file, place_new_file, remove_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space there, then: magicloop run"),
    errno.EDQUOT: ("the disk quota is used up", "free some space there, then: magicloop run"),
    errno.EIO: ("the disk failed (I/O error)", "look at the disk, then: magicloop run"),
    errno.EROFS: (
        "the disk is mounted read-only",
        "choose a folder that can be written, in: magicloop config edit",
    ),
    errno.EACCES: ("no permission", "let its owner give you the permission, then: magicloop run"),
    errno.EPERM: ("no permission", "let its owner give you the permission, then: magicloop run"),
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


def explain(fault: OSError, path: Path) -> tuple[str, str]:
    """Return why the system refused a path, in words, and what to do about it."""
    unknown = (os.strerror(fault.errno or errno.EIO), "look at the disk, then: magicloop run")
    why, fix = _REASONS.get(fault.errno or 0, unknown)
    return why, cure_of_refusal(fault, str(path)) or fix


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


def replace_if(path: Path, data: bytes, expected_sha256: str | None) -> None:
    """Make `path` hold `data` if it still is what was last read; None: if it still is not there.

    Its mode stays. A link is followed, so that it stays a link.

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

    def look() -> int:
        try:
            standing, mode = target.read_bytes(), target.stat().st_mode & 0o777
        except FileNotFoundError as fault:
            raise _changed(path) from fault
        if sha256(standing) != expected_sha256:
            raise _changed(path)
        return mode

    with _refusing("write", path):
        # The last look is as late as can be: what remains is the time between two system calls.
        place_file(target, data, mode=look(), last_look=look)


def create_new(path: Path, data: bytes) -> None:
    """Make a new file `path` holding `data`, mode 0600, its folders 0700; what has the name is left alone.

    :raises FileExistsError: something of that name is there.
    :raises ProviderError: permanent, nothing was written; ambiguous, the disk failed as the name was given.
    """
    with _refusing("write", path):
        make_folders(path.parent)
        placed = place_new_file(path, data)
    if not placed:
        raise FileExistsError(str(path))


def remove(path: Path) -> None:
    """Remove a file for good. Gone already is fine.

    :raises ProviderError: permanent, it stands; ambiguous, the disk failed and it may come back.
    """
    with _refusing("remove", path):
        remove_file(path)


@contextlib.contextmanager
def _refusing(verb: str, path: Path) -> Iterator[None]:
    """Turn what the system says into what a person can act on. After a failure of the disk either may be true."""
    try:
        yield
    except MayNotLastError as fault:
        if fault.errno != errno.ENOENT:  # else the folder was taken away meanwhile, and the file with it
            raise _refused(verb, path, fault, FaultClass.AMBIGUOUS) from fault
    except OSError as fault:
        raise _refused(verb, path, fault) from fault


def _refused(
    verb: str, path: Path, fault: OSError, certainty: FaultClass = FaultClass.PERMANENT
) -> ProviderError:
    why, fix = explain(fault, path)
    return ProviderError(f"cannot {verb} {path.name}: {why}", fault=certainty, where=str(path), fix=fix)


def _changed(path: Path) -> ConflictError:
    return ConflictError(
        f"{path.name} was changed by somebody else since it was read; nothing was written",
        where=str(path),
        fix="magicloop run",
    )

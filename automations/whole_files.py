"""Files that are written whole or not at all, for their owner alone, and that last.

The bytes go to a temporary file in the same folder, reach the disk, and only then take the name. Whatever
happens on the way (a kill, a full disk), what had the name before stands as it was. A name lasts when the
power goes only if its folder was synced too, so that is done last.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    Content = bytes | Callable[[BinaryIO], object]
    """The bytes of a file, or what writes them to it."""

UNFINISHED = ".ml-"
"""What the name of a file or folder begins with that nobody reads again if its maker dies."""
LIFE_SECONDS = 3600.0
"""After this time an unfinished file or folder has no maker any more."""

OWNER_ONLY = 0o600

# Some file systems (exFAT, many network shares) have no hard links, and each says so in its own way.
_NO_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
)

# Some file systems cannot sync a folder, and some folders may be written to but not opened.
_NO_SYNC = frozenset(
    {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES, errno.EPERM}
)


class MayNotLastError(OSError):
    """The disk failed as a name was given or taken: it may be so or not, now or after a power cut."""


def place_file(
    target: Path, content: Content, *, mode: int = OWNER_ONLY, last_look: Callable[[], object] | None = None
) -> None:
    """Make `target` hold exactly `content`, in place of what has the name. Its folder must be there.

    `last_look` is called when all is ready but the name; what it raises leaves everything as it was.

    :raises MayNotLastError: the disk failed as the name was given.
    :raises OSError: nothing was changed.
    """
    with _filled(target.parent, content, mode) as half:
        if last_look:
            last_look()
        with _in_doubt_after(errno.EIO):
            half.replace(target)
    _make_last(target.parent)


def place_new_file(target: Path, content: Content) -> bool:
    """Make a file that was not there; return False, changing nothing, where something has the name.

    A link that leads nowhere has it too. The folder must be there.

    :raises MayNotLastError, OSError: as `place_file`.
    """
    if os.path.lexists(target):
        return False
    with _filled(target.parent, content, OWNER_ONLY) as half:
        named = give_name(half, target)
    _make_last(target.parent)
    return named


def remove_file(target: Path) -> None:
    """Take a file away for good. Gone already is fine.

    :raises MayNotLastError: the disk failed, and it may come back.
    :raises OSError: it stands.
    """
    with _in_doubt_after(errno.EIO):
        target.unlink(missing_ok=True)
    _make_last(target.parent)


def give_name(half: Path, target: Path) -> bool:
    """Give a file a name in one step; return False, changing nothing, where something has it already.

    The file may keep its earlier name too.

    :raises MayNotLastError: the disk failed, and the name may be given.
    :raises OSError: it cannot be given.
    """
    with _in_doubt_after(errno.EIO):
        try:
            # A link fails where the name is taken meanwhile; a rename would replace it.
            target.hardlink_to(half)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(target):
                return False
            half.rename(target)
    return True


@contextmanager
def half_file(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Give an empty file in a folder, open and for its owner alone, to be named; afterwards it is gone.

    What dead makers left there is swept.

    :raises OSError: it cannot be made.
    """
    import tempfile

    # mkstemp opens with O_CREAT | O_EXCL | O_NOFOLLOW and mode 0600, whatever the umask.
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            sweep(folder, half.stat().st_mtime)
            yield file, half
    finally:
        with suppress(OSError):  # what stays is swept
            tidy(lambda: half.unlink(missing_ok=True))


def tidy(up: Callable[[], object]) -> None:
    """Tidy up, also when a signal to stop arrives on the way: it is raised once, a second one ends the process."""
    try:
        up()
    except BaseException:
        up()
        raise


def make_folders(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone, whatever the umask.

    They last once this returns.

    :raises OSError: one cannot be made, or something else has its name; never FileExistsError.
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


def sweep(folder: Path, now: float) -> None:
    """Remove the unfinished files that dead makers left in a folder; `now` is the time of a new one there."""
    with suppress(OSError):
        for left in folder.glob(f"{UNFINISHED}*"):
            with suppress(OSError):  # a folder is not removed like this
                if now - left.lstat().st_mtime > LIFE_SECONDS:
                    left.unlink()


@contextmanager
def _filled(folder: Path, content: Content, mode: int) -> Iterator[Path]:
    """Give a new file that holds `content` on disk, to be named; afterwards it is gone."""
    with half_file(folder) as (file, half):
        if callable(content):
            content(file)
        else:
            file.write(content)
        file.flush()
        if mode != OWNER_ONLY:
            half.chmod(mode)
        os.fsync(file.fileno())
        file.close()
        yield half


def _make_last(folder: Path) -> None:
    try:
        sync_folder(folder)
    except OSError as error:
        raise _in_doubt(error) from error


@contextmanager
def _in_doubt_after(code: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != code:
            raise
        raise _in_doubt(error) from error


def _in_doubt(error: OSError) -> MayNotLastError:
    return MayNotLastError(error.errno, error.strerror, error.filename)

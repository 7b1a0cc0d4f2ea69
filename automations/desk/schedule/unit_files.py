"""The files a scheduler reads from the person's home: written whole, or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from automations.desk.schedule.programs import SchedulerError, Stray
from automations.errors import MagicloopError
from automations.whole_files import place_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path


def place(path: Path, content: bytes) -> bool:
    """Write a file in one step; return False where it stood there already, word for word.

    :raises SchedulerError: it cannot be written.
    """
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        place_file(path, content)
    except OSError as error:
        raise SchedulerError(
            f"cannot be written: {error.strerror}", where=str(path), fix="magicloop schedule print"
        ) from error
    return True


@contextmanager
def kept(*paths: Path) -> Iterator[None]:
    """Put the files back as they were if what is done within fails: one that was not there is deleted.

    :raises MagicloopError: the failure from within; or a file cannot be read, put back or deleted.
    """
    try:
        before = [(path, path.read_bytes() if path.is_file() else None) for path in paths]
    except OSError as error:
        raise SchedulerError(
            f"cannot be read: {error.strerror}", where=error.filename, fix="magicloop schedule print"
        ) from error
    try:
        yield
    except MagicloopError:
        for path, content in before:
            if content is None:
                delete(path)
            else:
                place(path, content)
        raise


def delete(path: Path) -> bool:
    """Delete a file; tell whether it was there.

    :raises SchedulerError: it cannot be deleted.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SchedulerError(
            f"cannot be deleted: {error.strerror}", where=str(path), fix=f"rm '{path}'"
        ) from error
    return True


def strays_in(
    folder: Path, ending: str, known: Collection[str], words: Callable[[Path], str]
) -> tuple[Stray, ...]:
    """Return the files of the person's own that are named after the command, each with the words that end it.

    `known` are the names of ours, without the ending.
    """
    there = sorted(folder.glob(f"*magicloop*{ending}"))
    return tuple(Stray(str(each), words(each)) for each in there if each.stem not in known)

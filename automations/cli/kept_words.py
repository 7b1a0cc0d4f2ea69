"""What was typed in an editor is never lost: what cannot be recorded is kept in a file that the error names."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from tempfile import gettempdir, mkstemp
from typing import TYPE_CHECKING

import click

from automations.cli.output import say, whisper
from automations.config.places import state_folder
from automations.errors import (
    BadValueError,
    HeaderFaultError,
    LockHeldError,
    MagicloopError,
    RefusedError,
)
from automations.whole_files import make_folders, place_new_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.wiring import Session

MOST = 1000
"""Files of one name and second."""


@dataclass(frozen=True, slots=True)
class Writing:
    """The bytes of a text in the editor; how its file is called where it must be kept, and what is said then.

    `again` is the command that takes that file up by `--form FILE`.
    """

    content: bytes
    again: str
    name: str
    told: str = "what you wrote is kept"
    suffix: str = ".txt"


def in_editor(session: Session, writing: Writing, *, untouched: bytes) -> Writing | None:
    """Open a text in $EDITOR and return it as it was saved, None where nothing was.

    What differs from `untouched` are words of the person's: they are kept whatever ends the editor.

    :raises RefusedError: the editor or its file cannot be used.
    """
    place = _own_file(writing)
    try:
        # An editor that closes within the disk's resolution of time would not be seen to have saved.
        os.utime(place, (place.stat().st_atime, place.stat().st_mtime - 2))
        begun = place.stat().st_mtime
        try:
            open_editor(str(place), again=writing.again)
            saved = _saved(place, writing.again)
        except BaseException as error:
            left = writing
            with suppress(RefusedError):
                left = replace(writing, content=_saved(place, writing.again))
            if left.content == untouched:
                raise
            with kept(session, left):
                if isinstance(error, MagicloopError):
                    error.fix = ""  # the kept file is what to go on with
                raise
        if saved == writing.content and place.stat().st_mtime == begun:
            return None
        return replace(writing, content=saved)
    finally:
        with suppress(OSError):
            place.unlink()


def open_editor(path: str, *, again: str) -> None:
    """Open a file in $EDITOR and wait until it is closed.

    :raises RefusedError: the editor cannot be started, or says it failed.
    """
    try:
        click.edit(filename=path)
    except click.ClickException as error:
        fix = f"name another editor: EDITOR=nano {again}"
        raise RefusedError(error.format_message(), fix=fix) from None


def _own_file(writing: Writing) -> Path:
    """Make the file that the editor works on, which only its owner may read.

    :raises RefusedError: it cannot be made.
    """
    try:
        handle, name = mkstemp(prefix="editor-", suffix=writing.suffix)
        with os.fdopen(handle, "wb") as file:
            file.write(writing.content)
    except OSError as error:
        raise RefusedError(
            f"no file can be made for the editor: {error.strerror}",
            fix=f"choose another folder: TMPDIR=/some/folder {writing.again}",
        ) from None
    return Path(name)


def _saved(place: Path, again: str) -> bytes:
    try:
        return place.read_bytes()
    except OSError as error:
        raise RefusedError(
            f"what the editor saved cannot be read: {error.strerror}", where=str(place), fix=again
        ) from None


def text_of(writing: Writing) -> str:
    """Return what was saved as text.

    :raises RefusedError: it is none in UTF-8.
    """
    try:
        return writing.content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise RefusedError(
            "what the editor saved is no text in UTF-8", fix="set the editor to save as UTF-8"
        ) from None


@contextmanager
def kept(session: Session, writing: Writing) -> Iterator[None]:
    """Keep what was written, whatever ends the work on it, and name its file in the error or in a line before it."""
    try:
        yield
    except BaseException as error:
        place = _keep(session, writing)
        if place is None:
            whisper("What you wrote can be kept nowhere on this disk; here it is:", "error")
            say(writing.content.decode("utf-8", "replace"))
        elif isinstance(error, MagicloopError):
            _name(error, writing, place)
        else:
            whisper(f"\n{writing.told}: {place}\ngo on with it: {writing.again} --form {quote(place)}")
        raise


def _name(error: MagicloopError, writing: Writing, place: str) -> None:
    """Say in an error where the words are, and what to type once its own cure is done."""
    of_the_words = isinstance(error, (BadValueError, HeaderFaultError)) or not error.fix
    at = "" if of_the_words or not error.where or error.where in error.what else f" ({error.where})"
    first = "put it right there" if of_the_words else error.fix
    if isinstance(error, LockHeldError):
        first = "wait a moment"
    error.what = f"{error.what}{at}; {writing.told}"
    error.where, error.fix = place, f"{first}, then: {writing.again} --form {quote(place)}"


def _keep(session: Session, writing: Writing) -> str | None:
    """Write the words beside the journal, or where there is none in the folder for state, or among temporary files.

    Only their owner may read them; no file that is there is touched. None where no folder takes them.
    """
    places = session.places
    folders = [state_folder(os.environ)]
    with suppress(OSError):
        folders.append(gettempdir())
    if os.path.lexists(places.database):  # a data folder that is away must not be begun anew
        folders.insert(0, places.data)
    stamp = f"{session.clock.now():%Y%m%dT%H%M%S}"
    for folder in map(Path, folders):
        with suppress(OSError):
            make_folders(folder)
            for number in range(1, MOST):
                place = folder / f"{writing.name}-{stamp}-{number}.txt"
                if place_new_file(place, writing.content):
                    return str(place)
    return None

"""Judgements of the config's file, the data folder and its disk."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from automations.model.health import Row, State
from automations.rights import take_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.errors import ConfigError
    from automations.model.health import DiskSeen, PathSeen

MIB = 1024 * 1024
LITTLE_ROOM, NO_ROOM = 100 * MIB, 10 * MIB
"""Bytes free below which to warn, and below which a run may not come to its end."""

_MOST_PROBLEMS, _MOST_NAMED = 5, 3
_GROUP_OR_OTHERS, _MAY_WRITE = 0o077, 0o022
_EDIT = "magicloop config edit"
_ANOTHER_FOLDER = "MAGICLOOP_DATA=FOLDER magicloop run"


def config_rows(seen: PathSeen, *, sample: bool, notes: tuple[str, ...]) -> Iterator[Row]:
    """Judge a config that is valid; `notes` are what may surprise in it."""
    if sample:
        what = "no config yet; the sample of made-up people stands in for it"
        yield Row("config", State.INFO, what, "magicloop init")
        return
    yield Row("config", State.OK, f"{seen.path} ({ago(seen.age_seconds)} old)")
    yield from _rights_of_config(seen)
    for note in notes:
        yield Row("config", State.WARNING, note, _EDIT)


def config_fault_rows(error: ConfigError) -> Iterator[Row]:
    """Name what is wrong in a config that cannot be used, each thing in a row."""
    fix = _EDIT if error.fix == "magicloop config check" else error.fix
    for problem in error.problems[:_MOST_PROBLEMS]:
        yield Row("config", State.ERROR, f"{error.path}: {problem}", fix)
    more = len(error.problems) - _MOST_PROBLEMS
    if more > 0:
        yield Row("config", State.ERROR, f"and {more} more problems", "magicloop config check")


def _rights_of_config(seen: PathSeen) -> Iterator[Row]:
    if not (seen.mine or seen.roots):  # root's: a config that a container or a package brought
        what = f"{seen.path} belongs to another user, who decides what is done in your name"
        yield Row("config", State.WARNING, what, seen.cure or take_over(seen.path))
    if seen.mode & _MAY_WRITE:  # by everybody is refused before
        what = f"{seen.path} can be changed by your group (mode {seen.mode:04o})"
        yield Row("config", State.WARNING, what, f"chmod go-w {quote(seen.path)}")


def data_rows(seen: PathSeen, disk: DiskSeen, others: tuple[str, ...] = ()) -> Iterator[Row]:
    """Judge the data folder: there, one's own with all in it but `others`, closed to others, writable, with room."""
    name, path = "data folder", quote(seen.path)
    if seen.exists and not seen.folder:
        yield Row(name, State.ERROR, f"{seen.path} is a file", f"mv {path} {path}.old")
        return
    if not seen.mine:  # before its rights, which only its owner may change
        what = f"{seen.path} belongs to another user"
        yield Row(name, State.ERROR, what, seen.cure or _ANOTHER_FOLDER)
    elif not seen.writable:
        what = f"{seen.path} cannot be {'written to' if seen.exists else 'made'}"
        yield Row(name, State.ERROR, what, seen.cure or _ANOTHER_FOLDER)
    elif not seen.exists:
        yield Row(name, State.INFO, f"{seen.path} is made by the first run", "magicloop run")
    else:
        yield from _rights_of_data(seen, others)
    yield room_row(disk)


def _rights_of_data(seen: PathSeen, others: tuple[str, ...]) -> Iterator[Row]:
    name, is_open = "data folder", seen.mode & _GROUP_OR_OTHERS
    if is_open:
        state = State.ERROR if seen.mode & _MAY_WRITE else State.WARNING
        what = f"{seen.path} is open to others (mode {seen.mode:04o})"
        yield Row(name, state, what, f"chmod 700 {quote(seen.path)}")
    if others:
        what = f"in {seen.path}, of another user: {', '.join(others[:_MOST_NAMED])}"
        more = len(others) - _MOST_NAMED
        what += f" (and {more} more)" if more > 0 else ""
        yield Row(name, State.WARNING, what, take_over(seen.path, folder=True))
    if not (is_open or others):
        yield Row(name, State.OK, f"{seen.path} (yours alone)")


def room_row(disk: DiskSeen) -> Row:
    """Judge the room on a disk."""
    what = f"{disk.free_bytes // MIB} MB free at {disk.path}"
    fix = f"df -h {quote(disk.path)}"
    if not disk.files_left:
        fix = f"df -i {quote(disk.path)}"
        return Row("disk", State.ERROR, f"no more files can be made at {disk.path}", fix)
    if disk.free_bytes < NO_ROOM:
        return Row("disk", State.ERROR, f"{what}: a run may not come to its end", fix)
    if disk.free_bytes < LITTLE_ROOM:
        return Row("disk", State.WARNING, what, fix)
    return Row("disk", State.OK, what)


def drafts_row(seen: PathSeen) -> Row:
    """Judge the folder that drafts are written to."""
    name, path = "drafts", quote(seen.path)
    if seen.exists and not seen.folder:
        return Row(name, State.ERROR, f"{seen.path} is a file", f"mv {path} {path}.old")
    if not seen.writable:
        what = f"{seen.path} cannot be {'written to' if seen.exists else 'made'}"
        return Row(name, State.ERROR, what, seen.cure or _EDIT)
    if not seen.exists:
        return Row(name, State.INFO, f"{seen.path} is made with the first draft", "magicloop run")
    return Row(name, State.OK, seen.path)


def ago(seconds: float) -> str:
    """Return a length of time in the largest unit of which it has two, or minutes."""
    for unit, length in (("days", 86_400), ("h", 3600)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds // 60:.0f} min"

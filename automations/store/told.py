"""What was told of failures that kept runs from the journal: a small file for its owner alone, whole or not there.

Where the disk has no room for a file a link stands in its place, that leads nowhere: its target is kept in its
name's own entry and needs none. It holds what names the failure and when it was told, not its words.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automations.model.records import Problem, Severity
from automations.store.instants import instant_to_text, text_to_instant
from automations.whole_files import UNFINISHED, make_folders, place_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LARGEST = 64 * 1024
"""Bytes; a longer file is not ours."""

NO_ROOM = "a run failed, and the disk was too full to note why"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_BAD = (OSError, ValueError, TypeError, LookupError, RecursionError, OverflowError)
_WORDS = ("code", "subject", "what", "where", "fix")


@dataclass(frozen=True, slots=True)
class ToldOnce:
    """The memory at the first of `paths` that can be used; a folder is made for all but the first.

    Nothing is raised: what cannot be read is not known, and what cannot be kept is told again.
    """

    paths: tuple[str, ...]

    def load(self) -> tuple[Problem, ...]:
        """Return the failures that are known of, each as it was last told."""
        return _newest(problem for path in self.paths for problem in _read(Path(path)))

    def keep(self, problems: Sequence[Problem]) -> bool:
        """Keep these in place of what was known; False where none of the paths lets it."""
        for number, path in enumerate(self.paths):
            if _write(Path(path), problems, make_folder=number > 0):
                for other in self.paths:
                    if other != path:
                        _remove(Path(other))
                return True
        return False

    def take(self) -> tuple[Problem, ...]:
        """Forget all, and return what was forgotten."""
        taken: list[Problem] = []
        for path in map(Path, self.paths):
            known = _read(path)
            if _remove(path):
                taken += known
        return _newest(taken)


def _newest(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    by_key: dict[tuple[str, str], Problem] = {}
    for each in problems:
        other = by_key.get(each.key)
        if other is None or (other.reported or other.since) < (each.reported or each.since):
            by_key[each.key] = each
    return tuple(by_key.values())


def _read(path: Path) -> tuple[Problem, ...]:
    try:
        if path.is_symlink():
            return (_of_mark(str(path.readlink())),)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return ()
            return tuple(_of_json(each) for each in json.loads(file.read(LARGEST))["told"])
    except _BAD:
        return ()


def _of_json(held: dict[str, Any]) -> Problem:
    words = {name: held[name] for name in _WORDS}
    if not all(isinstance(word, str) for word in words.values()):
        raise TypeError("words are text")
    reported = held["reported"]
    return Problem(
        person="",
        severity=Severity(held["severity"]),
        since=text_to_instant(held["since"]),
        reported=None if reported is None else text_to_instant(reported),
        **words,
    )


def _to_json(problem: Problem) -> dict[str, Any]:
    return {
        **{name: getattr(problem, name) for name in _WORDS},
        "severity": problem.severity.value,
        "since": instant_to_text(problem.since),
        "reported": None if problem.reported is None else instant_to_text(problem.reported),
    }


def _of_mark(text: str) -> Problem:
    code, subject, severity, since, reported = text.split(" ")
    return Problem(
        person="",
        code=code,
        subject=subject,
        severity=Severity(severity),
        what=NO_ROOM,
        where="",
        fix="",
        since=_of_seconds(since),
        reported=None if reported == "-" else _of_seconds(reported),
    )


def _of_seconds(text: str) -> datetime:
    return datetime.fromtimestamp(int(text), UTC)


def _to_mark(problem: Problem) -> str:
    """Return a line of less than 60 bytes: so much of a link is kept without room of its own."""
    told = "-" if problem.reported is None else f"{problem.reported.timestamp():.0f}"
    return f"{problem.code} {problem.subject} {problem.severity} {problem.since.timestamp():.0f} {told}"


def _write(path: Path, problems: Sequence[Problem], *, make_folder: bool) -> bool:
    data = json.dumps({"schema": 1, "told": [_to_json(each) for each in problems]}).encode()
    try:
        if make_folder:
            make_folders(path.parent)
        try:
            place_file(path, data)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            _place_mark(path, _to_mark(problems[-1]))
    except OSError:
        return False
    return True


def _place_mark(path: Path, text: str) -> None:
    half = path.with_name(f"{UNFINISHED}{path.name}.new")
    half.unlink(missing_ok=True)  # of a run that died here
    half.symlink_to(text)
    half.replace(path)


def _remove(path: Path) -> bool:
    """Take a file away; False where there was none, or it stays."""
    with suppress(OSError):
        path.unlink()
        return True
    return False

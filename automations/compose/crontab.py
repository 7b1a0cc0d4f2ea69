"""A crontab with our block in it or out of it; every byte of other people's lines stays as it is."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from automations.compose.schedule import MINUTES
from automations.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDED_LINE_END = b" (the line end before this is ours)"
_FIELDS = 5
_SETS = re.compile(r"\w+\s*=")
_CALLS = re.compile(r"""(?:^|[\s/'"(;&|])magicloop(?=['"\s;&|)]|$)""")
_RUNS = re.compile(r"""(?:^|[\s/'"(;&|])magicloop['"]?\s(?:[^;&|]*\s)?run\b""")
_MARK = re.compile(rb"# (BEGIN|END) magicloop ([0-9a-zA-Z]+)(?: \(.*\))?\s*")


def block_in(crontab: bytes, id: str) -> str:  # noqa: A002 - the word for it
    """Return the text of the block of this id, empty if there is none.

    :raises RefusedError: a mark of it lacks its other half.
    """
    lines = _lines(crontab)
    return b"".join(b"".join(lines[start:end]) for start, end in _spans(lines, id)).decode("utf-8", "replace")


def ids_in(crontab: bytes) -> tuple[str, ...]:
    """Return the id of every block of ours that begins in it, in their order."""
    found = (_MARK.fullmatch(line) for line in _lines(crontab))
    return tuple(dict.fromkeys(each[2].decode() for each in found if each and each[1] == b"BEGIN"))


def with_block(crontab: bytes, block: str, id: str) -> bytes:  # noqa: A002 - as above
    """Return the crontab with this block in the place of the one that was there, else at its end.

    :raises RefusedError: a mark of it lacks its other half.
    """
    lines = _lines(crontab)
    spans = _spans(lines, id)
    new = block.encode("utf-8", "surrogateescape")
    if not spans:
        if not crontab or crontab.endswith(b"\n"):
            return crontab + new
        first, rest = new.split(b"\n", 1)
        return crontab + b"\n" + first + _ADDED_LINE_END + b"\n" + rest
    start, _ = spans[0]
    if _ADDED_LINE_END in lines[start]:
        first, rest = new.split(b"\n", 1)
        new = first + _ADDED_LINE_END + b"\n" + rest
    kept = _without(lines, spans[1:])
    ended = spans[0][1]
    return b"".join(lines[:start]) + new + b"".join(kept[ended:])


def without_block(crontab: bytes, id: str) -> bytes:  # noqa: A002 - as above
    """Return the crontab without the block of this id.

    :raises RefusedError: a mark of it lacks its other half.
    """
    lines = _lines(crontab)
    spans = _spans(lines, id)
    left = b"".join(_without(lines, spans))
    at_end = bool(spans) and spans[-1][1] == len(lines)
    if at_end and _ADDED_LINE_END in lines[spans[-1][0]]:
        return left.removesuffix(b"\n")
    return left


def calls_outside(crontab: bytes, ids: Iterable[str]) -> tuple[str, ...]:
    """Return the lines that call the command and stand in no whole block of these ids, in their order."""
    left = crontab
    for each in ids:
        with suppress(RefusedError):  # half a block is no block
            left = without_block(left, each)
    lines = (line.decode("utf-8", "replace").strip() for line in _lines(left))
    return tuple(
        each for each in lines if _CALLS.search(each) and not each.startswith("#") and not _SETS.match(each)
    )


def makes_runs(line: str) -> bool:
    """Tell whether a line that calls the command has it make runs."""
    return _RUNS.search(line) is not None


def is_often(line: str) -> bool:
    """Tell whether a line is called each quarter of an hour, or oftener."""
    minute, *others = line.split(None, _FIELDS)[:_FIELDS]
    step = re.fullmatch(r"\*(?:/(\d+))?", minute)
    oftener = int(step[1] or 1) <= MINUTES if step else minute.count(",") >= 60 // MINUTES - 1
    return oftener and others == ["*"] * (_FIELDS - 1)


def _lines(crontab: bytes) -> list[bytes]:
    """Return the lines with their ends; only a line feed ends one, as for cron."""
    parts = crontab.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _without(lines: list[bytes], spans: list[tuple[int, int]]) -> list[bytes]:
    gone = {number for start, end in spans for number in range(start, end)}
    return [line for number, line in enumerate(lines) if number not in gone]


def _spans(lines: list[bytes], id: str) -> list[tuple[int, int]]:  # noqa: A002 - as above
    """Return the (first, after the last) line numbers of each whole block of this id."""
    spans, begun = [], -1
    for number, line in enumerate(lines):
        found = _MARK.fullmatch(line)
        if found is None:
            continue
        begins, mine = found[1] == b"BEGIN", found[2].decode() == id
        if begun >= 0 and (begins or not mine):
            raise _broken(id)
        if mine and not begins:
            if begun < 0:
                raise _broken(id)
            spans.append((begun, number + 1))
            begun = -1
        elif mine:
            begun = number
    if begun >= 0:
        raise _broken(id)
    return spans


def _broken(id: str) -> RefusedError:  # noqa: A002 - as above
    what = f"the crontab has a mark `magicloop {id}` without its other half; nothing was changed"
    return RefusedError(what, where="crontab", fix="crontab -e")

"""What stands in an .ics file and where, before anything is understood.

A file is cut into its components by one pass, so that a damaged file is refused with the right
line and a big one is not parsed where it cannot matter.
"""

from __future__ import annotations

import codecs
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automations.errors import MagicloopError
from automations.providers.local.files import explain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 50 * 1024 * 1024
EXPORT_AGAIN = "export the calendar again, then: magicloop run"

_EDGE = re.compile(r"^(BEGIN|END)[ \t]*:[ \t]*([\w-]+)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_LOGICAL = re.compile(r"[^\r\n][^\n]*(?:\n[ \t][^\n]*)*")
_LINE = re.compile(r'([\w-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)', re.DOTALL)
# A zone's display name may hold a colon that nobody quoted; a time never does.
_TIME_LINE = re.compile(r"([\w-]+)((?:;.*)?):([^:]*)", re.DOTALL)
TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})


class FileFaultError(MagicloopError):
    """A calendar file that cannot be read. `where` is the file, or `file:line`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One property, unfolded: upper-case name, parameters with their `;`, raw value, place in the text."""

    name: str
    params: str
    value: str
    at: int

    def param(self, name: str) -> str:
        """Return a parameter's value without quotes, "" when it is not there."""
        match = re.search(rf';{name}=("[^"]*"|[^;"]*)', self.params, re.IGNORECASE)
        return match[1].strip('"') if match else ""


@dataclass(frozen=True, slots=True)
class Part:
    """A component standing directly in a VCALENDAR; `start` and `end` are places in the text."""

    kind: str
    start: int
    end: int
    calendar: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A VCALENDAR: its own properties, and where its END line begins."""

    start: int
    end_line: int
    head: tuple[Line, ...]

    def get(self, name: str) -> str:
        """Return the value of one of its own properties, "" when it is not there."""
        return next((line.value.strip() for line in self.head if line.name == name), "")


@dataclass(frozen=True, slots=True)
class Source:
    """A calendar file's text, cut into its parts."""

    path: Path
    text: str
    frames: tuple[Frame, ...] = ()
    parts: tuple[Part, ...] = field(default=())

    def where(self, at: int) -> str:
        """Return `file:line` of a place in the text."""
        return f"{self.path}:{self.text.count(chr(10), 0, at) + 1}"

    def fault(self, what: str, at: int, fix: str = EXPORT_AGAIN) -> FileFaultError:
        """Return the error that names a place in the text."""
        return FileFaultError(what, where=self.where(at), fix=fix)

    def raw(self, part: Part) -> str:
        """Return a part's text as it stands."""
        return self.text[part.start : part.end]

    def lines(self, part: Part) -> Iterator[Line]:
        """Yield a part's own properties, unfolded, without those of components inside it."""
        depth = 0
        for line in _lines_of(self.text, part.start, part.end):
            if line.name == "BEGIN":
                depth += 1
            elif line.name == "END":
                depth -= 1
            elif depth == 1:
                yield line


def unfold(text: str) -> str:
    """Return text with long lines put together again."""
    return _FOLD.sub("", text)


def load(path: Path) -> Source:
    """Read and cut a calendar file.

    :raises FileFaultError: it is missing, may not be read, is too big, empty, not UTF-8, cut off,
        or no calendar at all.
    """
    return scan(path, decode(path, read_limited(path)))


def read_limited(path: Path) -> bytes:
    """Return a plain file's bytes, refusing a big one unread.

    :raises FileFaultError: it is missing, may not be read, is no plain file, or too big.
    """
    try:
        seen = path.stat()
        if not stat.S_ISREG(seen.st_mode):
            raise FileFaultError(
                f"{path.name} is not a plain file",
                where=str(path),
                fix="name an .ics file, in: magicloop config edit",
            )
        if seen.st_size > MAX_BYTES:
            raise _too_big(path, seen.st_size)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as fault:
        why, fix = explain(fault, path)
        raise FileFaultError(f"cannot read {path.name}: {why}", where=str(path), fix=fix) from fault
    if len(data) > MAX_BYTES:
        raise _too_big(path, len(data))
    return data


def _too_big(path: Path, size: int) -> FileFaultError:
    return FileFaultError(
        f"{path.name} is {size / 1024**2:.0f} MB; up to {MAX_BYTES // 1024**2} MB are read",
        where=str(path),
        fix="export only the last and the next few months, then: magicloop run",
    )


def decode(path: Path, data: bytes) -> str:
    """Return the text of a calendar file, which is UTF-8 with or without its mark.

    :raises FileFaultError: it is empty, or not UTF-8.
    """
    body = data.removeprefix(codecs.BOM_UTF8)
    if not body.strip():
        raise FileFaultError(f"{path.name} is empty", where=str(path), fix=EXPORT_AGAIN)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = body.count(b"\n", 0, fault.start) + 1
        raise FileFaultError(
            f"{path.name} is not UTF-8 text",
            where=f"{path}:{line}",
            fix="export the calendar again as UTF-8, then: magicloop run",
        ) from fault


def scan(path: Path, text: str) -> Source:
    """Cut a calendar file's text into its parts.

    :raises FileFaultError: it is no calendar, or is cut off.
    """
    source = Source(path, text)
    frames: list[Frame] = []
    parts: list[Part] = []
    stack: list[tuple[str, int]] = []
    head_end = 0
    for edge in _EDGE.finditer(text):
        name = edge[2].upper()
        if edge[1].upper() == "BEGIN":
            if len(stack) == 1 and not head_end:
                head_end = edge.start()
            stack.append((name, edge.start()))
            if len(stack) == 1:
                _check_outermost(source, name, edge.start())
                head_end = 0
            continue
        if not stack or stack[-1][0] != name:
            raise source.fault(f"END:{name} without its BEGIN; the file is damaged", edge.start())
        _, began = stack.pop()
        if len(stack) == 1:
            end = edge.end() - edge[0].endswith("\r")
            parts.append(Part(name, began, end, len(frames)))
        elif not stack:
            head = tuple(_lines_of(text, began, head_end or edge.start()))
            frames.append(Frame(began, edge.start(), head))
    if stack:
        name, began = stack[-1]
        raise source.fault(f"the file is cut off: BEGIN:{name} has no END", began)
    if not frames:
        raise source.fault(f"{path.name} is not a calendar: it has no BEGIN:VCALENDAR", 0)
    _check_calscale(source, frames)
    return Source(path, text, tuple(frames), tuple(parts))


def _check_outermost(source: Source, name: str, at: int) -> None:
    if name != "VCALENDAR":
        raise source.fault(f"BEGIN:{name} stands outside a VCALENDAR; the file is damaged", at)


def _check_calscale(source: Source, frames: list[Frame]) -> None:
    for frame in frames:
        for line in frame.head:
            if line.name == "CALSCALE" and line.value.strip().upper() != "GREGORIAN":
                raise source.fault("the calendar does not count in the Gregorian calendar", line.at)


def _lines_of(text: str, start: int, end: int) -> Iterator[Line]:
    for match in _LOGICAL.finditer(text, start, end):
        line = unfold(match[0]).rstrip("\r")
        parsed = _LINE.fullmatch(line)
        if parsed is None:
            continue
        name = parsed[1].upper()
        if name in TIMES:
            parsed = _TIME_LINE.fullmatch(line) or parsed
        yield Line(name, parsed[2], parsed[3], match.start())

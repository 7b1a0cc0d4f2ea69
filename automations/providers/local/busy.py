"""Busy times from .ics files and folders, however they were written.

A file that cannot be read is reported and never counts as free; the others still contribute.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar.prop import vPeriod

from automations.compose.ics import StandingBlock, id_of, read_block
from automations.errors import MagicloopError
from automations.model.seen import Busy, BusyKind, BusyReport, Span, Unreadable
from automations.model.text import plain
from automations.providers.local.events import Clocks, kind_of, raw_times, read_event, to_span
from automations.providers.local.expand import Expansion, Series, Window, index
from automations.providers.local.files import explain
from automations.providers.local.source import EXPORT_AGAIN, FileFaultError, Source, load
from automations.providers.local.zones import Zones, known_zone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_MAX_ENTRIES = 100_000
_NAME_ANOTHER = "name another file or folder, in: magicloop config edit"
_FREEBUSY_KINDS = {
    "FREE": None,
    "BUSY-TENTATIVE": BusyKind.TENTATIVE,
    "BUSY-UNAVAILABLE": BusyKind.OUT_OF_OFFICE,
}


@dataclass(slots=True)
class CalendarFile:
    """One readable .ics file, read once: its events by UID and the zones it means."""

    source: Source
    zones: Zones
    clocks: list[Clocks]
    series: dict[str, Series]
    own: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, source: Source, zone: ZoneInfo) -> CalendarFile:
        """Prepare a file's parts. Times without a zone are in `zone`."""
        clocks = []
        for frame in source.frames:
            named = known_zone(frame.get("X-WR-TIMEZONE"))
            clocks.append(Clocks(zone, ZoneInfo(named) if named else zone))
        series = index(source)
        return cls(source, Zones(source), clocks, series, {uid for uid in series if id_of(uid)})

    def busy(self, window: Window, excluded: Collection[str], me: str) -> Iterator[Busy]:
        """Yield what takes time in the window, without the UIDs in `excluded`.

        :raises FileFaultError: something that can matter cannot be understood.
        """
        expansion = Expansion(self.source, self.zones, self.clocks, me)
        for uid, series in self.series.items():
            if uid not in excluded:
                first = (series.masters or series.overrides)[0]
                yield from expansion.of(series, window, self._name(first.part.calendar))
        yield from self._freebusy()

    def standing(self, block_id: str, uid: str) -> list[StandingBlock]:
        """Return each copy of one of our events in this file.

        :raises FileFaultError: one of them cannot be understood.
        """
        found = []
        series = self.series.get(uid, Series())
        for entry in (*series.masters, *series.overrides):
            event = read_event(self.source, entry.part, self.zones, kind_of((), ""))
            span = to_span(*raw_times(event), self.clocks[entry.part.calendar])
            if span is None:
                raise self.source.fault(f"the event of block {block_id} takes no time", entry.part.start)
            found.append(read_block(event, span))
        return found

    def _name(self, calendar: int) -> str:
        return plain(self.source.frames[calendar].get("X-WR-CALNAME")) or plain(self.source.path.stem)

    def _freebusy(self) -> Iterator[Busy]:
        """Yield the periods of VFREEBUSY, which programs publish without saying what takes the time."""
        for part in self.source.parts:
            lines = self.source.lines(part) if part.kind == "VFREEBUSY" else ()
            for line in lines:
                kind = _FREEBUSY_KINDS.get(line.param("FBTYPE").upper(), BusyKind.BUSY)
                if line.name != "FREEBUSY" or kind is None:
                    continue
                for period in re.split(r"\s*,\s*", line.value.strip()):
                    try:
                        start, end = vPeriod.from_ical(period)  # type: ignore[no-untyped-call]  # icalendar leaves it untyped
                    except (ValueError, TypeError) as fault:
                        raise self.source.fault("a FREEBUSY period cannot be understood", line.at) from fault
                    span = to_span(
                        start,
                        start + end if not isinstance(end, datetime) else end,
                        self.clocks[part.calendar],
                    )
                    if span is not None:
                        yield Busy(span, "", kind, self._name(part.calendar))


class BusyFiles:
    """The person's other calendars: paths of .ics files and of folders of them. Each content is read once."""

    def __init__(self, paths: Sequence[str], zone: str, me: str = "") -> None:
        self._paths = tuple(Path(path).expanduser() for path in paths)
        self._zone = ZoneInfo(zone)
        self._me = me
        self._read: dict[Path, tuple[tuple[int, ...], CalendarFile | MagicloopError]] = {}

    def fetch(self, span: Span, excluded: Collection[str]) -> BusyReport:
        """Return what takes time within `span`, and the calendars that could not tell. Never raises for a file."""
        window = Window.around(span)
        busy: set[Busy] = set()
        unreadable: list[Unreadable] = []
        for path, found in self._files():
            if isinstance(found, CalendarFile):
                try:
                    busy.update(it for it in found.busy(window, excluded, self._me) if it.span.overlaps(span))
                except FileFaultError as fault:
                    unreadable.append(_unreadable(path, fault))
                except Exception as fault:  # noqa: BLE001 - a file nobody foresaw is unreadable, not a crash
                    unreadable.append(_unreadable(path, _unforeseen(path, fault)))
            else:
                unreadable.append(_unreadable(path, found))
        return BusyReport(tuple(sorted(busy, key=_order)), tuple(unreadable))

    def copies(
        self, ids: Collection[str], uid_of: dict[str, str], *, apart_from: Path
    ) -> dict[str, list[StandingBlock]]:
        """Return the copies of our events in these files; a file that cannot be read has none."""
        found: dict[str, list[StandingBlock]] = {}
        for path, file in self._files():
            if not isinstance(file, CalendarFile) or not file.own or _same(path, apart_from):
                continue
            for block_id in ids:
                if uid_of[block_id] in file.own:
                    try:
                        found.setdefault(block_id, []).extend(file.standing(block_id, uid_of[block_id]))
                    except FileFaultError:
                        continue
        return found

    def _files(self) -> Iterator[tuple[Path, CalendarFile | MagicloopError]]:
        """Yield each .ics file with what it holds or why it cannot be read; folders that cannot be listed too."""
        seen: set[Path] = set()
        for path in self._paths:
            for each, fault in _listed(path):
                if each not in seen:
                    seen.add(each)
                    yield each, fault or self._load(each)

    def _load(self, path: Path) -> CalendarFile | MagicloopError:
        mark = _mark(path)
        before = self._read.get(path)
        if before is not None and mark and before[0] == mark:
            return before[1]
        found: CalendarFile | MagicloopError
        try:
            found = CalendarFile.read(load(path), self._zone)
        except MagicloopError as fault:
            found = fault
        except Exception as fault:  # noqa: BLE001 - a file nobody foresaw is unreadable, not a crash
            found = _unforeseen(path, fault)
        self._read[path] = (mark, found)
        return found


def _mark(path: Path) -> tuple[int, ...]:
    """Return what changes when a file's content does, () when there is no telling."""
    try:
        seen = path.stat()
    except OSError:
        return ()
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _listed(path: Path) -> Iterator[tuple[Path, FileFaultError | None]]:
    """Yield the .ics files a configured path stands for, each with None; or the path and its fault."""
    if not path.is_dir():
        yield path, None
        return
    faults: list[OSError] = []
    count = visited = 0
    for folder, inner, names in os.walk(path, onerror=faults.append):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        visited += len(inner) + len(names)
        if visited > _MAX_ENTRIES:
            yield (
                path,
                FileFaultError(
                    f"{path.name} holds too many files to look through", where=str(path), fix=_NAME_ANOTHER
                ),
            )
            return
        for name in sorted(names):
            if name.lower().endswith(".ics") and not name.startswith("."):
                count += 1
                yield Path(folder, name), None
    for fault in faults:
        where = Path(str(fault.filename or path))
        why, fix = explain(fault, where)
        yield where, FileFaultError(f"cannot look into {where.name}: {why}", where=str(where), fix=fix)
    if not count and not faults:
        yield (
            path,
            FileFaultError(f"the folder {path.name} holds no .ics files", where=str(path), fix=_NAME_ANOTHER),
        )


def _unreadable(path: Path, fault: MagicloopError) -> Unreadable:
    return Unreadable(plain(path.name), fault.what, fault.where or str(path), fault.fix)


def _unforeseen(path: Path, fault: Exception) -> FileFaultError:
    return FileFaultError(
        f"{path.name} cannot be understood ({type(fault).__name__})", where=str(path), fix=EXPORT_AGAIN
    )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _order(busy: Busy) -> tuple[Span, str, str, str]:
    return busy.span, busy.title, busy.kind, busy.calendar

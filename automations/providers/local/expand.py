"""The occurrences of a file's events within a stretch of time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from icalendar import Calendar
from icalendar.prop import vDDDTypes
from recurring_ical_events import CalendarQuery

from automations.model.seen import Busy
from automations.providers.local import rules
from automations.providers.local.events import (
    FREE,
    Clocks,
    check_order,
    kind_at,
    kind_of,
    raw_times,
    read_event,
    title_of,
    to_span,
)
from automations.providers.local.source import Source, unfold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icalendar import Event

    from automations.model.seen import Span
    from automations.providers.local.source import Part
    from automations.providers.local.zones import Zones

_MARGIN = timedelta(days=2)
_MAX_EVENTS = 20_000
_FIELD = re.compile(
    r"^(UID|DTSTART|DTEND|DURATION|RRULE|RDATE|RECURRENCE-ID|SEQUENCE)\b([^\r\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
_DAY_AT_END = re.compile(r":[^:]*?(\d{8})(?:T\d{4,6}Z?)?\s*$", re.IGNORECASE)
_UNTIL = re.compile(r"UNTIL=(\d{8})", re.IGNORECASE)
_INNER = re.compile(r"^BEGIN:(?!VEVENT)([\w-]+).*?^END:\1", re.MULTILINE | re.IGNORECASE | re.DOTALL)
_DURATION = re.compile(
    r":\s*\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:\d+M)?(?:\d+S)?)?\s*$", re.IGNORECASE
)
_FIRST_DAY, _LAST_DAY = "00000000", "99999999"


@dataclass(frozen=True, slots=True)
class Entry:
    """A VEVENT read loosely: days as `YYYYMMDD`, enough to tell whether it can matter."""

    part: Part
    uid: str
    first: str
    last: str
    length: timedelta
    recurs: bool
    replaces: str
    onward: bool
    sequence: int


@dataclass(slots=True)
class Series:
    """The events of one UID: those that stand by themselves, and those that replace an occurrence."""

    masters: list[Entry] = field(default_factory=list)
    overrides: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Window:
    """The time asked for, widened so that no zone and no long event slips through."""

    low: datetime
    high: datetime

    @classmethod
    def around(cls, span: Span) -> Window:
        """Return the window of a span."""
        return cls(span.start - _MARGIN, span.end + _MARGIN)

    @property
    def days(self) -> float:
        """The window's length in days."""
        return (self.high - self.low) / timedelta(days=1)

    def touches(self, entry: Entry) -> bool:
        """Tell whether any day of an entry can be in the window."""
        return entry.first <= f"{self.high:%Y%m%d}" and entry.last >= f"{self.low:%Y%m%d}"

    def replaces_in(self, entry: Entry, length: timedelta) -> bool:
        """Tell whether an entry replaces an occurrence, of that length, that can be in the window."""
        low = self.low - max(
            timedelta(0), min(length, timedelta(days=400))
        )  # an end before its start is below 0
        return entry.onward or f"{low:%Y%m%d}" <= entry.replaces <= f"{self.high:%Y%m%d}"


def index(source: Source) -> dict[str, Series]:
    """Return a file's events by UID, each read loosely. An event without UID stands alone."""
    found: dict[str, Series] = {}
    for part in source.parts:
        if part.kind == "VEVENT":
            entry = _entry(source, part)
            series = found.setdefault(entry.uid, Series())
            (series.overrides if entry.replaces else series.masters).append(entry)
    return found


def _entry(source: Source, part: Part) -> Entry:
    text = source.raw(part)
    if "\n " in text or "\n\t" in text:
        text = unfold(text)
    if text.upper().count("BEGIN:") > 1:
        text = _INNER.sub("", text)
    fields: dict[str, str] = {}
    for name, rest in _FIELD.findall(text):
        fields.setdefault(name.upper(), rest)
    start = _day(fields.get("DTSTART", ""))
    end = _day(fields.get("DTEND", "")) or _end_by_duration(start, fields.get("DURATION", ""))
    recurs = "RRULE" in fields or "RDATE" in fields
    length = _length(start, end)
    last = _last_day(fields, length) if recurs else max(start, end) if start and end else _LAST_DAY
    return Entry(
        part=part,
        uid=fields.get("UID", "").partition(":")[2].strip() or f"\x00{part.start}",
        first=min(start, end or start) or _FIRST_DAY,
        last=last,
        length=length,
        recurs=recurs,
        replaces=_day(fields["RECURRENCE-ID"]) or _FIRST_DAY if "RECURRENCE-ID" in fields else "",
        onward="THISANDFUTURE" in fields.get("RECURRENCE-ID", "").upper(),
        sequence=_int(fields.get("SEQUENCE", "").partition(":")[2]),
    )


def _day(rest: str) -> str:
    match = _DAY_AT_END.search(rest)
    return match[1] if match else ""


def _end_by_duration(start: str, rest: str) -> str:
    """Return the last day by DURATION, start's own day without one, "" when that takes a closer look."""
    if not rest:
        return start
    match = _DURATION.search(rest)
    if match is None:
        return ""
    weeks, days, hours = (int(it or 0) for it in match.groups())
    try:
        return f"{date.fromisoformat(start) + timedelta(weeks=weeks, days=days + 1, hours=hours):%Y%m%d}"
    except (ValueError, OverflowError):
        return ""


def _int(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < len(_LAST_DAY) else 0


def _length(start: str, end: str) -> timedelta:
    """Return how long an event is, rounded up to days; a year when that takes a closer look."""
    try:
        return date.fromisoformat(end) - date.fromisoformat(start) + timedelta(days=1)
    except ValueError:
        return timedelta(days=366)


def _last_day(fields: dict[str, str], length: timedelta) -> str:
    """Return the last day a repeating event can reach."""
    until = _UNTIL.search(fields.get("RRULE", ""))
    if until is None or "RDATE" in fields:
        return _LAST_DAY
    try:
        return f"{date.fromisoformat(until[1]) + max(length, timedelta(0)) + _MARGIN:%Y%m%d}"
    except (ValueError, OverflowError):
        return _LAST_DAY


class Expansion:
    """What a file's events take of a window. `me` is the person's mail address, for their answers."""

    def __init__(self, source: Source, zones: Zones, clocks: list[Clocks], me: str) -> None:
        self._source = source
        self._zones = zones
        self._clocks = clocks
        self._me = me
        self._steps = 0.0
        self._events = 0

    def of(self, series: Series, window: Window, calendar: str) -> Iterator[Busy]:
        """Yield what takes time in the window, and perhaps a little around it.

        :raises FileFaultError: an event that can matter cannot be understood; names the line.
        """
        masters = [entry for entry in _newest(series.masters) if window.touches(entry)]
        longest = max((entry.length for entry in masters), default=timedelta(0))
        overrides = [
            entry for entry in series.overrides if window.touches(entry) or window.replaces_in(entry, longest)
        ]
        repeating = [entry for entry in masters if entry.recurs]
        for entry in masters:
            if not entry.recurs:
                yield from self._single(entry, calendar)
        for entry in repeating:
            yield from self._repeated(entry, overrides, window, calendar)
        if not repeating:
            for entry in _newest_of_each(overrides):
                yield from self._single(entry, calendar)

    def _single(self, entry: Entry, calendar: str) -> Iterator[Busy]:
        kind = self._kind(entry)
        if kind != FREE:
            event = self._read(entry, kind)
            start, end = raw_times(event)
            yield from self._busy(event, start, end, entry, calendar)

    def _repeated(
        self, entry: Entry, overrides: list[Entry], window: Window, calendar: str
    ) -> Iterator[Busy]:
        kinds = [self._kind(each) for each in (entry, *overrides)]
        if all(kind == FREE for kind in kinds):
            return
        whole = Calendar()
        events = [self._read(each, kind) for each, kind in zip((entry, *overrides), kinds, strict=True)]
        self._prepare(entry, events[0], window)
        for event in events:
            whole.add_component(event)
        try:
            found = CalendarQuery(whole).between(window.low, window.high)
        except Exception as fault:  # foreign rules in a foreign engine: whatever it raises means unreadable
            raise self._source.fault("a repeating event cannot be understood", entry.part.start) from fault
        for occurrence in found:
            yield from self._busy(
                occurrence, occurrence["DTSTART"].dt, occurrence["DTEND"].dt, entry, calendar
            )

    def _prepare(self, entry: Entry, event: Event, window: Window) -> None:
        """Check an event's rules and start it near the window.

        :raises FileFaultError: a rule that must not be expanded.
        """
        clocks = self._clocks[entry.part.calendar]
        start, end = raw_times(event)
        found = rules.rules_of(event)
        days = window.days + entry.length / timedelta(days=1)  # what began so long before still lasts
        for rule in found:
            rules.settle_until(rule, start, clocks.floating)
            objection = rules.objection(rule, start, days)
            if objection:
                raise self._source.fault(objection, self._line(entry, "RRULE"), _SIMPLER)
        skipped = rules.days_to_skip(found, _date(start), (window.low - entry.length - _MARGIN).date())
        if skipped:
            event["DTSTART"] = vDDDTypes(start + timedelta(days=skipped))
            if "DTEND" in event:
                event["DTEND"] = vDDDTypes(end + timedelta(days=skipped))
        first = _date(start) + timedelta(days=skipped)
        self._steps += sum(rules.steps(rule, first, window.high.date()) for rule in found)
        if self._steps > rules.MAX_STEPS:
            raise self._source.fault(
                "the repeat rules go back too far to follow", self._line(entry, "RRULE"), _SIMPLER
            )

    def _busy(self, event: Any, start: date, end: date, entry: Entry, calendar: str) -> Iterator[Busy]:
        kind = kind_at(event, start)
        span = to_span(start, end, self._clocks[entry.part.calendar])
        if kind is not None and span is not None:
            yield Busy(span, title_of(event), kind, calendar)

    def _read(self, entry: Entry, kind: str) -> Event:
        self._events += 1
        if self._events > _MAX_EVENTS:
            raise self._source.fault(
                f"more than {_MAX_EVENTS} events in the time looked at", entry.part.start
            )
        event = read_event(self._source, entry.part, self._zones, kind)
        if kind != FREE:
            check_order(self._source, entry.part, event, self._clocks[entry.part.calendar])
        return event

    def _kind(self, entry: Entry) -> str:
        frame = self._source.frames[entry.part.calendar]
        cancelled = frame.get("METHOD").upper() == "CANCEL"
        return kind_of(self._source.lines(entry.part), self._me, cancelled=cancelled)

    def _line(self, entry: Entry, name: str) -> int:
        return next((it.at for it in self._source.lines(entry.part) if it.name == name), entry.part.start)


_SIMPLER = "change or delete that event, export the calendar again, then: magicloop run"


def _newest(entries: list[Entry]) -> list[Entry]:
    """Return those of the highest SEQUENCE: all of them, so that nothing that may stand counts as free."""
    top = max((entry.sequence for entry in entries), default=0)
    return [entry for entry in entries if entry.sequence == top]


def _newest_of_each(overrides: list[Entry]) -> list[Entry]:
    chosen: dict[str, Entry] = {}
    for entry in overrides:
        if entry.replaces not in chosen or entry.sequence >= chosen[entry.replaces].sequence:
            chosen[entry.replaces] = entry
    return list(chosen.values())


def _date(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment

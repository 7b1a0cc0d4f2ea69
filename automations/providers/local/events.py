"""From a part of a file to an event whose times are understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from icalendar import Event

from automations.model.seen import BusyKind, Span
from automations.model.text import plain
from automations.providers.local.source import TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from automations.providers.local.source import Line, Part, Source
    from automations.providers.local.zones import Zones

FREE = "free"
_KIND = "X-MAGICLOOP-KIND"
_KEPT = TIMES | {"UID", "DURATION", "RRULE", "SUMMARY", "DESCRIPTION", "SEQUENCE", "DTSTAMP", "STATUS"}
_MAX_LISTED = 20_000
_FORMS = {"DTSTART": date, "DTEND": date, "RECURRENCE-ID": date, "DURATION": timedelta}
_FREE_STATUS = frozenset({"FREE", "WORKINGELSEWHERE"})
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
# The titles Google and Outlook give by themselves; their exports say it nowhere else.
_TITLES = {"focus time": BusyKind.FOCUS, "out of office": BusyKind.OUT_OF_OFFICE}


@dataclass(frozen=True, slots=True)
class Clocks:
    """The zones times without one are in: `floating` for wall times, `days` for all-day events."""

    floating: ZoneInfo
    days: ZoneInfo


def kind_of(lines: Iterable[Line], me: str, *, cancelled: bool = False) -> str:
    """Return which `BusyKind` an event is, or FREE when it takes no time of `me` (a mail address)."""
    facts = {
        "STATUS": "CANCELLED" if cancelled else "",
        "TRANSP": "",
        "X-MICROSOFT-CDO-BUSYSTATUS": "",
        "SUMMARY": "",
    }
    answer = ""
    for line in lines:
        if line.name in facts:
            facts[line.name] = facts[line.name] or line.value.strip().upper()
        elif (
            line.name == "ATTENDEE"
            and me
            and line.value.strip().lower().removeprefix("mailto:") == me.lower()
        ):
            answer = line.param("PARTSTAT").upper()
    status, outlook = facts["STATUS"], facts["X-MICROSOFT-CDO-BUSYSTATUS"]
    if (
        status == "CANCELLED"
        or facts["TRANSP"] == "TRANSPARENT"
        or outlook in _FREE_STATUS
        or answer == "DECLINED"
    ):
        return FREE
    if outlook == "OOF":
        return BusyKind.OUT_OF_OFFICE
    if "TENTATIVE" in (status, outlook, answer):
        return BusyKind.TENTATIVE
    return _TITLES.get(plain(facts["SUMMARY"]).lower(), BusyKind.BUSY)


def read_event(source: Source, part: Part, zones: Zones, kind: str) -> Event:
    """Return the event a part describes, with zones resolved and only what time and title need.

    :raises FileFaultError: a time or rule in it cannot be understood; names the line.
    """
    kept: list[str] = ["BEGIN:VEVENT", f"{_KIND}:{kind}"]
    places: dict[str, int] = {}
    for line in source.lines(part):
        if line.name not in _KEPT or (line.name in places and line.name not in {"RRULE", "RDATE", "EXDATE"}):
            continue
        places.setdefault(line.name, line.at)
        kept.append(_rewritten(source, line, zones))
    if "DTSTART" not in places:
        raise source.fault("an event has no start (no DTSTART)", part.start)
    kept.append("END:VEVENT")
    try:
        event = Event.from_ical("\r\n".join(kept) + "\r\n")
    except Exception as fault:  # foreign text in a foreign parser: whatever it raises means unreadable
        raise source.fault("an event cannot be understood", part.start) from fault
    if not isinstance(event, Event):
        raise source.fault("an event cannot be understood", part.start)
    broken = [name or "" for name, _reason in event.errors] or _misread(event)
    if broken:
        what = broken[0] or "a line"
        raise source.fault(f"{what} of an event cannot be understood", places.get(broken[0], part.start))
    return event


def _rewritten(source: Source, line: Line, zones: Zones) -> str:
    """Return a line as icalendar may read it: the zone under the name that is right for this file."""
    if line.name not in TIMES:
        params = ";VALUE=DURATION" if line.name == "DURATION" else ""
        text = line.value if line.name in {"SUMMARY", "DESCRIPTION"} else line.value.strip()
        return f"{line.name}{params}:{text}"
    if line.value.count(",") > _MAX_LISTED:
        raise source.fault(f"{line.name} of an event lists more than {_MAX_LISTED} times", line.at)
    value = line.value.strip()
    form = line.param("VALUE").upper()
    if re.fullmatch(r"\d{8}(,\d{8})*", value):
        return f"{line.name};VALUE=DATE:{value}"
    params = f";VALUE={form}" if form == "PERIOD" else ""
    if line.param("RANGE").upper() == "THISANDFUTURE":
        params += ";RANGE=THISANDFUTURE"
    zone = "" if value.endswith(("Z", "z")) else zones.name(line)
    return f"{line.name}{params}{';TZID=' + zone if zone else ''}:{value.upper()}"


def _misread(event: Event) -> list[str]:
    """Return the times that are of another kind than they should be."""
    wrong = [
        name for name, form in _FORMS.items() if name in event and not isinstance(_value(event, name), form)
    ]
    # Never take a time for a wall time because its zone was not found after all.
    zoned = [name for name in _FORMS if "TZID" in getattr(event.get(name), "params", ())]
    return wrong + [name for name in zoned if getattr(_value(event, name), "tzinfo", None) is None]


def check_order(source: Source, part: Part, event: Event, clocks: Clocks) -> None:
    """Refuse an event that ends before it starts.

    :raises FileFaultError: it does.
    """
    start, end = raw_times(event)
    if instant(end, clocks) < instant(start, clocks):
        line = next((it for it in source.lines(part) if it.name in {"DTEND", "DURATION"}), None)
        raise source.fault("an event ends before it starts", line.at if line else part.start)


def raw_times(event: Event) -> tuple[date, date]:
    """Return an event's start and end as written: dates, wall times or instants; the end may be implied."""
    start: date = _value(event, "DTSTART")
    if "DTEND" in event:
        return start, _value(event, "DTEND")
    if "DURATION" in event:
        return start, start + _value(event, "DURATION")
    return start, start if isinstance(start, datetime) else start + timedelta(days=1)


def _value(event: Event, name: str) -> Any:
    """Return a time or length as Python has it, None when there is none."""
    return getattr(event.get(name), "dt", None)


def instant(moment: date, clocks: Clocks) -> datetime:
    """Return the UTC instant of a date (its midnight), wall time or instant; clamped to what UTC can hold."""
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=clocks.floating)
    else:
        aware = datetime(moment.year, moment.month, moment.day, tzinfo=clocks.days)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return _EARLIEST if moment.year < _LATEST.year else _LATEST


def to_span(start: date, end: date, clocks: Clocks) -> Span | None:
    """Return the stretch of time taken, None when it is empty. An all-day event takes at least its day."""
    if not isinstance(start, datetime) and not isinstance(end, datetime) and end <= start:
        end = start + timedelta(days=1)
    span = Span(instant(start, clocks), instant(end, clocks))
    return span if span.start < span.end else None


def kind_at(component: Any, start: date) -> BusyKind | None:
    """Return the kind of one occurrence, None when it is free."""
    kind = str(component.get(_KIND, BusyKind.BUSY))
    if kind == FREE:
        return None
    if kind == BusyKind.BUSY and not isinstance(start, datetime):
        return BusyKind.ALL_DAY
    return BusyKind(kind)


def title_of(component: Any) -> str:
    """Return an event's title, fit to show."""
    return plain(str(component.get("SUMMARY", "")))

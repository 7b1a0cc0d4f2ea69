"""A block as an iCalendar event, and back. Pure: text and values only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from icalendar import Event

from automations.model.seen import SeenBlock, Span
from automations.model.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

UID_SUFFIX = "@magicloop"
PRODID = "-//magicloop//invention time//EN"
OWN_PROPERTIES = frozenset(
    {
        "CLASS",
        "DESCRIPTION",
        "DTEND",
        "DTSTAMP",
        "DTSTART",
        "DURATION",
        "LAST-MODIFIED",
        "SEQUENCE",
        "STATUS",
        "SUMMARY",
        "TRANSP",
        "UID",
        "X-MICROSOFT-CDO-BUSYSTATUS",
    }
)
"""The properties of an event that are ours to write; every other belongs to whoever put it there."""

_HEAD = (
    "VERSION:2.0",
    f"PRODID:{PRODID}",
    "CALSCALE:GREGORIAN",
    "NAME:Invention time",
    "X-WR-CALNAME:Invention time",
    "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    "X-PUBLISHED-TTL:PT1H",
)
_UTC_ZONES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"})
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ENOUGH_FOR_A_RULE = 5
_NAMELESS = frozenset("+-0123456789")


class BlockLike(Protocol):
    """What an event is made from; `ports.BlockEvent` is one."""

    @property
    def id(self) -> str:
        """The client-chosen id."""

    @property
    def span(self) -> Span:
        """Two UTC instants, whole seconds."""

    @property
    def zone(self) -> str:
        """The IANA zone it is shown in."""

    @property
    def summary(self) -> str:
        """One line."""

    @property
    def description(self) -> str:
        """Plain text, any number of lines."""

    @property
    def sequence(self) -> int:
        """Rises with every change."""

    @property
    def stamp(self) -> datetime:
        """When it was made, UTC."""


@dataclass(frozen=True, slots=True)
class StandingBlock:
    """A block as an .ics file shows it."""

    id: str
    span: Span
    summary: str
    description: str
    sequence: int
    stamp: datetime | None
    cancelled: bool

    @property
    def revision(self) -> str:
        """The sha256 of what the event means: when, what it says, and whether it stands."""
        meaning = (
            self.span.start.isoformat(),
            self.span.end.isoformat(),
            self.summary,
            self.description,
            "cancelled" if self.cancelled else "stands",
        )
        return hashlib.sha256("\x00".join(meaning).encode("utf-8", "surrogatepass")).hexdigest()

    def seen(self) -> SeenBlock:
        """Return it as a run sees it."""
        return SeenBlock(self.id, self.span, self.revision, self.cancelled)


def uid_of(block_id: str) -> str:
    """Return the UID of a block's event."""
    return block_id + UID_SUFFIX


def id_of(uid: str) -> str:
    """Return the block id of one of our UIDs, "" for anybody else's."""
    return uid.removesuffix(UID_SUFFIX) if uid.endswith(UID_SUFFIX) else ""


def render_event(block: BlockLike, *, private: bool) -> str:
    """Return a block's VEVENT with CRLF line ends, folded."""
    event = Event()
    event.add("UID", uid_of(block.id))
    event.add("SEQUENCE", block.sequence)
    event.add("DTSTAMP", block.stamp.astimezone(UTC).replace(microsecond=0))
    start, end = _shown(block.span, block.zone)
    event.add("DTSTART", start)
    event.add("DTEND", end)
    event.add("SUMMARY", plain(block.summary))
    event.add("DESCRIPTION", _lines(block.description))
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    event.add("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY")
    if private:
        event.add("CLASS", "PRIVATE")
    text: str = event.to_ical().decode("utf-8")
    return text


def read_block(event: Event, span: Span) -> StandingBlock:
    """Return the block an event shows; `span` is its time, which the caller knows the zones of."""
    stamp = event.get("DTSTAMP")
    at = getattr(stamp, "dt", None)
    return StandingBlock(
        id=id_of(str(event.get("UID", ""))),
        span=span,
        summary=str(event.get("SUMMARY", "")),
        description=str(event.get("DESCRIPTION", "")),
        sequence=int(event.get("SEQUENCE", 0)),
        stamp=at if isinstance(at, datetime) and at.tzinfo else None,
        cancelled=str(event.get("STATUS", "")).strip().upper() == "CANCELLED",
    )


def render_calendar(parts: str = "") -> str:
    """Return a VCALENDAR of ours around `parts`, whole components with CRLF line ends."""
    return "\r\n".join(("BEGIN:VCALENDAR", *_HEAD, "")) + parts + "END:VCALENDAR\r\n"


def needs_timezone(zone: str) -> bool:
    """Tell whether events shown in `zone` refer to a VTIMEZONE."""
    return zone not in _UTC_ZONES


def render_timezone(zone: str, first_year: int, last_year: int) -> str:
    """Return the VTIMEZONE of an IANA zone, right for every year after `first_year` up to `last_year`."""
    place = ZoneInfo(zone)
    opening = datetime(first_year, 1, 1, tzinfo=UTC)
    changes = dict(_changes(place, opening, datetime(last_year + 1, 1, 1, tzinfo=UTC)))
    if not any(onsets[0].year == first_year for onsets in changes.values()):
        # Nothing changes in the first year, so what holds from its start on has to be said.
        offset, saving, name = _facts(place, opening)
        changes = {(saving, offset, offset, name): [(opening + offset).replace(tzinfo=None)], **changes}
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    comment = f"COMMENT:magicloop covers {first_year} to {last_year}"
    for change, onsets in changes.items():
        lines += _observance(change, onsets, comment)
        comment = ""
    lines.append("END:VTIMEZONE")
    return "".join(f"{line}\r\n" for line in lines)


_Change = tuple[bool, timedelta, timedelta, str]


def _changes(place: ZoneInfo, opening: datetime, closing: datetime) -> Mapping[_Change, list[datetime]]:
    """Return each kind of change of the clocks with its onsets, in the wall time before the change."""
    found: dict[_Change, list[datetime]] = {}
    day = opening
    before = _facts(place, day)
    while day < closing:
        tomorrow = day + timedelta(days=1)
        after = _facts(place, tomorrow)
        if after != before:
            at = _moment(place, day, tomorrow)
            key = (after[1], before[0], after[0], after[2])
            found.setdefault(key, []).append((at + before[0]).replace(tzinfo=None))
        day, before = tomorrow, after
    return found


def _moment(place: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the second at which the clocks change between two instants."""
    before = _facts(place, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _facts(place, middle) == before else (low, middle)
    return high


def _facts(place: ZoneInfo, at: datetime) -> tuple[timedelta, bool, str]:
    """Return offset, whether it is daylight saving, and the zone's short name at an instant."""
    local = at.astimezone(place)
    return local.utcoffset() or timedelta(0), bool(local.dst()), local.tzname() or ""


def _observance(change: _Change, onsets: list[datetime], comment: str) -> list[str]:
    """Return the lines of one STANDARD or DAYLIGHT.

    The onsets become a yearly rule where one fits, which some programs insist on, and else a list.
    """
    saving, before, after, name = change
    kind = "DAYLIGHT" if saving else "STANDARD"
    lines = [f"BEGIN:{kind}", f"DTSTART:{onsets[0]:%Y%m%dT%H%M%S}"]
    rule = _yearly(onsets)
    lines += [rule] if rule else [f"RDATE:{onset:%Y%m%dT%H%M%S}" for onset in onsets[1:]]
    lines += [f"TZOFFSETFROM:{_offset(before)}", f"TZOFFSETTO:{_offset(after)}"]
    if name and not set(name) <= _NAMELESS:
        lines.append(f"TZNAME:{name}")
    if comment:
        lines.append(comment)
    return [*lines, f"END:{kind}"]


def _yearly(onsets: list[datetime]) -> str:
    """Return the rule "the nth or last weekday of a month, every year" that gives these onsets, or ""."""
    same = {(onset.month, onset.weekday(), onset.time()) for onset in onsets}
    years = [onset.year for onset in onsets]
    if len(same) != 1 or len(onsets) < _ENOUGH_FOR_A_RULE or years != list(range(years[0], years[-1] + 1)):
        return ""
    nths = {(onset.day - 1) // 7 + 1 for onset in onsets}
    if len(nths) == 1:
        nth = nths.pop()
    elif all((onset + timedelta(days=7)).month != onset.month for onset in onsets):
        nth = -1
    else:
        return ""
    return f"RRULE:FREQ=YEARLY;BYMONTH={onsets[0].month};BYDAY={nth}{_WEEKDAYS[onsets[0].weekday()]}"


def _offset(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign = "-" if seconds < 0 else "+"
    minutes, rest = divmod(abs(seconds), 60)
    return f"{sign}{minutes // 60:02}{minutes % 60:02}" + (f"{rest:02}" if rest else "")


def _lines(text: str) -> str:
    """Return text of any number of lines without what would steer whoever shows it."""
    return "\n".join(plain(line) for line in text.splitlines())


def _shown(span: Span, zone: str) -> tuple[datetime, datetime]:
    """Return start and end as written: wall time in `zone`, or UTC where wall time would be ambiguous."""
    moments = (span.start.replace(microsecond=0), span.end.replace(microsecond=0))
    if not needs_timezone(zone):
        return moments
    place = ZoneInfo(zone)
    start, end = (moment.astimezone(place) for moment in moments)
    # A wall time with a zone always means the first of two: the second can only be said in UTC.
    return moments if start.fold or end.fold else (start, end)

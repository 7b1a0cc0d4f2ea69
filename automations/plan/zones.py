"""Time rules: months, wall times and zones. The zone is the config's, never the machine's.

Instants are aware and in UTC, months are local `YYYY-MM`, wall times are naive `time` values read in
a named IANA zone. Comparing and adding is done in UTC only: within one zone Python compares wall
times and does not see a change of the clocks.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from automations.model.seen import Span

if TYPE_CHECKING:
    from automations.model.records import Month

APPROVAL_HOURS = 72
"""An approval lapses this many real hours after it was given."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_NOT_A_PLACE = frozenset({"Factory", "localtime", "posixrules"})
_NO_SUMMER_TIME = frozenset({"EST", "MST", "HST"})
# Spelled like the database spells places; anything else is looked up in the whole list, because
# some file systems ignore case and would let `america/new_york` through.
_SPELLED_AS_USUAL = re.compile(r"[A-Z][a-z]+(?:/[A-Z][a-z]+(?:[_-][A-Za-z]+)*)+")


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(instant: datetime, zone: str) -> datetime:
    """Return `instant` as the clocks of `zone` show it (aware)."""
    return instant.astimezone(_zone(zone))


def month_of(instant: datetime, zone: str) -> Month:
    """Return the month, `YYYY-MM`, that `zone` is in at `instant`."""
    here = local(instant, zone)
    return f"{here.year:04d}-{here.month:02d}"


def month_of_day(day: date) -> Month:
    """Return the month, `YYYY-MM`, of a local day."""
    return f"{day.year:04d}-{day.month:02d}"


@lru_cache(maxsize=64)
def first_day(month: Month) -> date:
    """Return the first day of `month`. Raises ValueError when it is not `YYYY-MM`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", month):
        raise ValueError(f"{month!r} is not a month; write it as YYYY-MM, such as 2026-12")
    try:
        return date(int(month[:4]), int(month[5:]), 1)
    except ValueError:
        raise ValueError(f"{month!r} is not a month; write it as YYYY-MM, such as 2026-12") from None


def add_months(month: Month, n: int) -> Month:
    """Return the month `n` months after `month` (before it, if `n` is negative)."""
    first = first_day(month)
    year, index = divmod(first.year * 12 + first.month - 1 + n, 12)
    return f"{year:04d}-{index + 1:02d}"


def last_day(month: Month) -> date:
    """Return the last day of `month`."""
    return first_day(add_months(month, 1)) - timedelta(days=1)


def resolve_wall(day: date, wall: time, zone: str) -> tuple[datetime, str]:
    """Return the UTC instant at which clocks in `zone` show `wall` on `day`, and a note.

    A time the clocks skip shifts forward by what they skip; a time they show twice is the first
    one. The note says so in words and is empty for every other time.
    """
    wanted = datetime.combine(day, wall.replace(tzinfo=None, fold=0))
    before, after = _offsets(wanted, zone)
    instant = (wanted - before).replace(tzinfo=UTC)
    if before == after:
        return instant, ""
    if before > after:
        return instant, f"{wanted:%H:%M} comes twice on {say_day(day)}; the first is taken"
    shown = local(instant, zone)
    moved = f"{shown:%H:%M}" if shown.date() == day else f"{say_day(shown.date())}, {shown:%H:%M}"
    return instant, f"moved to {moved}, {wanted:%H:%M} does not exist on {say_day(day)}"


def _offsets(wanted: datetime, zone: str) -> tuple[timedelta, timedelta]:
    """Return the offset before and after a change of the clocks at this wall time; the same at most times."""
    aware = wanted.replace(tzinfo=_zone(zone))
    return aware.utcoffset() or timedelta(0), aware.replace(fold=1).utcoffset() or timedelta(0)


def wall_end(day: date, wall: time, zone: str) -> datetime:
    """Return the instant before which clocks on `day` certainly show less than `wall`.

    Used for the end of working hours, where the earlier reading is the safe one; 00:00 means the
    end of the day.
    """
    if wall == time(0):
        return day_start(day + timedelta(days=1), zone)
    wanted = datetime.combine(day, wall.replace(tzinfo=None, fold=0))
    return (wanted - max(_offsets(wanted, zone))).replace(tzinfo=UTC)


def day_start(day: date, zone: str) -> datetime:
    """Return the first instant of a local day, also where the clocks skip midnight."""
    return resolve_wall(day, time(0), zone)[0]


def steady_offsets(first: date, count: int, zone: str) -> tuple[timedelta | None, ...]:
    """Return, for `count` local days from `first` on, the offset from UTC a day has throughout.

    None stands for a day on which the clocks change, as far as its two midnights tell.
    """
    midnight = datetime.combine(first, time(0), _zone(zone))
    midnights = [midnight + timedelta(days=number) for number in range(count + 1)]
    before = [wall.utcoffset() for wall in midnights]
    after = [wall.replace(fold=1).utcoffset() for wall in midnights[:-1]]
    return tuple(
        offset if offset == early == late else None
        for offset, early, late in zip(after, before, before[1:], strict=False)
    )


def month_span(month: Month, zone: str) -> Span:
    """Return the whole local month as two UTC instants."""
    return Span(day_start(first_day(month), zone), day_start(first_day(add_months(month, 1)), zone))


def block_end(start: datetime, minutes: int) -> datetime:
    """Return the end of a block of `minutes` real minutes, whatever the clocks do meanwhile."""
    return start.astimezone(UTC) + timedelta(minutes=minutes)


def in_hours(instant: datetime, hours: float) -> datetime:
    """Return the instant `hours` real hours later; "next update in 4 h" means this."""
    return instant.astimezone(UTC) + timedelta(hours=hours)


def approval_expiry(at: datetime) -> datetime:
    """Return when an approval given at `at` lapses: 72 real hours later."""
    return in_hours(at, APPROVAL_HOURS)


def say_month(month: Month) -> str:
    """Return `December 2026` for `2026-12`."""
    first = first_day(month)
    return f"{MONTHS[first.month - 1]} {first.year}"


def say_when(when: Span | datetime, zone: str, *, with_zone: bool = False, with_year: bool = True) -> str:
    """Say an instant or a span in the wall time of `zone`: `Tue 1 Dec 2026, 09:30-11:30`.

    Without the year it is `Tue 1 Dec 09:30-11:30`. `with_zone` adds the zone's short name or offset. Both ends carry it when the clocks change in
    between, asked for or not, because the length could not be read off otherwise.
    """
    comma = "," if with_year else ""
    if isinstance(when, datetime):
        here = local(when, zone)
        day = say_day(here.date(), with_year=with_year)
        return f"{day}{comma} {here:%H:%M}{_suffix(when, zone, with_zone)}"
    start, end = local(when.start, zone), local(when.end, zone)
    changes = start.utcoffset() != end.utcoffset()
    day = say_day(start.date(), with_year=with_year)
    first = f"{day}{comma} {start:%H:%M}{_suffix(when.start, zone, changes)}"
    last = f"{end:%H:%M}{_suffix(when.end, zone, changes or with_zone)}"
    if end.date() == start.date():
        return f"{first}-{last}"
    return f"{first} to {say_day(end.date(), with_year=with_year)}{comma} {last}"


def say_away(at: datetime, now: datetime) -> str:
    """Say how far an instant lies ahead or back: `in 12 min`, `3 h ago`, `in 2 days`, `now`."""
    minutes = round(abs(at - now).total_seconds() / 60)
    if not minutes:
        return "now"
    hours, days = round(minutes / 60), round(minutes / 60 / 24)
    if minutes < 90:  # noqa: PLR2004 - minutes that are told as such
        length = f"{minutes} min"
    elif hours < 36:  # noqa: PLR2004 - hours that are told as such
        length = f"{hours} h"
    else:
        length = f"{days} days"
    return f"in {length}" if at > now else f"{length} ago"


def zone_name(instant: datetime, zone: str) -> str:
    """Return the short name the zone goes by at `instant`: `CET`, or `UTC+05:30` where it has none."""
    here = local(instant, zone)
    name = here.tzname() or ""
    if name.isalpha():
        return name
    offset = here.utcoffset() or timedelta(0)
    minutes = round(abs(offset).total_seconds() / 60)
    return f"UTC{'-' if offset < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def check_zone(name: str) -> tuple[str, str]:
    """Return a zone's name and a warning about it ("" for none).

    Raises ValueError with one line that says what to write instead.
    """
    if not _is_zone(name):
        raise ValueError(f"{name!r} is not an IANA time zone{_hint(name)}")
    if re.fullmatch(r"Etc/GMT[+-]\d+", name) and not name.endswith(("+0", "-0")):
        flipped = "-" if "+" in name else "+"
        hours = name.partition("GMT")[2][1:]
        return name, f"{name} means UTC{flipped}{hours} and has no summer time; a city is safer"
    if name in _NO_SUMMER_TIME:
        return name, f"{name} has no summer time; a city, such as America/New_York, is safer"
    return name, ""


def _is_zone(name: str) -> bool:
    if name in _NOT_A_PLACE or not (_SPELLED_AS_USUAL.fullmatch(name) or name in available_timezones()):
        return False
    try:
        _zone(name)
    # A key that climbs out of the database is a ValueError, a folder an OSError, a missing one a KeyError.
    except (ValueError, OSError, KeyError):
        return False
    return True


def _hint(name: str) -> str:
    wanted = name.strip()
    offset = re.fullmatch(r"(?:UTC|GMT)([+-])0?(\d{1,2})", wanted, re.IGNORECASE)
    if offset:
        flipped = "-" if offset[1] == "+" else "+"
        return f"; write a city, such as Europe/Berlin (or Etc/GMT{flipped}{offset[2]}, which has no summer time)"
    names = {known.lower(): known for known in available_timezones() - _NOT_A_PLACE}
    near = [wanted.lower()] if wanted.lower() in names else get_close_matches(wanted.lower(), names, n=1)
    return f"; did you mean {names[near[0]]}?" if near else "; write one such as Europe/Berlin"


def say_day(day: date, *, with_year: bool = True) -> str:
    """Return `Tue 1 Dec 2026`, or `Tue 1 Dec`."""
    year = f" {day.year}" if with_year else ""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1][:3]}{year}"


def _suffix(instant: datetime, zone: str, wanted: bool) -> str:
    return f" {zone_name(instant, zone)}" if wanted else ""

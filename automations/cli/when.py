"""Times as people type them: ISO, `14:30`, `+2d`, or words."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from automations.errors import BadValueError
from automations.plan.zones import in_hours, local, resolve_wall

MORNING = time(9)
_AHEAD = re.compile(r"\+(\d{1,4})([mhdw])")
_WORDS = re.compile(r"[A-Za-z]")
_EITHER_WAY = re.compile(r"\d[./-]\d")  # 04/05 is April to some and May to others
_HOURS = {"m": 1 / 60, "h": 1.0}
_DAYS = {"d": 1, "w": 7}


def parse_when(text: str, now: datetime, zone: str) -> datetime:
    """Return the UTC instant that `text` means to a person in `zone` at `now`.

    `+3h` are real hours; `+2d` is the same wall time in two days; a date alone means 09:00; a time
    alone is the next one.

    :raises BadValueError: it cannot be read as a time.
    """
    wanted = text.strip()
    ahead = _AHEAD.fullmatch(wanted)
    if ahead:
        return _later(int(ahead[1]), ahead[2], now, zone)
    for read in (_iso, _clock):
        instant = read(wanted, now, zone)
        if instant is not None:
            return instant
    return _in_words(wanted, now, zone)


def parse_past(text: str, now: datetime, zone: str) -> datetime:
    """Return the UTC instant of something that began: as `parse_when`, but `14:30` is the last one."""
    instant = parse_when(text, now, zone)
    if instant > now and re.fullmatch(r"\d{1,2}:\d{2}", text.strip()):
        here = local(instant, zone)
        return resolve_wall(here.date() - timedelta(days=1), here.time(), zone)[0]
    return instant


def _later(count: int, unit: str, now: datetime, zone: str) -> datetime:
    if unit in _HOURS:
        return in_hours(now, count * _HOURS[unit])
    here = local(now, zone)
    return resolve_wall(here.date() + timedelta(days=count * _DAYS[unit]), here.time(), zone)[0]


def _iso(text: str, now: datetime, zone: str) -> datetime | None:
    del now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return resolve_wall(day, MORNING, zone)[0]
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is not None:
        return instant.astimezone(UTC)
    return resolve_wall(instant.date(), instant.time(), zone)[0]


def _clock(text: str, now: datetime, zone: str) -> datetime | None:
    if not re.fullmatch(r"\d{1,2}:\d{2}", text):
        return None
    try:
        wall = time.fromisoformat(text.zfill(5))
    except ValueError:
        return None
    today = local(now, zone).date()
    instant = resolve_wall(today, wall, zone)[0]
    return instant if instant > now else resolve_wall(today + timedelta(days=1), wall, zone)[0]


def _in_words(text: str, now: datetime, zone: str) -> datetime:
    if not _WORDS.search(text) or _EITHER_WAY.search(text):
        raise _unreadable(text)
    import dateparser

    base = local(now, zone).replace(tzinfo=None)
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future", "RETURN_AS_TIMEZONE_AWARE": False}
    found: datetime | None = dateparser.parse(text, languages=["en"], settings=settings) if text else None
    if found is None:
        raise _unreadable(text)
    return resolve_wall(found.date(), found.time().replace(tzinfo=None), zone)[0]


def _unreadable(text: str) -> BadValueError:
    return BadValueError(
        f"{text!r} is no time I can read", fix="write 2026-12-01, 2026-12-01T14:30, 14:30, +2d or +3h"
    )

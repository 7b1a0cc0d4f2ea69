"""Working hours and preferred hours: 'Mon-Fri 09:00-17:30' to windows and back to words."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise
from typing import TYPE_CHECKING

from automations.model.policy import WeekWindow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
FORM = 'is not hours of a week; write days and times like "Mon-Fri 09:00-17:30" or "Mon,Wed 9:00-12:00 13:00-17:00"'
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", re.ASCII)
_DAY_MINUTES = 24 * 60


class WindowError(ValueError):
    """A text that is no window; the message is the sentence for the person."""


def parse_windows(text: str) -> tuple[WeekWindow, ...]:
    """Return the windows a text such as 'Mon-Fri 09:00-17:30' stands for, in the order of the week.

    :raises WindowError: the text is not of that form, or a window is empty or ends before it starts.
    """
    plain = re.sub(r"\s*[-\u2013]\s*", "-", text.strip())
    days_text, spans = _split(plain)
    days = _days(days_text)
    return tuple(sorted((WeekWindow(day, *span) for day in days for span in spans), key=_order))


def quiet_hours(text: str) -> tuple[time, time] | None:
    """Return the wall times '22:00-07:00' runs between, also over midnight; None for an empty text.

    :raises WindowError: the text is not of that form, or names no time at all.
    """
    if not text.strip():
        return None
    found = _SPAN.fullmatch(re.sub(r"\s*[-\u2013]\s*", "-", text.strip()))
    try:
        start, end = (time(int(found[n]) % 24, int(found[n + 1])) for n in (1, 3)) if found else (None, None)
    except ValueError:
        start = end = None
    if start is None or end is None:
        raise WindowError('is no stretch of the day; write it like "22:00-07:00"')
    if start == end:
        raise WindowError("ends when it starts; leave it empty for none")
    return start, end


def minutes_of(window: WeekWindow) -> tuple[int, int]:
    """Return start and end in minutes of the day; an end at midnight is 1440."""
    start, end = (one.hour * 60 + one.minute for one in (window.start, window.end))
    return start, end or _DAY_MINUTES


def window_words(window: WeekWindow) -> str:
    """Return a window as it is written in the config."""
    end = "24:00" if minutes_of(window)[1] == _DAY_MINUTES else f"{window.end:%H:%M}"
    return f"{DAYS[window.weekday]} {window.start:%H:%M}-{end}"


def find_overlap(windows: Iterable[WeekWindow]) -> tuple[WeekWindow, WeekWindow] | None:
    """Return the first two windows that share time, or None."""
    ordered = sorted(windows, key=_order)
    for one, two in pairwise(ordered):
        if one.weekday == two.weekday and minutes_of(two)[0] < minutes_of(one)[1]:
            return one, two
    return None


def longest_stretch(windows: Sequence[WeekWindow]) -> int:
    """Return the longest unbroken stretch on one day in minutes; windows that touch are one stretch."""
    best = begun = reached = 0
    day = -1
    for window in sorted(windows, key=_order):
        start, end = minutes_of(window)
        if window.weekday != day or start > reached:
            day, begun, reached = window.weekday, start, end
        reached = max(reached, end)
        best = max(best, reached - begun)
    return best


def touches(window: WeekWindow, others: Iterable[WeekWindow]) -> bool:
    """Tell whether a window shares time with any of the others."""
    start, end = minutes_of(window)
    spans = (minutes_of(one) for one in others if one.weekday == window.weekday)
    return any(start < to and since < end for since, to in spans)


def _order(window: WeekWindow) -> tuple[int, int, int]:
    return window.weekday, *minutes_of(window)


def _split(text: str) -> tuple[str, list[tuple[time, time]]]:
    first = re.search(r"\d", text)
    if first is None or not text[: first.start()].strip():
        raise WindowError(FORM)
    parts = [part for part in re.split(r"[\s,]+", text[first.start() :]) if part]
    return text[: first.start()], [_span(part) for part in parts]


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in re.split(r"[\s,]+", text.strip(" ,:")):
        first, dash, last = part.partition("-")
        start = _day(first)
        end = _day(last) if dash else start
        # A range may run over the weekend: Sat-Mon.
        found += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    if len(set(found)) != len(found):
        raise WindowError("names a day twice; name each day once")
    return found


def _day(text: str) -> int:
    plain = text.strip().lower()
    for number, name in enumerate(_LONG):
        if plain in (name, name[:3]):
            return number
    raise WindowError(FORM)


def _span(text: str) -> tuple[time, time]:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise WindowError(FORM)
    start, end = (int(match[at]) * 60 + int(match[at + 1]) for at in (1, 3))
    if max(int(match[2]), int(match[4])) > 59 or max(start, end) > _DAY_MINUTES:  # noqa: PLR2004 - minutes
        raise WindowError("has a time no clock shows; times run from 00:00 to 24:00")
    if end == start:
        raise WindowError(f"has {text}, which is empty: it ends when it starts")
    if end < start:
        raise WindowError(
            f"has {text}, which ends before it starts; for a night write two windows, to 24:00 and from 00:00"
        )
    return _time(start), _time(end)


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)

"""Working time as instants: which stretches of a month the person works.

Windows of one local day that touch are one; windows of two days never are, so that whatever lies
within a window lies within one local day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from automations.model.seen import Span
from automations.plan.zones import (
    day_start,
    first_day,
    last_day,
    local,
    resolve_wall,
    steady_offsets,
    wall_end,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from automations.model.policy import Policy, WeekWindow
    from automations.model.records import Month


_MONDAY = date(2024, 1, 1)
_DAYS_AHEAD = 15


@dataclass(frozen=True, slots=True)
class WorkDay:
    """A local day and its stretches of working time, in order and apart from each other (UTC)."""

    day: date
    spans: tuple[Span, ...]


def day_windows(day: date, windows: Sequence[WeekWindow], zone: str) -> tuple[Span, ...]:
    """Return the stretches of `windows` on a local day, in order; those that touch or overlap are one.

    Where the clocks change inside a window the doubtful end is the earlier instant, so that no
    window reaches past its wall time.
    """
    spans = []
    for window in windows:
        if window.weekday == day.weekday():
            start, end = resolve_wall(day, window.start, zone)[0], wall_end(day, window.end, zone)
            if start < end:
                spans.append(Span(start, end))
    merged: list[Span] = []
    for span in sorted(spans) if len(spans) > 1 else spans:
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def next_working_time(policy: Policy, now: datetime) -> datetime:
    """Return `now` in working hours, else when they begin next; `now` also where there are none for two weeks."""
    zone = policy.me.zone
    today = local(now, zone).date()
    for ahead in range(_DAYS_AHEAD):
        for span in day_windows(today + timedelta(days=ahead), policy.invention.working_hours, zone):
            if span.end > now:
                return max(now, span.start)
    return now


def next_working_day(policy: Policy, at: datetime) -> datetime:
    """Return the first instant of working time on a later local day than that of `at`."""
    zone = policy.me.zone
    tomorrow = local(at, zone).date() + timedelta(days=1)
    return next_working_time(policy, day_start(tomorrow, zone))


def working_days(
    month: Month, windows: Sequence[WeekWindow], zone: str, holidays: Mapping[date, str]
) -> tuple[WorkDay, ...]:
    """Return the days of a local month that have working time, holidays left out."""
    first, count = first_day(month), last_day(month).day
    week = _plain_week(tuple(windows))
    days = []
    for number, offset in enumerate(steady_offsets(first, count, zone)):
        day = first + timedelta(days=number)
        plain = week[day.weekday()]
        if day in holidays or not plain:
            continue
        if offset is None:
            plain = day_windows(day, windows, zone)
        else:
            away = timedelta(days=day.toordinal() - day.weekday() - _MONDAY.toordinal()) - offset
            plain = tuple(Span(span.start + away, span.end + away) for span in plain)
        if plain:
            days.append(WorkDay(day, plain))
    return tuple(days)


@lru_cache(maxsize=8)
def _plain_week(windows: tuple[WeekWindow, ...]) -> tuple[tuple[Span, ...], ...]:
    """Return the windows of each weekday as they are in UTC, in the week of `_MONDAY`.

    A local day without a change of the clocks has the same ones, moved to its midnight.
    """
    return tuple(day_windows(_MONDAY + timedelta(days=number), windows, "UTC") for number in range(7))

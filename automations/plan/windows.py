"""Working time as instants: which stretches of a month the person works.

Windows of one local day that touch are one; windows of two days never are, so that whatever lies
within a window lies within one local day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.seen import Span
from automations.plan.zones import first_day, last_day, resolve_wall, wall_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from automations.model.policy import WeekWindow
    from automations.model.records import Month


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
    spans = sorted(
        span
        for window in windows
        if window.weekday == day.weekday()
        and (span := Span(resolve_wall(day, window.start, zone)[0], wall_end(day, window.end, zone))).start
        < span.end
    )
    merged: list[Span] = []
    for span in spans:
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def working_days(
    month: Month, windows: Sequence[WeekWindow], zone: str, holidays: Mapping[date, str]
) -> tuple[WorkDay, ...]:
    """Return the days of a local month that have working time, holidays left out."""
    first, count = first_day(month), last_day(month).day
    days = (first + timedelta(days=n) for n in range(count))
    spans = ((day, day_windows(day, windows, zone)) for day in days if day not in holidays)
    return tuple(WorkDay(day, found) for day, found in spans if found)

"""How often an incident is told of: by severity, phase and age, in the person's wall time where it matters.

A pace is minutes between updates, 0 for no fixed time. What is promised is a whole minute, because
that is what a mail says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.records import Phase
from automations.plan.windows import day_windows
from automations.plan.zones import local, resolve_wall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime, time

    from automations.model.policy import Policy, WeekWindow
    from automations.model.seen import Span

RUN_EVERY = timedelta(minutes=15)
"""How often the scheduler comes by."""

DAY_MINUTES = 24 * 60
FIRST_HOUR = timedelta(hours=1)
"""How long after an incident was opened its updates never become rarer."""

SETTLING_IN = timedelta(hours=1)
"""How long after the start of work a promise for the morning falls: time to read the draft."""

_LEAD = {1: timedelta(minutes=10)}
_LEAD_ELSE = timedelta(minutes=20)
_QUIET_FROM = 3
_FAR_DAYS = 60


@dataclass(frozen=True, slots=True)
class WorkTime:
    """When the person works, as wall time in `zone`; without `windows` they work at any time."""

    zone: str
    windows: tuple[WeekWindow, ...] = ()
    quiet: tuple[time, time] | None = None
    holidays: Mapping[date, str] = field(default_factory=dict)


def work_time(policy: Policy, severity: int, holidays: Mapping[date, str]) -> WorkTime:
    """Return the hours that promises of this severity keep to."""
    working = policy.incidents.cadence[severity].working
    return WorkTime(
        zone=policy.me.zone,
        windows=policy.invention.working_hours if working else (),
        quiet=policy.incidents.quiet if severity >= _QUIET_FROM else None,
        holidays=holidays,
    )


def lead(severity: int) -> timedelta:
    """Return how long before its promise an update's draft is there to be read."""
    return _LEAD.get(severity, _LEAD_ELSE)


def prepared_from(due: datetime, severity: int) -> datetime:
    """Return from when a run prepares the update promised for `due`: the next run could be too late."""
    return due - lead(severity) - RUN_EVERY


def pace_of(policy: Policy, severity: int, phase: Phase, age: timedelta, before: int | None) -> int:
    """Return the pace from now on.

    `age` is the time since the incident was opened, `before` the pace so far, None at the start. Within
    the first hour the pace never slows down.
    """
    if phase is Phase.RESOLVED:
        return 0
    cadence = policy.incidents.cadence[severity]
    pace = cadence.monitoring if phase is Phase.MONITORING else cadence.active
    if cadence.long and age >= timedelta(minutes=cadence.long_after):
        pace = max(pace, cadence.long)
    if before and age < FIRST_HOUR:
        pace = min(pace or before, before)
    return pace


def promise_after(pace: int, start: datetime, work: WorkTime) -> datetime | None:
    """Return the instant promised by an update of `start`: in real minutes, or in working time.

    None for no pace. Without working hours real minutes are counted, so that they hold across a change
    of the clocks.
    """
    if not pace:
        return None
    start = start.replace(second=0, microsecond=0)
    due = _in_working_time(pace, start, work) if work.windows else start + timedelta(minutes=pace)
    loud = _after_quiet(due, work)
    if loud == due or not work.windows:
        return loud
    # Where quiet and working hours leave nothing in common, the working hours count.
    return next((at for at in _starts(loud, work) if _after_quiet(at, work) == at), due)


def pace_words(pace: int, *, working: bool) -> str:
    """Return `every 60 minutes`, `every 2 hours`, `every 4 working hours`, `every working morning`."""
    days, rest = divmod(pace, DAY_MINUTES)
    if days and not rest:
        one = "working morning" if working else "day"
        return {1: f"every {one}", 7: "every week"}.get(days, f"every {days} days")
    hours, minutes = divmod(pace, 60)
    kind = "working " if working else ""
    return f"every {pace} {kind}minutes" if minutes or hours == 1 else f"every {hours} {kind}hours"


def _in_working_time(pace: int, start: datetime, work: WorkTime) -> datetime:
    days, rest = divmod(pace, DAY_MINUTES)
    first = local(start, work.zone).date()
    if days and not rest:
        mornings = (spans[0] for spans in _days(first + timedelta(days=days), work))
        return next((min(span.start + SETTLING_IN, span.end) for span in mornings), start)
    left = timedelta(minutes=pace)
    for spans in _days(first, work):
        for span in spans:
            begin = max(span.start, start)
            if span.end - begin >= left:
                return begin + left
            left -= max(span.end - begin, timedelta(0))
    return start + timedelta(minutes=pace)


def _days(first: date, work: WorkTime) -> Iterator[tuple[Span, ...]]:
    """Yield the stretches of working time of each working day from `first` on."""
    for number in range(_FAR_DAYS):
        day = first + timedelta(days=number)
        spans = () if day in work.holidays else day_windows(day, work.windows, work.zone)
        if spans:
            yield spans


def _starts(earliest: datetime, work: WorkTime) -> Iterator[datetime]:
    """Yield the first instants of working time from `earliest` on."""
    for spans in _days(local(earliest, work.zone).date(), work):
        for span in spans:
            if span.end > earliest:
                yield max(span.start, earliest)


def _after_quiet(at: datetime, work: WorkTime) -> datetime:
    """Return `at`, or the end of the quiet hours it falls into."""
    if work.quiet is None:
        return at
    start, end = work.quiet
    here = local(at, work.zone)
    wall = here.time()
    over_midnight = start > end
    if not (wall >= start or wall < end if over_midnight else start <= wall < end):
        return at
    day = here.date() + timedelta(days=1 if over_midnight and wall >= start else 0)
    return resolve_wall(day, end, work.zone)[0]

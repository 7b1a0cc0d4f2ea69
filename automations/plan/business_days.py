"""Rules that name a day of a month: business days, weekdays by number, clamped days.

A business day is one of the person's working weekdays, Monday to Friday unless given, and not a holiday. Holidays are the local day and its name. A rule
always names a day of its own month: what a month does not have becomes its nearest last, and what
falls on a day off moves to the next business day of the same month, else the previous.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automations.plan.zones import first_day, last_day, month_of_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from automations.model.policy import Weekday
    from automations.model.records import Month

MONDAY_TO_FRIDAY = frozenset(range(5))
_WEEK = 7
_FAR = 60


def is_business_day(
    day: date, holidays: Mapping[date, str], weekdays: frozenset[Weekday] = MONDAY_TO_FRIDAY
) -> bool:
    """Tell whether people work on `day`."""
    return day.weekday() in weekdays and day not in holidays


def business_days_later(
    day: date, count: int, holidays: Mapping[date, str], weekdays: frozenset[Weekday] = MONDAY_TO_FRIDAY
) -> date:
    """Return the `count`-th business day after `day`; where there are too few, the day two months on."""
    days = (day + timedelta(days=n) for n in range(1, _FAR + 1))
    business = [each for each in days if is_business_day(each, holidays, weekdays)]
    return business[count - 1] if len(business) >= count else day + timedelta(days=_FAR)


def business_days(
    month: Month, holidays: Mapping[date, str], weekdays: frozenset[Weekday] = MONDAY_TO_FRIDAY
) -> tuple[date, ...]:
    """Return the business days of `month` in order."""
    first, count = first_day(month), last_day(month).day
    days = (first + timedelta(days=n) for n in range(count))
    return tuple(day for day in days if is_business_day(day, holidays, weekdays))


def nth_business_day(month: Month, n: int, holidays: Mapping[date, str]) -> date:
    """Return the n-th business day of `month`, counted from 1, or from the end when `n` is negative.

    Beyond the month's number of them it is the last (the first, from the end). Raises ValueError when
    `n` is 0 or the month has no business day.
    """
    days = business_days(month, holidays)
    if n == 0 or not days:
        raise ValueError(f"{month} has no business day number {n}")
    index = min(n, len(days)) - 1 if n > 0 else max(len(days) + n, 0)
    return days[index]


def first_business_day(month: Month, holidays: Mapping[date, str]) -> date:
    """Return the first business day of `month`."""
    return nth_business_day(month, 1, holidays)


def last_business_day(month: Month, holidays: Mapping[date, str]) -> date:
    """Return the last business day of `month`."""
    return nth_business_day(month, -1, holidays)


def nth_weekday(month: Month, weekday: Weekday, n: int) -> date:
    """Return the n-th `weekday` (0 is Monday) of `month`, counted from 1; beyond them the last."""
    if n < 1:
        raise ValueError(f"{n} is not a number of a weekday in a month")
    first = first_day(month)
    day = first + timedelta(days=(weekday - first.weekday()) % _WEEK)
    count = (last_day(month).day - day.day) // _WEEK + 1
    return day + timedelta(weeks=min(n, count) - 1)


def clamped_day(month: Month, day: int) -> date:
    """Return day number `day` of `month`, or the month's last day when it has no such day."""
    if day < 1:
        raise ValueError(f"{day} is not a day of a month")
    return first_day(month).replace(day=min(day, last_day(month).day))


def shift_to_business_day(
    day: date, holidays: Mapping[date, str], weekdays: frozenset[Weekday] = MONDAY_TO_FRIDAY
) -> date:
    """Return `day`, or the next business day of its month, else the previous.

    In a month without any business day it stays.
    """
    days = business_days(month_of_day(day), holidays, weekdays)
    later = [candidate for candidate in days if candidate >= day]
    if later:
        return later[0]
    return days[-1] if days else day

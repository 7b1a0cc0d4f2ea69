"""Which repeat rules may be expanded, and from where.

A rule is looked at before it is expanded: what would run for minutes, or repeats more often than
any meeting does, is refused in words. A rule from years ago is started near the time asked for.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from icalendar import Event

MAX_OCCURRENCES = 5000
MAX_STEPS = 500_000
"""How many periods may be walked through for all rules of one file; about two seconds."""
_ODD_STEPS = 100_000
_PLAIN_POSITION = 5

_PERIOD_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 28.0, "YEARLY": 365.0}
_FIXED_DAYS = {"DAILY": 1, "WEEKLY": 7}
_FILTERS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY", "BYSETPOS", "BYEASTER")
_HARMLESS = {
    "HOURLY": frozenset({"BYDAY"}),
    "DAILY": frozenset({"BYDAY", "BYMONTH", "BYMONTHDAY"}),
    "WEEKLY": frozenset({"BYDAY", "BYMONTH"}),
}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LEAP_YEAR = 2024

Rule = dict[str, list[Any]]


def rules_of(event: Event) -> list[Rule]:
    """Return an event's repeat rules, each a mapping of upper-case part to its list of values."""
    found = event.get("RRULE")
    if found is None:
        return []
    return [cast("Rule", rule) for rule in (found if isinstance(found, list) else [found])]


def objection(rule: Rule, first: date, days: float) -> str:
    """Return why `rule` is not expanded over `days` days, "" when it may be. `first` is DTSTART."""
    freq = _freq(rule)
    if freq not in _PERIOD_DAYS:
        return f"an event that repeats {freq.lower() or 'without a frequency'} is not a meeting"
    if _interval(rule) < 1:
        return "an event repeats with an INTERVAL below 1"
    if _per_day(rule) * days > MAX_OCCURRENCES:
        return f"an event repeats more than {MAX_OCCURRENCES} times in the time looked at"
    used = {part for part in _FILTERS if rule.get(part)}
    skips_hours = freq == "HOURLY" and _interval(rule) > 1 and bool(rule.get("BYDAY") or rule.get("BYHOUR"))
    if skips_hours or not used <= _HARMLESS.get(freq, frozenset(_FILTERS)):
        return f"a {freq.lower()} event is limited in a way no calendar program writes"
    if _never(rule, freq, first):
        return "an event repeats by a rule that never comes true"
    return ""


def steps(rule: Rule, first: date, last: date) -> float:
    """Return how many periods are walked through to expand `rule` from `first` up to `last`."""
    extra = _ODD_STEPS if _odd(rule) else 0
    span = max(0.0, float((last - first).days)) / (_PERIOD_DAYS[_freq(rule)] * _interval(rule))
    return extra + min(span, float(_number(rule, "COUNT", 10**9))) * max(1.0, _times_in_day(rule))


def settle_until(rule: Rule, start: date, zone: ZoneInfo) -> None:
    """Bring UNTIL into the form of DTSTART: a bare date means the whole of that day, in `zone`."""
    found = rule.get("UNTIL")
    if not found:
        return
    until = found[0]
    if not isinstance(start, datetime):
        if isinstance(until, datetime):
            rule["UNTIL"] = [until.astimezone(zone).date() if until.tzinfo else until.date()]
        return
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    if start.tzinfo is not None:
        until = (until if until.tzinfo else until.replace(tzinfo=start.tzinfo)).astimezone(UTC)
    elif until.tzinfo is not None:
        until = until.astimezone(zone).replace(tzinfo=None)
    rule["UNTIL"] = [until]


def days_to_skip(rules: Sequence[Rule], first: date, wanted: date) -> int:
    """Return by how many days DTSTART may move towards `wanted` with the same occurrences after it.

    That is a whole number of periods; 0 when the rules count their occurrences or follow the months.
    """
    if len(rules) != 1 or rules[0].get("COUNT") or _freq(rules[0]) not in _FIXED_DAYS:
        return 0
    # Seven times the interval keeps the weekday, which BYDAY and an absent BYDAY both rest on.
    period = 7 * _interval(rules[0])
    return max(0, (wanted - first).days // period * period)


def _freq(rule: Mapping[str, Sequence[Any]]) -> str:
    return str((rule.get("FREQ") or [""])[0]).upper()


def _number(rule: Rule, part: str, otherwise: int) -> int:
    return abs(int((rule.get(part) or [otherwise])[0]))


def _interval(rule: Rule) -> int:
    return int((rule.get("INTERVAL") or [1])[0])


def _times_in_day(rule: Rule) -> int:
    times = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(1, len(rule.get(part) or ()))
    return times


def _per_day(rule: Rule) -> float:
    times = _times_in_day(rule)
    return times * (24 / _interval(rule)) if _freq(rule) == "HOURLY" else times


def _odd(rule: Rule) -> bool:
    """Tell whether a rule's limits may never be met together, so that following it may end in the year 9999."""
    used = {part for part in _FILTERS if rule.get(part)}
    if used & {"BYWEEKNO", "BYYEARDAY", "BYEASTER"} or used >= {"BYDAY", "BYMONTHDAY"}:
        return True
    positions = [abs(int(position)) for position in rule.get("BYSETPOS") or ()]
    if positions and ("BYDAY" not in used or max(positions) > _PLAIN_POSITION):
        return True
    return _freq(rule) in _FIXED_DAYS and _interval(rule) > 1 and bool(used & {"BYMONTH", "BYMONTHDAY"})


def _never(rule: Rule, freq: str, first: date) -> bool:
    """Tell whether no day can ever pass the rule's limits; walking on would then end in the year 9999."""
    months = [int(month) for month in rule.get("BYMONTH") or range(1, 13)]
    longest = max(
        (calendar.monthrange(_LEAP_YEAR, month)[1] for month in months if month in range(1, 13)), default=0
    )
    wanted = [abs(int(day)) for day in rule.get("BYMONTHDAY") or [1]]
    if not any(1 <= day <= longest for day in wanted):
        return True
    weekdays = {str(day)[-2:].upper() for day in rule.get("BYDAY") or ()}
    keeps_weekday = freq == "DAILY" and _interval(rule) % 7 == 0
    return bool(weekdays) and keeps_weekday and _DAYS[first.weekday()] not in weekdays

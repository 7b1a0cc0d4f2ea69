"""Working time, and the free stretches in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from automations.model.policy import WeekWindow
from automations.model.seen import Busy, Span
from automations.plan.busy_times import BusyTimes
from automations.plan.windows import day_windows, working_days

BERLIN = "Europe/Berlin"
TUESDAY = date(2026, 12, 1)


def at(hour, minute=0, second=0, day=1):
    """Return an instant of December 2026, in Berlin's wall time."""
    return datetime(2026, 12, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=1)


def window(start, end, weekday=1):
    return WeekWindow(weekday, time(start), time(end))


def busy(*spans):
    return BusyTimes([Busy(Span(*span)) for span in spans], 15)


def free(times, span, taken=(), earliest=None):
    found = times.free(span, taken, earliest or at(0))
    return [(stretch.span.start, stretch.span.end) for stretch in found]


def test_windows_that_touch_or_overlap_are_one():
    parts = (window(13, 17), window(9, 12), window(12, 13), window(14, 15), window(19, 20))
    assert day_windows(TUESDAY, parts, BERLIN) == (Span(at(9), at(17)), Span(at(19), at(20)))


def test_a_window_within_another_does_not_shorten_it():
    assert day_windows(TUESDAY, (window(9, 17), window(10, 12)), BERLIN) == (Span(at(9), at(17)),)


def test_windows_of_two_days_stay_apart_at_midnight():
    parts = (window(20, 0), window(0, 6, weekday=2))
    days = working_days("2026-12", parts, BERLIN, {})[:2]
    assert [day.spans for day in days] == [(Span(at(20), at(0, day=2)),), (Span(at(0, day=2), at(6, day=2)),)]


def test_another_weekday_and_a_holiday_have_no_working_time():
    assert day_windows(date(2026, 12, 2), (window(9, 17),), BERLIN) == ()
    days = working_days("2026-12", (window(9, 17),), BERLIN, {date(2026, 12, 8): "Immaculate Conception"})
    assert [day.day.day for day in days] == [1, 15, 22, 29]


def test_a_window_the_clocks_skip_is_no_working_time():
    sunday = WeekWindow(6, time(2), time(2, 30))
    assert day_windows(date(2026, 3, 29), (sunday,), BERLIN) == ()
    assert len(day_windows(date(2026, 3, 22), (sunday,), BERLIN)) == 1


def test_a_working_day_is_as_long_as_it_really_is():
    night = WeekWindow(6, time(0), time(6))
    (spring,) = day_windows(date(2026, 3, 29), (night,), BERLIN)
    (autumn,) = day_windows(date(2026, 10, 25), (night,), BERLIN)
    assert (spring.length, autumn.length) == (timedelta(hours=5), timedelta(hours=7))


@example(month="2026-04", zone="Africa/Cairo", start=0, end=6)
@example(month="2026-04", zone="America/Santiago", start=22, end=24)
@example(month="2026-03", zone="America/Havana", start=0, end=3)
@example(month="2026-11", zone="America/Havana", start=0, end=3)
@given(
    month=st.dates(date(2024, 1, 1), date(2040, 1, 1)).map(lambda day: f"{day:%Y-%m}"),
    zone=st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
    start=st.integers(0, 23),
    end=st.integers(1, 24),
)
def test_the_days_of_a_month_are_what_each_day_says_by_itself(month, zone, start, end):
    hours = tuple(window(start, end % 24, weekday=day) for day in range(7) if start < end)
    days = {day.day: day.spans for day in working_days(month, hours, zone, {})}
    first = date.fromisoformat(f"{month}-01")
    every = [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month]
    assert days == {day: spans for day in every if (spans := day_windows(day, hours, zone))}


WORK = Span(at(9), at(17))


def test_what_is_busy_keeps_its_buffer_on_both_sides():
    assert free(busy((at(11), at(12))), WORK) == [(at(9), at(10, 45)), (at(12, 15), at(17))]


def test_what_is_busy_outside_the_working_time_keeps_its_buffer_inside():
    assert free(busy((at(8), at(9)), (at(17), at(18))), WORK) == [(at(9, 15), at(16, 45))]


def test_a_long_event_that_began_long_ago_still_takes_its_time():
    times = busy((at(0), at(16)), (at(1), at(2)), (at(10), at(11)))
    assert free(times, WORK) == [(at(16, 15), at(17))]


def test_an_event_of_several_days_leaves_nothing_of_a_day_in_between():
    assert free(busy((at(9) - timedelta(days=9), at(9) + timedelta(days=9))), WORK) == []


def test_own_blocks_are_kept_clear_as_well():
    taken = (Span(at(10), at(12)),)
    assert free(busy((at(14), at(15))), WORK, taken) == [
        (at(9), at(9, 45)),
        (at(12, 15), at(13, 45)),
        (at(15, 15), at(17)),
    ]


def test_seconds_are_rounded_away_from_the_neighbours():
    times = busy((at(9), at(9, 30, 20)), (at(12, 0, 40), at(17)))
    assert free(times, WORK) == [(at(9, 46), at(11, 45))]


def test_nothing_is_free_before_the_notice_is_over():
    (stretch,) = busy().free(WORK, (), at(10, 7))
    assert (stretch.span.start, stretch.opens) == (at(10, 7), False)
    assert busy().free(WORK, (), at(17)) == []


def test_neighbours_are_known_without_their_buffer():
    first, second = busy((at(11), at(12))).free(WORK, (), at(0))
    assert (first.left, first.right) == (at(9), at(11))
    assert (second.left, second.right) == (at(12), at(17))


def test_an_event_of_no_length_is_kept_clear_but_takes_no_time():
    times = busy((at(11), at(11)))
    assert free(times, WORK) == [(at(9), at(10, 45)), (at(11, 15), at(17))]
    assert times.over(WORK) == ()


@pytest.mark.parametrize(
    ("span", "titles"),
    [
        (Span(at(9), at(10)), ["long"]),
        (Span(at(10), at(11)), ["long", "short"]),
        (Span(at(13), at(14)), []),
        (Span(at(8), at(9)), []),
    ],
)
def test_only_what_overlaps_is_over_a_span(span, titles):
    times = BusyTimes([Busy(Span(at(10), at(10, 30)), "short"), Busy(Span(at(9), at(13)), "long")], 15)
    assert [event.title for event in times.over(span)] == titles


def test_what_is_nearer_than_the_buffer_is_near():
    times = busy((at(11), at(12)))
    assert len(times.near(Span(at(9), at(10, 46)))) == 1
    assert times.near(Span(at(9), at(10, 45))) == ()

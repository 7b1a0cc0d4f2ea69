"""Months, wall times and the words for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.model.seen import Span
from automations.plan.zones import (
    add_months,
    check_zone,
    day_start,
    first_day,
    last_day,
    local,
    month_of,
    month_span,
    resolve_wall,
    say_month,
    say_when,
    wall_end,
    zone_name,
)

BERLIN = "Europe/Berlin"
ZONES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"}))
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@given(instant=INSTANTS, zone=ZONES)
def test_every_instant_lies_in_the_span_of_its_month(instant, zone):
    span = month_span(month_of(instant, zone), zone)
    assert span.start <= instant < span.end


@given(instant=INSTANTS, zone=ZONES)
def test_an_instant_read_off_the_clock_is_found_again_unless_the_clock_shows_it_twice(instant, zone):
    whole = instant.replace(second=0, microsecond=0)
    shown = local(whole, zone)
    found, note = resolve_wall(shown.date(), shown.time(), zone)
    if shown.fold:
        assert found < whole
        assert "the first is taken" in note
    else:
        assert found == whole
        assert "does not exist" not in note


@given(day=st.dates(date(2024, 1, 1), date(2040, 1, 1)), zone=ZONES)
def test_days_follow_each_other_without_a_gap(day, zone):
    start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    assert timedelta(hours=20) <= end - start <= timedelta(hours=28)
    assert wall_end(day, time(0), zone) == end


def test_months_are_counted_over_the_year():
    assert add_months("2026-12", 1) == "2027-01"
    assert add_months("2026-01", -1) == "2025-12"
    assert add_months("2026-07", -31) == "2023-12"
    assert (first_day("2028-02"), last_day("2028-02")) == (date(2028, 2, 1), date(2028, 2, 29))
    assert say_month("2026-12") == "December 2026"


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "dec", "", "2026-12-01", "0000-01", "२०२६-१२"])
def test_what_is_no_month_is_said_to_be_none(text):
    with pytest.raises(ValueError, match="write it as YYYY-MM"):
        first_day(text)


def test_a_day_that_never_was_is_empty():
    assert day_start(date(2011, 12, 30), "Pacific/Apia") == day_start(date(2011, 12, 31), "Pacific/Apia")


@pytest.mark.parametrize(
    ("day", "at", "zone", "end"),
    [
        (date(2026, 3, 8), time(2, 30), "America/New_York", utc(2026, 3, 8, 6, 30)),
        (date(2026, 11, 1), time(1, 30), "America/New_York", utc(2026, 11, 1, 5, 30)),
        (date(2026, 12, 1), time(17), BERLIN, utc(2026, 12, 1, 16)),
        (date(2026, 4, 23), time(0), "Africa/Cairo", utc(2026, 4, 23, 22)),
    ],
)
def test_the_end_of_working_hours_is_the_earlier_reading(day, at, zone, end):
    assert wall_end(day, at, zone) == end


SPAN = Span(utc(2026, 12, 1, 8, 30), utc(2026, 12, 1, 10, 30))


def test_a_time_is_said_the_way_people_read_it():
    assert say_when(SPAN, BERLIN) == "Tue 1 Dec 2026, 09:30-11:30"
    assert say_when(SPAN, BERLIN, with_zone=True) == "Tue 1 Dec 2026, 09:30-11:30 CET"
    assert say_when(SPAN, BERLIN, with_year=False) == "Tue 1 Dec 09:30-11:30"
    assert say_when(SPAN.start, BERLIN, with_year=False) == "Tue 1 Dec 09:30"
    assert say_when(SPAN.start, "Asia/Kathmandu", with_zone=True) == "Tue 1 Dec 2026, 14:15 UTC+05:45"


def test_a_time_over_midnight_names_both_days():
    over = Span(utc(2026, 12, 31, 22), utc(2027, 1, 1))
    assert say_when(over, BERLIN) == "Thu 31 Dec 2026, 23:00 to Fri 1 Jan 2027, 01:00"


def test_both_ends_carry_the_zone_when_the_clocks_change_in_between():
    over = Span(utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 2, 30))
    assert say_when(over, BERLIN) == "Sun 29 Mar 2026, 01:30 CET-04:30 CEST"


def test_a_zone_without_a_short_name_is_named_by_its_offset():
    assert zone_name(utc(2026, 1, 1), "America/Sao_Paulo") == "UTC-03:00"
    assert zone_name(utc(2026, 7, 1), "Europe/London") == "BST"


def test_every_zone_of_the_database_is_taken():
    refused = []
    for name in available_timezones() - {"Factory", "localtime"}:
        try:
            assert check_zone(name)[0] == name
        except ValueError:
            refused.append(name)
    assert refused == []

"""The VTIMEZONE we write says what the zone does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from automations.compose.ics import id_of, needs_timezone, render_timezone, uid_of

ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Phoenix",
    "America/Santiago",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Chatham",
]


@pytest.mark.parametrize("zone", ZONES)
def test_it_agrees_with_the_zone_all_the_years_it_covers(zone):
    place = ZoneInfo(zone)
    text = render_timezone(zone, 2025, 2030)
    described = icalendar.Timezone.from_ical(text).to_tz(lookup_tzid=False)
    moment = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    wrong = []
    while moment.year < 2031:
        local = moment.astimezone(place)
        wall = local.replace(tzinfo=None, fold=0)
        if not local.fold and wall.replace(tzinfo=described).utcoffset() != local.utcoffset():
            wrong.append(local)
        moment += timedelta(hours=2)
    assert wrong == []


def test_a_regular_zone_is_two_rules_as_every_program_reads():
    text = render_timezone("Europe/Berlin", 2025, 2035)
    assert text.count("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU") == 1
    assert text.count("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU") == 1
    assert (text.count("BEGIN:STANDARD"), text.count("BEGIN:DAYLIGHT"), text.count("RDATE")) == (1, 1, 0)
    assert "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU" in render_timezone("America/New_York", 2025, 2035)


def test_a_zone_without_changes_is_one_standard_time():
    text = render_timezone("Asia/Kathmandu", 2025, 2035)
    assert "TZOFFSETTO:+0545" in text
    assert (text.count("BEGIN:STANDARD"), text.count("BEGIN:DAYLIGHT")) == (1, 0)


def test_utc_needs_no_description():
    assert not needs_timezone("UTC")
    assert not needs_timezone("Etc/UTC")
    assert needs_timezone("Europe/London")


def test_our_uids_are_known_from_others():
    assert id_of(uid_of("b1")) == "b1"
    assert id_of("b1@google.com") == ""

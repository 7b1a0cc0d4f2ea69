"""The sample calendar: a manager's weeks, busy whenever it is tried, with room for two hours here and there."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest

from automations.model.seen import BusyKind, Span
from automations.providers.local.calendar import LocalCalendar

SAMPLE = Path(__file__).parents[2] / "config" / "sample-calendar.ics"
NEEDED = timedelta(hours=2, minutes=30)  # two hours and a quarter of an hour on either side


def busy_of(tmp_path, zone, start, days):
    begin = datetime(*start, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    calendar = LocalCalendar((str(SAMPLE),), str(tmp_path / "own.ics"), zone, me="sam@example.com")
    report = calendar.fetch_busy(Span(begin, begin + timedelta(days=days)), own=())
    assert report.unreadable == ()
    return report.busy


def test_it_says_that_it_is_a_sample():
    calendar = icalendar.Calendar.from_ical(SAMPLE.read_bytes())
    assert "SAMPLE" in calendar["X-WR-CALNAME"]
    assert "SAMPLE" in calendar["PRODID"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"])
def test_it_fits_any_zone(tmp_path, zone):
    starts = {
        busy.title: busy.span.start.astimezone(ZoneInfo(zone))
        for busy in busy_of(tmp_path, zone, (2026, 10, 19), 21)
    }
    assert starts["Staff meeting"].time() == time(9, 30)
    assert starts["Staff meeting"].weekday() == 0
    assert starts["Offsite"].time() == time(0)


@pytest.mark.parametrize("monday", [(2025, 1, 6), (2027, 1, 4), (2035, 1, 1)])
def test_it_is_busy_whenever_it_is_tried(tmp_path, monday):
    busy = busy_of(tmp_path, "Europe/Berlin", monday, 364)
    weeks = Counter(each.span.start.isocalendar()[:2] for each in busy)
    assert min(weeks.values()) >= 12
    assert {each.kind for each in busy} == {BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.ALL_DAY}
    titles = Counter(each.title for each in busy)
    assert titles["Offsite"] == 13
    assert titles["Portfolio review"] == 26
    assert not {"Working from home", "Vendor webinar (declined)"} & set(titles)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_room_on_several_days(tmp_path, month):
    zone = ZoneInfo("Europe/Berlin")
    busy = busy_of(tmp_path, "Europe/Berlin", (2027, month, 1), 28)
    roomy = 0
    for number in range(28):
        day = datetime(2027, month, 1, tzinfo=zone) + timedelta(days=number)
        edges = [day.replace(hour=9)]
        for each in sorted(each.span for each in busy if each.span.overlaps(Span(day, day.replace(hour=17)))):
            edges += [each.start, each.end]
        edges.append(day.replace(hour=17))
        gaps = [end - start for start, end in zip(edges[::2], edges[1::2], strict=True)]
        roomy += day.weekday() < 5 and max(gaps) >= NEEDED
    assert 4 <= roomy <= 14

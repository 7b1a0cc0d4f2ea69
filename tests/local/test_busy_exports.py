"""Calendars as real programs write them, read for March 2026 by somebody in Berlin (+1, from the 29th +2)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from automations.model.seen import BusyKind, Span
from automations.providers.local.calendar import LocalCalendar

CALENDARS = Path(__file__).with_name("calendars")
MARCH = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
BUSY, TENTATIVE = BusyKind.BUSY, BusyKind.TENTATIVE
AWAY, FOCUS, ALL_DAY = BusyKind.OUT_OF_OFFICE, BusyKind.FOCUS, BusyKind.ALL_DAY

EXPECTED = {
    "google.ics": [
        ("02 08:30", "02 09:00", "Staff meeting, weekly", BUSY),
        ("05 13:00", "05 14:30", "Architecture forum", TENTATIVE),
        ("10 14:00", "10 14:30", "Staff meeting (moved)", BUSY),
        ("11 23:00", "13 23:00", "Conference", ALL_DAY),
        ("19 08:00", "19 16:00", "Out of office", AWAY),
        ("20 08:00", "20 10:00", "Focus time", FOCUS),
        ("30 07:30", "30 08:00", "Staff meeting, weekly", BUSY),
    ],
    "outlook-desktop.ics": [
        ("03 13:00", "03 14:00", "Jour fixe", BUSY),
        ("05 04:15", "05 05:15", "Call with the Kathmandu office", BUSY),
        ("06 10:00", "06 11:00", "Maybe lunch talk", TENTATIVE),
        ("22 23:00", "25 23:00", "Urlaub", AWAY),
    ],
    "outlook-web.ics": [
        ("05 13:30", "05 14:00", "One on one", BUSY),
        ("06 16:00", "06 17:00", "Global all hands", BUSY),
        ("09 07:00", "09 08:30", "Dentist", AWAY),
        ("19 13:30", "19 14:00", "One on one", BUSY),
        ("26 13:30", "26 14:00", "One on one", BUSY),
    ],
    "apple.ics": [
        ("02 14:00", "02 14:30", "New York sync", BUSY),
        ("04 11:00", "04 11:30", "Lunch walk", BUSY),
        ("16 13:00", "16 13:30", "New York sync", BUSY),
        ("19 23:00", "20 23:00", "Offsite", ALL_DAY),
    ],
    "thunderbird.ics": [
        ("02 09:15", "02 09:30", "Standup", BUSY),
        ("03 09:15", "03 09:30", "Standup", BUSY),
        ("04 09:15", "04 09:30", "Standup", BUSY),
        ("12 13:00", "12 14:00", "Board dates", BUSY),
        ("18 22:00", "20 02:00", "Provisional visit", TENTATIVE),
        ("30 14:00", "30 15:00", "Board dates", BUSY),
    ],
    "fastmail.ics": [
        ("02 07:00", "02 07:45", "Melbourne handover", BUSY),
        ("09 07:00", "09 07:45", "Melbourne handover", BUSY),
        ("15 23:00", "17 23:00", "Training", ALL_DAY),
    ],
    "nextcloud.ics": [
        ("01 08:00", "01 09:00", "Tokyo review", TENTATIVE),
        ("02 15:00", "03 15:00", "Tokyo team day", ALL_DAY),
        ("10 08:00", "10 09:00", "Tokyo review", TENTATIVE),
        ("11 08:00", "11 09:00", "Tokyo review", TENTATIVE),
        ("23 10:00", "23 10:30", "Tokyo review, later", BUSY),
        ("24 10:00", "24 10:30", "Tokyo review, later", BUSY),
        ("25 10:00", "25 10:30", "Tokyo review, later", BUSY),
    ],
    "evolution.vfb.ics": [
        ("03 09:00", "03 10:00", "", BUSY),
        ("04 09:00", "04 10:30", "", BUSY),
        ("05 09:00", "05 10:00", "", TENTATIVE),
        ("06 09:00", "06 17:00", "", AWAY),
    ],
    "vdir": [
        ("03 16:00", "03 16:30", "Haircut", BUSY),
        ("27 14:00", "27 15:00", "Retro", BUSY),
    ],
}


def rows(report):
    return [
        (f"{busy.span.start:%d %H:%M}", f"{busy.span.end:%d %H:%M}", busy.title, busy.kind)
        for busy in report.busy
    ]


def calendar_of(tmp_path, *paths, me="sam@example.com", zone="Europe/Berlin"):
    return LocalCalendar(tuple(map(str, paths)), str(tmp_path / "own.ics"), zone, me=me)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_gives_its_busy_times(tmp_path, name):
    report = calendar_of(tmp_path, CALENDARS / name).fetch_busy(MARCH, own=())
    assert report.unreadable == ()
    assert rows(report) == EXPECTED[name]


def test_every_export_has_its_row():
    assert sorted(path.name for path in CALENDARS.iterdir()) == sorted(EXPECTED)


def test_a_folder_is_all_its_files_together(tmp_path):
    report = calendar_of(tmp_path, CALENDARS).fetch_busy(MARCH, own=())
    assert report.unreadable == ()
    assert sorted(rows(report)) == sorted(row for table in EXPECTED.values() for row in table)


def test_a_file_named_twice_counts_once(tmp_path):
    report = calendar_of(tmp_path, CALENDARS / "vdir", CALENDARS / "vdir" / "khal-1.ics").fetch_busy(
        MARCH, own=()
    )
    assert rows(report) == EXPECTED["vdir"]


def test_what_somebody_else_declined_is_busy_for_me(tmp_path):
    report = calendar_of(tmp_path, CALENDARS / "google.ics", me="ann@example.com").fetch_busy(MARCH, own=())
    assert ("04 13:00", "04 14:00", "Vendor demo", BUSY) in rows(report)
    assert ("05 13:00", "05 14:30", "Architecture forum", BUSY) in rows(report)


def test_the_calendars_own_name_is_told_and_else_the_files(tmp_path):
    report = calendar_of(tmp_path, CALENDARS / "google.ics", CALENDARS / "vdir").fetch_busy(MARCH, own=())
    assert {busy.calendar for busy in report.busy} == {"Sam Sample", "khal-1", "khal-2"}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("day", [1, 5, 12, 19, 23, 30])
def test_a_shorter_question_gets_the_same_answer(tmp_path, name, day):
    calendar = calendar_of(tmp_path, CALENDARS / name)
    span = Span(datetime(2026, 3, day, 9, 20, tzinfo=UTC), datetime(2026, 3, day + 1, 10, tzinfo=UTC))
    whole = [busy for busy in calendar.fetch_busy(MARCH, own=()).busy if busy.span.overlaps(span)]
    assert list(calendar.fetch_busy(span, own=()).busy) == whole

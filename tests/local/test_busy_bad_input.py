"""A calendar that cannot be read is unknown: told with file, line and cure, never free, and never a crash."""

import os
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.model.seen import Span
from automations.providers.local.calendar import LocalCalendar

MARCH = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
GOOD = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:good\r\nDTSTART:20260303T090000Z\r\n"
    "DTEND:20260303T100000Z\r\nSUMMARY:Staff\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
STAFF = [(datetime(2026, 3, 3, 9, tzinfo=UTC), "Staff")]


def event(*lines):
    return wrapped("BEGIN:VEVENT", "UID:bad", "SUMMARY:Bad", *lines, "END:VEVENT")


def wrapped(*lines):
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""))


def repeating(rule, start="20260302T090000Z"):
    return event(f"DTSTART:{start}", f"RRULE:{rule}")


def report_of(tmp_path, content, name="bad.ics"):
    bad, good = tmp_path / name, tmp_path / "good.ics"
    good.write_text(GOOD, newline="")
    if content is not None:
        bad.write_bytes(content if isinstance(content, bytes) else content.encode())
    calendar = LocalCalendar((str(bad), str(good)), str(tmp_path / "own.ics"), "Europe/Berlin")
    return calendar.fetch_busy(MARCH, own=())


# name: (content, what it says, its line or None)
BAD = {
    "empty": (b"", "is empty", None),
    "blank": (b"\xef\xbb\xbf \r\n\r\n", "is empty", None),
    "a web page": ("<html>\n<body>Sign in</body></html>\n", "is not a calendar", 1),
    "cut in an event": (GOOD[:60], "cut off: BEGIN:VEVENT has no END", 3),
    "cut between events": (GOOD.removesuffix("END:VCALENDAR\r\n"), "cut off: BEGIN:VCALENDAR has no END", 1),
    "each of 2000 years": (
        event("DTSTART:00240109T140000Z", "DTEND:20240109T150000Z", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
        "repeats more than 5000 times in the time looked at",
        8,
    ),
    "a start of too many digits, and one occurrence moved": (
        wrapped(
            *("BEGIN:VEVENT", "UID:x", "DTSTAMP:20260101T000000Z", "DTSTART:20240109T14099991231"),
            *("DTEND:20240109T150000", "RRULE:FREQ=WEEKLY", "END:VEVENT"),
            *("BEGIN:VEVENT", "UID:x", "DTSTAMP:20260101T000000Z", "RECURRENCE-ID:20260331T140000"),
            *("DTSTART:20280311T100000", "DTEND:20280311T110000", "END:VEVENT"),
        ),
        "DTSTART of an event cannot be understood",
        6,
    ),
    "an end too many": (GOOD.replace("BEGIN:VEVENT\r\n", ""), "END:VEVENT without its BEGIN", 7),
    "an event on its own": ("BEGIN:VEVENT\nEND:VEVENT\n", "outside a VCALENDAR", 1),
    "latin-1": (event("LOCATION:caf\xe9").encode("latin-1"), "not UTF-8", 6),
    "utf-16": (GOOD.encode("utf-16"), "not UTF-8", 1),
    "another calendar": (wrapped("CALSCALE:HEBREW"), "Gregorian", 3),
    "no start": (event("DTEND:20260303T100000Z"), "no start", 3),
    "a start that is none": (event("DTSTART:soon"), "DTSTART of an event cannot be understood", 6),
    "a start that is a time of day": (event("DTSTART:101500"), "DTSTART of an event cannot be understood", 6),
    "a day that does not exist": (event("DTSTART:20260231T100000Z"), "DTSTART of an event", 6),
    "an end that is none": (event("DTSTART:20260303T100000Z", "DTEND:later"), "DTEND of an event", 7),
    "an end before the start": (
        event("DTSTART:20260303T100000Z", "DTEND:20260303T090000Z"),
        "ends before it starts",
        7,
    ),
    "a repeated end before the start": (
        event("DTSTART:20250303T100000Z", "DTEND:20250303T090000Z", "RRULE:FREQ=DAILY"),
        "ends before it starts",
        7,
    ),
    "a length below zero": (event("DTSTART:20260303T100000Z", "DURATION:-PT1H"), "ends before it starts", 7),
    "a length that is none": (event("DTSTART:20260303T100000Z", "DURATION:long"), "DURATION of an event", 7),
    "an unknown zone": (event("DTSTART;TZID=Mars/Phobos:20260303T100000"), "'Mars/Phobos' is not known", 6),
    "a zone named like a path": (event("DTSTART;TZID=../../etc/passwd:20260303T100000"), "is not known", 6),
    "a zone described in vain": (
        wrapped(
            "BEGIN:VTIMEZONE", "TZID:Nowhere", "END:VTIMEZONE", "BEGIN:VEVENT", "DTSTART;TZID=Nowhere:20260303T100000",
            "END:VEVENT",
        ),
        "'Nowhere' cannot be understood",
        3,
    ),
    "a zone that changes every second": (
        wrapped(
            "BEGIN:VTIMEZONE", "TZID:Nowhere", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100",
            "TZOFFSETTO:+0000", "RRULE:FREQ=SECONDLY", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT",
            "DTSTART;TZID=Nowhere:20260303T100000", "END:VEVENT",
        ),
        "described in a way that cannot be used",
        3,
    ),
    "every second": (repeating("FREQ=SECONDLY"), "repeats secondly", 7),
    "every minute": (repeating("FREQ=MINUTELY;COUNT=3"), "repeats minutely", 7),
    "no frequency": (repeating("INTERVAL=2"), "without a frequency", 7),
    "a frequency nobody knows": (repeating("FREQ=BOGUS"), "RRULE of an event cannot be understood", 7),
    "an interval of nothing": (repeating("FREQ=DAILY;INTERVAL=0"), "INTERVAL below 1", 7),
    "all minutes of a day": (
        repeating(f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}"),
        "more than 5000 times",
        7,
    ),
    "never on a day": (repeating("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "never comes true", 7),
    "never in a month": (repeating("FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31"), "never comes true", 7),
    "never on a weekday": (repeating("FREQ=DAILY;INTERVAL=7;BYDAY=TU"), "never comes true", 7),
    "every hour of a leap day": (repeating("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"), "no calendar program writes", 7),
    "a count since the year one": (repeating("FREQ=DAILY;COUNT=1000000000", "00010101T000000Z"), "go back too far", 7),
    "hours that hardly meet a day": (repeating("FREQ=HOURLY;INTERVAL=14;BYDAY=MO;BYHOUR=9"), "no calendar program writes", 7),
    "hours since the year one": (repeating("FREQ=HOURLY", start="00010101T000000Z"), "go back too far", 7),
    "a broken free-busy": (
        wrapped("BEGIN:VFREEBUSY", "FREEBUSY:20260303T100000Z/soon", "END:VFREEBUSY"),
        "FREEBUSY period cannot be understood",
        4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_content_is_unknown_time_with_its_line_and_a_cure(tmp_path, name):
    content, what, line = BAD[name]
    report = report_of(tmp_path, content)
    (unreadable,) = report.unreadable
    assert what in unreadable.what
    assert unreadable.calendar == "bad.ics"
    assert unreadable.where == str(tmp_path / "bad.ics") + (f":{line}" if line else "")
    assert "magicloop" in unreadable.fix
    assert [(busy.span.start, busy.title) for busy in report.busy if busy.calendar == "good"] == STAFF


def test_a_missing_file_is_unknown_time(tmp_path):
    (unreadable,) = report_of(tmp_path, None).unreadable
    assert unreadable.what == "cannot read bad.ics: it is not there"
    assert unreadable.where == str(tmp_path / "bad.ics")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_unknown_time(tmp_path):
    (tmp_path / "bad.ics").write_text(GOOD)
    (tmp_path / "bad.ics").chmod(0)
    (unreadable,) = report_of(tmp_path, None).unreadable
    assert "no permission" in unreadable.what


def test_a_folder_without_calendars_is_unknown_time(tmp_path):
    (tmp_path / "bad.ics").mkdir()
    (tmp_path / "bad.ics" / "note.txt").write_text("nothing here")
    (unreadable,) = report_of(tmp_path, None).unreadable
    assert "holds no .ics files" in unreadable.what


def test_a_link_in_a_circle_is_unknown_time(tmp_path):
    (tmp_path / "bad.ics").symlink_to(tmp_path / "bad.ics")
    (unreadable,) = report_of(tmp_path, None).unreadable
    assert "round in a circle" in unreadable.what


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "bad.ics")
    (unreadable,) = report_of(tmp_path, None).unreadable
    assert "not a plain file" in unreadable.what


def test_200_megabytes_are_refused_unread(tmp_path):
    with (tmp_path / "bad.ics").open("wb") as sparse:
        sparse.truncate(200 * 1024 * 1024)
    (unreadable,) = report_of(tmp_path, None).unreadable
    assert "bad.ics is 200 MB; up to 50 MB are read" in unreadable.what


def test_a_file_in_a_folder_is_bad_by_itself(tmp_path):
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "good.ics").write_text(GOOD)
    (folder / "bad.ics").write_text(GOOD[:60])
    report = LocalCalendar((str(folder),), str(tmp_path / "own.ics"), "Europe/Berlin").fetch_busy(
        MARCH, own=()
    )
    assert [(busy.span.start, busy.title) for busy in report.busy] == STAFF
    assert [unreadable.where for unreadable in report.unreadable] == [f"{folder / 'bad.ics'}:3"]


def test_hidden_files_of_a_server_are_no_calendars(tmp_path):
    folder = tmp_path / "all"
    (folder / ".cache").mkdir(parents=True)
    (folder / "good.ics").write_text(GOOD)
    (folder / ".cache" / "item.ics").write_bytes(b"\x80\x04pickled")
    (folder / ".half-written.ics").write_text(GOOD[:60])
    report = LocalCalendar((str(folder),), str(tmp_path / "own.ics"), "Europe/Berlin").fetch_busy(
        MARCH, own=()
    )
    assert report.unreadable == ()
    assert [(busy.span.start, busy.title) for busy in report.busy] == STAFF


def test_a_file_is_read_again_when_it_changed(tmp_path):
    path = tmp_path / "good.ics"
    path.write_text(GOOD)
    calendar = LocalCalendar((str(path),), str(tmp_path / "own.ics"), "Europe/Berlin")
    assert len(calendar.fetch_busy(MARCH, own=()).busy) == 1
    path.write_text(GOOD[:60])
    assert len(calendar.fetch_busy(MARCH, own=()).unreadable) == 1


# What looks bad and is not


def busy_of(tmp_path, content):
    report = report_of(tmp_path, content)
    assert report.unreadable == ()
    return [busy for busy in report.busy if busy.calendar != "good"]


@pytest.mark.parametrize(
    ("rule", "start", "count"),
    [
        ("FREQ=DAILY;COUNT=1000000000", "20240101T090000Z", 31),
        ("FREQ=DAILY;COUNT=1000000000", "19000102T090000Z", 31),
        ("FREQ=DAILY", "00010102T090000Z", 31),
        ("FREQ=HOURLY;INTERVAL=6", "20240101T090000Z", 124),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "20240229T090000Z", 0),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "20240131T090000Z", 1),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "20240131T090000Z", 1),
        ("FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260311T090000Z", "20240101T090000Z", 4),
        ("FREQ=DAILY;INTERVAL=3", "20240101T090000Z", 10),
    ],
)
def test_long_and_old_rules_are_followed(tmp_path, rule, start, count):
    found = busy_of(tmp_path, event(f"DTSTART:{start}", "DURATION:PT30M", f"RRULE:{rule}"))
    assert len(found) == count


def test_many_rules_that_may_never_come_true_are_not_all_followed(tmp_path):
    rule = "RRULE:FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=31"
    lines = (
        ("BEGIN:VEVENT", f"UID:{number}", "DTSTART:20260302T090000Z", rule, "END:VEVENT")
        for number in range(500)
    )
    (unreadable,) = report_of(tmp_path, wrapped(*(line for event in lines for line in event))).unreadable
    assert "go back too far" in unreadable.what


def test_many_rules_of_the_usual_kinds_are_all_followed(tmp_path):
    rule = "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"
    lines = (
        ("BEGIN:VEVENT", f"UID:{number}", "DTSTART:20200102T090000Z", "DURATION:PT1H", rule, "END:VEVENT")
        for number in range(50)
    )
    found = busy_of(tmp_path, wrapped(*(line for event in lines for line in event)))
    assert {busy.span.start for busy in found} == {datetime(2026, 3, 2, 9, tzinfo=UTC)}


def test_every_third_day_falls_on_the_right_days(tmp_path):
    found = busy_of(
        tmp_path, event("DTSTART:20240101T090000Z", "DURATION:PT30M", "RRULE:FREQ=DAILY;INTERVAL=3")
    )
    first = datetime(2024, 1, 1, 9, tzinfo=UTC)
    assert {(busy.span.start - first).days % 3 for busy in found} == {0}


def test_an_old_event_that_ends_before_it_starts_takes_no_time_now(tmp_path):
    assert busy_of(tmp_path, event("DTSTART:20140303T100000Z", "DTEND:20140303T090000Z")) == []


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "W. Europe Standard Time", "/vendor.example/x/Europe/Berlin"]
)
def test_a_known_zone_needs_no_description(tmp_path, zone):
    (busy,) = busy_of(tmp_path, event(f"DTSTART;TZID={zone}:20260303T100000", "DURATION:PT1H"))
    assert busy.span.start == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_two_files_may_mean_different_things_by_one_zone_name(tmp_path):
    def own_zone(offset):
        return wrapped(
            "BEGIN:VTIMEZONE", "TZID:Our time", "BEGIN:STANDARD", "DTSTART:19700101T000000", f"TZOFFSETFROM:{offset}",
            f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT", f"UID:{offset}",
            "DTSTART;TZID=Our time:20260303T100000", "DURATION:PT1H", "END:VEVENT",
        )  # fmt: skip

    for number, offset in enumerate(("+0100", "-0330")):
        (tmp_path / f"{number}.ics").write_text(own_zone(offset))
    calendar = LocalCalendar((str(tmp_path),), str(tmp_path / "own.ics"), "UTC")
    starts = [busy.span.start for busy in calendar.fetch_busy(MARCH, own=()).busy]
    assert starts == [datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 13, 30, tzinfo=UTC)]


def test_an_event_without_end_for_ever_takes_its_time(tmp_path):
    (busy,) = busy_of(tmp_path, event("DTSTART:00010101T000000", "DTEND:99991231T235959"))
    assert busy.span.start < MARCH.start < MARCH.end < busy.span.end


def test_events_that_share_a_uid_all_count(tmp_path):
    content = wrapped(
        *(
            line
            for hour in ("09", "14")
            for line in (
                "BEGIN:VEVENT",
                "UID:same",
                f"DTSTART:20260304T{hour}0000Z",
                "DURATION:PT1H",
                "END:VEVENT",
            )
        )
    )
    assert [busy.span.start.hour for busy in busy_of(tmp_path, content)] == [9, 14]


def test_a_later_version_of_an_event_replaces_the_earlier(tmp_path):
    content = wrapped(
        *(
            line
            for sequence, hour in ((3, "14"), (2, "09"))
            for line in (
                "BEGIN:VEVENT", "UID:same", f"SEQUENCE:{sequence}", f"DTSTART:20260304T{hour}0000Z", "DURATION:PT1H",
                "END:VEVENT",
            )
        )
    )  # fmt: skip
    assert [busy.span.start.hour for busy in busy_of(tmp_path, content)] == [14]


def test_titles_steer_no_terminal(tmp_path):
    content = event("DTSTART:20260304T090000Z", "DURATION:PT1H").replace(
        "SUMMARY:Bad", "SUMMARY:\x1b[31mred\x00 \u202etxt.exe\u2069\\nsecond\u200b line\x9b"
    )
    assert [busy.title for busy in busy_of(tmp_path, content)] == ["[31mred txt.exe second line"]


@given(st.binary(max_size=400), st.integers(0, len(GOOD)))
def test_no_damage_crashes_or_frees(tmp_path_factory, noise, place):
    """Whatever is cut out and put in, the calendar is unreadable or says something; it never raises."""
    folder = tmp_path_factory.mktemp("damage")
    report = report_of(folder, GOOD[:place].encode() + noise)
    for unreadable in report.unreadable:
        assert re.fullmatch(re.escape(str(folder / "bad.ics")) + r"(:\d+)?", unreadable.where)
    assert [(busy.span.start, busy.title) for busy in report.busy if busy.calendar == "good"] == STAFF
    if place < len(GOOD) - len("END:VCALENDAR\r\n") and b"END" not in noise:
        assert report.unreadable

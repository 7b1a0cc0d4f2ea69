"""The file that holds our blocks: what calendar programs find in it, and what we leave alone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import Span
from automations.ports import BlockEvent
from automations.providers.local.calendar import LocalCalendar

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "UTC",
]


def span_at(day, hour=9, minutes=120, month=3):
    start = datetime(2026, month, day, hour, tzinfo=UTC)
    return Span(start, start + timedelta(minutes=minutes))


def block(block_id="b1", span=None, **more):
    facts = {
        "zone": "Europe/Berlin",
        "summary": "Invention time",
        "description": "One problem.\nTwo hours; no phone, no chat \\ mail.",
        "sequence": 0,
        "stamp": NOW,
    }
    return BlockEvent(id=block_id, span=span or span_at(10), **{**facts, **more})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calendars" / "blocks.ics"


@pytest.fixture
def calendar(path):
    return LocalCalendar((), str(path), "Europe/Berlin")


def parsed(path):
    return icalendar.Calendar.from_ical(path.read_bytes())


def events(path):
    return parsed(path).walk("VEVENT")


def test_another_program_reads_the_block_as_meant(calendar, path):
    calendar.book(block())
    (event,) = events(path)
    assert event["UID"] == "b1@magicloop"
    assert event["DTSTART"].dt == datetime(2026, 3, 10, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert event["DTEND"].dt == datetime(2026, 3, 10, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event["DTSTAMP"].dt == NOW
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (block().summary, block().description)
    assert (event["TRANSP"], event["X-MICROSOFT-CDO-BUSYSTATUS"], event["SEQUENCE"]) == ("OPAQUE", "BUSY", 0)
    assert "CLASS" not in event
    assert "RRULE" not in event
    assert event.errors == []


def test_the_calendar_says_who_wrote_it_and_when_to_look_again(calendar, path):
    calendar.book(block())
    whole = parsed(path)
    assert (whole["VERSION"], whole["X-WR-CALNAME"]) == ("2.0", "Invention time")
    assert "magicloop" in whole["PRODID"]
    assert whole["X-PUBLISHED-TTL"] == "PT1H"
    assert whole["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert whole.get_missing_tzids() == set()


def test_a_private_block_is_marked_private(path):
    LocalCalendar((), str(path), "Europe/Berlin", private=True).book(block())
    assert events(path)[0]["CLASS"] == "PRIVATE"


def test_every_line_ends_in_crlf_and_none_is_over_long(calendar, path):
    calendar.book(block(description="é" * 400))
    text = path.read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n")
    assert text.endswith(b"END:VCALENDAR\r\n")
    assert max(map(len, text.split(b"\r\n"))) <= 75


def test_only_the_person_may_read_the_file(calendar, path):
    calendar.book(block())
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    calendar.book(block("b2", span_at(11)))
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir()] == ["blocks.ics"]


def test_a_second_import_is_an_update(calendar, path):
    """Same UID; SEQUENCE and DTSTAMP rise even where the caller's do not."""
    booked = calendar.book(block())
    earlier = NOW - timedelta(days=1)
    calendar.move(block(span=span_at(11), stamp=earlier), revision=booked.revision)
    (event,) = events(path)
    assert (event["UID"], event["SEQUENCE"], event["DTSTAMP"].dt) == ("b1@magicloop", 1, NOW)


def test_booking_again_leaves_every_byte(calendar, path):
    calendar.book(block())
    before = path.read_bytes()
    calendar.book(block(span=span_at(20), sequence=9))
    assert path.read_bytes() == before


def test_a_cancelled_block_leaves_no_trace_but_the_others(calendar, path):
    first, _ = calendar.book(block()), calendar.book(block("b2", span_at(11)))
    calendar.cancel("b1", revision=first.revision)
    assert [event["UID"] for event in events(path)] == ["b2@magicloop"]
    assert "\r\n\r\n" not in path.read_bytes().decode()


FOREIGN = (
    "BEGIN:VEVENT\r\nUID:theirs\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=My Own Zone:20260310T100000\r\n"
    "SUMMARY:A long title that was folded in a place we would never ha\r\n ve chosen\\, really\r\n"
    'x-lower-case;X-P="a:b":kept\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nACTION:AUDIO\r\nEND:VALARM\r\nEND:VEVENT\r\n'
)


def test_an_event_of_somebody_else_keeps_every_byte(calendar, path):
    booked = calendar.book(block())
    head = "X-WR-CALDESC:Mine now\r\n"
    text = path.read_bytes().decode().replace("BEGIN:VTIMEZONE", head + "BEGIN:VTIMEZONE", 1)
    path.write_bytes(text.replace("BEGIN:VEVENT", FOREIGN + "BEGIN:VEVENT", 1).encode())
    moved = calendar.move(block(span=span_at(12)), revision=booked.revision)
    calendar.book(block("b2", span_at(13)))
    calendar.cancel("b1", revision=moved.revision)
    after = path.read_bytes().decode()
    assert FOREIGN in after
    assert head in after
    assert [event["UID"] for event in events(path)] == ["theirs", "b2@magicloop"]


def test_what_the_person_added_to_a_block_stays_when_it_moves(calendar, path):
    calendar.book(block())
    added = "LOCATION:Library\\, second floor\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nDESCRIPTION:Go\r\nEND:VALARM\r\n"
    path.write_bytes(path.read_bytes().replace(b"END:VEVENT", added.encode() + b"END:VEVENT"))
    seen = calendar.fetch_blocks(["b1"]).found["b1"]
    calendar.move(block(span=span_at(12), summary="Thinking"), revision=seen.revision)
    (event,) = events(path)
    assert event["LOCATION"] == "Library, second floor"
    assert [alarm["DESCRIPTION"] for alarm in event.walk("VALARM")] == ["Go"]
    assert (event["SUMMARY"], event["DESCRIPTION"]) == ("Thinking", block().description)


def test_a_block_far_ahead_has_its_zone_described_too(calendar, path):
    calendar.book(block())
    calendar.book(
        block("b2", Span(datetime(2041, 7, 1, 9, tzinfo=UTC), datetime(2041, 7, 1, 11, tzinfo=UTC)))
    )
    (zone,) = parsed(path).walk("VTIMEZONE")
    described = zone.to_tz(lookup_tzid=False)
    for moment in (datetime(2026, 3, 10, 10), datetime(2041, 7, 1, 11), datetime(2041, 12, 1, 11)):
        assert (
            moment.replace(tzinfo=described).utcoffset()
            == moment.replace(tzinfo=ZoneInfo("Europe/Berlin")).utcoffset()
        )


# Damage, and other hands


@pytest.mark.parametrize("damage", [b"", b"<html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b"\xff\xfe\x00"])
def test_a_damaged_file_is_never_written_over(calendar, path, damage):
    booked = calendar.book(block())
    path.write_bytes(damage)
    for act in (
        lambda: calendar.book(block("b2")),
        lambda: calendar.move(block(span=span_at(12)), revision=booked.revision),
        lambda: calendar.cancel("b1", revision=booked.revision),
        lambda: calendar.fetch_blocks(["b1"]),
    ):
        with pytest.raises(ProviderError) as caught:
            act()
        assert caught.value.fault is FaultClass.PERMANENT
        assert caught.value.where.startswith(str(path))
        assert caught.value.fix.startswith(f"mv '{path}'")
        assert path.read_bytes() == damage


def test_a_damaged_file_does_not_hide_what_others_have(tmp_path, path):
    theirs = tmp_path / "theirs.ics"
    theirs.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260310T090000Z\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    path.parent.mkdir()
    path.write_bytes(b"BEGIN:VCALENDAR")
    report = LocalCalendar((str(theirs),), str(path), "UTC").fetch_busy(span_at(10), own=())
    assert len(report.busy) == 1


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / "blocks.ics").mkdir()
    with pytest.raises(ProviderError) as caught:
        LocalCalendar((), str(tmp_path / "blocks.ics"), "UTC").book(block())
    assert caught.value.where == str(tmp_path / "blocks.ics")


def test_a_link_stays_a_link(tmp_path, path):
    real = tmp_path / "synced" / "real.ics"
    real.parent.mkdir()
    LocalCalendar((), str(real), "UTC").book(block())
    path.parent.mkdir()
    path.symlink_to(real)
    LocalCalendar((), str(path), "UTC").book(block("b2", span_at(11)))
    assert path.is_symlink()
    assert len(events(real)) == 2


@pytest.mark.parametrize(
    "change", [("SUMMARY:Invention time", "SUMMARY:Mine"), ("T120000", "T113000"), ("CONFIRMED", "CANCELLED")]
)
def test_any_change_of_meaning_changes_the_revision(calendar, path, change):
    booked = calendar.book(block())
    text = path.read_bytes().decode()
    assert change[0] in text
    path.write_bytes(text.replace(*change).encode())
    seen = calendar.fetch_blocks(["b1"]).found["b1"]
    assert seen.revision != booked.revision
    assert seen.cancelled == (change[1] == "CANCELLED")
    with pytest.raises(ConflictError):
        calendar.move(block(span=span_at(12)), revision=booked.revision)


def test_a_change_of_form_alone_keeps_the_revision(calendar, path):
    booked = calendar.book(block())
    text = path.read_bytes().decode().replace("\r\n", "\n")
    text = re.sub(r"DTSTART;[^\n]*", "DTSTART:20260310T090000Z", text, count=1)
    path.write_bytes(re.sub(r"DTEND;[^\n]*", "DURATION:PT2H", text, count=1).encode())
    assert calendar.fetch_blocks(["b1"]).found["b1"] == booked


# A copy the person imported into a calendar of theirs


def copy_of(path, target, *, sequence, day=16, status="CONFIRMED"):
    text = path.read_bytes().decode()
    text = re.sub(r"SEQUENCE:\d+", f"SEQUENCE:{sequence}", text)
    text = re.sub(r"(DT(?:START|END);[^:]*:)202603\d\d", rf"\g<1>202603{day}", text)
    target.write_bytes(text.replace("STATUS:CONFIRMED", f"STATUS:{status}").encode())


@pytest.fixture
def both(tmp_path, path):
    target = tmp_path / "exported.ics"
    calendar = LocalCalendar((str(target),), str(path), "Europe/Berlin")
    return calendar, path, target


@pytest.mark.parametrize(("sequence", "day"), [(0, 10), (1, 10), (2, 16), (3, 16)])
def test_a_copy_counts_once_it_is_not_older(both, sequence, day):
    calendar, path, target = both
    calendar.book(block(sequence=2))
    copy_of(path, target, sequence=sequence)
    assert calendar.fetch_blocks(["b1"]).found["b1"].span == span_at(day)


def test_a_copy_is_never_busy(both):
    calendar, path, target = both
    calendar.book(block())
    copy_of(path, target, sequence=5)
    assert calendar.fetch_busy(Span(NOW, NOW + timedelta(days=60)), own=()).busy == ()
    path.unlink()
    assert calendar.fetch_busy(Span(NOW, NOW + timedelta(days=60)), own=("b1",)).busy == ()
    assert len(calendar.fetch_busy(Span(NOW, NOW + timedelta(days=60)), own=()).busy) == 1


def test_a_copy_in_place_changes_nothing(both):
    calendar, path, target = both
    booked = calendar.book(block())
    copy_of(path, target, sequence=5, day=10)
    assert calendar.fetch_blocks(["b1"]).found["b1"] == booked


def test_a_cancelled_copy_is_a_cancelled_block(both):
    calendar, path, target = both
    calendar.book(block())
    copy_of(path, target, sequence=0, day=10, status="CANCELLED")
    assert calendar.fetch_blocks(["b1"]).found["b1"].cancelled


def test_a_moved_copy_can_be_moved_on_and_ours_counts_again(both):
    calendar, path, target = both
    booked = calendar.book(block())
    copy_of(path, target, sequence=4)
    seen = calendar.fetch_blocks(["b1"]).found["b1"]
    before = target.read_bytes()
    with pytest.raises(ConflictError):
        calendar.move(block(span=span_at(20), sequence=1), revision=booked.revision)
    moved = calendar.move(block(span=span_at(20), sequence=1), revision=seen.revision)
    assert moved.span == span_at(20)
    assert calendar.fetch_blocks(["b1"]).found["b1"] == moved
    assert events(path)[0]["SEQUENCE"] == 5
    assert target.read_bytes() == before


def test_a_copy_of_a_block_deleted_here_is_gone(both):
    calendar, path, target = both
    booked = calendar.book(block())
    copy_of(path, target, sequence=4, day=10)
    calendar.cancel("b1", revision=booked.revision)
    assert "b1" not in calendar.fetch_blocks(["b1"]).found


def test_an_unreadable_export_moves_no_block(both):
    calendar, _path, target = both
    booked = calendar.book(block())
    target.write_bytes(b"BEGIN:VCALENDAR")
    assert calendar.fetch_blocks(["b1"]).found["b1"] == booked


def test_what_is_watched_is_every_path_given(tmp_path):
    calendar = LocalCalendar(("one.ics", "folder"), "own.ics", "UTC")
    assert calendar.watched() == ("one.ics", "folder", "own.ics")


# Round trip

instants = st.datetimes(datetime(2024, 1, 1), datetime(2037, 12, 30)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(instants, st.integers(1, 60 * 30), st.sampled_from(ZONES), texts, texts, st.integers(0, 10**6))
def test_any_block_comes_back_as_booked(
    tmp_path_factory, start, minutes, zone, summary, description, sequence
):
    path = tmp_path_factory.mktemp("trip") / "blocks.ics"
    span = Span(start, start + timedelta(minutes=minutes))
    event = block(span=span, zone=zone, summary=summary, description=description, sequence=sequence)
    calendar = LocalCalendar((), str(path), "America/New_York")
    booked = calendar.book(event)
    assert booked.span == span
    (read,) = events(path)
    assert (read["DTSTART"].dt.astimezone(UTC), read["DTEND"].dt.astimezone(UTC)) == (span.start, span.end)
    moved = calendar.move(
        replace(event, span=Span(span.end, span.end + span.length)), revision=booked.revision
    )
    assert moved.span == Span(span.end, span.end + span.length)
    assert calendar.move(event, revision=moved.revision) == booked


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # the first 01:30
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),  # the second
        ("America/New_York", datetime(2026, 3, 8, 6, 0, tzinfo=UTC)),  # over the gap
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 14, 45, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 15, tzinfo=UTC)),
    ],
)
def test_a_block_over_a_change_of_the_clocks_is_two_real_hours(calendar, path, zone, start):
    span = Span(start, start + timedelta(hours=2))
    assert calendar.book(block(span=span, zone=zone)).span == span
    (event,) = events(path)
    assert event["DTEND"].dt.astimezone(UTC) - event["DTSTART"].dt.astimezone(UTC) == timedelta(hours=2)


def test_an_old_block_an_editor_broke_does_not_keep_this_months_from_being_seen_or_moved(calendar, path):
    calendar.book(block("old", span_at(3)))
    standing = calendar.book(block("new", span_at(10)))
    text = path.read_bytes().decode()
    old = re.search(r"BEGIN:VEVENT(?:(?!END:VEVENT).)*UID:old@.*?END:VEVENT", text, re.DOTALL)[0]
    broken = re.sub(r"DTSTART[^\r\n]*", "DTSTART:sometime", old)
    path.write_bytes(text.replace(old, broken).encode())

    assert calendar.fetch_blocks(["new"]).found["new"].span == span_at(10)
    moved = calendar.move(block("new", span_at(11), sequence=1), revision=standing.revision)

    assert moved.span == span_at(11)
    assert "DTSTART:sometime" in path.read_bytes().decode(), "what is broken is left as it is"
    with pytest.raises(ProviderError, match=r"blocks\.ics"):
        calendar.fetch_blocks(["old"])

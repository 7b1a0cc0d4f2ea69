import re
from datetime import UTC, datetime

import pytest

from automations.errors import FaultClass, ProviderError
from automations.model.seen import Busy, Span, Unreadable
from automations.providers.google.wire_calendar import event_ids
from automations.providers.local.calendar import LocalCalendar
from automations.providers.memory import MemoryCalendar
from automations.testing.calendar_contract import CalendarContract, some_event
from google_emulator import CalendarApi, Emulator
from google_emulator.provider import google_calendar


class TestMemoryCalendar(CalendarContract):
    def make_calendar(self, tmp_path, busy):
        return MemoryCalendar([Busy(Span(start, end), title) for start, end, title in busy])

    def break_blocks(self, calendar, tmp_path):
        calendar.fault = ProviderError("broken", fault=FaultClass.PERMANENT, where="memory", fix="mend it")

    def break_busy(self, calendar, tmp_path):
        calendar.unreadable = (Unreadable("theirs", "broken", "theirs:1", "mend it"),)

    def lose_blocks(self, calendar, tmp_path):
        calendar.lose()

    def move_by_hand(self, calendar, tmp_path, block_id, span):
        calendar.move_by_hand(block_id, span)

    def delete_by_hand(self, calendar, tmp_path, block_id):
        calendar.delete_by_hand(block_id)


class TestLocalCalendar(CalendarContract):
    """The person's hand is a text editor on the file."""

    def make_calendar(self, tmp_path, busy):
        folder = tmp_path / "busy"
        folder.mkdir()
        events = "".join(
            f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\n"
            f"SUMMARY:{title}\r\nEND:VEVENT\r\n"
            for number, (start, end, title) in enumerate(busy)
        )
        (folder / "theirs.ics").write_text(
            f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n", newline=""
        )
        return LocalCalendar((str(folder),), str(tmp_path / "own" / "blocks.ics"), "America/New_York")

    def own(self, tmp_path):
        return tmp_path / "own" / "blocks.ics"

    def break_blocks(self, calendar, tmp_path):
        text = self.own(tmp_path).read_bytes()
        self.own(tmp_path).write_bytes(text[: len(text) // 2])

    def break_busy(self, calendar, tmp_path):
        (tmp_path / "busy" / "cut.ics").write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026")

    def lose_blocks(self, calendar, tmp_path):
        self.own(tmp_path).unlink()

    def move_by_hand(self, calendar, tmp_path, block_id, span):
        def moved(match):
            event = re.sub(r"DTSTART[^\r]*", f"DTSTART:{span.start:%Y%m%dT%H%M%SZ}", match[0])
            return re.sub(r"DTEND[^\r]*", f"DTEND:{span.end:%Y%m%dT%H%M%SZ}", event)

        text = self.own(tmp_path).read_bytes().decode()
        changed = re.sub(r"BEGIN:VEVENT.*?END:VEVENT", moved, text, flags=re.DOTALL)
        assert changed != text
        self.own(tmp_path).write_bytes(changed.encode())

    def delete_by_hand(self, calendar, tmp_path, block_id):
        text = self.own(tmp_path).read_bytes().decode()
        changed = re.sub(r"BEGIN:VEVENT.*?END:VEVENT\r\n", "", text, flags=re.DOTALL)
        assert changed != text
        self.own(tmp_path).write_bytes(changed.encode())

    def test_the_person_hears_where_the_broken_file_is(self, tmp_path):
        calendar = self.make_calendar(tmp_path, [])
        calendar.book(some_event())
        self.break_blocks(calendar, tmp_path)
        with pytest.raises(ProviderError) as caught:
            calendar.fetch_blocks(["b1"])
        assert re.fullmatch(re.escape(str(self.own(tmp_path))) + r":\d+", caught.value.where)
        assert "blocks.ics" in caught.value.fix


class TestGoogleCalendar(CalendarContract):
    """Over real sockets, with pages of two and empty ones between."""

    @pytest.fixture(autouse=True)
    def google(self):
        self.api = CalendarApi(page=2, empty_pages=True)
        with Emulator(self.api) as self.emulator:
            yield
            self.calendar.close()

    def make_calendar(self, tmp_path, busy):
        for start, end, title in busy:
            self.api.meet(start, end, title)
        self.calendar = google_calendar(self.emulator, tmp_path, calendars=("primary", "team@corp.test"))
        self.api.meet(
            datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC), calendar="team@corp.test"
        )
        return self.calendar

    def break_blocks(self, calendar, tmp_path):
        self.api.deny()

    def break_busy(self, calendar, tmp_path):
        self.api.deny(calendar="team@corp.test")

    def lose_blocks(self, calendar, tmp_path):
        pytest.skip("an account cannot lose its primary calendar")

    def move_by_hand(self, calendar, tmp_path, block_id, span):
        (event_id, *_) = event_ids(block_id)
        self.api.move(event_id, span.start, span.end)

    def delete_by_hand(self, calendar, tmp_path, block_id):
        (event_id, *_) = event_ids(block_id)
        self.api.delete(event_id)

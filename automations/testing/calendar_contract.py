"""What every `ports.Calendar` must do. A calendar proves itself by subclassing `CalendarContract`.

class TestMine(CalendarContract):
    def make_calendar(self, tmp_path, busy): return MyCalendar(...)
    def break_blocks(self, calendar, tmp_path): ...
    def break_busy(self, calendar, tmp_path): ...
    def lose_blocks(self, calendar, tmp_path): ...
    def move_by_hand(self, calendar, tmp_path, block_id, span): ...
    def delete_by_hand(self, calendar, tmp_path, block_id): ...
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import Span
from automations.ports import BlockEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from automations.ports import Calendar

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
Meeting = tuple[datetime, datetime, str]


def span_at(day: int, hour: int, minutes: int = 120) -> Span:
    """Return a span in March 2026, UTC."""
    start = datetime(2026, 3, day, hour, tzinfo=UTC)
    return Span(start, start + timedelta(minutes=minutes))


def some_event(block_id: str = "b1", day: int = 10, hour: int = 9) -> BlockEvent:
    """Return an event of ours in March 2026."""
    return BlockEvent(
        id=block_id,
        span=span_at(day, hour),
        zone="Europe/Berlin",
        summary="Invention time",
        description="One problem, two hours.\nNothing else open.",
        sequence=0,
        stamp=NOW,
    )


MARCH = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


class CalendarContract(ABC):
    """The tests every calendar passes. Each `:raises:` of `ports.Calendar` is one of them."""

    @abstractmethod
    def make_calendar(self, tmp_path: Path, busy: list[Meeting]) -> Calendar:
        """Return a calendar where others have put `busy` (start, end, title), and nothing is ours."""

    @abstractmethod
    def break_blocks(self, calendar: Calendar, tmp_path: Path) -> None:
        """Make the place that holds our events unusable, after which nothing may change in it."""

    @abstractmethod
    def break_busy(self, calendar: Calendar, tmp_path: Path) -> None:
        """Make one calendar of others unreadable."""

    @abstractmethod
    def lose_blocks(self, calendar: Calendar, tmp_path: Path) -> None:
        """Take away the place that holds our events."""

    @abstractmethod
    def move_by_hand(self, calendar: Calendar, tmp_path: Path, block_id: str, span: Span) -> None:
        """Do what a person does who drags our event elsewhere."""

    @abstractmethod
    def delete_by_hand(self, calendar: Calendar, tmp_path: Path, block_id: str) -> None:
        """Do what a person does who deletes our event."""

    # Busy times

    def test_busy_times_come_in_order_with_their_titles(self, tmp_path: Path) -> None:
        """All that overlaps the span, in whole, and nothing that only touches its edge."""
        late, early, before = span_at(12, 14, 60), span_at(3, 9, 30), span_at(1, 0, 60)
        calendar = self.make_calendar(
            tmp_path,
            [
                (late.start, late.end, "Review"),
                (early.start, early.end, "Staff"),
                (before.start, before.end, "Edge"),
            ],
        )
        report = calendar.fetch_busy(Span(before.end, MARCH.end), own=())
        assert [(busy.span, busy.title) for busy in report.busy] == [(early, "Staff"), (late, "Review")]
        assert report.unreadable == ()

    def test_a_busy_time_that_reaches_into_the_span_counts_in_whole(self, tmp_path: Path) -> None:
        """Its span is not cut to what was asked."""
        long = span_at(9, 10, 240)
        calendar = self.make_calendar(tmp_path, [(long.start, long.end, "Workshop")])
        middle = Span(long.start + timedelta(hours=1), long.start + timedelta(hours=2))
        assert [busy.span for busy in calendar.fetch_busy(middle, own=()).busy] == [long]

    def test_an_unreadable_calendar_is_reported_and_the_rest_still_counts(self, tmp_path: Path) -> None:
        """With what happened, where, and what to do; it does not raise."""
        meeting = span_at(3, 9)
        calendar = self.make_calendar(tmp_path, [(meeting.start, meeting.end, "Staff")])
        self.break_busy(calendar, tmp_path)
        report = calendar.fetch_busy(MARCH, own=())
        assert [busy.span for busy in report.busy] == [meeting]
        (unreadable,) = report.unreadable
        assert unreadable.calendar
        assert unreadable.what
        assert unreadable.where
        assert unreadable.fix

    def test_our_own_events_never_count_as_busy(self, tmp_path: Path) -> None:
        """A block does not stand in its own way."""
        calendar = self.make_calendar(tmp_path, [])
        calendar.book(some_event())
        assert calendar.fetch_busy(MARCH, own=("b1",)).busy == ()

    # Booking

    def test_a_booked_event_is_found_as_it_was_booked(self, tmp_path: Path) -> None:
        """Also by a call that asks for others beside it."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        assert (booked.id, booked.span, booked.cancelled) == ("b1", span_at(10, 9), False)
        blocks = calendar.fetch_blocks(("b1", "b2"))
        assert dict(blocks.found) == {"b1": booked}
        assert not blocks.lost

    def test_booking_the_same_id_again_changes_nothing(self, tmp_path: Path) -> None:
        """Even where the time differs: what stands is returned."""
        calendar = self.make_calendar(tmp_path, [])
        first = calendar.book(some_event())
        again = calendar.book(some_event(day=20))
        assert again == first
        assert dict(calendar.fetch_blocks(("b1",)).found) == {"b1": first}

    def test_what_comes_again_is_there_also_where_it_was_deleted(self, tmp_path: Path) -> None:
        """Its copy here was deleted while another calendar was in use. It can be changed and deleted like any."""
        calendar = self.make_calendar(tmp_path, [])
        calendar.book(some_event())
        self.delete_by_hand(calendar, tmp_path, "b1")
        again = calendar.book(replace(some_event(day=20), again=True))
        assert (again.span, again.cancelled) == (span_at(20, 9), False)
        assert dict(calendar.fetch_blocks(("b1",)).found) == {"b1": again}
        assert calendar.book(replace(some_event(day=21), again=True)) == again
        assert calendar.book(some_event(day=21)) == again
        assert calendar.fetch_busy(MARCH, own=("b1",)).busy == ()
        moved = calendar.move(some_event(day=23), revision=again.revision)
        assert dict(calendar.fetch_blocks(("b1",)).found) == {"b1": moved}
        calendar.cancel("b1", revision=moved.revision)
        assert "b1" not in calendar.fetch_blocks(("b1",)).found

    def test_events_stand_beside_each_other(self, tmp_path: Path) -> None:
        """Each under its own id."""
        calendar = self.make_calendar(tmp_path, [])
        one, two = calendar.book(some_event("b1")), calendar.book(some_event("b2", day=11))
        assert dict(calendar.fetch_blocks(("b1", "b2")).found) == {"b1": one, "b2": two}

    # Moving

    def test_a_moved_event_is_where_it_was_moved(self, tmp_path: Path) -> None:
        """Under a new revision, and the old one moves nothing any more."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        moved = calendar.move(some_event(day=11), revision=booked.revision)
        assert (moved.id, moved.span) == ("b1", span_at(11, 9))
        assert moved.revision != booked.revision
        assert dict(calendar.fetch_blocks(("b1",)).found) == {"b1": moved}

    def test_a_change_of_the_text_alone_changes_the_revision(self, tmp_path: Path) -> None:
        """So that an edit by somebody else is noticed."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        other = replace(some_event(), summary="Thinking")
        assert calendar.move(other, revision=booked.revision).revision != booked.revision

    def test_move_raises_conflict_on_an_old_revision(self, tmp_path: Path) -> None:
        """Nothing is written."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        moved = calendar.move(some_event(day=11), revision=booked.revision)
        with pytest.raises(ConflictError):
            calendar.move(some_event(day=12), revision=booked.revision)
        assert dict(calendar.fetch_blocks(("b1",)).found) == {"b1": moved}

    def test_move_raises_conflict_when_the_person_moved_it(self, tmp_path: Path) -> None:
        """Theirs stands, and can be moved once it was seen."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        self.move_by_hand(calendar, tmp_path, "b1", span_at(16, 13))
        with pytest.raises(ConflictError):
            calendar.move(some_event(day=12), revision=booked.revision)
        theirs = calendar.fetch_blocks(("b1",)).found["b1"]
        assert theirs.span == span_at(16, 13)
        assert theirs.revision != booked.revision
        assert calendar.move(some_event(day=12), revision=theirs.revision).span == span_at(12, 9)

    def test_move_raises_conflict_when_it_was_deleted(self, tmp_path: Path) -> None:
        """What the person deleted is not made again."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        self.delete_by_hand(calendar, tmp_path, "b1")
        with pytest.raises(ConflictError):
            calendar.move(some_event(day=12), revision=booked.revision)
        assert "b1" not in calendar.fetch_blocks(("b1",)).found

    # Cancelling

    def test_a_cancelled_event_stands_no_more_and_others_do(self, tmp_path: Path) -> None:
        """It is missing, or there as cancelled."""
        calendar = self.make_calendar(tmp_path, [])
        booked, other = calendar.book(some_event()), calendar.book(some_event("b2", day=11))
        calendar.cancel("b1", revision=booked.revision)
        found = calendar.fetch_blocks(("b1", "b2")).found
        assert "b1" not in found or found["b1"].cancelled
        assert found["b2"] == other

    def test_cancelling_what_is_gone_is_fine(self, tmp_path: Path) -> None:
        """A second try after a crash finds the work done."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        self.delete_by_hand(calendar, tmp_path, "b1")
        calendar.cancel("b1", revision=booked.revision)
        calendar.cancel("never", revision="")
        assert "b1" not in calendar.fetch_blocks(("b1",)).found

    def test_cancel_raises_conflict_on_an_old_revision(self, tmp_path: Path) -> None:
        """It stays."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        moved = calendar.move(some_event(day=11), revision=booked.revision)
        with pytest.raises(ConflictError):
            calendar.cancel("b1", revision=booked.revision)
        assert dict(calendar.fetch_blocks(("b1",)).found) == {"b1": moved}

    # The place that holds our events

    def test_a_lost_place_is_not_a_deleted_event(self, tmp_path: Path) -> None:
        """`lost` tells them apart, and only of ids that were asked for."""
        calendar = self.make_calendar(tmp_path, [])
        calendar.book(some_event())
        self.delete_by_hand(calendar, tmp_path, "b1")
        assert not calendar.fetch_blocks(("b1",)).lost
        self.lose_blocks(calendar, tmp_path)
        blocks = calendar.fetch_blocks(("b1",))
        assert blocks.lost
        assert dict(blocks.found) == {}
        assert not calendar.fetch_blocks(()).lost

    def test_booking_again_makes_a_lost_place_anew(self, tmp_path: Path) -> None:
        """The event is back where it was."""
        calendar = self.make_calendar(tmp_path, [])
        calendar.book(some_event())
        self.lose_blocks(calendar, tmp_path)
        booked = calendar.book(some_event())
        assert booked.span == span_at(10, 9)
        assert dict(calendar.fetch_blocks(("b1",)).found) == {"b1": booked}

    def test_fetch_blocks_raises_when_the_place_cannot_be_read(self, tmp_path: Path) -> None:
        """Permanent; unknown is not gone."""
        calendar = self.make_calendar(tmp_path, [])
        calendar.book(some_event())
        self.break_blocks(calendar, tmp_path)
        with pytest.raises(ProviderError) as caught:
            calendar.fetch_blocks(("b1",))
        assert caught.value.fault is FaultClass.PERMANENT

    @pytest.mark.parametrize("act", ["book", "move", "cancel"])
    def test_a_write_raises_when_the_place_is_broken(self, tmp_path: Path, act: str) -> None:
        """Permanent, with where and a cure; nothing is written."""
        calendar = self.make_calendar(tmp_path, [])
        booked = calendar.book(some_event())
        self.break_blocks(calendar, tmp_path)
        before = _files(tmp_path)
        acts: dict[str, Callable[[], object]] = {
            "book": lambda: calendar.book(some_event("b2")),
            "move": lambda: calendar.move(some_event(day=12), revision=booked.revision),
            "cancel": lambda: calendar.cancel("b1", revision=booked.revision),
        }
        with pytest.raises(ProviderError) as caught:
            acts[act]()
        assert caught.value.fault is FaultClass.PERMANENT
        assert caught.value.where
        assert caught.value.fix
        assert _files(tmp_path) == before


def _files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file under a folder."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

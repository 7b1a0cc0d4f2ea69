"""A person who keeps another calendar than before: the blocks go with them, and none is doubled."""

from datetime import timedelta

import pytest
from worlds import POLICY, FileLife

from automations.model.policy import CalendarSettings
from automations.model.records import BlockState
from automations.model.seen import Span
from automations.plan.which_calendar import CHANGED
from automations.providers.local.calendar import LocalCalendar
from google_emulator import Fault
from google_emulator.provider import google_calendar

LIVE = (BlockState.BOOKED, BlockState.MOVED_BY_HAND)


class Mover(FileLife):
    """A person with files and a Google account, who keeps the blocks in one of them at a time."""

    def __init__(self, folder, emulator, api):
        self.emulator, self.api = emulator, api
        super().__init__(folder, POLICY)
        self.first_file, self.second_file = self.own_file, self.folder / "data" / "other.ics"
        self.google = google_calendar(emulator, folder, clock=self.clock)
        self.keep(self.first_file)

    def keep(self, place):
        """Set `calendar.provider` and `calendar.file`."""
        if place == "google":
            self.calendar = self.google
            self.change(calendar=CalendarSettings("google", file=str(self.own_file)))
        else:
            self.own_file = place
            self.calendar = LocalCalendar((str(self.busy_file),), str(place), self.policy.me.zone)
            self.change(calendar=CalendarSettings("local", file=str(place)))

    def close(self):
        self.google.close()
        self.journal.close()

    def move_to(self, place):
        """Keep another calendar from now on; return the report of the next run."""
        self.keep(place)
        return self.later()

    def later(self):
        self.clock.go(minutes=15)
        return self.run()

    def on_google(self):
        """Return when our events on Google are, by block."""
        wanted = [block.id for block in self.recorded.blocks]
        found = self.google.fetch_blocks(wanted).found
        ours = [event for event in self.api.live if event.get("summary") == "Invention time"]
        assert len(ours) == len(found), "none stands twice"
        return sorted(seen.span for seen in found.values())

    def in_file(self, path):
        self.own_file, kept = path, self.own_file
        try:
            return sorted(self.events().values())
        finally:
            self.own_file = kept

    def spans(self):
        return sorted(block.span for block in self.recorded.blocks if block.state in LIVE)

    def here(self, place):
        return self.on_google() if place == "google" else self.in_file(place)

    def clear(self, place):
        """Delete every copy in a calendar, as the warning says."""
        if place != "google":
            place.unlink()
            return
        for event in list(self.api.live):
            self.api.delete(event["id"])


@pytest.fixture
def mover(tmp_path, emulator, calendar_api):
    made = Mover(tmp_path / "ann", emulator, calendar_api)
    yield made
    made.close()


def place_of(mover, name):
    return {"google": "google", "file": mover.first_file, "other": mover.second_file}[name]


WAYS = [("file", "google"), ("google", "file"), ("file", "other")]


@pytest.fixture(params=WAYS, ids=["-to-".join(way) for way in WAYS])
def way(request, mover):
    """Return the calendar the blocks are in, and the one they go to."""
    old, new = (place_of(mover, name) for name in request.param)
    mover.keep(old)
    mover.run()
    assert len(mover.here(old)) == 2
    return old, new


@pytest.fixture(params=["no-file", "a-file"])
def before(request, mover, way):
    """Let the new file be there already, with an event of somebody else's in it, or not."""
    _, new = way
    if new != "google" and request.param == "a-file":
        mover.meet(mover.clock.now() + timedelta(days=40), title="Dentist")
        new.write_bytes(mover.busy_file.read_bytes())
    return request.param


def told(report):
    return [problem for problem in report.notices.told if problem.code == CHANGED]


def test_the_blocks_go_along_at_their_times_and_the_copies_are_named_once(mover, way, before):
    old, new = way
    times = mover.spans()
    report = mover.move_to(new)
    assert [result.kind for result in report.results] == ["restore-block", "restore-block"]
    assert mover.spans() == times
    assert set(times) <= set(mover.here(new))
    assert {block.state for block in mover.recorded.blocks} == {BlockState.BOOKED}
    (problem,) = told(report)
    assert ("Google Calendar" if old == "google" else str(old)) in problem.what
    assert report.exit_code == 0
    again = mover.later()
    assert (again.results, told(again)) == ((), [])
    assert "deleted by hand" not in str(mover.recorded) + str(mover.log)


def test_whoever_goes_back_finds_them_as_they_were_left(mover, way):
    old, new = way
    mover.move_to(new)
    report = mover.move_to(old)
    assert [result.kind for result in report.results] == ["adopt-block", "adopt-block"]
    assert mover.here(old) == mover.spans()
    assert len(mover.spans()) == 2
    assert mover.later().results == ()


def test_whoever_goes_back_after_deleting_the_copies_gets_them_again(mover, way):
    old, new = way
    times = mover.spans()
    for goes, leaves in ((new, old), (old, new), (new, old)):
        mover.move_to(goes)
        mover.clear(leaves)
        assert mover.later().results == ()
        assert mover.here(goes) == mover.spans() == times


def test_whoever_goes_back_after_a_move_there_has_each_once(mover, way):
    old, new = way
    mover.move_to(new)
    block = mover.recorded.blocks[0]
    later = Span(block.span.start + timedelta(days=1), block.span.end + timedelta(days=1))
    if new == "google":
        mover.api.move(block.id, later.start, later.end)
    else:
        mover.move_event(block, later)
    mover.later()
    assert mover.block(block.month).span == later
    mover.move_to(old)
    mover.settle()
    assert mover.here(old) == mover.spans()
    assert len(mover.spans()) == 2


@pytest.mark.parametrize("all_of_them", [True, False])
def test_what_is_deleted_in_the_calendar_they_went_to_is_a_skip(mover, way, all_of_them):
    _, new = way
    mover.move_to(new)
    gone = mover.recorded.blocks if all_of_them else mover.recorded.blocks[:1]
    for block in gone:
        if new == "google":
            mover.api.delete(block.id)
        else:
            mover.delete_event(block)
    mover.later()
    assert [mover.block(block.month).reason for block in gone] == ["deleted by hand"] * len(gone)
    assert len(mover.here(new)) == 2 - len(gone)
    assert mover.later().results == ()


def test_where_a_meeting_is_in_the_new_calendar_it_is_planned_anew(mover):
    mover.run()
    first, second = mover.recorded.blocks
    mover.api.meet(first.span.start, first.span.end)
    mover.move_to("google")
    moved = mover.block(first.month)
    assert (moved.id, moved.state) == (first.id, BlockState.BOOKED)
    assert not moved.span.overlaps(first.span)
    assert mover.block(second.month).span == second.span
    assert mover.on_google() == mover.spans()
    mover.move_to(mover.first_file)
    mover.settle()
    assert mover.in_file(mover.first_file) == mover.spans()


def test_while_google_does_not_answer_nothing_is_lost(mover):
    mover.run()
    times = mover.spans()
    mover.emulator.faults.put("calendar.events.list", Fault.error(403, "forbidden"), times=99)
    assert mover.move_to("google").results == ()
    mover.emulator.faults.clear()
    mover.emulator.faults.put("calendar.events.insert", Fault.error(403, "forbidden"), times=99)
    mover.later()
    assert mover.on_google() == []
    mover.emulator.faults.clear()
    mover.emulator.faults.put("calendar.events.insert", Fault("close", applied=True), times=1)
    mover.later()
    mover.settle()
    assert mover.on_google() == mover.spans() == times


def test_with_the_file_moved_to_another_place_nothing_is_booked(mover):
    mover.run()
    mover.first_file.rename(mover.second_file)
    report = mover.move_to(mover.second_file)
    assert {result.kind for result in report.results} == {"adopt-block"}
    assert mover.in_file(mover.second_file) == mover.spans()
    assert len(mover.spans()) == 2


def test_a_lost_journal_finds_what_was_made_again(mover):
    """A deleted copy, and the one that was made after it: the one that stands counts."""
    mover.keep("google")
    mover.run()
    times = mover.spans()
    mover.move_to(mover.first_file)
    mover.clear("google")
    mover.move_to("google")
    (mover.folder / "anew").mkdir()
    anew = Mover(mover.folder / "anew", mover.emulator, mover.api)
    anew.clock = mover.clock
    anew.keep("google")
    anew.run()
    assert anew.spans() == times
    assert mover.on_google() == times
    anew.close()

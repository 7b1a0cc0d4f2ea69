"""What is decided about a block that was last seen in another calendar than the one in use."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from automations.model.policy import CalendarSettings, InventionPolicy, Me, OnConflict, Policy, WeekWindow
from automations.model.records import Block, BlockState, Recorded, Run, Severity
from automations.model.seen import Busy, OwnBlocks, Seen, SeenBlock, Span, Unreadable
from automations.plan.actions import AdoptBlock, BookBlock, CloseBlock, RestoreBlock
from automations.plan.generations import block_id
from automations.plan.invention import CONFLICT, NO_SLOT, UNREADABLE, plan_invention
from automations.plan.which_calendar import CHANGED, in_use, is_elsewhere

ADA = "ada@example.org"
NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)
WORK = tuple(WeekWindow(day, time(9), time(17)) for day in range(5))
FILE = "/srv/invention.ics"
LOCAL = f"local:{FILE}"
TEN = Span(datetime(2026, 12, 10, 9, tzinfo=UTC), datetime(2026, 12, 10, 11, tzinfo=UTC))
MEETING = Busy(TEN, "Budget review")


def policy(calendar="google", **rules):
    provider, _, file = calendar.partition(":")
    return Policy(
        me=Me("Ada", ADA, "Europe/Berlin"),
        invention=InventionPolicy(**{"working_hours": WORK, "months_ahead": 0, **rules}),
        calendar=CalendarSettings(provider=provider, file=file),
    )


def block(calendar=LOCAL, span=TEN, **fields):
    given = {
        "id": block_id(ADA, "2026-12", 1),
        "person": ADA,
        "month": "2026-12",
        "generation": 1,
        "state": BlockState.BOOKED,
        "rev": 2,
        "span": span,
        "zone": "Europe/Berlin",
        "revision": "r0",
        "calendar": calendar,
        "moves": 1,
        **fields,
    }
    return Block(**given)


def decide(*blocks, calendar="google", now=NOW, world=None, problems=(), rules=None, **seen):
    world = world or Seen(**seen)
    known = Recorded(ADA, blocks=blocks, problems=tuple(problems))
    return plan_invention(policy(calendar, **(rules or {})), now, world, known)


def only(decided, kind):
    (action,) = decided.actions
    assert isinstance(action, kind)
    return action


def codes(decided):
    return [problem.code for problem in decided.problems]


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        (LOCAL, "google", False),
        ("local", "google", False),
        ("google", LOCAL, False),
        ("google", LOCAL, True),
        (LOCAL, "local:/srv/other.ics", False),
        (LOCAL, "local:/srv/other.ics", True),
    ],
)
def test_what_is_missing_from_a_calendar_it_was_never_in_goes_there_at_its_time(old, new, lost):
    decided = decide(block(old), calendar=new, blocks=OwnBlocks(lost=lost))
    restored = only(decided, RestoreBlock)
    assert restored.block.span == TEN
    assert restored.block.state is BlockState.BOOKED
    assert "keeps its time" in restored.reason
    (told,) = decided.problems
    assert (told.code, told.severity, told.subject) == (CHANGED, Severity.WARNING, old)
    assert "Thu 10 Dec 10:00-12:00" in told.what


def test_the_copies_left_behind_are_named_with_what_to_do_about_them():
    (on_file,) = decide(block(LOCAL), calendar="google").problems
    assert "kept in Google Calendar now" in on_file.what
    assert f"copies in {FILE} are" in on_file.what
    assert on_file.fix == f"rm '{FILE}'    (if it holds nothing else)"
    (on_google,) = decide(block("google"), calendar=LOCAL).problems
    assert f"kept in {FILE} now; the copies in Google Calendar are" in on_google.what
    assert on_google.fix == "delete them there by hand"
    (unknown_file,) = decide(block("local"), calendar="google").problems
    assert unknown_file.fix == "delete them there by hand"


@pytest.mark.parametrize("calendar", ["google", "local", "", LOCAL])
def test_what_is_missing_from_the_calendar_it_was_seen_in_was_deleted_by_hand(calendar):
    here = "google" if calendar == "google" else LOCAL
    closed = only(decided := decide(block(calendar), calendar=here), CloseBlock)
    assert (closed.state, closed.reason) == (BlockState.SKIPPED, "deleted by hand")
    assert decided.problems == ()


def test_where_its_time_is_taken_it_is_planned_anew_under_its_own_id():
    decided = decide(mine := block(), busy=(MEETING,))
    booked = only(decided, BookBlock).block
    assert (booked.id, booked.generation, booked.rev) == (mine.id, 1, 3)
    assert not booked.target.overlaps(TEN)
    assert (booked.calendar, booked.moves) == (LOCAL, 1)
    assert codes(decided) == [CHANGED]


def test_a_booking_there_that_failed_is_made_again_under_its_own_id():
    failed = block(state=BlockState.OWED, span=None, rev=4)
    booked = only(decide(failed), BookBlock).block
    assert (booked.id, booked.calendar, booked.rev) == (failed.id, LOCAL, 5)


@pytest.mark.parametrize("rule", [OnConflict.KEEP, OnConflict.ASK])
def test_a_person_who_wants_no_move_gets_it_at_its_time_whatever_is_there(rule):
    decided = decide(block(), busy=(MEETING,), rules={"on_conflict": rule})
    assert only(decided, RestoreBlock).block.span == TEN


def test_where_the_person_put_it_it_stays_theirs():
    decided = decide(block(state=BlockState.MOVED_BY_HAND), busy=(MEETING,))
    assert only(decided, RestoreBlock).block.state is BlockState.MOVED_BY_HAND


def test_with_no_slot_it_is_asked_and_nothing_is_forgotten():
    wall = Busy(Span(NOW, NOW + timedelta(days=40)), "Away")
    decided = decide(block(), busy=(wall,))
    assert decided.actions == ()
    assert set(codes(decided)) == {CHANGED, NO_SLOT}


def test_while_a_calendar_cannot_be_read_it_waits():
    unreadable = (Unreadable("work", "broken", "work.ics", "mend it"),)
    decided = decide(block(), unreadable=unreadable, busy=(MEETING,))
    assert decided.actions == ()
    assert CONFLICT not in codes(decided)
    assert set(codes(decided)) == {UNREADABLE, CHANGED}
    assert decide(block(), blocks=OwnBlocks(known=False), unreadable=unreadable).actions == ()


def test_one_that_has_begun_is_left_to_be_judged_when_it_is_over():
    begun = TEN.start + timedelta(minutes=5)
    assert decide(block(), now=begun).actions == ()
    closed = only(decide(block(), now=TEN.end, rules={"notice_days": 60}), CloseBlock)
    assert closed.state is BlockState.HELD
    missed = decide(block(), now=TEN.end, busy=(MEETING,), rules={"notice_days": 60})
    assert only(missed, CloseBlock).state is BlockState.OWED


def found(span, revision="r9", **fields):
    return OwnBlocks({block_id(ADA, "2026-12", 1): SeenBlock("id", span, revision, **fields)})


def test_what_stands_there_from_an_earlier_time_is_taken_up_and_not_doubled():
    decided = decide(block(), blocks=found(TEN))
    taken = only(decided, AdoptBlock).block
    assert (taken.state, taken.span, taken.revision) == (BlockState.BOOKED, TEN, "r9")
    assert not is_elsewhere(taken, "google")
    assert codes(decided) == [CHANGED]
    assert decide(taken, blocks=found(TEN)).actions == ()


def test_where_it_stands_elsewhere_there_that_is_its_time_and_nobody_moved_it():
    other = Span(TEN.start + timedelta(days=1), TEN.end + timedelta(days=1))
    adopted = only(decide(block(), blocks=found(other)), AdoptBlock)
    assert (adopted.block.state, adopted.block.span) == (BlockState.BOOKED, other)
    assert adopted.reason == "found in Google Calendar, Fri 11 Dec 10:00-12:00"
    theirs = decide(block(state=BlockState.MOVED_BY_HAND), blocks=found(other))
    assert only(theirs, AdoptBlock).block.state is BlockState.MOVED_BY_HAND


def test_an_earlier_time_that_is_over_there_is_not_held():
    past = Span(NOW - timedelta(hours=3), NOW - timedelta(hours=1))
    world = Seen(blocks=found(past))
    known = Recorded(ADA, blocks=(block(),), last_run=Run(1, ADA, NOW - timedelta(minutes=15)))
    decided = plan_invention(policy(), NOW, world, known)
    closed, booked = decided.actions
    assert (closed.state, booked.block.generation) == (BlockState.OWED, 2)


def test_one_cancelled_there_says_nothing_of_today():
    assert only(decide(block(), blocks=found(TEN, cancelled=True)), RestoreBlock).block.span == TEN


def test_the_copies_are_told_of_for_a_day_unless_that_calendar_is_in_use_again():
    (told,) = decide(block()).problems
    here = block("google")
    world = Seen(blocks=found(TEN, "r0"))
    later = NOW + timedelta(hours=23)
    assert decide(here, world=world, problems=[told], now=later).problems == (told,)
    assert decide(here, world=world, problems=[told], now=NOW + timedelta(hours=24)).problems == ()
    (other,) = decide(here, calendar=LOCAL, problems=[told], now=later).problems
    assert other.subject == "google"


def test_the_name_of_a_calendar_holds_its_file():
    assert (in_use(policy()), in_use(policy(LOCAL))) == ("google", LOCAL)
    assert in_use(replace(policy(), calendar=CalendarSettings("google", file=FILE))) == "google"

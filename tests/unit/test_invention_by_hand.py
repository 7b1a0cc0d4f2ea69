"""What the person may ask for about a block, and what is refused with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from automations.errors import RefusedError
from automations.model.policy import InventionPolicy, Me, Policy, WeekWindow
from automations.model.records import Block, BlockState, OpenClaim, Recorded
from automations.model.seen import Busy, OwnBlocks, Seen, SeenBlock, Span, Unreadable
from automations.plan.actions import BookBlock, CancelBlock, CloseBlock, MoveBlock
from automations.plan.generations import block_id
from automations.plan.invention import plan_invention
from automations.plan.invention_by_hand import choose, hold, not_held, skip
from automations.plan.placing import possible_alternatives

ADA, BERLIN, MONTH = "ada@example.org", "Europe/Berlin", "2026-12"
NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)
POLICY = Policy(
    me=Me("Ada", ADA, BERLIN),
    invention=InventionPolicy(
        working_hours=tuple(WeekWindow(day, time(9), time(17)) for day in range(5)), months_ahead=0
    ),
)


def at(day, hour, minute=0):
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


SPAN = Span(at(10, 10), at(10, 12))
FIRST, SECOND = Span(at(15, 10), at(15, 12)), Span(at(17, 10), at(17, 12))


def block(state=BlockState.BOOKED, span=SPAN, month=MONTH, **fields):
    given = {"rev": 2, "zone": BERLIN, "revision": "r0", "alternatives": (FIRST, SECOND), **fields}
    return Block(block_id(ADA, month, 1), ADA, month, 1, state, span=span, **given)


def world(*blocks, busy=(), **fields):
    found = {b.id: SeenBlock(b.id, b.span, b.revision) for b in blocks}
    return Seen(busy=tuple(busy), blocks=OwnBlocks(found), **fields)


def refused(ask):
    with pytest.raises(RefusedError) as caught:
        ask()
    return caught.value


BROKEN = (Unreadable("work", "it is cut off", "work.ics:3", "export it again"),)
CLAIM = OpenClaim(1, ADA, 1, NOW, "move-block", MONTH)


# --- hold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [BlockState.SKIPPED, BlockState.MISSED, BlockState.OWED])
def test_hold_books_again_with_a_new_id(state):
    old = block(state, Span(at(1, 5), at(1, 7)))
    action = hold(POLICY, NOW, Seen(), Recorded(ADA, blocks=(old,)), MONTH)
    assert isinstance(action, BookBlock)
    assert action.block.id == block_id(ADA, MONTH, 2)
    assert (action.block.generation, action.block.rev, action.block.state) == (2, 1, BlockState.OWED)
    assert action.block.target.start >= NOW + timedelta(days=2)


def test_hold_books_a_month_that_had_nothing():
    assert hold(POLICY, NOW, Seen(), Recorded(ADA), "2027-03").block.generation == 1


def test_hold_takes_up_a_booking_that_did_not_go_through():
    left = block(BlockState.OWED, None)
    action = hold(POLICY, NOW, Seen(), Recorded(ADA, blocks=(left,)), MONTH)
    assert (action.block.id, action.block.rev) == (left.id, 3)


def test_hold_is_refused_with_a_reason():
    known = Recorded(ADA, blocks=(block(),))
    there = refused(lambda: hold(POLICY, NOW, world(block()), known, MONTH))
    assert "has its block already, Thu 10 Dec 10:00-12:00" in there.what
    assert "magicloop invention skip 2026-12" in there.fix
    assert "is over" in refused(lambda: hold(POLICY, NOW, Seen(), Recorded(ADA), "2026-11")).what
    broken = refused(lambda: hold(POLICY, NOW, Seen(unreadable=BROKEN), Recorded(ADA), MONTH))
    assert (broken.where, broken.fix) == ("work.ics:3", "export it again")
    assert (
        "no working time is left"
        in refused(lambda: hold(POLICY, at(30, 12), Seen(), Recorded(ADA), MONTH)).what
    )
    assert "write it as YYYY-MM" in refused(lambda: hold(POLICY, NOW, Seen(), Recorded(ADA), "december")).what


def test_hold_names_the_meeting_in_the_way():
    busy = [Busy(Span(at(day, 9), at(day, 17)), f"Fair {day}") for day in range(1, 32)]
    error = refused(lambda: hold(POLICY, NOW, world(busy=busy), Recorded(ADA), MONTH))
    assert 'no two free hours in December 2026; "Fair 3"' in error.what
    assert error.fix == 'move "Fair 3", then: magicloop invention hold 2026-12'


# --- choose -------------------------------------------------------------------------------------


def test_choose_moves_to_an_alternative_and_keeps_the_way_back():
    mine = block()
    action = choose(POLICY, NOW, world(mine), Recorded(ADA, blocks=(mine,)), MONTH, 2)
    assert isinstance(action, MoveBlock)
    assert action.by_hand
    moved = action.block
    assert (moved.target, moved.span, moved.sequence, moved.rev, moved.moves) == (SECOND, SPAN, 1, 3, 0)
    assert moved.alternatives == (FIRST, SPAN)
    assert action.reason == "chosen by hand: Thu 17 Dec 10:00-12:00"


@pytest.mark.parametrize("n", [0, 3, -1])
def test_choose_refuses_a_number_that_is_not_offered(n):
    mine = block()
    error = refused(lambda: choose(POLICY, NOW, world(mine), Recorded(ADA, blocks=(mine,)), MONTH, n))
    assert error.what == "the block of December 2026 has 2 alternatives"


def test_choose_names_what_took_the_alternative():
    mine = block()
    took = Busy(Span(at(15, 12, 5), at(15, 13)), "Lunch")
    error = refused(
        lambda: choose(POLICY, NOW, world(mine, busy=[took]), Recorded(ADA, blocks=(mine,)), MONTH, 1)
    )
    assert error.what == 'Tue 15 Dec 10:00-12:00 is not free any more: "Lunch", Tue 15 Dec 12:05'


def test_choose_does_not_put_one_block_on_another():
    mine, other = block(), block(month="2026-11", span=FIRST)
    error = refused(
        lambda: choose(POLICY, NOW, world(mine, other), Recorded(ADA, blocks=(other, mine)), MONTH, 1)
    )
    assert "the block of November 2026" in error.what


def test_choose_is_refused_with_a_reason():
    mine = block()
    known = Recorded(ADA, blocks=(mine,))
    assert "has no block" in refused(lambda: choose(POLICY, NOW, Seen(), Recorded(ADA), MONTH, 1)).what
    assert "is over" in refused(lambda: choose(POLICY, at(11, 9), world(mine), known, MONTH, 1)).what
    gone = refused(lambda: choose(POLICY, NOW, Seen(), known, MONTH, 1))
    assert "not on the calendar" in gone.what
    edited = world(replace(mine, revision="edited"))
    assert "you changed the block" in refused(lambda: choose(POLICY, NOW, edited, known, MONTH, 1)).what
    broken = world(mine, unreadable=BROKEN)
    assert "cannot be read" in refused(lambda: choose(POLICY, NOW, broken, known, MONTH, 1)).what
    past = Recorded(ADA, blocks=(replace(mine, alternatives=(Span(at(1, 5), at(1, 7)),)),))
    assert "is over" in refused(lambda: choose(POLICY, NOW, world(mine), past, MONTH, 1)).what
    claimed = replace(known, claims=(CLAIM,))
    assert refused(lambda: choose(POLICY, NOW, world(mine), claimed, MONTH, 1)).fix == "magicloop run"


# --- skip ---------------------------------------------------------------------------------------


def test_skip_takes_a_coming_block_off_the_calendar():
    action = skip(POLICY, NOW, Recorded(ADA, blocks=(block(),)), MONTH)
    assert isinstance(action, CancelBlock)
    assert (action.block.state, action.block.rev) == (BlockState.SKIPPED, 3)


def test_skip_before_anything_is_booked_is_remembered():
    action = skip(POLICY, NOW, Recorded(ADA), MONTH)
    assert isinstance(action, CloseBlock)
    assert action.first
    assert (action.block.state, action.block.rev, action.block.generation) == (BlockState.SKIPPED, 1, 1)
    later = plan_invention(POLICY, NOW, Seen(), Recorded(ADA, blocks=(action.block,)))
    assert later.actions == ()


@pytest.mark.parametrize(
    "old", [block(BlockState.OWED, None), block(BlockState.OWED), block(span=Span(at(1, 5), at(1, 7)))]
)
def test_skip_ends_what_is_owed_or_over(old):
    action = skip(POLICY, NOW, Recorded(ADA, blocks=(old,)), MONTH)
    assert isinstance(action, CloseBlock)
    assert not action.first
    assert (action.block.state, action.block.rev) == (BlockState.SKIPPED, 3)


@pytest.mark.parametrize("state", [BlockState.HELD, BlockState.SKIPPED, BlockState.MISSED])
def test_skip_does_not_rewrite_what_ended(state):
    error = refused(lambda: skip(POLICY, NOW, Recorded(ADA, blocks=(block(state),)), MONTH))
    assert f"is {state} already" in error.what
    assert "had no block" in refused(lambda: skip(POLICY, NOW, Recorded(ADA), "2026-11")).what


# --- not held -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [BlockState.HELD, BlockState.BOOKED, BlockState.MOVED_BY_HAND])
def test_not_held_makes_it_owed_and_the_next_run_books_another(state):
    old = block(state, Span(at(1, 5), at(1, 7)))
    action = not_held(POLICY, NOW, Recorded(ADA, blocks=(old,)), MONTH)
    assert (action.state, action.block.state, action.block.rev) == (BlockState.OWED, BlockState.OWED, 3)
    (again,) = plan_invention(POLICY, NOW, Seen(), Recorded(ADA, blocks=(action.block,))).actions
    assert again.block.generation == 2


def test_not_held_is_refused_for_what_is_to_come_or_never_was():
    coming = refused(lambda: not_held(POLICY, NOW, Recorded(ADA, blocks=(block(),)), MONTH))
    assert "is still to come, Thu 10 Dec 10:00-12:00" in coming.what
    assert "has no block" in refused(lambda: not_held(POLICY, NOW, Recorded(ADA), MONTH)).what
    skipped = Recorded(ADA, blocks=(block(BlockState.SKIPPED),))
    assert "is skipped already" in refused(lambda: not_held(POLICY, NOW, skipped, MONTH)).what


# --- what holds today --------------------------------------------------------------------------


def test_a_block_that_was_held_is_not_booked_over_and_the_way_is_named():
    known = Recorded(ADA, blocks=(block(BlockState.HELD, Span(at(1, 5), at(1, 7))),))
    way = "if it was not: magicloop invention skip 2026-12 --not-held"
    held = refused(lambda: hold(POLICY, NOW, Seen(), known, MONTH))
    assert (held.what, held.fix) == ("the block of December 2026 was held", way)
    assert refused(lambda: skip(POLICY, NOW, known, MONTH)).fix == way
    skipped = Recorded(ADA, blocks=(block(BlockState.SKIPPED),))
    assert refused(lambda: skip(POLICY, NOW, skipped, MONTH)).fix == "magicloop invention hold 2026-12"
    past = Recorded(ADA, blocks=(block(BlockState.MISSED, month="2026-10"),))
    assert refused(lambda: skip(POLICY, NOW, past, "2026-10")).fix == "magicloop invention list"


def test_skip_takes_the_event_as_it_stands_also_one_edited_by_hand():
    mine = block()
    known = Recorded(ADA, blocks=(mine,))
    edited = OwnBlocks({mine.id: SeenBlock(mine.id, SPAN, "edited")})
    assert skip(POLICY, NOW, known, MONTH, edited).block.revision == "edited"
    assert skip(POLICY, NOW, known, MONTH, OwnBlocks()).block.revision == "r0"
    later = OwnBlocks({mine.id: SeenBlock(mine.id, Span(at(20, 10), at(20, 12)), "moved")})
    assert isinstance(skip(POLICY, at(11, 8), known, MONTH, later), CancelBlock)


def test_choose_keeps_to_working_hours_and_holidays_as_they_are_now():
    mine = block()
    known = Recorded(ADA, blocks=(mine,))
    mornings = tuple(WeekWindow(day, time(8), time(11)) for day in range(5))
    changed = replace(POLICY, invention=replace(POLICY.invention, working_hours=mornings))
    outside = refused(lambda: choose(changed, NOW, world(mine), known, MONTH, 1))
    assert outside.what == "Tue 15 Dec 10:00-12:00 is outside your working hours now"
    assert "in your calendar" in outside.fix
    off = world(mine, holidays={FIRST.start.date(): "Founders' Day"})
    assert (
        "is on a holiday (Founders' Day)" in refused(lambda: choose(POLICY, NOW, off, known, MONTH, 1)).what
    )
    assert choose(POLICY, NOW, off, known, MONTH, 2).block.target == SECOND


def test_alternatives_that_are_past_or_outside_working_hours_are_not_proposed():
    mine = block(alternatives=(Span(at(1, 5), at(1, 7)), SECOND))
    known = Recorded(ADA, blocks=(mine,))
    there = refused(lambda: hold(POLICY, NOW, world(mine), known, MONTH))
    assert there.fix == "magicloop invention choose 2026-12 2, or magicloop invention skip 2026-12"
    assert possible_alternatives(POLICY, NOW, mine) == ((2, SECOND),)
    none = replace(POLICY, invention=replace(POLICY.invention, working_hours=()))
    assert possible_alternatives(none, NOW, mine) == ()


@pytest.mark.parametrize(("month", "state"), [("2026-10", BlockState.MISSED), ("2026-11", BlockState.OWED)])
def test_a_month_before_the_last_one_is_not_made_up(month, state):
    old = block(BlockState.HELD, Span(at(1, 5), at(1, 7)), month=month)
    action = not_held(POLICY, NOW, Recorded(ADA, blocks=(old,)), month)
    assert action.state is action.block.state is state
    assert ("too late" in action.reason) == (state is BlockState.MISSED)

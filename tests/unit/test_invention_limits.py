"""What must not happen to the blocks: moved over times nobody read, held where they never stood, misreported."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from automations.model.policy import InventionPolicy, Me, OnConflict, Policy, WeekWindow
from automations.model.records import Block, BlockState, Recorded, Run
from automations.model.seen import Busy, OwnBlocks, Seen, SeenBlock, Span, Unreadable
from automations.plan.actions import CloseBlock
from automations.plan.generations import block_id
from automations.plan.invention import needed_busy, plan_invention
from automations.plan.needs import plan_needs

ADA = "ada@example.org"
BERLIN = "Europe/Berlin"
NOW = datetime(2026, 12, 1, 7, tzinfo=UTC)
WORK = tuple(WeekWindow(day, time(9), time(17)) for day in range(5))


def policy(**rules):
    rules = {"working_hours": WORK, "months_ahead": 0, **rules}
    return Policy(me=Me("Ada", "Ada@Example.org", BERLIN), invention=InventionPolicy(**rules))


def at(day, hour, minute=0, month=12, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def block(month="2026-12", start=None, state=BlockState.BOOKED, generation=1, **fields):
    start = start or at(10, 10)
    given = {
        "id": block_id(ADA, month, generation),
        "person": ADA,
        "month": month,
        "generation": generation,
        "state": state,
        "rev": 2,
        "span": Span(start, start + timedelta(hours=2)),
        "zone": BERLIN,
        "revision": "r0",
        **fields,
    }
    return Block(**given)


def recorded(*blocks, **fields):
    return Recorded(ADA, blocks=blocks, **fields)


def seen(*blocks, busy=(), **fields):
    """Return a world in which these blocks stand on the calendar as they are recorded."""
    found = {b.id: SeenBlock(b.id, b.span, b.revision) for b in blocks if b.span}
    return Seen(busy=tuple(busy), blocks=OwnBlocks(found), **fields)


def meeting(day, start, end, title="Budget review", **fields):
    return Busy(Span(at(day, *start), at(day, *end)), title, **fields)


def decide(world, known, now=NOW, **rules):
    return plan_invention(policy(**rules), now, world, known)


LANDED = meeting(10, (11,), (12,))
ONLY = ((), ("invention",), ("offers",), ("incidents",))


def test_a_block_beyond_the_last_month_is_not_moved_over_meetings_nobody_read():
    mine = block(month="2027-03", start=at(3, 10, month=3, year=2027))
    full = [
        Busy(Span(at(day, 9, month=3, year=2027), at(day, 17, month=3, year=2027)), "Booked out")
        for day in range(1, 32)
    ]
    asked = needed_busy(policy(), NOW, recorded(mine))
    read = [event for event in full if event.span.overlaps(asked)]
    decided = decide(seen(mine, busy=read), recorded(mine), on_conflict=OnConflict.MOVE)
    assert [action.kind for action in decided.actions] == ["book-block"], "only December's"
    assert "there is no other slot that month" in decided.problems[0].what


def test_the_year_of_a_block_far_ahead_has_its_holidays_read():
    far = block(month="2028-01", start=at(10, 10, month=1, year=2028))
    germany = policy(country="DE")
    years = {only: plan_needs(germany, NOW, recorded(far), frozenset(only)).years for only in ONLY}
    assert years == {
        (): (2026, 2027, 2028),
        ("invention",): (2026, 2027, 2028),
        ("offers",): (2026,),
        ("incidents",): (2026,),
    }
    assert plan_needs(policy(), NOW, recorded(far), frozenset()).years == ()


@pytest.mark.parametrize("broken", [(), (Unreadable("work", "cut off", "work.ics:1", ""),)])
def test_a_block_put_at_a_time_before_it_was_last_seen_elsewhere_was_not_held(broken):
    mine = block()
    last = Run(1, ADA, at(1, 7), at(1, 7))
    earlier = OwnBlocks({mine.id: SeenBlock(mine.id, Span(at(1, 5), at(1, 7)), "r9")})
    known = recorded(mine, first_run=last, last_run=last)
    closed = decide(Seen(blocks=earlier, unreadable=broken), known).actions[0]
    assert isinstance(closed, CloseBlock)
    assert closed.state is BlockState.OWED
    assert closed.block.span == Span(at(1, 5), at(1, 7))
    assert closed.reason == (
        "moved by hand from Thu 10 Dec 10:00-12:00 to Tue 1 Dec 05:00-07:00, "
        "before it was last seen elsewhere: not held"
    )
    since = replace(last, started=at(1, 4))
    held = decide(Seen(blocks=earlier), replace(known, last_run=since)).actions[0]
    assert held.state is BlockState.HELD


def test_a_block_shortened_while_it_was_on_was_held():
    mine = block(start=at(1, 4))
    last = Run(1, ADA, at(1, 5), at(1, 5))
    shorter = OwnBlocks({mine.id: SeenBlock(mine.id, Span(at(1, 4), at(1, 5, 30)), "r9")})
    closed = decide(Seen(blocks=shorter), recorded(mine, last_run=last)).actions[0]
    assert closed.state is BlockState.HELD


def test_busy_times_are_read_from_the_last_run_on_because_blocks_may_be_moved_there():
    run = Run(1, ADA, NOW - timedelta(days=3), NOW)
    asked = needed_busy(policy(), NOW, recorded(block(), last_run=run))
    assert asked.start == run.started - timedelta(minutes=15)


def test_a_first_run_under_a_clock_of_1970_leaves_two_years_of_missed_months_at_most():
    run = Run(1, ADA, datetime(1970, 1, 1, tzinfo=UTC), None)
    closed = [
        a for a in decide(seen(block()), recorded(block(), first_run=run)).actions if a.kind == "close-block"
    ]
    assert [a.subject for a in closed][::23] == ["2024-12", "2026-11"]
    assert len(closed) == 24


def test_a_month_in_which_no_working_time_was_left_says_so():
    run = Run(1, ADA, at(29, 16, month=11), None)
    (closed,) = (
        a for a in decide(seen(block()), recorded(block(), first_run=run)).actions if a.kind == "close-block"
    )
    assert (closed.subject, closed.reason) == ("2026-11", "no working time was left")


def test_only_a_block_that_is_over_makes_a_time_usual():
    first = decide(Seen(), recorded(), months_ahead=2).actions
    assert [action for action in first if "usual" in action.reason] == []
    past = block(month="2026-11", state=BlockState.HELD, start=at(10, 10, month=11))
    assert decide(Seen(), recorded(past)).actions[0].reason.endswith("at the usual time")


def test_an_alternative_that_is_past_is_not_what_a_conflict_proposes():
    mine = block(alternatives=(Span(at(1, 5), at(1, 7)), Span(at(15, 10), at(15, 12))))
    (problem,) = decide(seen(mine, busy=[LANDED]), recorded(mine), on_conflict=OnConflict.ASK).problems
    assert problem.fix.startswith("magicloop invention choose 2026-12 2, or ")

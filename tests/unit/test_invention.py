"""What is decided about the blocks, state by state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from automations.model.policy import Goal, InventionPolicy, Me, OnConflict, Policy, WeekWindow
from automations.model.records import (
    Block,
    BlockState,
    Idea,
    IdeaState,
    OpenClaim,
    Recorded,
    Run,
    Severity,
)
from automations.model.seen import Busy, BusyKind, OwnBlocks, Seen, SeenBlock, Span, Unreadable
from automations.plan.actions import AdoptBlock, BookBlock, CloseBlock, MoveBlock, RestoreBlock
from automations.plan.generations import block_id
from automations.plan.invention import busy_for, needed_busy, plan_invention
from automations.plan.zones import month_span

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


def only(decided, kind):
    (action,) = decided.actions
    assert isinstance(action, kind)
    return action


# --- owed ---------------------------------------------------------------------------------------


def test_this_month_and_the_months_ahead_get_a_block_each():
    decided = decide(Seen(), recorded(), months_ahead=2)
    assert [action.kind for action in decided.actions] == ["book-block"] * 3
    assert [action.subject for action in decided.actions] == ["2026-12", "2027-01", "2027-02"]
    first = decided.actions[0].block
    assert (first.state, first.span, first.rev, first.generation) == (BlockState.OWED, None, 1, 1)
    assert first.target.length == timedelta(hours=2)
    assert first.zone == BERLIN
    assert first.reason == decided.actions[0].reason
    assert len(first.alternatives) == 2


def test_the_id_of_a_block_is_made_of_what_it_is_and_fits_a_calendar():
    action = only(decide(Seen(), recorded()), BookBlock)
    assert action.block.id == block_id(ADA, "2026-12", 1)
    assert len(action.block.id) == 26
    assert set(action.block.id) <= set("0123456789abcdefghijklmnopqrstuv")
    others = {
        block_id(ADA, "2026-12", 2),
        block_id(ADA, "2026-11", 1),
        block_id("bob@example.org", "2026-12", 1),
    }
    assert action.block.id not in others
    assert len(others) == 3


def test_a_booking_that_did_not_go_through_is_tried_again_with_the_same_id():
    left = block(state=BlockState.OWED, span=None, rev=3)
    again = only(decide(Seen(), recorded(left)), BookBlock).block
    assert (again.id, again.generation, again.rev) == (left.id, 1, 4)
    assert again.target is not None


@pytest.mark.parametrize(
    ("month", "state"),
    [("2026-12", BlockState.SKIPPED), ("2026-12", BlockState.HELD), ("2026-11", BlockState.MISSED)],
)
def test_a_month_whose_block_ended_gets_no_other(month, state):
    this = [] if month == "2026-12" else [block(state=BlockState.SKIPPED)]
    known = recorded(block(month, at(1, 6), state), *this)
    assert decide(Seen(), known) == decide(Seen(), known, now=NOW + timedelta(hours=1))
    assert decide(Seen(), known).actions == ()
    assert needed_busy(policy(), NOW, known) is None


def test_a_block_that_was_not_held_is_made_up_in_what_is_left_of_the_month():
    first = block(state=BlockState.OWED, start=at(3, 10))
    action = only(decide(Seen(), recorded(first), now=at(4, 8)), BookBlock)
    assert (action.block.generation, action.block.rev) == (2, 1)
    assert action.block.id == block_id(ADA, "2026-12", 2)
    assert action.block.target.start >= at(6, 8)


def test_it_is_carried_into_the_next_month_once_its_own_is_over():
    first = block(month="2026-11", state=BlockState.OWED, start=at(3, 10, month=11))
    december = block()
    decided = decide(seen(december), recorded(first, december))
    action = only(decided, BookBlock)
    assert (action.block.month, action.block.generation) == ("2026-11", 2)
    assert month_span("2026-12", BERLIN).start <= action.block.target.start
    assert not action.block.target.overlaps(december.span)
    assert action.reason.endswith("carried over from November 2026")


def test_at_most_one_is_carried_and_older_ones_are_missed():
    older = block(month="2026-10", state=BlockState.OWED, start=at(3, 10, month=10))
    last = block(month="2026-11", state=BlockState.OWED, start=at(3, 10, month=11))
    december = block()
    decided = decide(seen(december), recorded(older, last, december))
    closed, booked = decided.actions
    assert (closed.block.month, closed.block.state) == ("2026-10", BlockState.MISSED)
    assert closed.reason == "not made up in time"
    assert closed.block.rev == older.rev + 1
    assert booked.block.month == "2026-11"


def test_what_never_got_onto_the_calendar_is_not_carried():
    left = block(month="2026-11", state=BlockState.OWED, span=None)
    december = block()
    action = only(decide(seen(december), recorded(left, december)), CloseBlock)
    assert (action.block.month, action.state) == ("2026-11", BlockState.MISSED)


def test_a_made_up_block_that_did_not_go_through_is_still_carried():
    first = block(month="2026-11", state=BlockState.OWED, start=at(3, 10, month=11))
    again = block(month="2026-11", generation=2, state=BlockState.OWED, span=None, rev=3)
    december = block()
    action = only(decide(seen(december), recorded(first, again, december)), BookBlock)
    assert (action.block.id, action.block.rev) == (again.id, 4)


def test_a_month_in_the_hands_of_an_unsettled_claim_is_left_alone():
    claimed = block(state=BlockState.OWED, span=None, target=Span(at(10, 10), at(10, 12)))
    claim = OpenClaim(1, ADA, 1, NOW, "book-block", "2026-12")
    decided = decide(Seen(), recorded(claimed, claims=(claim,)), months_ahead=1)
    assert [action.subject for action in decided.actions] == ["2027-01"]
    assert at(10, 12) in decided.due


def test_an_unreadable_calendar_stops_every_booking_and_is_named():
    broken = Unreadable("work", "it ends in the middle of an event", "work.ics:120", "export it again")
    decided = decide(Seen(unreadable=(broken, broken)), recorded())
    assert decided.actions == ()
    (problem,) = decided.problems
    assert (problem.code, problem.subject, problem.severity) == (
        "calendar-unreadable",
        "work",
        Severity.ERROR,
    )
    assert (problem.what, problem.where, problem.fix) == (broken.what, broken.where, broken.fix)


def test_no_slot_is_a_question_that_names_the_smallest_conflict():
    busy = [meeting(day, (9,), (17,), "All hands") for day in range(1, 32) if day != 8]
    busy += [meeting(8, (10,), (10, 30), "Weekly sync"), meeting(8, (12, 15), (17,), "Fair")]
    decided = decide(Seen(busy=tuple(busy)), recorded())
    assert decided.actions == ()
    (problem,) = decided.problems
    assert (problem.code, problem.subject, problem.severity) == ("no-slot", "2026-12", Severity.ASK)
    assert problem.what == (
        'no two free hours in December 2026; "Weekly sync", Tue 8 Dec 10:00, would free 09:00-11:00'
    )
    assert problem.fix == 'move "Weekly sync", or: magicloop invention skip 2026-12'


def test_a_month_without_working_time_left_asks_nothing():
    decided = decide(Seen(), recorded(), now=at(30, 12))
    assert decided.actions == ()
    assert decided.problems == ()


def test_the_months_of_one_plan_do_not_overlap_when_both_land_in_one():
    owed = block(month="2026-11", state=BlockState.OWED, start=at(3, 10, month=11))
    decided = decide(Seen(), recorded(owed))
    november, december = (action.block.target for action in decided.actions)
    assert not november.overlaps(december)
    assert max(november.start, december.start) - min(november.end, december.end) >= timedelta(minutes=15)


# --- months that passed -------------------------------------------------------------------------


def test_months_without_any_record_since_the_first_run_are_missed():
    run = Run(1, ADA, at(20, 8, month=9), None)
    last = Run(2, ADA, at(20, 8, month=10), None)
    decided = decide(Seen(), recorded(block(), first_run=run, last_run=last))
    closed = [action for action in decided.actions if isinstance(action, CloseBlock) and action.first]
    assert [(action.block.month, action.reason) for action in closed] == [
        ("2026-09", "no free slot"),
        ("2026-10", "no free slot"),
        ("2026-11", "no run that month"),
    ]
    assert {action.block.rev for action in closed} == {1}
    assert {action.block.generation for action in closed} == {1}


def test_a_person_unknown_so_far_has_no_past():
    assert [action.kind for action in decide(Seen(), recorded()).actions] == ["book-block"]


# --- watching -----------------------------------------------------------------------------------


def test_a_block_that_stands_as_recorded_is_left_alone():
    assert decide(seen(block()), recorded(block())).actions == ()


def test_a_block_moved_by_hand_stays_where_it_was_put():
    mine = block()
    moved = SeenBlock(mine.id, Span(at(12, 6), at(12, 8)), "r9")
    action = only(decide(Seen(blocks=OwnBlocks({mine.id: moved})), recorded(mine)), AdoptBlock)
    assert action.block.state is BlockState.MOVED_BY_HAND
    assert (action.block.span, action.block.revision, action.block.rev) == (moved.span, "r9", 3)
    assert action.reason == "moved by hand from Thu 10 Dec 10:00-12:00 to Sat 12 Dec 06:00-08:00"


def test_a_block_shortened_below_the_floor_is_theirs_too():
    mine = block()
    shorter = SeenBlock(mine.id, Span(mine.span.start, mine.span.start + timedelta(minutes=30)), "r9")
    action = only(decide(Seen(blocks=OwnBlocks({mine.id: shorter})), recorded(mine)), AdoptBlock)
    assert action.reason == "shortened by hand to 30 min"
    assert action.block.state is BlockState.MOVED_BY_HAND


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_block_deleted_by_hand_is_a_skip(cancelled):
    mine = block()
    found = {mine.id: SeenBlock(mine.id, mine.span, "r0", cancelled=True)} if cancelled else {}
    action = only(decide(Seen(blocks=OwnBlocks(found)), recorded(mine)), CloseBlock)
    assert (action.state, action.block.state) == (BlockState.SKIPPED, BlockState.SKIPPED)
    assert action.reason == action.block.reason == "deleted by hand"
    assert action.block.rev == mine.rev + 1


def test_a_block_missed_only_after_its_end_was_deleted_too():
    mine = block(start=at(1, 5))
    action = only(decide(Seen(), recorded(mine)), CloseBlock)
    assert action.state is BlockState.SKIPPED


def test_a_lost_file_gets_its_blocks_back():
    december, january = block(), block(month="2027-01", start=at(12, 10, month=1, year=2027))
    over = block(month="2026-11", start=at(10, 10, month=11))
    known = recorded(over, december, january)
    decided = decide(Seen(blocks=OwnBlocks(lost=True)), known, months_ahead=1)
    kinds = [(action.kind, action.subject) for action in decided.actions]
    assert kinds == [("close-block", "2026-11"), ("restore-block", "2026-12"), ("restore-block", "2027-01")]
    restore = decided.actions[1]
    assert isinstance(restore, RestoreBlock)
    assert restore.block.span == december.span
    assert "gone" in restore.reason


def test_nothing_follows_from_blocks_that_could_not_be_read():
    unknown = Seen(unreadable=(Unreadable("own", "no", "blocks.ics", ""),), blocks=OwnBlocks(known=False))
    assert decide(unknown, recorded(block())).actions == ()
    assert decide(unknown, recorded(block(start=at(1, 5)))).actions == ()


def test_hands_are_seen_even_while_a_calendar_is_unreadable():
    broken = (Unreadable("work", "cut off", "work.ics:1", ""),)
    gone = decide(Seen(unreadable=broken), recorded(block()))
    assert only(gone, CloseBlock).state is BlockState.SKIPPED
    mine = block(start=at(1, 5))
    over = decide(seen(mine, unreadable=broken), recorded(mine))
    assert over.actions == ()
    assert mine.span.end in over.due


def test_a_block_that_is_over_was_held():
    mine = block(start=at(1, 5))
    action = only(decide(seen(mine), recorded(mine)), CloseBlock)
    assert action.state is BlockState.HELD
    assert action.block.span == mine.span


@pytest.mark.parametrize("kind", BusyKind)
def test_a_block_that_something_took_stays_owed_and_is_made_up(kind):
    mine = block(start=at(1, 5))
    took = meeting(1, (6, 59), (7, 30), "Fire drill", kind=kind)
    decided = decide(seen(mine, busy=[took]), recorded(mine))
    closed, booked = decided.actions
    assert (closed.state, closed.reason) == (BlockState.OWED, 'not held: "Fire drill" took it')
    assert closed.block.span == mine.span
    assert (booked.block.month, booked.block.generation) == ("2026-12", 2)


def test_a_meeting_next_to_it_did_not_take_it():
    mine = block(start=at(1, 5))
    beside = [meeting(1, (4,), (5,)), meeting(1, (7,), (7, 30))]
    assert only(decide(seen(mine, busy=beside), recorded(mine)), CloseBlock).state is BlockState.HELD


def test_a_block_of_long_ago_that_was_not_held_is_missed_at_once():
    mine = block(month="2026-09", start=at(10, 10, month=9))
    took = Busy(Span(mine.span.start, mine.span.end), "Fire drill")
    december = block()
    action = only(decide(seen(mine, december, busy=[took]), recorded(mine, december)), CloseBlock)
    assert action.state is BlockState.MISSED
    assert action.reason == 'not held: "Fire drill" took it; not made up in time'


def test_a_block_moved_by_hand_to_a_time_that_is_over_is_closed_in_one_step():
    mine = block()
    earlier = SeenBlock(mine.id, Span(at(1, 5), at(1, 7)), "r9")
    action = only(decide(Seen(blocks=OwnBlocks({mine.id: earlier})), recorded(mine)), CloseBlock)
    assert action.state is BlockState.HELD
    assert (action.block.span, action.block.rev) == (earlier.span, mine.rev + 1)


def test_our_own_move_that_was_not_recorded_is_not_taken_for_theirs():
    target = Span(at(12, 10), at(12, 12))
    mine = block(target=target)
    there = SeenBlock(mine.id, target, "r9")
    action = only(decide(Seen(blocks=OwnBlocks({mine.id: there})), recorded(mine)), AdoptBlock)
    assert (action.block.state, action.block.span, action.block.target) == (BlockState.BOOKED, target, None)


# --- meetings that land on a block --------------------------------------------------------------

LANDED = meeting(10, (11,), (12,))


def test_a_block_moves_out_of_the_way_of_a_meeting():
    mine = block()
    action = only(decide(seen(mine, busy=[LANDED]), recorded(mine)), MoveBlock)
    moved = action.block
    assert (moved.id, moved.span, moved.moves, moved.sequence, moved.rev) == (mine.id, mine.span, 1, 1, 3)
    assert moved.state is BlockState.BOOKED
    assert not moved.target.overlaps(LANDED.span)
    assert action.reason.startswith('"Budget review", Thu 10 Dec 11:00, landed on it; moved to ')
    assert not action.by_hand


def test_a_meeting_within_the_buffer_only_is_no_conflict():
    mine = block()
    assert decide(seen(mine, busy=[meeting(10, (12, 5), (13,))]), recorded(mine)).actions == ()


def test_keep_leaves_it_there_and_says_nothing():
    mine = block()
    decided = decide(seen(mine, busy=[LANDED]), recorded(mine), on_conflict=OnConflict.KEEP)
    assert (decided.actions, decided.problems) == ((), ())


def conflict_of(mine, busy=(LANDED,), now=NOW, others=(), **rules):
    decided = decide(seen(mine, busy=busy), recorded(mine, *others), now=now, **rules)
    assert decided.actions == ()
    (problem,) = decided.problems
    assert (problem.code, problem.subject) == ("block-conflict", "2026-12")
    return problem


def test_ask_asks():
    mine = block(alternatives=(Span(at(15, 10), at(15, 12)),))
    problem = conflict_of(mine, on_conflict=OnConflict.ASK)
    assert problem.severity is Severity.ASK
    assert problem.what.startswith(
        '"Budget review", Thu 10 Dec 11:00, landed on the invention block of December 2026 (Thu 10 Dec 10:00-12:00)'
    )
    assert "magicloop invention choose 2026-12 1" in problem.fix
    assert "magicloop invention skip 2026-12" in problem.fix


def test_after_the_last_allowed_move_the_person_is_asked():
    problem = conflict_of(block(moves=2))
    assert "it was moved 2 times already" in problem.what
    assert problem.severity is Severity.ASK


def test_moves_are_counted_over_all_blocks_of_the_month():
    first = block(state=BlockState.OWED, start=at(1, 5), moves=1)
    second = block(generation=2, moves=1)
    assert "it was moved 2 times already" in conflict_of(second, others=(first,)).what


def test_a_block_within_the_notice_is_not_moved():
    problem = conflict_of(block(), now=at(8, 11))
    assert "it is less than 2 days away" in problem.what
    running = conflict_of(block(), now=at(10, 11))
    assert "it is less than 2 days away" in running.what


def test_a_block_with_nowhere_to_go_is_asked_about():
    busy = [LANDED, *(meeting(day, (9,), (17,), "All hands") for day in range(1, 32))]
    problem = conflict_of(block(), busy=busy)
    assert "there is no other slot that month" in problem.what
    assert "choose" not in problem.fix


def test_a_block_they_moved_is_only_told_about():
    problem = conflict_of(block(state=BlockState.MOVED_BY_HAND))
    assert problem.severity is Severity.WARNING
    assert "you put it there, so it stays" in problem.what


def test_a_block_whose_text_they_edited_is_not_written_over():
    mine = block()
    edited = Seen(busy=(LANDED,), blocks=OwnBlocks({mine.id: SeenBlock(mine.id, mine.span, "edited")}))
    decided = decide(edited, recorded(mine))
    assert decided.actions == ()
    assert "you edited it" in decided.problems[0].what


def test_with_an_unreadable_calendar_a_block_is_not_moved_but_the_conflict_is_told():
    mine = block()
    broken = (Unreadable("work", "cut off", "work.ics:1", ""),)
    decided = decide(seen(mine, busy=[LANDED], unreadable=broken), recorded(mine))
    assert decided.actions == ()
    assert {problem.code for problem in decided.problems} == {"calendar-unreadable", "block-conflict"}


def test_a_carried_block_moves_within_the_month_it_was_carried_into():
    carried = block(month="2026-11", generation=2)
    december = block(start=at(15, 10))
    decided = decide(seen(carried, december, busy=[LANDED]), recorded(carried, december))
    moved = only(decided, MoveBlock).block
    assert moved.month == "2026-11"
    span = month_span("2026-12", BERLIN)
    assert span.start <= moved.target.start < span.end
    assert not moved.target.overlaps(december.span)


# --- what has to be looked at, and when ---------------------------------------------------------


def test_what_is_needed_reaches_from_the_first_live_block_to_the_last_month():
    early = block(month="2026-11", start=at(20, 10, month=11))
    needed = needed_busy(policy(months_ahead=1), NOW, recorded(early))
    assert needed.start == early.span.start - timedelta(minutes=15)
    assert needed.end == month_span("2027-01", BERLIN).end + timedelta(minutes=15)
    owed = needed_busy(policy(), NOW, recorded())
    assert owed.start == NOW - timedelta(minutes=15)


def test_a_block_beyond_the_last_month_is_covered_too():
    far = block(state=BlockState.MOVED_BY_HAND, start=at(10, 10, month=5, year=2027))
    assert needed_busy(policy(), NOW, recorded(far)).end >= far.span.end
    assert busy_for(policy(), NOW, recorded(), "2027-06").end >= month_span("2027-06", BERLIN).end


def test_the_next_look_is_due_at_the_end_of_a_block_and_of_the_month():
    mine = block()
    assert set(decide(seen(mine), recorded(mine)).due) == {mine.span.end, month_span("2026-12", BERLIN).end}
    booked = decide(Seen(), recorded())
    assert booked.actions[0].block.target.end in booked.due


# --- what the event says ------------------------------------------------------------------------


def facts(known, now=NOW, **rules):
    with_goals = replace(policy(**rules), goals=(Goal("lead the migration"),))
    return plan_invention(with_goals, now, Seen(), known).actions[0].facts


def test_the_event_gets_plain_facts():
    given = facts(recorded(), problems=("too many pages",), combine=("paper", "radio"))
    assert given == {
        "month": "December 2026",
        "minutes": 120,
        "zone": BERLIN,
        "problem": "too many pages",
        "pair": ["paper", "radio"],
        "last_idea": "",
        "goals": ["lead the migration"],
        "capture": 'magicloop idea add "..."',
    }


def test_without_lists_the_event_has_no_problem_and_no_pair():
    given = facts(recorded())
    assert (given["problem"], given["pair"]) == ("", [])


def test_the_last_idea_is_the_newest_since_the_last_block_that_began():
    before = Idea("1", ADA, "old", IdeaState.SEED, at(1, 8, month=11))
    during = Idea("2", ADA, "new", IdeaState.SEED, at(10, 11, month=11))
    better = replace(during, improvements=((at(12, 9, month=11), "smaller"), (at(11, 9, month=11), "bigger")))
    past = block(month="2026-11", start=at(10, 10, month=11), state=BlockState.HELD)
    assert facts(recorded(past, ideas=(before,)))["last_idea"] == ""
    assert facts(recorded(past, ideas=(before, during)))["last_idea"] == "new"
    assert facts(recorded(past, ideas=(better, before)))["last_idea"] == "smaller"
    assert facts(recorded(ideas=(before,)))["last_idea"] == "old"


def year_of(**rules):
    return [a.block for a in decide(Seen(), recorded(), months_ahead=11, **rules).actions]


def test_every_problem_comes_up_before_one_comes_again():
    problems = [b.problem for b in year_of(problems=("a", "b", "c", "b"))]
    assert problems == ["a", "b", "c"] * 4


def test_no_pair_comes_twice_before_all_were_used_whichever_way_round():
    pairs = [frozenset(b.pair) for b in year_of(combine=("a", "b", "c", "d"))]
    assert len(set(pairs[:6])) == len(set(pairs[6:])) == 6
    assert {len(pair) for pair in pairs} == {2}
    back = block(month="2026-11", state=BlockState.HELD, start=at(10, 10, month=11), pair=("b", "a"))
    assert decide(Seen(), recorded(back), combine=("a", "b", "c")).actions[0].block.pair != ("a", "b")


def test_a_month_keeps_its_problem_when_its_block_is_made_up():
    first = block(state=BlockState.OWED, start=at(1, 5), problem="b", pair=("x", "y"))
    again = only(
        decide(Seen(), recorded(first), problems=("a", "b"), combine=("x", "y", "z")), BookBlock
    ).block
    assert again.problem == "b"
    assert set(again.pair) != {"x", "y"}

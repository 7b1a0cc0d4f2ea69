"""Every kind of claim without an outcome, against what may stand outside."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from automations.model.records import Block, BlockState, Draft, DraftState, OpenClaim, Outcome, Recorded
from automations.model.seen import SeenBlock, SeenDraft, Span
from automations.plan import actions as act
from automations.plan.recovery import Evidence, plan_recovery

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HERE, THERE, ELSEWHERE = (Span(NOW + timedelta(days=d), NOW + timedelta(days=d, hours=2)) for d in (3, 4, 5))
BLOCK = Block("b1", "ann", "2026-03", 1, BlockState.BOOKED, rev=4, span=HERE, revision="r1", moves=1)
OWED = replace(BLOCK, state=BlockState.OWED, span=None, target=HERE, revision="", moves=0)
MOVING = replace(BLOCK, target=THERE)
DRAFT = Draft(
    "d1", "ann", "offer:x", "offer", DraftState.WAITING, "ann@c.test", ("x@c.test",), "Hi", "Words\n", "h",
    b"", "why", NOW, rev=3, provider_id="p1", remote="old",
)  # fmt: skip


def seen_block(span, revision="r2", **more):
    return SeenBlock("b1", span, revision, **more)


def seen_draft(text="Words\n", revision="new"):
    return SeenDraft("p1", revision, "Hi", ("x@c.test",), (), text, "")


def settle(kind, record, seen, *, run=1, lost=()):
    month_or_key = record.month if isinstance(record, Block) else record.key
    claim = OpenClaim(1, "ann", run, NOW, kind, month_or_key)
    blocks = {record.id: seen} if isinstance(record, Block) else {}
    drafts = {record.id: seen} if isinstance(record, Draft) else {}
    recorded = Recorded(
        "ann",
        blocks=(record,) if isinstance(record, Block) else (),
        drafts=(record,) if isinstance(record, Draft) else (),
        claims=(claim,),
    )
    (settlement,) = plan_recovery(recorded, Evidence(blocks, drafts, frozenset(lost)), NOW)
    assert all(change.rev == record.rev + 1 for change in settlement.changes)
    return settlement


@pytest.mark.parametrize(
    ("kind", "block", "seen", "outcome", "state", "span"),
    [
        ("book-block", OWED, seen_block(HERE), Outcome.DONE, BlockState.BOOKED, HERE),
        ("book-block", OWED, seen_block(ELSEWHERE), Outcome.DONE, BlockState.MOVED_BY_HAND, ELSEWHERE),
        ("book-block", OWED, None, Outcome.FAILED, BlockState.OWED, None),
        ("book-block", OWED, seen_block(HERE, cancelled=True), Outcome.FAILED, BlockState.OWED, None),
        ("move-block", MOVING, seen_block(THERE), Outcome.DONE, BlockState.BOOKED, THERE),
        ("move-block", MOVING, seen_block(HERE, "r1"), Outcome.FAILED, BlockState.BOOKED, HERE),
        ("move-block", MOVING, seen_block(ELSEWHERE), Outcome.DONE, BlockState.MOVED_BY_HAND, ELSEWHERE),
        ("move-block", MOVING, None, Outcome.FAILED, BlockState.BOOKED, HERE),
        ("cancel-block", BLOCK, None, Outcome.DONE, BlockState.SKIPPED, HERE),
        ("restore-block", BLOCK, seen_block(HERE), Outcome.DONE, BlockState.BOOKED, HERE),
    ],
)
def test_a_claimed_block_is_recorded_as_it_stands(kind, block, seen, outcome, state, span):
    settlement = settle(kind, block, seen)
    (change,) = settlement.changes
    assert (settlement.outcome, change.state, change.span, change.target) == (outcome, state, span, None)
    assert settlement.again is None


def test_a_move_that_never_happened_does_not_count_as_one():
    (change,) = settle("move-block", MOVING, seen_block(HERE, "r1")).changes
    assert change.moves == 0


def test_what_the_person_chose_by_hand_is_done_again_and_theirs():
    settlement = settle("move-block", MOVING, seen_block(HERE, "r1"), run=None)
    assert isinstance(settlement.again, act.MoveBlock)
    assert (settlement.again.block.target, settlement.again.by_hand) == (THERE, True)
    (change,) = settle("move-block", MOVING, seen_block(THERE), run=None).changes
    assert change.state is BlockState.MOVED_BY_HAND
    assert settle("move-block", MOVING, seen_block(HERE, "changed"), run=None).again is None


def test_a_skip_by_hand_that_did_not_happen_is_done_again():
    settlement = settle("cancel-block", BLOCK, seen_block(HERE, "r1"), run=None)
    assert (settlement.outcome, settlement.changes) == (Outcome.FAILED, ())
    assert isinstance(settlement.again, act.CancelBlock)
    assert settlement.again.reason == "skipped by hand"


@pytest.mark.parametrize("record", [BLOCK, DRAFT])
def test_what_was_lost_goes_on_under_the_same_claim_or_is_planned_anew(record):
    kind, action = (
        ("restore-block", act.RestoreBlock) if record is BLOCK else ("restore-draft", act.RestoreDraft)
    )
    goes_on = settle(kind, record, None)
    assert (goes_on.outcome, goes_on.changes) == (None, ())
    assert isinstance(goes_on.again, action)
    anew = settle(kind, record, None, lost={record.id})
    assert (anew.outcome, anew.again) == (Outcome.FAILED, None)


CREATING = replace(DRAFT, state=DraftState.CREATING, provider_id="", remote="")


@pytest.mark.parametrize(
    ("kind", "draft", "seen", "outcome", "state", "remote"),
    [
        ("create-draft", CREATING, seen_draft(), Outcome.DONE, DraftState.WAITING, "new"),
        ("create-draft", CREATING, seen_draft("Theirs\n"), Outcome.DONE, DraftState.WAITING, ""),
        ("create-draft", CREATING, None, Outcome.FAILED, DraftState.RENDERED, ""),
        ("update-draft", DRAFT, seen_draft(), Outcome.DONE, DraftState.WAITING, "new"),
        ("restore-draft", DRAFT, seen_draft(), Outcome.DONE, DraftState.WAITING, "new"),
    ],
)
def test_a_claimed_draft_is_recorded_as_it_stands(kind, draft, seen, outcome, state, remote):
    settlement = settle(kind, draft, seen)
    (change,) = settlement.changes
    assert (settlement.outcome, change.state, change.remote) == (outcome, state, remote)


def test_new_words_that_did_not_reach_the_copy_are_written_again_unless_it_was_edited():
    again = settle("update-draft", DRAFT, seen_draft("Before\n", "old")).again
    assert isinstance(again, act.UpdateDraft)
    assert again.draft == DRAFT
    edited = settle("update-draft", DRAFT, seen_draft("Theirs\n", "new"))
    assert (edited.outcome, edited.changes, edited.again) == (Outcome.FAILED, (), None)


def test_a_copy_that_was_to_go_is_gone_or_stays_for_the_next_plan():
    ended = replace(DRAFT, state=DraftState.EXPIRED)
    (change,) = settle("remove-copy", ended, None).changes
    assert change.provider_id == ""
    assert settle("remove-copy", ended, seen_draft()).changes == ()


@pytest.mark.parametrize(("kind", "record"), [("book-block", OWED), ("create-draft", CREATING)])
def test_what_could_not_be_looked_up_stays_open(kind, record):
    subject = record.month if isinstance(record, Block) else record.key
    claim = OpenClaim(1, "ann", 1, NOW, kind, subject)
    blocks = (record,) if isinstance(record, Block) else ()
    drafts = () if isinstance(record, Block) else (record,)
    assert (
        plan_recovery(Recorded("ann", blocks=blocks, drafts=drafts, claims=(claim,)), Evidence({}, {}), NOW)
        == ()
    )


def test_a_claim_that_left_no_record_ends():
    claim = OpenClaim(1, "ann", 1, NOW, "create-draft", "offer:nobody")
    (settlement,) = plan_recovery(Recorded("ann", claims=(claim,)), Evidence({}, {}), NOW)
    assert (settlement.outcome, settlement.changes) == (Outcome.FAILED, ())

"""What a run does about a machine that slept, a clock that is wrong, and effects nobody knows the end of."""

from datetime import UTC, datetime, timedelta

import pytest
from worlds import OMAR, PRIYA

from automations.desk import invention as desk_invention
from automations.desk import review
from automations.errors import ExitCode, FaultClass, ProviderError, RefusedError
from automations.model.records import BlockState, DraftState, RunOutcome
from automations.model.seen import Span

OFFER = f"offer:{PRIYA.id}:2026-03"


def ambiguous(port, name, *, happens):
    """Make a port's method fail without telling whether it went through; return what puts it right."""
    whole = getattr(port, name)

    def unsure(*args, **named):
        if happens:
            whole(*args, **named)
        raise ProviderError("the connection broke", fault=FaultClass.AMBIGUOUS)

    setattr(port, name, unsure)
    return lambda: setattr(port, name, whole)


def test_nothing_is_done_late_when_the_machine_slept_between_claim_and_effect(life):
    life.clock.naps = [0] + [0, 61] * 3

    report = life.run()

    skipped = [result for result in report.results if result.outcome.value == "skipped"]
    assert {result.kind for result in skipped} == {"book-block", "create-draft"}
    assert all("slept" in result.detail for result in skipped)
    assert (life.events(), life.copies(), life.recorded.claims) == ({}, {}, ())
    report = life.run()
    assert {result.outcome.value for result in report.results} == {"done"}
    assert (len(life.events()), len(life.copies())) == (2, 1)
    assert life.run().results == ()


@pytest.mark.parametrize(
    "act",
    [
        lambda life: review.discard(life.bench, life.draft(OFFER), ""),
        lambda life: life.approve(OFFER),
        lambda life: life.rewrite(OFFER, body_text="Yet others."),
        lambda life: review.refreshed(life.bench, life.draft(OFFER)),
    ],
    ids=["discard", "approve", "edit", "refreshed"],
)
def test_nothing_is_done_to_a_draft_whose_interrupted_edit_is_not_settled(life, act):
    life.run()
    mend = ambiguous(life.mailbox, "update", happens=True)
    with pytest.raises(ProviderError, match="broke"):
        life.rewrite(OFFER, body_text="Quite other words.")
    mend()
    before = life.everything()

    with pytest.raises(RefusedError, match="not settled yet") as refused:
        act(life)

    assert refused.value.fix.startswith("magicloop run")
    assert life.everything() == before
    life.run()
    assert (life.recorded.claims, life.draft(OFFER).body_text) == ((), "Quite other words.\n")
    review.discard(life.bench, life.draft(OFFER), "")
    assert life.copies() == {}, "the file is ours, so it goes too"


def test_what_was_decided_before_the_machine_slept_is_decided_anew(life):
    life.clock.naps = [0, 601]

    report = life.run()

    assert {result.outcome.value for result in report.results if result.detail} == {"skipped"}
    assert all("slept" in result.detail for result in report.results if result.outcome.value == "skipped")
    assert (life.events(), life.copies(), life.recorded.claims) == ({}, {}, ())
    life.run()
    assert (len(life.events()), len(life.copies())) == (2, 1)
    assert life.run().results == ()


def test_a_pause_of_less_than_a_minute_is_no_sleep(life):
    life.clock.naps = [0] + [0, 60] * 3
    assert {result.outcome.value for result in life.run().results} == {"done"}


@pytest.mark.parametrize("happens", [True, False], ids=["it-happened", "it-did-not"])
@pytest.mark.parametrize(
    ("port", "method", "kind"), [("calendar", "book", "book-block"), ("mailbox", "create", "create-draft")]
)
def test_an_effect_with_no_answer_is_settled_by_the_next_run_from_what_it_finds(
    life, port, method, kind, happens
):
    mend = ambiguous(getattr(life, port), method, happens=happens)
    report = life.run()
    unknown = [result for result in report.results if result.outcome.value == "unknown"]
    assert {result.kind for result in unknown} == {kind}
    assert {claim.kind for claim in life.recorded.claims} == {kind}
    assert report.exit_code is ExitCode.TEMPORARY
    mend()

    recovered = life.run()

    assert life.recorded.claims == ()
    assert {result.kind for result in recovered.results} == {kind}
    assert (len(life.events()), len(life.copies()), life.waiting()) == (2, 1, [OFFER])
    assert [block.state for block in life.recorded.blocks] == [BlockState.BOOKED] * 2
    assert life.run().results == ()


def test_a_claim_stays_open_and_is_not_doubled_while_nobody_can_look_it_up(life):
    mend = ambiguous(life.mailbox, "create", happens=True)
    life.run()
    mend()
    find = life.mailbox.find

    def offline(ref):
        raise ProviderError("no network", fault=FaultClass.TRANSIENT)

    life.mailbox.find = offline
    (claim,) = life.recorded.claims
    for _ in range(3):
        life.clock.go(minutes=15)
        life.run()
        assert life.recorded.claims == (claim,)
        assert life.draft(OFFER).state is DraftState.CREATING
    assert len(life.copies()) == 1
    life.mailbox.find = find

    life.run()

    assert (life.recorded.claims, life.waiting(), len(life.copies())) == ((), [OFFER], 1)
    assert life.run().results == ()


def test_a_mail_edited_before_its_claim_was_settled_is_read_in_and_not_written_over(life):
    mend = ambiguous(life.mailbox, "create", happens=True)
    life.run()
    mend()
    (name,) = life.copies()
    data = life.copies()[name].replace(b"The billing move is on plan.", b"My own words.")
    life.write_named(name, data)
    life.settle()

    assert "My own words." in life.draft(OFFER).body_text
    assert b"My own words." in life.copies()[name]


@pytest.mark.parametrize("happens", [True, False], ids=["it-happened", "it-did-not"])
def test_a_skip_by_hand_with_no_answer_is_carried_out(life, happens):
    life.run()
    mend = ambiguous(life.calendar, "cancel", happens=happens)
    with pytest.raises(ProviderError):
        desk_invention.skip(life.bench, "2026-03")
    mend()

    life.run()

    assert life.block("2026-03").state is BlockState.SKIPPED
    assert life.block("2026-03").reason == "skipped by hand"
    assert len(life.events()) == 1
    assert life.recorded.claims == ()
    assert life.run().results == ()


@pytest.mark.parametrize("happens", [True, False], ids=["it-happened", "it-did-not"])
def test_a_choice_by_hand_with_no_answer_is_carried_out_and_stays(life, happens):
    life.run()
    before = life.block("2026-03")
    mend = ambiguous(life.calendar, "move", happens=happens)
    with pytest.raises(ProviderError):
        desk_invention.choose(life.bench, lambda years: {}, "2026-03", 1)
    mend()

    life.run()

    after = life.block("2026-03")
    assert (after.span, after.state) == (before.alternatives[0], BlockState.MOVED_BY_HAND)
    assert before.span in after.alternatives
    assert after.span in life.events().values()
    assert (after.target, life.recorded.claims) == (None, ())
    assert life.run().results == ()


@pytest.mark.parametrize("happens", [True, False], ids=["it-happened", "it-did-not"])
def test_a_move_by_a_run_with_no_answer_is_found_or_thought_over(life, happens):
    life.run()
    before = life.block("2026-03")
    life.meet(before.span.start, 60, "Budget")
    mend = ambiguous(life.calendar, "move", happens=happens)
    life.run()
    assert [claim.kind for claim in life.recorded.claims] == ["move-block"]
    mend()

    life.run()

    after = life.block("2026-03")
    assert (after.state, after.moves) == (BlockState.BOOKED, 1)
    assert not after.span.overlaps(before.span)
    assert (len(life.events()), life.recorded.claims) == (2, ())
    assert life.run().results == ()


def test_a_block_the_person_moved_while_its_move_was_open_stays_where_they_put_it(life):
    life.run()
    block = life.block("2026-03")
    mend = ambiguous(life.calendar, "move", happens=False)
    with pytest.raises(ProviderError):
        desk_invention.choose(life.bench, lambda years: {}, "2026-03", 1)
    mend()
    theirs = Span(datetime(2026, 3, 27, 13, tzinfo=UTC), datetime(2026, 3, 27, 15, tzinfo=UTC))
    life.move_event(block, theirs)

    life.run()

    assert (life.block("2026-03").span, life.block("2026-03").state) == (theirs, BlockState.MOVED_BY_HAND)
    assert theirs in life.events().values()
    assert life.run().results == ()


@pytest.mark.parametrize("happens", [True, False], ids=["it-happened", "it-did-not"])
def test_an_edit_by_hand_with_no_answer_reaches_the_file(life, happens):
    life.run()
    mend = ambiguous(life.mailbox, "update", happens=happens)
    with pytest.raises(ProviderError):
        life.rewrite(OFFER, body_text="Quite other words.")
    mend()

    life.run()

    (data,) = life.copies().values()
    assert b"Quite other words." in data
    assert life.draft(OFFER).body_text == "Quite other words.\n"
    assert life.recorded.claims == ()
    assert life.run().results == ()


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)])
def test_a_clock_that_cannot_be_right_touches_nothing_and_the_next_run_looks_again(life, wrong):
    mend = ambiguous(life.mailbox, "create", happens=False)
    life.run()
    mend()
    right, before = life.clock.instant, life.everything()
    claims = life.recorded.claims
    life.clock.instant = wrong
    told = []
    for _ in range(3):
        report = life.run()
        told += report.notices.told
        assert (report.outcome, report.exit_code) == (RunOutcome.REFUSED, ExitCode.TEMPORARY)
        assert "nothing was done" in str(report.refusal)
        assert life.recorded.due is None
        life.clock.go(minutes=15)
    assert [problem.code for problem in told] == ["clock-wrong"]
    assert life.everything() == before
    assert life.recorded.claims == claims
    life.clock.instant = right

    report = life.run()

    assert report.outcome is RunOutcome.OK
    assert "clock-wrong" not in life.problems()
    assert life.waiting() == [OFFER]


def test_a_clock_that_was_ahead_once_is_believed_again_after_a_steady_day(life):
    life.run()
    life.clock.go(days=20_000)
    life.run()
    life.clock.instant = datetime(2026, 3, 9, 8, tzinfo=UTC)
    refused = 0
    while life.run().outcome is RunOutcome.REFUSED:
        refused += 1
        life.clock.go(hours=1)
        assert refused < 30
    assert refused == 24
    life.clock.go(hours=1)
    assert life.run().outcome is not RunOutcome.REFUSED


def test_a_block_over_before_its_claim_was_settled_is_recorded_as_it_stands(life):
    mend = ambiguous(life.calendar, "book", happens=True)
    life.run()
    mend()
    life.clock.go(days=31)

    report = life.run()

    assert life.recorded.claims == ()
    assert life.block("2026-03").state is BlockState.HELD
    assert {result.outcome.value for result in report.results} == {"done"}
    assert life.run().results == ()
    assert all(b.span.length == timedelta(hours=2) for b in life.recorded.blocks)


def fails_at(port, name, numbers, fault):
    """Make the calls of a port's method fail that have these numbers."""
    whole, calls = getattr(port, name), []

    def failing(*args, **named):
        calls.append(name)
        if len(calls) in numbers:
            raise ProviderError("the disk is full", fault=fault)
        return whole(*args, **named)

    setattr(port, name, failing)


@pytest.mark.parametrize("fault", [FaultClass.PERMANENT, FaultClass.AMBIGUOUS, FaultClass.TRANSIENT])
def test_what_was_lost_and_could_not_all_be_written_again_does_not_count_as_deleted(life, fault):
    life.change(bosses=(PRIYA, OMAR))
    life.run()
    events, copies = life.events(), life.copies()
    life.lose_copies()
    life.lose_events()
    fails_at(life.mailbox, "create", {2, 3}, fault)
    fails_at(life.calendar, "book", {2, 3}, fault)
    for still_missing in (1, 1, 0):
        life.run()
        assert len(life.copies()) == len(life.events()) == 2 - still_missing
        assert sorted(life.waiting()) == [f"offer:{OMAR.id}:2026-03", OFFER]
        assert {block.state for block in life.recorded.blocks} == {BlockState.BOOKED}

    assert (life.events(), life.copies(), life.recorded.claims) == (events, copies, ())
    assert life.run().results == ()


def test_a_block_held_by_hand_does_not_make_a_lost_calendar_file_look_tidied_up(life):
    life.run()
    desk_invention.skip(life.bench, "2026-03")
    life.lose_events()

    with pytest.raises(RefusedError, match="file that holds your blocks is gone"):
        desk_invention.hold(life.bench, lambda years: {}, "2026-03")

    life.run()
    desk_invention.hold(life.bench, lambda years: {}, "2026-03")
    assert len(life.events()) == 2
    assert life.block("2026-04").state is BlockState.BOOKED

"""What every `ports.Journal` must do. A journal proves itself by subclassing `JournalContract`.

    class TestMine(JournalContract):
        def make_journal(self, tmp_path): return MyJournal(...)
        def wake_of(self, journal): return ...

The records it writes are those of `journal_records`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from automations.errors import ClaimOpenError, ConflictError
from automations.model.records import (
    BlockState,
    DraftState,
    LogEntry,
    Outcome,
    RunOutcome,
    Severity,
)
from automations.model.uptime import Uptime
from automations.model.wake import Wake
from automations.testing.journal_records import (
    ANN,
    BEN,
    NOW,
    SPAN,
    record_line,
    some_block,
    some_draft,
    some_idea,
    some_problem,
)
from automations.testing.journal_rules import RecordRules

if TYPE_CHECKING:
    from automations.ports import Journal


class JournalContract(RecordRules):
    """The tests every journal passes. Each `:raises:` of `ports.Journal` is one of them."""

    # Claims

    def test_a_claim_is_open_until_it_is_settled(self, journal: Journal) -> None:
        """With the records it was made with, and a log line when it ends."""
        run = journal.begin_run(ANN, NOW)
        claim = journal.claim(
            ANN, run=run.id, at=NOW, kind="book-block", subject="2026-03", changes=[some_block()]
        )
        (held,) = journal.load(ANN).claims
        assert (held.id, held.person, held.run, held.at) == (claim, ANN, run.id, NOW)
        assert (held.kind, held.subject) == ("book-block", "2026-03")
        assert journal.load(ANN).blocks == (some_block(),)
        assert journal.log(ANN) == ()

        booked = some_block(rev=2, state=BlockState.BOOKED, span=SPAN)
        later = NOW + timedelta(seconds=1)
        journal.settle(claim, at=later, outcome=Outcome.DONE, detail="09:00-11:00", changes=[booked])
        assert journal.load(ANN).claims == ()
        assert journal.load(ANN).blocks == (booked,)
        assert [entry for _, entry in journal.log(ANN)] == [
            LogEntry(ANN, later, "book-block", "2026-03", "done", "09:00-11:00", run.id)
        ]

    def test_claim_raises_claim_open_when_the_same_is_at_work(self, journal: Journal) -> None:
        """Same person, kind and subject; nothing of the second is written."""
        journal.claim(ANN, run=None, at=NOW, kind="book-block", subject="2026-03")
        with pytest.raises(ClaimOpenError, match="book-block 2026-03 is at work already"):
            journal.claim(ANN, run=None, at=NOW, kind="book-block", subject="2026-03", changes=[some_block()])
        assert journal.load(ANN).blocks == ()
        assert len(journal.load(ANN).claims) == 1

    def test_claims_of_other_people_kinds_and_subjects_are_apart(self, journal: Journal) -> None:
        """Each of the three is part of what is claimed."""
        made = [
            journal.claim(person, run=None, at=NOW, kind=kind, subject=subject)
            for person, kind, subject in (
                (ANN, "book-block", "2026-03"),
                (BEN, "book-block", "2026-03"),
                (ANN, "move-block", "2026-03"),
                (ANN, "book-block", "2026-04"),
            )
        ]
        assert [claim.id for claim in journal.load(ANN).claims] == [made[0], made[2], made[3]]

    def test_a_settled_action_may_be_claimed_again(self, journal: Journal) -> None:
        """The second claim is another claim."""
        first = journal.claim(ANN, run=None, at=NOW, kind="k", subject="s")
        journal.settle(first, at=NOW, outcome=Outcome.FAILED, detail="no network")
        second = journal.claim(ANN, run=None, at=NOW, kind="k", subject="s")
        assert second != first
        assert [claim.id for claim in journal.load(ANN).claims] == [second]

    def test_claim_raises_conflict_when_a_record_was_changed(self, journal: Journal) -> None:
        """And is no open claim afterwards: the action may be claimed with what is true now."""
        journal.record(record_line(), [some_block()])
        with pytest.raises(ConflictError) as caught:
            journal.claim(ANN, run=None, at=NOW, kind="k", subject="s", changes=[some_block(rev=3)])
        assert not isinstance(caught.value, ClaimOpenError)
        journal.claim(ANN, run=None, at=NOW, kind="k", subject="s", changes=[some_block(rev=2)])

    def test_claim_raises_conflict_for_an_illegal_move(self, journal: Journal) -> None:
        """A sent draft is not sent again."""
        rev = self._bring_to(journal, DraftState.SENT)
        with pytest.raises(ConflictError, match="final"):
            journal.claim(
                ANN,
                run=None,
                at=NOW,
                kind="send-draft",
                subject="d1",
                changes=[some_draft(state=DraftState.SENDING, rev=rev + 1)],
            )
        assert journal.load(ANN).claims == ()

    def test_settle_raises_conflict_when_settled_already(self, journal: Journal) -> None:
        """The first outcome stands; a claim that never was is refused the same way."""
        claim = journal.claim(ANN, run=None, at=NOW, kind="k", subject="s")
        journal.settle(claim, at=NOW, outcome=Outcome.DONE, detail="")
        with pytest.raises(ConflictError, match="settled already"):
            journal.settle(claim, at=NOW, outcome=Outcome.FAILED, detail="", changes=[some_idea()])
        with pytest.raises(ConflictError):
            journal.settle(claim + 1, at=NOW, outcome=Outcome.DONE, detail="")
        assert [entry.outcome for _, entry in journal.log(ANN)] == ["done"]
        assert journal.load(ANN).ideas == ()

    def test_settle_raises_conflict_when_a_record_was_changed(self, journal: Journal) -> None:
        """The claim stays open, so that the next run looks at what happened."""
        claim = journal.claim(ANN, run=None, at=NOW, kind="k", subject="s", changes=[some_block()])
        journal.record(record_line(), [some_block(rev=2, reason="by hand")])
        with pytest.raises(ConflictError):
            journal.settle(claim, at=NOW, outcome=Outcome.DONE, detail="", changes=[some_block(rev=2)])
        assert [held.id for held in journal.load(ANN).claims] == [claim]
        assert journal.load(ANN).blocks == (some_block(rev=2, reason="by hand"),)

    # Runs

    def test_a_run_is_recorded_and_logged_when_it_ends(self, journal: Journal) -> None:
        """`last_run` is the newest that finished, `first_run` the oldest."""
        first = journal.begin_run(ANN, NOW)
        assert (journal.load(ANN).last_run, journal.load(ANN).first_run) == (None, first)
        later = NOW + timedelta(seconds=2)
        journal.finish_run(first, at=later, outcome=RunOutcome.OK, problems=(), wake=None)
        second = journal.begin_run(ANN, NOW + timedelta(minutes=15))
        done = replace(first, finished=later, outcome="ok")
        assert second.id != first.id
        assert (journal.load(ANN).last_run, journal.load(ANN).first_run) == (done, done)
        assert [entry for _, entry in journal.log(ANN)] == [
            LogEntry(ANN, later, "run", "", "ok", "", first.id)
        ]

    def test_a_run_that_ends_like_the_last_one_is_not_logged_again(self, journal: Journal) -> None:
        """Where every run must look, the log grows by what happens; `last_run` is the newest all the same."""
        ends = [RunOutcome.NOTHING] * 3 + [RunOutcome.PARTIAL] * 2 + [RunOutcome.NOTHING] * 2
        for number, outcome in enumerate(ends):
            at = NOW + timedelta(minutes=15 * number)
            run = journal.begin_run(ANN, at)
            journal.finish_run(run, at=at, outcome=outcome, problems=(), wake=None)
            last = journal.load(ANN).last_run
            assert last is not None
            assert (last.started, last.outcome) == (at, outcome)
        assert [entry.outcome for _, entry in journal.log(ANN)] == ["nothing", "partial", "nothing"]
        first = journal.load(ANN).first_run
        assert first is not None
        assert first.started == NOW

    def test_a_run_after_something_happened_is_logged(self, journal: Journal) -> None:
        """Whatever was written in between; what others did does not count."""
        self._finish(journal, ANN, [])
        journal.record(record_line())
        self._finish(journal, ANN, [])
        self._finish(journal, BEN, [])
        self._finish(journal, ANN, [])
        assert [entry.kind for _, entry in journal.log(ANN)] == ["run", record_line().kind, "run"]

    def test_a_run_that_fails_as_before_is_not_logged_again(self, journal: Journal) -> None:
        """Until it fails in another way, or succeeds; a try by hand is always told."""
        outcomes = [("failed", "no route")] * 3 + [
            ("failed", "signed out"),
            ("done", ""),
            ("failed", "no route"),
        ]
        for number, (outcome, detail) in enumerate(outcomes):
            at = NOW + timedelta(minutes=15 * number)
            run = journal.begin_run(ANN, at)
            claim = journal.claim(ANN, run=run.id, at=at, kind="create-draft", subject="offer")
            journal.settle(claim, at=at, outcome=Outcome(outcome), detail=detail)
            end = RunOutcome.OK if outcome == "done" else RunOutcome.FAILED
            journal.finish_run(run, at=at, outcome=end, problems=(), wake=None)
        by_hand = journal.claim(ANN, run=None, at=NOW, kind="create-draft", subject="offer")
        journal.settle(by_hand, at=NOW, outcome=Outcome.FAILED, detail="no route")
        told = [(e.outcome, e.detail) for _, e in journal.log(ANN) if e.kind == "create-draft"]
        assert told == [*dict.fromkeys(outcomes), ("failed", "no route"), ("failed", "no route")]
        assert journal.load(ANN).claims == ()

    def test_a_run_ends_once(self, journal: Journal) -> None:
        """A second ending is refused and changes nothing."""
        run = journal.begin_run(ANN, NOW)
        journal.finish_run(run, at=NOW, outcome=RunOutcome.OK, problems=(), wake=None)
        with pytest.raises(ConflictError):
            journal.finish_run(run, at=NOW, outcome=RunOutcome.FAILED, problems=(some_problem(),), wake=None)
        assert journal.load(ANN).problems == ()
        assert len(journal.log(ANN)) == 1

    def test_problems_are_those_of_the_last_run(self, journal: Journal) -> None:
        """They replace all before; other people's stand; the same problem is kept once."""
        self._finish(journal, BEN, [some_problem(person=BEN)])
        other = some_problem(code="no-slot", subject="2026-03", severity=Severity.ASK, reported=NOW, rev=4)
        self._finish(journal, ANN, [some_problem(), other, some_problem()])
        assert journal.load(ANN).problems == (some_problem(), other)
        self._finish(journal, ANN, [other])
        assert journal.load(ANN).problems == (other,)
        self._finish(journal, ANN, [])
        assert journal.load(ANN).problems == ()
        assert journal.load(BEN).problems == (some_problem(person=BEN),)

    # The wake

    def test_the_wake_stands_until_the_next_write(self, journal: Journal) -> None:
        """Coming by for nothing does not end it."""
        wake = self._sleep(journal)
        assert wake is not None
        journal.touch(NOW + timedelta(minutes=15))
        assert self.wake_of(journal) == wake

    def test_a_touch_is_the_last_look(self, journal: Journal) -> None:
        """With how long the machine had been awake by then: a silence is counted from it."""
        self._sleep(journal)
        journal.touch(NOW + timedelta(minutes=15), Uptime(900.0, "b1"))
        recorded = journal.load(ANN)
        assert (recorded.last_idle, recorded.uptime) == (NOW + timedelta(minutes=15), Uptime(900.0, "b1"))

    def test_a_look_noted_by_a_clock_that_was_ahead_ends_with_the_next_run_that_decides(
        self, journal: Journal
    ) -> None:
        """A run that is refused decides nothing, so its clock may be the wrong one."""
        ahead = NOW + timedelta(days=30_000)
        self._sleep(journal)
        journal.touch(ahead)
        for outcome, look in ((RunOutcome.REFUSED, ahead), (RunOutcome.NOTHING, None)):
            run = journal.begin_run(ANN, NOW)
            journal.finish_run(run, at=NOW, outcome=outcome, problems=(), wake=None)
            assert journal.load(ANN).last_idle == look

    def test_record_and_claim_and_a_wake_of_none_clear_the_wake(self, journal: Journal) -> None:
        """The next run looks."""
        self._sleep(journal)
        journal.record(record_line())
        assert self.wake_of(journal) is None

        self._sleep(journal)
        journal.claim(ANN, run=None, at=NOW, kind="k", subject="s")
        assert self.wake_of(journal) is None

        self._sleep(journal)
        run = journal.begin_run(ANN, NOW)
        journal.finish_run(run, at=NOW, outcome=RunOutcome.OK, problems=(), wake=None)
        assert self.wake_of(journal) is None

    def test_what_a_run_writes_itself_does_not_keep_it_from_sleeping(self, journal: Journal) -> None:
        """Its own claims and records were planned with."""
        run = journal.begin_run(ANN, NOW)
        claim = journal.claim(ANN, run=run.id, at=NOW, kind="k", subject="s")
        journal.settle(claim, at=NOW, outcome=Outcome.DONE, detail="")
        journal.record(record_line(run=run.id))
        wake = Wake(NOW + timedelta(days=1))
        journal.finish_run(run, at=NOW, outcome=RunOutcome.OK, problems=(), wake=wake)
        assert self.wake_of(journal) == wake

    def test_a_write_by_hand_during_a_run_is_not_slept_over(self, journal: Journal) -> None:
        """The run may have read the journal before it; the next run looks."""
        run = journal.begin_run(ANN, NOW)
        journal.record(record_line(run=None), [some_idea()])
        wake = Wake(NOW + timedelta(days=1))
        journal.finish_run(run, at=NOW, outcome=RunOutcome.OK, problems=(), wake=wake)
        assert self.wake_of(journal) is None

    # The log

    def test_the_log_gives_the_newest_lines_oldest_first(self, journal: Journal) -> None:
        """`limit` counts from the end, `after` leaves out what was read before."""
        count = 5
        for minute in range(count):
            journal.record(record_line(at=NOW + timedelta(minutes=minute)))
            journal.record(record_line(BEN))
        whole = journal.log(ANN)
        assert [entry.at - NOW for _, entry in whole] == [timedelta(minutes=n) for n in range(count)]
        assert [number for number, _ in whole] == sorted({number for number, _ in whole})
        assert journal.log(ANN, limit=2) == whole[-2:]
        assert journal.log(ANN, after=whole[1][0]) == whole[2:]
        assert journal.log(ANN, limit=1, after=whole[1][0]) == whole[-1:]
        assert journal.log(ANN, limit=0) == ()
        assert journal.log(ANN, after=whole[-1][0]) == ()

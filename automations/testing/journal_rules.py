"""The first half of the journal's contract: records, compare-and-swap, what must never happen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from automations.errors import ConflictError
from automations.model.records import (
    BlockState,
    DraftState,
    Phase,
    Problem,
    Recorded,
    RunOutcome,
)
from automations.model.sending import ApprovalState, AttemptState
from automations.model.wake import Wake
from automations.plan import lifecycle
from automations.testing.journal_records import (
    ANN,
    BEN,
    NOW,
    ROUTES,
    SPAN,
    WHOLE,
    all_records,
    record_line,
    some_approval,
    some_attempt,
    some_block,
    some_cycle,
    some_draft,
    some_idea,
    some_incident,
    some_update,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from automations.model.records import Record
    from automations.ports import Journal


class RecordRules(ABC):
    """What holds for records, whatever wrote them; the first half of `JournalContract`."""

    @abstractmethod
    def make_journal(self, tmp_path: Path) -> Journal:
        """Return a new, empty journal; it may keep files below `tmp_path`."""

    @abstractmethod
    def wake_of(self, journal: Journal) -> Wake | None:
        """Return the wake that stands, None when the next run must look."""

    @pytest.fixture
    def journal(self, tmp_path: Path) -> Iterator[Journal]:
        """One journal per test, closed after it."""
        with closing(self.make_journal(tmp_path)) as journal:
            yield journal

    # Reading

    def test_a_person_unknown_so_far_is_empty(self, journal: Journal) -> None:
        """Nothing is recorded of nobody, and asking records nothing."""
        assert journal.load(ANN) == Recorded(ANN)
        assert journal.log(ANN) == ()

    def test_every_record_comes_back_as_it_was_written(self, journal: Journal) -> None:
        """Every field of every class survives, instants with their microseconds."""
        journal.record(record_line(), WHOLE)
        assert all_records(journal.load(ANN)) == WHOLE

    def test_records_come_in_the_order_they_were_made(self, journal: Journal) -> None:
        """A later change of the first does not move it to the end."""
        journal.record(record_line(), [some_idea(id="z"), some_idea(id="a")])
        journal.record(record_line(), [some_idea(id="z", rev=2, text="changed")])
        assert [(idea.id, idea.text) for idea in journal.load(ANN).ideas] == [
            ("z", "changed"),
            ("a", "pay by voice"),
        ]

    def test_people_do_not_see_each_other(self, journal: Journal) -> None:
        """The same ids, keys and months may belong to two people."""
        journal.record(record_line(), WHOLE)
        theirs = tuple(replace(record, person=BEN) for record in WHOLE)
        journal.record(record_line(BEN), theirs)
        run = journal.begin_run(BEN, NOW)
        journal.claim(BEN, run=run.id, at=NOW, kind="book-block", subject="2026-03")
        mine = journal.load(ANN)
        assert [block.person for block in mine.blocks] == [ANN]
        assert [draft.person for draft in mine.drafts] == [ANN]
        assert (mine.claims, mine.first_run) == ((), None)
        assert [entry.person for _, entry in journal.log(ANN)] == [ANN]

    def test_a_record_is_not_changed_by_its_maker_afterwards(self, journal: Journal) -> None:
        """What was handed in is copied."""
        fields = {"now": "rolling back"}
        journal.record(record_line(), [some_incident(), some_update(fields=fields)])
        fields["now"] = "something else"
        assert journal.load(ANN).updates[0].fields == {"now": "rolling back"}

    def test_an_instant_without_a_zone_is_refused(self, journal: Journal) -> None:
        """It would name no instant; nothing is written."""
        with pytest.raises(ValueError, match="needs a zone"):
            journal.record(record_line(), [some_idea(), some_cycle(opened=NOW.replace(tzinfo=None))])
        assert journal.load(ANN) == Recorded(ANN)

    # Compare-and-swap

    def test_a_record_is_replaced_by_its_next_revision(self, journal: Journal) -> None:
        """Revision 2 takes the place of revision 1."""
        journal.record(record_line(), [some_block()])
        changed = some_block(rev=2, state=BlockState.BOOKED, span=SPAN)
        journal.record(record_line(), [changed])
        assert journal.load(ANN).blocks == (changed,)

    @pytest.mark.parametrize("rev", [1, 2, 4, 0])
    def test_record_raises_conflict_when_the_record_is_not_at_the_revision_before(
        self, journal: Journal, rev: int
    ) -> None:
        """Not made twice, not replaced from an old or a skipped revision."""
        journal.record(record_line(), [some_idea()])
        journal.record(record_line(), [some_idea(rev=2, text="two")])
        with pytest.raises(ConflictError):
            journal.record(record_line(), [some_idea(rev=rev, text="late")])
        assert journal.load(ANN).ideas == (some_idea(rev=2, text="two"),)

    def test_record_raises_conflict_when_the_record_is_not_there(self, journal: Journal) -> None:
        """A second revision needs a first."""
        with pytest.raises(ConflictError, match="idea i1 was changed by somebody else"):
            journal.record(record_line(), [some_idea(rev=2)])

    def test_a_transaction_that_fails_leaves_nothing(self, journal: Journal) -> None:
        """Neither the records before the failing one, nor the log line, nor a cleared wake."""
        wake = self._sleep(journal)
        before = journal.log(ANN)
        with pytest.raises(ConflictError):
            journal.record(record_line(), [some_idea(), some_block(rev=2)])
        with pytest.raises(ConflictError):
            journal.claim(ANN, run=None, at=NOW, kind="k", subject="s", changes=[some_idea(rev=9)])
        assert journal.load(ANN).ideas == ()
        assert journal.load(ANN).claims == ()
        assert journal.log(ANN) == before
        assert self.wake_of(journal) == wake

    # What must never happen

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (some_cycle(), some_cycle()),
            (some_block(), some_block(id="b2")),
            (
                some_block(state=BlockState.BOOKED),
                some_block(id="b2", generation=2, state=BlockState.MOVED_BY_HAND),
            ),
            (some_draft(), some_draft(id="d2")),
            (some_draft(state=DraftState.CREATING), some_draft(id="d2", state=DraftState.WAITING)),
            (some_update(), some_update(phase=Phase.MONITORING)),
        ],
        ids=["cycle", "generation", "live block", "live draft", "creating draft", "update number"],
    )
    def test_record_raises_conflict_for_a_second_of_what_there_may_be_one(
        self, journal: Journal, first: Record, second: Record
    ) -> None:
        """One cycle per boss and month, one live block per month, one live draft per key."""
        journal.record(record_line(), [some_incident(), first])
        before = journal.load(ANN)
        with pytest.raises(ConflictError, match="nothing was written"):
            journal.record(record_line(), [second])
        assert journal.load(ANN) == before

    def test_a_second_live_block_is_refused_by_a_change_too(self, journal: Journal) -> None:
        """Not only a new record can break the rule."""
        journal.record(
            record_line(), [some_block(state=BlockState.BOOKED), some_block(id="b2", generation=2)]
        )
        with pytest.raises(ConflictError, match="has a block on the calendar already"):
            journal.claim(
                ANN,
                run=None,
                at=NOW,
                kind="book-block",
                subject="2026-03",
                changes=[some_block(id="b2", generation=2, rev=2, state=BlockState.BOOKED)],
            )

    def test_a_month_may_have_blocks_that_ended_and_one_that_lives(self, journal: Journal) -> None:
        """The rule counts only live blocks."""
        blocks = (
            some_block(state=BlockState.SKIPPED),
            some_block(id="b2", generation=2, state=BlockState.MISSED),
            some_block(id="b3", generation=3, state=BlockState.BOOKED),
        )
        journal.record(record_line(), blocks)
        assert journal.load(ANN).blocks == blocks

    def test_a_purpose_may_have_a_new_draft_when_the_old_one_ended(self, journal: Journal) -> None:
        """Discarded, then made again."""
        journal.record(record_line(), [some_draft()])
        journal.record(record_line(), [some_draft(rev=2, state=DraftState.DISCARDED)])
        journal.record(record_line(), [some_draft(id="d2")])
        assert [draft.id for draft in journal.load(ANN).drafts] == ["d1", "d2"]

    def test_a_draft_has_one_live_approval(self, journal: Journal) -> None:
        """A second needs the first to be used or void."""
        journal.record(record_line(), [some_draft(), some_approval()])
        with pytest.raises(ConflictError, match="approved already"):
            journal.record(record_line(), [some_approval(id="a2")])
        void = some_approval(rev=2, state=ApprovalState.VOID)
        journal.record(record_line(), [void, some_approval(id="a2")])
        assert journal.load(ANN).approvals == (void, some_approval(id="a2"))

    @pytest.mark.parametrize(
        "change",
        [
            {"state": ApprovalState.VOID},
            {"state": ApprovalState.CONSUMED},
            {"hash": "f" * 64},
            {"text_rev": 2},
        ],
        ids=["void", "used", "other words", "other revision"],
    )
    def test_a_draft_is_sent_only_as_it_was_approved(
        self, journal: Journal, change: dict[str, object]
    ) -> None:
        """A live approval of these very words has to be there."""
        journal.record(record_line(), [some_draft(state=DraftState.WAITING)])
        approved = some_draft(state=DraftState.APPROVED, rev=2)
        journal.record(record_line(), [approved, some_approval(**change)])
        sending = some_draft(state=DraftState.SENDING, rev=3)
        with pytest.raises(ConflictError, match=lifecycle.SENT_AS_APPROVED):
            journal.record(record_line(), [sending])
        assert journal.load(ANN).drafts == (approved,)

    def test_an_approval_may_be_used_up_by_the_very_send(self, journal: Journal) -> None:
        """In one transaction, the draft first."""
        self._bring_to(journal, DraftState.APPROVED)
        used = some_approval(rev=2, state=ApprovalState.CONSUMED)
        journal.record(record_line(), [some_draft(state=DraftState.SENDING, rev=3), used, some_attempt()])
        assert journal.load(ANN).attempts == (some_attempt(),)

    @pytest.mark.parametrize("state", list(AttemptState))
    def test_a_draft_is_sent_once(self, journal: Journal, state: AttemptState) -> None:
        """A second send needs the first to be certainly none."""
        ended = None if state is AttemptState.OPEN else NOW
        journal.record(record_line(), [some_draft(), some_attempt(state=state, ended=ended)])
        second = some_attempt(id="d1-2")
        if state is AttemptState.NOT_SENT:
            journal.record(record_line(), [second])
            assert journal.load(ANN).attempts[1:] == (second,)
        else:
            with pytest.raises(ConflictError, match="sent already"):
                journal.record(record_line(), [second])
            assert len(journal.load(ANN).attempts) == 1

    @pytest.mark.parametrize("state", list(AttemptState))
    def test_of_sends_that_failed_alike_the_newest_is_kept_and_none_that_may_have_gone(
        self, journal: Journal, state: AttemptState
    ) -> None:
        """Where a server refuses for days, what every run reads does not grow by the runs."""
        no: dict[str, Any] = {"state": AttemptState.NOT_SENT, "ended": NOW, "detail": "full"}
        others = [some_attempt(**{**no, "id": "d1-1", "approval": "a0"})]
        others.append(some_attempt(**{**no, "id": "d1-2", "detail": "away"}))
        journal.record(record_line(), [some_draft(), *others, some_attempt(**{**no, "id": "d1-3"})])
        last = some_attempt(**{**no, "id": "d1-4", "state": state})
        journal.record(record_line(), [replace(last, ended=None if state is AttemptState.OPEN else NOW)])
        kept = [each.id for each in journal.load(ANN).attempts]
        assert kept == (["d1-1", "d1-2"] + ["d1-3"] * (state is not AttemptState.NOT_SENT) + ["d1-4"])
        journal.record(record_line(), [some_attempt(**{**no, "id": "d1-5"})])
        assert [each.id for each in journal.load(ANN).attempts if each.state is state][-1:] == (
            ["d1-5"] if state is AttemptState.NOT_SENT else ["d1-4"]
        )

    @pytest.mark.parametrize(
        "orphan",
        [some_update(), some_approval(), some_attempt()],
        ids=["update", "approval", "send"],
    )
    def test_a_record_that_belongs_to_nothing_is_refused(self, journal: Journal, orphan: Record) -> None:
        """An update needs its incident, an approval its draft."""
        with pytest.raises(ConflictError, match="belongs to a record that is not there"):
            journal.record(record_line(), [orphan])
        assert journal.load(ANN) == Recorded(ANN)

    def test_a_child_may_be_written_before_its_parent_in_one_transaction(self, journal: Journal) -> None:
        """Only the end of the transaction counts."""
        journal.record(record_line(), [some_update(), some_incident()])
        assert journal.load(ANN).updates == (some_update(),)

    # A draft's life

    @pytest.mark.parametrize("new", list(DraftState))
    @pytest.mark.parametrize("old", list(DraftState))
    def test_a_draft_moves_by_the_table_and_not_otherwise(
        self, journal: Journal, old: DraftState, new: DraftState
    ) -> None:
        """All pairs of states: legal ones are written, others raise ConflictError."""
        rev = self._bring_to(journal, old)
        moved = some_draft(state=new, rev=rev + 1)
        if new in lifecycle.MOVES[old]:
            journal.record(record_line(), [moved])
            assert journal.load(ANN).drafts == (moved,)
        else:
            with pytest.raises(ConflictError, match=r"the draft is|cannot become"):
                journal.record(record_line(), [moved])
            assert journal.load(ANN).drafts == (some_draft(state=old, rev=rev),)

    @pytest.mark.parametrize("state", sorted(lifecycle.FINAL))
    def test_a_draft_at_its_end_keeps_its_words(self, journal: Journal, state: DraftState) -> None:
        """Its copy may be let go; its words, recipients and key stay as they were."""
        rev = self._bring_to(journal, state)
        for change in ({"mime": b"other"}, {"hash": "f" * 64}, {"to": ("eve@example.com",)}):
            with pytest.raises(ConflictError, match=lifecycle.KEEPS_WORDS):
                journal.record(record_line(), [some_draft(state=state, rev=rev + 1, **change)])
        tidied = some_draft(state=state, rev=rev + 1, provider_id="")
        journal.record(record_line(), [tidied])
        assert journal.load(ANN).drafts == (tidied,)

    def test_the_words_may_change_with_the_write_that_ends_a_draft(self, journal: Journal) -> None:
        """What is kept are the words it ended with."""
        journal.record(record_line(), [some_draft(state=DraftState.WAITING)])
        ended = some_draft(state=DraftState.DISCARDED, rev=2, mime=b"other")
        journal.record(record_line(), [ended])
        assert journal.load(ANN).drafts == (ended,)

    @pytest.mark.parametrize("state", list(DraftState))
    def test_a_new_draft_begins_where_it_may(self, journal: Journal, state: DraftState) -> None:
        """Nothing is born approved, sent or ended."""
        if state in lifecycle.FIRST:
            journal.record(record_line(), [some_draft(state=state)])
            assert journal.load(ANN).drafts == (some_draft(state=state),)
        else:
            with pytest.raises(ConflictError, match="a new draft is"):
                journal.record(record_line(), [some_draft(state=state)])
            assert journal.load(ANN).drafts == ()

    # Steps the tests share

    def _sleep(self, journal: Journal) -> Wake | None:
        run = journal.begin_run(ANN, NOW)
        wake = Wake(NOW + timedelta(days=1), "c" * 64, "0.1.0", (("/tmp/a.ics", "1:2:3"),))  # noqa: S108 -- only a name
        journal.finish_run(run, at=NOW, outcome=RunOutcome.NOTHING, problems=(), wake=wake)
        assert self.wake_of(journal) == wake
        return wake

    def _finish(self, journal: Journal, person: str, problems: list[Problem]) -> None:
        run = journal.begin_run(person, NOW)
        journal.finish_run(run, at=NOW, outcome=RunOutcome.PARTIAL, problems=problems, wake=None)

    def _bring_to(self, journal: Journal, state: DraftState) -> int:
        """Write `some_draft` along a legal way to `state`; return its revision there."""
        route = ROUTES[state]
        for rev, step in enumerate(route, start=1):
            leave = [some_approval()] if step is DraftState.APPROVED else []
            journal.record(record_line(), [some_draft(state=step, rev=rev), *leave])
        return len(route)

"""SQLite and memory answer alike, whatever is written in whatever order."""

from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import event, example, given
from hypothesis import strategies as st

from automations.errors import MagicloopError
from automations.model.records import BlockState, DraftState, Outcome, RunOutcome
from automations.model.seen import Span
from automations.model.sending import ApprovalState
from automations.model.wake import Wake
from automations.store.chain import verify_log
from automations.store.memory import MemoryJournal
from automations.store.sqlite import SqliteJournal
from automations.testing.journal_records import (
    ANN,
    BEN,
    NOW,
    record_line,
    some_approval,
    some_block,
    some_cycle,
    some_draft,
    some_idea,
    some_incident,
    some_problem,
    some_update,
)

people = st.sampled_from((ANN, ANN, ANN, BEN))
revs = st.sampled_from((1, 1, 2, 2, 3, 4))
HALF_A_SIGN = "\ud800"
plain_texts = st.text("ab\x00\n'\"\\é☃𝄞", max_size=6)
texts = st.integers(0, 39).flatmap(lambda n: plain_texts if n else st.just(HALF_A_SIGN))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)).flatmap(
    lambda at: st.sampled_from((UTC, timezone(timedelta(hours=12, minutes=45)))).map(
        lambda zone: at.replace(tzinfo=zone)
    )
)
spans = st.builds(Span, instants, instants)

records = st.one_of(
    st.builds(
        some_block,
        id=st.sampled_from(("b1", "b2")),
        person=people,
        month=st.sampled_from(("2026-03", "2026-04")),
        generation=st.integers(1, 2),
        state=st.sampled_from(BlockState),
        rev=revs,
        span=st.none() | spans,
        alternatives=st.lists(spans, max_size=2).map(tuple),
        pair=st.lists(texts, max_size=2).map(tuple),
        summary=texts,
    ),
    st.builds(
        some_draft,
        id=st.sampled_from(("d1", "d2")),
        person=people,
        key=st.sampled_from(("offer:1", "offer:2")),
        state=st.sampled_from(DraftState),
        rev=revs,
        to=st.lists(texts, max_size=2).map(tuple),
        mime=st.binary(max_size=8),
        body_text=texts,
        created=instants,
    ),
    st.builds(
        some_approval,
        id=st.sampled_from(("a1", "a2")),
        person=people,
        draft=st.sampled_from(("d1", "d2")),
        state=st.sampled_from(ApprovalState),
        rev=revs,
        expires=instants,
    ),
    st.builds(
        some_cycle, person=people, boss=st.sampled_from(("x", "y")), closed=st.none() | instants, rev=revs
    ),
    st.builds(some_incident, person=people, severity=st.integers(1, 4), rev=revs),
    st.builds(
        some_update,
        person=people,
        number=st.integers(1, 2),
        fields=st.dictionaries(texts, texts, max_size=2),
        rev=revs,
    ),
    st.builds(some_idea, person=people, text=texts, rev=revs),
)
changes = st.lists(records, max_size=3)
runs = st.none() | st.integers(1, 2)
kinds = st.sampled_from(("book-block", "move-block"))


def steps(journal):
    """What may be asked of a journal: a name for each, so that both twins are asked the same."""
    return {
        "record": lambda person, changes, run, detail: journal.record(
            replace(record_line(person, run=run), detail=detail), changes
        ),
        "claim": lambda person, changes, run, kind: journal.claim(
            person, run=run, at=NOW, kind=kind, subject="s", changes=changes
        ),
        "settle": lambda claim, outcome, changes, detail: journal.settle(
            claim, at=NOW, outcome=outcome, detail=detail, changes=changes
        ),
        "begin": lambda person: journal.begin_run(person, NOW),
        "finish": lambda number, person, problems, wake: journal.finish_run(
            replace(journal.begin_run(person, NOW), id=number),
            at=NOW,
            outcome=RunOutcome.OK,
            problems=[some_problem(person=person, code=code) for code in problems],
            wake=wake,
        ),
        "touch": journal.touch,
    }


wakes = st.none() | st.builds(
    Wake, st.none() | instants, texts, texts, st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
)
asked = st.one_of(
    st.tuples(st.just("record"), people, changes, runs, texts),
    st.tuples(st.just("record"), people, changes, runs, texts),
    st.tuples(st.just("claim"), people, changes, runs, kinds),
    st.tuples(st.just("settle"), st.integers(1, 3), st.sampled_from(Outcome), changes, texts),
    st.tuples(st.just("begin"), people),
    st.tuples(st.just("finish"), st.integers(1, 3), people, st.lists(st.sampled_from("abc")), wakes),
    st.tuples(st.just("touch"), instants),
)


def answer(journal, name, arguments):
    """Return what the journal answers: a value, or the class of its error.

    Not the sentence: of two rules broken at once SQLite may name the other.
    """
    try:
        return steps(journal)[name](*arguments)
    except MagicloopError as error:
        return type(error)


@contextmanager
def both():
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "journal.db")
        with closing(SqliteJournal.open(path)) as file, closing(MemoryJournal()) as memory:
            yield file, memory
        assert verify_log(path) is None


@example([("finish", 1, ANN, [], Wake(None, "", "", (("", HALF_A_SIGN), ("", ""))))])
@given(st.lists(asked, max_size=12))
def test_the_twins_answer_alike(asks):
    with both() as (file, memory):
        for name, *arguments in asks:
            from_file = answer(file, name, arguments)
            event(f"{name}: {from_file.__name__ if isinstance(from_file, type) else 'done'}")
            assert from_file == answer(memory, name, arguments)
        for person in (ANN, BEN):
            assert file.load(person) == memory.load(person)
            assert file.log(person, limit=5) == memory.log(person, limit=5)
        assert file.pulse() == memory.pulse()


wrong = st.one_of(
    st.builds(some_block, id=st.just("b9"), generation=st.just(9), month=st.just("soon")),
    st.builds(some_incident, id=st.just("INC-9"), severity=st.sampled_from((0, 5))),
)


@given(st.lists(records | wrong, max_size=3))
def test_a_record_that_is_refused_leaves_the_file_as_it_was(changes):
    with both() as (file, _):
        before = file.load(ANN), file.load(BEN), file.pulse()
        if isinstance(answer(file, "record", (ANN, changes, None, "")), type):
            assert (file.load(ANN), file.load(BEN), file.pulse()) == before
        else:
            assert file.log(ANN) != ()

"""The smallest records that make sense, for tests of journals; each may be changed by field."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from automations.model.aftermath import IncidentNote, Launch, NoteKind
from automations.model.loop import (
    Answer,
    AnswerKind,
    Door,
    Favour,
    OfferIdea,
    OfferIdeaState,
    Pause,
    Promise,
    PromiseState,
    StageChoice,
)
from automations.model.records import (
    Block,
    BlockState,
    Cycle,
    Draft,
    DraftState,
    Idea,
    IdeaState,
    Incident,
    LogEntry,
    Phase,
    Problem,
    Record,
    Severity,
    Update,
)
from automations.model.seen import Span
from automations.model.sending import Approval, Attempt, AttemptState, Look, Nudge

if TYPE_CHECKING:
    from automations.model.records import Recorded

NOW = datetime(2026, 3, 2, 9, 0, 0, 125, tzinfo=UTC)
"""The instant most of the records here are made at; its microseconds must survive."""

ANN = "ann@corp.test"
BEN = "ben@corp.test"

SPAN = Span(NOW, NOW + timedelta(hours=2))

ROUTES: dict[DraftState, tuple[DraftState, ...]] = {
    DraftState.RENDERED: (DraftState.RENDERED,),
    DraftState.CREATING: (DraftState.CREATING,),
    DraftState.WAITING: (DraftState.WAITING,),
    DraftState.APPROVED: (DraftState.WAITING, DraftState.APPROVED),
    DraftState.SENDING: (DraftState.WAITING, DraftState.APPROVED, DraftState.SENDING),
    DraftState.SENT: (DraftState.WAITING, DraftState.APPROVED, DraftState.SENDING, DraftState.SENT),
    DraftState.UNKNOWN: (DraftState.WAITING, DraftState.APPROVED, DraftState.SENDING, DraftState.UNKNOWN),
    DraftState.SENT_ELSEWHERE: (DraftState.WAITING, DraftState.SENT_ELSEWHERE),
    DraftState.DISCARDED: (DraftState.WAITING, DraftState.DISCARDED),
    DraftState.EXPIRED: (DraftState.WAITING, DraftState.EXPIRED),
    DraftState.SUPERSEDED: (DraftState.WAITING, DraftState.SUPERSEDED),
}
"""A legal way for a new draft to each state."""


def record_line(person: str = ANN, *, at: datetime = NOW, run: int | None = None) -> LogEntry:
    """Return a log entry to write records with."""
    return LogEntry(person, at, "test", "subject", "done", "detail", run)


def some_block(**changes: Any) -> Block:
    """Return an owed block of Ann's March."""
    block = Block(id="b1", person=ANN, month="2026-03", generation=1, state=BlockState.OWED)
    return replace(block, **changes)


def some_draft(**changes: Any) -> Draft:
    """Return a rendered draft of Ann's."""
    draft = Draft(
        id="d1",
        person=ANN,
        key="offer:boss@corp.test:2026-03",
        kind="offer",
        state=DraftState.RENDERED,
        sender=ANN,
        to=("boss@corp.test",),
        subject="How can I help?",
        body_text="Hello\n",
        hash="0" * 64,
        mime=b"Subject: How can I help?\r\n\r\nHello\r\n\x00\xff",
        why="the month began",
        created=NOW,
    )
    return replace(draft, **changes)


def some_approval(**changes: Any) -> Approval:
    """Return a live approval of `some_draft`."""
    approval = Approval(
        id="a1",
        person=ANN,
        draft="d1",
        text_rev=1,
        hash="0" * 64,
        recipients=("boss@corp.test",),
        at=NOW,
        not_before=NOW + timedelta(seconds=30),
        expires=NOW + timedelta(hours=72),
    )
    return replace(approval, **changes)


def some_attempt(**changes: Any) -> Attempt:
    """Return a send of `some_draft` that was begun."""
    return replace(Attempt("d1-1", ANN, "d1", "a1", NOW), **changes)


def some_cycle(**changes: Any) -> Cycle:
    """Return Ann's open March with her boss."""
    return replace(Cycle(ANN, "boss@corp.test", "2026-03", NOW), **changes)


def some_incident(**changes: Any) -> Incident:
    """Return an open incident of Ann's."""
    incident = Incident(
        id="INC-1",
        person=ANN,
        title="Checkout is down",
        severity=1,
        phase=Phase.INVESTIGATING,
        impact="nobody can pay",
        started=NOW - timedelta(minutes=5),
        opened=NOW,
        audiences=(("exec", ("cto@corp.test", "ceo@corp.test")), ("tactical", ())),
    )
    return replace(incident, **changes)


def some_update(**changes: Any) -> Update:
    """Return the first update of `some_incident`."""
    update = Update(
        person=ANN,
        incident="INC-1",
        number=1,
        phase=Phase.INVESTIGATING,
        at=NOW,
        fields={"now": "rolling back", "next": "look at \N{SNOWMAN} again\n"},
        next_due=NOW + timedelta(minutes=30),
    )
    return replace(update, **changes)


def some_idea(**changes: Any) -> Idea:
    """Return a seed of Ann's."""
    idea = Idea("i1", ANN, "pay by voice", IdeaState.SEED, NOW, ((NOW + timedelta(days=1), "by whisper"),))
    return replace(idea, **changes)


def some_promise(**changes: Any) -> Promise:
    """Return an open promise of Ann's to her boss."""
    promise = Promise("P1", ANN, "boss@corp.test", "the report", date(2026, 3, 9), PromiseState.OPEN, NOW)
    return replace(promise, **changes)


def some_answer(**changes: Any) -> Answer:
    """Return a yes of Ann's boss."""
    return replace(Answer("A1", ANN, "boss@corp.test", "", AnswerKind.YES, "please do", NOW), **changes)


def some_problem(**changes: Any) -> Problem:
    """Return a standing problem of Ann's."""
    problem = Problem(
        person=ANN,
        code="calendar-unreadable",
        subject="work.ics",
        severity=Severity.ERROR,
        what="it is cut off",
        where="work.ics:12",
        fix="export it again",
        since=NOW,
    )
    return replace(problem, **changes)


WHOLE: tuple[Record, ...] = (
    some_block(
        state=BlockState.BOOKED,
        span=SPAN,
        target=SPAN,
        zone="Europe/Berlin",
        revision="e1",
        sequence=2,
        moves=1,
        reason="no meetings near",
        alternatives=(SPAN, Span(NOW, NOW + timedelta(minutes=90))),
        problem="What slows us?",
        pair=("queues", "bees"),
        summary="Invention time",
        description="Think.\nThen write.",
        calendar="local:/srv/invention.ics",
    ),
    some_draft(
        state=DraftState.WAITING,
        cc=("ops@corp.test",),
        text_rev=3,
        body_html="<p>Hello</p>",
        previous_text="Hi\n",
        expires=NOW + timedelta(days=3),
        snoozed_until=NOW + timedelta(days=1),
        handed_over=NOW,
        provider_id="draft.eml",
        remote="r7",
        reason="edited",
        template="offer-ask",
        remote_thread="19a0000000000001",
    ),
    some_approval(mime=b"Subject: How can I help?\r\n\r\n\x00\xff"),
    some_attempt(
        state=AttemptState.SENT,
        evidence='{"thread": ["m1"]}',
        sent_id="m2",
        detail="found among the sent mails",
        ended=NOW,
    ),
    Look("d1", ANN, NOW, 1, "0" * 64, ("boss@corp.test",), ("ben@corp.test",), "How can I help?", "Hello\n"),
    Nudge(ANN, "draft:d1", NOW),
    some_cycle(closed=NOW),
    some_incident(owner="Ann", resolved=NOW),
    some_update(),
    some_idea(),
    some_promise(
        state=PromiseState.KEPT,
        source="offer:boss@corp.test:2026-03",
        ended=NOW,
        asked="a shorter report",
        delivered="two pages",
        effect="saves 3 hours a month",
        left="nothing",
        reason="done",
    ),
    some_answer(about="offer:boss@corp.test:2026-03"),
    Pause("Z1", ANN, date(2026, 3, 20), NOW, "holiday", NOW),
    StageChoice("S1", ANN, "boss@corp.test", "suggest", "she asked for it", NOW),
    OfferIdea(
        "O1",
        ANN,
        "cut the release delay",
        "improvement",
        Door.TWO_WAY,
        NOW,
        boss="boss@corp.test",
        facts={"cost": "three days", "undo": "switch it off"},
        state=OfferIdeaState.USED,
        used_for="offer:boss@corp.test:2026-03",
    ),
    Favour("F1", ANN, "boss@corp.test", "a seat in the planning", NOW, "lead a project"),
    IncidentNote(ANN, "INC-1", 1, NoteKind.REST, NOW, {"plan": "Ben takes the night"}),
    Launch("L1", ANN, "voice checkout", date(2026, 4, 1), True, NOW, {"undo": "a switch"}, "INC-1"),  # noqa: FBT003
)
"""One record of every class, with every field set."""


def all_records(recorded: Recorded) -> tuple[Record, ...]:
    """Return every record a journal's memory holds, class by class in the order of its fields."""
    values = [getattr(recorded, each.name) for each in fields(recorded)]
    lists = [value for value in values if isinstance(value, tuple)]
    return tuple(record for each in lists for record in each if isinstance(record, get_args(Record)))

"""Records as rows: one entry per record class says how it is stored and what must never happen.

Adding a record is one entry in `TABLES`, its table in
`sql/schema.sql` and a migration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    Phase,
    Problem,
    Severity,
    Update,
)
from automations.model.sending import Approval, ApprovalState, Attempt, AttemptState, Look, Nudge
from automations.plan import lifecycle
from automations.store.codecs import (
    AUDIENCES,
    DATE,
    DATED_TEXTS,
    FIELDS,
    FLAG,
    INSTANT,
    SPAN,
    SPANS,
    TEXTS,
    member,
)
from automations.store.table import Parent, Table, Unique

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.records import Record
    from automations.model.wake import Wake

LOOK_AGAIN = "look at how it stands now: magicloop status"
"""What to do about a write that was refused."""

MISSING_PARENT = "it belongs to a record that is not there"
"""Why a record without its parent is refused."""


_LIVE_BLOCKS = frozenset(state.value for state in BlockState if state.live)
_LIVE_DRAFTS = frozenset(state.value for state in lifecycle.LIVE)

TABLES: Mapping[type, Table] = {
    table.record: table
    for table in (
        Table(
            name="block",
            noun="block",
            place="blocks",
            record=Block,
            key=("person", "id"),
            codecs={
                "state": member(BlockState),
                "span": SPAN,
                "target": SPAN,
                "alternatives": SPANS,
                "pair": TEXTS,
            },
            unique=(
                Unique(
                    ("person", "month", "generation"), "that month has a block of that generation already"
                ),
                Unique(("person", "month"), "that month has a block on the calendar already", _LIVE_BLOCKS),
            ),
        ),
        Table(
            name="draft",
            noun="draft",
            place="drafts",
            record=Draft,
            key=("person", "id"),
            codecs={
                "state": member(DraftState),
                "to": TEXTS,
                "cc": TEXTS,
                "created": INSTANT,
                "expires": INSTANT,
                "snoozed_until": INSTANT,
                "handed_over": INSTANT,
                "thread": TEXTS,
            },
            unique=(Unique(("person", "key"), "there is a draft for that purpose already", _LIVE_DRAFTS),),
        ),
        Table(
            name="approval",
            noun="approval",
            place="approvals",
            record=Approval,
            key=("person", "id"),
            codecs={
                "recipients": TEXTS,
                "at": INSTANT,
                "not_before": INSTANT,
                "expires": INSTANT,
                "state": member(ApprovalState),
            },
            unique=(
                Unique(
                    ("person", "draft"),
                    "that draft is approved already",
                    frozenset({ApprovalState.LIVE.value}),
                ),
            ),
            parent=Parent(("person", "draft"), Draft),
        ),
        Table(
            name="attempt",
            noun="send",
            place="attempts",
            record=Attempt,
            key=("person", "id"),
            codecs={"at": INSTANT, "ended": INSTANT, "state": member(AttemptState)},
            unique=(
                Unique(
                    ("person", "draft"),
                    "that draft was sent already, or may have been",
                    frozenset(AttemptState) - {AttemptState.NOT_SENT},
                ),
            ),
            parent=Parent(("person", "draft"), Draft),
        ),
        Table(
            name="nudge",
            noun="notice",
            place="nudges",
            record=Nudge,
            key=("person", "subject"),
            codecs={"at": INSTANT},
        ),
        Table(
            name="look",
            noun="look at draft",
            place="looks",
            record=Look,
            key=("person", "draft"),
            codecs={"at": INSTANT, "to": TEXTS, "cc": TEXTS},
            parent=Parent(("person", "draft"), Draft),
        ),
        Table(
            name="cycle",
            noun="cycle",
            place="cycles",
            record=Cycle,
            key=("person", "boss", "month"),
            codecs={"opened": INSTANT, "closed": INSTANT},
        ),
        Table(
            name="incident",
            noun="incident",
            place="incidents",
            record=Incident,
            key=("person", "id"),
            codecs={
                "phase": member(Phase),
                "started": INSTANT,
                "opened": INSTANT,
                "resolved": INSTANT,
                "audiences": AUDIENCES,
            },
        ),
        Table(
            name="incident_update",
            noun="update",
            place="updates",
            record=Update,
            key=("person", "incident", "number"),
            codecs={
                "phase": member(Phase),
                "at": INSTANT,
                "fields": FIELDS,
                "next_due": INSTANT,
                "promised": INSTANT,
                "prepared": FLAG,
            },
            parent=Parent(("person", "incident"), Incident),
        ),
        Table(
            name="idea",
            noun="idea",
            place="ideas",
            record=Idea,
            key=("person", "id"),
            codecs={"state": member(IdeaState), "created": INSTANT, "improvements": DATED_TEXTS},
        ),
        Table(
            name="promise",
            noun="promise",
            place="promises",
            record=Promise,
            key=("person", "id"),
            codecs={"due": DATE, "state": member(PromiseState), "made": INSTANT, "ended": INSTANT},
        ),
        Table(
            name="answer",
            noun="answer",
            place="answers",
            record=Answer,
            key=("person", "id"),
            codecs={"kind": member(AnswerKind), "at": INSTANT},
        ),
        Table(
            name="pause",
            noun="pause",
            place="pauses",
            record=Pause,
            key=("person", "id"),
            codecs={"until": DATE, "at": INSTANT, "ended": INSTANT},
        ),
        Table(
            name="stage_choice",
            noun="stage",
            place="stage_choices",
            record=StageChoice,
            key=("person", "id"),
            codecs={"at": INSTANT},
        ),
        Table(
            name="offer_idea",
            noun="idea for an offer",
            place="offer_ideas",
            record=OfferIdea,
            key=("person", "id"),
            codecs={
                "door": member(Door),
                "created": INSTANT,
                "facts": FIELDS,
                "state": member(OfferIdeaState),
            },
        ),
        Table(
            name="favour",
            noun="favour",
            place="favours",
            record=Favour,
            key=("person", "id"),
            codecs={"at": INSTANT},
        ),
        Table(
            name="incident_note",
            noun="note",
            place="notes",
            record=IncidentNote,
            key=("person", "incident", "number"),
            codecs={"kind": member(NoteKind), "at": INSTANT, "fields": FIELDS},
            parent=Parent(("person", "incident"), Incident),
        ),
        Table(
            name="launch",
            noun="launch",
            place="launches",
            record=Launch,
            key=("person", "id"),
            codecs={"day": DATE, "gamble": FLAG, "at": INSTANT, "answers": FIELDS},
        ),
    )
}
"""How each record class is stored."""

PROBLEMS = Table(
    name="problem",
    noun="problem",
    place="problems",
    record=Problem,
    key=("person", "code", "subject"),
    codecs={"severity": member(Severity), "since": INSTANT, "reported": INSTANT},
)
"""Standing problems: replaced as a whole by each run, so without compare-and-swap."""


def changed_meanwhile(table: Table, record: Record) -> str:
    """Return the sentence for a write that lost its compare-and-swap."""
    return f"{table.label(record)} was changed by somebody else since it was read; nothing was written"


@dataclass(frozen=True, slots=True)
class Pulse:
    """When a run last worked (`last_run`), last came by for nothing (`last_idle`), how often, and the wake."""

    last_run: datetime | None = None
    last_idle: datetime | None = None
    idle_count: int = 0
    wake: Wake | None = None

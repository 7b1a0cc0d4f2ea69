"""What the journal keeps, as frozen values: one class per table.

Instants are aware and in UTC, months are the person's local `YYYY-MM`. Every record carries the
`person` it belongs to and a `rev` that rises by one with each write: a new record has rev 1, and
writing rev n replaces rev n-1 or fails (compare-and-swap).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from automations.model.aftermath import IncidentNote, Launch
from automations.model.loop import Answer, Favour, OfferIdea, Pause, Promise, StageChoice
from automations.model.sending import Approval, Attempt, Look, Nudge
from automations.model.wake import last_look

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.seen import Span
    from automations.model.uptime import Uptime

Month = str
"""A local month, `YYYY-MM`."""


class BlockState(StrEnum):
    """Where a block stands. `booked` and `moved_by_hand` are live: the calendar should show them."""

    OWED = "owed"
    BOOKED = "booked"
    MOVED_BY_HAND = "moved_by_hand"
    SKIPPED = "skipped"
    HELD = "held"
    MISSED = "missed"

    @property
    def live(self) -> bool:
        """Tell whether the calendar should show it."""
        return self in (BlockState.BOOKED, BlockState.MOVED_BY_HAND)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of invention time owed for a month.

    `id` is the event's id at the provider, made from person, month and generation. `span` is where
    it stands; `target` is where a claimed but not yet settled booking or move puts it. `calendar` names
    the one it was last seen in (`plan/which_calendar.py`), "" where that is not known.
    """

    id: str
    person: str
    month: Month
    generation: int
    state: BlockState
    rev: int = 1
    span: Span | None = None
    target: Span | None = None
    zone: str = ""
    revision: str = ""
    sequence: int = 0
    moves: int = 0
    reason: str = ""
    alternatives: tuple[Span, ...] = ()
    problem: str = ""
    pair: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""
    calendar: str = ""


class DraftState(StrEnum):
    """Where a draft stands; the legal moves are in `plan/lifecycle.py`."""

    RENDERED = "rendered"
    CREATING = "creating"
    WAITING = "waiting"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    SENT_ELSEWHERE = "sent_elsewhere"
    DISCARDED = "discarded"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail waiting for the person. Addresses are bare addr-specs; `hash` is canonical (compose/mime.py).

    `mime` are the exact bytes of revision `text_rev`, which rises with every change of the words or
    recipients (`rev` rises with every write). `remote` is the provider's revision last written or read.
    `key` is the purpose, e.g. `offer:<boss>:<month>`; `why` says in words what made it; `template` names
    the words it was rendered from (`offer-suggest`), which tells an offer's stage. `message_id` is
    the one in its bytes, `thread` those of the mails it follows, oldest first; both with angle brackets; "" where a provider gave
    it another one that nobody knows. `remote_thread` is the provider's handle of the thread it belongs to.
    """

    id: str
    person: str
    key: str
    kind: str
    state: DraftState
    sender: str
    to: tuple[str, ...]
    subject: str
    body_text: str
    hash: str
    mime: bytes
    why: str
    created: datetime
    rev: int = 1
    text_rev: int = 1
    cc: tuple[str, ...] = ()
    body_html: str = ""
    previous_text: str = ""
    expires: datetime | None = None
    snoozed_until: datetime | None = None
    handed_over: datetime | None = None
    provider_id: str = ""
    remote: str = ""
    reason: str = ""
    message_id: str = ""
    thread: tuple[str, ...] = ()
    template: str = ""
    remote_thread: str = ""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One month's turn of the loop with one boss."""

    person: str
    boss: str
    month: Month
    opened: datetime
    closed: datetime | None = None
    rev: int = 1


class Phase(StrEnum):
    """Where an incident stands, in the words its mails use."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something went wrong. `id` is `INC-<number>`; `audiences` pairs a kind with its addresses."""

    id: str
    person: str
    title: str
    severity: int
    phase: Phase
    impact: str
    started: datetime
    opened: datetime
    owner: str = ""
    resolved: datetime | None = None
    audiences: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Update:
    """One numbered update of an incident and the promise it makes.

    `fields` are the words given (`changed`, `now`, `next`, `known`, `suspected`, `unknown`, `need`,
    `ruled_out`, `verified`, `root_cause`, `change`, `owner`, `by`); `next_due` is the promised
    instant of the next update, None when none is promised. `promised` is the instant this one was made
    for (the first: by when it is to be out), None where none is; `pace` the minutes between updates it speaks of, 0 for none.
    A run made it when `prepared`; then `follows` is the number of the update that had gone out last, 0
    for none.
    """

    person: str
    incident: str
    number: int
    phase: Phase
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    next_due: datetime | None = None
    rev: int = 1
    promised: datetime | None = None
    pace: int = 0
    prepared: bool = False
    follows: int = 0


class IdeaState(StrEnum):
    """The life of an idea; ideas take years."""

    SEED = "seed"
    TESTING = "testing"
    BUILDING = "building"
    IMPROVING = "improving"
    RESTING = "resting"


@dataclass(frozen=True, slots=True)
class Idea:
    """An entry in the idea ledger. `improvements` are (instant, text), oldest first."""

    id: str
    person: str
    text: str
    state: IdeaState
    created: datetime
    improvements: tuple[tuple[datetime, str], ...] = ()
    rev: int = 1


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """An action that was begun and whose outcome is not recorded: its run died, or is at work."""

    id: int
    person: str
    run: int | None
    at: datetime
    kind: str
    subject: str


class Outcome(StrEnum):
    """How an action ended."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the append-only log."""

    person: str
    at: datetime
    kind: str
    subject: str
    outcome: str
    detail: str = ""
    run: int | None = None


class Severity(StrEnum):
    """How bad a standing problem is. Only `error` and `ask` make a run end `partial`."""

    ERROR = "error"
    ASK = "ask"
    TEMPORARY = "temporary"
    SIGN_IN = "sign_in"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stays wrong until it is cured. `code` and `subject` name it across runs.

    `since` is when it was first seen, `reported` when the person was last told.
    """

    person: str
    code: str
    subject: str
    severity: Severity
    what: str
    where: str
    fix: str
    since: datetime
    reported: datetime | None = None
    rev: int = 1

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same problem in the next run."""
        return (self.code, self.subject)


class RunOutcome(StrEnum):
    """How a run ended."""

    OK = "ok"
    NOTHING = "nothing"
    PARTIAL = "partial"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Run:
    """One call by the scheduler.

    `uptime` is the machine's when it began; only the newest look's is kept.
    """

    id: int
    person: str
    started: datetime
    finished: datetime | None = None
    outcome: str = ""
    uptime: Uptime | None = None


Record = (
    Block
    | Draft
    | Approval
    | Attempt
    | Look
    | Nudge
    | Cycle
    | Incident
    | Update
    | Idea
    | Promise
    | Answer
    | Pause
    | StageChoice
    | OfferIdea
    | Favour
    | IncidentNote
    | Launch
)
"""What a journal transaction may write."""


@dataclass(frozen=True)
class Recorded:
    """The journal's memory of one person, read in one transaction: what a plan decides from.

    `blocks` and `drafts` hold every generation; the lists are ordered by creation. `last_idle` is when
    the scheduler last came by and nothing was due, `uptime` the machine's when any run last looked.
    What is asked for often is put in order once: a plan over ten years looks thousands of times.
    """

    person: str
    blocks: tuple[Block, ...] = ()
    drafts: tuple[Draft, ...] = ()
    approvals: tuple[Approval, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    looks: tuple[Look, ...] = ()
    nudges: tuple[Nudge, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    incidents: tuple[Incident, ...] = ()
    updates: tuple[Update, ...] = ()
    ideas: tuple[Idea, ...] = ()
    promises: tuple[Promise, ...] = ()
    answers: tuple[Answer, ...] = ()
    pauses: tuple[Pause, ...] = ()
    stage_choices: tuple[StageChoice, ...] = ()
    offer_ideas: tuple[OfferIdea, ...] = ()
    favours: tuple[Favour, ...] = ()
    notes: tuple[IncidentNote, ...] = ()
    launches: tuple[Launch, ...] = ()
    claims: tuple[OpenClaim, ...] = ()
    problems: tuple[Problem, ...] = ()
    last_run: Run | None = None
    first_run: Run | None = None
    due: datetime | None = None
    last_idle: datetime | None = None
    uptime: Uptime | None = None

    @property
    def last_look(self) -> datetime | None:
        """When a run last looked, None when none ever did."""
        return last_look(self.last_run.started if self.last_run else None, self.last_idle)

    @cached_property
    def draft_keys(self) -> frozenset[str]:
        """What a draft was ever made for."""
        return frozenset(draft.key for draft in self.drafts)

    @cached_property
    def drafts_by_subject(self) -> Mapping[str, tuple[Draft, ...]]:
        """Each subject's drafts, in order of creation; the subject stands second in a purpose key."""
        found: dict[str, tuple[Draft, ...]] = {}
        for draft in self.drafts:
            subject = draft.key.partition(":")[2].partition(":")[0]
            found[subject] = (*found.get(subject, ()), draft)
        return found

    @cached_property
    def updates_by_incident(self) -> Mapping[str, tuple[Update, ...]]:
        """Each incident's updates by number; an incident without any has no entry."""
        found: dict[str, tuple[Update, ...]] = {}
        for update in sorted(self.updates, key=lambda update: update.number):
            found[update.incident] = (*found.get(update.incident, ()), update)
        return found

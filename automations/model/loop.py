"""What the journal keeps of the loop with a boss: promises, answers, pauses and stages chosen by hand.

A stage is never stored: `plan/ladder.py` computes it from these. The rules of every record
(person, rev, instants in UTC) are those of `model/records.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class PromiseState(StrEnum):
    """How a promise ended. Open past its date is overdue, which is computed, not stored."""

    OPEN = "open"
    KEPT = "kept"
    MISSED = "missed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Promise:
    """Something the person told a boss they would do by a local date.

    `id` is `P<number>`; `source` the key of the offer it answers, "" for none. The facts of the closing
    note are `asked` (what the boss wanted), `delivered`, `effect` (one number) and `left`; `reason` says
    why it was missed or dropped. `ended` is when its end was recorded.
    """

    id: str
    person: str
    boss: str
    text: str
    due: date
    state: PromiseState
    made: datetime
    source: str = ""
    ended: datetime | None = None
    asked: str = ""
    delivered: str = ""
    effect: str = ""
    left: str = ""
    reason: str = ""
    rev: int = 1


class AnswerKind(StrEnum):
    """What a boss answered, or did, as the person tells it."""

    YES = "yes"
    NO_NEED = "no_need"
    LATER = "later"
    CHECK_FIRST = "check_first"
    REVERSED = "reversed"
    SOLID = "solid"
    NOT_SOLID = "not_solid"


@dataclass(frozen=True, slots=True)
class Answer:
    """A boss's answer, in their words. `id` is `A<number>`; `about` the key of the mail answered, "" for none."""

    id: str
    person: str
    boss: str
    about: str
    kind: AnswerKind
    text: str
    at: datetime
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """A time without new offers, to the end of the local date `until`; `ended` when it was cut short."""

    id: str
    person: str
    until: date
    at: datetime
    reason: str = ""
    ended: datetime | None = None
    rev: int = 1


@dataclass(frozen=True, slots=True)
class StageChoice:
    """A stage the person raised above its gate by hand, and why. `id` is `S<number>`."""

    id: str
    person: str
    boss: str
    stage: str
    reason: str
    at: datetime
    rev: int = 1


class Door(StrEnum):
    """Whether a step can be taken back. Through a one-way door nobody goes without a yes."""

    ONE_WAY = "one_way"
    TWO_WAY = "two_way"


class OfferIdeaState(StrEnum):
    """Whether an entry of the catalogue can still be offered."""

    OPEN = "open"
    USED = "used"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class OfferIdea:
    """Help that could be offered. `id` is `O<number>`, `boss` the one it is for, "" for any.

    `kind` is maintenance, improvement or strategic. `facts` are the words given so far: `noticed`, `cost`,
    `by` (local date), `changes`; `done`, `result`; `starting` (local date), `stop_by`; `undo`, `checkpoint`,
    `goal`. `used_for` is the key of the offer that named it.
    """

    id: str
    person: str
    text: str
    kind: str
    door: Door
    created: datetime
    boss: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    state: OfferIdeaState = OfferIdeaState.OPEN
    used_for: str = ""
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Favour:
    """What came back from a boss. `id` is `F<number>`; `goal` is the goal it moved, "" for none."""

    id: str
    person: str
    boss: str
    text: str
    at: datetime
    goal: str = ""
    rev: int = 1

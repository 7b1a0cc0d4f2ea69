"""What the journal keeps of the time after an incident, and of launches looked at before they went out.

The rules of every record (person, rev, instants in UTC) are those of `model/records.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class NoteKind(StrEnum):
    """What is noted after an incident."""

    REVIEW = "review"
    LET_DOWN = "let_down"
    JUNIOR = "junior"
    REST = "rest"
    CHECK = "check"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class IncidentNote:
    """Something noted of an incident beside its updates. `number` counts up within the incident.

    `fields` are the words given: a review's `root_cause`, `change`, `owner`, `by` (local date), `learned`;
    `name` and `address` of who was let down, or of the junior involved, with `thanks`; a rest's `plan`;
    a check's `held` (yes or no) and `note`; a progress's `text`.
    """

    person: str
    incident: str
    number: int
    kind: NoteKind
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch looked at before it went public. `id` is `L<number>`; `day` the local date of the launch.

    `answers` are the words to `headline`, `undo`, `disagrees`, `tested`; `gamble` says that it is one.
    `incident` is the incident it led to, "" for none.
    """

    id: str
    person: str
    title: str
    day: date
    gamble: bool
    at: datetime
    answers: Mapping[str, str] = field(default_factory=dict)
    incident: str = ""
    rev: int = 1

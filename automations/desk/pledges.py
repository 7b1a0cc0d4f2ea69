"""What a mail commits the person to, once it is out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from automations.desk.moments import Moment, moment
from automations.model.text import fold
from automations.plan.mail_kind import update_of
from automations.plan.zones import local

if TYPE_CHECKING:
    from datetime import datetime

    from automations.compose.lint import Mail
    from automations.model.records import Draft, Recorded

MOST: Final = 5
"""A mail that says more than this is no letter any more."""

_COMMITS = re.compile(
    r"\b(?:I|we)(?:'ll| will| shall| intend to| plan to| start(?: with| on)?\b)|\bmy (?:new )?date is\b",
    re.IGNORECASE,
)
_UNLESS_ASKED = re.compile(r"\b(?:if|unless|until|should) you\b|\?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pledge:
    """One promise. `at` is when it falls due where the record tells; then `told` says whether the text names that time.

    Where the record tells none, `words` is the mail's own sentence.
    """

    words: str
    at: Moment | None
    told: bool


def pledges_of(draft: Draft, recorded: Recorded, mail: Mail, zone: str, now: datetime) -> tuple[Pledge, ...]:
    """Return what the mail promises: an incident's next update first, then what its own sentences commit to."""
    found = []
    update = update_of(draft, recorded)
    if update is not None and update.next_due is not None:
        due = moment(update.next_due, zone, now)
        found.append(Pledge(f"next update by {due.words}", due, _names_time(mail.own_words, due, zone)))
    for _, sentence in mail.sentences:
        if _COMMITS.search(sentence) and not _UNLESS_ASKED.search(sentence):
            found.append(Pledge(fold(sentence), None, told=True))
    return tuple(found[:MOST])


def _names_time(text: str, due: Moment, zone: str) -> bool:
    """Tell whether a text has the wall time of an instant in it, with or without a leading zero."""
    wall = local(due.at, zone)
    return re.search(rf"(?<!\d)0?{wall.hour}[:.]{wall.minute:02d}(?!\d)", text) is not None

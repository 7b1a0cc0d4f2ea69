"""When a person was last in touch with those a mail goes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.desk.moments import Moment, moment
from automations.plan.incident_record import went_at

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Draft, Recorded


@dataclass(frozen=True, slots=True)
class Contact:
    """The newest of its kind: `mail` is one that went to them, `words` its subject; `answer` is what they said."""

    kind: str
    at: Moment
    words: str


def last_contacts(draft: Draft, recorded: Recorded, zone: str, now: datetime) -> tuple[Contact, ...]:
    """Return the last mail that went to anybody in To, and the last answer of one of them; newest first."""
    to = {address.lower() for address in draft.to}
    mails = [
        (at, "mail", other.subject)
        for other in recorded.drafts
        if other.id != draft.id and (at := went_at(other)) and to & {each.lower() for each in other.to}
    ]
    answers = [
        (answer.at, "answer", answer.text or answer.kind.value.replace("_", " "))
        for answer in recorded.answers
        if answer.boss in to
    ]
    newest = sorted((max(found) for found in (mails, answers) if found), reverse=True)
    return tuple(Contact(kind, moment(at, zone, now), words) for at, kind, words in newest)

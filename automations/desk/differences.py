"""What is different in a draft: from what the person saw of it last, and from the mail before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.compose.difference import Mark, compare, unified
from automations.desk.linting import earlier_mails
from automations.desk.looks import look_at
from automations.plan.incident_record import went_at
from automations.plan.mail_kind import update_of
from automations.plan.zones import local, say_day, say_when

if TYPE_CHECKING:
    from automations.compose.difference import Piece
    from automations.model.records import Draft, Recorded


@dataclass(frozen=True, slots=True)
class Difference:
    """A draft next to another text. `against` names that one, in words.

    `headers` are (header, before, now) of those that differ; `pieces` lead from the body before to the body now.
    """

    against: str
    headers: tuple[tuple[str, str, str], ...]
    body_before: str
    body_now: str

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The body as pieces that stayed, went or came."""
        return compare(self.body_before, self.body_now)

    @property
    def unified(self) -> str:
        """The body's changed lines with - and +, "" where it did not change."""
        return unified(self.body_before, self.body_now)

    @property
    def changed(self) -> tuple[Piece, ...]:
        """Only the pieces that went or came."""
        return tuple(piece for piece in self.pieces if piece.mark is not Mark.SAME)


def since_seen(draft: Draft, recorded: Recorded, zone: str) -> Difference | None:
    """Return what changed since the person saw the draft last, None where nothing did.

    Of a draft they never saw it is what changed since the revision before.
    """
    look = look_at(recorded, draft)
    if look is not None:
        if look.hash == draft.hash:
            return None
        headers = _headers((look.subject, look.to, look.cc), draft)
        seen = f"your last look, {say_when(look.at, zone, with_zone=True)}"
        return Difference(seen, headers, look.body_text, draft.body_text)
    if not draft.previous_text or draft.previous_text == draft.body_text:
        return None
    return Difference("the revision before", (), draft.previous_text, draft.body_text)


def since_last_mail(draft: Draft, recorded: Recorded, zone: str) -> Difference | None:
    """Return how the draft differs from the last mail of its kind to the same people, None where there is none."""
    before = _mail_before(draft, recorded)
    if before is None:
        return None
    at = went_at(before) or before.created
    return Difference(
        f"the mail of {say_day(local(at, zone).date())}",
        _headers((before.subject, before.to, before.cc), draft),
        before.body_text,
        draft.body_text,
    )


def _headers(
    before: tuple[str, tuple[str, ...], tuple[str, ...]], draft: Draft
) -> tuple[tuple[str, str, str], ...]:
    """Return (header, before, now) of those that differ."""
    subject, to, cc = before
    rows = (
        ("Subject", subject, draft.subject),
        ("To", ", ".join(to), ", ".join(draft.to)),
        ("Cc", ", ".join(cc), ", ".join(draft.cc)),
    )
    return tuple(row for row in rows if row[1] != row[2])


def _mail_before(draft: Draft, recorded: Recorded) -> Draft | None:
    """Return the last mail of its kind; of an incident's mails the one before to the same audience."""
    found = earlier_mails(draft, recorded)
    if update_of(draft, recorded) is not None:
        series = draft.key.rpartition(":")[0]
        found = tuple(other for other in found if other.key.rpartition(":")[0] == series)
    return found[-1] if found else None

"""What must hold of a draft's life, whatever is lost, and whoever does what meanwhile: eleven invariants.

Each is a function of values: what the far side did (`Ledger`), what the journal remembers, what the person
did, and the moves that were seen. It returns a sentence for each break. I1 to I7 hold at any instant, I8
to I11 where everything had time to come to rest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automations.model.records import DraftState
from automations.model.sending import AttemptState
from automations.plan.lifecycle import FINAL, MOVES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.records import Draft, Recorded
    from automations.model.sending import Approval

AT_REST = frozenset(
    {
        DraftState.WAITING,
        DraftState.SENT,
        DraftState.SENT_ELSEWHERE,
        DraftState.DISCARDED,
        DraftState.EXPIRED,
        DraftState.SUPERSEDED,
        DraftState.UNKNOWN,
    }
)
"""Where a draft may be once nothing fails any more; it waits there for a person, or for nobody."""

_MAY_HAVE_GONE = frozenset({DraftState.SENT, DraftState.SENT_ELSEWHERE, DraftState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Message:
    """A mail that went out: of which draft (`ref`), sent from here or by the person, its bytes, and when."""

    ref: str
    from_here: bool
    mime: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """What really happened at the far side: the mails that went, oldest first, and the copies by ref.

    `edited` are the refs of which the person changed a copy: theirs is never thrown away. Where `tells` is
    false nobody can be asked what became of a mail.
    """

    messages: tuple[Message, ...] = ()
    copies: Mapping[str, int] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()
    tells: bool = True


@dataclass(frozen=True, slots=True)
class Given:
    """An approval as the person gave it, and when its leave ended: used up by time or taken back."""

    approval: Approval
    taken_back: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a draft's state that was written; `by_hand` when a person made it."""

    draft: str
    old: DraftState
    new: DraftState
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Life:
    """Everything the invariants look at. `touched` tells that the person did something at the far side.

    `overwritten` are the edits of the person's, older than a whole run, that were lost, each as a sentence.
    """

    ledger: Ledger
    recorded: Recorded
    given: tuple[Given, ...] = ()
    moves: tuple[Move, ...] = ()
    touched: bool = False
    overwritten: tuple[str, ...] = ()


def broken_at_any_time(life: Life) -> list[str]:
    """Return what is broken of I1 to I7 and I10."""
    return [
        *_sent_twice(life),
        *_sent_unapproved(life),
        *_attempts(life),
        *_approvals_used(life),
        *_claimed_sent(life),
        *_left_without_a_person(life),
        *_moves(life),
        *(f"I10: {each}" for each in life.overwritten),
    ]


def broken_at_rest(life: Life) -> list[str]:
    """Return what is broken of I5, I8, I9 and I11, once nothing fails and a day has passed."""
    drafts = life.recorded.drafts
    went = {message.ref for message in life.ledger.messages}
    return [
        *(
            f"I5: {draft.id} went, and is {draft.state}"
            for draft in drafts
            if draft.id in went and draft.state not in _MAY_HAVE_GONE
        ),
        *(f"I8: {draft.id} is still {draft.state}" for draft in drafts if draft.state not in AT_REST),
        *(f"I8: the claim {claim.kind} is still open" for claim in life.recorded.claims),
        *_copies(life),
        *(
            f"I11: {draft.id} is unknown, and nobody touched it"
            for draft in drafts
            if draft.state is DraftState.UNKNOWN and life.ledger.tells and not life.touched
        ),
    ]


def _sent_twice(life: Life) -> list[str]:
    """Return breaks of I1: no mail goes from here when one of the same draft went before, from anywhere."""
    seen: set[str] = set()
    found = []
    for message in life.ledger.messages:
        if message.from_here and message.ref in seen:
            found.append(f"I1: {message.ref} was sent although it had gone before")
        seen.add(message.ref)
    return found


def _sent_unapproved(life: Life) -> list[str]:
    """Return breaks of I2: what goes are bytes that were approved, while the approval counted."""
    return [
        f"I2: {message.ref} was sent without leave for these bytes at this time"
        for message in life.ledger.messages
        if message.from_here and not any(_gives_leave(given, message) for given in life.given)
    ]


def _gives_leave(given: Given, message: Message) -> bool:
    approval = given.approval
    ends = min(filter(None, (approval.expires, given.taken_back)))
    in_time = approval.not_before <= message.at < ends
    return approval.draft == message.ref and approval.mime == message.mime and in_time


def _attempts(life: Life) -> list[str]:
    """Return breaks of I3: at most one send of a draft is open, done or unknown."""
    live = Counter(each.draft for each in life.recorded.attempts if each.state is not AttemptState.NOT_SENT)
    return [f"I3: {draft} has {number} sends" for draft, number in live.items() if number > 1]


def _approvals_used(life: Life) -> list[str]:
    """Return breaks of I4: an approval lets one mail go."""
    used = Counter(
        each.approval for each in life.recorded.attempts if each.state is not AttemptState.NOT_SENT
    )
    return [f"I4: the approval {each} was used {number} times" for each, number in used.items() if number > 1]


def _claimed_sent(life: Life) -> list[str]:
    """Return breaks of I5: what is recorded as sent did go."""
    went = {message.ref for message in life.ledger.messages}
    return [
        f"I5: {draft.id} is {draft.state}, and nothing went"
        for draft in life.recorded.drafts
        if draft.state is DraftState.SENT and draft.id not in went and not _said_so(draft)
    ]


def _said_so(draft: Draft) -> bool:
    return draft.reason.startswith("you said")


def _left_without_a_person(life: Life) -> list[str]:
    """Return breaks of I6: only a person approves or settles what is unknown; an end is final."""
    hands = (DraftState.APPROVED,)
    return [
        f"I6: {move.draft} went from {move.old} to {move.new} without a person"
        for move in life.moves
        if not move.by_hand
        and move.old is not move.new
        and (
            move.old is DraftState.UNKNOWN
            or (move.new in hands and move.old is DraftState.WAITING)
            or move.old in FINAL
        )
    ]


def _moves(life: Life) -> list[str]:
    """Return breaks of I7: every change of a state is one of the table's."""
    return [
        f"I7: {move.draft} went from {move.old} to {move.new}"
        for move in life.moves
        if move.new not in MOVES[move.old]
    ]


def _copies(life: Life) -> list[str]:
    """Return breaks of I9: at rest a draft has one copy at most, and after it was sent none that is ours."""
    sent = {draft.id for draft in life.recorded.drafts if draft.state is DraftState.SENT}
    return [
        f"I9: {ref} has {number} copies"
        for ref, number in life.ledger.copies.items()
        if number > 1 or (number and ref in sent and ref not in life.ledger.edited)
    ]

"""A draft's life: the one table that code, database and tests hold to.

`TABLE` says where each event takes a draft from each state; what is not in it does not happen. Only a
person's events approve, and only they settle what nobody can find out. A final state is never left; its
row is written once more when its copy outside is gone, and keeps its words. Invariants that the table and
the engine on it are held to are in `automations/testing/sending_rules.py`.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from automations.errors import RefusedError
from automations.model.records import DraftState as S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automations.model.records import Draft


class Event(StrEnum):
    """What may happen to a draft."""

    PLACE = "place"
    """Its copy is about to be made."""
    PLACED = "placed"
    NOT_PLACED = "not placed"
    """There certainly is no copy."""
    KEEP = "keep"
    """A write that keeps the state: put off, handed over, its copy brought up to date."""
    REWORD = "reword"
    """Words or recipients changed, here or outside."""
    APPROVE = "approve"
    STEP_BACK = "step back"
    """The approval is void: undone, run out, or its copy holds what was not shown."""
    SEND = "send"
    """The send is written down; then it is made."""
    WENT = "went"
    NOT_SENT = "not sent"
    """It certainly did not go, and may be tried again."""
    REFUSED = "refused"
    """It certainly did not go, and would not go another time."""
    UNTOLD = "untold"
    """Nobody can find out whether it went."""
    FOUND_SENT = "found sent"
    """The person sent it themselves."""
    SAID_SENT = "said sent"
    SAID_NOT_SENT = "said not sent"
    DISCARD = "discard"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"


BY_HAND: Final = frozenset({Event.APPROVE, Event.SAID_SENT, Event.SAID_NOT_SENT})
"""Events that only a person makes: no run approves, and no run says what became of a mail it cannot find."""

_ENDS_UNSENT: Final = {Event.DISCARD: S.DISCARDED, Event.EXPIRE: S.EXPIRED, Event.SUPERSEDE: S.SUPERSEDED}

TABLE: Final[Mapping[S, Mapping[Event, S]]] = {
    S.RENDERED: {Event.PLACE: S.CREATING, **_ENDS_UNSENT},
    S.CREATING: {
        Event.PLACED: S.WAITING,
        Event.NOT_PLACED: S.RENDERED,
        Event.FOUND_SENT: S.SENT_ELSEWHERE,
    },
    S.WAITING: {
        Event.KEEP: S.WAITING,
        Event.REWORD: S.WAITING,
        Event.APPROVE: S.APPROVED,
        Event.FOUND_SENT: S.SENT_ELSEWHERE,
        Event.SAID_SENT: S.SENT_ELSEWHERE,
        Event.SAID_NOT_SENT: S.DISCARDED,
        **_ENDS_UNSENT,
    },
    S.APPROVED: {
        Event.KEEP: S.APPROVED,
        Event.REWORD: S.WAITING,
        Event.STEP_BACK: S.WAITING,
        Event.SEND: S.SENDING,
        Event.FOUND_SENT: S.SENT_ELSEWHERE,
        Event.SAID_SENT: S.SENT_ELSEWHERE,
        Event.SAID_NOT_SENT: S.WAITING,
        **_ENDS_UNSENT,
    },
    S.SENDING: {
        Event.WENT: S.SENT,
        Event.NOT_SENT: S.APPROVED,
        Event.REFUSED: S.WAITING,
        Event.UNTOLD: S.UNKNOWN,
    },
    S.UNKNOWN: {Event.SAID_SENT: S.SENT, Event.SAID_NOT_SENT: S.DISCARDED},
    S.SENT: {Event.KEEP: S.SENT},
    S.SENT_ELSEWHERE: {Event.KEEP: S.SENT_ELSEWHERE},
    S.DISCARDED: {Event.KEEP: S.DISCARDED},
    S.EXPIRED: {Event.KEEP: S.EXPIRED},
    S.SUPERSEDED: {Event.KEEP: S.SUPERSEDED},
}
"""From each state, what may happen and where it leads."""

FIRST: Final = frozenset({S.RENDERED, S.CREATING, S.WAITING})
"""Where a new draft may begin: nothing is approved, sent or ended before it was there to be seen."""

MOVES: Final[Mapping[S, frozenset[S]]] = {state: frozenset(row.values()) for state, row in TABLE.items()}
"""From each state, the states it may be written to: what the database knows of the table."""

FINAL: Final = frozenset(state for state, following in MOVES.items() if following <= {state})
"""States that are never left."""

ENDED_UNSENT: Final = frozenset(_ENDS_UNSENT.values())
"""States of a mail that certainly will not go; the person may have another written for the same purpose."""

OUT: Final = frozenset({S.SENT, S.SENT_ELSEWHERE})
"""States of a mail that certainly went, from here or by the person's hand."""

KEEPS_WORDS: Final = "a draft at its end keeps its words"
SENT_AS_APPROVED: Final = "a draft is sent only as it was approved"

LIVE: Final = frozenset(MOVES) - FINAL
"""States in which a draft still wants something of somebody; one such draft per purpose key."""


def step(draft: Draft, event: Event, **changes: Any) -> Draft:
    """Return the draft's next record after `event`, with `changes` of its other fields.

    :raises RefusedError: the table does not have it; the sentence says what the draft is.
    """
    check_event(draft.state, event)
    return replace(draft, state=TABLE[draft.state][event], rev=draft.rev + 1, **changes)


def check_event(state: S, event: Event) -> None:
    """Return if `event` may happen to a draft in `state`.

    :raises RefusedError: it may not; the sentence says what the draft is, and what to do about it.
    """
    if event in TABLE[state]:
        return
    unsettled = state is S.UNKNOWN
    fix = "say whether it went: magicloop draft resolve ID --sent    (or --not-sent)"
    raise RefusedError(
        _refusal_of(state, event), fix=fix if unsettled else "see what waits: magicloop draft list"
    )


def refusal(old: S, new: S) -> str:
    """Return the sentence for a move that is not allowed."""
    was = _in_words(old)
    if old in FINAL:
        if old == new:
            return KEEPS_WORDS
        return f"the draft is {was} already; that is final"
    if old == new:
        return f"the draft is {was} just now and cannot be changed until that is settled"
    return f"a draft that is {was} cannot become {_in_words(new)}"


def _refusal_of(state: S, event: Event) -> str:
    if state in FINAL:
        return f"the draft is {_in_words(state)} already; that is final"
    if state is S.SENDING:
        return "the draft is on its way just now, and cannot be changed until that is settled"
    if state is S.UNKNOWN:
        return "the mail may have gone already, so nothing is done with it before that is known"
    return f"a draft that is {_in_words(state)} cannot take this: {event.value}"


def _in_words(state: S) -> str:
    return state.value.replace("_", " ")

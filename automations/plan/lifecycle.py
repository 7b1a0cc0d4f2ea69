"""The legal moves of a draft: the one table that code, database and tests hold to.

A move from a state to itself is a write that keeps the state (a snooze, an edit, a hand-over);
only a waiting or an approved draft may be written so. A final state is never left; its row is written
once more when its copy outside is gone, and keeps its words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from automations.errors import RefusedError
from automations.model.records import DraftState as S

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST: Final = frozenset({S.RENDERED, S.CREATING, S.WAITING})
"""Where a new draft may begin: nothing is approved, sent or ended before it was there to be seen."""

_ENDED_UNSENT: Final = frozenset({S.DISCARDED, S.EXPIRED, S.SUPERSEDED})

MOVES: Final[Mapping[S, frozenset[S]]] = {
    S.RENDERED: frozenset({S.CREATING}) | _ENDED_UNSENT,
    S.CREATING: frozenset({S.RENDERED, S.WAITING, S.SENT_ELSEWHERE}),
    S.WAITING: frozenset({S.WAITING, S.APPROVED, S.SENT_ELSEWHERE}) | _ENDED_UNSENT,
    S.APPROVED: frozenset({S.APPROVED, S.WAITING, S.SENDING, S.SENT_ELSEWHERE}) | _ENDED_UNSENT,
    S.SENDING: frozenset({S.SENT, S.APPROVED, S.WAITING, S.UNKNOWN}),
    S.UNKNOWN: frozenset({S.SENT, S.DISCARDED, S.SENT_ELSEWHERE}),
    S.SENT: frozenset({S.SENT}),
    S.SENT_ELSEWHERE: frozenset({S.SENT_ELSEWHERE}),
    S.DISCARDED: frozenset({S.DISCARDED}),
    S.EXPIRED: frozenset({S.EXPIRED}),
    S.SUPERSEDED: frozenset({S.SUPERSEDED}),
}
"""From each state, the states it may be written to."""

FINAL: Final = frozenset(state for state, following in MOVES.items() if following <= {state})
"""States that are never left."""

KEEPS_WORDS: Final = "a draft at its end keeps its words"
SENT_AS_APPROVED: Final = "a draft is sent only as it was approved"

LIVE: Final = frozenset(MOVES) - FINAL
"""States in which a draft still wants something of somebody; one such draft per purpose key."""


def check_move(old: S, new: S) -> None:
    """Return if a person or a rule may take a draft from `old` to `new`; nothing is done to one at its end.

    :raises RefusedError: it may not; the sentence says what it is and what was asked.
    """
    if new in MOVES[old] and old not in FINAL:
        return
    raise RefusedError(refusal(old, new), fix="see what waits: magicloop draft list")


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


def _in_words(state: S) -> str:
    return state.value.replace("_", " ")

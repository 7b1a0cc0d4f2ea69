"""The idea ledger: ideas kept over years, with their improvements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.errors import BadValueError, UnknownNameError
from automations.model.records import Idea, IdeaState, LogEntry, Outcome
from automations.model.text import plain

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Recorded
    from automations.ports import Journal


def find_idea(recorded: Recorded, name: str) -> Idea:
    """Return the idea called `name` (`I3`, or `3`).

    :raises UnknownNameError: there is none.
    """
    wanted = name.upper() if name.upper().startswith("I") else f"I{name}"
    for idea in recorded.ideas:
        if idea.id == wanted:
            return idea
    raise UnknownNameError(
        "idea", name, near=tuple(idea.id for idea in recorded.ideas[-2:]), fix="magicloop idea list"
    )


def add_idea(journal: Journal, recorded: Recorded, at: datetime, text: str) -> Idea:
    """Put a new idea, a seed, into the ledger.

    :raises BadValueError: there is no text.
    """
    idea = Idea(f"I{len(recorded.ideas) + 1}", recorded.person, _text(text), IdeaState.SEED, at)
    _record(journal, idea, at, "add-idea", idea.text)
    return idea


def improve_idea(
    journal: Journal, recorded: Recorded, at: datetime, name: str, text: str, state: IdeaState | None
) -> Idea:
    """Attach an improvement to an idea, move it to another state, or both.

    :raises BadValueError: neither is given.
    """
    idea = find_idea(recorded, name)
    if not text and state is None:
        raise BadValueError(
            "nothing to change: no improvement and no state",
            fix=f'magicloop idea improve {idea.id} "what got better"',
        )
    improvements = (*idea.improvements, (at, _text(text))) if text else idea.improvements
    better = replace(idea, improvements=improvements, state=state or idea.state, rev=idea.rev + 1)
    detail = " ".join(part for part in (text and _text(text), state and f"now {state.value}") if part)
    _record(journal, better, at, "improve-idea", detail)
    return better


def _text(text: str) -> str:
    one_line = plain(text)
    if not one_line:
        raise BadValueError("an idea needs words", fix='magicloop idea add "the idea in one sentence"')
    return one_line


def _record(journal: Journal, idea: Idea, at: datetime, kind: str, detail: str) -> None:
    journal.record(LogEntry(idea.person, at, kind, idea.id, Outcome.DONE, detail), (idea,))

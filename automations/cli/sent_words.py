"""What became of the mails that were to be sent, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.model.records import DraftState, Outcome
from automations.plan.actions import AdoptDraft, SendDraft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automations.apply import Result
    from automations.model.records import Draft, Recorded


def sent_lines(results: Sequence[Result], recorded: Recorded) -> tuple[str, ...]:
    """Return a line of each mail, from the memory after the sends; what else was done is left out."""
    newest = {draft.key: draft for draft in recorded.drafts}
    return tuple(
        _line(result, newest[result.subject])
        for result in results
        if result.kind in (SendDraft.kind, AdoptDraft.kind) and result.subject in newest
    )


def one_stayed(results: Sequence[Result]) -> bool:
    """Tell whether a mail that was to be sent did not certainly go."""
    return any(result.kind == SendDraft.kind and result.outcome is not Outcome.DONE for result in results)


def _line(result: Result, draft: Draft) -> str:
    if result.kind == AdoptDraft.kind:
        return f"Not sent: {draft.subject}. You edited it outside meanwhile; it waits for you again."
    if result.outcome is Outcome.DONE:
        return f"Sent: {draft.subject}, to {', '.join((*draft.to, *draft.cc))}."
    return f"Not sent: {draft.subject}. {result.detail}. {_what_now(draft)}"


def _what_now(draft: Draft) -> str:
    """Say what follows from a send that did not work."""
    if draft.state is DraftState.APPROVED:
        return "It stays approved, and the next run tries again."
    if draft.state is DraftState.WAITING:
        return "It waits for you again."
    return f"It may have gone: look among your sent mails, then magicloop draft resolve {draft.id[:6]}."

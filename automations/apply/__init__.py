"""The only caller of port methods that change something.

One action's failure does not stop the others; only a journal that cannot be written does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.apply.blocks import book_block, cancel_block, move_block, restore_block
from automations.apply.carrying import (
    CHANGED,
    Bench,
    Result,
    World,
    claim_ahead,
    failed_before,
    note,
    result_of,
)
from automations.apply.drafts import (
    adopt_draft,
    close_draft,
    create_draft,
    note_copy,
    remove_copy,
    reopen_draft,
    restore_draft,
    update_draft,
)
from automations.apply.failures import fails_all_sends
from automations.apply.nudges import give_notice
from automations.apply.sending import send_draft
from automations.apply.talks import propose_talk
from automations.errors import (
    ClaimOpenError,
    ConflictError,
    HeaderFaultError,
    RefusedError,
    TemplateFaultError,
)
from automations.model.records import Outcome
from automations.plan import actions as act

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automations.errors import MagicloopError

__all__ = ["Bench", "Result", "World", "apply_action", "apply_all"]


def apply_all(bench: Bench, actions: Iterable[act.Action]) -> tuple[Result, ...]:
    """Apply each action in order; return what became of each.

    The first thing that is written again makes the lost file or folder anew. Were the rest not claimed
    by then, an interruption would leave them looking as if somebody had deleted each of them.

    After a send that met a fault of the server or the sign-in no other mail is tried: each would meet it again. A
    wrong password tried for each locks an account, and a silent server is waited for by each under the run lock.
    """
    actions = tuple(actions)
    bench = claim_ahead(
        bench, (each for each in actions if isinstance(each, act.RestoreBlock | act.RestoreDraft))
    )
    results: list[Result] = []
    fault: MagicloopError | None = None
    for action in actions:
        if fault is not None and isinstance(action, act.SendDraft):
            results.append(result_of(action, Outcome.SKIPPED, f"not tried: {fault}"))
            continue
        found = apply_action(bench, action)
        results.extend(found)
        fault = next((each.error for each in found if fails_all_sends(each)), fault)
    return tuple(results)


def apply_action(bench: Bench, action: act.Action) -> tuple[Result, ...]:
    """Apply one action; return what became of it and of what it brought with it.

    :raises StoreError: the journal cannot be written; what is recorded so far stands.
    """
    try:
        return _by_kind(bench, action)
    except ClaimOpenError:
        return (result_of(action, Outcome.SKIPPED, "an interrupted try of it is not settled yet"),)
    except ConflictError:
        return (result_of(action, Outcome.SKIPPED, CHANGED),)
    except (TemplateFaultError, HeaderFaultError, RefusedError) as error:
        return (failed_before(bench, action, error),)


def _by_kind(bench: Bench, action: act.Action) -> tuple[Result, ...]:  # noqa: PLR0911, PLR0912, C901 - one line a kind
    match action:
        case act.OpenCycle() | act.CloseCycle():
            return (note(bench, action, (action.cycle,)),)
        case act.CloseBlock() | act.AdoptBlock() | act.ReopenBlock():
            return (note(bench, action, (action.block,)),)
        case act.BookBlock():
            return (book_block(bench, action),)
        case act.MoveBlock():
            return (move_block(bench, action),)
        case act.CancelBlock():
            return (cancel_block(bench, action),)
        case act.RestoreBlock():
            return (restore_block(bench, action),)
        case act.CreateDraft():
            return (create_draft(bench, action),)
        case act.ProposeTalk():
            return (propose_talk(bench, action),)
        case act.PrepareUpdate():
            noted = note(bench, action, (action.update,))
            return (noted, *(result for mail in action.mails for result in apply_action(bench, mail)))
        case act.RestoreDraft():
            return (restore_draft(bench, action),)
        case act.UpdateDraft():
            return (update_draft(bench, action),)
        case act.ReopenDraft():
            return reopen_draft(bench, action)
        case act.RemoveCopy():
            return (remove_copy(bench, action),)
        case act.CloseDraft():
            return close_draft(bench, action)
        case act.AdoptDraft():
            return adopt_draft(bench, action)
        case act.NoteCopy():
            return (note_copy(bench, action),)
        case act.SendDraft():
            return send_draft(bench, action)
        case act.GiveNotice():
            return (give_notice(bench, action),)

"""Which approvals of a draft are good, and how they end unused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.model.sending import ApprovalState

if TYPE_CHECKING:
    from automations.model.records import Draft, Recorded
    from automations.model.sending import Approval


def live_approvals(recorded: Recorded, draft: Draft) -> tuple[Approval, ...]:
    """Return the draft's approvals that were neither used nor voided: one at most, by the database's rule."""
    return tuple(
        each for each in recorded.approvals if each.draft == draft.id and each.state is ApprovalState.LIVE
    )


def voided(recorded: Recorded, draft: Draft) -> tuple[Approval, ...]:
    """Return the draft's live approvals as they are once they count no more."""
    return tuple(
        replace(each, state=ApprovalState.VOID, rev=each.rev + 1) for each in live_approvals(recorded, draft)
    )

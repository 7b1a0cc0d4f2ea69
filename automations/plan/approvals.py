"""Which approvals of a draft are good, and how they end unused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.model.records import DraftState, Severity
from automations.model.sending import ApprovalState
from automations.plan.decided import standing

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Draft, Problem, Recorded
    from automations.model.sending import Approval

RAN_OUT = "the approval ran out after 72 hours"
LAPSED = "approval-lapsed"


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


def lapsed(recorded: Recorded, now: datetime) -> list[Problem]:
    """Return what to ask of approved mails that did not go in time: whoever approved one believes that it went."""
    return [
        standing(
            recorded,
            now,
            code=LAPSED,
            subject=draft.key,
            severity=Severity.ASK,
            what=f"the mail {draft.subject!r} was approved and did not go: {draft.reason}",
            where=", ".join(draft.to),
            fix=f"magicloop review {draft.id[:6]}    (or: magicloop draft discard {draft.id[:6]})",
        )
        for draft in recorded.drafts
        if draft.state is DraftState.WAITING and draft.reason == RAN_OUT
    ]

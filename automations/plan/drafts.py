"""What to do about drafts that exist already: read in edits, put back lost files, let old ones go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.model.records import ApprovalState, DraftState, Severity
from automations.plan.actions import AdoptDraft, CloseDraft, CreateDraft, RemoveCopy, RestoreDraft
from automations.plan.decided import Decided, standing
from automations.plan.lifecycle import FINAL

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Draft, Recorded
    from automations.model.seen import Seen
    from automations.plan.actions import Action

OPEN = (DraftState.WAITING, DraftState.APPROVED)


def placed_drafts(recorded: Recorded) -> tuple[Draft, ...]:
    """Return the drafts whose copy should be at the provider."""
    return tuple(draft for draft in recorded.drafts if draft.state in OPEN and draft.provider_id)


def plan_drafts(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Decide about every draft that is not at its end. The person's own changes always win."""
    del policy
    actions: list[Action] = []
    due: list[datetime] = []
    for draft in recorded.drafts:
        action = _about(draft, now, seen, recorded)
        if action is not None:
            actions.append(action)
        elif draft.state in OPEN:
            due.extend(_instants(draft, recorded))
    problems = tuple(
        standing(
            recorded,
            now,
            code="drafts-unreadable",
            subject=unreadable.calendar,
            severity=Severity.ERROR,
            what=unreadable.what,
            where=unreadable.where,
            fix=unreadable.fix,
        )
        for unreadable in (*seen.unreadable_mail, *seen.drafts.unreadable.values())
    )
    return Decided(tuple(actions), problems, tuple(due))


def _about(draft: Draft, now: datetime, seen: Seen, recorded: Recorded) -> Action | None:
    if draft.state is DraftState.RENDERED and not _over(draft, now):
        return _place(draft)
    if draft.state in FINAL:
        return (
            RemoveCopy(draft, f"it is {draft.state.value.replace('_', ' ')}") if draft.provider_id else None
        )
    if draft.state in OPEN:
        outside = _outside(draft, seen)
        if outside is not None or draft.handed_over is not None:
            return outside
    elif draft.state is not DraftState.RENDERED:
        return None
    return _lapsed(draft, now, recorded)


def _lapsed(draft: Draft, now: datetime, recorded: Recorded) -> Action | None:
    """Decide from the time."""
    if _over(draft, now):
        return CloseDraft(draft, DraftState.EXPIRED, "its time passed before it was sent")
    if draft.state is DraftState.APPROVED and any(at <= now for at in _approval_ends(draft, recorded)):
        return CloseDraft(draft, DraftState.WAITING, "the approval ran out after 72 hours")
    return None


def _outside(draft: Draft, seen: Seen) -> Action | None:
    """Decide from what stands at the provider."""
    unclear = not seen.drafts.known or draft.provider_id in seen.drafts.unreadable
    if not draft.provider_id or unclear:
        return None
    if seen.drafts.lost:
        return RestoreDraft(draft, "the drafts folder was gone")
    there = seen.drafts.found.get(draft.provider_id)
    if there is None:
        return CloseDraft(draft, DraftState.DISCARDED, "its file was deleted by hand")
    if there.revision != draft.remote:
        return AdoptDraft(draft, there, "you edited it outside; your words stand")
    return None


def _place(draft: Draft) -> CreateDraft:
    return CreateDraft(
        key=draft.key,
        draft_kind=draft.kind,
        template="",
        facts={},
        to=draft.to,
        reason=draft.why,
        draft=draft,
    )


def _over(draft: Draft, now: datetime) -> bool:
    return draft.expires is not None and draft.expires <= now


def _approval_ends(draft: Draft, recorded: Recorded) -> list[datetime]:
    return [
        approval.expires
        for approval in recorded.approvals
        if approval.draft == draft.id and approval.state is ApprovalState.LIVE
    ]


def _instants(draft: Draft, recorded: Recorded) -> list[datetime]:
    if draft.handed_over is not None:
        return []
    ends = [draft.expires] if draft.expires is not None else []
    if draft.state is DraftState.APPROVED:
        ends.extend(_approval_ends(draft, recorded))
    return ends

"""What a claim without an outcome means: its run died between the claim and the outcome.

The answer comes from the journal and from what stands outside now, never from guessing: found
means done, certainly absent means not done, anything the person did meanwhile wins.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from automations.model.records import BlockState, DraftState, Outcome
from automations.model.seen import CopyNow, SentMail
from automations.model.sending import AttemptState
from automations.plan.actions import (
    CancelBlock,
    MoveBlock,
    RemoveCopy,
    RestoreBlock,
    RestoreDraft,
    SendDraft,
    UpdateDraft,
)
from automations.plan.approvals import voided
from automations.plan.drafts import same_words
from automations.plan.generations import BLOCK_CLAIMS, SKIPPED_BY_HAND
from automations.plan.lifecycle import FINAL, TABLE, Event, step
from automations.plan.sending import (
    T_QUIET,
    UNTOLD,
    approval_of,
    judge,
    not_sent,
    open_attempt,
    unknown,
    went,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.records import Block, Draft, OpenClaim, Record, Recorded
    from automations.model.seen import SeenBlock, SeenDraft, SendTraces
    from automations.model.sending import Attempt
    from automations.plan.actions import Action

RESTORES = ("restore-block", "restore-draft")
GOES_ON = "writing again what was lost goes on"
LOST = "interrupted before anything was written again"
DRAFT_KINDS = ("create-draft", "restore-draft", "update-draft", "remove-copy")


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an open claim ends, the records that follow, and what is to be done again, if anything.

    An outcome of None: it does not end yet, `again` is carried out under the same claim.
    """

    claim: OpenClaim
    outcome: Outcome | None
    detail: str
    changes: tuple[Record, ...] = ()
    again: Action | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands outside now. An id that was looked up and is not there maps to None.

    `lost` holds the ids whose whole place is gone, which a plan restores, all of them together. `sends` are
    the traces of sends, by the draft's id; one that could not be looked up is missing. With `late` a request
    that got no answer may still be carried out some minutes after it was made. `calendar` names the one that was looked at.
    """

    blocks: Mapping[str, SeenBlock | None]
    drafts: Mapping[str, SeenDraft | SentMail | None]
    lost: frozenset[str] = frozenset()
    sends: Mapping[str, SendTraces] = field(default_factory=dict)
    late: bool = False
    calendar: str = ""


def claimed_block(claim: OpenClaim, recorded: Recorded) -> Block | None:
    """Return the block a claim is about: the newest of its month, None for other kinds."""
    if claim.kind not in BLOCK_CLAIMS:
        return None
    blocks = [block for block in recorded.blocks if block.month == claim.subject]
    return max(blocks, key=lambda block: block.generation, default=None)


def claimed_draft(claim: OpenClaim, recorded: Recorded) -> Draft | None:
    """Return the draft a claim is about: the newest with its key, None for other kinds.

    A copy is removed of one at its end, and another may have been written for the same purpose since.
    """
    if claim.kind not in DRAFT_KINDS:
        return None
    removal = claim.kind == RemoveCopy.kind
    drafts = (draft for draft in reversed(recorded.drafts) if draft.key == claim.subject)
    return next((draft for draft in drafts if not removal or draft.state in FINAL), None)


def claimed_send(claim: OpenClaim, recorded: Recorded) -> tuple[Draft, Attempt] | None:
    """Return the draft and the send a claim is about, None for other kinds."""
    if claim.kind != SendDraft.kind:
        return None
    for draft in recorded.drafts:
        attempt = open_attempt(draft, recorded) if draft.key == claim.subject else None
        if attempt is not None and draft.state is DraftState.SENDING:
            return draft, attempt
    return None


def plan_recovery(recorded: Recorded, evidence: Evidence, now: datetime) -> tuple[Settlement, ...]:
    """Decide every open claim that the evidence can settle; the others stay open for the next run."""
    settlements = []
    for claim in recorded.claims:
        settlement = _settle(claim, recorded, evidence, now)
        if settlement is not None:
            settlements.append(settlement)
    return tuple(settlements)


def _settle(claim: OpenClaim, recorded: Recorded, evidence: Evidence, now: datetime) -> Settlement | None:
    send = claimed_send(claim, recorded)
    if send is not None:
        traces = evidence.sends.get(send[0].id)
        return _settle_send(claim, *send, recorded, traces, now) if traces is not None else None
    block, draft = claimed_block(claim, recorded), claimed_draft(claim, recorded)
    claimed = block or draft
    if claimed is not None and claim.kind in RESTORES and claimed.id in evidence.lost:
        return Settlement(claim, Outcome.FAILED, LOST)
    if block is not None:
        known = block.id in evidence.blocks
        seen = evidence.blocks.get(block.id)
        return _settle_block(claim, block, seen, evidence.calendar or block.calendar) if known else None
    if draft is not None:
        known = draft.id in evidence.drafts
        if known and evidence.late and _may_come(claim, evidence.drafts[draft.id], now):
            return None
        return _settle_draft(claim, draft, evidence.drafts[draft.id], recorded, now) if known else None
    return Settlement(claim, Outcome.FAILED, "interrupted before it left a trace")


def _may_come(claim: OpenClaim, seen: SeenDraft | SentMail | None, now: datetime) -> bool:
    """Tell whether a copy that is not there may still come to be, by a request that is not over."""
    return claim.kind == "create-draft" and seen is None and now - claim.at < T_QUIET


def _settle_block(claim: OpenClaim, block: Block, seen: SeenBlock | None, calendar: str) -> Settlement:
    there = seen if seen is not None and not seen.cancelled else None
    if claim.kind == "cancel-block":
        if there is None:
            gone = replace(
                block, state=BlockState.SKIPPED, target=None, reason=SKIPPED_BY_HAND, rev=block.rev + 1
            )
            return Settlement(claim, Outcome.DONE, "interrupted, but it is off the calendar", (gone,))
        # The person asked for it to go, as it stands now, edited or not.
        again = CancelBlock(replace(block, revision=there.revision), SKIPPED_BY_HAND)
        return Settlement(claim, Outcome.FAILED, "interrupted; done again", again=again)
    if claim.kind == "move-block" and there is not None and there.span == block.span != block.target:
        return _settle_unmoved(claim, block, there)
    if there is None and claim.kind == "restore-block":
        return Settlement(claim, None, GOES_ON, again=RestoreBlock(block, GOES_ON))
    if there is None:
        left = replace(block, target=None, rev=block.rev + 1)
        return Settlement(claim, Outcome.FAILED, "interrupted before it reached the calendar", (left,))
    settled = replace(
        block,
        span=there.span,
        target=None,
        revision=there.revision,
        zone=block.zone,
        state=_state_at(claim, block, there),
        calendar=calendar,
        rev=block.rev + 1,
    )
    return Settlement(claim, Outcome.DONE, "interrupted, but found on the calendar", (settled,))


def _settle_unmoved(claim: OpenClaim, block: Block, seen: SeenBlock) -> Settlement:
    """Settle a move that never happened: what the person chose is done, what a run chose is thought over."""
    stays = replace(block, target=None, rev=block.rev + 1)
    if claim.run is None and block.target is not None and seen.revision == block.revision:
        chosen = replace(block, rev=stays.rev + 1)
        again = MoveBlock(chosen, block.reason, by_hand=True)
        return Settlement(claim, Outcome.FAILED, "interrupted; done again", (stays,), again=again)
    left = replace(
        stays, moves=max(0, block.moves - 1), reason="stays where it was: its move was interrupted"
    )
    return Settlement(claim, Outcome.FAILED, "interrupted before it reached the calendar", (left,))


def _state_at(claim: OpenClaim, block: Block, seen: SeenBlock) -> BlockState:
    """Ours where it stands as a run put it; the person's where they put it or chose it."""
    chosen = claim.kind == "move-block" and claim.run is None
    ours = seen.span in (block.target, block.span) and not chosen
    if ours and block.state is not BlockState.MOVED_BY_HAND:
        return BlockState.BOOKED
    return BlockState.MOVED_BY_HAND


def _settle_draft(
    claim: OpenClaim, draft: Draft, seen: SeenDraft | SentMail | None, recorded: Recorded, now: datetime
) -> Settlement:
    if isinstance(seen, SentMail):
        return _settle_sent(claim, draft, seen, recorded, now)
    if claim.kind == "remove-copy":
        return _settle_removal(claim, draft, seen)
    if claim.kind == "update-draft":
        return _settle_update(claim, draft, seen)
    if seen is None and claim.kind == "restore-draft" and draft.state not in FINAL:
        return Settlement(claim, None, GOES_ON, again=RestoreDraft(draft, GOES_ON))
    if seen is None:
        back = DraftState.RENDERED if draft.state is DraftState.CREATING else draft.state
        left = replace(draft, state=back, rev=draft.rev + 1)
        return Settlement(claim, Outcome.FAILED, "interrupted before it was in place", (left,))
    placed = replace(
        draft,
        state=DraftState.WAITING if draft.state is DraftState.CREATING else draft.state,
        provider_id=seen.provider_id,
        remote=seen.revision if same_words(draft, seen) else draft.remote,
        rev=draft.rev + 1,
    )
    return Settlement(claim, Outcome.DONE, "interrupted, but found in place", (placed,))


def _settle_send(
    claim: OpenClaim, draft: Draft, attempt: Attempt, recorded: Recorded, traces: SendTraces, now: datetime
) -> Settlement | None:
    became = judge(attempt, traces, now)
    if became is None:
        return None
    if became is AttemptState.SENT and traces.sent is not None:
        found = "its answer was lost, but it was found among the sent mails"
        return Settlement(claim, Outcome.DONE, found, went(draft, attempt, traces.sent, now, found))
    if became is AttemptState.NOT_SENT:
        again = traces.copy is CopyNow.THERE
        detail = "it did not go; " + ("it is tried again" if again else "it was edited meanwhile")
        approval = approval_of(attempt, recorded)
        back = not_sent(draft, attempt, approval, now, detail, again=again)
        return Settlement(claim, Outcome.FAILED, detail, back)
    return Settlement(claim, Outcome.UNKNOWN, UNTOLD, unknown(draft, attempt, now))


def _settle_sent(
    claim: OpenClaim, draft: Draft, sent: SentMail, recorded: Recorded, now: datetime
) -> Settlement:
    """Settle a claim about a copy that the person sent before we knew that it was there."""
    if draft.state in FINAL or Event.FOUND_SENT not in TABLE[draft.state]:
        return Settlement(claim, Outcome.DONE, "interrupted, but its mail went")
    ended = step(
        draft,
        Event.FOUND_SENT,
        reason="you sent it yourself",
        handed_over=draft.handed_over or sent.at or now,
        message_id=sent.message_id,
        remote_thread=sent.thread or draft.remote_thread,
    )
    detail = "interrupted, but you sent it"
    return Settlement(claim, Outcome.DONE, detail, (ended, *voided(recorded, draft)))


def _settle_removal(claim: OpenClaim, draft: Draft, seen: SeenDraft | None) -> Settlement:
    if seen is not None:
        return Settlement(claim, Outcome.FAILED, "interrupted; done again")
    gone = replace(draft, provider_id="", rev=draft.rev + 1)
    return Settlement(claim, Outcome.DONE, "interrupted, but the copy is gone", (gone,))


def _settle_update(claim: OpenClaim, draft: Draft, seen: SeenDraft | None) -> Settlement:
    if seen is not None and seen.revision == draft.remote:
        again = UpdateDraft(draft, "interrupted; done again")
        return Settlement(claim, Outcome.FAILED, "interrupted; done again", again=again)
    if seen is not None and same_words(draft, seen):
        kept = replace(draft, remote=seen.revision, rev=draft.rev + 1)
        return Settlement(claim, Outcome.DONE, "interrupted, but the copy is up to date", (kept,))
    return Settlement(claim, Outcome.FAILED, "interrupted, and the copy was changed outside")

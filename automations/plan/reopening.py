"""Months, blocks and mails that were ended before their time, by a run under a clock that was ahead.

No month is missed before it is over, no block is held before its end, and no mail expires before its time.
Where the journal says so, the clock was wrong then and is right now; what it made of them is taken back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.model.records import BlockState, DraftState
from automations.plan.actions import ReopenBlock, ReopenDraft
from automations.plan.clock_check import BACKWARD_TOLERANCE
from automations.plan.decided import Decided
from automations.plan.generations import claimed_months, horizon, newest_blocks
from automations.plan.talk import PREFIXES
from automations.plan.zones import month_span, say_when

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Block, Draft, Recorded
    from automations.model.seen import Seen

WRONG_CLOCK = "it was ended under a clock that was ahead"
_MADE_ANEW = tuple(f"{prefix}:" for prefix in PREFIXES.values())
"""What the keys of mails begin with that name a time to talk: `plan_aftermath` writes them again by itself."""


def reopened(policy: Policy, now: datetime, recorded: Recorded) -> tuple[ReopenBlock, ...]:
    """Return the blocks to take back, by month: the later run plans from them.

    A month that is not due yet is left until it is: a block is not booked earlier than it would have been.
    A clock may be behind by as much as a run allows (a zone, an hour), which proves nothing.
    """
    claimed, months = claimed_months(recorded), horizon(policy, now)
    actions = []
    for month, block in sorted(newest_blocks(recorded).items()):
        if month in claimed:
            continue
        ahead = block.span is not None and block.span.end > now + BACKWARD_TOLERANCE
        over = month_span(month, policy.me.zone).end <= now + BACKWARD_TOLERANCE
        missed = block.state is BlockState.MISSED and not over and month in months
        if ahead and (missed or block.state is BlockState.HELD):
            actions.append(_reopen(block, BlockState.BOOKED))
        elif missed:
            actions.append(_reopen(block, BlockState.OWED))
    return tuple(actions)


def _reopen(block: Block, state: BlockState) -> ReopenBlock:
    """Return the block as it was: on the calendar, where one still lies ahead, else owed."""
    span = block.span
    stands = state is BlockState.BOOKED and span is not None
    where = f"; it is {say_when(span, block.zone or 'UTC', with_year=False)}" if stands and span else ""
    reason = f"{WRONG_CLOCK}{where}"
    return ReopenBlock(replace(block, state=state, reason=reason, rev=block.rev + 1), reason)


def plan_reopening(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Write the mails again that expired before their time. Nobody's approval comes back with them."""
    del policy, seen
    return Decided(reopened_drafts(now, recorded))


def reopened_drafts(now: datetime, recorded: Recorded) -> tuple[ReopenDraft, ...]:
    """Return the newest mails of their purpose that expired, and whose time lies ahead by more than a clock may err.

    Its end was written down and stays: a final state is never left, by the table and by the database. So
    the same words are the next draft of the same purpose, as when a person has one written anew.
    """
    claimed = {claim.subject for claim in recorded.claims}
    newest: dict[str, Draft] = {}
    for draft in recorded.drafts:
        newest[draft.key] = draft
    return tuple(
        ReopenDraft(draft, WRONG_CLOCK)
        for draft in newest.values()
        if draft.state is DraftState.EXPIRED
        and draft.expires is not None
        and draft.expires > now + BACKWARD_TOLERANCE
        and draft.key not in claimed
        and not draft.key.startswith(_MADE_ANEW)
    )

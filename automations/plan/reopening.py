"""Months and blocks that were ended before their time, by a run under a clock that was ahead.

No month is missed before it is over, and no block is held before its end. Where the journal says so, the
clock was wrong then and is right now; what it made of those months is taken back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.model.records import BlockState
from automations.plan.actions import ReopenBlock
from automations.plan.clock_check import BACKWARD_TOLERANCE
from automations.plan.generations import claimed_months, horizon, newest_blocks
from automations.plan.zones import month_span, say_when

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Block, Recorded

WRONG_CLOCK = "it was ended under a clock that was ahead"


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

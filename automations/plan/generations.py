"""Which block stands for which month.

A month may have several blocks one after the other, numbered by generation: a new one is made when
the one before was not held, or when the person asks for another after it ended. The newest tells how
the month stands. An id is never used twice, because the calendar remembers deleted ones.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from automations.model.records import BlockState
from automations.plan.zones import add_months, month_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Block, Month, Recorded
    from automations.model.seen import Span

ID_LENGTH = 26
SKIPPED_BY_HAND = "skipped by hand"
"""Why a month has no block when the person said so."""

BLOCK_CLAIMS = frozenset({"book-block", "move-block", "cancel-block", "restore-block"})


def block_id(person: str, month: Month, generation: int) -> str:
    """Return a block's lasting id: lower-case base32hex, as every calendar provider takes it."""
    return event_id(f"{person}|invention|{month}|{generation}")


def event_id(purpose: str) -> str:
    """Return the id of an event of ours, the same for the same purpose."""
    digest = hashlib.sha256(purpose.encode()).digest()
    return base64.b32hexencode(digest).decode("ascii").lower()[:ID_LENGTH]


def newest_blocks(recorded: Recorded) -> dict[Month, Block]:
    """Return each month's newest block."""
    newest: dict[Month, Block] = {}
    for block in recorded.blocks:
        known = newest.get(block.month)
        if known is None or block.generation > known.generation:
            newest[block.month] = block
    return newest


def moves_so_far(recorded: Recorded, month: Month) -> int:
    """Return how often we moved the month's blocks, all generations together."""
    return sum(block.moves for block in recorded.blocks if block.month == month)


def horizon(policy: Policy, now: datetime) -> tuple[Month, ...]:
    """Return the months that are to have a block: this local month and `months_ahead` more."""
    this_month = month_of(now, policy.me.zone)
    return tuple(add_months(this_month, n) for n in range(policy.invention.months_ahead + 1))


def claimed_months(recorded: Recorded) -> frozenset[Month]:
    """Return the months whose block is in the hands of a claim that is not settled yet."""
    return frozenset(claim.subject for claim in recorded.claims if claim.kind in BLOCK_CLAIMS)


def was_booked(recorded: Recorded, month: Month) -> bool:
    """Tell whether any of the month's blocks ever stood on the calendar."""
    return any(block.span is not None for block in recorded.blocks if block.month == month)


def too_late(month: Month, this_month: Month) -> bool:
    """Tell whether a block of `month` that was not held can no longer be made up: only last month's can."""
    return month < add_months(this_month, -1)


def place_of(block: Block) -> Span | None:
    """Return the time a block takes or may take: where a claim puts it, else where it stands."""
    if block.state.live:
        return block.span
    return block.target if block.state is BlockState.OWED else None


def months_to_book(
    newest: Mapping[Month, Block], policy: Policy, now: datetime, recorded: Recorded
) -> tuple[tuple[Month, Month], ...]:
    """Return the months a block is owed for, each with the month to put it in, in order.

    Past months are not made up, but for the last one: a block of it that was booked and not held is
    carried into this month.
    """
    this_month = month_of(now, policy.me.zone)
    last_month = add_months(this_month, -1)
    claimed = claimed_months(recorded)
    owed = [
        (month, month)
        for month in horizon(policy, now)
        if month not in newest or newest[month].state is BlockState.OWED
    ]
    carried = newest.get(last_month)
    if carried is not None and carried.state is BlockState.OWED and was_booked(recorded, last_month):
        owed.insert(0, (last_month, this_month))
    ahead = [
        (month, month)
        for month, block in sorted(newest.items())
        if block.state is BlockState.OWED and month > horizon(policy, now)[-1]
    ]
    return tuple(pair for pair in (*owed, *ahead) if pair[0] not in claimed)

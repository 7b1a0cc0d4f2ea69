"""What the person asks for about their blocks: hold, choose, skip, not held. Each is one action.

`seen` must cover `invention.busy_for(policy, now, recorded, month)`. Whatever the rules do not allow
is a RefusedError that says why and what to type instead.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.errors import RefusedError
from automations.model.records import Block, BlockState
from automations.plan.actions import BookBlock, CancelBlock, CloseBlock, MoveBlock
from automations.plan.conflicts import named, no_slot_words
from automations.plan.generations import SKIPPED_BY_HAND, claimed_months, newest_blocks, place_of, too_late
from automations.plan.invention import close_block, close_first
from automations.plan.placing import Board, in_working_time, possible_alternatives
from automations.plan.zones import first_day, local, month_of, say_month, say_when

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Month, Recorded
    from automations.model.seen import OwnBlocks, Seen, Span


def hold(policy: Policy, now: datetime, seen: Seen, recorded: Recorded, month: Month) -> BookBlock:
    """Book a block for `month`, also after it was skipped or missed.

    :raises RefusedError: the month is over, has a block already or had one that was held, or has no
        slot; or a calendar cannot be read.
    """
    _check_month(month, recorded)
    if month < month_of(now, policy.me.zone):
        raise RefusedError(f"{say_month(month)} is over; nothing is booked in the past")
    board = Board.of(policy, now, seen, recorded)
    block = board.blocks.get(month)
    if block is not None and block.state.live and block.span is not None:
        raise RefusedError(
            f"{say_month(month)} has its block already, {_when(block.span, policy)}",
            fix=_elsewhere(policy, now, block),
        )
    if block is not None and block.state is BlockState.HELD:
        raise RefusedError(
            f"the block of {say_month(month)} was held",
            fix=f"if it was not: magicloop invention skip {month} --not-held",
        )
    _check_readable(seen)
    search, choice = board.choose(month, month)
    if choice is None:
        if not search.windows():
            raise RefusedError(
                f"no working time is left in {say_month(month)} after the notice you asked for"
            )
        what, meeting = no_slot_words(month, search)
        fix = f"move {meeting}, then: magicloop invention hold {month}" if meeting else ""
        raise RefusedError(what, fix=fix)
    return board.book(month, choice)


def choose(policy: Policy, now: datetime, seen: Seen, recorded: Recorded, month: Month, n: int) -> MoveBlock:
    """Move the block of `month` to its n-th alternative (1 is the first), which gets the old place.

    The notice is not asked for again: the person decides on a time they were shown.

    :raises RefusedError: there is no block to move or no such alternative; it is past, not in working
        time or not free any more (naming what took it); the block's text was edited by hand; or a calendar cannot be read.
    """
    _check_month(month, recorded)
    block, span = _live(policy, now, recorded, month)
    if not 1 <= n <= len(block.alternatives):
        count = len(block.alternatives)
        raise RefusedError(
            f"the block of {say_month(month)} has {count or 'no'} alternative{'' if count == 1 else 's'}",
            fix="magicloop invention list",
        )
    target = block.alternatives[n - 1]
    _check_readable(seen)
    _check_unedited(block, seen)
    _check_free(Board.of(policy, now, seen, recorded), block, target)
    others = tuple(other for other in block.alternatives if other != target)
    reason = f"chosen by hand: {_when(target, policy)}"
    moved = replace(
        block,
        target=target,
        sequence=block.sequence + 1,
        reason=reason,
        alternatives=(*others, span),
        rev=block.rev + 1,
    )
    return MoveBlock(moved, reason, by_hand=True)


def skip(
    policy: Policy, now: datetime, recorded: Recorded, month: Month, blocks: OwnBlocks | None = None
) -> CancelBlock | CloseBlock:
    """Have no block in `month`: take it off the calendar, or record that none is to be made.

    With `blocks` it is the event as it stands there that goes, also one edited or moved by hand: the
    person asks for it.

    :raises RefusedError: the month is over without a block, or its block ended already.
    """
    _check_month(month, recorded)
    reason = SKIPPED_BY_HAND
    block = newest_blocks(recorded).get(month)
    if block is None:
        if month < month_of(now, policy.me.zone):
            raise RefusedError(f"{say_month(month)} is over and had no block")
        return close_first(policy, month, BlockState.SKIPPED, reason)
    block = _as_seen(block, blocks)
    if block.state.live and block.span is not None and block.span.end > now:
        gone = replace(block, state=BlockState.SKIPPED, target=None, reason=reason, rev=block.rev + 1)
        return CancelBlock(gone, reason)
    if block.state.live or block.state is BlockState.OWED:
        return close_block(block, BlockState.SKIPPED, reason)
    if block.state is BlockState.HELD:
        fix = f"if it was not: magicloop invention skip {month} --not-held"
    else:
        over = month < month_of(now, policy.me.zone)
        fix = "magicloop invention list" if over else f"magicloop invention hold {month}"
    raise RefusedError(f"the block of {say_month(month)} is {block.state} already", fix=fix)


def _as_seen(block: Block, blocks: OwnBlocks | None) -> Block:
    """Return a live block with the time and revision it has on the calendar, where it is there."""
    found = blocks.found.get(block.id) if blocks and block.state.live else None
    if found is None or found.cancelled:
        return block
    return replace(block, span=found.span, revision=found.revision)


def not_held(policy: Policy, now: datetime, recorded: Recorded, month: Month) -> CloseBlock:
    """Record that a block which is over was not held.

    The next run books another for this month or the last; an older one is missed.

    :raises RefusedError: the month has no block that is over.
    """
    _check_month(month, recorded)
    block = newest_blocks(recorded).get(month)
    if block is None or block.span is None:
        raise RefusedError(f"{say_month(month)} has no block", fix="magicloop invention list")
    over = block.span.end <= now
    if block.state is BlockState.HELD or (block.state.live and over):
        if too_late(month, month_of(now, policy.me.zone)):
            return close_block(block, BlockState.MISSED, "not held, as you said; too late to make it up")
        return close_block(block, BlockState.OWED, "not held, as you said")
    if block.state.live:
        raise RefusedError(
            f"the block of {say_month(month)} is still to come, {_when(block.span, policy)}",
            fix=_elsewhere(policy, now, block),
        )
    raise RefusedError(f"the block of {say_month(month)} is {block.state} already")


def _elsewhere(policy: Policy, now: datetime, block: Block) -> str:
    """Return what to type to have a block elsewhere, or not at all."""
    others = possible_alternatives(policy, now, block)
    choose = f"magicloop invention choose {block.month} {others[0][0]}, or " if others else ""
    return f"{choose}magicloop invention skip {block.month}"


def _check_month(month: Month, recorded: Recorded) -> None:
    try:
        first_day(month)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    if month in claimed_months(recorded):
        raise RefusedError(
            f"a run was interrupted while it changed the block of {say_month(month)}",
            fix="magicloop run",
        )


def _live(policy: Policy, now: datetime, recorded: Recorded, month: Month) -> tuple[Block, Span]:
    block = newest_blocks(recorded).get(month)
    if block is None or not block.state.live or block.span is None:
        raise RefusedError(
            f"{say_month(month)} has no block on the calendar", fix=f"magicloop invention hold {month}"
        )
    if block.span.end <= now:
        raise RefusedError(f"the block of {say_month(month)} is over, {_when(block.span, policy)}")
    return block, block.span


def _check_readable(seen: Seen) -> None:
    if seen.unreadable:
        first = seen.unreadable[0]
        raise RefusedError(
            f"{first.calendar}: {first.what}; nothing is booked over a calendar that cannot be read",
            where=first.where,
            fix=first.fix,
        )


def _check_unedited(block: Block, seen: Seen) -> None:
    """Refuse a move that would write over words the person put into the event."""
    found = seen.blocks.found.get(block.id)
    if found is None or found.cancelled:
        raise RefusedError(
            f"the block of {say_month(block.month)} is not on the calendar", fix="magicloop run"
        )
    if block.revision and found.revision != block.revision:
        raise RefusedError(
            f"you changed the block of {say_month(block.month)} in your calendar",
            fix="move it there: it stays where you put it",
        )


def _check_free(board: Board, block: Block, target: Span) -> None:
    policy = board.policy
    if target.start <= board.now:
        raise RefusedError(f"{_when(target, policy)} is over", fix="magicloop invention list")
    if not in_working_time(policy, target, board.seen.holidays):
        name = board.seen.holidays.get(local(target.start, policy.me.zone).date())
        why = f"on a holiday ({name})" if name else "outside your working hours now"
        raise RefusedError(
            f"{_when(target, policy)} is {why}",
            fix=f"move the block of {say_month(block.month)} in your calendar: it stays where you put it",
        )
    took = board.times.near(target)
    if took:
        raise RefusedError(
            f"{_when(target, policy)} is not free any more: {named(took[0], policy.me.zone)}",
            fix="magicloop invention list",
        )
    for other in board.blocks.values():
        place = place_of(other)
        if other.id != block.id and place is not None and place.overlaps(board.times.padded(target)):
            raise RefusedError(
                f"{_when(target, policy)} is not free any more: the block of {say_month(other.month)}",
                fix="magicloop invention list",
            )


def _when(span: Span, policy: Policy) -> str:
    return say_when(span, policy.me.zone, with_year=False)

"""Carrying out what concerns a block on the calendar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.apply.carrying import carry_out
from automations.model.records import BlockState, Outcome
from automations.plan.which_calendar import in_use, is_elsewhere
from automations.plan.zones import say_when
from automations.ports import BlockEvent

if TYPE_CHECKING:
    from automations.apply.carrying import Bench, Result
    from automations.model.records import Block
    from automations.model.seen import SeenBlock, Span
    from automations.plan.actions import BookBlock, CancelBlock, MoveBlock, RestoreBlock

DELETED_BEFORE = "it was deleted by hand before, so it is not made again"


def book_block(bench: Bench, action: BookBlock) -> Result:
    """Put a block on the calendar.

    Where one of this id stands already, as it does when the journal was lost, what stands is recorded: the
    time it has, or that the person deleted it.
    """
    summary, description = bench.world.renderer.render_event("invention", action.facts)
    block = replace(action.block, summary=summary, description=description)
    target = _target(block)

    def found(seen: SeenBlock) -> str:
        if seen.cancelled:
            return DELETED_BEFORE
        when = say_when(seen.span, block.zone or bench.policy.me.zone, with_year=False)
        return action.reason if seen.span == target else f"found on the calendar at {when}"

    def booked(seen: SeenBlock) -> tuple[Block]:
        if seen.cancelled:
            return (_skipped(block, DELETED_BEFORE),)
        others = tuple(other for other in block.alternatives if not other.overlaps(seen.span))
        stood.append(seen.span)
        standing = replace(block, reason=found(seen), alternatives=others)
        return (_placed(bench, standing, seen, BlockState.BOOKED),)

    stood: list[Span] = []
    result = carry_out(
        bench,
        action,
        before=(block,),
        effect=lambda: bench.world.calendar.book(_event(bench, block, target)),
        done=booked,
        undone=lambda *_: (replace(block, target=None, rev=block.rev + 1),),
        span=target,
        detail=found,
    )
    if not stood:
        return replace(result, span=None) if result.outcome is Outcome.DONE else result
    if stood[0] == target:
        return replace(result, detail="")
    return replace(result, span=stood[0], reason=result.detail)


def move_block(bench: Bench, action: MoveBlock) -> Result:
    """Move a block to its target if it still stands as it was last seen."""
    block, target, old = action.block, _target(action.block), _standing(bench, action.block)
    state = BlockState.MOVED_BY_HAND if action.by_hand else block.state
    return carry_out(
        bench,
        action,
        before=(block,),
        effect=lambda: bench.world.calendar.move(_event(bench, block, target), revision=block.revision),
        done=lambda seen: (_placed(bench, block, seen, state),),
        undone=lambda *_: (replace(old, rev=block.rev + 1),),
        span=target,
    )


def cancel_block(bench: Bench, action: CancelBlock) -> Result:
    """Take a block off the calendar if it still has the revision of the action; its month is skipped."""
    block = _standing(bench, action.block)
    skipped = _skipped(block, action.reason)
    return carry_out(
        bench,
        action,
        effect=lambda: bench.world.calendar.cancel(block.id, revision=action.block.revision),
        done=lambda _: (skipped,),
    )


def restore_block(bench: Bench, action: RestoreBlock) -> Result:
    """Write a block again whose file is gone, or which was in another calendar."""
    block = _standing(bench, action.block)
    assert block.span is not None, "a live block stands somewhere"
    again = replace(block, sequence=block.sequence + 1)
    event = _event(bench, again, block.span)
    return carry_out(
        bench,
        action,
        effect=lambda: bench.world.calendar.book(event),
        done=lambda seen: (_placed(bench, again, seen, block.state),),
        span=block.span,
        until_done=True,
    )


def _target(block: Block) -> Span:
    assert block.target is not None, "the plan says where to"
    return block.target


def _standing(bench: Bench, block: Block) -> Block:
    """Return the block as the journal has it."""
    return next(recorded for recorded in bench.recorded.blocks if recorded.id == block.id)


def _skipped(block: Block, reason: str) -> Block:
    return replace(block, state=BlockState.SKIPPED, reason=reason, target=None, rev=block.rev + 1)


def _placed(bench: Bench, block: Block, seen: SeenBlock, state: BlockState) -> Block:
    return replace(
        block,
        state=state,
        span=seen.span,
        target=None,
        revision=seen.revision,
        calendar=in_use(bench.policy),
        rev=block.rev + 1,
    )


def _event(bench: Bench, block: Block, span: Span) -> BlockEvent:
    return BlockEvent(
        id=block.id,
        span=span,
        zone=block.zone or bench.policy.me.zone,
        summary=block.summary,
        description=block.description,
        sequence=block.sequence,
        stamp=bench.world.clock.now(),
        again=is_elsewhere(block, in_use(bench.policy)),
    )

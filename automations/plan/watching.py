"""What became of a block that should be on the calendar: still there, changed by hand, or over.

The person's hand is the last word. A block that is gone was deleted by them, also when it is missed
only after its end: people delete what they will not do, and a record of a held block that nobody can
see on the calendar would be a claim without evidence. A block that stood and is over was held,
unless something else took any of its time. One that was put at a time that was over by then (we saw it
elsewhere after that time began) proves nothing: its month stays owed.

What was last seen in another calendar than the one in use was not deleted there: it goes into this one, at
its time where that is free, else at a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automations.model.records import Block, BlockState
from automations.plan.actions import AdoptBlock, CloseBlock, RestoreBlock
from automations.plan.conflicts import quoted
from automations.plan.which_calendar import is_elsewhere, say_calendar
from automations.plan.zones import say_when

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automations.model.seen import OwnBlocks, SeenBlock, Span
    from automations.plan.busy_times import BusyTimes

Watch = AdoptBlock | CloseBlock | RestoreBlock


@dataclass(frozen=True, slots=True)
class Watched:
    """A block after one look at it, and the action that records the difference, if there is one.

    `edited` tells that its text was changed by hand: moving it would write over the person's words. `absent`
    tells that it does not stand in this calendar, so that nothing can land on it; one to be booked there at
    another time is owed, without an action.
    """

    block: Block
    action: Watch | None = None
    edited: bool = False
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Watcher:
    """Looks at one live block after the other.

    `times` is None when a calendar could not be read: then what is over is judged by a later run.
    `too_late` tells whether a month's block can no longer be made up. `last_look` is when it was last
    seen where it is recorded, None when that is not known. `calendar` is the one in use; `stays` tells that no
    block may be put elsewhere because of a meeting.
    """

    now: datetime
    blocks: OwnBlocks
    times: BusyTimes | None
    too_late: Callable[[Block], bool]
    last_look: datetime | None = None
    calendar: str = ""
    stays: bool = False

    def watch(self, block: Block) -> Watched:
        """Return how a live block stands now."""
        if not self.blocks.known or block.span is None:
            return Watched(block)
        found = self.blocks.found.get(block.id)
        if found is None or found.cancelled:
            return self._missing(block, block.span)
        edited = bool(block.revision) and found.revision != block.revision
        if found.span == block.span and block.span.end <= self.now:
            return self._judged(block)
        if found.span == block.span and not is_elsewhere(block, self.calendar):
            return Watched(block, edited=edited)
        return self._adopted(block, found)

    def _missing(self, block: Block, span: Span) -> Watched:
        elsewhere = is_elsewhere(block, self.calendar)
        if not elsewhere and not self.blocks.lost:
            return self._closed(block, BlockState.SKIPPED, "deleted by hand")
        if span.end <= self.now:
            return self._judged(block)
        if elsewhere:
            return self._carried_over(block, span)
        return _restored(block, f"the file that held it is gone; it goes back to {_when(block, span)}")

    def _carried_over(self, block: Block, span: Span) -> Watched:
        """Bring a block that is to come from the calendar it was in; while busy times are unknown, wait."""
        if self.times is None or span.start <= self.now:
            return Watched(block, absent=True)
        stays = self.stays or block.state is BlockState.MOVED_BY_HAND
        if stays or not self.times.over(span):
            return _restored(block, f"it was in {say_calendar(block.calendar)}; it keeps its time")
        return Watched(replace(block, state=BlockState.OWED, span=None), absent=True)

    def _adopted(self, block: Block, found: SeenBlock) -> Watched:
        elsewhere = is_elsewhere(block, self.calendar)
        ours = elsewhere or found.span == block.target
        if elsewhere:
            reason = f"found in {say_calendar(self.calendar)}, {_when(block, found.span)}"
        else:
            reason = "the move went through" if ours else _by_hand(block, found.span)
        taken_over = replace(
            block,
            state=block.state if ours else BlockState.MOVED_BY_HAND,
            span=found.span,
            target=None,
            revision=found.revision,
            reason=reason,
            calendar=self.calendar or block.calendar,
        )
        if found.span != block.target and self._too_early(block, found.span):
            return self._not_held(taken_over, f"{reason}, before it was last seen elsewhere: not held")
        if found.span.end <= self.now:
            judged = self._judged(taken_over)
            if judged.action is not None:
                return judged
        adopted = replace(taken_over, rev=block.rev + 1)
        return Watched(adopted, AdoptBlock(adopted, found, reason))

    def _too_early(self, block: Block, span: Span) -> bool:
        """Tell whether a block cannot have been held at `span`, because we saw it elsewhere after that began."""
        seen_elsewhere = block.span is not None and not span.overlaps(block.span)
        began_before = self.last_look is not None and span.start < self.last_look
        return seen_elsewhere and began_before and span.end <= self.now

    def _judged(self, block: Block) -> Watched:
        """Say whether a block that is over was held; where busy times are unknown, say nothing."""
        if self.times is None or block.span is None:
            return Watched(block)
        took = self.times.over(block.span)
        if not took:
            return self._closed(block, BlockState.HELD, f"held {_when(block, block.span)}")
        return self._not_held(block, f"not held: {quoted(took[0])} took it")

    def _not_held(self, block: Block, reason: str) -> Watched:
        if self.too_late(block):
            return self._closed(block, BlockState.MISSED, f"{reason}; not made up in time")
        return self._closed(block, BlockState.OWED, reason)

    def _closed(self, block: Block, state: BlockState, reason: str) -> Watched:
        closed = replace(block, state=state, target=None, reason=reason, rev=block.rev + 1)
        return Watched(closed, CloseBlock(closed, state, reason))


def _restored(block: Block, reason: str) -> Watched:
    restored = replace(block, sequence=block.sequence + 1, rev=block.rev + 1)
    return Watched(restored, RestoreBlock(restored, reason), absent=True)


def _by_hand(block: Block, span: Span) -> str:
    old = block.span
    if old is None or span.start != old.start:
        return f"moved by hand from {_when(block, old)} to {_when(block, span)}"
    verb = "shortened" if span.length < old.length else "made longer"
    return f"{verb} by hand to {span.length.total_seconds() // 60:.0f} min"


def _when(block: Block, span: Span | None) -> str:
    return say_when(span, block.zone or "UTC", with_year=False) if span else "nowhere"

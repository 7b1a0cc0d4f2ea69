"""Putting a block on the calendar: what a booking and a move look like, once a slot is found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.records import Block, BlockState
from automations.plan.actions import BookBlock, MoveBlock
from automations.plan.busy_times import BusyTimes
from automations.plan.generations import block_id, newest_blocks, place_of
from automations.plan.muse import event_facts, pair_of, problem_of
from automations.plan.slots import Search, Wish, choose_slot
from automations.plan.windows import day_windows, working_days
from automations.plan.zones import local, month_of, say_month

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, time

    from automations.model.policy import Policy
    from automations.model.records import Month, Recorded
    from automations.model.seen import Seen, Span
    from automations.plan.slots import Choice

_HABIT_BLOCKS = 6
"""How many past blocks tell what the usual time is."""

_BOOKED = (BlockState.BOOKED, BlockState.MOVED_BY_HAND, BlockState.HELD)


def possible_alternatives(
    policy: Policy, now: datetime, block: Block, holidays: Mapping[date, str] | None = None
) -> tuple[tuple[int, Span], ...]:
    """Return the alternatives of a block that can still be taken, each with its number (1 is the first).

    Those that began, and those that are not within working time any more, are left out; whether one is
    free is not asked. Without `holidays` they are not asked about either.
    """
    return tuple(
        (number, span)
        for number, span in enumerate(block.alternatives, 1)
        if span.start > now and in_working_time(policy, span, holidays or {})
    )


def in_working_time(policy: Policy, span: Span, holidays: Mapping[date, str]) -> bool:
    """Tell whether `span` lies within one stretch of working time, on a day that is no holiday."""
    zone = policy.me.zone
    day = local(span.start, zone).date()
    windows = () if day in holidays else day_windows(day, policy.invention.working_hours, zone)
    return any(window.start <= span.start and span.end <= window.end for window in windows)


@dataclass(slots=True)
class Board:
    """The calendar as it will be while one plan is being made; `blocks` are each month's newest.

    It belongs to one call of one function, which puts every decided block on it so that the next
    month sees it.
    """

    policy: Policy
    now: datetime
    seen: Seen
    recorded: Recorded
    times: BusyTimes
    blocks: dict[Month, Block] = field(default_factory=dict)

    @staticmethod
    def of(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Board:
        """Return the calendar as it was seen and recorded."""
        times = BusyTimes(seen.busy, policy.invention.buffer_minutes)
        return Board(policy, now, seen, recorded, times, newest_blocks(recorded))

    @property
    def notice(self) -> datetime:
        """The first instant a block may start at."""
        return self.now + timedelta(days=self.policy.invention.notice_days)

    def search(self, month: Month, place: Month) -> Search:
        """Return where to look for the block of `month` within the month `place`."""
        rules, zone = self.policy.invention, self.policy.me.zone
        taken = [
            span
            for other, block in self.blocks.items()
            if other != month and (span := place_of(block)) is not None
        ]
        return Search(
            days=working_days(place, rules.working_hours, zone, self.seen.holidays),
            times=self.times,
            taken=tuple(taken),
            earliest=self.notice,
            wish=Wish(rules.minutes, rules.floor_minutes, zone, rules.prefer, self._habits(month)),
        )

    def _habits(self, month: Month) -> tuple[tuple[int, time], ...]:
        zone = self.policy.me.zone
        # What is only planned is no habit yet.
        spans = [
            block.span
            for other, block in sorted(self.blocks.items())
            if other != month and block.state in _BOOKED and block.span and block.span.end <= self.now
        ]
        starts = [local(span.start, zone) for span in spans[-_HABIT_BLOCKS:]]
        return tuple((start.weekday(), start.time()) for start in starts)

    def book(self, month: Month, choice: Choice) -> BookBlock:
        """Return the booking of the slot and note it."""
        rules, zone = self.policy.invention, self.policy.me.zone
        old = self.blocks.get(month)
        again = old is not None and old.state is BlockState.OWED and old.span is None
        generation = 1 if old is None else old.generation if again else old.generation + 1
        others = [block for block in self._all_blocks() if not again or old is None or block.id != old.id]
        pair = old.pair if old and again and set(old.pair) <= set(rules.combine) else ()
        reason = choice.reason
        if month < month_of(choice.span.start, zone):
            reason = f"{reason}; carried over from {say_month(month)}"
        block = Block(
            id=block_id(self.policy.person, month, generation),
            person=self.policy.person,
            month=month,
            generation=generation,
            state=BlockState.OWED,
            rev=old.rev + 1 if old and again else 1,
            target=choice.span,
            zone=zone,
            sequence=old.sequence if old and again else 0,
            moves=old.moves if old and again else 0,
            calendar=old.calendar if old and again else "",
            reason=reason,
            alternatives=choice.alternatives,
            problem=problem_of(month, rules.problems, self._all_blocks()),
            pair=pair or pair_of(rules.combine, others),
        )
        self.blocks[month] = block
        minutes = (choice.span.end - choice.span.start) // timedelta(minutes=1)
        return BookBlock(block, event_facts(block, minutes, self.policy, self.now, self.recorded), reason)

    def move(self, block: Block, choice: Choice, why: str) -> MoveBlock:
        """Return the move of a block to the slot and note it."""
        reason = f"{why}; moved to {choice.reason}"
        moved = replace(
            block,
            target=choice.span,
            moves=block.moves + 1,
            sequence=block.sequence + 1,
            reason=reason,
            alternatives=choice.alternatives,
            rev=block.rev + 1,
        )
        self.blocks[block.month] = replace(moved, span=choice.span)
        return MoveBlock(moved, reason)

    def choose(self, month: Month, place: Month) -> tuple[Search, Choice | None]:
        """Return the search for a month's block in the month `place`, and what it found."""
        search = self.search(month, place)
        return search, choose_slot(search)

    def _all_blocks(self) -> list[Block]:
        """Return every recorded block, and those of this plan in their place."""
        known = {block.id: block for block in self.recorded.blocks}
        known.update({block.id: block for block in self.blocks.values()})
        return list(known.values())

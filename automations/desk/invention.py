"""What a person asks for about their blocks, carried out at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.desk.outcome import carry_out
from automations.errors import RefusedError
from automations.model.records import Block, BlockState
from automations.model.seen import Seen
from automations.observe import observe
from automations.plan import invention_by_hand as by_hand
from automations.plan.generations import horizon, months_to_book, newest_blocks
from automations.plan.invention import NO_SLOT, busy_for
from automations.plan.needs import Needs, holiday_years
from automations.plan.placing import Board
from automations.plan.zones import month_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from automations.apply import Bench
    from automations.model.policy import Policy
    from automations.model.records import Month, Recorded

    HolidaysOf = Callable[[tuple[int, ...]], Mapping[date, str]]


def listed_blocks(policy: Policy, now: datetime, recorded: Recorded) -> tuple[Block, ...]:
    """Return the newest block of each month, oldest first; a month to come without one is owed."""
    newest = dict(newest_blocks(recorded))
    for month in horizon(policy, now):
        newest.setdefault(
            month, Block("", policy.person, month, 0, BlockState.OWED, reason="to be booked by the next run")
        )
    for month, place in months_to_book(newest, policy, now, recorded):
        why = _why_not_booked(policy, now, recorded, month, place)
        if why:
            newest[month] = replace(newest[month], reason=why)
    return tuple(newest[month] for month in sorted(newest))


def _why_not_booked(policy: Policy, now: datetime, recorded: Recorded, month: Month, place: Month) -> str:
    """Say why the next run cannot book the block of `month` in the month `place`, "" when it may."""
    for problem in recorded.problems:
        if problem.key == (NO_SLOT, month):
            return problem.what
    if Board.of(policy, now, Seen(), recorded).search(month, place).windows():
        return ""
    days = policy.invention.notice_days
    notice = f"the notice of {days} day{'' if days == 1 else 's'}"
    this_month = month_of(now, policy.me.zone)
    return f"no working time left {'this month' if place == this_month else 'then'} after {notice}"


def hold(bench: Bench, holidays: HolidaysOf, month: Month) -> Block:
    """Book a block for a month, also after it was skipped or missed; return it.

    :raises RefusedError: see `plan.invention_by_hand.hold`; or the file that holds the blocks is gone.
    """
    now, seen = _look(bench, holidays, month)
    if seen.blocks.lost:
        # Booking would make the file anew, and the other blocks would look deleted one by one.
        raise RefusedError(
            "the file that holds your blocks is gone", fix="magicloop run    (it writes it again)"
        )
    carry_out(bench, by_hand.hold(bench.policy, now, seen, bench.recorded, month))
    return _newest(bench, month)


def choose(bench: Bench, holidays: HolidaysOf, month: Month, number: int) -> Block:
    """Move a month's block to one of its alternatives; return it.

    :raises RefusedError: see `plan.invention_by_hand.choose`.
    """
    now, seen = _look(bench, holidays, month)
    carry_out(bench, by_hand.choose(bench.policy, now, seen, bench.recorded, month, number))
    return _newest(bench, month)


def skip(bench: Bench, month: Month) -> Block:
    """Have no block in a month; return how it stands.

    :raises RefusedError: see `plan.invention_by_hand.skip`.
    """
    now = bench.world.clock.now()
    block = newest_blocks(bench.recorded).get(month)
    blocks = bench.world.calendar.fetch_blocks((block.id,)) if block and block.state.live else None
    carry_out(bench, by_hand.skip(bench.policy, now, bench.recorded, month, blocks))
    return _newest(bench, month)


def not_held(bench: Bench, month: Month) -> Block:
    """Record that a block which is over was not held; return how it stands.

    :raises RefusedError: see `plan.invention_by_hand.not_held`.
    """
    now = bench.world.clock.now()
    carry_out(bench, by_hand.not_held(bench.policy, now, bench.recorded, month))
    return _newest(bench, month)


def _look(bench: Bench, holidays: HolidaysOf, month: Month) -> tuple[datetime, Seen]:
    """See all that booking or moving the month's block needs."""
    now = bench.world.clock.now()
    try:
        busy = busy_for(bench.policy, now, bench.recorded, month)
    except ValueError as error:
        raise RefusedError(str(error), fix="magicloop invention list") from None
    needs = Needs(
        busy=busy,
        blocks=tuple(block.id for block in bench.recorded.blocks if block.state.live),
        own=tuple(block.id for block in bench.recorded.blocks),
        drafts={},
        years=holiday_years(bench.policy, now, busy, bench.recorded),
    )
    return now, observe(needs, bench.world.calendar, bench.world.mailbox, holidays)


def _newest(bench: Bench, month: Month) -> Block:
    return newest_blocks(bench.world.journal.load(bench.policy.person))[month]

"""Invention time: one block a month, this month and some months ahead, kept on the calendar.

One plan brings the calendar to where it should be: planning again, when nothing changed meanwhile,
gives no action. The order is: see what became of the blocks that are there, end what cannot be made
up any more, move what a meeting landed on, book what is owed. While any calendar is unreadable
nothing is booked, moved or judged by busy times; what the person changed by hand is still taken over.

Two rules of our own, beside those of the issue: a block the person moved or whose text they edited is
never moved by us (they are told of a meeting on it); moves are counted over all blocks of a month.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.policy import OnConflict
from automations.model.records import Block, BlockState, Problem, Severity
from automations.model.seen import Span
from automations.plan.actions import CloseBlock
from automations.plan.conflicts import named, no_slot_words
from automations.plan.decided import Decided, standing
from automations.plan.generations import (
    block_id,
    claimed_months,
    horizon,
    months_to_book,
    moves_so_far,
    newest_blocks,
    place_of,
    too_late,
    was_booked,
)
from automations.plan.placing import Board, possible_alternatives
from automations.plan.reopening import reopened
from automations.plan.severities import SEVERITIES
from automations.plan.watching import Watched, Watcher
from automations.plan.which_calendar import in_use, left_behind
from automations.plan.zones import add_months, month_of, month_span, say_month, say_when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Month, Recorded
    from automations.model.seen import Busy, Seen
    from automations.plan.actions import Action, BookBlock, MoveBlock

NO_SLOT, CONFLICT, UNREADABLE = "no-slot", "block-conflict", "calendar-unreadable"

_WATCHED_AHEAD = timedelta(days=731)
"""How far ahead meetings are looked for that land on a block. A clock that was ahead may have booked in another age."""

_MONTHS_BACK = 24
"""How many months back those without a block are recorded as missed."""


def needed_busy(policy: Policy, now: datetime, recorded: Recorded) -> Span | None:
    """Return the range of busy times a plan needs; None when nothing is owed and nothing to be watched.

    From the earliest live block that is not closed (or the last run, or `now`) to the end of the last
    month in which a block is to be booked or may be moved, with the buffer on both sides.
    """
    newest = newest_blocks(recorded)
    live = _watched(newest.values(), now)
    owed = months_to_book(newest, policy, now, recorded)
    if not live and not owed:
        return None
    return _range(policy, now, recorded, [place for _, place in owed])


def busy_for(policy: Policy, now: datetime, recorded: Recorded, month: Month) -> Span:
    """Return the range of busy times needed to book or move the block of `month` by hand."""
    return _range(policy, now, recorded, [month])


def _range(policy: Policy, now: datetime, recorded: Recorded, months: list[Month]) -> Span:
    zone = policy.me.zone
    this_month = month_of(now, zone)
    live = _watched(recorded.blocks, now)
    spans = [block.span for block in live if block.span]
    # A block that a meeting lands on is moved within its whole month, also beyond the last one to be booked.
    moved_in = [max(block.month, this_month) for block in live]
    ends = [month_span(month, zone).end for month in (*horizon(policy, now), *months, *moved_in)]
    buffer = timedelta(minutes=policy.invention.buffer_minutes)
    # Since the last run the person may have moved a block to a time that is over: it is judged, too.
    since = [recorded.last_run.started] if live and recorded.last_run else []
    start = min([now, *since, *(span.start for span in spans)])
    return Span(start - buffer, max([*ends, *(span.end for span in spans)]) + buffer)


def _watched(blocks: Iterable[Block], now: datetime) -> list[Block]:
    """Return the live blocks whose time is looked at."""
    return [
        each for each in blocks if each.state.live and each.span and each.span.start - now < _WATCHED_AHEAD
    ]


def plan_invention(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Decide what to do about the blocks. `seen` must cover `needed_busy`."""
    board = Board.of(policy, now, seen, recorded)
    watched, actions = _watch(board)
    actions += reopened(policy, now, recorded)
    actions += _end(board)
    problems = _unreadable(seen, recorded, now)
    problems += left_behind(policy, now, recorded, newest_blocks(recorded).values())
    for block, edited in watched:
        outcome = _clear(board, block, edited=edited)
        _sort_out(outcome, actions, problems)
    if not seen.unreadable:
        for month, place in months_to_book(board.blocks, policy, now, recorded):
            _sort_out(_book(board, month, place), actions, problems)
    return Decided(tuple(actions), tuple(problems), tuple(_due(board)))


def _sort_out(
    outcome: BookBlock | MoveBlock | Problem | None, actions: list[Action], problems: list[Problem]
) -> None:
    if outcome is None:
        return
    if isinstance(outcome, Problem):
        problems.append(outcome)
    else:
        actions.append(outcome)


# --- what became of the blocks that are there ---------------------------------------------------


def _watch(board: Board) -> tuple[list[tuple[Block, bool]], list[Action]]:
    """Look at every live block; return those that can still be in conflict (block, edited) and the actions."""
    this_month = month_of(board.now, board.policy.me.zone)
    watcher = Watcher(
        now=board.now,
        blocks=board.seen.blocks,
        times=None if board.seen.unreadable else board.times,
        too_late=lambda block: too_late(block.month, this_month),
        last_look=board.recorded.last_run.started if board.recorded.last_run else None,
        calendar=in_use(board.policy),
        stays=board.policy.invention.on_conflict is not OnConflict.MOVE,
    )
    claimed = claimed_months(board.recorded)
    standing_blocks: list[tuple[Block, bool]] = []
    actions: list[Action] = []
    for month, block in sorted(board.blocks.items()):
        if not block.state.live or month in claimed:
            continue
        watched = watcher.watch(block)
        board.blocks[month] = watched.block
        if watched.action is not None:
            actions.append(watched.action)
        if _can_conflict(watched, board):
            standing_blocks.append((watched.block, watched.edited))
    return standing_blocks, actions


def _can_conflict(watched: Watched, board: Board) -> bool:
    """Tell whether a meeting on this block is a matter for this run.

    A block that is written again this run is looked at by the next one, when it is there.
    """
    span = watched.block.span
    return watched.block.state.live and span is not None and span.end > board.now and not watched.absent


def _end(board: Board) -> list[Action]:
    """End the months that are over: what was never booked, and what can no longer be made up."""
    this_month = month_of(board.now, board.policy.me.zone)
    claimed = claimed_months(board.recorded)
    ended: list[CloseBlock] = []
    for month, block in sorted(board.blocks.items()):
        if month >= this_month or block.state is not BlockState.OWED or month in claimed:
            continue
        booked = was_booked(board.recorded, month)
        if month == add_months(this_month, -1) and booked:
            continue
        reason = "not made up in time" if booked else "it never got onto the calendar"
        ended.append(close_block(block, BlockState.MISSED, reason))
    ended += [_never_booked(board, month) for month in _months_without_block(board, this_month)]
    for action in ended:
        board.blocks[action.block.month] = action.block
    return list(ended)


def close_block(block: Block, state: BlockState, reason: str) -> CloseBlock:
    """Return the end of a recorded block as `state`."""
    closed = replace(block, state=state, target=None, reason=reason, rev=block.rev + 1)
    return CloseBlock(closed, state, reason)


def _months_without_block(board: Board, this_month: Month) -> Iterator[Month]:
    first = board.recorded.first_run
    month = this_month if first is None else month_of(first.started, board.policy.me.zone)
    # A first run under a clock that was decades behind must not leave hundreds of missed months.
    month = max(month, add_months(this_month, -_MONTHS_BACK))
    while month < this_month:
        if month not in board.blocks:
            yield month
        month = add_months(month, 1)


def _never_booked(board: Board, month: Month) -> CloseBlock:
    """Record a past month that never had a block. Nothing is booked for it."""
    return close_first(board.policy, month, BlockState.MISSED, _why_never_booked(board, month))


def close_first(policy: Policy, month: Month, state: BlockState, reason: str) -> CloseBlock:
    """Return the first record of a month that never had a block, ended at once."""
    block = Block(
        id=block_id(policy.person, month, 1),
        person=policy.person,
        month=month,
        generation=1,
        state=state,
        zone=policy.me.zone,
        reason=reason,
    )
    return CloseBlock(block, state, reason, first=True)


def _why_never_booked(board: Board, month: Month) -> str:
    """Say why a month never had a block, as far as the journal can tell."""
    zone, recorded = board.policy.me.zone, board.recorded
    stood = {problem.code for problem in recorded.problems if problem.subject == month}
    runs = [run.started for run in (recorded.first_run, recorded.last_run) if run]
    looks = [
        at for at in (*runs, *(cycle.opened for cycle in recorded.cycles)) if month_of(at, zone) == month
    ]
    if NO_SLOT in stood:
        return "no free slot"
    if not looks and month not in {cycle.month for cycle in recorded.cycles}:
        return "no run that month"
    if any(problem.code == UNREADABLE for problem in recorded.problems):
        return "a calendar could not be read"
    notice = timedelta(days=board.policy.invention.notice_days)
    if looks and not replace(board.search(month, month), earliest=min(looks) + notice).windows():
        return "no working time was left"
    return "no free slot"


# --- meetings that land on a block --------------------------------------------------------------


def _clear(board: Board, block: Block, *, edited: bool) -> MoveBlock | Problem | None:
    """Decide about a meeting on a block that is still to come."""
    if block.span is None or board.policy.invention.on_conflict is OnConflict.KEEP:
        return None
    meetings = board.times.over(block.span)
    if not meetings:
        return None
    hindrance = _hindrance(board, block, edited=edited)
    if hindrance:
        return _conflict(board, block, meetings[0], hindrance)
    zone = board.policy.me.zone
    place = max(block.month, month_of(board.now, zone))
    _, choice = board.choose(block.month, place)
    if choice is None:
        return _conflict(board, block, meetings[0], "there is no other slot that month")
    return board.move(block, choice, f"{named(meetings[0], zone)}, landed on it")


def _hindrance(board: Board, block: Block, *, edited: bool) -> str:
    """Say why a block in conflict is not moved, "" when it may be."""
    rules = board.policy.invention
    near = block.span is not None and block.span.start < board.notice
    moves = moves_so_far(board.recorded, block.month)
    hindrances = (
        (block.state is BlockState.MOVED_BY_HAND, "you put it there, so it stays"),
        (edited, "you edited it, so it is not moved"),
        (rules.on_conflict is OnConflict.ASK, "you are asked before it is moved"),
        (bool(board.seen.unreadable), "a calendar cannot be read, so it is not moved"),
        (near, f"it is less than {rules.notice_days} days away, so it is not moved"),
        (moves >= rules.max_moves, f"it was moved {moves} times already, so it is not moved again"),
    )
    return next((words for holds, words in hindrances if holds), "")


def _conflict(board: Board, block: Block, meeting: Busy, hindrance: str) -> Problem:
    zone = board.policy.me.zone
    when = say_when(block.span, zone, with_year=False) if block.span else ""
    # The person knows what they put where; they are reminded, but nothing waits for their answer.
    by_hand = block.state is BlockState.MOVED_BY_HAND
    others = possible_alternatives(board.policy, board.now, block, board.seen.holidays)
    choose = f"magicloop invention choose {block.month} {others[0][0]}, or " if others and not by_hand else ""
    return standing(
        board.recorded,
        board.now,
        code=CONFLICT,
        subject=block.month,
        severity=Severity.WARNING if by_hand else Severity.ASK,
        what=f"{named(meeting, zone)}, landed on the invention block of {say_month(block.month)} "
        f"({when}); {hindrance}",
        where=meeting.calendar,
        fix=f"{choose}magicloop invention skip {block.month}, or move one of the two in your calendar",
    )


# --- what is owed -------------------------------------------------------------------------------


def _book(board: Board, month: Month, place: Month) -> BookBlock | Problem | None:
    """Book the block of `month` in the month `place`, or say why there is no slot."""
    search, choice = board.choose(month, place)
    if choice is not None:
        return board.book(month, choice)
    # With no working time left there is nothing the person could do about it.
    if not search.windows():
        return None
    what, meeting = no_slot_words(place, search)
    skip = f"magicloop invention skip {month}"
    return standing(
        board.recorded,
        board.now,
        code=NO_SLOT,
        subject=month,
        severity=Severity.ASK,
        what=what if month == place else f"{what} for the block carried over from {say_month(month)}",
        fix=f"move {meeting}, or: {skip}" if meeting else skip,
    )


def _unreadable(seen: Seen, recorded: Recorded, now: datetime) -> list[Problem]:
    problems = [
        standing(
            recorded,
            now,
            code=UNREADABLE,
            subject=calendar.calendar,
            severity=SEVERITIES[calendar.fault],
            what=calendar.what,
            where=calendar.where,
            fix=calendar.fix,
        )
        for calendar in seen.unreadable
    ]
    return list({problem.key: problem for problem in reversed(problems)}.values())[::-1]


def _due(board: Board) -> Iterator[datetime]:
    """Yield when something will be due: the end of each block, and the next month."""
    yield month_span(month_of(board.now, board.policy.me.zone), board.policy.me.zone).end
    for block in board.blocks.values():
        span = place_of(block)
        if span is not None:
            yield span.end

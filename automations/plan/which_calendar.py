"""Which calendar a block was last seen in, and what to tell a person who keeps another one now.

What is missing from the calendar it was last seen in was deleted by hand. What is missing from another was
never there: it is put there, and the copy that stays in the old one, which is out of reach, is named.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from automations.model.records import Severity
from automations.plan.decided import standing
from automations.plan.zones import say_when

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Block, Problem, Recorded

CHANGED: Final = "calendar-changed"

_LOCAL: Final = "local"

SHOWN: Final = timedelta(hours=24)
"""How long the copies left behind are named: whether they were deleted, nobody here can see."""


def in_use(policy: Policy) -> str:
    """Return the name of the calendar that keeps the blocks: its provider; for the local one with its file."""
    settings = policy.calendar
    return f"{_LOCAL}:{settings.file}" if settings.provider == _LOCAL else settings.provider


def is_elsewhere(block: Block, calendar: str) -> bool:
    """Tell whether a block was last seen in another calendar than this.

    Where that is not known it was not; an old journal knows the provider alone.
    """
    return block.calendar not in ("", calendar, calendar.partition(":")[0])


def say_calendar(calendar: str) -> str:
    """Return a calendar's name for a person."""
    provider, _, file = calendar.partition(":")
    if provider == _LOCAL:
        return file or "the old calendar file"
    return "Google Calendar" if provider == "google" else provider


def left_behind(policy: Policy, now: datetime, recorded: Recorded, blocks: Iterable[Block]) -> list[Problem]:
    """Return what to tell of the copies of live blocks in calendars that are not in use any more.

    `blocks` are each month's newest, as recorded. It is told when the change is seen, and stands for a day.
    """
    here = in_use(policy)
    copies: dict[str, list[Block]] = {}
    for block in blocks:
        if block.state.live and block.span and block.span.end > now and is_elsewhere(block, here):
            copies.setdefault(block.calendar, []).append(block)
    fresh = [_left_in(policy, now, recorded, place, left) for place, left in sorted(copies.items())]
    shown = [
        known
        for known in recorded.problems
        if known.code == CHANGED and known.subject not in (here, *copies) and now - known.since < SHOWN
    ]
    return [*fresh, *shown]


def _left_in(policy: Policy, now: datetime, recorded: Recorded, place: str, left: list[Block]) -> Problem:
    times = ", ".join(
        say_when(block.span, policy.me.zone, with_year=False) for block in left if block.span is not None
    )
    _, _, file = place.partition(":")
    return standing(
        recorded,
        now,
        code=CHANGED,
        subject=place,
        severity=Severity.WARNING,
        what=f"your blocks are kept in {say_calendar(in_use(policy))} now; the copies in "
        f"{say_calendar(place)} are no longer looked at: {times}",
        fix=f"rm '{file}'    (if it holds nothing else)" if file else "delete them there by hand",
    )

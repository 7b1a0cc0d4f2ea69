"""What stands in the way: the one event that would have to go, and the meetings that land on a block.

For the smallest conflict each working window is read once, in order of start. Time that nothing but one
event covers would be free without it; where that is long enough, it names the event. Linear in the
events that touch working time.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.seen import Busy, BusyKind, Span
from automations.plan.slots import longest_free
from automations.plan.zones import block_end, local, say_day, say_month, say_when

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from automations.model.records import Month
    from automations.plan.slots import Search

TITLE_LENGTH = 60
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Conflict:
    """An event that would free a slot if it went, and that slot."""

    event: Busy
    slot: Span


def quoted(event: Busy) -> str:
    """Return an event's title in quotes, on one line, without control characters, not too long."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in event.title)
    words = " ".join(plain.replace('"', "'").split())
    if not words:
        return "an event without a title"
    short = words if len(words) <= TITLE_LENGTH else words[: TITLE_LENGTH - 1].rstrip() + "…"
    return f'"{short}"'


def named(event: Busy, zone: str) -> str:
    """Return an event's title and when it is: `"Weekly sync", Tue 8 Dec 10:00`."""
    if event.kind is BusyKind.ALL_DAY:
        return f"{quoted(event)}, all day {say_day(local(event.span.start, zone).date(), with_year=False)}"
    return f"{quoted(event)}, {say_when(event.span.start, zone, with_year=False)}"


def smallest_conflict(search: Search) -> Conflict | None:
    """Return the shortest (then earliest) single event without which a slot would be there.

    Events with the same time and title, such as one meeting seen in two calendars, are one.
    """
    conflicts = [
        Conflict(event, _shown(slot, search))
        for window in search.windows()
        for event, slot in _freed(window, search)
    ]
    return min(conflicts, key=_smallness, default=None)


def _smallness(conflict: Conflict) -> tuple[timedelta, datetime, timedelta, datetime]:
    event = conflict.event.span
    return (event.length, event.start, -conflict.slot.length, conflict.slot.start)


def _shown(freed: Span, search: Search) -> Span:
    """Return the slot in the freed time, on the quarter hour where only the notice makes it begin."""
    minutes, start = search.wish.minutes, freed.start
    if start == search.earliest:
        quarter = start + (-timedelta(minutes=start.minute, seconds=start.second)) % (15 * _MINUTE)
        quarter = quarter.replace(second=0, microsecond=0)
        start = quarter if block_end(quarter, minutes) <= freed.end else start
    return Span(start, min(freed.end, block_end(start, minutes)))


def _freed(window: Span, search: Search) -> Iterator[tuple[Busy, Span]]:
    """Yield the events that alone stand in the way of a slot in the window, with the longest time each would free.

    Before each start that follows from two times: `last`, the latest end so far, which is the `owner`'s,
    and `others`, the latest end of all but the owner. From `others` on only the owner is in the way.
    """
    times = search.times
    near, buffer = times.padded(window), times.buffer
    need = search.wish.floor_minutes * _MINUTE + 2 * buffer
    nothing = Busy(Span(near.start, near.start))
    owner, last, others = nothing, near.start, near.start
    best: dict[Busy, Span] = {}
    for event in (*_in_the_way(window, search), Busy(Span(near.end, near.end))):
        span = event.span
        start, end = span.start, span.end
        # An owner that only starts here as well is not in the way of the time before.
        if start > others and last > others and start > owner.span.start and start - others >= need:
            freed = Span(others + buffer, start - buffer)
            if owner not in best or freed.length > best[owner].length:
                best[owner] = freed
        if end > last:
            owner, last, others = event, end, last
        elif end > others and (end < last or not _same(event, owner)):
            others = end
    yield from best.items()


def _in_the_way(window: Span, search: Search) -> tuple[Busy, ...]:
    """Return what leaves no slot in the window, in order of start.

    Our own blocks never go: each is two events here, so that neither of them alone is in the way.
    """
    events, near = search.times.near(window), search.times.padded(window)
    own = [Busy(span, title) for span in search.taken if span.overlaps(near) for title in ("one", "two")]
    return tuple(sorted((*events, *own), key=lambda event: event.span.start)) if own else events


def _same(event: Busy, other: Busy) -> bool:
    """Tell whether two events are one meeting seen twice."""
    return event.span == other.span and event.title == other.title


def no_slot_words(month: Month, search: Search) -> tuple[str, str]:
    """Say that `month` has no slot and what would free one: (what, the meeting to move or "")."""
    what = f"no {_free_words(search.wish.minutes)} in {say_month(month)}"
    zone = search.wish.zone
    conflict = smallest_conflict(search)
    if conflict is not None:
        event, slot = conflict.event, conflict.slot
        when = say_when(slot, zone, with_year=False)
        if local(event.span.start, zone).date() == local(slot.start, zone).date():
            when = when.removeprefix(f"{say_day(local(slot.start, zone).date(), with_year=False)} ")
        return f"{what}; {named(event, zone)}, would free {when}", quoted(event)
    longest = longest_free(search)
    if longest is None:
        return f"{what}; nothing is free at all", ""
    minutes = longest.length // _MINUTE
    return (
        f"{what}; the longest free stretch is {minutes} min, {say_when(longest, zone, with_year=False)}",
        "",
    )


def _free_words(minutes: int) -> str:
    words = {60: "free hour", 120: "two free hours", 180: "three free hours", 240: "four free hours"}
    return words.get(minutes, f"{minutes} free minutes")

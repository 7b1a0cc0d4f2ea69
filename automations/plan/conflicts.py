"""What stands in the way: the one event that would have to go, and the meetings that land on a block.

For the smallest conflict each working window is cut into pieces by its events. A piece that nothing
covers is free, a piece that one event alone covers would be free without it, and a run of both kinds
that is long enough names that event. Linear in the events that touch working time.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.seen import BusyKind, Span
from automations.plan.slots import longest_free
from automations.plan.zones import block_end, local, say_day, say_month, say_when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from automations.model.records import Month
    from automations.model.seen import Busy
    from automations.plan.slots import Search

TITLE_LENGTH = 60
_MINUTE = timedelta(minutes=1)
_FREE, _SHUT = 0, -1
"""Owners of a piece of time besides an event's number, which starts at 1."""


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
    """Yield the events that alone stand in the way of a slot in the window, with the time each would free."""
    need, times = search.wish.floor_minutes * _MINUTE, search.times
    events = times.near(window)
    buffer = times.buffer
    cover = [
        (event.span.start - buffer, event.span.end + buffer, number) for number, event in enumerate(events, 1)
    ]
    own = [times.padded(span) for span in search.taken if times.padded(span).overlaps(window)]
    if own:
        cover = sorted([*cover, *((span.start, span.end, _SHUT) for span in own)])
    best: dict[int, Span] = {}
    for owner, start, end in _runs(_pieces(window, cover, events)):
        if end - start >= need and (owner not in best or end - start > best[owner].length):
            best[owner] = Span(start, end)
    for owner, run in best.items():
        yield events[owner - 1], run


def _pieces(
    window: Span, cover: Sequence[tuple[datetime, datetime, int]], events: Sequence[Busy]
) -> Iterator[tuple[datetime, datetime, int]]:
    """Cut the window into pieces (start, end, owner) by what covers it, given in order of start.

    The owner is 0 (free), the number of the one event that covers the piece, or -1 (several). Between
    two starts that follow from two times alone: the latest end so far, whose event is the owner, and
    the latest end of all the others.
    """
    at, last, others, owner = window.start, window.start, window.start, _FREE
    for start, end, number in (*cover, (window.end, window.end, _SHUT)):
        until = min(start, window.end)
        if others > at and until > at:
            yield at, min(others, until), _SHUT
            at = min(others, until)
        if last > at and until > at:
            yield at, min(last, until), owner
            at = min(last, until)
        if until > at:
            yield at, until, _FREE
            at = until
        if number == _SHUT:
            # Our own blocks never go: as if two covered the same time.
            last, others = max(last, end), max(others, end)
        elif end > last:
            last, others, owner = end, last, number
        elif end > others and not (end == last and _same(events, number, owner)):
            others = end


def _same(events: Sequence[Busy], number: int, other: int) -> bool:
    """Tell whether two events are one meeting seen twice."""
    one, two = events[number - 1], events[other - 1]
    return other != _FREE and one.span == two.span and one.title == two.title


def _runs(pieces: Iterable[tuple[datetime, datetime, int]]) -> Iterator[tuple[int, datetime, datetime]]:
    """Yield (event, start, end) for runs of pieces that are free or that event's; a longer run follows a shorter."""
    owner, start, free_since = _FREE, None, None
    for begin, end, whose in pieces:
        if whose == _SHUT:
            owner, start, free_since = _FREE, None, None
            continue
        if whose == _FREE:
            free_since = free_since or begin
            start = start or begin
        elif whose != owner:
            start = (free_since if owner != _FREE else start) or begin
            owner, free_since = whose, None
        else:
            free_since = None
        if owner != _FREE and start is not None:
            yield owner, start, end


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

"""The busy times of a run, sorted once, and the free stretches between them.

Everything here is linear after that one sort: a window looks at the events that meet it, and nothing
is converted to wall time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from operator import attrgetter
from typing import TYPE_CHECKING

from automations.model.seen import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from automations.model.seen import Busy

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Free time a block may take, in whole minutes, the buffer already kept.

    `left` and `right` are the neighbours themselves: what is busy there, or the edge of the working
    time. `opens` tells that the stretch begins where it does for a reason of its own (a neighbour, not
    the notice to be kept).
    """

    span: Span
    left: datetime
    right: datetime
    opens: bool = True


class BusyTimes:
    """What takes the person's time, in order of start.

    `_reach[i]` is the latest end of the first i+1 events: it never falls, so the first event that can
    matter to a window is found by halving, and no event is looked at that is over before it.
    """

    def __init__(self, busy: Sequence[Busy], buffer_minutes: int) -> None:
        self._events = sorted(busy, key=attrgetter("span.start"))
        self._buffer = timedelta(minutes=buffer_minutes)
        spans = list(map(attrgetter("span"), self._events))
        self._starts: list[datetime] = list(map(attrgetter("start"), spans))
        self._ends: list[datetime] = list(map(attrgetter("end"), spans))
        self._reach: list[datetime] = list(accumulate(self._ends, max))

    def over(self, span: Span) -> tuple[Busy, ...]:
        """Return the events that take time within `span`, in order. An event of no length takes none."""
        events = (self._events[index] for index in self._meeting(span))
        return tuple(event for event in events if event.span.start < event.span.end)

    def near(self, span: Span) -> tuple[Busy, ...]:
        """Return the events that take time within `span` or closer to it than the buffer, in order."""
        return tuple(self._events[index] for index in self._meeting(self.padded(span)))

    def padded(self, span: Span) -> Span:
        """Return `span` with the buffer on both sides."""
        return Span(span.start - self._buffer, span.end + self._buffer)

    def _meeting(self, span: Span) -> Iterator[int]:
        """Yield the places of the events that overlap `span`."""
        start, end, starts, ends = span.start, span.end, self._starts, self._ends
        for index in range(bisect_right(self._reach, start), len(starts)):
            if starts[index] >= end:
                return
            if ends[index] > start:
                yield index

    def free(self, window: Span, taken: Sequence[Span], earliest: datetime) -> list[Stretch]:
        """Return the free stretches of a working window that begin at `earliest` or later, in order.

        `taken` are further spans that are not free, such as our own blocks.
        """
        stretches: list[Stretch] = []
        buffer = self._buffer
        cursor, left = window.start, window.start
        for start, end in self._obstacles(window, taken):
            if start - buffer > cursor:
                found = Stretch(Span(cursor, start - buffer), left, min(start, window.end))
                stretches.append(found)
            if end + buffer > cursor:
                cursor, left = end + buffer, max(end, window.start)
        if cursor < window.end:
            stretches.append(Stretch(Span(cursor, window.end), left, window.end))
        return [kept for found in stretches if (kept := _kept(found, earliest)) is not None]

    def _obstacles(self, window: Span, taken: Sequence[Span]) -> list[tuple[datetime, datetime]]:
        near = self.padded(window)
        found = [(self._starts[index], self._ends[index]) for index in self._meeting(near)]
        extra = [(span.start, span.end) for span in taken if span.overlaps(near)]
        return sorted(found + extra) if extra else found


def _kept(stretch: Stretch, earliest: datetime) -> Stretch | None:
    """Return the stretch from `earliest` on, in whole minutes; None when nothing is left."""
    span = stretch.span
    if span.end <= earliest:
        return None
    opens = span.start >= earliest
    start, end = _up(max(span.start, earliest)), _down(span.end)
    if start >= end:
        return None
    if opens and start == span.start and end == span.end:
        return stretch
    return Stretch(Span(start, end), stretch.left, stretch.right, opens)


def _down(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _up(instant: datetime) -> datetime:
    whole = _down(instant)
    return whole if whole == instant else whole + _MINUTE

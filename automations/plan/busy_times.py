"""The busy times of a run, sorted once, and the free stretches between them.

Everything here is linear after that one sort: free time lies between runs of events, which are told
apart once, so that a window looks at few of them; nothing is converted to wall time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from automations.model.seen import Span

if TYPE_CHECKING:
    from collections.abc import Sequence
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


_start = attrgetter("span.start")


class BusyTimes:
    """What takes the person's time, in order of start.

    `_reach[i]` is the latest end of the first i+1 events: it never falls, so the first event that can
    matter to a window is found by halving, and what is over before that is not looked at again.

    A run is events with nothing free between them. Runs are in order and apart from each other: between
    the end of one and the start of the next is more than the buffer of both.
    """

    def __init__(self, busy: Sequence[Busy], buffer_minutes: int) -> None:
        self.buffer = timedelta(minutes=buffer_minutes)
        # Where no buffer is kept, an event of no length is in nobody's way.
        in_the_way = busy if buffer_minutes else [event for event in busy if event.span.length]
        self._events = sorted(in_the_way, key=_start)
        self._reach, self._run_starts, self._run_ends = _joined(self._events, 2 * self.buffer)

    def over(self, span: Span) -> tuple[Busy, ...]:
        """Return the events that take time within `span`, in order. An event of no length takes none."""
        return tuple(event for event in self._meeting(span) if event.span.start < event.span.end)

    def near(self, span: Span) -> tuple[Busy, ...]:
        """Return the events that take time within `span` or closer to it than the buffer, in order."""
        return tuple(self._meeting(self.padded(span)))

    def padded(self, span: Span) -> Span:
        """Return `span` with the buffer on both sides."""
        return Span(span.start - self.buffer, span.end + self.buffer)

    def _meeting(self, span: Span) -> list[Busy]:
        """Return the events that overlap `span`."""
        start = span.start
        first = bisect_right(self._reach, start)
        after = bisect_left(self._events, span.end, first, key=_start)
        return [event for event in self._events[first:after] if event.span.end > start]

    def free(self, window: Span, taken: Sequence[Span], earliest: datetime) -> list[Stretch]:
        """Return the free stretches of a working window that begin at `earliest` or later, in order.

        `taken` are further spans that are not free, such as our own blocks.
        """
        stretches: list[Stretch] = []
        buffer = self.buffer
        # Free from `cursor` on, as far as seen; a start up to `tight` leaves nothing before its buffer.
        cursor, left, tight = window.start, window.start, window.start + buffer
        for span in self._obstacles(window, taken):
            start, end = span.start, span.end
            if start > tight:
                found = Stretch(Span(cursor, start - buffer), left, min(start, window.end))
                stretches.append(found)
            if end + buffer > cursor:
                cursor, left = end + buffer, max(end, window.start)
                tight = cursor + buffer
        if cursor < window.end:
            stretches.append(Stretch(Span(cursor, window.end), left, window.end))
        return [kept for found in stretches if (kept := _kept(found, earliest)) is not None]

    def _obstacles(self, window: Span, taken: Sequence[Span]) -> list[Span]:
        near = self.padded(window)
        first = bisect_right(self._run_ends, near.start)
        after = bisect_left(self._run_starts, near.end, first)
        found = [Span(self._run_starts[run], self._run_ends[run]) for run in range(first, after)]
        own = [span for span in taken if span.overlaps(near)]
        return sorted(found + own) if own else found


def _joined(events: Sequence[Busy], room: timedelta) -> tuple[list[datetime], list[datetime], list[datetime]]:
    """Return, for each event, the latest end of it and all before it; and the starts and ends of the runs.

    A run goes on while the next event starts at most `room` after everything before it has ended.
    """
    if not events:
        return [], [], []
    latest = events[0].span.start
    reach, run_starts, run_ends = [], [latest], []
    for event in events:
        span = event.span
        start, end = span.start, span.end
        if start > latest and start - latest > room:
            run_ends.append(latest)
            run_starts.append(start)
        if end > latest:  # noqa: PLR1730 - a call for each of many thousand events is slow
            latest = end
        reach.append(latest)
    return reach, run_starts, [*run_ends, latest]


def _kept(stretch: Stretch, earliest: datetime) -> Stretch | None:
    """Return the stretch from `earliest` on, in whole minutes; None when nothing is left."""
    span = stretch.span
    opens = span.start >= earliest
    if opens and _whole(span.start) and _whole(span.end):
        return stretch
    start = max(span.start, earliest)
    start = start if _whole(start) else _down(start) + _MINUTE
    end = _down(span.end)
    return Stretch(Span(start, end), stretch.left, stretch.right, opens) if start < end else None


def _whole(instant: datetime) -> bool:
    return not (instant.second or instant.microsecond)


def _down(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)

"""A calendar in memory: the twin of the real ones in tests, held to the same contract."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from automations.errors import ConflictError
from automations.model.seen import Busy, BusyReport, OwnBlocks, SeenBlock, Span, Unreadable
from automations.ports import BlockEvent, CalendarCapabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automations.errors import ProviderError


class MemoryCalendar:
    """Implements `ports.Calendar` in memory.

    `busy` and `unreadable` are what others have; both may be replaced at any time. What a person does
    to our events by hand is `move_by_hand`, `delete_by_hand` and `lose`. While `fault` is set, every
    call that can fail raises it.
    """

    def __init__(self, busy: Sequence[Busy] = (), unreadable: Sequence[Unreadable] = ()) -> None:
        self.busy = tuple(busy)
        self.unreadable = tuple(unreadable)
        self.fault: ProviderError | None = None
        self._events: dict[str, BlockEvent] = {}
        self._lost = False

    @property
    def capabilities(self) -> CalendarCapabilities:
        """What this provider can do."""
        return CalendarCapabilities(client_ids=True, focus_time=False, conditional_writes=True)

    @property
    def events(self) -> tuple[BlockEvent, ...]:
        """Every event of ours, by start."""
        return tuple(sorted(self._events.values(), key=lambda event: event.span))

    def fetch_busy(self, span: Span, *, own: Sequence[str]) -> BusyReport:
        """Return what takes time within `span`; see `ports.Calendar`."""
        del own  # our events are never among the busy times here
        within = [busy for busy in self.busy if busy.span.overlaps(span)]
        return BusyReport(tuple(sorted(within, key=lambda busy: busy.span)), self.unreadable)

    def fetch_blocks(self, ids: Sequence[str]) -> OwnBlocks:
        """Return those of our events that are there.

        :raises ProviderError: `fault` is set.
        """
        self._check()
        found = {each: _seen(self._events[each]) for each in ids if each in self._events}
        return OwnBlocks(found, lost=self._lost and bool(ids))

    def book(self, event: BlockEvent) -> SeenBlock:
        """Put an event there; the same id again changes nothing and returns what stands.

        :raises ProviderError: `fault` is set; nothing was written.
        """
        self._check()
        self._lost = False
        return _seen(self._events.setdefault(event.id, event))

    def move(self, event: BlockEvent, *, revision: str) -> SeenBlock:
        """Change our event if it still has `revision`.

        :raises ConflictError: somebody changed or deleted it; nothing was written.
        :raises ProviderError: `fault` is set; nothing was written.
        """
        self._check()
        standing = self._events.get(event.id)
        if standing is None:
            raise ConflictError(f"block {event.id} is no longer on the calendar")
        _expect(standing, revision)
        self._events[event.id] = replace(event, sequence=max(event.sequence, standing.sequence + 1))
        return _seen(event)

    def cancel(self, block_id: str, *, revision: str) -> None:
        """Take our event off the calendar if it still has `revision`.

        :raises ConflictError: somebody changed it; nothing was written.
        :raises ProviderError: `fault` is set; nothing was written.
        """
        self._check()
        standing = self._events.get(block_id)
        if standing is not None:
            _expect(standing, revision)
            del self._events[block_id]

    def watched(self) -> tuple[str, ...]:
        """Return no files: what is in memory cannot change between runs."""
        return ()

    # --- what a person does -----------------------------------------------------------------------

    def move_by_hand(self, block_id: str, span: Span) -> None:
        """Do what a person does who drags our event elsewhere."""
        self._events[block_id] = replace(self._events[block_id], span=span)

    def delete_by_hand(self, block_id: str) -> None:
        """Do what a person does who deletes our event."""
        del self._events[block_id]

    def lose(self) -> None:
        """Do what deleting the file does: the place that held our events is gone."""
        self._events.clear()
        self._lost = True

    def _check(self) -> None:
        if self.fault is not None:
            raise self.fault


def _seen(event: BlockEvent) -> SeenBlock:
    meaning = (event.span.start.isoformat(), event.span.end.isoformat(), event.summary, event.description)
    return SeenBlock(event.id, event.span, hashlib.sha256("\x00".join(meaning).encode()).hexdigest())


def _expect(standing: BlockEvent, revision: str) -> None:
    if _seen(standing).revision != revision:
        raise ConflictError(f"block {standing.id} was changed by somebody else; nothing was written")

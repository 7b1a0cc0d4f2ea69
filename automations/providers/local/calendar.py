"""The local calendar: busy times from .ics files, own blocks in one .ics file. No account, no network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automations.compose.ics import uid_of
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import OwnBlocks
from automations.ports import CalendarCapabilities
from automations.providers.local.busy import BusyFiles
from automations.providers.local.own import OwnFile, read_own, rewrite, with_block, without_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automations.compose.ics import StandingBlock
    from automations.model.seen import BusyReport, SeenBlock, Span
    from automations.ports import BlockEvent


class LocalCalendar:
    """Implements `ports.Calendar` on files.

    `busy` are absolute paths of .ics files and folders of them, `file` the one that holds our blocks,
    `zone` the person's IANA zone, `me` their mail address (a meeting they declined takes no time).
    """

    def __init__(
        self,
        busy: tuple[str, ...],
        file: str,
        zone: str,
        private: bool = False,  # noqa: FBT002 - a setting, named where it is given
        me: str = "",
    ) -> None:
        self._watched = (*busy, file)
        self._file = Path(file).expanduser()
        self._zone = ZoneInfo(zone)
        self._private = private
        self._busy = BusyFiles(busy, zone, me)
        self._known: OwnFile | None = None

    @property
    def capabilities(self) -> CalendarCapabilities:
        """What this provider can do."""
        return CalendarCapabilities(client_ids=True, focus_time=False, conditional_writes=True)

    def fetch_busy(self, span: Span, *, own: Sequence[str]) -> BusyReport:
        """Return what takes time within `span`, without our own events; see `ports.Calendar`."""
        excluded = {uid_of(block_id) for block_id in own}
        try:
            standing = self._known = read_own(self._file, self._zone, (), known=self._known)
        except ProviderError:
            standing = None  # fetch_blocks says so; what others wrote can be told all the same
        if standing is not None:
            excluded |= standing.file.own
        return self._busy.fetch(span, excluded)

    def fetch_blocks(self, ids: Sequence[str]) -> OwnBlocks:
        """Return our events; one the person moved in a calendar we read stands where they put it.

        :raises ProviderError: permanent, our file cannot be read (it is left alone).
        """
        if not ids:
            return OwnBlocks()
        own = self._known = read_own(self._file, self._zone, ids, known=self._known)
        if own is None:
            return OwnBlocks(lost=True)
        standing = self._standing(own, [block_id for block_id in ids if block_id in own.blocks])
        return OwnBlocks({block_id: block.seen() for block_id, block in standing.items()})

    def book(self, event: BlockEvent) -> SeenBlock:
        """Put an event there. Booking the same id again changes nothing and returns what stands.

        :raises ProviderError: permanent, nothing was written.
        """

        def edit(own: OwnFile | None) -> str | None:
            standing = own.blocks.get(event.id) if own is not None else None
            if standing is not None and not (event.again and standing.cancelled):
                return None
            return with_block(own, event, private=self._private)

        rewrite(self._file, self._zone, event.id, edit)
        return self._written(event.id)

    def move(self, event: BlockEvent, *, revision: str) -> SeenBlock:
        """Change our event's time and text if it still has `revision`.

        :raises ConflictError: somebody changed or deleted it; nothing was written.
        :raises ProviderError: permanent, nothing was written.
        """

        def edit(own: OwnFile | None) -> str | None:
            if own is None or event.id not in own.blocks:
                raise ConflictError(
                    f"block {event.id} is no longer in {self._file.name}", where=str(self._file)
                )
            standing = self._standing(own, [event.id])[event.id]
            if standing.revision != revision:
                raise _changed(event.id, self._file)
            # A copy that was moved has the higher number: ours must pass it to count again.
            newer = replace(event, sequence=max(event.sequence, standing.sequence + 1))
            return with_block(own, newer, private=self._private)

        rewrite(self._file, self._zone, event.id, edit)
        return self._written(event.id)

    def cancel(self, block_id: str, *, revision: str) -> None:
        """Take our event off the calendar if it still has `revision`. Gone already is fine.

        :raises ConflictError: somebody changed it; nothing was written.
        :raises ProviderError: permanent, nothing was written.
        """

        def edit(own: OwnFile | None) -> str | None:
            if own is None or block_id not in own.blocks:
                return None
            if self._standing(own, [block_id])[block_id].revision != revision:
                raise _changed(block_id, self._file)
            return without_block(own, block_id)

        rewrite(self._file, self._zone, block_id, edit)

    def watched(self) -> tuple[str, ...]:
        """Return the busy files and folders and our own file."""
        return self._watched

    def _standing(self, own: OwnFile, ids: Sequence[str]) -> dict[str, StandingBlock]:
        """Return where blocks stand: in our file, or where a newer copy in a busy file was moved to."""
        found = {block_id: own.blocks[block_id] for block_id in ids}
        copies = self._busy.copies(
            found, {block_id: uid_of(block_id) for block_id in found}, apart_from=self._file
        )
        for block_id, others in copies.items():
            ours = found[block_id]
            newest = max(
                others, key=lambda it: (it.sequence, it.stamp is not None and it.stamp.timestamp(), it.span)
            )
            if newest.sequence >= ours.sequence and (newest.cancelled or newest.span != ours.span):
                found[block_id] = newest
        return found

    def _written(self, block_id: str) -> SeenBlock:
        seen = self.fetch_blocks([block_id]).found.get(block_id)
        if seen is None:
            raise ProviderError(
                f"block {block_id} was written but is not in {self._file.name}",
                fault=FaultClass.AMBIGUOUS,
                where=str(self._file),
                fix="magicloop run",
            )
        return seen


def _changed(block_id: str, file: Path) -> ConflictError:
    return ConflictError(
        f"block {block_id} was changed by somebody else; nothing was written",
        where=str(file),
        fix="magicloop run",
    )

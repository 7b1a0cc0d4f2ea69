"""Which drafts wait for the person now, and in which order they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.model.records import DraftState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from automations.model.records import Draft


def waits(draft: Draft, now: datetime) -> bool:
    """Tell whether a draft waits to be read at `now`: one that was put off does not before its time."""
    return draft.state is DraftState.WAITING and put_off_until(draft, now) is None


def put_off_until(draft: Draft, now: datetime) -> datetime | None:
    """Return until when a waiting draft is put off, None where it is not, or no longer."""
    until = draft.snoozed_until
    return until if draft.state is DraftState.WAITING and until is not None and until > now else None


def in_reading_order(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """Return drafts with those that expire first before others, then the oldest first."""
    return tuple(
        sorted(drafts, key=lambda each: (each.expires is None, each.expires or each.created, each.created))
    )

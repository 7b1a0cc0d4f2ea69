"""An instant as a card tells it: itself, its wall time, and how far off it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.plan.zones import say_away, say_when

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """`words` in the person's zone, as `Tue 3 Nov 2026, 16:30 CET`; `away` as `in 12 min` or `2 days ago`."""

    at: datetime
    words: str
    away: str


def moment(at: datetime, zone: str, now: datetime) -> Moment:
    """Return an instant with its words."""
    return Moment(at, say_when(at, zone, with_zone=True), say_away(at, now))

"""An instant as a card tells it: itself, its wall time, and how far off it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.plan.zones import local, say_away, say_when, zone_name

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """`words` in the person's zone, as `Tue 3 Nov 2026, 16:30 CET`; `away` as `in 12 min` or `2 days ago`.

    `short` leaves out what is of today, or of this year: `16:30 CET`, `Wed 4 Nov 16:30 CET`.
    """

    at: datetime
    words: str
    short: str
    away: str


def moment(at: datetime, zone: str, now: datetime) -> Moment:
    """Return an instant with its words."""
    words = say_when(at, zone, with_zone=True)
    here, today = local(at, zone), local(now, zone)
    short = say_when(at, zone, with_zone=True, with_year=here.year != today.year)
    if here.date() == today.date():
        short = f"{here:%H:%M} {zone_name(at, zone)}"
    return Moment(at, words, short, say_away(at, now))

"""What was given to a boss and what came back, and a plain word when many favours moved no goal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.loop import PromiseState

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.loop import Favour, Promise
    from automations.model.records import Recorded

LOOK_BACK = timedelta(days=182)
"""Two quarters."""
MANY = 4


@dataclass(frozen=True, slots=True)
class Reciprocity:
    """The kept promises and the favours of the last two quarters, oldest first; `warning` is "" when all is well."""

    given: tuple[Promise, ...]
    received: tuple[Favour, ...]
    warning: str


def reciprocity_with(boss_id: str, now: datetime, recorded: Recorded) -> Reciprocity:
    """Return what went to a boss and came back in the last two quarters."""
    since = now - LOOK_BACK
    given = tuple(
        promise
        for promise in recorded.promises
        if promise.boss == boss_id
        and promise.state is PromiseState.KEPT
        and promise.ended is not None
        and promise.ended >= since
    )
    received = tuple(favour for favour in recorded.favours if favour.boss == boss_id and favour.at >= since)
    moved = [favour for favour in received if favour.goal]
    warning = ""
    if len(given) >= MANY and not moved:
        warning = f"{len(given)} promises kept in two quarters, and none of your goals moved: time to say so plainly"
    return Reciprocity(given, received, warning)

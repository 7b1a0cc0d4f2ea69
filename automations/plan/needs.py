"""What a run must look at before it can decide: as little as possible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.seen import Span
from automations.plan.drafts import placed_drafts, refs_of
from automations.plan.invention import needed_busy
from automations.plan.talk import talk_busy
from automations.plan.zones import local

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Recorded


PROMISES_AHEAD = timedelta(days=14)
"""How far ahead an incident's next update may be promised."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What observe is to read.

    `busy` is the range of busy times, None for none; `blocks` our live events' ids, `own` every id
    of ours (they never count as busy); `drafts` the drafts to read back, refs by provider id; `years`
    the years whose holidays matter.
    """

    busy: Span | None
    blocks: tuple[str, ...]
    own: tuple[str, ...]
    drafts: Mapping[str, str]
    years: tuple[int, ...]


def plan_needs(policy: Policy, now: datetime, recorded: Recorded, only: frozenset[str]) -> Needs:
    """Return what a plan limited to the automations `only` (empty: all) has to see."""
    invention = not only or "invention" in only
    busy = _both(
        needed_busy(policy, now, recorded) if invention else None,
        talk_busy(now, recorded) if not only or "aftermath" in only else None,
    )
    return Needs(
        busy=busy,
        blocks=tuple(block.id for block in recorded.blocks if block.state.live) if invention else (),
        own=tuple(block.id for block in recorded.blocks),
        drafts=refs_of(placed_drafts(recorded)),
        years=holiday_years(policy, now, busy, recorded)
        if invention or only & {"offers", "incidents", "promises", "quarterly", "aftermath"}
        else (),
    )


def _both(one: Span | None, other: Span | None) -> Span | None:
    """Return the range that holds two, of which either may be none."""
    if one is None or other is None:
        return one or other
    return Span(min(one.start, other.start), max(one.end, other.end))


def holiday_years(policy: Policy, now: datetime, busy: Span | None, recorded: Recorded) -> tuple[int, ...]:
    """Return the years whose holidays matter: this one, and those up to the end of what is looked at."""
    if not policy.invention.country:
        return ()
    zone = policy.me.zone
    ends = [now] + ([busy.end] if busy else [])
    if any(incident.resolved is None for incident in recorded.incidents):
        ends.append(now + PROMISES_AHEAD)
    return tuple(range(local(now, zone).year, local(max(ends), zone).year + 1))

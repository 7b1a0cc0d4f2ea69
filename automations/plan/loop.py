"""The loop with each boss, month by month: cycles opened and closed, and the stage of its offers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automations.model.records import Cycle, DraftState
from automations.plan.actions import CloseCycle, OpenCycle
from automations.plan.decided import Decided
from automations.plan.zones import add_months, month_of, month_span

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Boss, Policy
    from automations.model.records import Draft, Month, Recorded
    from automations.model.seen import Seen
    from automations.plan.actions import Action

OUT = (DraftState.SENT, DraftState.SENT_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the loop with one boss stands: stage of the next offer and why, and this month's step."""

    boss: Boss
    stage: str
    why: str
    kept: int
    missed: int
    month: Month
    step: str


def plan_loop(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Open this month's cycle with every boss of the config; close those of earlier months and other bosses.

    A cycle of a later month is left alone: the clock was set back. One that was closed within its own
    month, because its boss was taken out of the config, goes on when the boss is back.
    """
    del seen
    month = month_of(now, policy.me.zone)
    bosses = {boss.id for boss in policy.bosses}
    actions: list[Action] = []
    for cycle in recorded.cycles:
        over = cycle.month < month
        if cycle.closed is None and (over or cycle.boss not in bosses):
            reason = f"{cycle.month} is over" if over else "this boss is no longer in the config"
            actions.append(CloseCycle(replace(cycle, closed=now, rev=cycle.rev + 1), reason))
        elif cycle.closed is not None and cycle.month == month and cycle.boss in bosses:
            again = replace(cycle, closed=None, rev=cycle.rev + 1)
            closed_early = month_of(cycle.closed, policy.me.zone) == month
            actions += [OpenCycle(again, "this boss is in the config again")] if closed_early else []
    known = {(cycle.boss, cycle.month) for cycle in recorded.cycles}
    actions.extend(
        OpenCycle(Cycle(recorded.person, boss.id, month, opened=now), "first run of the month")
        for boss in policy.bosses
        if (boss.id, month) not in known
    )
    next_month = month_span(add_months(month, 1), policy.me.zone).start
    return Decided(tuple(actions), (), (next_month,))


def offers_to(boss_id: str, recorded: Recorded) -> tuple[Draft, ...]:
    """Return every offer ever drafted for a boss, oldest first."""
    return tuple(draft for draft in recorded.drafts if draft.key.startswith(f"offer:{boss_id}:"))


def standing_with(boss: Boss, now: datetime, zone: str, recorded: Recorded) -> Standing:
    """Return where the loop with `boss` stands at `now`.

    The stage is *ask* until promises are kept; a stage fixed in the config may only lower it.
    """
    month = month_of(now, zone)
    offers = offers_to(boss.id, recorded)
    current = [offer for offer in offers if offer.key.endswith(f":{month}")]
    why = "no promise kept yet" if boss.stage in ("auto", "ask") else _held_back(boss.stage)
    if not current:
        step = "standing"
    elif current[-1].state in OUT:
        step = "asked"
    else:
        step = "asking"
    return Standing(boss, "ask", why, kept=0, missed=0, month=month, step=step)


def _held_back(stage: str) -> str:
    return f"the config says {stage}, but no promise is kept yet, so the offer asks"

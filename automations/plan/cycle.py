"""One run's whole plan: the automations in their order, from values alone.

A fourth automation is one module with a function of this shape and one line in `AUTOMATIONS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from automations.plan.actions import Plan
from automations.plan.clock_check import check_clock
from automations.plan.drafts import plan_drafts
from automations.plan.incidents import plan_incidents
from automations.plan.invention import plan_invention
from automations.plan.loop import plan_loop
from automations.plan.offers import plan_offers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Recorded
    from automations.model.seen import Seen
    from automations.plan.decided import Decided


class Automation(Protocol):
    """Decides one thing the product does for a person."""

    def __call__(self, policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
        """Return the actions, problems and instants at which something will be due."""


AUTOMATIONS: Mapping[str, Automation] = {
    "drafts": plan_drafts,
    "loop": plan_loop,
    "incidents": plan_incidents,
    "invention": plan_invention,
    "offers": plan_offers,
}
"""In the order of their actions: what was edited outside is read in before anything is made."""

ALWAYS = frozenset({"drafts", "loop"})
SELECTABLE = tuple(name for name in AUTOMATIONS if name not in ALWAYS)


def plan_cycle(
    policy: Policy,
    now: datetime,
    seen: Seen,
    recorded: Recorded,
    *,
    only: frozenset[str] = frozenset(),
) -> Plan:
    """Return what to change and why. `only` names the automations to ask; empty means all.

    :raises PlanRefusedError: the clock cannot be right, so nothing may be decided by it.
    """
    last = recorded.last_run.started if recorded.last_run else None
    check_clock(now, last, seen.server_now)
    decided = [
        automation(policy, now, seen, recorded)
        for name, automation in AUTOMATIONS.items()
        if not only or name in only | ALWAYS
    ]
    due = [instant for part in decided for instant in part.due]
    return Plan(
        actions=tuple(action for part in decided for action in part.actions),
        problems=tuple(problem for part in decided for problem in part.problems),
        due=min(due, default=None),
    )

"""One run's whole plan: the automations in their order, from values alone.

A fourth automation is one module with a function of this shape and one line in `AUTOMATIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from automations.plan.actions import Plan, ReopenDraft, SendDraft
from automations.plan.aftermath import AFTERMATH_PROBLEMS, plan_aftermath
from automations.plan.clock_check import check_server
from automations.plan.drafts import one_end_each, plan_drafts
from automations.plan.generations import BLOCK_CLAIMS
from automations.plan.incidents import INCIDENT_PROBLEMS, plan_incidents
from automations.plan.invention import CONFLICT, NO_SLOT, UNREADABLE, plan_invention
from automations.plan.loop import plan_loop
from automations.plan.offers import NEEDS_FACTS, plan_offers
from automations.plan.promises import PROMISE_PROBLEMS, plan_promises
from automations.plan.quarterly import plan_quarterly
from automations.plan.reopening import plan_reopening
from automations.plan.sending import SENDING_PROBLEMS, plan_sending
from automations.plan.which_calendar import CHANGED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Problem, Recorded
    from automations.model.seen import Seen
    from automations.plan.decided import Decided


class Decide(Protocol):
    """Decides one thing the product does for a person."""

    def __call__(self, policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
        """Return the actions, problems and instants at which something will be due."""


@dataclass(frozen=True, slots=True)
class Automation:
    """One thing the product does: how it decides, and which problems only it can find again.

    `codes` are its problems', `claims` its actions' kinds, `drafts` what its drafts' keys begin with.
    """

    decide: Decide
    codes: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()
    drafts: tuple[str, ...] = ()

    def finds(self, problem: Problem) -> bool:
        """Tell whether this automation finds `problem` again for as long as it stands."""
        kind = problem.code.removesuffix("-failed")
        mine = kind == "create-draft" and problem.subject.startswith(self.drafts)
        return problem.code in self.codes or kind in self.claims or mine


NEEDS_CALENDARS = frozenset({NO_SLOT, CONFLICT, "book-block-failed", "move-block-failed"})
"""Problems of blocks whose end cannot be told while a calendar is unreadable."""

AUTOMATIONS: Mapping[str, Automation] = {
    "drafts": Automation(plan_drafts),
    "reopening": Automation(plan_reopening, claims=frozenset({ReopenDraft.kind})),
    "loop": Automation(plan_loop),
    "incidents": Automation(plan_incidents, codes=INCIDENT_PROBLEMS, drafts=("incident:",)),
    "aftermath": Automation(
        plan_aftermath,
        codes=AFTERMATH_PROBLEMS,
        claims=frozenset({"propose-talk"}),
        drafts=("review:", "in-person:", "private:", "trust:"),
    ),
    "promises": Automation(plan_promises, codes=PROMISE_PROBLEMS, drafts=("closing:", "catch-up:")),
    "invention": Automation(
        plan_invention, codes=frozenset({NO_SLOT, CONFLICT, UNREADABLE, CHANGED}), claims=BLOCK_CLAIMS
    ),
    "quarterly": Automation(plan_quarterly, drafts=("standing:", "goal-trade:")),
    "offers": Automation(
        plan_offers, codes=frozenset({NEEDS_FACTS}), drafts=("offer:", "follow-up:", "pause-note:")
    ),
    "sending": Automation(plan_sending, codes=SENDING_PROBLEMS, claims=frozenset({SendDraft.kind})),
}
"""In the order of their actions: what was edited outside is read in before anything is made."""

ALWAYS = frozenset({"drafts", "reopening", "loop"})


def unlooked(problem: Problem, only: frozenset[str]) -> bool:
    """Tell whether a run limited to `only` (empty: not limited) cannot know if `problem` still stands."""
    finders = [name for name, automation in AUTOMATIONS.items() if automation.finds(problem)]
    return bool(only and finders) and not only & frozenset(finders)


def plan_cycle(
    policy: Policy,
    now: datetime,
    seen: Seen,
    recorded: Recorded,
    *,
    only: frozenset[str] = frozenset(),
) -> Plan:
    """Return what to change and why. `only` names the automations to ask; empty means all.

    `recorded` is what the clock may decide by: `clock_check.as_seen_by`.

    :raises PlanRefusedError: a server says another time, so nothing may be decided by this clock.
    """
    check_server(now, seen.server_now)
    asked = [automation for name, automation in AUTOMATIONS.items() if not only or name in only | ALWAYS]
    decided = [automation.decide(policy, now, seen, recorded) for automation in asked]
    blind = NEEDS_CALENDARS if seen.unreadable else frozenset()
    unsure = [
        problem
        for automation, part in zip(asked, decided, strict=True)
        for problem in recorded.problems
        if problem.code in part.unsure | blind and automation.finds(problem)
    ]
    due = [instant for part in decided for instant in part.due]
    return Plan(
        actions=one_end_each([action for part in decided for action in part.actions]),
        problems=tuple(problem for part in decided for problem in part.problems),
        due=min(due, default=None),
        unsure=tuple(unsure),
    )

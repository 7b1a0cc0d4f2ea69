"""What one automation decided: actions in order, problems that stand, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automations.model.records import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Recorded, Severity
    from automations.plan.actions import Action


@dataclass(frozen=True, slots=True)
class Decided:
    """The part of a plan one automation is responsible for.

    `actions` are in the order to apply them. `due` holds the instants (UTC, unordered) at which there will
    be something to do even if nothing changes outside. `unsure` are codes of its problems that could not
    be looked at this time: those that stood go on standing.
    """

    actions: tuple[Action, ...] = ()
    problems: tuple[Problem, ...] = ()
    due: tuple[datetime, ...] = ()
    unsure: frozenset[str] = frozenset()


def standing(
    recorded: Recorded,
    now: datetime,
    *,
    code: str,
    subject: str,
    severity: Severity,
    what: str,
    where: str = "",
    fix: str = "",
) -> Problem:
    """Return a problem; one that stood before keeps when it was first seen and last told."""
    problem = Problem(
        person=recorded.person,
        code=code,
        subject=subject,
        severity=severity,
        what=what,
        where=where,
        fix=fix,
        since=now,
    )
    for known in recorded.problems:
        if known.key == problem.key:
            return replace(problem, since=known.since, reported=known.reported, rev=known.rev)
    return problem

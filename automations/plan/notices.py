"""When to speak of a problem: loud once when ill, quiet while it lasts, one line when well again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.records import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.model.records import Problem

REMIND_AFTER = timedelta(hours=24)
"""A problem that lasts is told of again once a day."""

TEMPORARY_GRACE = timedelta(hours=24)
"""A laptop without a network is no failure for a day."""


@dataclass(frozen=True, slots=True)
class Notices:
    """The problems as they stand now, those to tell a person of, and those that went away."""

    standing: tuple[Problem, ...]
    told: tuple[Problem, ...]
    recovered: tuple[Problem, ...]


def plan_notices(before: Sequence[Problem], found: Sequence[Problem], now: datetime) -> Notices:
    """Compare the problems of the last run with those of this one.

    A clock that was set back counts as no time passed.
    """
    known = {problem.key: problem for problem in before}
    standing: list[Problem] = []
    told: list[Problem] = []
    for problem in _unique(found):
        old = known.pop(problem.key, None)
        since = problem.since if old is None else old.since
        reported = None if old is None else old.reported
        current = replace(problem, since=since, reported=reported)
        if _speak(current, now):
            current = replace(current, reported=now)
            told.append(current)
        standing.append(current)
    recovered = tuple(problem for problem in known.values() if problem.reported is not None)
    return Notices(tuple(standing), tuple(told), recovered)


def keep_unlooked(
    before: Sequence[Problem], found: Sequence[Problem], codes: frozenset[str]
) -> list[Problem]:
    """Return `found` and those of `before` whose codes this run did not look at (`run --only`)."""
    return [*found, *(problem for problem in before if problem.code in codes)]


def next_reminder(standing: Sequence[Problem]) -> datetime | None:
    """Return when the first of the standing problems is to be told of again."""
    times = [
        problem.since + TEMPORARY_GRACE if problem.reported is None else problem.reported + REMIND_AFTER
        for problem in standing
    ]
    return min(times, default=None)


def _unique(found: Sequence[Problem]) -> list[Problem]:
    return list({problem.key: problem for problem in reversed(found)}.values())[::-1]


def _speak(problem: Problem, now: datetime) -> bool:
    if problem.reported is not None:
        return now - problem.reported >= REMIND_AFTER
    if problem.severity is Severity.TEMPORARY:
        return now - problem.since >= TEMPORARY_GRACE
    return True

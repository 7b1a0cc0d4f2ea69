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

LOUDNESS = (Severity.SIGN_IN, Severity.ERROR, Severity.ASK, Severity.TEMPORARY, Severity.WARNING)
"""From the worst to the least."""


@dataclass(frozen=True, slots=True)
class Notices:
    """The problems as they stand now, those to tell a person of, and those that went away."""

    standing: tuple[Problem, ...]
    told: tuple[Problem, ...]
    recovered: tuple[Problem, ...]


def plan_notices(before: Sequence[Problem], found: Sequence[Problem], now: datetime) -> Notices:
    """Compare the problems of the last run with those of this one.

    A problem is the same as long as code and subject are: its words may change (a time in them moves
    on with the clock) without being told again. It is told again when it got worse. One that went away
    is well again only when nothing else is wrong with its subject. A clock that was set back counts as
    no time passed.
    """
    known = {problem.key: problem for problem in before}
    standing: list[Problem] = []
    told: list[Problem] = []
    for problem in _unique(found):
        old = known.pop(problem.key, None)
        since = problem.since if old is None else old.since
        worse = old is not None and LOUDNESS.index(problem.severity) < LOUDNESS.index(old.severity)
        reported = None if old is None or worse else old.reported
        current = replace(problem, since=since, reported=reported)
        if _speak(current, now):
            current = replace(current, reported=now)
            told.append(current)
        standing.append(current)
    ill = {problem.subject for problem in standing}
    recovered = tuple(p for p in known.values() if p.reported is not None and p.subject not in ill)
    return Notices(tuple(standing), tuple(told), recovered)


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

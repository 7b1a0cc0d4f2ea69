"""When to speak of a problem: loud once when ill, quiet while it lasts, one line when it is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.records import Severity
from automations.plan.pings import PING_FAILED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from automations.model.records import Problem

REMIND_AFTER = timedelta(hours=24)
"""A problem that lasts is told of again once a day."""

LONG_KNOWN, REMIND_RARELY = timedelta(days=14), timedelta(days=7)
"""Nothing fails for a warning: after two weeks of days on which nobody answered, once a week is enough."""

REMIND_ALONG = timedelta(hours=12)
"""What would be due within this is told along with another, so that a person gets one reminder a day."""

TEMPORARY_GRACE = timedelta(hours=24)
"""A laptop without a network is no failure for a day."""

LOCK_HELD = "lock-held"
LOCK_GRACE = timedelta(hours=2)
"""A run that finds another at work is no failure. By then that one hangs, and `status --alive` says so too."""

RUN_FAILED = "run-failed"
RECOVERS = frozenset(
    {"calendar-unreadable", "drafts-unreadable", "clock-wrong", LOCK_HELD, RUN_FAILED, PING_FAILED}
)
"""Problems whose end is news, as is that of a failed action that was done since. What was asked for is known to be done."""

LOUDNESS = (Severity.SIGN_IN, Severity.ERROR, Severity.ASK, Severity.TEMPORARY, Severity.WARNING)
"""From the worst to the least."""


@dataclass(frozen=True, slots=True)
class Notices:
    """The problems as they stand now, those to tell a person of, and those whose recovery is news.

    For the log: `begun` are those told of for the first time, `ended` those told of once that are over.
    """

    standing: tuple[Problem, ...]
    told: tuple[Problem, ...]
    recovered: tuple[Problem, ...]
    begun: tuple[Problem, ...] = ()
    ended: tuple[Problem, ...] = ()


def failure_code(kind: str) -> str:
    """Return the code of the problem that an action of this kind failed."""
    return f"{kind}-failed"


def plan_notices(
    before: Sequence[Problem],
    found: Sequence[Problem],
    now: datetime,
    *,
    done: Collection[tuple[str, str]] = (),
) -> Notices:
    """Compare the problems of the last run with those of this one; `done` are (kind, subject) of what it did.

    A problem is the same as long as code and subject are: its words may change (a time in them moves on with
    the clock) without being told again. It is told again when it got worse, and once a day (a warning of more
    than two weeks once a week), all that last together. One that went away has recovered only when nothing else
    is wrong with its subject, and when it is one of `RECOVERS` or a failed action that is done now: a question that
    was answered, or lapsed with its month, ends in silence, as does a mail that is no longer tried. A clock that was
    set back counts as no time passed.
    """
    mended = {(failure_code(kind), subject) for kind, subject in done}
    known = {problem.key: problem for problem in before}
    lasting = [_lasting(problem, known.get(problem.key)) for problem in _unique(found)]
    early = REMIND_ALONG if any(_is_old_news(each, now) for each in lasting) else timedelta(0)
    standing: list[Problem] = []
    told: list[Problem] = []
    begun: list[Problem] = []
    for problem in lasting:
        old = known.pop(problem.key, None)
        current = problem
        if _is_news(problem, now) or _is_old_news(problem, now + early):
            current = replace(problem, reported=now)
            told.append(current)
            begun += [current] if old is None or old.reported is None else []
        standing.append(current)
    ill = {problem.subject for problem in standing}
    ended = tuple(problem for problem in known.values() if problem.reported is not None)
    recovered = tuple(p for p in ended if p.subject not in ill and (p.code in RECOVERS or p.key in mended))
    return Notices(tuple(standing), tuple(told), recovered, tuple(begun), ended)


def still_unmended(before: Sequence[Problem], kind: str, now: datetime) -> list[Problem]:
    """Return the failures of an action that was not to be tried again: for a day nobody knows that they are over."""
    return [
        each
        for each in before
        if each.code == failure_code(kind) and each.reported and now - each.reported < REMIND_AFTER
    ]


def next_reminder(standing: Sequence[Problem]) -> datetime | None:
    """Return when the first of the standing problems is to be told of again."""
    times = [
        problem.since + _grace(problem) if problem.reported is None else problem.reported + _pause(problem)
        for problem in standing
    ]
    return min(times, default=None)


def _unique(found: Sequence[Problem]) -> list[Problem]:
    return list({problem.key: problem for problem in reversed(found)}.values())[::-1]


def _lasting(problem: Problem, old: Problem | None) -> Problem:
    """Return the problem with when it began and was told of; one that got worse was told of never."""
    if old is None:
        return replace(problem, reported=None)
    worse = LOUDNESS.index(problem.severity) < LOUDNESS.index(old.severity)
    return replace(problem, since=old.since, reported=None if worse else old.reported)


def _is_news(problem: Problem, now: datetime) -> bool:
    grace = _grace(problem)
    return problem.reported is None and (not grace or now - problem.since >= grace)


def _is_old_news(problem: Problem, now: datetime) -> bool:
    return problem.reported is not None and now - problem.reported >= _pause(problem)


def _pause(problem: Problem) -> timedelta:
    """Return how long after it was told of a problem is told of again."""
    known = problem.reported - problem.since if problem.reported else timedelta(0)
    return REMIND_RARELY if problem.severity is Severity.WARNING and known >= LONG_KNOWN else REMIND_AFTER


def _grace(problem: Problem) -> timedelta:
    """Return how long a problem may stand before it is told of."""
    if problem.code == LOCK_HELD:
        return LOCK_GRACE
    return TEMPORARY_GRACE if problem.severity is Severity.TEMPORARY else timedelta(0)

"""What the monitor is told of a run, and what it means when it cannot be told.

A dead man's switch should go off when nobody comes any more, or when the person would be told of a failure:
not for a question that waits for them, and not for a laptop without a network before a day is over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from automations.errors import ExitCode, FaultClass
from automations.model.records import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.errors import ProviderError

PING_FAILED: Final = "ping-failed"
SUBJECT: Final = "monitor"

_STATUS: Final = (
    (Severity.SIGN_IN, ExitCode.SIGN_IN),
    (Severity.ERROR, ExitCode.PARTIAL),
    (Severity.TEMPORARY, ExitCode.TEMPORARY),
)


def counting(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems that count for how a run went: a monitor that was not reached does not."""
    return tuple(problem for problem in problems if problem.code != PING_FAILED)


def ping_status(standing: Sequence[Problem]) -> ExitCode:
    """Return what to tell the monitor of a run that leaves these problems: the worst that a person was told of."""
    told = {problem.severity for problem in counting(standing) if problem.reported is not None}
    return next((status for severity, status in _STATUS if severity in told), ExitCode.DONE)


def ping_problem(
    person: str, begun: ProviderError | None, ended: ProviderError | None, now: datetime
) -> Problem | None:
    """Return the problem that the pings at a run's begin and end leave, None when the monitor heard what it should.

    A begin that was lost on its way is none when the end arrived.
    """
    if ended is None and begun is not None and begun.fault is not FaultClass.TRANSIENT:
        made = _problem(person, begun, now)
        return replace(
            made,
            what=f"{made.what} for a run's begin, though not for its end",
            fix='write monitor.style = "plain": magicloop config edit',
        )
    return None if ended is None else _problem(person, ended, now)


def _problem(person: str, error: ProviderError, now: datetime) -> Problem:
    passing = error.fault is FaultClass.TRANSIENT
    return Problem(
        person=person,
        code=PING_FAILED,
        subject=SUBJECT,
        severity=Severity.TEMPORARY if passing else Severity.ERROR,
        what=error.what,
        where=error.where,
        fix=error.fix,
        since=now,
    )

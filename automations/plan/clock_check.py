"""Whether the clock can be right. Months are decided by it, so a clock far off must decide nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from automations.errors import PlanRefusedError
from automations.model.wake import RunTimes

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Problem, Recorded

CLOCK_WRONG: Final = "clock-wrong"
"""The problem of a run that was refused for the clock."""

SERVER_TOLERANCE = timedelta(minutes=5)
"""How far our clock may be from a server's."""

BACKWARD_TOLERANCE = timedelta(hours=25)
"""How far the clock may be behind the last run: a day of wrong zone and an hour, not more."""

TRUST_AFTER = timedelta(hours=24)
"""A clock that goes on steadily for so long after it was refused is the right one, and was wrong before."""

CONFIRM: Final = "magicloop run --clock-is-right"
_SET = "set the clock (timedatectl set-ntp true on Linux)"


def check_server(now: datetime, server_now: datetime | None) -> None:
    """Refuse to decide anything when a server's clock, where one was seen, says another time. In UTC.

    :raises PlanRefusedError: the clocks are more than 5 minutes apart.
    """
    if server_now is not None and abs(now - server_now) > SERVER_TOLERANCE:
        raise PlanRefusedError(
            f"this machine's clock says {_utc(now)}, the server's {_utc(server_now)}; nothing was done",
            where="clock",
            fix=f"{_SET}, then: magicloop run",
        )


def check_runs(now: datetime, times: RunTimes) -> None:
    """Refuse to decide anything when the last run lies too far ahead. Instants are aware and in UTC.

    A jump ahead of the last run is no sign by itself (the machine may have been off for a year); only
    a server's clock can tell. A clock that goes on steadily for a day after it was refused is believed.

    :raises PlanRefusedError: the clock is more than 25 hours before the last run.
    """
    if times.last is None or times.last - now <= BACKWARD_TOLERANCE or _is_steady(now, times):
        return
    raise PlanRefusedError(
        f"this machine's clock says {_utc(now)}, but the last run was at {_utc(times.last)}; nothing was done",
        where="clock",
        fix=f"{_SET}, then: magicloop run; or, if the clock is right: {CONFIRM}",
    )


def times_of(recorded: Recorded) -> RunTimes:
    """Return what earlier runs tell of the clock."""
    last, first = recorded.last_run, recorded.first_run
    refused = [problem.since for problem in recorded.problems if problem.code == CLOCK_WRONG]
    return RunTimes(
        last=last.started if last else None,
        first=first.started if first else None,
        refused=min(refused, default=None),
    )


def as_seen_by(now: datetime, recorded: Recorded, *, clock_is_right: bool = False) -> Recorded:
    """Return what is recorded as a clock sees it that may decide; `clock_is_right`: a person says that it may.

    A last run too far ahead was made by a wrong clock. It tells nothing of when the world was last looked at,
    and what was told of then counts as not told: it would stay silent until that time comes.

    :raises PlanRefusedError: the clock cannot be right, as far as earlier runs tell.
    """
    if not clock_is_right:
        check_runs(now, times_of(recorded))
    if recorded.last_run is None or recorded.last_run.started - now <= BACKWARD_TOLERANCE:
        return recorded
    return replace(
        recorded, last_run=None, problems=tuple(_by_now(problem, now) for problem in recorded.problems)
    )


def words_of_ahead(recorded: Recorded) -> str:
    """Say when the last run was that a wrong clock made."""
    last = recorded.last_run
    return f"the last run was at {_utc(last.started)}, by a clock that was ahead" if last else ""


def _by_now(problem: Problem, now: datetime) -> Problem:
    reported = problem.reported if problem.reported is None or problem.reported <= now else None
    return replace(problem, since=min(problem.since, now), reported=reported)


def _is_steady(now: datetime, times: RunTimes) -> bool:
    """Tell whether the clock went on for a day since it was refused. One before the first run of all is dead."""
    if times.refused is None or (times.first is not None and now < times.first):
        return False
    return now - times.refused >= TRUST_AFTER


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"

"""Under a scheduler: an error that ends a run before it can decide is told once, then once a day, and when it is over.

systemd's journal is told each time, as `run.log` is: nobody is mailed what stands there. Loaded only where a run
failed or something was told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.cli.group import bug_in
from automations.cli.output import goes_to_journal, show_error, whisper
from automations.errors import ConfigError, MagicloopError
from automations.model.text import visible
from automations.plan.failures import failure_of, plan_failure
from automations.plan.notices import plan_notices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.model.records import Problem
    from automations.wiring import Session

MOST_LINES = 6


def tell_failure(session: Session, error: Exception) -> int:
    """Tell of what ended a run, unless it was told within a day; return the exit code.

    Where nothing can be kept of it, it is told each time: silence would hide it.
    """
    now = session.clock.now()
    ended, named = error if isinstance(error, MagicloopError) else bug_in(error, ["run"]), ""
    if ended is not error:
        named = type(error).__name__
    ended.fix = ended.fix or "magicloop doctor"
    memory = session.told_once()
    before = memory.load()
    plan = plan_failure(before, failure_of(ended, now, named=named), now)
    if goes_to_journal():
        show_error(ended, as_json=False)
    elif plan.told:
        _speak(plan.told[0], _since(session, plan.told[0], now))
    kept = plan.standing == before or memory.keep(plan.standing)
    if not kept and not plan.told and not goes_to_journal():
        _speak(plan.standing[-1], "")
    return int(ended.exit_code)


def tell_over(session: Session) -> None:
    """Say what is over, now that a run got through: a line each, six at most."""
    from automations.cli.run_log import RunLog

    over = plan_notices(session.told_once().take(), (), session.clock.now()).recovered
    lines = _cut([f"over: {_first_line(problem)}" for problem in over], MOST_LINES)
    for line in lines:
        whisper(line)
    if lines:
        RunLog(session).add("notice", lines)


def _first_line(problem: Problem) -> str:
    first, *more = problem.what.splitlines() or [""]
    return f"{first} (and {len(more)} more)" if more else first


def _speak(problem: Problem, since: str) -> None:
    """Print a failure as errors are, in at most six lines."""
    below = [f"where: {problem.where}"] if problem.where else []
    below += [f"fix:   {' '.join(problem.fix.splitlines())}"] if problem.fix else []
    first, *more = _cut(problem.what.splitlines() or [""], MOST_LINES - len(below))
    for line in (f"error: {first}{since}", *(f"       {line}" for line in more), *below):
        whisper(line, "error")


def _cut(lines: Sequence[str], most: int) -> list[str]:
    safe = [visible(line) for line in lines]
    return safe if len(safe) <= most else [*safe[: most - 1], f"and {len(safe) - most + 1} more"]


def _since(session: Session, problem: Problem, now: datetime) -> str:
    """Say since when, in the person's zone, or in UTC where the config that names it is what is wrong."""
    from automations.cli.wording import JUST_NOW
    from automations.plan.zones import say_when

    if now - problem.since < JUST_NOW:
        return ""
    try:
        at = say_when(problem.since, session.policy.me.zone, with_year=False)
    except ConfigError:
        at = say_when(problem.since, "UTC", with_year=False, with_zone=True)
    return f"  (since {at})"

"""What ended a run before it could decide: what makes it the same as before, and when to tell of it.

The rules are those of `plan/notices.py`; only the memory is another, as the journal may be what failed.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from shlex import quote
from typing import TYPE_CHECKING

from automations.errors import LockHeldError
from automations.model.records import Problem
from automations.plan.notices import (
    LOCK_HELD,
    REMIND_AFTER,
    RUN_FAILED,
    Notices,
    next_reminder,
    plan_notices,
)
from automations.plan.severities import severity_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.errors import MagicloopError


def failure_of(error: MagicloopError, now: datetime, *, named: str = "") -> Problem:
    """Return the failure of a run as a problem, of nobody: who the person is may not be known.

    It is the same as long as its class, place and words are; `named` stands in for words that may change from run to
    run. Whoever holds the run lock for long has to be found, which is more than waiting a moment.
    """
    held = isinstance(error, LockHeldError)
    words = "\0".join((type(error).__name__, error.where, "" if held else named or error.what))
    return Problem(
        person="",
        code=LOCK_HELD if held else RUN_FAILED,
        subject=sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8],
        severity=severity_of(error),
        what=error.what,
        where=error.where,
        fix=f"find its process (fuser {quote(error.where)}), and end it: kill PID" if held else error.fix,
        since=now,
    )


def plan_failure(before: Sequence[Problem], failure: Problem, now: datetime) -> Notices:
    """Return what is known of failures once a run has ended by one, and whether to tell of it.

    Others were not seen to be over, as no run came so far: they are kept for as long as they would be silent, so
    that two in turn are not told each time. What was noted by a clock that was far ahead is forgotten.
    """
    known = [each for each in before if (each.reported or each.since) <= now + REMIND_AFTER]
    same = [each for each in known if each.key == failure.key]
    others = [each for each in known if each.key != failure.key and _silent(each, now)]
    notices = plan_notices(same, [failure], now)
    return replace(notices, standing=(*others, *notices.standing))


def _silent(problem: Problem, now: datetime) -> bool:
    again = next_reminder([problem])
    return problem.reported is not None and again is not None and now < again

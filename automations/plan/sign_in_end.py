"""A sign-in that will end by itself is told of two days before: then there is time, and the cure takes a minute."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from automations.model.records import Problem, Severity
from automations.plan.zones import say_when

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.seen import SignInLife

SIGN_IN_ENDS: Final = "sign-in-ends"

AHEAD: Final = timedelta(days=2)
"""How long before its end a sign-in is told of."""

UNUSED: Final = timedelta(days=180)
"""Google ends a sign-in that was not used for six months."""


def end_of(life: SignInLife) -> datetime | None:
    """Return when a sign-in ends by itself, None when nothing says that it will."""
    ends = (life.dies, life.used + UNUSED if life.used is not None else None)
    return min((each for each in ends if each is not None), default=None)


def end_words(life: SignInLife, zone: str, now: datetime) -> str:
    """Say when a sign-in ends and why; ask only of one that has an end."""
    end = end_of(life)
    assert end is not None, "the caller looked"
    verb = "ends" if end > now else "was to end"
    why = f"unused since {say_when(life.used, zone)}" if end != life.dies and life.used else "made for a time"
    return f"Google {verb} the sign-in {say_when(end, zone, with_zone=True)} ({why})"


def plan_sign_in_end(
    person: str, life: SignInLife | None, zone: str, now: datetime
) -> tuple[tuple[Problem, ...], datetime | None]:
    """Return the problem of a sign-in that is about to end, and when a run has to look at it."""
    end = end_of(life) if life is not None else None
    if life is None or end is None:
        return (), None
    if now < end - AHEAD:
        return (), end - AHEAD
    problem = Problem(
        person=person,
        code=SIGN_IN_ENDS,
        subject="google",
        severity=Severity.WARNING,
        what=end_words(life, zone, now),
        where=life.where,
        fix=life.cure,
        since=now,
    )
    return (problem,), None

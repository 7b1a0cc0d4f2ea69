"""When nobody came: a schedule that stopped calling is told of, a machine that was off or asleep is only noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from automations.model.records import Problem, Severity
from automations.plan.zones import say_when

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.model.records import Recorded
    from automations.model.uptime import Uptime

STOPPED: Final = "runs-stopped"
SUBJECT: Final = "schedule"

ALLOWED: Final = timedelta(minutes=35)
"""How long a machine may be awake without a run: two calls of the schedule, and a little for its random delay.

The one measure of whether runs still come, for the warning, `doctor`, `schedule status` and `status --alive`.
"""

SHOWN: Final = timedelta(hours=24)
"""How long a silence that is over still stands among the problems."""

_MINUTES_SHOWN: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without any run, from the last look to the next, and how much of it the machine was awake.

    `awake` None: nobody knows.
    """

    begin: datetime
    end: datetime
    awake: timedelta | None

    @property
    def stopped(self) -> bool:
        """Tell whether runs were certainly missed while the machine could have made them."""
        return self.awake is not None and self.awake > ALLOWED

    @property
    def excused(self) -> bool:
        """Tell whether the machine certainly could not have made the runs that are missing: it was off or asleep."""
        return self.awake is not None and self.awake <= ALLOWED

    def words(self, zone: str, *, over: bool = True) -> str:
        """Say from when to when, and what the machine did meanwhile."""
        begin = say_when(self.begin, zone, with_year=False, with_zone=not over)
        until = f"between {begin} and {say_when(self.end, zone, with_year=False, with_zone=True)}"
        when = until if over else f"since {begin}"
        if self.awake is None or not self.stopped:
            return f"no run {when}: the machine was off or asleep"
        on = f"the machine was on for {_length(self.awake)} {'of that time' if over else 'since then'}"
        return f"no run {when}, though {on}"


def still_comes(last: datetime | None, silence: Silence | None) -> bool:
    """Tell whether runs still come, by the last look and the silence since; no where nobody knows, as for a monitor."""
    return last is not None and (silence is None or silence.excused)


def silence_of(recorded: Recorded, now: datetime, uptime: Uptime | None) -> Silence | None:
    """Return the silence that lasts up to `now`, None when the last look is no longer ago than allowed.

    `uptime` is the machine's, None where it does not tell.
    """
    return silence_since(recorded.last_look, recorded.uptime, now, uptime)


def silence_since(
    begin: datetime | None, then: Uptime | None, now: datetime, uptime: Uptime | None
) -> Silence | None:
    """Return the silence since a look at `begin`, when the machine's uptime was `then`."""
    if begin is None or now - begin <= ALLOWED:
        return None
    if uptime is None or then is None:
        return Silence(begin, now, None)
    # No more than the clock says: a machine started anew may have been up before the look, on another machine.
    return Silence(begin, now, min(timedelta(seconds=uptime.since(then)), now - begin))


def stopped_problem(person: str, silence: Silence, zone: str, fix: str, *, over: bool = True) -> Problem:
    """Return what to tell of a schedule that stopped; of one that is silent yet, where not `over`."""
    return Problem(
        person=person,
        code=STOPPED,
        subject=f"{SUBJECT} {silence.begin:%Y-%m-%dT%H:%MZ}",
        severity=Severity.WARNING,
        what=silence.words(zone, over=over),
        where="",
        fix=fix,
        since=silence.end if over else silence.begin,
    )


def still_shown(problems: Sequence[Problem], now: datetime) -> list[Problem]:
    """Return the silences of the last day: each is told of once, and stands for those who look later."""
    return [each for each in problems if each.code == STOPPED and now - each.since < SHOWN]


def _length(time: timedelta) -> str:
    if time < _MINUTES_SHOWN:
        return f"{time // timedelta(minutes=1)} min"
    return f"{time // timedelta(hours=1)} h"

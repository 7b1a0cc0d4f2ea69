"""Planning a year (months_ahead = 11) over 20,000 busy times, against sorting those busy times.

Prints ratios measured in this run; the budget is at most 3 times the sort. Run it as
`python benchmarks/planning.py`; it always exits 0, because a ratio on a busy machine is no test.

Three calendars: `roomy` (meetings everywhere but a free day now and then), `dense` (all hours of all
days, a slot is rare), `full` (no slot in any month, so the smallest conflict is looked for as well).
"""

from __future__ import annotations

import gc
import sys
import timeit
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from automations.model.policy import InventionPolicy, Me, Policy, WeekWindow
from automations.model.records import Recorded
from automations.model.seen import Busy, Seen, Span
from automations.plan.invention import plan_invention

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 1, 6, tzinfo=UTC)
ROUNDS = 15
BUDGET = 3.0

POLICY = Policy(
    me=Me("Ada", "ada@example.org", "Europe/Berlin"),
    invention=InventionPolicy(
        months_ahead=11,
        working_hours=tuple(WeekWindow(day, time(9), time(17, 30)) for day in range(5)),
        prefer=(WeekWindow(1, time(9), time(12)), WeekWindow(3, time(9), time(12))),
        problems=("a", "b", "c"),
        combine=("x", "y", "z", "w"),
    ),
)


class Dice:
    """A fixed sequence of numbers, the same in every run."""

    def __init__(self) -> None:
        self._state = 20_26

    def below(self, limit: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 33) % limit


def calendar(count: int, kind: str) -> list[Busy]:
    """Return `count` busy times over one year, in no order."""
    dice, found = Dice(), []
    while len(found) < count:
        day = dice.below(366)
        if kind == "roomy" and day % 9 == 0:
            continue
        minute = dice.below(24 * 60)
        if kind == "full":
            minute = 7 * 60 + dice.below(12 * 60)
        start = NOW.replace(hour=0) + timedelta(days=day, minutes=minute)
        length = timedelta(minutes=15 * (1 + dice.below(4)))
        found.append(Busy(Span(start, start + length), f"meeting {len(found)}"))
    if kind == "full":
        found[:366] = [
            Busy(
                Span(NOW.replace(hour=0) + timedelta(days=n), NOW.replace(hour=0) + timedelta(days=n + 1)),
                "away",
            )
            for n in range(366)
        ]
    return found


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the quickest of some rounds."""
    gc.collect()
    return min(timeit.repeat(work, number=1, repeat=ROUNDS))


def main() -> None:
    recorded = Recorded(POLICY.person)
    for kind in ("roomy", "dense", "full"):
        seconds = {}
        ratio = 0.0
        for count in (10_000, 20_000):
            busy = calendar(count, kind)
            seen = Seen(busy=tuple(busy))
            sort = best(lambda busy=busy: sorted(busy, key=lambda event: event.span.start))
            plan = best(lambda seen=seen: plan_invention(POLICY, NOW, seen, recorded))
            decided = plan_invention(POLICY, NOW, seen, recorded)
            seconds[count], ratio = plan, plan / sort
            print(
                f"{kind:5} {count:6,} busy times: plan {plan * 1000:5.1f} ms, sort {sort * 1000:4.1f} ms, "
                f"ratio {ratio:.2f}; {len(decided.actions)} booked, {len(decided.problems)} without a slot"
            )
        print(
            f"{kind:5} ratio at 20,000: {ratio:.2f} (budget {BUDGET:.0f}: {'kept' if ratio <= BUDGET else 'not kept'}); "
            f"growth from 10,000 to 20,000: {seconds[20_000] / seconds[10_000]:.2f} x"
        )


if __name__ == "__main__":
    sys.exit(main())

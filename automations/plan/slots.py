"""Which free time a block takes: every candidate of a month gets a score, the best one wins.

The score is a sum of whole numbers, so that the same calendar always gives the same answer:

=================  =======  ==============================================================
factor             at most  how
=================  =======  ==============================================================
preferred windows      400  in proportion to the minutes inside `invention.prefer`
neighbours             120  2 for each minute to the nearer neighbour (something busy or the
                            edge of the working time), up to 60 minutes
early in the month      90  3 for each day that is left of the month
habit                  150  50 for each of the past blocks at the same weekday and time
=================  =======  ==============================================================

Of equal scores the earlier start wins. Candidates start at the quarter hours of the wall clock and
at the beginning of each free stretch. All of them have the full length if any stretch has it;
otherwise a block is the whole of the longest stretch that reaches the floor.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from automations.model.seen import Span
from automations.plan.windows import day_windows
from automations.plan.zones import block_end, local, resolve_wall, say_when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime, time

    from automations.model.policy import WeekWindow
    from automations.plan.busy_times import BusyTimes, Stretch
    from automations.plan.windows import WorkDay

PREFERRED = 400
CLEAR_MINUTE, CLEAR_CAP = 2, 60
EARLY_DAY = 3
HABIT, HABIT_CAP = 50, 150
ALTERNATIVES = 2

_QUARTER = 15
_MINUTE = timedelta(minutes=1)
_EARLY, _MIDDLE = 10, 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What a block should be like. `habits` are (weekday, wall start) of past blocks, one entry each."""

    minutes: int
    floor_minutes: int
    zone: str
    prefer: tuple[WeekWindow, ...] = ()
    habits: tuple[tuple[int, time], ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look for a slot: on these days, clear of busy times and `taken` spans, not before `earliest`."""

    days: tuple[WorkDay, ...]
    times: BusyTimes
    taken: tuple[Span, ...]
    earliest: datetime
    wish: Wish

    def free(self, day: WorkDay) -> list[Stretch]:
        """Return the free stretches of one of the days, in order."""
        return [
            stretch
            for window in day.spans
            if window.end > self.earliest
            for stretch in self.times.free(window, self.taken, self.earliest)
        ]

    def windows(self) -> list[Span]:
        """Return the working time a slot could lie in if nothing were busy, in order."""
        need = self.wish.floor_minutes * _MINUTE
        left = [
            Span(max(window.start, self.earliest), window.end) for day in self.days for window in day.spans
        ]
        return [window for window in left if window.end - window.start >= need]


@dataclass(frozen=True, slots=True)
class Score:
    """The factors of one candidate, for choosing and for saying why. `clear` are (before, after) minutes."""

    preferred: int = 0
    neighbours: int = 0
    early: int = 0
    habit: int = 0
    clear: tuple[int, int] = (0, 0)

    @property
    def total(self) -> int:
        """What candidates are compared by."""
        return self.preferred + self.neighbours + self.early + self.habit


@dataclass(frozen=True, slots=True)
class Slot:
    """A candidate: where it is, how long (minutes), and what speaks for it."""

    span: Span
    day: date
    minutes: int
    score: Score

    @property
    def rank(self) -> tuple[int, int, datetime]:
        """Longest first, then best, then earliest."""
        return (-self.minutes, -self.score.total, self.span.start)


@dataclass(frozen=True, slots=True)
class Choice:
    """The slot taken, up to two others on other days, and the reason in words."""

    span: Span
    alternatives: tuple[Span, ...]
    reason: str


def choose_slot(search: Search) -> Choice | None:
    """Return the best slot there is, None when no stretch reaches the floor."""
    if search.wish.minutes < search.wish.floor_minutes:
        return None
    looked: dict[WorkDay, list[Stretch]] = {}
    ranked = _best_days(search, looked) or _longest_days(looked, search.wish)
    if not ranked:
        return None
    others = tuple(slot.span for slot in ranked[1:])
    return Choice(ranked[0].span, others, _reason(ranked[0], search.wish))


def _best_days(search: Search, looked: dict[WorkDay, list[Stretch]]) -> list[Slot]:
    """Return the best full-length slots, each on a day of its own, best first.

    A day that could not beat those found before, whatever is free on it, is not looked at; what is free
    on the others is put into `looked`.
    """
    wish = search.wish
    preferred = {window.weekday for window in wish.prefer}
    usual = {weekday for weekday, _ in wish.habits}
    best: list[Slot] = []
    for day in search.days:
        weekday = day.day.weekday()
        most = CLEAR_MINUTE * CLEAR_CAP + _early(day.day)
        most += (PREFERRED if weekday in preferred else 0) + (HABIT_CAP if weekday in usual else 0)
        if len(best) > ALTERNATIVES and most <= best[-1].score.total:
            continue
        looked[day] = search.free(day)
        slot = _best_of(day, looked[day], wish)
        if slot is not None:
            best = sorted([*best, slot], key=lambda slot: slot.rank)[: 1 + ALTERNATIVES]
    return best


def _longest_days(free: Mapping[WorkDay, list[Stretch]], wish: Wish) -> list[Slot]:
    """Return the longest stretches that reach the floor, each on a day of its own, longest first."""
    found = (_longest_of(day, stretches, wish) for day, stretches in free.items())
    slots = [slot for slot in found if slot is not None]
    return sorted(slots, key=lambda slot: slot.rank)[: 1 + ALTERNATIVES]


def longest_free(search: Search) -> Span | None:
    """Return the longest free stretch (of equals the first), None when all is taken."""
    spans = [stretch.span for day in search.days for stretch in search.free(day)]
    return max(spans, key=lambda span: span.length, default=None)


def _best_of(day: WorkDay, stretches: Iterable[Stretch], wish: Wish) -> Slot | None:
    """Return the best full-length slot of a day."""
    long = [stretch for stretch in stretches if _minutes(stretch.span) >= wish.minutes]
    if not long:
        return None
    rate = _DayRate(day, wish)
    found = [(*rate.best_start(stretch), stretch) for stretch in long]
    _, offset, stretch = max(found, key=lambda one: one[0])
    return rate.slot(stretch, offset, wish.minutes)


def _longest_of(day: WorkDay, stretches: Iterable[Stretch], wish: Wish) -> Slot | None:
    """Return the longest stretch of a day as a slot, if it reaches the floor."""
    long = [stretch for stretch in stretches if _minutes(stretch.span) >= wish.floor_minutes]
    if not long:
        return None
    rate = _DayRate(day, wish)
    slots = [rate.slot(stretch, 0, _minutes(stretch.span)) for stretch in long]
    return min(slots, key=lambda slot: slot.rank)


class _DayRate:
    """Scores of one day, in minutes from the start of its working time."""

    def __init__(self, day: WorkDay, wish: Wish) -> None:
        self._day = day
        self._wish = wish
        self._base = day.spans[0].start
        self._early = _early(day.day)
        self._prefer = [
            (self._at(span.start), self._at(span.end))
            for span in day_windows(day.day, wish.prefer, wish.zone)
        ]
        self._habits = self._habit_starts()

    def _at(self, instant: datetime) -> int:
        return (instant - self._base) // _MINUTE

    def _habit_starts(self) -> Mapping[int, int]:
        starts: dict[int, int] = {}
        for weekday, wall in self._wish.habits:
            if weekday == self._day.day.weekday():
                at = self._at(resolve_wall(self._day.day, wall, self._wish.zone)[0])
                starts[at] = min(starts.get(at, 0) + HABIT, HABIT_CAP)
        return starts

    def best_start(self, stretch: Stretch) -> tuple[int, int]:
        """Return the best score in a stretch that is long enough, and the minutes from its start to there."""
        minutes = self._wish.minutes
        start, last = self._at(stretch.span.start), self._at(stretch.span.end) - minutes
        # Wall clocks change by whole quarter hours, so one look at the clock aligns the whole stretch.
        first = start + -local(stretch.span.start, self._wish.zone).minute % _QUARTER
        starts: Iterable[int] = range(first, last + 1, _QUARTER)
        if first != start and (stretch.opens or first > last):
            starts = chain((start,), starts)
        left, right = self._at(stretch.left), self._at(stretch.right) - minutes
        best, chosen = -1, start
        for at in starts:
            clear = min(at - left, right - at, CLEAR_CAP)
            score = CLEAR_MINUTE * clear + self._preferred(at, minutes) + self._habits.get(at, 0)
            if score > best:
                best, chosen = score, at
        return best, chosen - start

    def _preferred(self, at: int, minutes: int) -> int:
        inside = 0
        for start, end in self._prefer:
            shared = min(at + minutes, end) - max(at, start)
            if shared > 0:
                inside += shared
        return PREFERRED * inside // minutes

    def slot(self, stretch: Stretch, offset: int, minutes: int) -> Slot:
        """Return the slot `offset` minutes into the stretch, with every factor of its score."""
        start = stretch.span.start + offset * _MINUTE
        at = self._at(start)
        clear = (at - self._at(stretch.left), self._at(stretch.right) - at - minutes)
        score = Score(
            preferred=self._preferred(at, minutes),
            neighbours=CLEAR_MINUTE * min(*clear, CLEAR_CAP),
            early=self._early,
            habit=self._habits.get(at, 0),
            clear=clear,
        )
        return Slot(Span(start, block_end(start, minutes)), self._day.day, minutes, score)


def _early(day: date) -> int:
    return EARLY_DAY * (monthrange(day.year, day.month)[1] - day.day)


def _minutes(span: Span) -> int:
    return (span.end - span.start) // _MINUTE


def _reason(slot: Slot, wish: Wish) -> str:
    """Say why a slot was taken: `Tue 1 Dec 09:30-11:30: in a preferred window, ...`."""
    parts = [_short_words(slot, wish), _preferred_words(slot, wish), _clear_words(slot.score.clear)]
    parts += [_early_words(slot.day), "at the usual time" if slot.score.habit else ""]
    when = say_when(slot.span, wish.zone, with_year=False)
    return f"{when}: {', '.join(part for part in parts if part)}"


def _short_words(slot: Slot, wish: Wish) -> str:
    return f"only {slot.minutes} min, the longest free stretch" if slot.minutes < wish.minutes else ""


def _preferred_words(slot: Slot, wish: Wish) -> str:
    if not wish.prefer:
        return ""
    if slot.score.preferred == PREFERRED:
        return "in a preferred window"
    return "partly in a preferred window" if slot.score.preferred else "outside the preferred windows"


def _clear_words(clear: tuple[int, int]) -> str:
    before, after = clear
    if before and after:
        return f"{min(clear)} min clear on both sides"
    if before or after:
        return f"{before} min clear before it" if before else f"{after} min clear after it"
    return "it fills the working time"


def _early_words(day: date) -> str:
    if day.day <= _EARLY:
        return "early in the month"
    return "in the middle of the month" if day.day <= _MIDDLE else "late in the month"

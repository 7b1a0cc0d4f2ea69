"""What could be offered at a stage: the catalogue, the config, and ideas that are being built.

A stage with nothing in the catalogue gives way to the one below it. An entry that has some but not all
facts of its stage blocks the offer and says which command supplies the rest: nothing is invented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from automations.model.loop import Door, OfferIdeaState
from automations.model.records import IdeaState
from automations.plan.zones import say_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automations.model.loop import OfferIdea
    from automations.model.policy import Boss, Policy
    from automations.model.records import Recorded

SUGGEST = ("noticed", "cost", "by", "changes")
DONE = ("noticed", "done", "undo", "result")
INTEND = ("noticed", "starting", "stop_by", "undo")
SHARED = frozenset({"noticed", "undo"})
"""Facts that do not tell by themselves which template an entry is meant for."""
DATES = frozenset({"by", "starting", "stop_by"})
FACTS = tuple(dict.fromkeys((*SUGGEST, *DONE, *INTEND, "checkpoint", "goal")))
"""Every fact an entry may have."""

IDEAS_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """What an offer will say: its template, its facts, and the entry it uses up (None for an *ask*)."""

    template: str
    facts: dict[str, object]
    idea: OfferIdea | None = None
    note: str = ""

    @property
    def last_day(self) -> date | None:
        """The local date on which the mail is too late to go: its stop-by day, None for other offers."""
        stop_by = self.idea.facts.get("stop_by") if self.idea and self.template == "offer-intend" else None
        return date.fromisoformat(stop_by) if stop_by else None


@dataclass(frozen=True, slots=True)
class Lacks:
    """What is missing for an offer, in words, and the command that supplies it."""

    what: str
    where: str
    fix: str


def offers_for(boss: Boss, policy: Policy, recorded: Recorded) -> tuple[str, ...]:
    """Return the concrete things an *ask* can name, without doubles: own first, then what fits any boss."""
    entries = tuple(idea.text for idea in _open(boss, recorded) if not _is_done(idea))
    building = tuple(idea.text for idea in recorded.ideas if idea.state is IdeaState.BUILDING)
    return tuple(dict.fromkeys((*boss.offers, *entries, *policy.offers.ideas, *building)))


def choose(boss: Boss, stage: str, policy: Policy, recorded: Recorded, today: date) -> Choice | Lacks | None:
    """Return what to say at `stage` or the highest one below that has anything; None for *ask*."""
    note = ""
    if stage == "inform":
        found = _inform(boss, recorded, today)
        if found is not None:
            return found
        one_way = [idea.id for idea in _open(boss, recorded) if idea.door is Door.ONE_WAY and _informs(idea)]
        note = (
            f"{', '.join(one_way)} cannot be undone, so it is suggested"
            if one_way
            else "nothing to inform of"
        )
    if stage in ("inform", "suggest"):
        open_still = [idea for idea in _open(boss, recorded) if not _is_done(idea)]
        found = _first(open_still, "offer-suggest", SUGGEST, today, policy)
        if isinstance(found, Choice):
            return replace(found, note=note)
        if found is not None:
            return found
    return None


def _inform(boss: Boss, recorded: Recorded, today: date) -> Choice | Lacks | None:
    """Return what was done or is intended; a one-way door is never among them."""
    ideas = [idea for idea in _open(boss, recorded) if idea.door is Door.TWO_WAY and _informs(idea)]
    done = [idea for idea in ideas if idea.facts.get("done")]
    intended = [idea for idea in ideas if not idea.facts.get("done")]
    first = _first(done, "offer-done", DONE, today)
    return first if isinstance(first, Choice) else _first(intended, "offer-intend", INTEND, today) or first


def _is_done(idea: OfferIdea) -> bool:
    """Tell whether an entry was carried out already: it is told of, never suggested."""
    return idea.door is Door.TWO_WAY and bool(idea.facts.get("done"))


def _informs(idea: OfferIdea) -> bool:
    return bool(idea.facts.get("done") or idea.facts.get("starting"))


def _open(boss: Boss, recorded: Recorded) -> list[OfferIdea]:
    """Return the entries for this boss, then those for any, oldest first."""
    mine = [
        idea
        for idea in recorded.offer_ideas
        if idea.state is OfferIdeaState.OPEN and idea.boss in (boss.id, "")
    ]
    return sorted(mine, key=lambda idea: idea.boss == "")


def _first(
    ideas: Sequence[OfferIdea],
    template: str,
    wanted: tuple[str, ...],
    today: date,
    policy: Policy | None = None,
) -> Choice | Lacks | None:
    """Return the first whole entry, those that move a goal before others; else what the first begun one lacks."""
    goals = {goal.text for goal in policy.goals} if policy else set()
    ordered = sorted(ideas, key=lambda idea: idea.facts.get("goal", "") not in goals)
    begun: Lacks | None = None
    for idea in ordered:
        missing = _missing(idea, wanted, today)
        if not missing:
            return Choice(template, _words(idea), idea)
        if begun is None and any(idea.facts.get(name) for name in wanted if name not in SHARED):
            begun = _lacks(idea, missing)
    return begun


def _missing(idea: OfferIdea, wanted: tuple[str, ...], today: date) -> list[str]:
    missing = [name for name in wanted if not idea.facts.get(name)]
    missing += [name for name in wanted if name in DATES and _is_over(idea, name, today)]
    number = any(letter.isdigit() for letter in idea.facts.get("noticed", ""))
    return missing if number or "noticed" in missing else ["noticed", *missing]


def _is_over(idea: OfferIdea, name: str, today: date) -> bool:
    """Tell whether a date can no longer stand in a mail: it passed, or nobody could say stop any more."""
    day = idea.facts.get(name, "")
    if name == "stop_by":
        return bool(day) and (day <= today.isoformat() or day > idea.facts.get("starting", day))
    return bool(day) and day < today.isoformat()


def _lacks(idea: OfferIdea, missing: list[str]) -> Lacks:
    names = [name.replace("_", "-") for name in missing]
    said = ["noticed (with one number)" if name == "noticed" else name for name in names]
    options = " ".join(f'--{name} "..."' for name in names)
    return Lacks(
        f"{idea.id} ({idea.text}) lacks {', '.join(said)}",
        idea.id,
        f"magicloop offer idea change {idea.id} {options}",
    )


def _words(idea: OfferIdea) -> dict[str, object]:
    facts: dict[str, object] = {name: idea.facts.get(name, "") for name in FACTS}
    for name in DATES:
        if idea.facts.get(name):
            facts[name] = say_day(date.fromisoformat(idea.facts[name]), with_year=False)
    return {**facts, "thing": idea.text, "one_way": idea.door is Door.ONE_WAY}

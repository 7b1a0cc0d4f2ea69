"""The catalogue of help that could be offered, kept by hand, and what came back from a boss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.desk.loop import find_boss
from automations.errors import BadValueError, RefusedError, UnknownNameError
from automations.model.loop import Door, Favour, OfferIdea, OfferIdeaState
from automations.model.text import plain
from automations.plan.catalogue import DATES, FACTS
from automations.plan.zones import say_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automations.desk.loop import Desk
    from automations.model.records import Recorded

KINDS = ("maintenance", "improvement", "strategic")


def find_offer_idea(recorded: Recorded, name: str) -> OfferIdea:
    """Return the catalogue's entry called `name` (`O2`, `o2` or `2`).

    :raises UnknownNameError: there is none.
    """
    wanted = name.upper() if name.upper().startswith("O") else f"O{name}"
    for idea in recorded.offer_ideas:
        if idea.id == wanted:
            return idea
    near = tuple(idea.id for idea in recorded.offer_ideas[-2:])
    raise UnknownNameError("idea for an offer", name, near=near, fix="magicloop offer idea list")


def add_offer_idea(
    desk: Desk, text: str, *, kind: str, door: Door, boss: str, facts: Mapping[str, str]
) -> OfferIdea:
    """Put an entry into the catalogue.

    :raises BadValueError: no words, or a date that cannot be read or is over.
    """
    words = plain(text)
    if not words:
        raise BadValueError("say what you could do", fix='magicloop offer idea add "cut the release delay"')
    idea = OfferIdea(
        id=f"O{len(desk.recorded.offer_ideas) + 1}",
        person=desk.policy.person,
        text=words,
        kind=kind,
        door=door,
        created=desk.now,
        boss=find_boss(desk.policy, boss).id if boss else "",
        facts=_facts(desk, facts),
    )
    desk.record("add-offer-idea", idea.id, idea.text, (idea,))
    return idea


def change_offer_idea(
    desk: Desk, name: str, facts: Mapping[str, str], *, door: Door | None = None, text: str = ""
) -> OfferIdea:
    """Give an entry more or other facts; one that was used or dropped can be offered again.

    :raises BadValueError: nothing is given.
    """
    idea, given = find_offer_idea(desk.recorded, name), _facts(desk, facts)
    if not given and door is None and not plain(text):
        raise BadValueError(
            "nothing to change", fix=f'magicloop offer idea change {idea.id} --cost "two days"'
        )
    changed = replace(
        idea,
        text=plain(text) or idea.text,
        door=door or idea.door,
        facts={**idea.facts, **given},
        state=OfferIdeaState.OPEN,
        rev=idea.rev + 1,
    )
    said = "; ".join(f"{fact}: {words}" for fact, words in given.items())
    desk.record("change-offer-idea", idea.id, said or changed.text, (changed,))
    return changed


def drop_offer_idea(desk: Desk, name: str) -> OfferIdea:
    """Take an entry out of what can be offered; it stays in the list.

    :raises RefusedError: it is out already.
    """
    idea = find_offer_idea(desk.recorded, name)
    if idea.state is OfferIdeaState.DROPPED:
        raise RefusedError(f"{idea.id} is dropped already", fix="magicloop offer idea list")
    dropped = replace(idea, state=OfferIdeaState.DROPPED, rev=idea.rev + 1)
    desk.record("drop-offer-idea", idea.id, idea.text, (dropped,))
    return dropped


def receive(desk: Desk, name: str, text: str, goal: str) -> Favour:
    """Record what came back from a boss, and the goal of the config it moved.

    :raises BadValueError: no words, or a goal that is not in the config.
    """
    boss = find_boss(desk.policy, name)
    if not plain(text):
        raise BadValueError(
            "say what came back", fix=f'magicloop boss received {boss.email} "a seat in planning"'
        )
    favour = Favour(
        id=f"F{len(desk.recorded.favours) + 1}",
        person=desk.policy.person,
        boss=boss.id,
        text=plain(text),
        at=desk.now,
        goal=_goal(desk, goal),
    )
    desk.record("receive", boss.email, favour.text + (f" (goal: {favour.goal})" if goal else ""), (favour,))
    return favour


def _goal(desk: Desk, given: str) -> str:
    words = plain(given).lower()
    if not words:
        return ""
    found = [goal.text for goal in desk.policy.goals if words in goal.text.lower()]
    if len(found) != 1:
        near = ", ".join(f'"{goal.text}"' for goal in desk.policy.goals) or "none"
        raise BadValueError(
            f"{plain(given)!r} is not one goal of the config ({near})", fix="magicloop config edit"
        )
    return found[0]


def _facts(desk: Desk, given: Mapping[str, str]) -> dict[str, str]:
    facts = {name: plain(given[name]) for name in FACTS if plain(given.get(name, ""))}
    for name in DATES & facts.keys():
        day = desk.read_date(facts[name])
        if day < desk.today:
            option = f"--{name.replace('_', '-')}"
            raise BadValueError(f"{say_day(day)} is over", where=option, fix=f"{option} 2026-12-18")
        facts[name] = day.isoformat()
    if "goal" in facts:
        facts["goal"] = _goal(desk, facts["goal"])
    return facts

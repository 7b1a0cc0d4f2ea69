"""`offer idea`: the catalogue of help that could be offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import emit_json, listing, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from automations.model.loop import OfferIdea
    from automations.wiring import Session

KINDS = ("maintenance", "improvement", "strategic")
DOORS = ("one-way", "two-way")
FACTS = {
    "noticed": "What you noticed, with one number.",
    "cost": "What it takes (suggest).",
    "by": "The date it is in place (suggest).",
    "changes": "What it changes for your boss (suggest).",
    "done": "What you did (inform).",
    "result": "What came of it so far (inform).",
    "starting": "The date you intend to start (inform).",
    "stop-by": "The last day on which a word stops it, not after --starting (inform).",
    "undo": "How it can be undone (inform).",
    "checkpoint": "When you look at the result.",
    "goal": "The goal of the config it moves.",
}


def fact_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each fact an entry may have."""
    for name, meaning in reversed(list(FACTS.items())):
        command = click.option(f"--{name}", default="", metavar="TEXT", help=meaning)(command)
    return command


@click.group()
def idea() -> None:
    """Keep help you could offer, with the facts an offer needs."""


@idea.command()
@click.argument("text")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="improvement",
    show_default=True,
    help="What sort of help it is.",
)
@click.option(
    "--door", type=click.Choice(DOORS), default="two-way", show_default=True, help="Can it be undone?"
)
@click.option("--boss", default="", help="For this boss only.")
@fact_options
@click.pass_obj
def add(session: Session, /, text: str, kind: str, door: str, boss: str, **facts: str) -> None:
    """Put help you could offer into the catalogue."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.catalogue import add_offer_idea
    from automations.model.loop import Door

    with loop_desk(session) as desk:
        made = add_offer_idea(
            desk, text, kind=kind, door=Door(door.replace("-", "_")), boss=boss, facts=facts
        )
    say(f"{made.id} kept: {made.text}.")


@idea.command()
@click.argument("name", metavar="ID")
@click.option("--text", default="", metavar="TEXT", help="Other words for it.")
@click.option("--door", type=click.Choice(DOORS), default=None, help="Can it be undone?")
@fact_options
@click.pass_obj
def change(session: Session, /, name: str, text: str, door: str | None, **facts: str) -> None:
    """Give an entry more facts, or offer it again."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.catalogue import change_offer_idea
    from automations.model.loop import Door

    with loop_desk(session) as desk:
        other = Door(door.replace("-", "_")) if door else None
        changed = change_offer_idea(desk, name, facts, door=other, text=text)
    say(f"{changed.id}: {changed.text}. Facts: {', '.join(changed.facts) or 'none'}.")


@idea.command()
@click.argument("name", metavar="ID")
@click.pass_obj
def drop(session: Session, name: str) -> None:
    """Offer an entry no more."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.catalogue import drop_offer_idea

    with loop_desk(session) as desk:
        dropped = drop_offer_idea(desk, name)
    say(f"{dropped.id} is dropped: {dropped.text}.")


@idea.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_ideas(session: Session, *, as_json: bool) -> None:
    """List the catalogue."""
    ideas = session.reading_journal().load(session.policy.person).offer_ideas
    if as_json:
        emit_json({"offer_ideas": [_idea_json(session, each) for each in ideas]})
        return
    if not ideas:
        say('Nothing in the catalogue. Add: magicloop offer idea add "cut the release delay" --noticed ...')
        return
    listing(
        [
            (i.id, i.state.value, i.kind, i.door.value.replace("_", "-"), i.boss or "any", i.text)
            for i in ideas
        ]
    )


def _idea_json(session: Session, idea: OfferIdea) -> dict[str, Any]:
    from automations.cli.wording import local_iso

    return {
        "id": idea.id,
        "text": idea.text,
        "kind": idea.kind,
        "door": idea.door.value.replace("_", "-"),
        "boss": idea.boss or None,
        "state": idea.state.value,
        "facts": dict(idea.facts),
        "used_for": idea.used_for or None,
        "created": local_iso(idea.created, session.policy.me.zone),
    }

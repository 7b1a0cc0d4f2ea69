"""`idea`: the idea ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import emit_json, listing, paragraph, prose, say
from automations.wiring import HAND_LOCK_SECONDS

if TYPE_CHECKING:
    from automations.model.records import Idea
    from automations.wiring import Session

STATES = ("seed", "testing", "building", "improving", "resting")


@click.group()
def idea() -> None:
    """Keep ideas over the years, with what made them better."""


@idea.command()
@click.argument("text")
@click.pass_obj
def add(session: Session, text: str) -> None:
    """Put an idea into the ledger."""
    from automations.desk.ideas import add_idea

    session.config()
    with session.lock(wait=HAND_LOCK_SECONDS):
        journal = session.journal()
        new = add_idea(journal, journal.load(session.policy.person), session.clock.now(), text)
    say(f'{new.id} kept. When it gets better: magicloop idea improve {new.id} "what changed"')


@idea.command()
@click.argument("name", metavar="ID")
@click.argument("text", default="")
@click.option("--state", type=click.Choice(STATES), help="Where the idea stands now.")
@click.pass_obj
def improve(session: Session, name: str, text: str, state: str | None) -> None:
    """Attach an improvement to an idea, or say where it stands."""
    from automations.desk.ideas import improve_idea
    from automations.model.records import IdeaState

    session.config()
    with session.lock(wait=HAND_LOCK_SECONDS):
        journal = session.journal()
        recorded = journal.load(session.policy.person)
        now = session.clock.now()
        better = improve_idea(journal, recorded, now, name, text, IdeaState(state) if state else None)
    count = len(better.improvements)
    say(f"{better.id} is {better.state.value}, {count} improvement{'' if count == 1 else 's'}.")


@idea.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_ideas(session: Session, *, as_json: bool) -> None:
    """List all ideas."""
    ideas = session.reading_journal().load(session.policy.person).ideas
    if as_json:
        emit_json({"ideas": [_idea_json(session, each) for each in ideas]})
        return
    if not ideas:
        say('No idea yet. Keep one: magicloop idea add "..."')
        return
    listing([(each.id, each.state.value, f"+{len(each.improvements)}", each.text) for each in ideas])


@idea.command()
@click.argument("name", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(session: Session, name: str, *, as_json: bool) -> None:
    """Show an idea and its improvements."""
    from automations.cli.wording import local_iso
    from automations.desk.ideas import find_idea

    found = find_idea(session.reading_journal().load(session.policy.person), name)
    if as_json:
        emit_json(_idea_json(session, found))
        return
    paragraph(f"{found.id}  {found.text}", hanging=4)
    zone = session.policy.me.zone
    say(f"{found.state.value}, since {(local_iso(found.created, zone) or '')[:10]}")
    prose([((local_iso(at, zone) or "")[:10], text) for at, text in found.improvements])


def _idea_json(session: Session, idea: Idea) -> dict[str, Any]:
    from automations.cli.wording import local_iso

    zone = session.policy.me.zone
    return {
        "id": idea.id,
        "text": idea.text,
        "state": idea.state.value,
        "created": local_iso(idea.created, zone),
        "improvements": [{"at": local_iso(at, zone), "text": text} for at, text in idea.improvements],
    }

"""What follows an incident (`incident review`, `face`, `junior` ...), and `launch`: a look before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.incident_commands import incident
from automations.cli.output import emit_json, listing, say, whisper
from automations.errors import BadValueError

if TYPE_CHECKING:
    from automations.wiring import Session


@incident.command()
@click.argument("name", metavar="ID")
@click.option("--root-cause", default="", metavar="TEXT", help="The root cause.")
@click.option("--change", default="", metavar="TEXT", help="What is done differently from now on.")
@click.option("--owner", default="", metavar="TEXT", help="Who sees to it.")
@click.option("--by", default="", metavar="DATE", help="By when it is in place.")
@click.option("--learned", default="", metavar="TEXT", help="What you take from it, in a sentence.")
@click.pass_obj
def review(session: Session, /, name: str, **facts: str) -> None:
    """Record the review, and draft the mail that tells of it."""
    from automations.cli.loop_desk import draft_now, loop_desk
    from automations.desk.aftermath import review_incident

    with loop_desk(session) as desk:
        note, missing = review_incident(desk, name, facts)
    say(f"{note.incident}: review kept.")
    if missing:
        whisper(f"still needed: {', '.join(each.replace('_', ' ') for each in missing)}")
    draft_now(session, "aftermath")


@incident.command()
@click.argument("name", metavar="ID")
@click.argument("who", metavar="NAME")
@click.argument("address")
@click.pass_obj
def face(session: Session, name: str, who: str, address: str) -> None:
    """Name somebody who was let down: face them in person."""
    from automations.cli.loop_desk import draft_now, loop_desk
    from automations.desk.aftermath import face_person

    with loop_desk(session) as desk:
        note = face_person(desk, name, who, address)
    say(f"{note.incident}: a line to {note.fields['name']} with a time to talk.")
    draft_now(session, "aftermath")


@incident.command()
@click.argument("name", metavar="ID")
@click.argument("who", metavar="NAME")
@click.argument("address")
@click.option("--thanks", default="", metavar="TEXT", help="What you thank them for, in a sentence.")
@click.pass_obj
def junior(session: Session, name: str, who: str, address: str, thanks: str) -> None:
    """Draft the private note to the junior involved."""
    from automations.cli.loop_desk import draft_now, loop_desk
    from automations.desk.aftermath import note_junior

    with loop_desk(session) as desk:
        note = note_junior(desk, name, who, address, thanks)
    say(f"{note.incident}: a private note, for your eyes and theirs.")
    draft_now(session, "aftermath")


@incident.command()
@click.argument("name", metavar="ID")
@click.option("--plan", default="", metavar="TEXT", help="Who takes over, and when you rest.")
@click.pass_obj
def rest(session: Session, name: str, plan: str) -> None:
    """Say who takes over while you rest."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.aftermath import plan_rest

    with loop_desk(session) as desk:
        note = plan_rest(desk, name, plan)
    say(f"{note.incident}: {note.fields['plan']}")


@incident.command()
@click.argument("name", metavar="ID")
@click.argument("text")
@click.pass_obj
def progress(session: Session, name: str, text: str) -> None:
    """Say what was done of the promised change, for the week's note."""
    from automations.cli.loop_desk import draft_now, loop_desk
    from automations.desk.aftermath import note_progress

    with loop_desk(session) as desk:
        note = note_progress(desk, name, text)
    say(f"{note.incident}: kept.")
    draft_now(session, "aftermath")


@incident.command()
@click.argument("name", metavar="ID")
@click.option("--held/--slipped", "held", default=None, help="Is the change still held?")
@click.option("--note", default="", metavar="TEXT", help="A word on it.")
@click.pass_obj
def check(session: Session, name: str, *, held: bool | None, note: str) -> None:
    """Say whether the change after an incident is still held."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.aftermath import check_rule

    if held is None:
        raise BadValueError(
            "say whether it is held", fix=f"magicloop incident check {name} --held    (or --slipped)"
        )
    with loop_desk(session) as desk:
        kept = check_rule(desk, name, held=held, note=note)
    say(f"{kept.incident}: the change is {'held' if held else 'not held'}.")


@click.group()
def launch() -> None:
    """Look before a launch goes out, and remember the bet."""


@launch.command("check")
@click.argument("title")
@click.option("--day", required=True, metavar="DATE", help="When it goes out.")
@click.option("--headline", default="", metavar="TEXT", help="The worst headline that would be true.")
@click.option("--undo", default="", metavar="TEXT", help="Who could not undo it; how it is undone.")
@click.option("--disagrees", default="", metavar="TEXT", help="Whom you asked who disagrees.")
@click.option("--tested", default="", metavar="TEXT", help="What tested it outside the team.")
@click.option("--gamble/--no-gamble", default=None, help="Are you gambling? Say it.")
@click.pass_obj
def check_launch(session: Session, /, title: str, day: str, *, gamble: bool | None, **answers: str) -> None:
    """Answer the five questions before something goes public."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk import aftermath

    if gamble is None:
        raise BadValueError("say whether you are gambling", fix="--gamble or --no-gamble")
    with loop_desk(session) as desk:
        kept = aftermath.check_launch(desk, title, day, answers, gamble=gamble)
    say(f"{kept.id} kept: {kept.title}, {kept.day.isoformat()}.")
    if kept.gamble:
        say("You say it is a gamble. Who decides knows that too?")


@launch.command("tie")
@click.argument("name", metavar="LAUNCH")
@click.argument("about", metavar="INCIDENT")
@click.pass_obj
def tie(session: Session, name: str, about: str) -> None:
    """Tie a launch to the incident it led to."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.aftermath import tie_launch

    with loop_desk(session) as desk:
        tied = tie_launch(desk, name, about)
    say(f"{tied.id} led to {tied.incident}.")


@launch.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_launches(session: Session, *, as_json: bool) -> None:
    """List the launches, and what became of each bet."""
    launches = session.reading_journal().load(session.policy.person).launches
    if as_json:
        shown = [
            {
                "id": each.id,
                "title": each.title,
                "day": each.day.isoformat(),
                "gamble": each.gamble,
                "answers": dict(each.answers),
                "incident": each.incident or None,
            }
            for each in launches
        ]
        emit_json({"launches": shown})
        return
    if not launches:
        say("No launch yet.")
        return
    listing([(x.id, x.day.isoformat(), "gamble" if x.gamble else "", x.title, x.incident) for x in launches])

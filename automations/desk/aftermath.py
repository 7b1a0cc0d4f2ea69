"""What a person does after an incident, and before a launch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.compose.addresses import check_address
from automations.desk.incidents import find_incident
from automations.errors import BadValueError, HeaderFaultError, RefusedError, UnknownNameError
from automations.model.aftermath import IncidentNote, Launch, NoteKind
from automations.model.text import plain
from automations.plan.aftermath import REVIEW_FACTS, next_check_due, notes_of, review_missing
from automations.plan.zones import local, say_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automations.desk.loop import Desk
    from automations.model.records import Incident, Recorded

LAUNCH_QUESTIONS = {
    "headline": "the worst headline that would be true",
    "undo": "who could not undo it, and how it is undone",
    "disagrees": "whom you asked who disagrees",
    "tested": "what tested it outside the team",
}


def review_incident(desk: Desk, name: str, facts: Mapping[str, str]) -> tuple[IncidentNote, tuple[str, ...]]:
    """Record a review, whole or in part; return it and the names of the facts still missing.

    :raises RefusedError: the incident goes on.
    :raises BadValueError: nothing is given that is not known, or a date that is over or cannot be read.
    """
    incident = find_incident(desk.recorded, name)
    if incident.resolved is None:
        raise RefusedError(
            f"{incident.id} goes on; it is reviewed when it is over",
            fix=f'magicloop incident resolve {incident.id} --verified "..."',
        )
    wanted = (*REVIEW_FACTS, "learned")
    given = {name: plain(facts.get(name, "")) for name in wanted if plain(facts.get(name, ""))}
    if "by" in given:
        given["by"] = _coming_day(desk, given["by"])
    missing = tuple(name for name in review_missing(desk.recorded, incident) if name not in given)
    if not given and missing:
        options = " ".join(f'--{name.replace("_", "-")} "..."' for name in missing)
        raise BadValueError(
            f"the review needs {', '.join(name.replace('_', ' ') for name in missing)}",
            fix=f"magicloop incident review {incident.id} {options}",
        )
    return _note(desk, incident, NoteKind.REVIEW, given, "; ".join(given) or "as resolved"), missing


def face_person(desk: Desk, name: str, who: str, address: str) -> IncidentNote:
    """Record somebody who was let down: a line to them and a time to talk are drafted.

    :raises BadValueError: no name, or an address that is none.
    """
    fields = _person(who, address)
    return _note(desk, find_incident(desk.recorded, name), NoteKind.LET_DOWN, fields, "face it in person")


def note_junior(desk: Desk, name: str, who: str, address: str, thanks: str) -> IncidentNote:
    """Record the junior involved, for one private note. The log does not name them.

    :raises BadValueError: no name, or an address that is none.
    """
    fields = {**_person(who, address), **({"thanks": plain(thanks)} if plain(thanks) else {})}
    return _note(desk, find_incident(desk.recorded, name), NoteKind.JUNIOR, fields, "a private note")


def plan_rest(desk: Desk, name: str, plan: str) -> IncidentNote:
    """Record who takes over and when the person rests.

    :raises BadValueError: no plan is given.
    """
    incident = find_incident(desk.recorded, name)
    words = _words(
        plan, "say who takes over and when you rest", f"magicloop incident rest {incident.id} --plan"
    )
    return _note(desk, incident, NoteKind.REST, {"plan": words}, words)


def note_progress(desk: Desk, name: str, text: str) -> IncidentNote:
    """Record what was done of the promised change, for the week's note.

    :raises BadValueError: no words.
    """
    incident = find_incident(desk.recorded, name)
    words = _words(text, "say what was done", f"magicloop incident progress {incident.id}")
    return _note(desk, incident, NoteKind.PROGRESS, {"text": words}, words)


def check_rule(desk: Desk, name: str, *, held: bool, note: str) -> IncidentNote:
    """Record whether the change after an incident is held.

    :raises RefusedError: there is no reviewed change, or both checks are answered.
    """
    incident = find_incident(desk.recorded, name)
    checks = notes_of(desk.recorded, incident, NoteKind.CHECK)
    slipped = bool(checks) and checks[-1].fields["held"] == "no"
    due = next_check_due(desk.recorded, incident)
    if not notes_of(desk.recorded, incident, NoteKind.REVIEW):
        raise RefusedError(
            f"{incident.id} has no reviewed change to check", fix=f"magicloop incident review {incident.id}"
        )
    if not slipped and due is None:
        raise RefusedError(
            f"both checks of {incident.id} are answered", fix=f"magicloop incident show {incident.id}"
        )
    if not slipped and held and due is not None and desk.now < due:
        day = say_day(local(due, desk.policy.me.zone).date())
        raise RefusedError(
            f"it is too early to tell: the next check of {incident.id} is due {day}",
            fix=f"magicloop incident check {incident.id} --slipped    (if it is not held)",
        )
    fields = {"held": "yes" if held else "no", "note": plain(note)}
    if slipped or (due is not None and desk.now < due):
        fields["again"] = "yes"  # told of between the checks, which are still asked
    said = "held" if held else "slipped"
    return _note(
        desk, incident, NoteKind.CHECK, fields, f"{said}: {fields['note']}" if fields["note"] else said
    )


def check_launch(desk: Desk, title: str, day: str, answers: Mapping[str, str], *, gamble: bool) -> Launch:
    """Record the answers to the five questions before a launch, as a bet that later incidents are tied to.

    :raises BadValueError: a question without an answer, or a day that is over.
    """
    words = _words(title, "name what is launched", "magicloop launch check")
    given = {name: plain(answers.get(name, "")) for name in LAUNCH_QUESTIONS}
    lacks = [name for name, text in given.items() if not text]
    if lacks:
        raise BadValueError(
            f"not answered: {'; '.join(LAUNCH_QUESTIONS[name] for name in lacks)}",
            fix="give " + " ".join(f'--{name} "..."' for name in lacks),
        )
    from datetime import date

    launch = Launch(
        id=f"L{len(desk.recorded.launches) + 1}",
        person=desk.policy.person,
        title=words,
        day=date.fromisoformat(_coming_day(desk, day)),
        gamble=gamble,
        at=desk.now,
        answers=given,
    )
    desk.record("check-launch", launch.id, f"{launch.title}{': a gamble' if gamble else ''}", (launch,))
    return launch


def tie_launch(desk: Desk, name: str, incident_name: str) -> Launch:
    """Tie a launch to the incident it led to.

    :raises UnknownNameError: no such launch or incident.
    """
    launch, incident = find_launch(desk.recorded, name), find_incident(desk.recorded, incident_name)
    tied = replace(launch, incident=incident.id, rev=launch.rev + 1)
    desk.record("tie-launch", launch.id, f"led to {incident.id}", (tied,))
    return tied


def find_launch(recorded: Recorded, name: str) -> Launch:
    """Return the launch called `name` (`L2`, `l2` or `2`).

    :raises UnknownNameError: there is none.
    """
    wanted = name.upper() if name.upper().startswith("L") else f"L{name}"
    for launch in recorded.launches:
        if launch.id == wanted:
            return launch
    near = tuple(launch.id for launch in recorded.launches[-2:])
    raise UnknownNameError("launch", name, near=near, fix="magicloop launch list")


def _person(who: str, address: str) -> dict[str, str]:
    name = _words(who, "name the person", 'give "Name" and address')
    try:
        return {"name": name, "address": check_address(address.strip())}
    except HeaderFaultError as error:
        raise BadValueError(error.what, where="ADDRESS", fix=error.fix or "dana@example.com") from error


def _words(text: str, what: str, fix: str) -> str:
    words = plain(text)
    if not words:
        raise BadValueError(what, fix=f'{fix} "..."')
    return words


def _coming_day(desk: Desk, text: str) -> str:
    day = desk.read_date(text)
    if day < desk.today:
        raise BadValueError(f"{say_day(day)} is over", fix="give a date to come, e.g. 2026-12-18")
    return day.isoformat()


def _note(
    desk: Desk, incident: Incident, kind: NoteKind, fields: Mapping[str, str], detail: str
) -> IncidentNote:
    number = max((n.number for n in desk.recorded.notes if n.incident == incident.id), default=0) + 1
    note = IncidentNote(desk.policy.person, incident.id, number, kind, desk.now, fields)
    desk.record(f"note-{kind.value.replace('_', '-')}", incident.id, detail, (note,))
    return note

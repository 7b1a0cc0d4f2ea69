"""`incident`: something went wrong; own it, and keep the people who matter informed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from automations.cli.incident_drafting import draft_now
from automations.cli.output import emit_json, heading, is_interactive, listing, paragraph, prose, say
from automations.errors import BadValueError
from automations.wiring import HAND_LOCK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from automations.model.records import Incident, Update
    from automations.wiring import Session

PHASES = ("investigating", "identified", "monitoring")
FIELDS = {
    "changed": "What changed since the last update.",
    "now": "What is being done now, and by whom.",
    "next": "The next concrete step.",
    "known": "What is known for sure.",
    "suspected": "What is only suspected.",
    "unknown": "What is not known yet.",
    "need": "The one decision you need, with its deadline.",
    "ruled-out": "What was ruled out.",
}


def field_options(fields: Mapping[str, str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds an option for each field."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for name, meaning in reversed(list(fields.items())):
            command = click.option(f"--{name}", default="", metavar="TEXT", help=meaning)(command)
        return command

    return add


@click.group()
def incident() -> None:
    """Own what went wrong, by short updates that come on time.

    Each update promises the time of the next.
    """


audience_option = click.option(
    "--audience",
    multiple=True,
    metavar="KIND:ADDR,...",
    help="exec: or tactical: and addresses; may be given again.",
)


form_option = click.option(
    "--form",
    metavar="FILE",
    help="Take it all from a form that was filled in before; see the error that kept it.",
)


@incident.command("open")
@click.argument("title", required=False)
@click.option("--severity", type=int, default=None, help="1 (worst) to 4. In doubt take the worse.")
@click.option("--impact", default=None, help="Who is hit, in numbers; or 'unknown, measuring by 15:00'.")
@click.option("--started", metavar="WHEN", help="When it began (14:05, 2026-11-23T14:05); now if left out.")
@click.option("--owner", default="", help="Who owns the repair; you if left out.")
@audience_option
@form_option
@field_options({name: FIELDS[name] for name in ("now", "next", "known", "suspected", "unknown", "need")})
@click.pass_obj
def open_incident(
    session: Session,
    /,
    title: str | None,
    severity: int | None,
    impact: str | None,
    started: str | None,
    owner: str,
    audience: tuple[str, ...],
    form: str | None,
    **fields: str,
) -> None:
    """Open an incident and draft its first notice.

    Without anything a form opens in $EDITOR.
    """
    if form or (title is None and is_interactive()):
        _open_from_form(session, form)
        return
    if title is None:
        raise BadValueError(
            "an incident needs a title", fix='magicloop incident open "EU checkout errors" --severity 2 ...'
        )
    severity, impact = _asked(severity, impact)
    if is_interactive() and not _fields(fields).keys() & {"now", "next"}:
        fields = {**fields, **_answers({"now": "Now (empty: not known yet)", "next": "Next"})}
    opened = _record_opening(
        session, title, severity, impact, started or "", owner, audience, _fields(fields)
    )
    _say_opened(session, opened)


def _open_from_form(session: Session, given: str | None) -> None:
    from automations.cli.incident_form import ask, opening_form
    from automations.cli.kept_words import kept

    writing, filled = ask(session, opening_form(), given, again="magicloop incident open")
    head = {name: filled.pop(name, "") for name in ("title", "impact", "started", "owner", "audience")}
    with kept(session, writing):
        opened = _record_opening(
            session,
            head["title"],
            _severity(filled.pop("severity", "")),
            head["impact"],
            head["started"],
            head["owner"],
            tuple(head["audience"].split()),
            _fields(filled),
        )
    _say_opened(session, opened)


def _record_opening(
    session: Session,
    title: str,
    severity: int,
    impact: str,
    started: str,
    owner: str,
    audience: tuple[str, ...],
    fields: Mapping[str, str],
) -> Incident:
    from automations.cli.when import parse_past
    from automations.desk import incidents as desk

    policy, now = session.policy, session.clock.now()
    began = parse_past(started, now, policy.me.zone) if started else None
    with session.lock(wait=HAND_LOCK_SECONDS):
        journal = session.journal()
        new = desk.NewIncident(title, severity, impact, began, owner, audience, fields)
        return desk.open_incident(
            journal, policy, journal.load(policy.person), now, new, _holidays(session, now)
        )


def _say_opened(session: Session, opened: Incident) -> None:
    say(f"{opened.id} is open, severity {opened.severity}.")
    if not session.policy.incidents.cadence[opened.severity].first:
        say(f"So small an incident has no first notice; to tell of it: magicloop incident update {opened.id}")
    draft_now(session, opened.id)


@incident.command()
@click.argument("name", metavar="ID")
@click.option("--phase", type=click.Choice(PHASES), help="Where it stands now.")
@click.option("--severity", type=int, default=None, help="A new severity.")
@click.option("--impact", default="", help="The impact as it is now.")
@audience_option
@form_option
@field_options(FIELDS)
@click.pass_obj
def update(
    session: Session,
    /,
    name: str,
    phase: str | None,
    severity: int | None,
    impact: str,
    audience: tuple[str, ...],
    form: str | None,
    **fields: str,
) -> None:
    """Record what changed and draft the next update.

    Without any option a form opens in $EDITOR, filled with what was said last.
    """
    given = _fields({**fields, "impact": impact})
    anything = given or phase or severity is not None or audience
    if form or not anything:
        _update_from_form(session, name, form)
        return
    _say_updated(session, *_record_update(session, name, phase, severity, given, audience))


def _update_from_form(session: Session, name: str, given: str | None) -> None:
    from automations.cli.incident_form import ask, update_form
    from automations.cli.kept_words import kept
    from automations.desk.incidents import find_incident

    if not (given or is_interactive()):
        raise BadValueError(
            "an update says what changed",
            fix=f'magicloop incident update {name} --changed "..." --now "..." --next "..."',
        )
    recorded = session.journal().load(session.policy.person)
    found = find_incident(recorded, name)
    form = update_form(recorded, found)
    writing, filled = ask(session, form, given, again=f"magicloop incident update {found.id}")
    with kept(session, writing):
        phase, severity = filled.pop("phase", None), filled.pop("severity", "")
        if phase is not None and phase not in PHASES:
            raise BadValueError(f"{phase!r} is no phase; write {', '.join(PHASES)}")
        if filled.get("impact") == found.impact:
            del filled["impact"]  # said before, so it is no change
        number = _severity(severity) if severity else None
        updated = _record_update(session, name, phase, number, _fields(filled), ())
    _say_updated(session, *updated)


def _record_update(
    session: Session,
    name: str,
    phase: str | None,
    severity: int | None,
    fields: Mapping[str, str],
    audience: tuple[str, ...],
) -> tuple[Update, bool]:
    """Return the update that was recorded, and whether it opened the incident again."""
    from automations.desk import incidents as desk
    from automations.model.records import Phase

    policy = session.policy
    with session.lock(wait=HAND_LOCK_SECONDS):
        journal = session.journal()
        recorded, now = journal.load(policy.person), session.clock.now()
        made = desk.update_incident(
            journal,
            policy,
            recorded,
            now,
            name,
            Phase(phase) if phase else None,
            fields,
            audience,
            severity,
            _holidays(session, now),
        )
        return made, desk.find_incident(recorded, name).resolved is not None


def _say_updated(session: Session, made: Update, reopened: bool) -> None:
    again = ", opened again" if reopened else ""
    say(f"{made.incident}: update {made.number}, {made.phase.value}{again}.")
    draft_now(session, made.incident)


def _severity(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise BadValueError(
            f"severity {text!r} is none; write 1 (the worst) to 4" if text else "missing: severity"
        )
    return int(text)


@incident.command()
@click.argument("name", metavar="ID")
@field_options(
    {
        "verified": "How the recovery was verified.",
        "root-cause": "The root cause, if it is known.",
        "change": "What will be done differently.",
        "owner": "Who sees to that.",
        "by": "By when (2026-12-04, +7d).",
        "data-loss": "What data was lost, or none.",
    }
)
@click.pass_obj
def resolve(session: Session, /, name: str, **fields: str) -> None:
    """Say that it is over, and draft the mail that says so."""
    from automations.desk import incidents as desk

    policy = session.policy
    if fields.get("by"):
        fields["by"] = _day(session, fields["by"])
    with session.lock(wait=HAND_LOCK_SECONDS):
        journal = session.journal()
        recorded = journal.load(policy.person)
        made = desk.resolve_incident(journal, policy, recorded, session.clock.now(), name, _fields(fields))
    say(f"{made.incident} is resolved.")
    draft_now(session, made.incident)


@incident.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_incidents(session: Session, *, as_json: bool) -> None:
    """List the incidents and when their next update is promised."""
    from automations.cli.incident_wording import incident_json, next_due
    from automations.plan.incident_record import overdue_promise
    from automations.plan.zones import say_when

    recorded, now = session.reading_journal().load(session.policy.person), session.clock.now()
    if as_json:
        emit_json({"incidents": [incident_json(session, recorded, each) for each in recorded.incidents]})
        return
    if not recorded.incidents:
        say("No incident. May it stay so.")
        return
    rows = []
    for each in recorded.incidents:
        late = overdue_promise(recorded, each, now)
        due = late[1] if late else next_due(recorded, each)
        promise = f"next update {say_when(due, session.policy.me.zone, with_zone=True)}" if due else ""
        promise = f"{'OVERDUE: ' if late else ''}{promise}"
        rows.append((each.id, f"SEV{each.severity}", each.phase.value, each.title, promise))
    listing(rows)


@incident.command()
@click.argument("name", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(session: Session, name: str, *, as_json: bool) -> None:
    """Show an incident and its updates."""
    from automations.cli.incident_wording import incident_json
    from automations.desk.incidents import find_incident
    from automations.plan.incident_record import tally, told
    from automations.plan.zones import say_when

    recorded = session.reading_journal().load(session.policy.person)
    found = find_incident(recorded, name)
    if as_json:
        emit_json(incident_json(session, recorded, found))
        return
    heading(f"{found.id}  [SEV{found.severity}] {found.title}: {found.phase.value}")
    paragraph(f"Impact: {found.impact}", hanging=2)
    zone = session.policy.me.zone
    count = tally(recorded, found, session.clock.now())
    say(f"  Promises: {count.kept} kept, {count.missed} missed")
    for each in told(recorded, found, session.clock.now()):
        made, state = each.update, each.state
        promised = f", promised for {say_when(each.promised, zone, with_zone=True)}" if each.promised else ""
        sent = f", sent {say_when(each.sent, zone, with_zone=True)}" if each.sent else ""
        say()
        say(f"{made.number}. {say_when(made.at, zone, with_zone=True)}: {made.phase.value}")
        paragraph(f"{state}{promised}{sent}", hanging=3)
        prose([(" ", key.replace("_", " "), text) for key, text in made.fields.items()])


def _holidays(session: Session, now: datetime) -> Mapping[date, str]:
    """Return the holidays a promise made now may have to go round."""
    from automations.plan.needs import PROMISES_AHEAD
    from automations.plan.zones import local

    if not session.policy.invention.country:
        return {}
    zone = session.policy.me.zone
    first, last = local(now, zone).year, local(now + PROMISES_AHEAD, zone).year
    return session.ground().holidays(tuple(range(first, last + 1)))


def _day(session: Session, text: str) -> str:
    """Return a day to come as ISO text.

    :raises BadValueError: it cannot be read, or is past.
    """
    from automations.cli.when import parse_when
    from automations.plan.zones import local

    zone, now = session.policy.me.zone, session.clock.now()
    day = local(parse_when(text, now, zone), zone).date()
    if day < local(now, zone).date():
        raise BadValueError(f"--by {day} is past", fix="--by +7d")
    return day.isoformat()


def _fields(given: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): text for name, text in given.items() if text.strip()}


def _asked(severity: int | None, impact: str | None) -> tuple[int, str]:
    """Return what a first notice cannot do without, asking at a terminal for what is not given.

    :raises BadValueError: there is no terminal to ask at; it names all that is missing.
    """
    if not is_interactive():
        lacks = [("severity", "--severity 2")] if severity is None else []
        lacks += [("impact", '--impact "12% of EU orders fail"')] if impact is None else []
        if lacks:
            what = " and ".join(name for name, _ in lacks)
            raise BadValueError(f"missing: {what}", fix=f"give {' '.join(flag for _, flag in lacks)}")
    if severity is None:
        severity = click.prompt("Severity, 1 (worst) to 4", type=int)
    if impact is None:
        impact = click.prompt("Impact: who is hit, in numbers")
    return severity, impact


def _answers(questions: Mapping[str, str]) -> dict[str, str]:
    """Return what the person types to each question; none must be answered."""
    return {
        field: click.prompt(question, default="", show_default=False) for field, question in questions.items()
    }

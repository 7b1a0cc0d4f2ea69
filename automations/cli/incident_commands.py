"""`incident`: something went wrong; own it, and keep the people who matter informed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from automations.cli.bench import LOCK_WAIT
from automations.cli.output import emit_json, heading, is_interactive, listing, paragraph, prose, say, whisper
from automations.errors import BadValueError, ExitCode, LockHeldError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from automations.cycle import Report
    from automations.model.records import Incident, Recorded
    from automations.plan.incident_record import Told
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


@incident.command("open")
@click.argument("title")
@click.option("--severity", type=int, default=None, help="1 (worst) to 4. In doubt take the worse.")
@click.option("--impact", default=None, help="Who is hit, in numbers; or 'unknown, measuring by 15:00'.")
@click.option("--started", metavar="WHEN", help="When it began (14:05, 2026-11-23T14:05); now if left out.")
@click.option("--owner", default="", help="Who owns the repair; you if left out.")
@audience_option
@field_options({name: FIELDS[name] for name in ("now", "next", "known", "suspected", "unknown", "need")})
@click.pass_obj
def open_incident(
    session: Session,
    /,
    title: str,
    severity: int | None,
    impact: str | None,
    started: str | None,
    owner: str,
    audience: tuple[str, ...],
    **fields: str,
) -> None:
    """Open an incident and draft its first notice."""
    from automations.cli.when import parse_past
    from automations.desk import incidents as desk

    severity, impact = _asked(severity, impact)
    if is_interactive() and not _fields(fields).keys() & {"now", "next"}:
        fields = {**fields, **_answers({"now": "Now (empty: not known yet)", "next": "Next"})}
    policy, now = session.policy, session.clock.now()
    began = parse_past(started, now, policy.me.zone) if started else None
    with session.lock(wait=LOCK_WAIT):
        journal = session.journal()
        new = desk.NewIncident(title, severity, impact, began, owner, audience, _fields(fields))
        opened = desk.open_incident(
            journal, policy, journal.load(policy.person), now, new, _holidays(session, now)
        )
    say(f"{opened.id} is open, severity {opened.severity}.")
    _draft_now(session, opened.id)


@incident.command()
@click.argument("name", metavar="ID")
@click.option("--phase", type=click.Choice(PHASES), help="Where it stands now.")
@click.option("--severity", type=int, default=None, help="A new severity.")
@click.option("--impact", default="", help="The impact as it is now.")
@audience_option
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
    **fields: str,
) -> None:
    """Record what changed and draft the next update."""
    from automations.desk import incidents as desk
    from automations.model.records import Phase

    given = _fields({**fields, "impact": impact})
    if not given and phase is None and severity is None and not audience:
        given = _fields(_asked_update(name))
    policy = session.policy
    with session.lock(wait=LOCK_WAIT):
        journal = session.journal()
        recorded, now = journal.load(policy.person), session.clock.now()
        made = desk.update_incident(
            journal,
            policy,
            recorded,
            now,
            name,
            Phase(phase) if phase else None,
            given,
            audience,
            severity,
            _holidays(session, now),
        )
    again = ", opened again" if desk.find_incident(recorded, name).resolved else ""
    say(f"{made.incident}: update {made.number}, {made.phase.value}{again}.")
    _draft_now(session, made.incident)


@incident.command()
@click.argument("name", metavar="ID")
@field_options(
    {
        "verified": "How the recovery was verified.",
        "root-cause": "The root cause, if it is known.",
        "change": "What will be done differently.",
        "owner": "Who sees to that.",
        "by": "By when.",
        "data-loss": "What data was lost, or none.",
    }
)
@click.pass_obj
def resolve(session: Session, /, name: str, **fields: str) -> None:
    """Say that it is over, and draft the mail that says so."""
    from automations.desk import incidents as desk

    policy = session.policy
    with session.lock(wait=LOCK_WAIT):
        journal = session.journal()
        recorded = journal.load(policy.person)
        made = desk.resolve_incident(journal, policy, recorded, session.clock.now(), name, _fields(fields))
    say(f"{made.incident} is resolved.")
    _draft_now(session, made.incident)


@incident.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_incidents(session: Session, *, as_json: bool) -> None:
    """List the incidents and when their next update is promised."""
    from automations.plan.zones import say_when

    recorded = session.reading_journal().load(session.policy.person)
    if as_json:
        emit_json({"incidents": [incident_json(session, recorded, each) for each in recorded.incidents]})
        return
    if not recorded.incidents:
        say("No incident. May it stay so.")
        return
    rows = []
    for each in recorded.incidents:
        due = _next_due(recorded, each)
        promise = f"next update {say_when(due, session.policy.me.zone, with_zone=True)}" if due else ""
        rows.append((each.id, f"SEV{each.severity}", each.phase.value, each.title, promise))
    listing(rows)


@incident.command()
@click.argument("name", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(session: Session, name: str, *, as_json: bool) -> None:
    """Show an incident and its updates."""
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


def incident_json(session: Session, recorded: Recorded, found: Incident) -> dict[str, Any]:
    """Return an incident as the contract's fields."""
    from automations.cli.wording import local_iso
    from automations.plan.incident_record import overdue_promise, tally, told

    zone, now = session.policy.me.zone, session.clock.now()
    count = tally(recorded, found, now)
    return {
        "id": found.id,
        "title": found.title,
        "severity": found.severity,
        "phase": found.phase.value,
        "impact": found.impact,
        "owner": found.owner,
        "started": local_iso(found.started, zone),
        "opened": local_iso(found.opened, zone),
        "resolved": local_iso(found.resolved, zone),
        "next_update_due": local_iso(_next_due(recorded, found), zone),
        "overdue": overdue_promise(recorded, found, now) is not None,
        "kept": count.kept,
        "missed": count.missed,
        "updates": [_update_json(each, zone) for each in told(recorded, found, now)],
    }


def _update_json(each: Told, zone: str) -> dict[str, Any]:
    from automations.cli.wording import local_iso

    return {
        "number": each.update.number,
        "phase": each.update.phase.value,
        "at": local_iso(each.update.at, zone),
        "promised": local_iso(each.promised, zone),
        "sent": local_iso(each.sent, zone),
        "state": each.state,
        "prepared": each.update.prepared,
        "next": local_iso(each.update.next_due, zone),
        "fields": dict(each.update.fields),
    }


def _next_due(recorded: Recorded, found: Incident) -> datetime | None:
    """Return when readers expect the next mail: as the last one says, else as the newest will say."""
    from automations.plan.incident_record import last_told, updates_of

    updates = updates_of(recorded, found)
    last = last_told(recorded, updates) or (updates[-1] if updates else None)
    return last.next_due if last is not None and found.resolved is None else None


def _holidays(session: Session, now: datetime) -> Mapping[date, str]:
    """Return the holidays a promise made now may have to go round."""
    from automations.plan.needs import PROMISES_AHEAD
    from automations.plan.zones import local

    if not session.policy.invention.country:
        return {}
    zone = session.policy.me.zone
    first, last = local(now, zone).year, local(now + PROMISES_AHEAD, zone).year
    return session.ground().holidays(tuple(range(first, last + 1)))


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


def _asked_update(name: str) -> dict[str, str]:
    """Ask what an update says; nothing at all is a mail that says there is nothing new.

    :raises BadValueError: there is no terminal to ask at.
    """
    if not is_interactive():
        raise BadValueError(
            "an update says what changed",
            fix=f'magicloop incident update {name} --changed "..." --now "..." --next "..."',
        )
    return _answers({"changed": "What changed (empty: nothing)", "now": "Now", "next": "Next"})


def _answers(questions: Mapping[str, str]) -> dict[str, str]:
    """Return what the person types to each question; none must be answered."""
    return {
        field: click.prompt(question, default="", show_default=False) for field, question in questions.items()
    }


def _draft_now(session: Session, incident_id: str) -> None:
    """Write the drafts at once; a run that holds the lock does it a moment later.

    What stands in the way is said and sets the exit code; the incident itself is recorded by then.
    """
    from automations.cli.run_commands import run_once

    try:
        report = run_once(session, frozenset({"incidents"}), wait=LOCK_WAIT)
    except LockHeldError:
        whisper("A run is at work; the draft comes with the next one.")
        return
    prefix = f"incident:{incident_id}:"
    recorded = session.journal().load(session.policy.person)
    for each in recorded.drafts:
        if each.key.startswith(prefix) and each.state.value == "waiting":
            say(f"Draft to {', '.join(each.to)}: magicloop draft show {each.id[:6]}")
    _say_what_hinders(session, report, incident_id)
    failed = any(result.error is not None and result.subject.startswith(prefix) for result in report.results)
    if report.refusal is not None or failed:
        code = report.exit_code
        click.get_current_context().exit(code if code is not ExitCode.DONE else ExitCode.PARTIAL)


def _say_what_hinders(session: Session, report: Report, incident_id: str) -> None:
    """Say what is in the way of this incident's mails, and every other problem not told of before."""
    from automations.cli.wording import problem_lines

    if report.refusal is not None:
        whisper(f"not drafted: {report.refusal}")
        if report.refusal.fix:
            whisper(f"fix: {report.refusal.fix}")
        return
    zone, now = session.policy.me.zone, session.clock.now()
    told = {problem.key for problem in report.notices.told}
    for problem in report.notices.standing:
        mine = problem.subject.partition(" ")[0] == incident_id or problem.subject.startswith(
            f"incident:{incident_id}:"
        )
        if mine or problem.key in told:
            for line in problem_lines(problem, zone, now):
                whisper(line)
    for problem in report.notices.recovered:
        whisper(f"over: {problem.what}")

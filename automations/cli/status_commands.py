"""`status`, and what the bare command says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from automations.cli.output import emit_json, heading, listing, prose, say, table
from automations.errors import ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from automations.desk.status import Status
    from automations.model.loop import Promise
    from automations.model.records import Draft
    from automations.model.sending import Approval
    from automations.wiring import Session


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--exit-code", is_flag=True, help="Exit with 20 when drafts wait for you (or 3 when something is wrong)."
)
@click.option(
    "--alive", is_flag=True, help="Say only when a run last came by; exits with 1 after 35 min awake without."
)
@click.pass_context
def status(ctx: click.Context, *, as_json: bool, exit_code: bool, alive: bool) -> None:
    """Show what waits, what is due and what stands in the way."""
    session: Session = ctx.obj
    now = session.clock.now()
    found = _found(session, now)
    if alive:
        _tell_alive(ctx, session, found, now, as_json=as_json)
    elif as_json:
        _emit_status(session, found, now)
    else:
        print_status(session, found, now)
    if exit_code:
        ctx.exit(_status_code(found))


def _found(session: Session, now: datetime) -> Status:
    """Return where everything stands, a schedule that calls no more among the problems."""
    from automations.desk.status import ongoing_silence, status_of

    recorded = session.reading_journal().load(session.policy.person)
    found = status_of(recorded, now)
    uptime, zone = session.clock.uptime(), session.policy.me.zone
    silent = ongoing_silence(recorded, now, uptime, zone, session.schedule_fix)
    return replace(found, problems=(*found.problems, *silent))


def _tell_alive(ctx: click.Context, session: Session, found: Status, now: datetime, *, as_json: bool) -> None:
    """Say in one line whether runs still come by, for a monitor: it exits with 1 when they do not."""
    from automations.cli.wording import local_iso
    from automations.desk.health.running import alive_row
    from automations.plan.silence import silence_of, still_comes

    recorded = session.reading_journal().load(session.policy.person)
    silence = silence_of(recorded, now, session.clock.uptime())
    alive = still_comes(found.last_look, silence)
    if as_json:
        emit_json({"alive": alive, "last_look": local_iso(found.last_look, session.policy.me.zone)})
    else:
        say(alive_row(found.last_look, now, "", silence).what)
    if not alive:
        ctx.exit(ExitCode.ERROR)


def _status_code(found: Status) -> ExitCode:
    if found.waiting or found.unsure:
        return ExitCode.WAITING
    return ExitCode.PARTIAL if found.problems or found.overdue else ExitCode.DONE


def _emit_status(session: Session, found: Status, now: datetime) -> None:
    from automations.cli.wording import local_iso, problem_json, run_json

    zone = session.policy.me.zone
    last = found.last_run
    emit_json(
        {
            "now": local_iso(now, zone),
            "sample": session.policy.sample,
            "waiting": [
                {"id": d.id, "key": d.key, "state": d.state.value, "subject": d.subject}
                for d in (*found.waiting, *found.unsure)
            ],
            "leaving": [
                {
                    "id": draft.id,
                    "key": draft.key,
                    "subject": draft.subject,
                    "not_before": local_iso(approval.not_before, zone),
                    "stayed": why,
                }
                for draft, approval, why in found.leaving
            ],
            "overdue": [
                {"incident": incident.id, "promised": local_iso(due, zone)} for incident, due in found.overdue
            ],
            "promises_near": [
                {"id": each.id, "boss": each.boss, "due": each.due.isoformat(), "text": each.text}
                for each in _nearing(session, now)
            ],
            "next_due": local_iso(found.due, zone),
            "last_run": last and run_json(last, zone),
            "last_look": local_iso(found.last_look, zone),
            "problems": [problem_json(problem, zone) for problem in found.problems],
        }
    )


def print_status(session: Session, found: Status, now: datetime) -> None:
    """Print the status for a person."""
    from automations.cli.report import print_problem

    zone = session.policy.me.zone
    if session.policy.sample:
        say("This is the sample (made-up people). Make it yours: magicloop init")
    if found.last_run is None:
        say("No run yet. Try: magicloop run")
        return
    prose([*_standing_rows(found, zone), *_waiting_offers(session, now), *_near_promises(session, now)])
    _print_mails(found, zone)
    for problem in found.problems:
        say()
        print_problem(problem, zone, now)
    if not (found.waiting or found.unsure or found.overdue or found.problems):
        say("Nothing waits for you.")


def _standing_rows(found: Status, zone: str) -> list[tuple[str, str]]:
    """Return the last run, the next, the blocks to come and the promises that are late."""
    from automations.plan.zones import say_month, say_when

    assert found.last_run is not None, "the caller looked"
    rows = [
        ("last run", f"{say_when(found.last_run.started, zone, with_zone=True)}: {found.last_run.outcome}")
    ]
    if found.last_look is not None and found.last_look > found.last_run.started:
        rows.append(("last look", f"{say_when(found.last_look, zone, with_zone=True)}: nothing was due"))
    if found.due is not None:
        rows.append(("next look", say_when(found.due, zone, with_zone=True)))
    for number, block in enumerate(found.next_blocks):
        assert block.span is not None, "a live block stands somewhere"
        when = say_when(block.span, zone, with_zone=True)
        rows.append(("" if number else "blocks", f"{when}: invention time for {say_month(block.month)}"))
    for incident, due in found.overdue:
        when = say_when(due, zone, with_zone=True)
        rows.append(("OVERDUE", f"{incident.id}: an update was promised for {when}"))
    return rows


def _waiting_offers(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Return the offers that a rule holds back."""
    from automations.plan.offers import withheld

    recorded = session.reading_journal().load(session.policy.person)
    return [
        ("offer", f"the one to {boss.name} {rule.why}")
        for boss, rule in withheld(session.policy, now, recorded)
    ]


def _near_promises(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Return the promises due within three working days."""
    from automations.plan.zones import say_day

    return [
        ("promise", f"{promise.id} to {promise.boss}, due {say_day(promise.due)}: {promise.text}")
        for promise in _nearing(session, now)
    ]


def _nearing(session: Session, now: datetime) -> tuple[Promise, ...]:
    from automations.plan.promises import nearing_promises

    policy = session.policy
    recorded = session.reading_journal().load(policy.person)
    holidays = session.ground().holidays((now.year, now.year + 1)) if recorded.promises else {}
    return nearing_promises(policy, recorded, now, holidays)


def _leave(draft: Draft, approval: Approval, why: str | None, zone: str) -> str:
    from automations.plan.zones import say_when

    when = say_when(approval.not_before, zone, with_zone=True)
    to = f"to {', '.join((*draft.to, *draft.cc))}"
    if why is None:
        return f"{to}; it leaves with the first run after {when}"
    return f"{to}; it did not leave {when}{f': {why}' if why else ''}; the next run tries again"


def _print_mails(found: Status, zone: str) -> None:
    """Print the drafts to read, those that may have gone, and those that are to leave."""
    if found.waiting:
        say()
        heading(f"{len(found.waiting)} draft{'s' if len(found.waiting) > 1 else ''} to read")
        listing([(d.id[:6], d.subject, ", ".join(d.to)) for d in found.waiting])
        say(f"Read one: magicloop draft show {found.waiting[0].id[:6]}")
    if found.unsure:
        say()
        heading("Handed over; did they go?")
        table([(d.id[:6], d.subject, f"magicloop draft resolve {d.id[:6]} --sent") for d in found.unsure])
    if found.leaving:
        say()
        heading("Approved, about to leave")
        prose([(d.id[:6], d.subject, _leave(d, a, why, zone)) for d, a, why in found.leaving])
        say(f"Take one back: magicloop draft undo {found.leaving[0][0].id[:6]}")


def welcome(session: Session) -> None:
    """Say what the bare command says: the status when there is one, else what to do first."""
    if session.places.sample and not session.journal_exists():
        heading("magicloop: two hours a month to invent, mails that help your boss, incidents owned.")
        say("Nothing is sent that you have not approved.")
        say()
        table(
            [
                (
                    "magicloop run",
                    "try it now on a made-up calendar; no account, nothing leaves this machine",
                ),
                ("magicloop init", "make it yours: five questions"),
                ("magicloop --help", "all commands"),
            ]
        )
        return
    now = session.clock.now()
    print_status(session, _found(session, now), now)

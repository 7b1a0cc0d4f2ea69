"""`run` and `plan`: one turn of the whole product, and what it would do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import click

from automations.cli.monitored import told_of_visit, watched_over
from automations.cli.output import emit_json, heading, is_interactive, prose, say, whisper

if TYPE_CHECKING:
    from datetime import datetime

    from automations.cycle import Report
    from automations.ports import Monitor
    from automations.wiring import Session

AUTOMATIONS = ("incidents", "aftermath", "promises", "invention", "quarterly", "offers", "sending")

only_option = click.option(
    "--only", multiple=True, type=click.Choice(AUTOMATIONS), help="Limit it to this; may be given again."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")
@click.option("--report", is_flag=True, help="Say what was done even when no terminal is there.")
@click.option("--clock-is-right", is_flag=True, help="Believe the clock, though an earlier run was ahead.")
@only_option
@json_option
@click.pass_context
def run(
    ctx: click.Context,
    *,
    dry_run: bool,
    report: bool,
    clock_is_right: bool,
    only: tuple[str, ...],
    as_json: bool,
) -> None:
    """Do what is due: book blocks, write drafts, log the cycle.

    The scheduler calls this. Call it as often as you like: what is done is not done again.
    """
    session: Session = ctx.obj
    if dry_run:
        show_plan(session, frozenset(only), as_json=as_json, clock_is_right=clock_is_right)
        return
    scheduled = not is_interactive()
    quiet = scheduled and not (as_json or report or ctx.find_root().params.get("debug"))
    try:
        turn = _turn(session, frozenset(only), scheduled=scheduled, clock_is_right=clock_is_right)
    except Exception as error:
        if not quiet:
            raise
        from automations.cli.failing import tell_failure

        ctx.exit(tell_failure(session, error))
    if isinstance(turn, _Idle):
        _say_idle(session, turn.until, as_json=as_json, aloud=report or not scheduled)
    elif as_json:
        _emit_report(session, turn.report)
    elif report or not scheduled or turn.first_use:
        from automations.cli.report import print_report

        print_report(session, turn.report, first_use=turn.first_use)
    else:
        _speak_up(session, turn.report)
    # One with nothing due looks in one place only; the other is for a data folder that could not be used.
    if quiet and (isinstance(turn, _Made) or os.path.lexists(session.places.told)):
        from automations.cli.failing import tell_over

        tell_over(session)
    if isinstance(turn, _Made):
        ctx.exit(turn.report.exit_code)


class _Idle(NamedTuple):
    until: datetime


class _Made(NamedTuple):
    report: Report
    first_use: bool


def _turn(session: Session, only: frozenset[str], *, scheduled: bool, clock_is_right: bool) -> _Idle | _Made:
    """Make a run, unless nothing is due."""
    first_use = session.make_sample()
    idle = None if first_use or only or clock_is_right else session.idle_until()
    if idle is not None and (not (scheduled and idle[1]) or told_of_visit(session)):
        return _Idle(idle[0])
    if scheduled:
        return _Made(_scheduled_run(session, only, clock_is_right=clock_is_right), first_use)
    return _Made(run_once(session, only, clock_is_right=clock_is_right), first_use)


def _scheduled_run(session: Session, only: frozenset[str], *, clock_is_right: bool) -> Report:
    """Make a run that the monitor hears of, and `run.log` keeps what is told of it."""
    from automations.cli.run_log import run_log

    with run_log(session) as log, watched_over(session) as monitor:
        report = run_once(session, only, monitor=monitor, clock_is_right=clock_is_right)
    for level, line in _told(session, report):
        log.add(level, [line])
    log.add("info", [f"run {report.run.id}: {report.outcome}, exit code {int(report.exit_code)}"])
    return report


def run_once(
    session: Session,
    only: frozenset[str] = frozenset(),
    *,
    wait: float = 0.0,
    monitor: Monitor | None = None,
    clock_is_right: bool = False,
) -> Report:
    """Make one run under the run lock; `monitor` is told of it. `clock_is_right`: a person says so.

    :raises LockHeldError: another run is at work.
    """
    from dataclasses import replace

    from automations.cycle import run_cycle

    session.config()
    with session.lock(wait=wait):
        world = replace(session.world(), monitor=monitor)
        ground = session.ground()
        return run_cycle(session.policy, world, ground, only=only, clock_is_right=clock_is_right)


@click.command()
@only_option
@json_option
@click.pass_obj
def plan(session: Session, *, only: tuple[str, ...], as_json: bool) -> None:
    """Show what the next run would do, and why. Changes nothing."""
    show_plan(session, frozenset(only), as_json=as_json)


def show_plan(session: Session, only: frozenset[str], *, as_json: bool, clock_is_right: bool = False) -> None:
    """Print the plan of a run that would start now."""
    from automations.cli.report import print_problem
    from automations.cli.wording import action_json, action_lines, local_iso, problem_json
    from automations.cycle import next_look, preview
    from automations.plan.notices import plan_notices
    from automations.plan.offers import withheld

    zone, now = session.policy.me.zone, session.clock.now()
    world, ground = session.world(session.reading_journal()), session.ground()
    planned, recorded = preview(session.policy, world, ground, only=only, clock_is_right=clock_is_right)
    if as_json:
        notices = plan_notices(recorded.problems, (*planned.problems, *planned.unsure), now)
        emit_json(
            {
                "now": local_iso(now, zone),
                "actions": [action_json(action, zone) for action in planned.actions],
                "problems": [problem_json(problem, zone) for problem in planned.problems],
                "next_due": local_iso(next_look(planned, notices.standing), zone),
            }
        )
        return
    if planned.actions:
        heading("A run now would:")
        prose(action_lines(planned.actions, zone))
    else:
        say("A run now would change nothing.")
    for boss, rule in withheld(session.policy, now, recorded):
        say(f"The offer to {boss.name} {rule.why}.")
    for problem in planned.problems:
        print_problem(problem, zone, now)


def _say_idle(session: Session, until: datetime, *, as_json: bool, aloud: bool) -> None:
    """Say that nothing is due. Under a scheduler that is silence, and loads nothing more."""
    if not as_json and not aloud:
        return
    from automations.cli.report import NOTHING
    from automations.cli.wording import local_iso, problem_json
    from automations.plan.zones import say_when

    zone = session.policy.me.zone
    if aloud and not as_json:
        say(f"{NOTHING}\nNext look: {say_when(until, zone, with_zone=True)}")
        return
    now = local_iso(session.clock.now(), zone)
    problems = session.reading_journal().load(session.policy.person).problems
    emit_json(
        {
            "run": {"id": None, "started": now, "finished": now, "outcome": "nothing"},
            "actions": [],
            "problems": [problem_json(problem, zone) for problem in problems],
            "next_due": local_iso(until, zone),
        }
    )


def _emit_report(session: Session, report: Report) -> None:
    from automations.cli.wording import local_iso, problem_json, result_json, run_json

    zone = session.policy.me.zone
    refusal = report.refusal
    emit_json(
        {
            "run": {**run_json(report.run, zone), "outcome": report.outcome.value},
            "actions": [result_json(result, zone) for result in report.results],
            "problems": [problem_json(problem, zone) for problem in report.notices.standing],
            "refusal": refusal and {"what": refusal.what, "where": refusal.where, "fix": refusal.fix},
            "next_due": local_iso(report.due, zone),
        }
    )


def _speak_up(session: Session, report: Report) -> None:
    """Under a scheduler: silent when well, at most six lines for what is new, one for what is over."""
    told = _told(session, report)
    news = [each for each in told if each[0] != "notice"]
    most = 6
    shown = news if len(news) <= most else [*news[: most - 1], ("warning", "more: magicloop status")]
    for level, line in (*shown, *(each for each in told if each[0] == "notice")):
        whisper(line, level)


def _told(session: Session, report: Report) -> list[tuple[str, str]]:
    """Return every line there is to tell of a run, each with its level; what is over is a notice."""
    from automations.cli.wording import problem_lines, told_once
    from automations.model.records import Severity

    zone, now = session.policy.me.zone, session.clock.now()
    grave = (Severity.ERROR, Severity.SIGN_IN)
    news = [
        ("error" if problem.severity in grave else "warning", line)
        for problem in told_once(report.notices.told)
        for line in problem_lines(problem, zone, now)
    ]
    return [*news, *(("notice", f"over: {problem.what}") for problem in told_once(report.notices.recovered))]

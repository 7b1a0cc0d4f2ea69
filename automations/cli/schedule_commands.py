"""`schedule`: have this machine's scheduler make a run every quarter of an hour."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import emit_json, heading, is_interactive, say, table
from automations.errors import ENDS_WELL, BadValueError, ExitCode, MagicloopError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automations.compose.schedule import Call
    from automations.desk.schedule.judgement import Judgement
    from automations.desk.schedule.programs import Scheduler, Stray
    from automations.model.records import Recorded
    from automations.plan.silence import Silence
    from automations.wiring import Session

_PATIENCE, _GLANCE = 60.0, 0.5
"""Seconds: how long a run that was only begun is waited for, and how often its mark is looked for."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def kind_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the three flags that name a scheduler; the command is handed the one that was given, None for none."""

    @wraps(command)
    def with_kind(*args: Any, cron: bool, launchd: bool, systemd: bool, **options: Any) -> None:
        given = {"systemd": systemd, "launchd": launchd, "cron": cron}
        kinds = [kind for kind, wanted in given.items() if wanted]
        if len(kinds) > 1:
            raise BadValueError(
                f"--{' and --'.join(kinds)} name more than one scheduler; nothing was done",
                fix=f"magicloop schedule {click.get_current_context().info_name} --{kinds[0]}",
            )
        command(*args, kind=next(iter(kinds), None), **options)

    made: Callable[..., None] = with_kind
    for kind, text in (
        ("cron", "By a block in your crontab."),
        ("launchd", "By a launch agent (macOS)."),
        ("systemd", "By a timer of your own systemd."),
    ):
        made = click.option(f"--{kind}", is_flag=True, help=text)(made)
    return made


@click.group()
def schedule() -> None:
    """Have this machine make a run every 15 minutes."""


@schedule.command()
@kind_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def install(ctx: click.Context, *, kind: str | None, yes: bool) -> None:
    """Show the schedule's files, ask, write them, make one run.

    It takes launchd on macOS, else your own systemd where it answers, else cron. Again, it brings the schedule
    up to date: after an upgrade that moved the program, for example.
    """
    from automations.desk.schedule.choice import best_kind, present_kinds
    from automations.desk.schedule.judgement import install_words

    session: Session = ctx.obj
    call = _call(session, needs_config=True)
    chosen = _scheduler(session, kind or best_kind())
    _print_files(chosen, call)
    if not yes:
        if not is_interactive():
            raise RefusedError(
                "installing a schedule without a terminal needs --yes; nothing was written",
                fix=f"{install_words(chosen.kind)} --yes",
            )
        say()
        if not click.confirm("Install this?", default=True):
            say("Nothing was written.")
            return
    first = not installed_kinds(session)
    told = chosen.install(call)
    if first:
        _begin_watch(session)
    say()
    say(f"Installed with {chosen.kind}: a run every 15 minutes.")
    for line in told:
        say(line)
    for other in present_kinds():
        if other != chosen.kind and _scheduler(session, other).remove(call):
            say(f"Taken off {other}, so that one of them calls.")
    for stray in (each for one in _present(session) for each in one.strays(call) if each.runs):
        say(f"It is also called by {stray.what}")
        say(f"  to end that: {stray.fix}")
    _show_trial(ctx, chosen, call)


@schedule.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def uninstall(session: Session, *, yes: bool) -> None:
    """Take the schedule off again, from whichever scheduler has it."""
    call = _call(session)
    there = [one for one in _present(session) if one.installed(call) is not None]
    if not there:
        say("There is no schedule to take off.")
        return
    names = ", ".join(one.kind for one in there)
    if not yes:
        if not is_interactive():
            raise RefusedError(
                "taking the schedule off without a terminal needs --yes; nothing was changed",
                fix="magicloop schedule uninstall --yes",
            )
        if not click.confirm(f"Take the schedule off {names}?", default=True):
            say("Nothing was changed.")
            return
    for one in there:
        one.remove(call)
    say(f"Taken off {names}. Nothing calls it any more; by hand: magicloop run")


@schedule.command(name="print")
@kind_options
@json_option
@click.pass_obj
def print_command(session: Session, *, kind: str | None, as_json: bool) -> None:
    """Print the schedule's files without writing them."""
    from automations.desk.schedule.choice import best_kind

    call = _call(session)
    chosen = _scheduler(session, kind or best_kind())
    if as_json:
        files = [{"path": path, "text": text} for path, text in chosen.files(call)]
        emit_json({"kind": chosen.kind, "id": call.id, "files": files})
    elif kind == "cron":
        say(chosen.files(call)[0][1].rstrip("\n"))
    else:
        _print_files(chosen, call)


@schedule.command()
@json_option
@click.pass_context
def status(ctx: click.Context, *, as_json: bool) -> None:
    """Tell whether the schedule is there and alive.

    It exits with 1 while something keeps it from running.
    """
    session: Session = ctx.obj
    call, now = _call(session), session.clock.now()
    found = judgements(session)
    there = [one for one in found if one.there]
    recorded = session.reading_journal().load(session.policy.person)
    last, silence = recorded.last_look, _missed(recorded, session)
    if not any(one.look for one in found):
        silence = None  # nothing that is there says how often it calls
    if as_json:
        from automations.cli.wording import local_iso

        zone = session.policy.me.zone
        calls = any(one.installed for one in found) and silence is None
        upcoming = local_iso(next_quarter(now), zone) if calls else None
        emit_json(
            {
                "id": call.id,
                "schedulers": [_judgement_json(one) for one in found],
                "last_look": last and local_iso(last, zone),
                "next_look": upcoming,
                "silent": silence is not None,
            }
        )
    else:
        _print_status(session, found, last, None if silence else now)
        if there and silence is not None:
            say(f"But {silence.words(session.policy.me.zone, over=False)}: magicloop doctor")
    if not there or silence is not None or any(one.trouble for one in there):
        ctx.exit(ExitCode.ERROR)


def _missed(recorded: Recorded, session: Session) -> Silence | None:
    """Return the silence up to now, where runs were certainly missed."""
    from automations.plan.silence import silence_of

    silence = silence_of(recorded, session.clock.now(), session.clock.uptime())
    return silence if silence is not None and silence.stopped else None


def installed_kinds(session: Session) -> tuple[str, ...]:
    """Return the schedulers that have the schedule of this config and data; one that cannot be asked has none."""
    return tuple(one.kind for one in judgements(session) if one.installed)


def still_called(session: Session) -> tuple[Stray, ...]:
    """Return all that calls the command but the schedule of this config and data, and what ends each."""
    from automations.desk.schedule.judgement import still_calling

    return still_calling(_call(session))


def _begin_watch(session: Session) -> None:
    """Note that runs are to come from now on: the time before, when nothing was to call, is no silence."""
    if session.journal_exists():
        with suppress(MagicloopError):  # the trial meets it too, and tells of it
            session.journal().touch(session.clock.now(), session.clock.uptime())


def take_off(session: Session, kinds: tuple[str, ...]) -> None:
    """Take the schedule off these schedulers.

    :raises MagicloopError: one does not let go of it.
    """
    call = _call(session)
    for kind in kinds:
        _scheduler(session, kind).remove(call)


def next_quarter(now: datetime) -> datetime:
    """Return the next instant a scheduler calls, to the quarter of an hour."""
    whole = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    return whole + timedelta(minutes=15)


def judgements(session: Session) -> list[Judgement]:
    """Return how the schedule stands with each scheduler of this machine."""
    from automations.desk.schedule.judgement import judge_all

    return judge_all(_call(session))


def _judgement_json(one: Judgement) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "installed": one.installed,
        "calls": list(one.calls) if one.installed else None,
        "trouble": one.trouble,
        "fix": one.fix,
        "strays": [each.what for each in one.strays],
        "others": [{"config": each.config, "data": each.data} for each in one.others],
    }


def _print_status(
    session: Session, found: list[Judgement], last: datetime | None, now: datetime | None
) -> None:
    """Say how the schedule stands; `now` None: nothing calls, so that the next call cannot be named."""
    from automations.desk.schedule.judgement import uninstall_words
    from automations.plan.zones import say_when

    there = [one for one in found if one.installed]
    if not any(one.there or one.trouble for one in found):
        say("There is no schedule. To make one: magicloop schedule install")
    for one in found:
        if one.installed or one.trouble:
            say(f"{one.kind}: {one.trouble or 'installed'}")
            if one.fix:
                say(f"  fix: {one.fix}")
        for stray in one.strays:
            say(f"{one.kind}: a schedule of your own, {stray.what}")
            say(f"  to change it: {stray.fix}")
        for other in one.others:
            say(f"{one.kind}: another schedule, by the config {other.config}, its data in {other.data}")
            say(f"  to take it off: {uninstall_words(other)}")
    zone = session.policy.me.zone
    rows = [("last look", say_when(last, zone, with_zone=True) if last else "none yet")]
    if there and now is not None:
        rows.append(("next call", say_when(next_quarter(now), zone, with_zone=True)))
    table(rows)


def _last_look(session: Session) -> datetime | None:
    return session.reading_journal().load(session.policy.person).last_look


def _show_trial(ctx: click.Context, chosen: Scheduler, call: Call) -> None:
    """Have the scheduler make one run, and show what came of it: how it ended, and what stands in the journal."""
    session: Session = ctx.obj
    before = _last_look(session)
    trial = chosen.try_out(call)
    if trial.code is None:
        say(f"A run was begun ({trial.how}).")
    else:
        well = trial.code in ENDS_WELL
        say(f"One run by it ({trial.how}): exit code {trial.code}, {'fine' if well else 'not well'}.")
    for line in trial.said.splitlines()[:6]:
        say(f"  {line}")
    if trial.code is not None and trial.code not in ENDS_WELL:
        say("fix: magicloop doctor")
        ctx.exit(ExitCode.ERROR)
    if trial.code in {ExitCode.TEMPORARY, ExitCode.LOCKED}:
        return
    if not _came_by(session, before, seconds=0.0 if trial.code is not None else _PATIENCE):
        say(f"But it left no mark in {call.data}: nothing was done for this config.")
        say(f"fix: magicloop doctor    (what {chosen.kind} calls: magicloop schedule print --{chosen.kind})")
        ctx.exit(ExitCode.ERROR)
    from automations.cli.status_commands import print_status
    from automations.desk.status import status_of

    say()
    now = session.clock.now()
    print_status(session, status_of(session.reading_journal().load(session.policy.person), now), now)


def _came_by(session: Session, before: datetime | None, *, seconds: float) -> bool:
    """Tell whether a run came by since the look at `before`; wait up to so many seconds for one that was only begun."""
    for waited in range(int(seconds / _GLANCE) + 1):
        if waited:
            session.clock.sleep(_GLANCE)
        seen = _last_look(session)
        if seen is not None and seen != before:
            return True
    return False


def _print_files(chosen: Scheduler, call: Call) -> None:
    for number, (path, text) in enumerate(chosen.files(call)):
        if number:
            say()
        heading(path)
        say(text.rstrip("\n"))


def _call(session: Session, *, needs_config: bool = False) -> Call:
    from automations.config.places import own_places
    from automations.desk.schedule.choice import call_of

    own = own_places(session.places)
    if needs_config:
        if session.places.sample:
            raise RefusedError(
                "there is no config of your own yet to run by", where=own.config, fix="magicloop init"
            )
        session.config()
    return call_of(own.config, own.data, os.environ)


def _present(session: Session) -> list[Scheduler]:
    from automations.desk.schedule.choice import present_kinds

    return [_scheduler(session, kind) for kind in present_kinds()]


def _scheduler(session: Session, kind: str) -> Scheduler:
    from automations.config.places import own_places
    from automations.desk.schedule.choice import keeper, scheduler_of

    stamp = f"{session.clock.now():%Y%m%dT%H%M%SZ}"
    return scheduler_of(kind, Path.home(), keeper(Path(own_places(session.places).data), stamp))

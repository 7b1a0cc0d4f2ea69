"""Judgements of the journal, the lock, the clock and the schedule: what keeps the job from running."""

from __future__ import annotations

from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING

from automations.desk.health.files import MIB, ago
from automations.errors import PlanRefusedError
from automations.model.health import Row, State
from automations.plan.clock_check import CONFIRM, SERVER_TOLERANCE, check_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from automations.model.health import JournalSeen, LockSeen, ZonesSeen
    from automations.plan.silence import Silence

SET_CLOCK = "timedatectl set-ntp true"
RESTORE = "magicloop restore FILE --force"

LONG_LATE = timedelta(days=3)
"""A silence that stands in the way of the job: within three days little is missed."""
_LONG_RUN = timedelta(minutes=30)
_OLD_ZONES_YEARS = 2
_SLACK = timedelta(minutes=5)


def journal_rows(seen: JournalSeen, person: str) -> Iterator[Row]:
    """Judge the journal's file: whole, of a layout this program knows, the person's own, its log untouched."""
    name = "journal"
    if seen.layout > seen.known:
        what = f"{seen.path} was written by a newer magicloop (layout {seen.layout}, known {seen.known})"
        yield Row(name, State.ERROR, what, "uv tool upgrade magicloop")
        return
    faults = list(_journal_faults(seen))
    yield from faults
    if person and seen.people and person not in seen.people:
        what = f"it is that of {seen.people[0]}, but me.email is {person}"
        yield Row(name, State.ERROR, what, "magicloop config edit")
    if seen.layout < seen.known:
        what = f"{seen.path} has layout {seen.layout}; the next run brings it to {seen.known}"
        yield Row(name, State.INFO, what, "magicloop run")
    elif not faults:
        what = f"{seen.path} ({seen.size / MIB:.1f} MB, layout {seen.layout}, whole)"
        yield Row(name, State.OK, what)
    if seen.log_broken:
        yield Row("log", State.ERROR, seen.log_broken, "magicloop log verify")
    else:
        yield Row("log", State.OK, f"{seen.log_lines} lines, each as it was written")


def _journal_faults(seen: JournalSeen) -> Iterator[Row]:
    for sentence in seen.damage:
        yield Row("journal", State.ERROR, f"{seen.path} is damaged: {sentence}", RESTORE)
    if seen.orphans:
        what = f"{seen.path}: {seen.orphans} rows belong to a record that is not there"
        yield Row("journal", State.ERROR, what, RESTORE)
    if seen.lacking and seen.layout == seen.known:
        what = f"{seen.path} lacks rules that keep it right: {', '.join(seen.lacking)}"
        yield Row("journal", State.ERROR, what, RESTORE)


def lock_row(seen: LockSeen, begun: datetime | None, now: datetime) -> Row:
    """Judge the run lock. It is the system's own and dies with its process, so it can never be stale."""
    if seen.trouble:
        return Row("lock", State.ERROR, seen.trouble, seen.cure)
    if not seen.held:
        return Row("lock", State.OK, "no run is at work")
    whom = f" (process {seen.pid})" if seen.pid else ""
    if begun is not None and now - begun > _LONG_RUN:
        what = f"a run has been at work for {ago((now - begun).total_seconds())}{whom}"
        fix = f"kill {seen.pid}" if seen.pid else f"fuser -k {quote(seen.path)}"
        return Row("lock", State.WARNING, what, fix)
    return Row("lock", State.INFO, f"a run is at work{whom}; it ends by itself", "magicloop status")


def clock_row(now: datetime, seen: JournalSeen | None) -> Row:
    """Judge this machine's clock by the runs before: an error where the next run would be refused for it."""
    said = f"{now:%Y-%m-%d %H:%M} UTC"
    if seen is None:
        return Row("clock", State.OK, said)
    try:
        check_runs(now, seen.times)
    except PlanRefusedError:
        assert seen.times.last is not None, "else nothing is refused"
        what = f"{said}, but the last run was at {seen.times.last:%Y-%m-%d %H:%M} UTC; no run does anything"
        fix = f"{SET_CLOCK}    (or, if the clock is right: {CONFIRM})"
        return Row("clock", State.ERROR, what, fix)
    if seen.last_look is not None and seen.last_look - now > _SLACK:
        behind = ago((seen.last_look - now).total_seconds())
        return Row("clock", State.WARNING, f"{said}, which is {behind} before the last run", SET_CLOCK)
    return Row("clock", State.OK, said)


def server_clock_row(now: datetime, server: datetime, whose: str) -> Row:
    """Judge this machine's clock by a server's."""
    off = abs(now - server)
    if off > SERVER_TOLERANCE:
        what = f"this machine's clock is {off.total_seconds() // 60:.0f} minutes off {whose}"
        return Row("clock", State.ERROR, what, SET_CLOCK)
    return Row("clock", State.OK, f"agrees with {whose}")


def zones_row(seen: ZonesSeen, zone: str, now: datetime) -> Row:
    """Judge the age of the time zone rules; governments change them several times a year."""
    source = {"system": "the system's", "tzdata": "the tzdata package's"}.get(seen.source, "")
    fix = (
        "sudo apt-get install --only-upgrade tzdata"
        if source.startswith("the s")
        else "uv tool upgrade magicloop"
    )
    if not source:
        return Row("zones", State.ERROR, f"there are no time zone rules for {zone}", fix)
    year = int(seen.version[:4]) if seen.version[:4].isdigit() else None
    if year is None:
        return Row("zones", State.INFO, f"{zone}; {source} rules, of unknown age", fix)
    if now.year - year >= _OLD_ZONES_YEARS:
        what = f"{zone}; {source} rules are of {seen.version}, and zones have changed since"
        return Row("zones", State.WARNING, what, fix)
    return Row("zones", State.OK, f"{zone}; {source} rules of {seen.version}")


def alive_row(last_look: datetime | None, now: datetime, cure: str, silence: Silence | None) -> Row:
    """Judge by the last look and the silence since whether the scheduler still calls; `cure` is what to type if not."""
    if last_look is None:
        return Row("schedule", State.INFO, "no run yet", cure)
    since = max(timedelta(0), now - last_look)
    what = f"a run last came by {ago(since.total_seconds())} ago"
    if silence is None:
        return Row("schedule", State.OK, what)
    if silence.excused:
        return Row("schedule", State.INFO, f"{what}: the machine was off or asleep")
    state = State.ERROR if (silence.awake or since) > LONG_LATE else State.WARNING
    ends = ", though the machine was on: nothing calls it any more"
    return Row(
        "schedule", state, f"{what}{ends if silence.stopped else '; was the machine off or asleep?'}", cure
    )


def problems_row(problems: tuple[str, ...]) -> Row:
    """Tell what the last run left standing."""
    if not problems:
        return Row("last run", State.OK, "left no problem standing")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Row("last run", State.WARNING, f"{problems[0]}{more}", "magicloop status")

"""Whether a schedule that is there does what it was made for, and whom else it is there for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from automations.desk.schedule.choice import KINDS, is_gone, present_kinds, scheduler_of
from automations.desk.schedule.cron import daemon_words
from automations.desk.schedule.launchd import target_of
from automations.desk.schedule.programs import Stray
from automations.errors import MagicloopError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automations.compose.schedule import Call
    from automations.desk.schedule.programs import Scheduler


@dataclass(frozen=True, slots=True)
class Judgement:
    """A scheduler and its schedule: `trouble` keeps it from running, `fix` is what to type; both empty when well.

    `look` is what to type where one that calls each quarter of an hour is there and no run comes for all that: it shows the scheduler itself.
    `calls` is the program of the schedule, () where it cannot be read; `others` are schedules made for another
    config or data folder, `strays` what the person made by hand that makes runs.
    """

    kind: str
    installed: bool
    calls: tuple[str, ...] = ()
    trouble: str = ""
    fix: str = ""
    look: str = ""
    others: tuple[Call, ...] = ()
    strays: tuple[Stray, ...] = ()

    @property
    def there(self) -> bool:
        """Tell whether it makes runs, by a schedule of ours or by one of the person's own."""
        return self.installed or bool(self.strays)


def install_words(kind: str) -> str:
    """Return what to type to have the schedule made by this scheduler."""
    return f"magicloop schedule install --{kind}"


def look_words(kind: str, call: Call) -> str:
    """Return what to type to see whether the scheduler that has the schedule is at work."""
    if kind == "systemd":
        return f"systemctl --user status {call.name}.timer"
    return f"launchctl print {target_of(call)}" if kind == "launchd" else daemon_words()


def cure_words(found: Sequence[Judgement]) -> str:
    """Return what to type where no run comes: what mends the schedule that is there, "" where there is none."""
    return next((one.fix or one.look for one in found if one.installed or one.look), "")


def uninstall_words(call: Call) -> str:
    """Return what to type to take the schedule of another config and data folder off."""
    places = f"MAGICLOOP_CONFIG={quote(call.config)} MAGICLOOP_DATA={quote(call.data)}"
    return f"{places} magicloop schedule uninstall"


def judge_all(call: Call) -> list[Judgement]:
    """Return how the schedule stands with each scheduler of this machine; nothing is changed."""
    home = Path.home()
    # Nothing is written, so that no copy of a crontab has to be kept.
    return [judge(scheduler_of(kind, home, lambda _: ""), call) for kind in present_kinds()]


def still_calling(call: Call) -> tuple[Stray, ...]:
    """Return all that calls the command but this schedule, whatever made it, also where its scheduler is not here."""
    home, found = Path.home(), []
    for kind in KINDS:
        with suppress(MagicloopError):  # not here, or it does not answer
            one = scheduler_of(kind, home, lambda _: "")
            for other in one.others(call):
                what = f"{kind}: the schedule by the config {other.config}, its data in {other.data}"
                found.append(Stray(what, uninstall_words(other)))
            found += one.strays(call)
    return tuple(found)


def judge(one: Scheduler, call: Call) -> Judgement:
    """Return what there is of a scheduler, and what keeps it from running; never raises for what it finds."""
    again = install_words(one.kind)
    try:
        standing, others = one.installed(call), one.others(call)
        strays = tuple(each for each in one.strays(call) if each.runs)
        look = look_words(one.kind, call) if standing or any(each.often for each in strays) else ""
        if standing is None:
            return Judgement(one.kind, installed=False, look=look, others=others, strays=strays)
        trouble = _wrong_call(standing.call, call)
        trouble, fix = (trouble, again) if trouble else one.trouble(call)
    except MagicloopError as error:
        return Judgement(one.kind, installed=False, trouble=error.what, fix=error.fix or again)
    calls = standing.call.program if standing.call else ()
    return Judgement(
        one.kind,
        installed=True,
        calls=calls,
        trouble=trouble,
        fix=fix,
        look=look,
        others=others,
        strays=strays,
    )


def _wrong_call(stands: Call | None, wanted: Call) -> str:
    """Return how the call that stands differs from the one wanted; the PATH may differ from terminal to terminal."""
    if stands is None:
        return "what it calls cannot be read; was it changed by hand?"
    if is_gone(stands.program):
        return f"it calls {stands.program[0]}, which is no longer there"
    if stands.program != wanted.program:
        return f"it calls {' '.join(stands.program)}, and you {' '.join(wanted.program)}"
    if stands.config != wanted.config:
        return f"it runs by the config {stands.config}, and you by {wanted.config}"
    if stands.data != wanted.data:
        return f"it keeps its data in {stands.data}, and you in {wanted.data}"
    return ""

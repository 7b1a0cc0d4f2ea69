"""Which scheduler of this machine calls which program."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from automations.compose.schedule import STANDARD_PATH, Call
from automations.desk.schedule.cron import Cron
from automations.desk.schedule.launchd import Launchd
from automations.desk.schedule.programs import SchedulerError, found
from automations.desk.schedule.systemd import Systemd, systemd_works
from automations.whole_files import place_new_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from automations.desk.schedule.programs import Scheduler

KINDS = ("systemd", "launchd", "cron")
NAME = "magicloop"


def scheduler_of(kind: str, home: Path, keep: Callable[[bytes], str]) -> Scheduler:
    """Return the scheduler of this kind; `keep` keeps a copy of a crontab and returns where."""
    if kind == "systemd":
        return Systemd(home)
    return Launchd(home) if kind == "launchd" else Cron(home, keep)


def best_kind() -> str:
    """Return the scheduler of this machine that catches up after a sleep, else cron."""
    if sys.platform == "darwin":
        return "launchd"
    return "systemd" if systemd_works() else "cron"


def present_kinds() -> tuple[str, ...]:
    """Return the schedulers whose programs are here."""
    programs = {"systemd": "systemctl", "launchd": "launchctl", "cron": "crontab"}
    return tuple(kind for kind in KINDS if found(programs[kind]))


def call_of(config: str, data: str, env: Mapping[str, str]) -> Call:
    """Return how a scheduler should call this very program for this config and data."""
    program = program_here(sys.argv[0])
    folders = [os.path.dirname(program[0]), *env.get("PATH", "").split(":"), *STANDARD_PATH.split(":")]  # noqa: PTH120
    kept = dict.fromkeys(each for each in folders if each.startswith("/") and each.isprintable())
    return Call(program, config, data, ":".join(kept))


def program_here(argv0: str) -> tuple[str, ...]:
    """Return the command as it was called, links not followed: an upgrade moves what they point at."""
    called = shutil.which(argv0) if Path(argv0).name == NAME else None
    beside = Path(sys.executable).with_name(NAME)
    if called is not None:
        return (os.path.abspath(called),)  # noqa: PTH100 - resolve() would follow links
    return (str(beside),) if os.access(beside, os.X_OK) else (sys.executable, "-m", "automations")


def is_gone(program: tuple[str, ...]) -> bool:
    """Tell whether what a schedule calls is no longer there."""
    return bool(program) and not os.access(program[0], os.X_OK)


def keeper(folder: Path, stamp: str) -> Callable[[bytes], str]:
    """Return a function that writes a copy of a crontab, mode 0600, and returns its path.

    It never overwrites a copy. :raises SchedulerError: it cannot be written.
    """

    def keep(content: bytes) -> str:
        path, number = folder / f"crontab.before-{stamp}", 1
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            while not place_new_file(path, content):
                number += 1
                path = folder / f"crontab.before-{stamp}-{number}"
        except OSError as error:
            raise SchedulerError(
                f"no copy of the crontab can be kept: {error.strerror}", where=str(path)
            ) from error
        return str(path)

    return keep

"""Signs that a scheduler of this machine still calls the command, and what takes it off each."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "magicloop"
_SECONDS = 10.0
_USER_UNITS = ".config/systemd/user"
_LAUNCH_AGENTS = "Library/LaunchAgents"


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that calls the command: `what` it is, and the `fix` to type that ends it."""

    what: str
    fix: str


def find_schedules(home: Path) -> tuple[Sign, ...]:
    """Return every crontab line, systemd user timer and launch agent that names the command; nothing is changed."""
    timers = sorted((home / _USER_UNITS).glob(f"*{_NAME}*.timer"))
    agents = sorted((home / _LAUNCH_AGENTS).glob(f"*{_NAME}*.plist"))
    return (
        *(Sign(f"crontab: {line}", "crontab -e") for line in _crontab_lines()),
        *(Sign(str(path), f"systemctl --user disable --now {path.name}") for path in timers),
        *(Sign(str(path), f"launchctl unload -w '{path}'") for path in agents),
    )


def _crontab_lines() -> list[str]:
    done = None
    with suppress(OSError, subprocess.TimeoutExpired):  # no cron here, or none that answers
        done = subprocess.run(
            ["crontab", "-l"],  # noqa: S607 - wherever this system keeps it
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    if done is None or done.returncode:
        return []
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return [line.strip() for line in lines if _NAME in line and not line.lstrip().startswith("#")]

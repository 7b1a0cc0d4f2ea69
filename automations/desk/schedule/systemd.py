"""A timer of the person's own systemd."""

from __future__ import annotations

import getpass
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.compose.schedule import service_text, timer_text
from automations.compose.schedule_reading import call_in_unit
from automations.desk.schedule.programs import (
    TRIAL_SECONDS,
    SchedulerError,
    Standing,
    Stray,
    Trial,
    ask,
    found,
    must,
)
from automations.desk.schedule.unit_files import delete, kept, place, strays_in

if TYPE_CHECKING:
    from pathlib import Path

    from automations.compose.schedule import Call

_UNITS = ".config/systemd/user"
_CTL = ("systemctl", "--user")


def systemd_works() -> bool:
    """Tell whether this person's systemd answers (in a container, or by `su`, it does not)."""
    if not found("systemctl"):
        return False
    try:
        return ask(*_CTL, "show-environment").code == 0
    except SchedulerError:
        return False


@dataclass(frozen=True, slots=True)
class Systemd:
    """The units in the person's home."""

    home: Path
    kind: str = "systemd"

    def files(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return the service and the timer."""
        service, timer = self._paths(call)
        return ((str(service), service_text(call)), (str(timer), timer_text(call)))

    def installed(self, call: Call) -> Standing | None:
        """Return what the service calls."""
        service, timer = self._paths(call)
        if not timer.exists() and not service.exists():
            return None
        return Standing(_called(service) if service.exists() else None)

    def others(self, call: Call) -> tuple[Call, ...]:
        """Return what the other services of ours call."""
        return tuple(self._others(call).values())

    def strays(self, call: Call) -> tuple[Stray, ...]:
        """Return the timers of the person's own that are named after the command."""
        known = {call.name, *self._others(call)}
        return strays_in(
            self.home / _UNITS, ".timer", known, lambda each: f"systemctl --user disable --now {each.name}"
        )

    def install(self, call: Call) -> tuple[str, ...]:
        """Write the units and start the timer."""
        if not systemd_works():
            raise SchedulerError(
                "this person's systemd does not answer, so nothing was written",
                where="systemctl --user",
                fix=f"magicloop schedule {'install --cron' if found('crontab') else 'print'}",
            )
        paths = self._paths(call)
        try:
            with kept(*paths):
                for (_, text), path in zip(self.files(call), paths, strict=True):
                    place(path, text.encode())
                must(*_CTL, "daemon-reload")
                must(*_CTL, "enable", "--now", f"{call.name}.timer")
        except SchedulerError:
            self._forget(call)
            raise
        if _lingers():
            return ()
        return (
            "It runs while you are logged in. On a server, so that it runs without you too:",
            "  loginctl enable-linger",
        )

    def _forget(self, call: Call) -> None:
        """Have systemd know the units as they are again, after an install that failed."""
        with suppress(SchedulerError):  # the first failure is the one to tell of
            if not self._paths(call)[1].exists():
                self._link(call).unlink(missing_ok=True)
            ask(*_CTL, "daemon-reload")

    def remove(self, call: Call) -> bool:
        """Stop the timer and delete the units."""
        paths = self._paths(call)
        if not any(path.exists() for path in paths):
            return False
        if systemd_works():
            ask(*_CTL, "disable", "--now", f"{call.name}.timer")
        for path in paths:
            delete(path)
        self._link(call).unlink(missing_ok=True)
        if systemd_works():
            must(*_CTL, "daemon-reload")
        return True

    def trouble(self, call: Call) -> tuple[str, str]:
        """Return that the timer does not wait, if so."""
        if not systemd_works():
            return "this person's systemd does not answer", "loginctl enable-linger"
        if ask(*_CTL, "is-active", f"{call.name}.timer").code:
            return "its timer is not active", f"systemctl --user enable --now {call.name}.timer"
        return "", ""

    def try_out(self, call: Call) -> Trial:
        """Start the service once and wait for its end."""
        ask(*_CTL, "start", f"{call.name}.service", seconds=TRIAL_SECONDS)
        shown = must(*_CTL, "show", "-p", "ExecMainStatus", "--value", f"{call.name}.service")
        code = shown.out.decode().strip()
        return Trial(f"systemctl --user start {call.name}", int(code) if code.isdigit() else None)

    def _others(self, call: Call) -> dict[str, Call]:
        """Return what the other services of ours call, by their name."""
        services = sorted((self.home / _UNITS).glob("magicloop-*.service"))
        found = {each.stem: _called(each) for each in services if each.stem != call.name}
        return {name: made for name, made in found.items() if made is not None}

    def _link(self, call: Call) -> Path:
        """Return what `enable` makes."""
        return self.home / _UNITS / "timers.target.wants" / f"{call.name}.timer"

    def _paths(self, call: Call) -> tuple[Path, Path]:
        folder = self.home / _UNITS
        return folder / f"{call.name}.service", folder / f"{call.name}.timer"


def _called(service: Path) -> Call | None:
    """Return what a service calls, None where that cannot be read."""
    try:
        return call_in_unit(service.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def _lingers() -> bool:
    try:
        shown = ask("loginctl", "show-user", getpass.getuser(), "-p", "Linger", "--value")
    except (SchedulerError, OSError, KeyError):
        return False
    return shown.code == 0 and shown.out.strip() == b"yes"

"""A launch agent on macOS."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from automations.compose.schedule import agent_bytes
from automations.compose.schedule_reading import call_in_agent
from automations.desk.schedule.programs import SchedulerError, Standing, Stray, Trial, ask, must
from automations.desk.schedule.unit_files import delete, kept, place, strays_in

if TYPE_CHECKING:
    from pathlib import Path

    from automations.compose.schedule import Call

_AGENTS = "Library/LaunchAgents"


@dataclass(frozen=True, slots=True)
class Launchd:
    """The agent in the person's library."""

    home: Path
    kind: str = "launchd"

    def files(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return the agent."""
        return ((str(self._path(call)), agent_bytes(call).decode()),)

    def installed(self, call: Call) -> Standing | None:
        """Return what the agent calls."""
        path = self._path(call)
        return Standing(_called(path)) if path.exists() else None

    def others(self, call: Call) -> tuple[Call, ...]:
        """Return what the other agents of ours call."""
        return tuple(self._others(call).values())

    def strays(self, call: Call) -> tuple[Stray, ...]:
        """Return the agents of the person's own that are named after the command."""
        known = {call.label, *self._others(call)}
        return strays_in(
            self.home / _AGENTS, ".plist", known, lambda each: f"launchctl unload -w {quote(str(each))}"
        )

    def install(self, call: Call) -> tuple[str, ...]:
        """Write the agent and load it."""
        path = self._path(call)
        loaded = ask("launchctl", "print", target_of(call)).code == 0
        try:
            with kept(path):
                changed = place(path, agent_bytes(call))
                if loaded and changed:
                    ask("launchctl", "bootout", target_of(call))
                if changed or not loaded:
                    must("launchctl", "bootstrap", _domain(), str(path))
        except SchedulerError:
            if loaded and path.exists():
                with suppress(SchedulerError):  # the first failure is the one to tell of
                    ask("launchctl", "bootstrap", _domain(), str(path))
            raise
        return ()

    def remove(self, call: Call) -> bool:
        """Unload the agent and delete it."""
        if not self._path(call).exists():
            return False
        ask("launchctl", "bootout", target_of(call))
        return delete(self._path(call))

    def trouble(self, call: Call) -> tuple[str, str]:
        """Return that the agent is not loaded, if so."""
        if ask("launchctl", "print", target_of(call)).code:
            return "its agent is not loaded", f"launchctl bootstrap {_domain()} '{self._path(call)}'"
        return "", ""

    def try_out(self, call: Call) -> Trial:
        """Start the agent once; launchd does not wait for its end, so its code is not known."""
        must("launchctl", "kickstart", target_of(call))
        return Trial(f"launchctl kickstart {target_of(call)}", None)

    def _others(self, call: Call) -> dict[str, Call]:
        """Return what the other agents of ours call, by their label."""
        agents = sorted((self.home / _AGENTS).glob("org.magicloop.*.plist"))
        found = {each.stem: _called(each) for each in agents if each.stem != call.label}
        return {label: made for label, made in found.items() if made is not None}

    def _path(self, call: Call) -> Path:
        return self.home / _AGENTS / f"{call.label}.plist"


def _called(path: Path) -> Call | None:
    """Return what an agent calls, None where that cannot be read."""
    try:
        return call_in_agent(path.read_bytes())
    except OSError:
        return None


def _domain() -> str:
    return f"gui/{os.getuid()}"


def target_of(call: Call) -> str:
    """Return what launchctl calls the agent."""
    return f"{_domain()}/{call.label}"

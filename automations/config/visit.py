# ruff: noqa: PTH100, PTH111, PTH118, PTH120 -- importing pathlib costs milliseconds, and the fast path may come here
"""The monitor of a config that was found right before and has not changed since: read without the checks.

A run with nothing due has a monitor to tell, and no use for the rest of the config.
"""

from __future__ import annotations

import os.path
import tomllib

from automations.model.policy import MonitorSettings, SecretPlace


def monitor_as_checked(path: str) -> MonitorSettings | None:
    """Return the monitor that the config file at `path` names, None where it is not as the checks would have it."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            held = tomllib.loads(file.read().decode("utf-8-sig"))["monitor"]
        named, style = held["ping_url"], held.get("style", "auto")
        if isinstance(named, str):
            return MonitorSettings(named, style=style)
        place = SecretPlace(
            env=named.get("env", ""),
            file=_absolute(named.get("file", ""), os.path.dirname(path)),
            command=named.get("command", ""),
        )
        return MonitorSettings(named.get("url", ""), place, style)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _absolute(named: str, folder: str) -> str:
    return os.path.abspath(os.path.join(folder, os.path.expanduser(named))) if named else ""

# ruff: noqa: PTH111, PTH118, PTH120 -- importing pathlib costs milliseconds, and the fast path may come here
"""The monitor that a config names: from `[monitor]` as it stands in the file, once the checks found it right.

Read also without the checks: by a run with nothing due, which has a monitor to tell and no use for the rest of
the config, and where only the rest of it is wrong. So this loads little.
"""

from __future__ import annotations

import os.path
import tomllib
from typing import TYPE_CHECKING, Any

from automations.model.policy import MonitorSettings, SecretPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automations.errors import ConfigError


def monitor_of(table: Mapping[str, Any], folder: str) -> MonitorSettings:
    """Return the monitor of a `[monitor]` without problems; a relative path in it starts at `folder`.

    :raises RuntimeError: a path starts with ~, which stands for nothing on a machine that names no home folder.
    """
    named, style = table["ping_url"], table.get("style", "auto")
    if isinstance(named, str):
        return MonitorSettings(named, style=style)
    place = SecretPlace(
        env=named.get("env", ""),
        file=_whole(named.get("file", ""), folder),
        command=named.get("command", ""),
    )
    return MonitorSettings(named.get("url", ""), place, style)


def monitor_at(path: str) -> MonitorSettings | None:
    """Return the monitor of the config file at `path`, None where it is not as the checks would have it.

    Ask only of a file whose `[monitor]` passed them.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            table = tomllib.loads(file.read().decode("utf-8-sig"))["monitor"]
        return monitor_of(table, os.path.dirname(path))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError):
        return None


def monitor_despite(wrong: ConfigError, path: str) -> MonitorSettings | None:
    """Return the monitor of a config with these problems, None where they are its own, or of the file as a whole.

    Somebody should hear of a run that its config keeps from starting.
    """
    sections = {problem.key.partition(".")[0] for problem in wrong.problems}
    return None if sections & {"", "monitor"} else monitor_at(path)


def _whole(named: str, folder: str) -> str:
    found = os.path.expanduser(named)
    if found.startswith("~"):
        raise RuntimeError(named)
    return os.path.join(folder, found) if found else ""

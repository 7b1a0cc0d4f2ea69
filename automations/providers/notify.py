"""Notices on this machine's desktop, and by any address that Apprise knows (an extra)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from automations.config.secrets import fetch_secret
from automations.errors import FaultClass, ProviderError

if TYPE_CHECKING:
    from automations.model.policy import NotifySettings, SecretPlace

SECONDS = 10.0
"""How long a notice may take; a run does not wait for a telephone."""
_SCRIPT = "on run words\ndisplay notification (item 2 of words) with title (item 1 of words)\nend run"


class Notices:
    """Implements `ports.Notifier` by every way the config names."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings

    def notify(self, title: str, body: str) -> None:
        """Show it everywhere it should be seen; see `ports.Notifier`."""
        if self._settings.desktop:
            _on_desktop(title, body)
        if self._settings.url:
            _by_apprise(self._settings.url, title, body)


def _on_desktop(title: str, body: str) -> None:
    command = _desktop_command(title, body)
    program = shutil.which(command[0])
    if program is None:
        raise ProviderError(
            f"{command[0]} is not on this machine, so no notice was shown",
            fault=FaultClass.PERMANENT,
            where="notify.desktop",
            fix="install libnotify (notify-send), or: magicloop config edit",
        )
    try:
        done = subprocess.run(  # noqa: S603 - a known program, no shell, our own words
            [program, *command[1:]],
            env=_with_session_bus(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _failed("notify.desktop") from error
    if done.returncode != 0:
        raise _failed("notify.desktop")


def _desktop_command(title: str, body: str) -> list[str]:
    if sys.platform == "darwin":
        return ["osascript", "-e", _SCRIPT, title, body]
    return ["notify-send", "--app-name=magicloop", "--", title, body]


def _with_session_bus() -> dict[str, str]:
    """Return the environment with the person's session bus, which cron does not know of."""
    found = dict(os.environ)
    if sys.platform != "darwin" and "DBUS_SESSION_BUS_ADDRESS" not in found:
        bus = f"/run/user/{os.getuid()}/bus"
        if os.path.exists(bus):  # noqa: PTH110 - one look
            found["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={bus}"
    return found


def _by_apprise(place: SecretPlace, title: str, body: str) -> None:
    try:
        import apprise
    except ImportError:
        raise ProviderError(
            "Apprise is not installed, so no notice was sent",
            fault=FaultClass.PERMANENT,
            where="notify.url",
            fix="install it with the extra: uv tool install 'magicloop[notify]'",
        ) from None
    teller = apprise.Apprise()
    if not teller.add(fetch_secret(place, "notify.url", noun="address")):
        raise ProviderError(
            "the address is none that Apprise knows",
            fault=FaultClass.PERMANENT,
            where="notify.url",
            fix="magicloop config edit",
        )
    if not teller.notify(title=title, body=body):
        raise _failed("notify.url")


def _failed(where: str) -> ProviderError:
    return ProviderError("the notice was not shown", fault=FaultClass.TRANSIENT, where=where)

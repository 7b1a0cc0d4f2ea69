"""The only file that reads a clock. Everyone else is handed an instant or a `Clock`."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from typing import Protocol

from automations.model.uptime import Uptime

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Clock(Protocol):
    """Where instants come from."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""

    def boot_seconds(self) -> float:
        """Return seconds since boot, counted through a suspend; only differences mean anything."""

    def uptime(self) -> Uptime | None:
        """Return how long the machine has been awake since its start, None where the system does not tell."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def boot_seconds(self) -> float:
        """Return seconds since boot, by the clock that goes on in a suspend.

        On Linux that is CLOCK_BOOTTIME; on macOS CLOCK_MONOTONIC, where `time.monotonic` reads one that stops.
        """
        suspended_too = getattr(time, "CLOCK_BOOTTIME", None) or getattr(time, "CLOCK_MONOTONIC", None)
        return time.monotonic() if suspended_too is None else time.clock_gettime(suspended_too)

    def uptime(self) -> Uptime | None:
        """Return how long the machine has been awake since its start: Linux and macOS name that clock differently.

        Linux alone gives each start a name that can be read in no time.
        """
        awake = getattr(time, "CLOCK_UPTIME_RAW", None)
        if awake is None and sys.platform == "linux":
            awake = time.CLOCK_MONOTONIC
        return None if awake is None else Uptime(time.clock_gettime(awake), _boot_id())

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def _boot_id() -> str:
    try:
        handle = os.open(_BOOT_ID, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(handle, 64).decode("ascii", "replace").strip()
    except OSError:
        return ""
    finally:
        os.close(handle)

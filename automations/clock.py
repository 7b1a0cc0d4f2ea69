"""The only file that reads a clock. Everyone else is handed an instant or a `Clock`."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where instants come from."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""

    def boot_seconds(self) -> float:
        """Return seconds since boot, counted through a suspend; only differences mean anything."""

    def awake_seconds(self) -> float | None:
        """Return seconds since boot without those of a suspend, None where the system does not tell."""

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

    def awake_seconds(self) -> float | None:
        """Return seconds since boot without those of a suspend: Linux and macOS name that clock differently."""
        awake = getattr(time, "CLOCK_UPTIME_RAW", None)
        if awake is None and sys.platform == "linux":
            awake = time.CLOCK_MONOTONIC
        return None if awake is None else time.clock_gettime(awake)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

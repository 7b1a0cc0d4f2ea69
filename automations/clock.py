"""The only file that reads a clock. Everyone else is handed an instant or a `Clock`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where instants come from."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""

    def boot_seconds(self) -> float:
        """Return seconds since boot, counted through a suspend; only differences mean anything."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def boot_seconds(self) -> float:
        """Return seconds since boot; macOS's monotonic clock stops in a suspend, Linux's need not."""
        boottime = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic() if boottime is None else time.clock_gettime(boottime)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

"""A machine's uptime as two columns of the wake, `awake` and `boot`, and back. The fast path runs through here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automations.model.uptime import Uptime


def uptime_to_columns(uptime: Uptime | None) -> tuple[float | None, str | None]:
    """Return what stands in `awake` and `boot`, both NULL where it is not known."""
    return (None, None) if uptime is None else (uptime.awake, uptime.boot or None)


def columns_to_uptime(awake: float | None, boot: str | None) -> Uptime | None:
    """Return the uptime, None where it was not known."""
    from automations.model.uptime import Uptime  # the fast path writes, and reads none

    return None if awake is None else Uptime(awake, boot or "")

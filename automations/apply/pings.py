"""Telling the monitor; what cannot be told never stops a run.

No claim and no line in the log: a ping changes nothing of the person's, and one comes every quarter of an hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.errors import ProviderError

if TYPE_CHECKING:
    from automations.ports import Monitor


def ping_start(monitor: Monitor | None) -> ProviderError | None:
    """Say that a run begins; return why that was not heard."""
    try:
        if monitor is not None:
            monitor.start()
    except ProviderError as error:
        return error
    return None


def ping_end(monitor: Monitor | None, status: int) -> ProviderError | None:
    """Say how a run ended, 0 for well; return why that was not heard."""
    try:
        if monitor is not None:
            monitor.end(status)
    except ProviderError as error:
        return error
    return None

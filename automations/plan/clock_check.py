"""Whether the clock can be right. Months are decided by it, so a clock far off must decide nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automations.errors import PlanRefusedError

if TYPE_CHECKING:
    from datetime import datetime

SERVER_TOLERANCE = timedelta(minutes=5)
"""How far our clock may be from a server's."""

BACKWARD_TOLERANCE = timedelta(hours=25)
"""How far the clock may be behind the last run: a day of wrong zone and an hour, not more."""

_FIX = "set the clock (timedatectl set-ntp true on Linux), then: magicloop run"


def check_clock(now: datetime, last_run_finished: datetime | None, server_now: datetime | None) -> None:
    """Refuse to decide anything when the clock cannot be right. Instants are aware and in UTC.

    A jump ahead of the last run is no sign by itself (the machine may have been off for a year); only
    a server's clock can tell.

    :raises PlanRefusedError: the clock is more than 5 minutes from the server's, or more than 25
        hours before the last run.
    """
    if server_now is not None and abs(now - server_now) > SERVER_TOLERANCE:
        raise PlanRefusedError(
            f"this machine's clock says {_utc(now)}, the server's {_utc(server_now)}; nothing was done",
            where="clock",
            fix=_FIX,
        )
    if last_run_finished is not None and last_run_finished - now > BACKWARD_TOLERANCE:
        raise PlanRefusedError(
            f"this machine's clock says {_utc(now)}, but the last run was at {_utc(last_run_finished)}; "
            "nothing was done",
            where="clock",
            fix=_FIX,
        )


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"

"""What the monitor hears of the scheduler's runs where no run tells it: nothing due, refused, broken, told to stop.

Imported by every run, so that only what is needed then is imported in the functions.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from automations.cli.stopping import ToldToStop
from automations.errors import ExitCode, LockHeldError, MagicloopError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.ports import Monitor
    from automations.wiring import Session

LAST_SECONDS = 3.0
"""How long the last ping may take of a process that was told to end."""


def told_of_visit(session: Session) -> bool:
    """Tell the monitor that a run came by and nothing was due; False when it did not hear: a full run tells why."""
    monitor = session.monitor_at_visit()
    return monitor is not None and monitor.end(ExitCode.DONE) is None


@contextmanager
def watched_over(session: Session) -> Iterator[Monitor | None]:
    """Give the monitor, and tell it of whatever keeps what is done within from telling it itself."""
    monitor = session.monitor()
    try:
        yield monitor
    except (ToldToStop, KeyboardInterrupt, click.Abort) as stop:
        hurried = session.monitor(seconds=LAST_SECONDS)
        if hurried is not None:
            hurried.end(stop.exit_code if isinstance(stop, ToldToStop) else ExitCode.INTERRUPTED)
        raise
    except LockHeldError:
        raise  # another run is at work, and tells of itself; if it hangs, the monitor hears of none
    except BaseException as error:
        if monitor is not None:
            monitor.end(error.exit_code if isinstance(error, MagicloopError) else ExitCode.ERROR)
        raise

"""What the monitor hears of the scheduler's runs where no run tells it: nothing due, refused, broken, ended.

Imported by every run, so that only what is needed then is imported in the functions.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from automations.errors import ExitCode, MagicloopError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from automations.ports import Monitor
    from automations.wiring import Session

LAST_SECONDS = 3.0
"""How long the last ping may take of a process that was told to end."""


def told_of_visit(session: Session) -> bool:
    """Tell the monitor that a run came by and nothing was due; False when it did not hear: a full run tells why."""
    monitor = session.monitor_at_visit()
    with _told_of_end(session):
        return monitor is not None and monitor.end(ExitCode.DONE) is None


@contextmanager
def watched_over(session: Session) -> Iterator[Monitor | None]:
    """Give the monitor, and tell it of whatever keeps what is done within from telling it itself."""
    monitor = session.monitor()
    with _told_of_end(session) if monitor is not None else nullcontext():
        try:
            yield monitor
        except BaseException as error:
            if monitor is not None:
                monitor.end(_status(error))
            raise


def _status(error: BaseException) -> ExitCode:
    if isinstance(error, MagicloopError):
        return error.exit_code
    stopped = isinstance(error, KeyboardInterrupt | click.Abort)
    return ExitCode.INTERRUPTED if stopped else ExitCode.ERROR


@contextmanager
def _told_of_end(session: Session) -> Iterator[None]:
    """Ping once more when the system ends this process (SIGTERM), which then dies of it as it always does."""
    import os
    import signal

    def last_words(number: int, frame: FrameType | None) -> None:
        del frame
        signal.signal(number, signal.SIG_DFL)
        monitor = session.monitor(seconds=LAST_SECONDS)
        if monitor is not None:
            monitor.end(ExitCode.INTERRUPTED)
        os.kill(os.getpid(), number)

    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield  # somebody else's to decide
        return
    signal.signal(signal.SIGTERM, last_words)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

"""Being told to stop, by a scheduler, a shutdown or a closed terminal: tidy up, then die of it.

Whoever sent the signal sees that it worked (143 or 129 in a shell, a clean stop for systemd). Ctrl-C is
Python's own KeyboardInterrupt. Help loads this too, so `signal` is imported where it is needed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = ("SIGTERM", "SIGHUP")


class ToldToStop(BaseException):
    """A signal to stop arrived; raised wherever the program is, so that all it holds is let go of."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell shows of a process that died of it."""
        return 128 + self.number


@contextmanager
def told_to_stop() -> Iterator[None]:
    """Raise `ToldToStop` in here when a signal to stop arrives; a second one ends the process at once.

    A signal that is ignored (nohup) or is somebody else's business stays so.
    """
    import signal

    there = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    ours = [each for each in there if signal.getsignal(each) is signal.SIG_DFL]

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        del frame
        for each in ours:
            signal.signal(each, signal.SIG_DFL)
        raise ToldToStop(number)

    try:
        for each in ours:
            signal.signal(each, stop)
    except ValueError:  # not the main thread, which alone hears signals
        ours = []
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_DFL)


def die_of(stop: ToldToStop) -> NoReturn:
    """End the process by the signal that was sent."""
    import signal

    signal.signal(stop.number, signal.SIG_DFL)
    os.kill(os.getpid(), stop.number)
    os._exit(stop.exit_code)  # the first process of a container is not ended by signals it does not handle

"""What a stop must not break off: an effect that nobody can look up later, together with its record.

A shutdown's signal in the middle of a send would leave a mail of which nobody can tell whether it went. Here the
signal is heard as soon as the record is written, which takes about as long as the server does.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import FrameType

SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")


@contextmanager
def unbroken() -> Iterator[None]:
    """Hold signals to stop back until the end, and hear the first of them then.

    A closing terminal or a logout sends several, so more of them change nothing; whoever presses Ctrl-C a second
    time means it, and is heard at once. Only what the program hears itself is held: a signal that is ignored or
    ends the process stays so. Threads other than the main one hear none anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    heard = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and number in held:
            held.clear()
            heard[number](number, frame)
        held.append(number)

    for number in heard:
        signal.signal(number, hold)
    try:
        yield
    finally:
        with _none_between(heard):
            for number, handler in heard.items():
                signal.signal(number, handler)
        if held:
            heard[held[0]](held[0], None)


@contextmanager
def _none_between(numbers: Collection[int]) -> Iterator[None]:
    """Let no signal arrive in here: what comes meanwhile is heard right after. Windows has no such thing."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

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
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT")


@contextmanager
def unbroken() -> Iterator[None]:
    """Hold the first signal to stop back until the end; a second one is heard at once.

    Only what the program hears itself is held: a signal that is ignored or ends the process stays so. Threads
    other than the main one hear none anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    heard = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    held: list[int] = []

    def let_go() -> None:
        for number, handler in heard.items():
            signal.signal(number, handler)

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(number)
        if len(held) > 1:
            let_go()
            heard[number](number, frame)

    for number in heard:
        signal.signal(number, hold)
    try:
        yield
    finally:
        match held:
            case []:
                let_go()
            case [number]:
                let_go()
                heard[number](number, None)
            # Told twice, the handlers stand as the second signal left them.

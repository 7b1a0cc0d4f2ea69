"""One bound on a whole exchange with a server, however slowly its answers drip in.

A socket's own timeout begins anew with each byte that comes, so a server that sends one now and then could
hold a run, and its lock, for ever. Here a timer ends the connection; the thread that waits on it wakes with an
error and alone decides what that means. Nothing goes on behind its back.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import Self

from automations.clock import SystemClock


class Deadline:
    """Ends the connections it watches once `seconds` are over. Use it as a context; it leaves no thread behind.

    `passed` tells that the time is over, so that a connection it ended is not taken for one that broke.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._clock = SystemClock()
        self._ends = self._clock.boot_seconds() + seconds
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        for each in self._watched:
            each.close()

    def left(self) -> float:
        """Return the seconds that are left, less than 0 when it is over; a suspend counts, which no timer notices."""
        return self._ends - self._clock.boot_seconds()

    def check(self) -> None:
        """Return unless the connections were ended.

        :raises TimeoutError: they were.
        """
        if self.passed:
            raise TimeoutError("no answer in time")

    def watch(self, line: socket.socket) -> None:
        """Let this connection end with the time, at once when it is over.

        It is held by a handle of our own: the other may be closed or wrapped in TLS meanwhile, and TLS has a
        goodbye of its own that would wait for the server.
        """
        ours = socket.socket(line.family, line.type, line.proto, fileno=os.dup(line.fileno()))
        with self._lock:
            self._watched.append(ours)
            if self.passed:
                _shut(ours)

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            for each in self._watched:
                _shut(each)


def _shut(line: socket.socket) -> None:
    with suppress(OSError):  # the server was faster
        line.shutdown(socket.SHUT_RDWR)

"""Standing on a port of this machine: answering, sending what is due, and closing when nobody comes any more."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from automations.desk.sending import Departures
from automations.errors import LockHeldError, MagicloopError
from automations.web.app import create_app
from automations.web.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from automations.wiring import Session

ADDRESS = "127.0.0.1"
TICK = 1.0
"""Seconds between two looks at what is due and at whether anybody still is there."""


class _Quiet(WSGIRequestHandler):
    """Says nothing of requests: addresses in a log would carry the link's token."""

    timeout = 20  # a browser that opens a connection and says nothing
    server_version, sys_version = "magicloop", ""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Keep quiet."""


class Page:
    """The page on its port, as long as the context lasts."""

    def __init__(self, open_session: Callable[[], Session], port: int = 0) -> None:
        self._open_session = open_session
        self._departures = Departures()
        with _closing(open_session()) as session:
            now = session.clock.now()
        self.guard = Guard("", now)
        self._server = make_server(
            ADDRESS, port, create_app(open_session, self.guard), threaded=True, request_handler=_Quiet
        )
        self.port = int(self._server.server_port)
        self.guard.host = f"{ADDRESS}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def link(self) -> str:
        """The address that opens the page, once."""
        return f"{self.guard.origin}/open?token={self.guard.link_token}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def tick(self) -> bool:
        """Send what is due; tell whether the page is to stay open."""
        with _closing(self._open_session()) as session:
            now = session.clock.now()
            if session.journal_exists():
                leaves = self._departures.next_leave(session.journal().load(session.policy.person))
                # A run that is at work leaves it to the next tick, a fault to the next run.
                if leaves is not None and leaves <= now:
                    with suppress(LockHeldError, MagicloopError), session.bench() as bench:
                        self._departures.send_due(bench)
            return not self.guard.is_idle(now)


@contextmanager
def _closing(session: Session) -> Iterator[Session]:
    try:
        yield session
    finally:
        session.close()

"""How Google is called: one transport that repeats nothing by itself, one caller that knows when to try again.

Importing this module loads Google's libraries: do it inside the function that makes the first call.
"""

from __future__ import annotations

import logging
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import google_auth_httplib2
import httplib2
from googleapiclient.discovery import build

from automations.deadline import Deadline
from automations.errors import FaultClass
from automations.providers.google.failures import CAUGHT, GoogleError, StrangeAnswerError, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.auth.credentials import Credentials

    from automations.clock import Clock

T = TypeVar("T")

TIMEOUT = 20.0
"""Seconds a single call may take to connect, and then between two bytes."""

WHOLE = 3
"""How many times its timeout a call may take in all, redirects too: a draft that the person attached something to is
read whole, over a slow line too, but no answer drips in for ever."""

TRIES = 4
BUDGET = 30.0
"""Seconds that failed tries and the waits between may take in all; the rest is left to the next run."""

LATE_SECONDS = 60.0
"""A call this long after its first try is not tried again: the machine may have slept meanwhile."""

_PATHS = {"calendar": ("v3", "/calendar/v3/"), "gmail": ("v1", "")}
_PERMANENT_REDIRECT = 308
_PACIFIC = "America/Los_Angeles"


class SingleShot(httplib2.Http):  # type: ignore[misc]  # httplib2 has no types
    """A transport that sends what changes something once.

    httplib2 sends any request again when the far side closes without a byte, although it may have done
    the work. Such requests get a connection of their own, so that a stale one is no excuse either.
    Every request, the renewal of the sign-in too, ends by a deadline (`WHOLE`) with a TimeoutError.
    """

    def __init__(self, timeout: float, *, direct: bool = False) -> None:
        # Without a proxy to the loopback: a set http_proxy would be asked for it, whatever no_proxy says.
        proxy = {"proxy_info": None} if direct else {}
        super().__init__(timeout=timeout, **proxy)
        self.redirect_codes = httplib2.REDIRECT_CODES - {_PERMANENT_REDIRECT}
        self._deadline: Deadline | None = None

    def request(self, *args: Any, **named: Any) -> Any:
        """Return the answer and its content, as httplib2 does.

        :raises TimeoutError: it was not there in time.
        """
        if self._deadline is not None:  # a redirect, which is part of the request that led there
            return super().request(*args, **named)
        self._deadline = Deadline(WHOLE * self.timeout)
        try:
            with self._deadline:
                return super().request(*args, **named)
        finally:
            self._deadline = None

    def _conn_request(self, conn: Any, request_uri: str, method: str, body: Any, headers: Any) -> Any:
        with _watched(conn, self._deadline):
            return self._ask(conn, request_uri, method, body, headers)

    def _ask(self, conn: Any, request_uri: str, method: str, body: Any, headers: Any) -> Any:
        if method in ("GET", "HEAD"):
            return super()._conn_request(conn, request_uri, method, body, headers)
        conn.close()
        send, sent = conn.request, False

        def send_once(*args: Any, **named: Any) -> Any:
            nonlocal sent
            if sent:
                raise ConnectionAbortedError("the connection closed without an answer")
            sent = True
            return send(*args, **named)

        conn.request = send_once
        try:
            return super()._conn_request(conn, request_uri, method, body, headers)
        finally:
            conn.request = send


@contextmanager
def _watched(conn: Any, deadline: Deadline | None) -> Iterator[None]:
    """Let the deadline end this connection, and every other one that httplib2 makes in its place.

    What ended by it is no answer, though it may look like a whole one where only the connection's end tells.

    :raises TimeoutError: it did.
    """
    if deadline is None:
        raise AssertionError("every request has a deadline")
    connect = conn.connect

    def connect_watched() -> None:
        deadline.check()
        connect()
        deadline.watch(conn.sock)

    conn.connect = connect_watched
    if conn.sock is not None:
        deadline.watch(conn.sock)
    try:
        yield
    finally:
        conn.connect = connect
        deadline.check()


def build_service(api: str, credentials: Credentials, *, endpoint: str = "", timeout: float = TIMEOUT) -> Any:
    """Return the client of `api` ("calendar" or "gmail"); nothing is sent.

    `endpoint` is the root of an emulator (`http://127.0.0.1:PORT`), "" for Google. The description of the
    API is the one inside the library: no network.
    """
    # They warn of what is reported in our own words anyway, on the stderr of a scheduler.
    logging.getLogger("googleapiclient").setLevel(logging.ERROR)
    version, path = _PATHS[api]
    http = google_auth_httplib2.AuthorizedHttp(credentials, http=SingleShot(timeout, direct=bool(endpoint)))
    options = {"api_endpoint": endpoint.rstrip("/") + path} if endpoint else None
    return build(
        api, version, http=http, client_options=options, cache_discovery=False, static_discovery=True
    )


class Caller:
    """Calls one API for one run: turns failures into ours and tries again what may be tried again.

    Waits grow from one second, spread by `who` so that not everybody comes back at the same moment. They
    and the failed tries take `BUDGET` seconds in all. Once the day's quota is used up nothing more is asked.
    """

    def __init__(
        self, where: str, clock: Clock, who: str = "", *, stopped_until: datetime | None = None
    ) -> None:
        self.where = where
        self.clock = clock
        self.stopped_until = stopped_until
        self._spread = zlib.crc32(who.encode()) % 1000 / 1000
        self._left = BUDGET

    def read(self, request: Any) -> dict[str, Any]:
        """Return the answer of a request that only reads.

        :raises GoogleError: transient, permanent or needs_sign_in.
        """
        return self._call(lambda: _object(request.execute(num_retries=0)), changes=False, again=True)

    def change(self, request: Any, *, again: bool = False, empty: bool = False) -> dict[str, Any]:
        """Return the answer of a request that changes something; with `empty` there need be none.

        Only with `again` is it sent a second time when nobody knows whether it went through: for what can
        be sent twice without harm.

        :raises GoogleError: of any kind; ambiguous where it may have happened.
        """
        return self._call(
            lambda: _object(request.execute(num_retries=0), empty=empty), changes=True, again=again
        )

    def change_once(self, request: Any) -> dict[str, Any]:
        """Return the answer of a request that is made once: for what must never be sent twice.

        Only a refused sign-in is renewed and the request made with the new one: the first did nothing.

        :raises GoogleError: of any kind; ambiguous where it may have happened.
        """
        return self._call(lambda: _object(request.execute(num_retries=0)), changes=True, again=False, tries=1)

    def _call(self, call: Callable[[], T], *, changes: bool, again: bool, tries: int = TRIES) -> T:
        began = self.clock.boot_seconds()
        for tried in range(1, tries + 1):
            self._check_quota()
            asked_at = self.clock.boot_seconds()
            try:
                return call()
            except CAUGHT as cause:
                error = explain(cause, where=self.where, changes=changes)
                self._left -= self.clock.boot_seconds() - asked_at
                if error.quota:
                    self.stopped_until = next_quota_day(self.clock.now())
                if tried == tries or not self._may_try_again(error, again=again):
                    raise error from None
            self._wait(error, tried)
            if self.clock.boot_seconds() - began > LATE_SECONDS:
                raise error
        raise AssertionError("the last try returns or raises")

    def _may_try_again(self, error: GoogleError, *, again: bool) -> bool:
        if error.quota or error.fault is FaultClass.PERMANENT or error.fault is FaultClass.NEEDS_SIGN_IN:
            return False
        asked = error.retry_after.total_seconds() if error.retry_after else 0.0
        return (again or error.fault is FaultClass.TRANSIENT) and max(asked, 1.0) < self._left

    def _wait(self, error: GoogleError, tried: int) -> None:
        asked = error.retry_after.total_seconds() if error.retry_after else 0.0
        seconds = min(max(asked, 2.0 ** (tried - 1)) + self._spread, self._left)
        self._left -= seconds
        self.clock.sleep(seconds)

    def _check_quota(self) -> None:
        until = self.stopped_until
        if until is None or self.clock.now() >= until:
            return
        raise GoogleError(
            "Google's daily quota for this program is used up",
            fault=FaultClass.TRANSIENT,
            where=self.where,
            retry_after=until - self.clock.now(),
            at_server=True,
            reason="quotaExceeded",
            quota=True,
        )


def next_quota_day(now: datetime) -> datetime:
    """Return when Google counts anew: midnight in California."""
    local = now.astimezone(ZoneInfo(_PACIFIC))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.astimezone(UTC)


def _object(reply: Any, *, empty: bool = False) -> dict[str, Any]:
    """Return a reply that is a JSON object; the client hands on any text that came with success as a `str`."""
    if empty and reply == "":
        return {}
    if not isinstance(reply, dict):
        raise StrangeAnswerError("not an object")
    return reply

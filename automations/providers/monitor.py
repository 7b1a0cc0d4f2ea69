"""Pings: a service outside hears of each run by the scheduler, and raises the alarm when it hears nothing.

The standard library's client, as a run with nothing due pings too. Its address is a secret: no message holds
any of it, and no answer's words are shown.
"""

from __future__ import annotations

import ssl
import threading
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from automations.config.secrets import fetch_secret
from automations.config.web_address import LEFT_OUT, LOOPBACK, ping_fault
from automations.errors import FaultClass, ProviderError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from automations.model.health import Row
    from automations.model.policy import MonitorSettings

SECONDS: Final = 10.0
"""How long one ping may take in all: name, secret, connection, answer."""
_SECRET_SECONDS: Final = 5.0
_LARGEST: Final = 1024
_EDIT: Final = "magicloop config edit"
_KUMA: Final = "/api/push/"
_KUMA_SAYS: Final = frozenset({"status", "msg", "ping"})
_NOT_FOUND: Final = b"OK (not found)"
"""What some monitors answer, with 200, to the address of a check they do not have."""

_TOO_LATE: Final = "the monitor did not answer within {:g} seconds"

START: Final = "start"
LOOK: Final = "log"


def target_of(address: str, style: str, signal: str | int) -> str | None:
    """Return the path and query to ask for; None where this style says nothing of the signal.

    A signal is `START`, `LOOK` (neither well nor ill), or the exit code a run ended with.
    """
    parts = urlsplit(address)
    path = parts.path or "/"
    if style == "auto":
        style = "uptime-kuma" if _KUMA in path else "healthchecks"
    if style == "healthchecks":
        return _with_query(path if signal == 0 else f"{path.rstrip('/')}/{signal}", parts.query)
    if isinstance(signal, str) or (style == "plain" and signal):
        return None
    if style == "plain":
        return _with_query(path, parts.query)
    kept = [each for each in parse_qsl(parts.query, keep_blank_values=True) if each[0] not in _KUMA_SAYS]
    said = ("down", f"exit {signal}") if signal else ("up", "OK")
    return _with_query(path, urlencode([*kept, *zip(("status", "msg"), said, strict=True)]))


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


class PingMonitor:
    """Implements `ports.Monitor`; nothing is asked, and no secret fetched, before the first ping."""

    def __init__(self, settings: MonitorSettings, *, seconds: float | None = None) -> None:
        self._settings = settings
        self._seconds = SECONDS if seconds is None else seconds

    def start(self) -> ProviderError | None:
        """Say that a run begins; see `ports.Monitor`."""
        return self.ping(START)

    def end(self, status: int) -> ProviderError | None:
        """Say how a run ended; see `ports.Monitor`."""
        return self.ping(int(status))

    def ping(self, signal: str | int) -> ProviderError | None:
        """Ping, and wait for the answer no longer than `seconds`; return why it was not heard, or may not have been."""
        # A thread, as nothing else bounds how long looking up a name takes, nor an answer that drips in.
        faults: list[ProviderError | None] = []
        work = threading.Thread(target=lambda: faults.append(self._attempt(signal)), daemon=True)
        work.start()
        work.join(self._seconds)
        return faults[0] if faults else _passing(_TOO_LATE.format(self._seconds))

    def address(self) -> str:
        """Return the address.

        :raises ProviderError: it cannot be fetched, or is none that may be pinged.
        """
        settings = self._settings
        seconds = min(_SECRET_SECONDS, self._seconds)
        address = settings.url or fetch_secret(
            settings.place, "monitor.ping_url", seconds=seconds, noun="address"
        )
        if address == LEFT_OUT:
            raise _lasting("the monitor's address was left out of the backup that this config came from")
        fault = ping_fault(address)
        if fault:
            raise _lasting(f"the monitor's address {fault}")
        return address

    def _attempt(self, signal: str | int) -> ProviderError | None:
        try:
            address = self.address()
            parts = urlsplit(address)
            target = target_of(address, self._settings.style, signal)
            if target is not None:
                self._ask(parts, target)
            elif signal == LOOK:
                self._reach(parts)
        except ProviderError as error:
            return error
        except ssl.SSLCertVerificationError:
            return _passing(
                "the monitor's certificate is not trusted (or the clock is wrong), so nothing was said"
            )
        except ssl.SSLError:
            return _passing("no private connection to the monitor came about, so nothing was said")
        except TimeoutError:
            return _passing(_TOO_LATE.format(self._seconds))
        except (OSError, HTTPException, ValueError):
            return _passing("the monitor cannot be reached")
        return None

    def _ask(self, parts: SplitResult, target: str) -> None:
        connection = self._connection(parts)
        try:
            headers = {"User-Agent": "magicloop", "Connection": "close"}
            connection.request("GET", target, headers=headers)
            reply = connection.getresponse()
            _judge(reply.status, reply.read(_LARGEST))
        finally:
            connection.close()

    def _reach(self, parts: SplitResult) -> None:
        """Connect and ask nothing: some monitors take every request for a sign of life."""
        connection = self._connection(parts)
        try:
            connection.connect()
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "http" and host in LOOPBACK:
            return HTTPConnection(host, parts.port, timeout=self._seconds)
        context = ssl.create_default_context()
        return HTTPSConnection(host, parts.port, timeout=self._seconds, context=context)


def _judge(status: int, said: bytes) -> None:
    if 200 <= status < 300:  # noqa: PLR2004 - the statuses of success
        if said.startswith(_NOT_FOUND):
            raise _lasting("the monitor has no check of this address")
        return
    if 300 <= status < 400:  # noqa: PLR2004 - the statuses of redirects
        raise _lasting(f"the monitor's address leads elsewhere ({status}), where nothing is sent")
    if status == 429 or status >= 500:  # noqa: PLR2004 - too many, or the far side's own trouble
        raise _passing(f"the monitor could not take the ping ({status})")
    raise _lasting(f"the monitor refused the ping ({status})")


def _passing(what: str) -> ProviderError:
    return ProviderError(
        what, fault=FaultClass.TRANSIENT, where="monitor.ping_url", fix="magicloop doctor --online"
    )


def _lasting(what: str) -> ProviderError:
    return ProviderError(what, fault=FaultClass.PERMANENT, where="monitor.ping_url", fix=_EDIT)


def monitor_row(settings: MonitorSettings, *, online: bool) -> Row:
    """Judge the monitor: whether its address is there and, `online`, answers what says neither well nor ill."""
    from automations.model.health import LOOK_AT_CONNECTION, Row, State

    monitor = PingMonitor(settings)
    kept = settings.place
    where = "the config" if settings.url else kept.file or (f"${kept.env}" if kept.env else "a command")
    try:
        address = monitor.address()
    except ProviderError as error:
        return Row("monitor", State.ERROR, error.what, error.fix)
    fault = monitor.ping(LOOK) if online else None
    if fault is not None and fault.fault is FaultClass.TRANSIENT:
        return Row("monitor", State.WARNING, fault.what, LOOK_AT_CONNECTION)
    if fault is not None:
        return Row("monitor", State.ERROR, fault.what, fault.fix)
    if not online:
        return Row("monitor", State.OK, f"told of every run by the schedule; its address is in {where}")
    if target_of(address, settings.style, LOOK) is None:
        return Row("monitor", State.OK, "can be reached; it was not pinged, which would say that all is well")
    return Row("monitor", State.OK, "answers; it was told neither that all is well nor that it is not")

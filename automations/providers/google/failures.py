"""What a failed call to Google means: whether it may have happened, and what the person can do.

The one place that knows the exceptions of the client, of its transport and of the sign-in. No message
carries an address, a token or the words of a page that came instead of an answer.
"""

from __future__ import annotations

import errno
import http.client
import json
import re
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import google.auth.exceptions as sign_in
import httplib2
from googleapiclient.errors import HttpError

from automations.errors import FaultClass, ProviderError
from automations.providers.google.cures import CONNECT, cure_of

if TYPE_CHECKING:
    from collections.abc import Mapping

CAUGHT = (
    HttpError,
    OSError,
    http.client.HTTPException,
    httplib2.HttpLib2Error,
    sign_in.GoogleAuthError,
    ValueError,
)
"""Everything a call may raise; `ssl.SSLError` and `TimeoutError` are OSErrors, bad JSON a ValueError."""

PASSES = "nothing to do: it passes, and the next run tries again"
LOOK = "see whether your account may do this in Google itself, then: magicloop run"
_RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "conflict"})
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"})
_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientScopes"})
_SWITCHED_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_NO_TLS = "look at the network (a proxy, or a page to sign in to it first), then: magicloop doctor --online"
_NEVER_LEFT = frozenset(
    {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN}
)
_DAY = timedelta(hours=24)
_LONGEST = 160


class GoogleError(ProviderError):
    """A call to Google failed.

    `status` is that of the answer, 0 without one; `reason` is Google's word for it; `quota` tells that
    nothing more is answered today.
    """

    def __init__(
        self,
        what: str,
        *,
        fault: FaultClass,
        where: str = "",
        fix: str = "",
        retry_after: timedelta | None = None,
        at_server: bool = False,
        status: int = 0,
        reason: str = "",
        quota: bool = False,
    ) -> None:
        super().__init__(
            what, fault=fault, where=where, fix=fix, retry_after=retry_after, at_server=at_server
        )
        self.status = status
        self.reason = reason
        self.quota = quota


class StrangeAnswerError(ValueError):
    """An answer that came with success but is not what the method returns."""


def explain(error: Exception, *, where: str, changes: bool) -> GoogleError:
    """Return what `error` means for a call that reads or `changes` something at `where`."""
    if isinstance(error, HttpError):
        return _answered(error, where=where, changes=changes)
    if isinstance(error, sign_in.TransportError) and error.args and isinstance(error.args[0], ssl.SSLError):
        return explain(error.args[0], where=where, changes=False)  # of the renewal, so nothing was asked yet
    if isinstance(error, sign_in.GoogleAuthError):
        return _not_signed_in(error, where=where)
    if isinstance(error, ssl.SSLCertVerificationError):
        return GoogleError(
            "the connection to Google is not the real one: its certificate is not trusted",
            fault=FaultClass.PERMANENT,
            where=where,
            fix="look at the clock and at the network's own certificates, then: magicloop run",
            at_server=True,
        )
    if _never_left(error):
        return GoogleError(
            "Google cannot be reached from here", fault=FaultClass.TRANSIENT, where=where, at_server=True
        )
    fault = FaultClass.AMBIGUOUS if changes else FaultClass.TRANSIENT
    fix = _NO_TLS if isinstance(error, ssl.SSLError) else ""
    # An answer that is none may be about the one thing asked for; what is ambiguous is about one change.
    at_server = not (changes or isinstance(error, ValueError))
    return GoogleError(_broken(error), fault=fault, where=where, fix=fix, at_server=at_server)


def _never_left(error: Exception) -> bool:
    """Tell whether the request certainly did not reach Google: no name, no way, no door."""
    if isinstance(error, httplib2.ServerNotFoundError | ConnectionRefusedError):
        return True
    return isinstance(error, OSError) and error.errno in _NEVER_LEFT


def _broken(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "Google did not answer in time"
    if isinstance(error, ValueError):
        return "what came back is not an answer of Google's"
    if isinstance(error, ssl.SSLError):
        return "no private connection to Google came about, or it broke"
    if isinstance(error, ConnectionError | http.client.IncompleteRead):
        return "the connection to Google broke off before the answer was there"
    said = error.strerror if isinstance(error, OSError) else ""
    return "the connection to Google broke" + (f": {said.lower()}" if said else "")


# --- answers -----------------------------------------------------------------------------------------


def _answered(error: HttpError, *, where: str, changes: bool) -> GoogleError:
    status, headers = int(error.resp.status), error.resp
    reason, words = read_reason(error.content)
    said = f": {words}" if words else ""
    fault, what, fix = FaultClass.PERMANENT, f"Google refused it ({status} {reason}{said})", LOOK
    quota = status in (403, 429) and reason in _QUOTA
    slower = status == http.client.TOO_MANY_REQUESTS or (status == http.client.FORBIDDEN and reason in _RATE)
    switched_off = status == http.client.FORBIDDEN and reason in _SWITCHED_OFF
    if quota:
        fault, what = FaultClass.TRANSIENT, "Google's daily quota for this program is used up"
    elif slower:
        fault, what = FaultClass.TRANSIENT, "Google asks to go slower"
    elif status == http.client.CONFLICT and reason in _RATE:
        fault, what = FaultClass.TRANSIENT, "Google was busy with the same calendar"
    elif status == http.client.UNAUTHORIZED:
        fault, what, fix = FaultClass.NEEDS_SIGN_IN, "Google no longer accepts the sign-in", CONNECT
    elif status == http.client.FORBIDDEN and reason in _SCOPE:
        what = "the sign-in does not allow this: a box was left unticked"
        fault, fix = FaultClass.NEEDS_SIGN_IN, f"{CONNECT}, with every box ticked"
    elif switched_off:
        what = "the API is not switched on in your Google Cloud project"
        fix = "enable it under APIs & Services in the Google Cloud console, wait a minute: magicloop run"
    elif status == http.client.REQUEST_TIMEOUT or status >= http.client.INTERNAL_SERVER_ERROR:
        fault = FaultClass.AMBIGUOUS if changes else FaultClass.TRANSIENT
        what, fix = f"Google has trouble of its own ({status})", PASSES
    return GoogleError(
        what,
        fault=fault,
        where=where,
        fix=fix,
        retry_after=_DAY if quota else _retry_after(headers),
        at_server=quota or slower or switched_off,
        status=status,
        reason=reason,
        quota=quota,
    )


def read_reason(content: bytes) -> tuple[str, str]:
    """Return Google's machine word for an error and its sentence, scrubbed; "" for what is not there."""
    try:
        error: Any = json.loads(content)["error"]
        words = scrub(str(error.get("message", "")))
        first = (error.get("errors") or [{}])[0]
        details = [one.get("reason") for one in error.get("details", ()) if isinstance(one, dict)]
        reason = first.get("reason") or next(filter(None, details), "") or error.get("status", "")
        return scrub(str(reason)), words
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "", ""


def scrub(text: str) -> str:
    """Return foreign text without addresses, long secrets and control characters, cut to a line."""
    text = re.sub(r"\w+://\S+", "(address)", text)
    text = re.sub(r"\S{60,}", "(long text)", text)
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:_LONGEST]


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    seconds = str(headers.get("retry-after", ""))
    return timedelta(seconds=min(int(seconds), 86_400)) if re.fullmatch(r"\d{1,9}", seconds) else None


# --- signing in --------------------------------------------------------------------------------------


def _not_signed_in(error: sign_in.GoogleAuthError, *, where: str) -> GoogleError:
    """Say what a failed refresh means.

    It comes before its request or after a 401, so the request certainly had no effect.
    """
    if isinstance(error, sign_in.TransportError):
        return GoogleError(
            "Google's sign-in cannot be reached from here",
            fault=FaultClass.TRANSIENT,
            where=where,
            at_server=True,
        )
    code = _oauth_code(error)
    if code in ("internal_failure", "server_error", "temporarily_unavailable") or not code:
        return GoogleError(
            "Google's sign-in has trouble of its own",
            fault=FaultClass.TRANSIENT,
            where=where,
            at_server=True,
            reason=code,
        )
    body = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    what, fix = cure_of(code, str(body.get("error_description", "")))
    return GoogleError(what, fault=FaultClass.NEEDS_SIGN_IN, where=where, fix=fix, reason=code)


def _oauth_code(error: sign_in.GoogleAuthError) -> str:
    """Return the OAuth error code, "" when the answer had none; what lacks a refresh token is its own."""
    body = error.args[1] if len(error.args) > 1 else None
    if isinstance(body, dict):
        code = body.get("error")
        return scrub(code) if isinstance(code, str) else ""
    said = str(error.args[0]) if error.args else ""
    known = re.match(r"(invalid_\w+|unauthorized_client|deleted_client|admin_policy_enforced)\b", said)
    if known:
        return known[0]
    return "no_refresh_token" if "refresh_token" in said or "refresh token" in said else ""

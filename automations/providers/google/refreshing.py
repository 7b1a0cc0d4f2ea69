"""Credentials that keep their file fresh: what Google renews is written back before it is used."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials

from automations.providers.google.cures import TESTING_ENDED
from automations.providers.google.ending import told_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from automations.clock import Clock
    from automations.providers.google.auth import Token

TESTING_FROM, TESTING_TO = timedelta(days=6, hours=12), timedelta(days=8)
"""A sign-in that dies at this age was made while the project's publishing status was Testing."""

_STILL_GOOD = timedelta(minutes=4)


class FileCredentials(Credentials):
    """A user's credentials that live in a file.

    `keep` renews the file's token under its lock: it is handed a function from the token that stands
    there to the renewed one, and returns what stands there then.
    """

    def __init__(self, token: Token, keep: Callable[[Callable[[Token], Token]], Token], clock: Clock) -> None:
        # No scopes: they would be sent with each renewal, and one that was unticked since would fail it.
        super().__init__(  # type: ignore[no-untyped-call]
            token=token.access or None,
            refresh_token=token.refresh,
            token_uri=token.token_uri,
            client_id=token.client_id,
            client_secret=token.client_secret,
            expiry=_naive(token.expiry),
        )
        self._keep = keep
        self._clock = clock

    def refresh(self, request: Any) -> None:
        """Renew the access token and write it down, or take the one another process renewed.

        :raises RefreshError: Google no longer accepts the sign-in.
        """
        used = self.token

        def renew(held: Token) -> Token:
            newer = held.access and held.access != used
            if newer and held.expiry and held.expiry - self._clock.now() > _STILL_GOOD:
                self.token, self.expiry = held.access, _naive(held.expiry)
                self._refresh_token = held.refresh
                return held
            self._refresh_token = held.refresh
            listening = _Listening(request)
            try:
                super(FileCredentials, self).refresh(listening)  # type: ignore[no-untyped-call]
            except RefreshError as error:
                raise _named(error, held, self._clock.now()) from error
            granted = tuple(self.granted_scopes or ()) or held.scopes
            return replace(
                held,
                access=str(self.token),
                refresh=self.refresh_token,
                expiry=self.expiry.replace(tzinfo=UTC) if self.expiry else None,
                scopes=granted,
                dies=told_end(listening.answer, self._clock.now()) or held.dies,
            )

        self._keep(renew)


class _Listening:
    """Makes requests, and keeps the last answer: Google's library drops what it says of the sign-in's own end."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self.answer: dict[str, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        response = self._request(*args, **kwargs)
        with suppress(ValueError):
            answer = json.loads(response.data)
            self.answer = answer if isinstance(answer, dict) else {}
        return response


def _named(error: RefreshError, held: Token, now: datetime) -> RefreshError:
    """Return the error with what our own file adds to it: the age at which it died."""
    body = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else None
    if body is None or body.get("error") != "invalid_grant" or held.made is None:
        return error
    if TESTING_FROM <= now - held.made <= TESTING_TO:
        body = {**body, "error": TESTING_ENDED}
    return RefreshError(error.args[0], body, retryable=False)  # type: ignore[no-untyped-call]


def _naive(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC).replace(tzinfo=None) if at else None

"""One Gmail account: the client, made when first used and checked to be the right person's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automations.errors import ProviderError
from automations.providers.google.auth import COMPOSE, DRAFTS_BY, READS_BY
from automations.providers.google.client import TIMEOUT, Caller, build_service
from automations.providers.google.notes import Notes

if TYPE_CHECKING:
    from automations.clock import Clock
    from automations.providers.google.auth import SignIn

WHERE = "Gmail"
ME = "me"


class GmailAccount:
    """Calls Gmail for the account that `sign_in` belongs to; drafts and sending share it.

    `notes` is a file for what saves calls in the next run; `endpoint` is that of an emulator.
    """

    def __init__(
        self, sign_in: SignIn, clock: Clock, *, notes: str = "", endpoint: str = "", timeout: float = TIMEOUT
    ) -> None:
        self.sign_in = sign_in
        self._endpoint = endpoint
        self._timeout = timeout
        self._notes = Notes(notes)
        self._caller = Caller(WHERE, clock, sign_in.email, stopped_until=self._notes.stopped_until)
        self._service: Any = None

    @property
    def api(self) -> Any:
        """The client's `users()`-bearing service.

        :raises ProviderError: there is no sign-in, it lacks drafts, or it is another person's.
        """
        if self._service is None:
            self.sign_in.require(DRAFTS_BY, "Gmail drafts")
            service = build_service(
                "gmail", self.sign_in.credentials((COMPOSE,)), endpoint=self._endpoint, timeout=self._timeout
            )
            profile = service.users().getProfile(userId=ME)
            try:
                self.sign_in.check_account(lambda: str(self.read(profile).get("emailAddress", "")))
            except ProviderError:
                service.close()
                raise
            self._service = service
        return self._service

    def reads_all(self) -> bool:
        """Tell whether sent mails and threads may be looked at."""
        try:
            return self.sign_in.allows(READS_BY)
        except ProviderError:
            return False

    def read(self, request: Any) -> dict[str, Any]:
        """Return the answer of a request that only reads; see `Caller.read`."""
        try:
            return self._caller.read(request)
        finally:
            self._notes.note_stopped(self._caller.stopped_until)

    def change(self, request: Any, *, again: bool = False, empty: bool = False) -> dict[str, Any]:
        """Return the answer of a request that changes something; see `Caller.change`."""
        try:
            return self._caller.change(request, again=again, empty=empty)
        finally:
            self._notes.note_stopped(self._caller.stopped_until)

    def change_once(self, request: Any) -> dict[str, Any]:
        """Return the answer of a request that is never made again, whatever comes back; see `Caller`."""
        try:
            return self._caller.change_once(request)
        finally:
            self._notes.note_stopped(self._caller.stopped_until)

    def close(self) -> None:
        """Let go of the connections."""
        if self._service is not None:
            self._service.close()
            self._service = None

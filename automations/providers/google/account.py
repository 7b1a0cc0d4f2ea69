"""The person's Google account as `connect`, `disconnect` and `doctor` see it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automations.errors import FaultClass, ProviderError, RefusedError
from automations.providers.google import auth
from automations.providers.google.client import Caller, SingleShot, build_service
from automations.providers.google.cures import CONNECT
from automations.providers.google.failures import GoogleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.clock import Clock
    from automations.model.policy import Policy
    from automations.providers.google.auth import SignIn, Token

REVOKE = "https://oauth2.googleapis.com/revoke"
SKEW = timedelta(minutes=5)
"""A clock further off than this makes Google refuse signatures and us misjudge what is due."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that needs Google: the scopes to ask for, any of which is enough, and what it is for."""

    name: str
    ask: tuple[str, ...]
    enough: frozenset[str]


CALENDAR = Feature("blocks in Google Calendar", (auth.EVENTS,), auth.EVENTS_BY)
OTHERS = Feature(
    "the other calendars of calendar.calendars",
    (auth.FREEBUSY,),
    frozenset({auth.FREEBUSY, f"{auth.SCOPE_ROOT}calendar", f"{auth.SCOPE_ROOT}calendar.events.freebusy"}),
)
DRAFTS = Feature("drafts in Gmail", (auth.COMPOSE,), auth.DRAFTS_BY)
READING = Feature("telling a sent draft from a deleted one", (auth.READ_MAIL,), auth.READS_BY)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing `doctor` looked at; `fix` is what to type or open when it is not `ok`."""

    name: str
    ok: bool
    what: str
    fix: str = ""


def features(policy: Policy, *, read_mail: bool = False) -> tuple[Feature, ...]:
    """Return what the config switches on that needs Google."""
    found: list[Feature] = []
    if policy.calendar.provider == "google":
        found.append(CALENDAR)
        if set(policy.calendar.calendars) - {"primary", policy.person}:
            found.append(OTHERS)
    if policy.mail.provider == "google":
        found.append(DRAFTS)
        if read_mail:
            found.append(READING)
    return tuple(found)


class Account:
    """The account that the config names, and the file its sign-in is kept in."""

    def __init__(self, policy: Policy, sign_in: SignIn, clock: Clock) -> None:
        self._policy = policy
        self._sign_in = sign_in
        self._clock = clock

    @property
    def path(self) -> str:
        """The token file."""
        return self._policy.google.token_file

    @property
    def pending(self) -> str:
        """Where a sign-in without a browser is kept until its answer is pasted."""
        return f"{self.path}.begun"

    def features(self, *, read_mail: bool) -> tuple[Feature, ...]:
        """Return what to ask for.

        :raises RefusedError: nothing in the config needs Google, or it uses a service account.
        """
        if self._policy.google.service_account:
            raise RefusedError(
                "google.service_account is set, which needs no sign-in",
                where=self._policy.google.service_account,
                fix="magicloop doctor",
            )
        found = features(self._policy, read_mail=read_mail)
        if not found:
            raise RefusedError(
                "nothing in the config uses Google",
                fix='set calendar.provider or mail.provider to "google": magicloop config edit',
            )
        return found

    def keep(self, token: Token, wanted: tuple[Feature, ...]) -> tuple[str, tuple[Feature, ...]]:
        """Make one cheap call, keep the sign-in, read it back; return the address and what was not granted.

        :raises ProviderError: it is another person's or does not work; what was kept before stays.
        """
        lacking = tuple(one for one in wanted if not token.allows(one.enough))
        if not any(token.allows(one.enough) for one in wanted if one is not READING):
            raise ProviderError(
                "no box was ticked on the consent page, so the sign-in allows nothing",
                fault=FaultClass.NEEDS_SIGN_IN,
                fix=f"{CONNECT}, with every box ticked",
            )
        address = self._address(token)
        self._sign_in.check_owner(address)
        auth.write_token(self.path, replace(token, account=address))
        return address, lacking

    def revoke(self) -> bool:
        """Take the sign-in back at Google and delete its file; tell whether Google knew it.

        :raises ProviderError: there is none, or Google cannot be reached: then the file stays.
        """
        token = auth.read_token(self.path)
        # An emulator that renews tokens takes them back too.
        local = auth.is_loopback(token.token_uri)
        address = token.token_uri.rsplit("/", 1)[0] + "/revoke" if local else REVOKE
        http = SingleShot(20.0, direct=local)
        try:
            reply, _ = http.request(
                address,
                "POST",
                body=f"token={token.refresh}",
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
        except OSError:
            raise _unreachable() from None
        finally:
            http.close()
        if reply.status >= 500:  # noqa: PLR2004 - a status
            raise _unreachable()
        for path in (self.path, self.pending):
            Path(path).unlink(missing_ok=True)
        return bool(reply.status == 200)  # noqa: PLR2004 - a status

    # --- doctor -------------------------------------------------------------------------------------

    def checks(self) -> Iterator[Check]:
        """Look at each thing a Google account needs; after one that all others need fails, stop."""
        wanted = features(self._policy)
        if not wanted:
            return
        name = "google sign-in"
        try:
            granted = [one for one in wanted if self._sign_in.allows(one.enough)]
        except ProviderError as error:
            yield Check(name, ok=False, what=error.what, fix=error.fix)
            return
        yield Check(name, ok=True, what=f"kept in {self._sign_in.path}")
        for one in wanted:
            ok = one in granted
            what = "granted" if ok else "not granted: a box was left unticked"
            yield Check(
                f"google scope for {one.name}", ok, what, "" if ok else f"{CONNECT}, with every box ticked"
            )
        if CALENDAR in granted:
            yield from self._called("calendar")
        if DRAFTS in granted:
            yield from self._called("gmail")

    def _called(self, api: str) -> Iterator[Check]:
        name = "google calendar" if api == "calendar" else "gmail"
        seen: dict[str, str] = {}
        try:
            scopes = tuple(scope for one in features(self._policy) for scope in one.ask)
            address = self._ask(api, self._sign_in.credentials(scopes), seen)
            if api == "gmail" or "@" in address:
                self._sign_in.confirm(address)
        except ProviderError as error:
            yield Check(name, ok=False, what=error.what, fix=error.fix or f"try again later: {CONNECT}")
        else:
            yield Check(name, ok=True, what=f"answers for {address}" if "@" in address else "answers")
        yield from self._clock_check(seen.get("date", ""))

    def _clock_check(self, date: str) -> Iterator[Check]:
        with suppress(ValueError):
            off = abs(self._clock.now() - parsedate_to_datetime(date))
            if off > SKEW:
                what = f"this machine's clock is {off.total_seconds() // 60:.0f} minutes off Google's"
                yield Check("clock", ok=False, what=what, fix="timedatectl set-ntp true")

    # --- one cheap call -----------------------------------------------------------------------------

    def _address(self, token: Token) -> str:
        from google.oauth2.credentials import Credentials

        credentials = Credentials(  # type: ignore[no-untyped-call]
            token=token.access,
            refresh_token=token.refresh,
            token_uri=token.token_uri,
            client_id=token.client_id,
            client_secret=token.client_secret,
        )
        api = "gmail" if token.allows(auth.DRAFTS_BY) else "calendar"
        address = self._ask(api, credentials, {})
        return address if "@" in address else ""

    def _ask(self, api: str, credentials: Any, seen: dict[str, str]) -> str:
        """Return the address an API answers for, or the calendar's name; the reply's headers go to `seen`."""
        service = build_service(api, credentials, endpoint=self._policy.google.api_endpoint)
        caller = Caller("Gmail" if api == "gmail" else "Google Calendar", self._clock)
        if api == "gmail":
            request, field = service.users().getProfile(userId="me"), "emailAddress"
        else:
            request, field = service.events().list(calendarId="primary", maxResults=1), "summary"
        request.add_response_callback(seen.update)
        try:
            return str(caller.read(request).get(field, ""))
        finally:
            service.close()


def _unreachable() -> ProviderError:
    return GoogleError(
        "Google cannot be reached, so the sign-in was not taken back",
        fault=FaultClass.TRANSIENT,
        fix="magicloop disconnect google    (again, later)",
    )

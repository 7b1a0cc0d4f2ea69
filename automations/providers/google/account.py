"""The person's Google account as `connect`, `disconnect` and `doctor` see it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from automations.errors import FaultClass, ProviderError, RefusedError
from automations.model.health import LOOK_AT_CONNECTION, Row, State
from automations.plan.sign_in_end import AHEAD, end_of, end_words
from automations.providers.google import auth
from automations.providers.google.client import TIMEOUT, Caller, SingleShot, build_service
from automations.providers.google.cures import AUDIENCE, CONNECT
from automations.providers.google.ending import life_of_token
from automations.providers.google.failures import GoogleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from automations.clock import Clock
    from automations.model.policy import Policy
    from automations.providers.google.auth import SignIn, Token

UNSURE = timedelta(days=5), timedelta(days=7)
"""At which age an end is named that Google did not announce: it may come on the seventh day."""
REVOKE = "https://oauth2.googleapis.com/revoke"


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

    def export(self, path: str) -> None:
        """Write the sign-in to a new file that its owner alone can read, for another machine.

        :raises ProviderError: there is none, or the file cannot be written.
        :raises RefusedError: there is a file already.
        """
        token = auth.read_token(self.path)
        if Path(path).exists():
            raise RefusedError(
                "there is a file of that name already; it stays", where=path, fix="name another file"
            )
        auth.write_token(path, token)

    def read_exported(self, path: str) -> Token:
        """Return the sign-in that `export` wrote on another machine.

        :raises ProviderError: it is not there, others can read it, or it is none.
        """
        try:
            return auth.read_token(path)
        except ProviderError as error:
            if not Path(path).exists():
                error.what, error.fix = "that file is not there", "name the file that --export wrote"
            raise

    def revoke(self) -> bool:
        """Take the sign-in back at Google, and leave its file to `forget`; tell whether Google knew it.

        :raises ProviderError: there is none, or Google cannot be reached.
        """
        token = auth.read_token(self.path)
        # An emulator that renews tokens takes them back too.
        local = auth.is_loopback(token.token_uri)
        address = token.token_uri.rsplit("/", 1)[0] + "/revoke" if local else REVOKE
        http = SingleShot(TIMEOUT, direct=local)
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
        return bool(reply.status == 200)  # noqa: PLR2004 - a status

    def forget(self) -> None:
        """Delete the sign-in's file, and that of one that was begun.

        :raises ProviderError: one cannot be deleted.
        """
        for path in (self.path, self.pending):
            try:
                Path(path).unlink(missing_ok=True)
            except OSError as error:
                raise ProviderError(
                    f"the file of the sign-in cannot be deleted: {error.strerror}",
                    fault=FaultClass.PERMANENT,
                    where=path,
                    fix=f"rm {quote(path)}",
                ) from error

    # --- doctor -------------------------------------------------------------------------------------

    def rows(self) -> Iterator[Row]:
        """Look at the sign-in's file: who may read it, what it allows, how old it is. Nobody is asked."""
        wanted = features(self._policy)
        if not wanted:
            return
        try:
            granted = [one for one in wanted if self._sign_in.allows(one.enough)]
            if self._policy.google.service_account:
                self._sign_in.credentials(())  # reads the key and who may read it
        except ProviderError as error:
            yield Row("sign-in", State.ERROR, error.what, error.fix)
            return
        yield self._sign_in_row()
        for one in wanted:
            if one in granted:
                yield Row("scope", State.OK, f"{one.name}: granted")
            else:
                what = f"{one.name}: not granted, a box was left unticked"
                yield Row("scope", State.ERROR, what, f"{CONNECT}, with every box ticked")

    def online_rows(self) -> Iterator[tuple[Row, datetime | None]]:
        """Call each API once, cheaply; with each row comes the server's clock where it told it."""
        try:
            granted = [one for one in features(self._policy) if self._sign_in.allows(one.enough)]
        except ProviderError:
            return  # `rows` says so
        for feature, api in ((CALENDAR, "calendar"), (DRAFTS, "gmail")):
            if feature in granted:
                yield self._called(api)

    def _sign_in_row(self) -> Row:
        """Judge how long the sign-in lasts yet."""
        what = f"kept in {self._sign_in.path}"
        if self._policy.google.service_account:
            return Row("sign-in", State.OK, what)
        token, now, zone = self._sign_in.token(), self._clock.now(), self._policy.me.zone
        lasted = auth.lasted(token, now)
        if lasted is not None:
            what = f"{what}, {max(0, lasted.days)} days old"
        life = life_of_token(token, self.path)
        end = end_of(life)
        if end is not None and now >= end - AHEAD:
            return Row("sign-in", State.WARNING, end_words(life, zone, now), life.cure)
        if token.dies is not None:
            return Row("sign-in", State.OK, f"{what}; {end_words(life, zone, now)}")
        if lasted is not None and UNSURE[0] <= lasted < UNSURE[1]:
            what = f"{what}; should your project's publishing status be Testing, Google ends it after 7"
            return Row("sign-in", State.INFO, what, AUDIENCE)
        return Row("sign-in", State.OK, what)

    def _called(self, api: str) -> tuple[Row, datetime | None]:
        name = "google calendar" if api == "calendar" else "gmail"
        seen: dict[str, str] = {}
        try:
            scopes = tuple(scope for one in features(self._policy) for scope in one.ask)
            address = self._ask(api, self._sign_in.credentials(scopes), seen)
            if api == "gmail" or "@" in address:
                self._sign_in.confirm(address)
        except ProviderError as error:
            passing = error.fault is FaultClass.TRANSIENT
            fix = error.fix or (LOOK_AT_CONNECTION if passing else CONNECT)
            row = Row(name, State.WARNING if passing else State.ERROR, error.what, fix)
        else:
            row = Row(name, State.OK, f"answers for {address}" if "@" in address else "answers")
        with suppress(ValueError):
            return row, parsedate_to_datetime(seen.get("date", ""))
        return row, None

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

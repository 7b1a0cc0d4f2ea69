"""The sign-in: a file that only its owner may read, kept up to date, and checked to be the right person's.

Google's libraries are imported where they are needed: a broken token file is refused without them.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from automations.errors import FaultClass, ProviderError
from automations.providers.google.cures import CONNECT
from automations.rights import cure_of_refusal
from automations.whole_files import make_folders, place_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.auth.credentials import Credentials

    from automations.clock import Clock
    from automations.model.policy import GoogleSettings

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
SCOPE_ROOT = "https://www.googleapis.com/auth/"
COMPOSE = f"{SCOPE_ROOT}gmail.compose"
READ_MAIL = f"{SCOPE_ROOT}gmail.readonly"
EVENTS = f"{SCOPE_ROOT}calendar.events.owned"
FREEBUSY = f"{SCOPE_ROOT}calendar.freebusy"
ALL_MAIL = "https://mail.google.com/"

DRAFTS_BY = frozenset({COMPOSE, f"{SCOPE_ROOT}gmail.modify", ALL_MAIL})
"""Scopes of which any one allows drafts."""
READS_BY = frozenset({READ_MAIL, f"{SCOPE_ROOT}gmail.modify", ALL_MAIL})
"""Scopes of which any one lets a sent mail be told from a deleted draft."""
EVENTS_BY = frozenset({EVENTS, f"{SCOPE_ROOT}calendar.events", f"{SCOPE_ROOT}calendar"})

LARGEST = 64 * 1024
_NAMED = ("refresh_token", "client_id", "client_secret")
_LOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Token:
    """What the token file holds. `account` is the address it was seen to belong to, "" while unknown.

    `made` is when the person signed in, None for a file that came from elsewhere; `dies` when Google said that it
    will end, None when it said nothing.
    """

    access: str
    refresh: str
    token_uri: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ()
    expiry: datetime | None = None
    account: str = ""
    made: datetime | None = None
    dies: datetime | None = None

    def allows(self, any_of: frozenset[str]) -> bool:
        """Tell whether one of the scopes was granted; a file that names none is tried."""
        return not self.scopes or bool(any_of.intersection(self.scopes))


def read_token(path: str) -> Token:
    """Return the sign-in kept at `path`.

    :raises ProviderError: needs_sign_in where there is none or it is broken, permanent where others may
        read it. The token itself never stands in the message.
    """
    text = read_private(path, "the token file", missing_fix=CONNECT)
    try:
        held = json.loads(text)
        token = Token(
            access=_text(held, "token"),
            refresh=_text(held, "refresh_token"),
            token_uri=_text(held, "token_uri") or GOOGLE_TOKEN_URI,
            client_id=_text(held, "client_id"),
            client_secret=_text(held, "client_secret"),
            scopes=_scopes(held.get("scopes")),
            expiry=_instant(_text(held, "expiry")),
            account=_text(held, "account"),
            made=_instant(_text(held, "made")),
            dies=_instant(_text(held, "dies")),
        )
    except (ValueError, TypeError, AttributeError):
        raise _broken(path, "is empty" if not text.strip() else "is damaged or cut short") from None
    missing = [name for name in _NAMED if not held.get(name)]
    if missing:
        raise _broken(path, f"lacks {', '.join(missing)}")
    _check_token_uri(path, token.token_uri)
    return token


def read_private(path: str, what: str, *, missing_fix: str) -> str:
    """Return a secret file's text.

    :raises ProviderError: it is not there, is no file, or others may read it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise _unusable(
                    path, f"{what} is not a file", fix=f"mv {quote(path)} elsewhere; {missing_fix}"
                )
            if found.st_mode & 0o077:
                seen = stat.S_IMODE(found.st_mode)
                raise _unusable(
                    path,
                    f"{what} can be read by others (mode {seen:04o}), so it is not used",
                    fix=f"chmod 600 {quote(path)}",
                )
            return file.read(LARGEST).decode("utf-8")
    except FileNotFoundError:
        raise ProviderError(
            "you are not signed in to Google: there is no token file"
            if missing_fix == CONNECT
            else f"{what} is not there",
            fault=FaultClass.NEEDS_SIGN_IN,
            where=path,
            fix=missing_fix,
        ) from None
    except UnicodeDecodeError:
        raise _broken(path, "is damaged or cut short") from None
    except OSError as error:
        raise _unusable(
            path,
            f"{what} cannot be read: {error.strerror}",
            fix=cure_of_refusal(error, path) or f"chmod 600 {quote(path)}",
        ) from None


def write_token(path: str, token: Token) -> None:
    """Put the sign-in in place whole, readable by its owner alone, and read it back.

    :raises ProviderError: it cannot be written; what was there stays.
    """
    held = {
        "type": "authorized_user",
        "token": token.access,
        "refresh_token": token.refresh,
        "token_uri": token.token_uri,
        "client_id": token.client_id,
        "client_secret": token.client_secret,
        "scopes": list(token.scopes),
        "expiry": _stamp(token.expiry),
        "account": token.account,
        "made": _stamp(token.made),
        "dies": _stamp(token.dies),
    }
    write_private(path, json.dumps(held, indent=1))
    if read_token(path) != token:
        raise _unusable(path, "the token file does not read back as it was written", fix=CONNECT)


def write_private(path: str, text: str) -> None:
    """Replace a secret file: a new one beside it, mode 0600 from its first byte, then renamed.

    :raises ProviderError: it cannot be written; what was there stays.
    """
    place = Path(path)
    try:
        make_folders(place.parent)
        place_file(place, text.encode())
    except OSError as error:
        raise _unusable(
            path,
            f"{place.name} cannot be written: {error.strerror}",
            fix=cure_of_refusal(error, path)
            or f"make {place.parent} writable, or set google.token_file to another place",
        ) from error


class SignIn:
    """The person's sign-in for one process. Nothing is read before it is asked for."""

    def __init__(self, settings: GoogleSettings, email: str, clock: Clock) -> None:
        self._settings = settings
        self.email = email
        self._clock = clock
        self._token: Token | None = None
        self._credentials: Credentials | None = None

    @property
    def path(self) -> str:
        """The file the sign-in is kept in."""
        return self._settings.service_account or self._settings.token_file

    def token(self) -> Token:
        """Return the token file's content, read once.

        :raises ProviderError: as `read_token`; needs_sign_in also where it is another person's.
        """
        if self._token is None:
            token = read_token(self._settings.token_file)
            self.check_owner(token.account)
            self._token = token
        return self._token

    def allows(self, any_of: frozenset[str]) -> bool:
        """Tell whether one of the scopes was granted.

        :raises ProviderError: as `token`.
        """
        return bool(self._settings.service_account) or self.token().allows(any_of)

    def require(self, any_of: frozenset[str], what: str) -> None:
        """Return if one of the scopes was granted.

        :raises ProviderError: needs_sign_in, none was; or as `token`.
        """
        if not self.allows(any_of):
            raise ProviderError(
                f"the sign-in does not allow {what}: a box was left unticked",
                fault=FaultClass.NEEDS_SIGN_IN,
                where=self.path,
                fix=f"{CONNECT}, with every box ticked",
            )

    def credentials(self, scopes: tuple[str, ...]) -> Credentials:
        """Return what signs requests; `scopes` are what a service account asks for.

        :raises ProviderError: as `token`.
        """
        if self._settings.service_account:
            return _delegated(self._settings.service_account, self.email, scopes)
        if self._credentials is None:
            from automations.providers.google.refreshing import FileCredentials

            self._credentials = FileCredentials(self.token(), self._keep_fresh, self._clock)
        return self._credentials

    def check_account(self, ask: Callable[[], str]) -> None:
        """Make sure once that the sign-in is that of [me] email; `ask` makes the call that tells its address.

        :raises ProviderError: needs_sign_in, it is somebody else's; or as `ask`.
        """
        # A service account acts for the address it was told to, or Google refuses it.
        if self._settings.service_account or self.token().account:
            return
        self._token = None  # the calendar may have found out meanwhile
        if not self.token().account:
            self.confirm(ask())

    def saw_calendar(self, name: str) -> None:
        """Take the primary calendar's name for the account's address, which it is unless it was renamed.

        :raises ProviderError: needs_sign_in, it is somebody else's.
        """
        if "@" in name and " " not in name:
            self.confirm(name)

    def confirm(self, account: str) -> None:
        """Remember whose sign-in it was seen to be.

        :raises ProviderError: needs_sign_in, it is somebody else's.
        """
        self.check_owner(account)
        if self._settings.service_account or not account or self.token().account:
            return
        self._change(lambda token: replace(token, account=account))

    def check_owner(self, account: str) -> None:
        """Return if an address, where it is known, is that of [me] email.

        :raises ProviderError: needs_sign_in, it is somebody else's.
        """
        if account and account.lower() != self.email.lower():
            raise ProviderError(
                f"the sign-in is that of {account}, but [me] email is {self.email}; nothing was done",
                fault=FaultClass.NEEDS_SIGN_IN,
                where=self.path,
                fix=f"{CONNECT}    (sign in as {self.email}), or change me.email: magicloop config edit",
            )

    def _keep_fresh(self, refresh: Callable[[Token], Token]) -> Token:
        """Let `refresh` renew the token under the file's lock; one that another process renewed is taken."""
        return self._change(refresh)

    def _change(self, change: Callable[[Token], Token]) -> Token:
        """Read the file anew under its lock, change what it holds, write it."""
        from filelock import Timeout

        from automations.locks import file_lock

        path = self._settings.token_file
        lock = file_lock(f"{path}.lock")
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise ProviderError(
                "another process is signing in",
                fault=FaultClass.TRANSIENT,
                where=f"{path}.lock",
                at_server=True,
            ) from None
        except OSError as error:
            raise _unusable(
                path,
                f"the token file cannot be locked: {error.strerror}",
                fix=cure_of_refusal(error, f"{path}.lock") or "make its folder writable",
            ) from None
        try:
            held = read_token(path)
            changed = change(held)
            if changed != held:
                write_token(path, changed)
        finally:
            lock.release()
        self._token = changed
        return changed


def is_loopback(address: str) -> bool:
    """Tell whether a web address leads to this machine."""
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")


def lasted(token: Token, now: datetime) -> timedelta | None:
    """Return how long ago the person signed in, None when that is not known."""
    return None if token.made is None else now - token.made


def _delegated(path: str, subject: str, scopes: tuple[str, ...]) -> Credentials:
    text = read_private(
        path, "the service account's key", missing_fix="set google.service_account to its file"
    )
    from google.oauth2 import service_account

    try:
        _check_token_uri(path, str(json.loads(text).get("token_uri", GOOGLE_TOKEN_URI)))
        made: Credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            json.loads(text), scopes=list(scopes), subject=subject
        )
    except (ValueError, TypeError, AttributeError, KeyError):
        raise _unusable(
            path,
            "this is no key file of a service account",
            fix="create a JSON key for it in the Google Cloud console and name that file",
        ) from None
    return made


def _text(held: dict[str, Any], name: str) -> str:
    value = held.get(name)
    return value if isinstance(value, str) else ""


def _scopes(value: Any) -> tuple[str, ...]:
    """Return granted scopes; they are kept as a list, or by some tools as one text."""
    return tuple(value.split()) if isinstance(value, str) else tuple(str(one) for one in value or ())


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if at else None


def _check_token_uri(path: str, uri: str) -> None:
    """Refuse to send the sign-in unencrypted to another machine."""
    if urlsplit(uri).scheme == "https" or is_loopback(uri):
        return
    raise _broken(path, "names a token_uri that is neither https nor on this machine")


def _broken(path: str, how: str) -> ProviderError:
    return ProviderError(
        f"the token file {how}, so you are not signed in to Google",
        fault=FaultClass.NEEDS_SIGN_IN,
        where=path,
        fix=CONNECT,
    )


def _unusable(path: str, what: str, *, fix: str) -> ProviderError:
    return ProviderError(what, fault=FaultClass.PERMANENT, where=path, fix=fix)

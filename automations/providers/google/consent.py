"""Signing in: the person's own OAuth client, the consent page, and the token that comes of it.

The client is of type Desktop: its answer comes back to a port of this machine, or is pasted by the person
where no browser can reach this machine.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automations.errors import BadValueError, FaultClass, ProviderError, RefusedError
from automations.providers.google.auth import Token, is_loopback, read_private, write_private
from automations.providers.google.cures import CLIENTS, CONNECT, cure_of
from automations.providers.google.ending import told_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from google_auth_oauthlib.flow import InstalledAppFlow

NOWHERE = "http://127.0.0.1:1"
"""Where the consent page sends a browser on another machine: nothing answers, and the person pastes the address."""

WAIT_SECONDS = 600
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Client:
    """The person's own OAuth client of type Desktop, as downloaded."""

    path: str
    config: dict[str, Any]

    @property
    def token_uri(self) -> str:
        """Where codes become tokens."""
        return str(self.config["installed"]["token_uri"])


def newest_client(downloads: str) -> str:
    """Return the newest `client_secret_*.json` of a folder, "" when it has none."""
    found = [path for path in Path(downloads).glob("client_secret_*.json") if path.is_file()]
    return str(max(found, key=lambda path: path.stat().st_mtime)) if found else ""


def read_client(path: str) -> Client:
    """Return the OAuth client in a downloaded file.

    :raises RefusedError: it cannot be read, is something else, or is a client of another type.
    """
    again = f"download a client of type Desktop app at {CLIENTS}, then: {CONNECT} --client-file FILE"
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as named
            config = json.loads(file.read(_LARGEST))
    except OSError as error:
        raise RefusedError(
            f"the client file cannot be read: {error.strerror}", where=path, fix=again
        ) from None
    except ValueError:
        raise RefusedError("the client file is no JSON", where=path, fix=again) from None
    if isinstance(config, dict) and "web" in config:
        raise RefusedError(
            "this OAuth client is of type Web application, which cannot sign in from your machine",
            where=path,
            fix=again,
        )
    if isinstance(config, dict) and config.get("type") == "service_account":
        raise RefusedError(
            "this is the key of a service account, not an OAuth client",
            where=path,
            fix="set google.service_account to it, where an administrator delegates; " + again,
        )
    installed = config.get("installed") if isinstance(config, dict) else None
    needed = ("client_id", "client_secret", "auth_uri", "token_uri")
    if not isinstance(installed, dict) or not all(isinstance(installed.get(name), str) for name in needed):
        raise RefusedError("this is no OAuth client of type Desktop", where=path, fix=again)
    return Client(path, {"installed": installed})


def by_browser(
    client: Client, scopes: tuple[str, ...], now: datetime, show: Callable[[str], None], *, hint: str
) -> Token:
    """Hand the consent page's address to `show` and wait for its answer on a port of this machine.

    :raises ProviderError: it was refused, or nothing came within ten minutes.
    """
    from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError

    from automations.providers.google.exchange import exchange_in_time

    class ShownFlow(InstalledAppFlow):  # type: ignore[misc]
        """Hands the page's address to our own printer; the library would print it itself."""

        def authorization_url(self, **more: Any) -> tuple[str, str]:
            """Return the address and its state, as the library does."""
            url, state = super().authorization_url(**more)
            show(url)
            return url, state

    flow = ShownFlow.from_client_config(client.config, scopes=list(scopes))
    exchange_in_time(flow, direct=is_loopback(client.token_uri))
    with _told(client):
        try:
            flow.run_local_server(
                host="127.0.0.1",
                port=0,
                authorization_prompt_message="",
                open_browser=False,
                success_message="You are signed in. Close this page and go back to the terminal.",
                timeout_seconds=WAIT_SECONDS,
                login_hint=hint,
                prompt="consent",
            )
        except WSGITimeoutError:
            raise ProviderError(
                "nothing came back from the consent page within ten minutes",
                fault=FaultClass.NEEDS_SIGN_IN,
                fix=f"{CONNECT}, or without a browser here: {CONNECT} --no-browser",
            ) from None
    return _token(client, flow, now)


def begin_paste(client: Client, scopes: tuple[str, ...], pending: str, *, hint: str) -> str:
    """Return the address of the consent page, and keep at `pending` what the answer is checked by.

    :raises ProviderError: it cannot be kept.
    """
    flow = _flow(client, scopes)
    flow.redirect_uri = NOWHERE
    with _told(client):
        url, state = flow.authorization_url(login_hint=hint, prompt="consent")
    kept = {"client": client.path, "scopes": list(scopes), "state": state, "verifier": flow.code_verifier}
    write_private(pending, json.dumps(kept))
    return str(url)


def finish_paste(pending: str, address: str, now: datetime) -> Token:
    """Return the token for the address the consent page ended at.

    :raises BadValueError: the address is none of that page's.
    :raises ProviderError: nothing was begun, or Google refused.
    """
    try:
        kept = json.loads(read_private(pending, "the begun sign-in", missing_fix=f"{CONNECT} --no-browser"))
        client, scopes = read_client(kept["client"]), tuple(kept["scopes"])
        state, verifier = kept["state"], kept["verifier"]
    except (ValueError, KeyError, TypeError):
        raise RefusedError(
            "the begun sign-in is damaged", where=pending, fix=f"{CONNECT} --no-browser"
        ) from None
    if not address.strip().startswith(NOWHERE) or ("code=" not in address and "error=" not in address):
        raise BadValueError(
            "this is not the address the consent page ended at",
            fix=f"copy the whole address that begins with {NOWHERE}, between quotes: {CONNECT} --paste 'ADDRESS'",
        )
    flow = _flow(client, scopes, state=state)
    flow.redirect_uri, flow.code_verifier = NOWHERE, verifier
    with _told(client):
        flow.fetch_token(authorization_response=address.strip().replace("http", "https", 1))
    flow.oauth2session.close()
    Path(pending).unlink(missing_ok=True)
    return _token(client, flow, now)


def _flow(client: Client, scopes: tuple[str, ...], **more: Any) -> InstalledAppFlow:
    from google_auth_oauthlib.flow import InstalledAppFlow

    from automations.providers.google.exchange import exchange_in_time

    flow: InstalledAppFlow = InstalledAppFlow.from_client_config(client.config, scopes=list(scopes), **more)
    exchange_in_time(flow, direct=is_loopback(client.token_uri))
    return flow


def _token(client: Client, flow: InstalledAppFlow, now: datetime) -> Token:
    made = flow.credentials
    installed = client.config["installed"]
    if not made.refresh_token:
        what, fix = cure_of("no_refresh_token")
        raise ProviderError(what, fault=FaultClass.NEEDS_SIGN_IN, fix=fix)
    return Token(
        access=str(made.token),
        refresh=str(made.refresh_token),
        token_uri=client.token_uri,
        client_id=installed["client_id"],
        client_secret=installed["client_secret"],
        scopes=tuple(made.granted_scopes or made.scopes or ()),
        expiry=made.expiry.replace(tzinfo=UTC) if made.expiry else None,
        made=now.replace(microsecond=0),
        dies=told_end(flow.oauth2session.token, now),
    )


@contextmanager
def _told(client: Client) -> Iterator[None]:
    """Exchange a code with unticked boxes allowed, and say in our words what was refused."""
    import requests
    from oauthlib.oauth2 import OAuth2Error

    wanted = {"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}
    if is_loopback(client.token_uri):
        wanted["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    except OAuth2Error as error:
        code = str(error.error or "")
        what, fix = cure_of(code, str(error.description or ""))
        if code == "mismatching_state":
            what, fix = "that address belongs to another sign-in", f"{CONNECT} --no-browser"
        raise ProviderError(what, fault=FaultClass.NEEDS_SIGN_IN, fix=fix) from None
    except requests.RequestException:
        raise ProviderError(
            "Google's sign-in cannot be reached from here", fault=FaultClass.TRANSIENT, fix=CONNECT
        ) from None
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

"""The HTTP side: sockets, sign-in, faults and a log of what was asked."""

import base64
import contextlib
import hashlib
import json
import select
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from google_emulator.discovery import ApiError, find_method, read_call
from google_emulator.faults import Faults

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SLOW = 30.0
"""How long a slow answer waits for the client to give up, in seconds."""
DRIPS, EACH = 90, 0.06
"""How many drips an answer has (a client takes a hundred headers at most), and the seconds between two."""

ALL_SCOPES = frozenset(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("calendar.events.owned", "calendar.freebusy", "gmail.compose", "gmail.readonly")
)


class Emulator:
    """Google on the loopback. Use it as a context; add APIs with `add`.

    `log` lists the method ids of all API calls that arrived, `token_calls` the forms the token endpoint
    got. `lifetime` is how many seconds a sign-in is made for, None for no end. `tokens` maps each access token that is good to its scopes.
    """

    def __init__(self, *apis):
        self.handlers = {}
        self.faults = Faults()
        self.log = []
        self.calls = []
        self.token_calls = []
        self.tokens = {"first-token": ALL_SCOPES}
        self.refresh_tokens = {"refresh-me": ALL_SCOPES}
        self.codes = {}
        self.service_accounts = {}
        self.delegated = {}
        self.date = None
        self.refusal = None
        self.lifetime = None
        self._lock = threading.RLock()
        self._sockets = set()
        for api in apis:
            self.add(api)

    def add(self, api):
        """Serve `api`: its `handlers` map a discovery id to a function of a `Call` that returns JSON or None."""
        self.handlers.update(api.handlers)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def token_uri(self):
        return f"{self.url}/token"

    def __enter__(self):
        emulator = self

        class Handler(_Handler):
            google = emulator

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def quiet(self):
        """Wait until every request of clients that are gone has been served."""
        with socket.create_connection(self._server.server_address[:2]) as last:
            last.shutdown(socket.SHUT_WR)
            while last.recv(64):
                pass  # connections are taken in turn: once this one is over, all others have begun
        self._server._threads.join()

    def expire(self):
        """Let every access token expire."""
        self.tokens.clear()

    def revoke(self):
        """Do what a person does who takes the access away."""
        self.tokens.clear()
        self.refresh_tokens.clear()

    # --- answers ----------------------------------------------------------------------------------

    def answer_api(self, verb, target, headers, data):
        """Return (status, headers, body) for an API call; a body of None is none."""
        with self._lock:
            try:
                call, scopes = read_call(verb, target, headers, data)
                self._check_access(headers, scopes)
                self.calls.append(call)
                body = self.handlers.get(call.method, _not_served)(call)
            except ApiError as error:
                return error.status, error.headers, error.body()
        return (204, {}, None) if body is None else (200, {}, body)

    def _check_access(self, headers, scopes):
        token = headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise ApiError(401, "authError", "Invalid Credentials")
        if not scopes & self.tokens[token]:
            message = "Request had insufficient authentication scopes."
            raise ApiError(403, "insufficientPermissions", message)

    def consent(self, url, *, untick=()):
        """Tick the boxes of the consent page at `url`, all but some; return where the browser ends."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["code_challenge_method"] == "S256"
        assert asked["access_type"] == "offline"
        granted = frozenset(asked["scope"].split()) - frozenset(untick)
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = (asked["code_challenge"], asked["redirect_uri"], granted)
        answer = urlencode({"state": asked["state"], "code": code, "scope": " ".join(sorted(granted))})
        return f"{asked['redirect_uri']}?{answer}"

    def _redeem(self, form):
        challenge, redirect_uri, granted = self.codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (proof, form["redirect_uri"]) != (challenge, redirect_uri):
            return 400, {}, {"error": "invalid_grant", "error_description": "Bad Request"}
        number = len(self.token_calls)
        self.tokens[f"token-{number}"] = self.refresh_tokens[f"refresh-{number}"] = granted
        made = {"access_token": f"token-{number}", "refresh_token": f"refresh-{number}", "expires_in": 3599}
        return 200, {}, {**made, **self._end(), "token_type": "Bearer", "scope": " ".join(sorted(granted))}

    def _end(self):
        """Return what Google adds to the answer of a sign-in that is made for a time."""
        return {} if self.lifetime is None else {"refresh_token_expires_in": self.lifetime}

    def _delegate(self, assertion):
        """Check a service account's signed claims as Google does; answer with a token for whom it acts."""
        head, claims, signature = assertion.split(".")
        said = json.loads(_from_base64(claims))
        key = self.service_accounts.get(said["iss"])
        if key is None:
            return 400, {}, {"error": "invalid_grant", "error_description": "account not found"}
        key.verify(
            _from_base64(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
        )  # raises: a wrong signature is a bug of ours
        assert said["aud"] == "https://oauth2.googleapis.com/token"
        allowed = self.delegated.get(said.get("sub"), frozenset())
        asked = frozenset(said["scope"].split())
        if not asked <= allowed:
            text = "Client is unauthorized to retrieve access tokens using this method"
            return 401, {}, {"error": "unauthorized_client", "error_description": text}
        token = f"delegated-{len(self.token_calls)}"
        self.tokens[token] = asked
        return 200, {}, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}

    def answer_revoke(self, data):
        """Return (status, headers, body) for a sign-in that is taken back."""
        token = dict(parse_qsl(data.decode())).get("token")
        if self.refresh_tokens.pop(token, None) is None:
            return 400, {}, {"error": "invalid_token"}
        self.tokens.clear()
        return 200, {}, {}

    def answer_token(self, data):
        """Return (status, headers, body) for a form sent to the token endpoint."""
        form = dict(parse_qsl(data.decode()))
        with self._lock:
            self.token_calls.append(form)
            if self.refusal:
                return 400, {}, {"error": self.refusal, "error_description": "No."}
            if form.get("grant_type") == "authorization_code":
                return self._redeem(form)
            if form.get("grant_type") == JWT_BEARER:
                return self._delegate(form["assertion"])
            scopes = self.refresh_tokens.get(form.get("refresh_token"))
            if form.get("grant_type") != "refresh_token" or scopes is None:
                body = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
                return 400, {}, body
            token = f"token-{len(self.token_calls)}"
            self.tokens[token] = scopes
        reply = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
        return 200, {}, {**reply, **self._end(), "scope": " ".join(sorted(scopes))}


def _from_base64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _not_served(call):
    raise ApiError(404, "notFound", f"{call.method} is not served")


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Say nothing of a client that is gone, as it is killed in many tests; all else is a bug here."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each small answer waits for an acknowledgement
    google = None

    def setup(self):
        super().setup()
        self.google._sockets.add(self.connection)

    def finish(self):
        self.google._sockets.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def date_time_string(self, timestamp=None):
        return self.google.date or super().date_time_string(timestamp)

    def log_message(self, *_):
        pass

    def _serve(self):
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path == "/revoke":
            fault = self.google.faults.take("revoke")
            if fault is None:
                self._send(*self.google.answer_revoke(data))
            else:
                self._suffer(fault, None)
            return
        token = self.path.partition("?")[0] == "/token"
        found = find_method(self.command, self.path.partition("?")[0])
        method = "token" if token else found[0].spec["id"] if found else ""
        if not token:
            self.google.log.append(method)
        fault = self.google.faults.take(method)

        def answer():
            if token:
                return self.google.answer_token(data)
            return self.google.answer_api(self.command, self.path, headers, data)

        if fault is None:
            self._send(*answer())
            return
        reply = answer() if fault.applied else None
        self._suffer(fault, reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names the server calls

    def _send(self, status, headers, body, *, cut=0):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if body is not None and "Content-Type" not in headers:
            self.send_header("Content-Type", "application/json; charset=UTF-8")
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) - cut])

    def _suffer(self, fault, reply):
        if fault.kind == "error":
            self._send(*fault.answer())
        elif fault.kind == "html":
            self._send(200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><p>Sign in to the hotel network")
        elif fault.kind == "empty":
            self._send(200, {}, b"")
        else:
            self._break(fault, reply)

    def _break(self, fault, reply):
        self.close_connection = True
        if fault.kind == "truncated":
            body = reply[2] or {}
            self._send(200, {}, {**body, "padding": "x" * 64}, cut=48)
        elif fault.kind == "slow":
            select.select([self.connection], [], [], SLOW)  # readable when the client gives up
        elif fault.kind.startswith("drip"):
            self._drip(fault.kind, reply[2] if reply else None)
        elif fault.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _drip(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        more = b"X-More: y\r\n"
        if kind != "drip-headers":
            if kind == "drip":
                self.send_header("Content-Length", "100000")
            self.end_headers()
            more = b" "
        self.flush_headers()
        if kind == "drip-open":
            self.wfile.write(json.dumps(body or {}).encode())
        for _ in range(DRIPS):
            if select.select([self.connection], [], [], EACH)[0]:
                return  # the client is gone
            self.wfile.write(more)

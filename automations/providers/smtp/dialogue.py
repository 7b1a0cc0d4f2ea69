"""One conversation with a mail server, step by step, so that at each it is known what may have happened.

The library's own `data` and `sendmail` say the same of a connection that broke before the mail was handed
over and after. Here the steps are apart: until the mail itself flows nothing can have gone; from then on
only the server's answer tells, and without one the mail may have gone.

However slowly a server answers, one deadline ends the whole of it (`seconds_for`), so that a mail flows at most
`LONGEST_BEFORE` after its approval was looked at: less than how old such a decision may be anyway (`STALE_SECONDS`).
"""

from __future__ import annotations

import base64
import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.deadline import Deadline
from automations.errors import FaultClass, ProviderError
from automations.model.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.model.policy import SmtpSettings

_SIGNED_IN, _CHALLENGE, _GO_ON, _CLOSING, _SERVER_ERROR, _CODES_END = 235, 334, 354, 421, 500, 600
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})
_ME = "[127.0.0.1]"
"""What we call ourselves: the machine's own name is nobody's business, and to look it up may take long."""
_LONGEST = 160
LONGEST_BEFORE = 300.0
"""Seconds all steps before the mail may take at most, whatever the config allows one: RFC 5321 allows one no more."""
_EDIT = "magicloop config edit"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail on its way: who it is from, everybody it goes to, and its bytes with CRLF line ends."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes

    @property
    def wide(self) -> bool:
        """Whether an address or a header holds letters that only SMTPUTF8 carries."""
        heads = self.data.partition(b"\r\n\r\n")[0]
        return not (heads.isascii() and all(one.isascii() for one in (self.sender, *self.recipients)))


def deliver(settings: SmtpSettings, password: str, envelope: Envelope) -> int:
    """Hand a mail to the server over one connection; return the size it takes, in bytes, 0 if it names none.

    :raises ProviderError: ambiguous once the mail flows and no answer comes; else it certainly did not go.
    """
    where = f"{settings.host}:{settings.port}"
    with _let_in(settings, password, where) as server:
        with _certain(where, server.deadline):
            limit = _offer(server, envelope, settings, where)
            # A mail is not begun without the time for its answer, nor after the machine slept in between.
            if server.deadline.left() < settings.timeout:
                raise TimeoutError
        _hand_over(server, envelope.data, where)
        _leave(server)
    return limit


def try_out(settings: SmtpSettings, password: str) -> None:
    """Connect, sign in and leave, without a mail.

    :raises ProviderError: as `deliver` would before the mail.
    """
    with _let_in(settings, password, f"{settings.host}:{settings.port}") as server:
        _leave(server)


@contextlib.contextmanager
def _let_in(settings: SmtpSettings, password: str, where: str) -> Iterator[_Line]:
    """Open the one connection, private and signed in as the config says; close it afterwards."""
    with Deadline(seconds_for(settings)) as deadline:
        with _at_server(), _certain(where, deadline):
            server = _Line(settings, deadline)
        try:
            with _at_server(), _certain(where, deadline):
                _greet(server, settings, where)
                if settings.user:
                    _sign_in(server, settings.user, password, where)
            yield server
        finally:
            server.close()


def seconds_for(settings: SmtpSettings) -> float:
    """Return how many seconds a whole conversation may take.

    Two slow steps are borne before the mail, and a third for the mail itself: the answer to it is never cut
    short because what came before was slow.
    """
    return min(2 * settings.timeout, LONGEST_BEFORE) + settings.timeout


def too_large(envelope: Envelope, limit: int, settings: SmtpSettings) -> ProviderError:
    """Return the error of a mail that is larger than the server takes."""
    return ProviderError(
        f"the mail has {len(envelope.data)} bytes, and the mail server takes {limit}",
        fault=FaultClass.PERMANENT,
        where=f"{settings.host}:{settings.port}",
        fix="make it shorter: magicloop draft list",
    )


# --- before the mail flows: whatever happens, it did not go ----------------------------------------------


class _Line(smtplib.SMTP):
    """The library's client under a deadline."""

    def __init__(self, settings: SmtpSettings, deadline: Deadline) -> None:
        self.deadline = deadline
        self._tls = _context(settings) if settings.security == "tls" else None
        super().__init__(settings.host, settings.port, _ME, timeout=settings.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect, as the library asks; each address of the name is tried while there is time."""
        failed = OSError("the name has no address")
        for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            self.deadline.check()
            try:
                line = socket.create_connection((str(address[0]), port), timeout)
            except OSError as error:
                failed = error
                continue
            self.deadline.watch(line)
            return self._tls.wrap_socket(line, server_hostname=host) if self._tls else line
        raise failed

    def getreply(self) -> tuple[int, bytes]:
        """Return an answer; where the deadline ended it, what came may be cut short and is none.

        :raises TimeoutError: it did.
        """
        try:
            return super().getreply()
        finally:
            if self.deadline.passed:
                self.close()
                self.deadline.check()


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:  # no file, or none with certificates in it
        raise ProviderError(
            f"the certificates to trust cannot be read: {error.strerror or 'they are none'}",
            fault=FaultClass.PERMANENT,
            where=settings.ca_file,
            fix=_EDIT,
        ) from None


def _greet(server: smtplib.SMTP, settings: SmtpSettings, where: str) -> None:
    _accepted(server.ehlo(), "the greeting", where)
    if settings.security != "starttls":
        return
    if not server.has_extn("starttls"):
        raise ProviderError(
            "the mail server offers no encryption (STARTTLS), so nothing was sent to it",
            fault=FaultClass.PERMANENT,
            where=where,
            fix=f'look at smtp.port, or try smtp.security = "tls": {_EDIT}',
        )
    server.starttls(context=_context(settings))
    # What was said before the line was private counts for nothing.
    _accepted(server.ehlo(), "the greeting", where)


def _sign_in(server: smtplib.SMTP, user: str, password: str, where: str) -> None:
    """Sign in by PLAIN or LOGIN; the line is private, or does not leave this machine.

    The library's own way refuses other letters than ASCII and tries a wrong password three times.
    """
    known = server.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in known:
        answers = [_base64(f"\0{user}\0{password}")]
        code, _ = server.docmd("AUTH", f"PLAIN {answers[0]}")
    elif "LOGIN" in known:
        answers = [_base64(user), _base64(password)]
        code, _ = server.docmd("AUTH", "LOGIN")
    else:
        raise ProviderError(
            "the mail server offers no sign-in by password"
            + (f", only {plain(' '.join(known))}" if known else ""),
            fault=FaultClass.NEEDS_SIGN_IN,
            where=where,
            fix=f"look at smtp.port, smtp.security and smtp.user: {_EDIT}",
        )
    for answer in answers:
        if code == _CHALLENGE:
            code, _ = server.docmd(answer)
    if code == _SIGNED_IN:
        return
    if not _is_server_error(code) and code != _CHALLENGE:
        raise _refusal("the sign-in", code, b"", where)
    raise ProviderError(  # without its words: a server may say the password back
        f"the mail server does not accept smtp.user with its password ({code})",
        fault=FaultClass.NEEDS_SIGN_IN,
        where=where,
        fix=f"some servers want an app password; see smtp.user and smtp.password: {_EDIT}",
    )


def _offer(server: _Line, envelope: Envelope, settings: SmtpSettings, where: str) -> int:
    """Name sender and recipients until the server asks for the mail; return its limit of size."""
    stated = server.esmtp_features.get("size", "").strip()
    limit = int(stated) if re.fullmatch(r"\d{1,18}", stated) else 0
    if limit and len(envelope.data) > limit:
        raise too_large(envelope, limit, settings)
    sender = f"FROM:<{envelope.sender}>{_options(server, envelope, where)}"
    with _at_server(), _certain(where, server.deadline):
        answer = server.docmd("MAIL", sender)
    _accepted(answer, f"the sender {plain(envelope.sender)}", where)
    _recipients(server, envelope, where)
    code, said = server.docmd("DATA")
    if code != _GO_ON:
        raise _refusal("the mail", code, said, where)
    return limit


def _options(server: smtplib.SMTP, envelope: Envelope, where: str) -> str:
    def needed(extension: str, what: str, cure: str) -> None:
        if not server.has_extn(extension):
            raise ProviderError(
                f"the mail server cannot carry {what} ({extension.upper()})",
                fault=FaultClass.PERMANENT,
                where=where,
                fix=cure,
            )

    options = f" SIZE={len(envelope.data)}" if server.has_extn("size") else ""
    if envelope.wide:
        needed("smtputf8", "addresses and headers in other letters", "use the address in plain letters")
        server.command_encoding = "utf-8"
    if not envelope.data.isascii() or envelope.wide:
        needed("8bitmime", "mails in other letters than plain ones", f"name another server: {_EDIT}")
        options += " BODY=8BITMIME"
    return options + (" SMTPUTF8" if envelope.wide else "")


def _recipients(server: smtplib.SMTP, envelope: Envelope, where: str) -> None:
    """Name everybody; if one is refused nobody gets it: a second try would reach the others twice."""
    refused: list[tuple[int, str, bytes]] = []
    for address in envelope.recipients:
        code, said = server.docmd("RCPT", f"TO:<{address}>")
        if code == _CLOSING:
            raise _refusal("the recipients", code, said, where)
        if not _is_yes(code):
            refused.append((code, address, said))
    if not refused:
        return
    with contextlib.suppress(OSError):
        server.docmd("RSET")
    _leave(server)
    # One refused for good decides: trying again would not help the others.
    code = max(code for code, _, _ in refused)
    each = "; ".join(f"{plain(address)}: {_words(said)}" for _, address, said in refused)
    raise ProviderError(
        f"the mail server refused {len(refused)} of {len(envelope.recipients)} recipients"
        f" ({code}), so nobody got it: {each}",
        fault=_fault(code),
        where=where,
        fix="look at the addresses: magicloop draft list",
    )


def _accepted(answer: tuple[int, bytes], what: str, where: str) -> None:
    code, said = answer
    if not _is_yes(code):
        raise _refusal(what, code, said, where)


@contextlib.contextmanager
def _at_server() -> Iterator[None]:
    """Say of what fails that every other mail would meet it too: nothing was said of this one that could matter."""
    try:
        yield
    except ProviderError as error:
        error.at_server = True
        raise


@contextlib.contextmanager
def _certain(where: str, deadline: Deadline) -> Iterator[None]:
    """Turn what breaks a step into an error that says the mail certainly did not go."""
    try:
        try:
            yield
        except OSError:
            deadline.check()
            raise
    except ssl.SSLCertVerificationError as error:
        raise ProviderError(
            f"the mail server is not the real one: its certificate is not trusted ({plain(error.verify_message)})",
            fault=FaultClass.PERMANENT,
            where=where,
            fix=f"look at the clock and at smtp.host; certificates of your own go in smtp.ca_file: {_EDIT}",
        ) from None
    except ssl.SSLError:
        raise ProviderError(
            "no private connection to the mail server came about",
            fault=FaultClass.TRANSIENT,
            where=where,
            fix=f"if it stays so, look at smtp.port and smtp.security: {_EDIT}",
        ) from None
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        raise _refusal("the connection", error.smtp_code, said, where) from None
    except OSError as error:  # the library's own errors among them
        late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
        what = "did not answer in time" if late else "cannot be reached, or hung up"
        raise ProviderError(f"the mail server {what}", fault=FaultClass.TRANSIENT, where=where) from None
    except ValueError:
        raise ProviderError(
            "the mail server has no possible name", fault=FaultClass.PERMANENT, where=where, fix=_EDIT
        ) from None


# --- the mail itself -------------------------------------------------------------------------------------


def _hand_over(server: smtplib.SMTP, data: bytes, where: str) -> None:
    """Let the mail flow and read the one answer that counts."""
    try:
        server.send(re.sub(rb"(?m)^\.", b"..", data) + b".\r\n")
        code, said = server.getreply()
    except OSError:  # the library's own errors among them
        raise _unclear("the connection to the mail server broke while it took the mail", where) from None
    if _is_yes(code):
        return
    if _fault(code) is FaultClass.PERMANENT and not _is_server_error(code):
        raise _unclear("what the mail server answered to the mail is no answer", where)
    raise _refusal("the mail", code, said, where)


def _unclear(what: str, where: str) -> ProviderError:
    return ProviderError(f"{what}: it may have gone", fault=FaultClass.AMBIGUOUS, where=where)


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; what was agreed stands, whatever becomes of it."""
    with contextlib.suppress(OSError):
        server.docmd("QUIT")


# --- answers ---------------------------------------------------------------------------------------------


def _is_yes(code: int) -> bool:
    return code // 100 == 2  # noqa: PLR2004 - the first digit of every yes


def _is_server_error(code: int) -> bool:
    return _SERVER_ERROR <= code < _CODES_END


def _fault(code: int) -> FaultClass:
    if code in _SIGN_IN_CODES:
        return FaultClass.NEEDS_SIGN_IN
    return FaultClass.TRANSIENT if code // 100 == 4 else FaultClass.PERMANENT  # noqa: PLR2004 - "not now"


def _refusal(what: str, code: int, said: bytes, where: str) -> ProviderError:
    """Return the error of an answer that is no yes; one without a code is no mail server's."""
    if not 100 <= code < _CODES_END:  # noqa: PLR2004 - the range of codes
        return ProviderError(
            "what answers there is no mail server",
            fault=FaultClass.PERMANENT,
            where=where,
            fix=f"look at smtp.host, smtp.port and smtp.security: {_EDIT}",
        )
    return ProviderError(
        f"the mail server refused {what} ({code} {_words(said)})",
        fault=_fault(code),
        where=where,
        fix=_EDIT if code in _SIGN_IN_CODES else "",
        at_server=code == _CLOSING,
    )


def _words(said: bytes) -> str:
    return plain(said.decode("ascii", "replace"))[:_LONGEST]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")

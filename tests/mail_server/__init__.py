"""A mail server on real sockets that does what it is told: it takes mails, refuses, hangs up, or says nothing."""

import base64
import contextlib
import ipaddress
import re
import socket
import ssl
import struct
import threading
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CLOSE, RESET, SILENCE = "close", "reset", "silence"
"""What a step may be answered with in place of words: FIN, RST, or nothing at all."""
DRIP_LINES, DRIP_BYTES = "drip lines", "drip bytes"
"""The same: an answer of ever more lines, or a line of ever more bytes, with no end for 8 seconds."""
SLOW = "slow"
"""The same: the usual answer, after a while."""
_DRIPS, _EACH, _WHILE = 160, 0.05, 0.28
STEPS = ("CONNECT", "EHLO", "STARTTLS", "EHLO2", "AUTH", "MAIL", "RCPT", "DATA")
"""The steps before a mail flows, in their order."""


class MailServer:
    """Serves on a free port of 127.0.0.1 until it is closed.

    `answers` maps a step (see `STEPS`, `DOT` for the mail itself, `RCPT:address` for one recipient) to a
    reply, or to CLOSE, RESET, SILENCE or a drip. `DOT` is answered after the mail was taken where `takes` is true.
    `mails` are the (sender, recipients, bytes) taken, `said` every line heard, `connections` how many came.
    """

    def __init__(self, *, certificate=None, implicit=False, extensions=None, users=None):
        self.certificate = certificate
        self.implicit = implicit
        self.extensions = ["SIZE 1000000", "8BITMIME", "SMTPUTF8"] if extensions is None else extensions
        self.users = users or {}
        self.mechanisms = "PLAIN LOGIN"
        self.answers = {}
        self.takes = True
        self.mails = []
        self.said = []
        self.connections = 0
        self._over = threading.Event()
        self._open = set()
        self._threads = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._start(self._welcome)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._over.set()
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def quiet(self):
        """Wait until every client that is gone has been served to its end."""
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.shutdown(socket.SHUT_WR)
            while last.recv(64):
                pass  # connections are taken in turn: once this one is over, all others have begun
        welcome, *served = self._threads
        self._threads = [welcome]
        for thread in served:
            thread.join()

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _welcome(self):
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, line)

    def _serve(self, line):
        try:
            if self.implicit:
                line = self.certificate.context().wrap_socket(line, server_side=True)
            talk = _Talk(self, line)
            self._open.add(talk)
            try:
                talk.run()
            finally:
                self._open.discard(talk)
                line = talk.line
        except (OSError, EOFError):
            pass
        finally:
            line.close()

    def silent(self):
        """Say nothing until the server is closed."""
        self._over.wait(60)

    def drip(self, line, first, more):
        """Say the `first` bytes, then `more` again and again, until the client is gone or the drips are over."""
        line.sendall(first)
        for _ in range(_DRIPS):
            if self._over.wait(_EACH):
                return
            line.sendall(more)


class _Talk:
    def __init__(self, server, line):
        self.server = server
        self.line = line
        self.file = line.makefile("rb")
        self.private = server.implicit
        self.sender, self.recipients = "", []

    def run(self):
        try:
            self.answer("CONNECT", "220 mail.corp.test ready")
            while True:
                said = self.file.readline()
                if not said:
                    return
                self.server.said.append(said.decode("utf-8", "replace").rstrip("\r\n"))
                verb = self.server.said[-1].split(maxsplit=1)[0].upper()
                if getattr(self, f"do_{verb.lower()}", self.unknown)(self.server.said[-1]):
                    return
        finally:
            self.file.close()

    def answer(self, step, words):
        """Give the answer the test wants at this step, else `words`; return what was given."""
        given = self.server.answers.get(step, words)
        if given == SILENCE:
            self.server.silent()
            raise EOFError
        if given == RESET:
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.file.close()
            self.line.close()
            raise EOFError
        if given == DRIP_LINES:
            self.server.drip(self.line, b"", f"{words[:3]}-wait a bit\r\n".encode())
        if given == DRIP_BYTES:
            self.server.drip(self.line, words[:1].encode(), b"2")
        if given == SLOW:
            self.server._over.wait(_WHILE)
            given = words
        if given in (CLOSE, DRIP_LINES, DRIP_BYTES):
            raise EOFError
        self.line.sendall(given.encode() + b"\r\n")
        return given

    def unknown(self, _):
        self.answer("", "500 what?")

    def do_ehlo(self, _):
        offered = list(self.server.extensions)
        if self.server.certificate and not self.private:
            offered.append("STARTTLS")
        if self.server.users:
            offered.append(f"AUTH {self.server.mechanisms}")
        lines = ["mail.corp.test", *offered]
        words = "\r\n".join(f"250{' ' if one is lines[-1] else '-'}{one}" for one in lines)
        self.answer("EHLO2" if self.private and not self.server.implicit else "EHLO", words)

    def do_starttls(self, _):
        given = self.answer("STARTTLS", "220 go ahead")
        if given.startswith("220"):
            self.file.close()
            self.line = self.server.certificate.context().wrap_socket(self.line, server_side=True)
            self.file = self.line.makefile("rb")
            self.private = True

    def do_auth(self, said):
        _, mechanism, *first = said.split()
        if mechanism == "PLAIN":
            _, user, password = self.given(first, "").split("\0")
        else:
            user, password = self.given((), "VXNlcm5hbWU6"), self.given((), "UGFzc3dvcmQ6")
        right = self.server.users.get(user) == password
        self.answer("AUTH", "235 welcome" if right else f"535 5.7.8 not {password}")

    def given(self, first, prompt):
        if not first or self.server.answers.get("AUTH PLAIN") == "334":
            self.line.sendall(f"334 {prompt}\r\n".encode())
            first = [self.file.readline().decode().strip()]
        return base64.b64decode(first[0]).decode()

    def do_mail(self, said):
        self.sender = re.search("<(.*)>", said)[1]
        self.answer("MAIL", "250 ok")

    def do_rcpt(self, said):
        address = re.search("<(.*)>", said)[1]
        step = f"RCPT:{address}" if f"RCPT:{address}" in self.server.answers else "RCPT"
        if self.answer(step, "250 ok").startswith("25"):
            self.recipients.append(address)

    def do_rset(self, _):
        self.recipients = []
        self.answer("RSET", "250 ok")

    def do_data(self, _):
        if not self.answer("DATA", "354 go ahead").startswith("354"):
            return
        lines = []
        if "BODY" in self.server.answers:
            self.file.read(20)
            self.answer("BODY", "")
        while (one := self.file.readline()) != b".\r\n":
            if not one:
                raise EOFError
            lines.append(one.removeprefix(b"."))
        if self.server.takes:
            self.server.mails.append((self.sender, set(self.recipients), b"".join(lines)))
        self.answer("DOT", "250 2.0.0 queued as 42")

    def do_quit(self, _):
        self.answer("QUIT", "221 bye")
        return True


class Certificate:
    """A certificate of our own authority for the given names, as files in `folder`; `ca` is the authority's."""

    def __init__(self, folder, *names):
        folder.mkdir(exist_ok=True)
        self.ca, self._chain = folder / "ca.pem", folder / "server.pem"
        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority = _certificate("Corp CA", authority_key, "Corp CA", authority_key, ca=True)
        mine = _certificate(names[0], key, "Corp CA", authority_key, names=names)
        self.ca.write_bytes(_pem(authority))
        plain_key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._chain.write_bytes(_pem(mine) + plain_key)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._chain)
        return context


def _certificate(subject, key, issuer, issuer_key, *, names=(), ca=False):
    def named(name):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    start = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        alternatives = [
            x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
            for name in names
        ]
        made = made.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return made.sign(issuer_key, hashes.SHA256())


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)

"""Sending by SMTP: the approved bytes are handed to the person's mail server, once.

A server keeps no trace that could be asked for afterwards: a send whose answer was lost stays unknown.
"""

from __future__ import annotations

import re
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

from automations.config.secrets import fetch_secret
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import SendTraces, SentMail
from automations.model.text import plain
from automations.providers.smtp.dialogue import Envelope, deliver, too_large

if TYPE_CHECKING:
    from automations.model.policy import SmtpSettings
    from automations.ports import Mailbox, Outgoing

_LINE_END = re.compile(rb"\r\n|\r|\n")
_ADDRESS = re.compile(r"[^\s<>\x00-\x1f\x7f]+@[^\s<>\x00-\x1f\x7f]+")


class SmtpSender:
    """Implements `ports.Sender` on the server of `settings`; `mailbox` holds the copies, if there are any."""

    def __init__(self, settings: SmtpSettings, mailbox: Mailbox | None = None) -> None:
        self._settings = settings
        self._mailbox = mailbox
        self._password: str | None = None
        self._limit = 0

    def prepare(self, mail: Outgoing) -> str:
        """Look at the copy, the addresses, the size and the password; the server is not asked. Returns "".

        :raises ConflictError: the copy was changed, sent or deleted.
        :raises ProviderError: permanent, it can never be sent so; needs_sign_in, there is no password.
        """
        self._check_copy(mail)
        envelope = _envelope(mail)
        if self._limit and len(envelope.data) > self._limit:
            raise too_large(envelope, self._limit, self._settings)
        # A program that asks a keyring is run once for each mail, not twice.
        self._password = self._fetch_password()
        return ""

    def send(self, mail: Outgoing) -> SentMail:
        """Hand over exactly these bytes for exactly these people, once; see `ports.Sender`."""
        envelope = _envelope(mail)
        password, self._password = self._password, None
        if password is None:
            password = self._fetch_password()
        self._limit = deliver(self._settings, password, envelope)
        return SentMail(message_id=_message_id(envelope.data))

    def fetch_traces(self, mail: Outgoing, evidence: str) -> SendTraces:
        """Return that nothing can be looked up: the server does not tell, and the copy stays whatever went."""
        del mail, evidence
        return SendTraces()

    def _fetch_password(self) -> str:
        settings = self._settings
        return fetch_secret(settings.password, "smtp.password") if settings.user else ""

    def _check_copy(self, mail: Outgoing) -> None:
        if self._mailbox is None or not mail.provider_id:
            return
        refs = {mail.provider_id: mail.ref}
        seen = self._mailbox.fetch_drafts(tuple(refs), refs).found.get(mail.provider_id)
        if seen is None or seen.revision != mail.revision:
            what = "was sent or deleted" if seen is None else "was changed"
            raise ConflictError(
                f"{mail.provider_id} {what} by somebody else; nothing was sent", fix="magicloop run"
            )


def _envelope(mail: Outgoing) -> Envelope:
    """Return the mail as it goes over the wire: its lines end in CRLF whatever they ended in.

    A lone CR or LF could end the mail early at one server and not at the next.
    """
    for address in (mail.sender, *mail.recipients):
        if not _ADDRESS.fullmatch(address):
            raise ProviderError(
                f"{plain(address)!r} is no address a mail can go to",
                fault=FaultClass.PERMANENT,
                fix=f"magicloop draft edit {mail.ref[:6]} --to ADDRESS",
            )
    if not mail.recipients:
        raise ProviderError("the mail goes to nobody", fault=FaultClass.PERMANENT)
    data = _LINE_END.sub(b"\r\n", mail.mime)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    return Envelope(mail.sender, mail.recipients, data)


def _message_id(data: bytes) -> str:
    return " ".join(str(BytesHeaderParser().parsebytes(data).get("Message-ID", "")).split())

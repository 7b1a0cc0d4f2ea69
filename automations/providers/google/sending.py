"""Sending by Gmail: the draft that was approved is sent as its approved bytes, by one request, once.

`drafts.send` with the bytes in it replaces what the draft holds and sends it in one step, so that nothing
unapproved can slip in between; and it consumes the draft, so that a second send finds nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import CopyNow, SeenDraft, SendTraces, SentMail
from automations.providers.google.departed import (
    in_thread,
    latest_sent,
    mail_of,
    newly_sent,
    read_headers,
)
from automations.providers.google.failures import GoogleError
from automations.providers.google.gmail import ME, WHERE
from automations.providers.google.others import check_alone
from automations.providers.google.wire_mail import mail_for_gmail, ref_of, to_raw

if TYPE_CHECKING:
    from automations.ports import Outgoing
    from automations.providers.google.mail import GoogleMailbox

_BAD_REQUEST, _NOT_FOUND = 400, 404


class GmailSender:
    """Implements `ports.Sender` on the drafts of `mailbox`."""

    def __init__(self, mailbox: GoogleMailbox) -> None:
        self._mailbox = mailbox
        self._account = mailbox.account

    def prepare(self, mail: Outgoing) -> str:
        """Look at the draft and its thread; return the ids of the thread's messages as JSON.

        :raises ConflictError: the draft is not what was approved any more.
        :raises AlreadySentError: another machine sent it.
        :raises ProviderError: Gmail does not answer, or not to us; or another machine has a draft of it too.
        """
        seen = self._mailbox.readable(mail.provider_id)
        if seen is None or seen.revision != mail.revision:
            what = "was sent or deleted" if seen is None else "was changed"
            raise ConflictError(
                f"{mail.provider_id} {what} by somebody else; nothing was sent",
                where=WHERE,
                fix="magicloop run",
            )
        check_alone(self._mailbox, mail)
        thread = self._thread_of(mail)
        found = in_thread(self._account, thread) if thread else None
        noted = {"thread": thread, "messages": None if found is None else sorted(found)}
        return json.dumps(noted)

    def send(self, mail: Outgoing) -> SentMail:
        """Send exactly these bytes, by one request; see `ports.Sender`."""
        thread = self._thread_of(mail)
        message = {"raw": to_raw(mail_for_gmail(mail.mime)), **({"threadId": thread} if thread else {})}
        body = {"id": mail.provider_id, "message": message}
        try:
            reply = self._account.change_once(self._account.api.users().drafts().send(userId=ME, body=body))
        except GoogleError as error:
            raise _as_told(error, mail) from None
        if not reply.get("id"):
            raise GoogleError("what came back names no mail", fault=FaultClass.AMBIGUOUS, where=WHERE)
        self._mailbox.known.forget(mail.provider_id)
        return self._named(reply)

    def fetch_traces(self, mail: Outgoing, evidence: str) -> SendTraces:
        """Look for a new sent mail in the draft's thread, else for one with its ref; then at the draft itself.

        :raises ProviderError: Gmail does not answer: nothing follows from that.
        """
        noted = _read_evidence(evidence)
        thread = str(noted.get("thread", ""))
        searched = noted.get("messages") is not None and self._account.reads_all()
        sent = self._found(mail, thread, frozenset(noted["messages"])) if searched else None
        if sent is not None:
            return SendTraces(sent, searched=True, copy=CopyNow.GONE)
        there = self._mailbox.look(mail.provider_id)
        if isinstance(there, SentMail):
            return SendTraces(there, searched=searched, copy=CopyNow.GONE)
        if not isinstance(there, SeenDraft):
            return SendTraces(searched=searched, copy=CopyNow.GONE)
        same = there.revision == mail.revision
        return SendTraces(searched=searched, copy=CopyNow.THERE if same else CopyNow.CHANGED)

    # --- what stands where ----------------------------------------------------------------------------

    def _thread_of(self, mail: Outgoing) -> str:
        known = self._mailbox.known.get(mail.provider_id)
        return known.thread if known else ""

    def _found(self, mail: Outgoing, thread: str, before: frozenset[str]) -> SentMail | None:
        """Return the mail that went, if it is among the sent ones: in its thread, else by its ref."""
        messages = in_thread(self._account, thread) if thread else {}
        sent = newly_sent(messages or {}, before)
        if sent is not None:
            return sent
        for message in latest_sent(self._account, before):
            if ref_of(message) == mail.ref:
                return mail_of(message)
        return None

    def _named(self, message: dict[str, Any]) -> SentMail:
        """Return what is known of a mail that went; its final Message-ID where it can be read.

        It went, whatever becomes of this question.
        """
        if not self._account.reads_all():
            return mail_of(message)
        try:
            return mail_of({**message, **read_headers(self._account, str(message["id"]))})
        except ProviderError:
            return mail_of(message)


def _read_evidence(evidence: str) -> dict[str, Any]:
    """Return what `prepare` noted; nothing where it is not of ours."""
    try:
        noted = json.loads(evidence)
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def _as_told(error: GoogleError, mail: Outgoing) -> GoogleError:
    """Return what a failed send means: a draft that is no more may have gone by this very request."""
    if error.status == _NOT_FOUND or (error.status == _BAD_REQUEST and "not a draft" in error.what.lower()):
        return GoogleError(
            "the draft is gone: it may have been sent",
            fault=FaultClass.AMBIGUOUS,
            where=WHERE,
            status=error.status,
            reason=error.reason,
        )
    if error.status == _BAD_REQUEST:
        error.fix = f"look at the addresses: magicloop draft edit {mail.ref[:6]} --to ADDRESS"
    return error

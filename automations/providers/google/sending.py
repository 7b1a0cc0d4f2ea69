"""Sending by Gmail: the draft that was approved is sent as its approved bytes, by one request, once.

`drafts.send` with the bytes in it replaces what the draft holds and sends it in one step, so that nothing
unapproved can slip in between; and it consumes the draft, so that a second send finds nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automations.compose.reading import REF_HEADER
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import CopyNow, SeenDraft, SendTraces, SentMail
from automations.providers.google.departed import Departed
from automations.providers.google.failures import GoogleError
from automations.providers.google.gmail import ME, WHERE
from automations.providers.google.wire_mail import header_of, mail_for_gmail, ref_of, to_raw

if TYPE_CHECKING:
    from automations.ports import Outgoing
    from automations.providers.google.mail import GoogleMailbox

_BAD_REQUEST, _FORBIDDEN, _NOT_FOUND = 400, 403, 404
_LATEST = 20
"""How many of the newest sent mails are looked at for one that left its thread."""
_HEADERS = ("Message-ID", REF_HEADER)


class GmailSender:
    """Implements `ports.Sender` on the drafts of `mailbox`."""

    def __init__(self, mailbox: GoogleMailbox) -> None:
        self._mailbox = mailbox
        self._account = mailbox.account

    def prepare(self, mail: Outgoing) -> str:
        """Look at the draft and its thread; return the ids of the thread's messages as JSON.

        :raises ConflictError: the draft is not what was approved any more.
        :raises ProviderError: Gmail does not answer, or not to us.
        """
        seen = self._mailbox.readable(mail.provider_id)
        if seen is None or seen.revision != mail.revision:
            what = "was sent or deleted" if seen is None else "was changed"
            raise ConflictError(
                f"{mail.provider_id} {what} by somebody else; nothing was sent",
                where=WHERE,
                fix="magicloop run",
            )
        thread = self._thread_of(mail)
        found = self._in_thread(thread)
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
        if there is Departed.SENT:
            return SendTraces(SentMail(thread=thread), searched=searched, copy=CopyNow.GONE)
        if not isinstance(there, SeenDraft):
            return SendTraces(searched=searched, copy=CopyNow.GONE)
        same = there.revision == mail.revision
        return SendTraces(searched=searched, copy=CopyNow.THERE if same else CopyNow.CHANGED)

    # --- what stands where ----------------------------------------------------------------------------

    def _thread_of(self, mail: Outgoing) -> str:
        known = self._mailbox.known.get(mail.provider_id)
        return known.thread if known else ""

    def _in_thread(self, thread: str) -> dict[str, dict[str, Any]] | None:
        """Return the messages of a thread by id, None where the scopes do not allow to look."""
        if not thread or not self._account.reads_all():
            return None
        request = self._account.api.users().threads().get(userId=ME, id=thread, format="minimal")
        try:
            found = self._account.read(request)
        except GoogleError as error:
            if error.status == _NOT_FOUND:
                return {}
            # The token file names no scopes, or more than were granted.
            if error.status == _FORBIDDEN and error.fault is FaultClass.NEEDS_SIGN_IN:
                return None
            raise
        return {str(one["id"]): one for one in found.get("messages", ())}

    def _found(self, mail: Outgoing, thread: str, before: frozenset[str]) -> SentMail | None:
        """Return the mail that went, if it is among the sent ones.

        Labels are asked, not words: searches by words lag.
        """
        for message_id, message in (self._in_thread(thread) or {}).items():
            if message_id not in before and "SENT" in message.get("labelIds", ()):
                return self._named(message)
        users = self._account.api.users()
        listing = users.messages().list(userId=ME, labelIds=["SENT"], maxResults=_LATEST)
        for one in self._account.read(listing).get("messages", ()):
            if one["id"] in before:
                continue
            message = self._metadata(one["id"])
            if ref_of(message) == mail.ref:
                return _mail_of(message)
        return None

    def _metadata(self, message_id: str) -> dict[str, Any]:
        request = (
            self._account.api.users()
            .messages()
            .get(userId=ME, id=message_id, format="metadata", metadataHeaders=list(_HEADERS))
        )
        return self._account.read(request)

    def _named(self, message: dict[str, Any]) -> SentMail:
        """Return what is known of a mail that went; its final Message-ID where it can be read.

        It went, whatever becomes of this question.
        """
        if not self._account.reads_all():
            return _mail_of(message)
        try:
            return _mail_of({**message, **self._metadata(str(message["id"]))})
        except ProviderError:
            return _mail_of(message)


def _mail_of(message: dict[str, Any]) -> SentMail:
    return SentMail(
        id=str(message.get("id", "")),
        message_id=header_of(message, "message-id"),
        thread=str(message.get("threadId", "")),
    )


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

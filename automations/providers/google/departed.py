"""What became of a draft that is gone: sent, deleted, or not to be told with the scopes granted.

Searches by words lag, so only threads and labels are asked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from automations.compose.reading import REF_HEADER
from automations.errors import FaultClass
from automations.model.seen import SentMail
from automations.providers.google.failures import GoogleError
from automations.providers.google.gmail import ME
from automations.providers.google.wire_mail import from_raw, header_of, ref_of, seen_in_gmail

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from automations.providers.google.gmail import GmailAccount
    from automations.providers.google.known import Known

_FORBIDDEN, _NOT_FOUND = 403, 404
_CLOCKS_DIFFER = 600.0
"""Seconds by which Gmail's clock may be behind ours."""
_LATEST = 20
"""How many of the newest mails are looked at, for one that left its thread or went from another machine."""
_HEADERS = ["Message-ID", REF_HEADER, "To"]


class Departed(StrEnum):
    """What became of a draft that was not found sent."""

    DELETED = "deleted"
    UNKNOWN = "unknown"


def what_became(account: GmailAccount, known: Known | None) -> SentMail | Departed:
    """Return the mail a draft became whose id answers no more, or that it was deleted, as far as can be told.

    :raises ProviderError: Gmail does not answer.
    """
    if known is None or not known.thread:
        return Departed.UNKNOWN
    messages = in_thread(account, known.thread)
    if messages is None:
        return Departed.UNKNOWN
    sent = newly_sent(messages, known.before)
    if sent is not None:
        return sent
    fresh = [message for message_id, message in messages.items() if message_id not in known.before]
    labels = [frozenset(message.get("labelIds", ())) for message in fresh]
    # One that is put off to be sent later stands there without a label of either kind.
    gone = all({"TRASH", "DRAFT"} & each for each in labels)
    return _among_latest(account, known) if gone else Departed.UNKNOWN


def in_thread(account: GmailAccount, thread: str) -> dict[str, dict[str, Any]] | None:
    """Return a thread's messages by id, {} for one that is no more, None where no scope allows to look.

    :raises ProviderError: Gmail does not answer.
    """
    if not account.reads_all():
        return None
    request = (
        account.api.users().threads().get(userId=ME, id=thread, format="metadata", metadataHeaders=_HEADERS)
    )
    try:
        found = account.read(request)
    except GoogleError as error:
        if error.status == _NOT_FOUND:
            return {}
        # The token file names no scopes, or more than were granted: then only the person knows.
        if error.status == _FORBIDDEN and error.fault is FaultClass.NEEDS_SIGN_IN:
            return None
        raise
    return {str(one["id"]): one for one in found.get("messages", ())}


def newly_sent(messages: dict[str, dict[str, Any]], before: Collection[str]) -> SentMail | None:
    """Return the sent one among a thread's messages that was not there `before`."""
    for message_id, message in messages.items():
        if message_id not in before and "SENT" in message.get("labelIds", ()):
            return mail_of(message)
    return None


def latest_sent(account: GmailAccount, before: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield the newest sent mails with their headers, newest first, without those of `before`."""
    for message_id in newest_ids(account, labelIds=["SENT"]):
        if message_id not in before:
            yield read_headers(account, message_id)


def newest_ids(account: GmailAccount, **wanted: Any) -> list[str]:
    """Return the ids of the newest messages that are `wanted`, by `messages.list`; a page may be short or empty."""
    messages = account.api.users().messages()
    request = messages.list(userId=ME, maxResults=_LATEST, **wanted)
    listed: list[str] = []
    while request is not None and len(listed) < _LATEST:
        page = account.read(request)
        listed += [str(one["id"]) for one in page.get("messages", ())]
        request = messages.list_next(request, page)
    return listed[:_LATEST]


def find_sent(account: GmailAccount, ref: str) -> SentMail | None:
    """Return the newly sent mail with our `ref`, None where there is none or no scope allows to look.

    :raises ProviderError: Gmail does not answer.
    """
    if not account.reads_all():
        return None
    try:
        return next((mail_of(message) for message in latest_sent(account) if ref_of(message) == ref), None)
    except GoogleError as error:
        if error.status == _FORBIDDEN and error.fault is FaultClass.NEEDS_SIGN_IN:
            return None
        raise


def read_headers(account: GmailAccount, message_id: str) -> dict[str, Any]:
    """Return a message with the headers that name it."""
    request = (
        account.api.users()
        .messages()
        .get(userId=ME, id=message_id, format="metadata", metadataHeaders=_HEADERS)
    )
    return account.read(request)


def mail_of(message: dict[str, Any]) -> SentMail:
    """Return what a message says of the mail it is."""
    at = float(message.get("internalDate") or 0) / 1000
    return SentMail(
        id=str(message.get("id", "")),
        message_id=header_of(message, "message-id"),
        thread=str(message.get("threadId", "")),
        at=datetime.fromtimestamp(at, UTC) if at else None,
    )


def _among_latest(account: GmailAccount, known: Known) -> SentMail | Departed:
    """Look for it among the newest sent mails: another subject gave it another thread.

    One that only went to the same person since is a question, not an answer.
    """
    was = seen_in_gmail("", from_raw(known.raw))
    for message in latest_sent(account, known.before):
        at = mail_of(message).at
        if at is not None and at.timestamp() < known.at - _CLOCKS_DIFFER:
            break
        if message.get("threadId") == known.thread or (known.ref and ref_of(message) == known.ref):
            return mail_of(message)
        to = header_of(message, "to").lower()
        if any(address.lower() in to for address in was.to):
            return Departed.UNKNOWN
    return Departed.DELETED

"""What became of a draft that is gone: sent by hand, deleted, or not to be told with the scopes granted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from automations.compose.reading import REF_HEADER
from automations.errors import FaultClass
from automations.providers.google.failures import GoogleError
from automations.providers.google.gmail import ME
from automations.providers.google.wire_mail import from_raw, header_of, ref_of, seen_in_gmail

if TYPE_CHECKING:
    from automations.providers.google.gmail import GmailAccount
    from automations.providers.google.known import Known

_FORBIDDEN, _NOT_FOUND = 403, 404
_CLOCKS_DIFFER = 600.0
"""Seconds by which Gmail's clock may be behind ours."""
_LATEST = 20
"""How many of the newest sent mails are looked at for one whose subject, and so thread, was changed."""


class Departed(StrEnum):
    """What became of a draft."""

    SENT = "sent"
    DELETED = "deleted"
    UNKNOWN = "unknown"


def what_became(account: GmailAccount, known: Known | None) -> Departed:
    """Return what became of a draft whose id answers no more.

    Searches by words lag, so only threads and labels are asked.

    :raises ProviderError: Gmail does not answer.
    """
    if known is None or not known.thread or not account.reads_all():
        return Departed.UNKNOWN
    try:
        in_thread = _in_thread(account, known)
        return in_thread if in_thread is not Departed.DELETED else _among_sent(account, known)
    except GoogleError as error:
        # The token file names no scopes, or more than were granted: then only the person knows.
        if error.status == _FORBIDDEN and error.fault is FaultClass.NEEDS_SIGN_IN:
            return Departed.UNKNOWN
        raise


def _in_thread(account: GmailAccount, known: Known) -> Departed:
    try:
        thread = account.read(account.api.users().threads().get(userId=ME, id=known.thread, format="minimal"))
    except GoogleError as error:
        if error.status == _NOT_FOUND:
            return Departed.DELETED
        raise
    labels = [frozenset(message.get("labelIds", ())) for message in thread.get("messages", ())]
    if any("SENT" in each for each in labels):
        return Departed.SENT
    # One that is put off to be sent later stands there without a label of either kind.
    return Departed.DELETED if all({"TRASH", "DRAFT"} & each for each in labels) else Departed.UNKNOWN


def _among_sent(account: GmailAccount, known: Known) -> Departed:
    """Look for it among the newest sent mails: another subject gave it another thread.

    One that only went to the same person since is a question, not an answer.
    """
    listing = account.api.users().messages().list(userId=ME, labelIds=["SENT"], maxResults=_LATEST)
    was = seen_in_gmail("", from_raw(known.raw))
    for one in account.read(listing).get("messages", ()):
        if one.get("threadId") == known.thread:
            return Departed.SENT
        request = (
            account.api.users()
            .messages()
            .get(userId=ME, id=one["id"], format="metadata", metadataHeaders=[REF_HEADER, "To", "Subject"])
        )
        message = account.read(request)
        at = float(message.get("internalDate") or 0) / 1000
        if at and at < known.at - _CLOCKS_DIFFER:
            break
        if known.ref and ref_of(message) == known.ref:
            return Departed.SENT
        to = header_of(message, "to").lower()
        if any(address.lower() in to for address in was.to):
            return Departed.UNKNOWN
    return Departed.DELETED

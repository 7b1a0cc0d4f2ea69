"""The same mail by another machine of the same person: looked for by its ref before one is made, and before it goes.

Refs are made from what a mail is for, so two machines give the same mail the same ref. Making a draft asks for
the mails to its recipients in place of the drafts to them: no call more where there are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automations.compose.reading import read_mime
from automations.errors import FaultClass, ProviderError
from automations.ports import AlreadySentError
from automations.providers.google.departed import mail_of, newest_ids, read_headers
from automations.providers.google.failures import GoogleError
from automations.providers.google.gmail import WHERE
from automations.providers.google.wire_mail import ref_of

if TYPE_CHECKING:
    from automations.model.seen import SeenDraft
    from automations.ports import MailCopy, Outgoing
    from automations.providers.google.mail import GoogleMailbox

DAYS = 40
"""How far back a mail of the same purpose may have gone: purposes are of a month, or of hours."""
_FORBIDDEN = 403


def standing(mailbox: GoogleMailbox, copy: MailCopy) -> SeenDraft | None:
    """Return the draft of this ref that stands: one we remember, else one found by its recipients.

    :raises AlreadySentError: its mail went already, as far as may be looked at.
    """
    for draft_id in mailbox.known.of_ref(copy.ref):
        seen = mailbox.readable(draft_id)
        if seen is not None:
            return seen
    to = _to(read_mime(copy.mime).to)
    found, drafts = _mails(mailbox, copy.ref, to)
    if found is not None and "SENT" in found.get("labelIds", ()):
        raise AlreadySentError(mail_of(found))
    if not drafts:
        mailbox.listed_none()
        return None
    for draft_id, message in mailbox.listed(to).items():
        if mailbox.ref_in(draft_id, message) == copy.ref:
            seen = mailbox.readable(draft_id)
            if seen is not None:
                return seen
    return None


def check_alone(mailbox: GoogleMailbox, mail: Outgoing) -> None:
    """Return if no other machine sent this mail or has an older draft of it.

    Two that look at the same time see the same two drafts, so that only one of them goes on.

    :raises AlreadySentError: it was sent.
    :raises ProviderError: there is another draft of it, which goes first; or Gmail does not answer.
    """
    sent = _sent(mailbox, mail.ref)
    if sent is not None:
        raise AlreadySentError(mail_of(sent))
    twins = [
        draft_id
        for draft_id, message in mailbox.listed(_to(mail.recipients)).items()
        if draft_id < mail.provider_id and mailbox.ref_in(draft_id, message) == mail.ref
    ]
    if twins:
        raise ProviderError(
            "another machine of yours has a draft of the same mail in this account; nothing was sent",
            fault=FaultClass.PERMANENT,
            where=WHERE,
            fix=f"approve it there, or discard this one: magicloop draft discard {mail.ref[:6]}",
        )


def _to(addresses: tuple[str, ...]) -> str:
    return " ".join(f"to:{address}" for address in addresses)


def _mails(mailbox: GoogleMailbox, ref: str, to: str) -> tuple[dict[str, Any] | None, bool]:
    """Return the mail or draft with the ref among those to these people, and whether drafts are to be looked at."""
    found = _headed(mailbox, ref, q=f"from:me newer_than:{DAYS}d {to}")
    if found is None:
        return None, True
    ours = next((message for message in found if ref_of(message) == ref), None)
    return ours, any("DRAFT" in message.get("labelIds", ()) for message in found)


def _sent(mailbox: GoogleMailbox, ref: str) -> dict[str, Any] | None:
    found = _headed(mailbox, ref, labelIds=["SENT"]) or ()
    return next((message for message in found if ref_of(message) == ref), None)


def _headed(mailbox: GoogleMailbox, ref: str, **wanted: Any) -> list[dict[str, Any]] | None:
    """Return the newest messages wanted with their headers, None where no scope allows to look.

    A sent one that is known to have another ref is left out: its headers were asked for before.
    """
    account, refs = mailbox.account, mailbox.known.sent_refs
    if not account.reads_all():
        return None
    try:
        listed = [one for one in newest_ids(account, **wanted) if refs.get(one, ref) == ref]
        found = [read_headers(account, message_id) for message_id in listed]
    except GoogleError as error:
        # The token file names no scopes, or more than were granted: then the drafts are all there is to see.
        if error.status == _FORBIDDEN and error.fault is FaultClass.NEEDS_SIGN_IN:
            return None
        raise
    refs.update({str(one["id"]): ref_of(one) for one in found if "SENT" in one.get("labelIds", ())})
    return found

"""Mail bytes to what a reader sees, also when a person or a mail program has been at them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email import errors as mail_errors
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from automations.compose.addresses import check_address, check_name
from automations.compose.words import says_the_same, seen_body, text_of_html
from automations.errors import HeaderFaultError
from automations.model.seen import SeenDraft
from automations.model.text import fold, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import MIMEPart

REF_HEADER = "X-Magicloop-Ref"

_SINGLE = ("From", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", REF_HEADER)
_BROKEN = (
    mail_errors.CloseBoundaryNotFoundDefect,
    mail_errors.FirstHeaderLineIsContinuationDefect,
    mail_errors.MissingHeaderBodySeparatorDefect,
    mail_errors.MultipartInvariantViolationDefect,
    mail_errors.NoBoundaryInMultipartDefect,
    mail_errors.StartBoundaryNotFoundDefect,
)
_FIX = "put the file right in an editor; its words as they were: magicloop draft list"


@dataclass(frozen=True, slots=True)
class ReadLetter:
    """A mail as a reader sees it: bare addresses, decoded words, tidy bodies.

    Characters that are not seen are dropped. `body_text` of a mail that has only HTML is what that shows.
    `attachments` are file names, or types, of all parts but the bodies.
    """

    sender: str
    sender_name: str
    reply_to: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    body_text: str
    body_html: str
    ref: str = ""
    unsent: bool = False
    attachments: tuple[str, ...] = ()

    @property
    def parts_agree(self) -> bool:
        """Tell whether both bodies say the same; a reader sees the HTML one."""
        return says_the_same(self.body_text, self.body_html)


class _Lenient(policy.EmailPolicy):
    """Reads headers that an editor saved as raw UTF-8, each of them once."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Return the header, parsed."""
        return value if hasattr(value, "name") else _parsed(name, value)


@lru_cache(maxsize=32)
def _parsed(name: str, value: str) -> Any:
    """Return a header's parsed value; the library would parse it anew for every question asked of it."""
    if not value.isascii():
        value = value.encode("ascii", "surrogateescape").decode("utf-8", "replace")
    return policy.default.header_fetch_parse(name, value)


_PARSER = BytesParser(EmailMessage, policy=_Lenient())


def read_mime(data: bytes) -> ReadLetter:
    """Return what a reader of these bytes sees; line ends may be CRLF, LF or mixed.

    :raises HeaderFaultError: they are no mail any more, or a header in them cannot be told for sure.
    """
    message = _PARSER.parsebytes(data.removeprefix(b"\xef\xbb\xbf"))
    assert isinstance(message, EmailMessage), "the parser was told to make one"
    _check_shape(message)
    sender = _addresses(message, "From")
    page = _body(message, "html")
    text = _body(message, "plain")
    if len(sender) > 1:
        raise HeaderFaultError("the mail has more than one sender", where="From", fix=_FIX)
    return ReadLetter(
        sender=sender[0][1] if sender else "",
        sender_name=sender[0][0] if sender else "",
        reply_to=_bare(message, "Reply-To"),
        to=_bare(message, "To"),
        cc=_bare(message, "Cc"),
        bcc=_bare(message, "Bcc"),
        subject=_words(message, "Subject"),
        body_text=text or text_of_html(page),
        body_html=page,
        ref=_words(message, REF_HEADER),
        unsent=_words(message, "X-Unsent") == "1",
        attachments=tuple(_attachments(message)),
    )


def revision_of(data: bytes) -> str:
    """Return what changes with any change of a mail's bytes: their sha256, in hex."""
    return hashlib.sha256(data).hexdigest()


def seen_draft(provider_id: str, data: bytes) -> SeenDraft:
    """Return the draft that these bytes are; its revision is their sha256.

    :raises HeaderFaultError: as `read_mime`.
    """
    read = read_mime(data)
    return SeenDraft(
        provider_id=provider_id,
        revision=revision_of(data),
        subject=read.subject,
        to=read.to,
        cc=read.cc,
        body_text=read.body_text,
        body_html=read.body_html,
        extras=(
            *(f"an attachment, {name}" for name in read.attachments),
            *(f"a Bcc to {address}" for address in read.bcc),
            *(f"a Reply-To of {address}" for address in read.reply_to),
        ),
        sender=read.sender,
        html_words=fold(text_of_html(read.body_html)),
    )


def _check_shape(message: EmailMessage) -> None:
    """Refuse what has no headers, has some of them twice, or has lost the frame around its parts."""
    if not any(name in message for name in ("From", "To", "Subject")):
        raise HeaderFaultError("it is no mail: it has no From, To or Subject line", where="headers", fix=_FIX)
    present = [name.lower() for name in message.keys()]  # noqa: SIM118 - a message iterates over nothing else
    for name in _SINGLE:
        if present.count(name.lower()) > 1:
            raise HeaderFaultError(f"it has more than one {name} line", where=name, fix=_FIX)
    if any(isinstance(defect, _BROKEN) for part in message.walk() for defect in part.defects):
        raise HeaderFaultError(
            "its header lines or the lines between its parts are damaged", where="headers", fix=_FIX
        )
    top = message.get_payload()
    if isinstance(top, str) and any(
        line.lower().startswith((REF_HEADER.lower() + ":", "content-type: multipart/"))
        for line in top.splitlines()
    ):
        raise HeaderFaultError("an empty line stands among its header lines", where="headers", fix=_FIX)


def _bare(message: EmailMessage, name: str) -> tuple[str, ...]:
    return tuple(address for _, address in _addresses(message, name))


def _addresses(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    """Return the (display name, address) pairs of a header, every one of them certain."""
    try:
        header = message[name]
        found = [(person.display_name, person.addr_spec) for person in header.addresses] if header else []
        sound = not header or not header.defects
    except Exception as fault:  # the parser of Python 3.11 raises IndexError and others on bad input
        raise _unclear(name) from fault
    if not sound:
        raise _unclear(name)
    return [(_shown(shown, address, name), check_address(address, name)) for shown, address in found]


def _unclear(name: str) -> HeaderFaultError:
    return HeaderFaultError(f"its {name} line cannot be read as mail addresses", where=name, fix=_FIX)


def _shown(shown: str, address: str, name: str) -> str:
    """Return a display name; programs that repeat the address as the name mean no harm."""
    return "" if shown.strip("'\" ").lower() == address.lower() else check_name(shown, name)


def _words(message: EmailMessage, name: str) -> str:
    try:
        return plain(str(message.get(name, "")))
    except Exception as fault:  # as in _addresses
        raise HeaderFaultError(f"its {name} line cannot be read", where=name, fix=_FIX) from fault


def _body(message: EmailMessage, kind: str) -> str:
    """Return a tidy body of one kind, '' when the mail has none."""
    part = message.get_body((kind,))
    if part is None or part.get_content_type() != f"text/{kind}":
        return ""
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        return seen_body(content.decode(part.get_content_charset("utf-8"), "replace"))
    except LookupError:  # a character set nobody knows
        return seen_body(content.decode("utf-8", "replace"))


def _attachments(message: EmailMessage) -> Iterable[str]:
    """Return a name for every part that is neither of the two bodies, wherever it stands."""
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    frames: list[MIMEPart[Any, Any]] = [message]
    while frames:
        for part in frames.pop().iter_parts():
            if part.get_content_maintype() == "multipart":
                frames.append(part)
            elif not any(part is body for body in bodies):
                yield plain(part.get_filename("")) or part.get_content_type()

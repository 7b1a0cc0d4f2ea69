"""A letter to mail bytes and back. What was written is read again before anyone gets it.

The library that folds headers has lost and invented recipients in some of its versions, so nothing
it makes is taken on trust: the bytes are parsed, and must show the letter that was asked for.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from automations.compose.addresses import check_address, check_name, unseen_character
from automations.compose.reading import REF_HEADER, ReadLetter, read_mime
from automations.compose.words import tidy_body, unsafe_in_body
from automations.errors import HeaderFaultError
from automations.model.text import fold, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["REF_HEADER", "Letter", "ReadLetter", "build_mime", "canonical_hash", "hash_of", "read_mime"]

MAX_SUBJECT = 250
MAX_RECIPIENTS = 100

_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,120}@[!-;=?A-~]{1,255}>")
_REFERENCES = 8
_TEXT_LINE = 990
_FOLDED_LINE = 76


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail is to say and to whom. Addresses are bare; `body_html` may be '': text only.

    `date` is an aware instant, `ref` an opaque lasting id of letters, digits, `-` and `_`. `message_id`,
    `in_reply_to` and `references` (oldest first) are message ids with their angle brackets, or ''.
    """

    sender: str
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body_text: str
    body_html: str
    date: datetime
    ref: str
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


class _Wire(policy.EmailPolicy):
    """How headers are folded: recipients never, other letters than ASCII in words of legal length."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return the header's lines."""
        if name in {"Subject", "From"} and not str(value).isascii():
            return f"{name}: {_encoded(name, value)}\r\n".encode("ascii")
        # Splitting an address list is where recipients were lost, so a list gets the longest legal line.
        return policy.SMTP.clone(max_line_length=998).fold_binary(name, value)


_WIRE = _Wire(linesep="\r\n", max_line_length=_FOLDED_LINE)


def build_mime(letter: Letter, *, unsent: bool, newline: str = "\r\n") -> bytes:
    """Return the letter as mail bytes; the same letter always gives the same bytes.

    `unsent` marks it so that mail programs open it for writing. `newline` is CRLF, or LF for programs
    that show only the headers otherwise. Without a `message_id` whoever sends it gives one.

    :raises HeaderFaultError: something in it may not stand in a mail, or what was written does not
        read back as what was asked for. Nothing was made.
    """
    checked = _checked(letter)
    message = EmailMessage(policy=_WIRE)
    if unsent:
        message["X-Unsent"] = "1"
    message["From"] = Address(checked.sender_name, addr_spec=checked.sender)
    message["To"] = ", ".join(checked.to)
    if checked.cc:
        message["Cc"] = ", ".join(checked.cc)
    message["Subject"] = checked.subject
    message["Date"] = checked.date
    message[REF_HEADER] = checked.ref
    for name, ids in (
        ("Message-ID", checked.message_id),
        ("In-Reply-To", checked.in_reply_to),
        ("References", " ".join(checked.references)),
    ):
        if ids:
            message[name] = ids
    names = [*message.keys(), "Content-Type", "MIME-Version"]
    _set_body(message, checked.body_text, "plain")
    if checked.body_html:
        message.make_alternative(boundary=_boundary(checked))
        page = EmailMessage(policy=_WIRE)
        _set_body(page, checked.body_html, "html")
        del page["MIME-Version"]
        message.attach(page)
    else:
        names.append("Content-Transfer-Encoding")
    data = message.as_bytes()
    _verify(checked, data, names)
    return data if newline == "\r\n" else data.replace(b"\r\n", b"\n")


def message_id_for(ref: str, sender: str) -> str:
    """Return the message id of our mail `ref`, in the sender's domain: the same one every time."""
    return f"<{ref}.magicloop@{sender.rpartition('@')[2].lower()}>"


def hash_of(mail: ReadLetter) -> str:
    """Return what an approval of a mail binds to, from the mail as its reader sees it."""
    return canonical_hash(
        sender=mail.sender,
        reply_to=mail.reply_to,
        to=mail.to,
        cc=mail.cc,
        bcc=mail.bcc,
        subject=mail.subject,
        body_text=mail.body_text,
        body_html=mail.body_html,
    )


def canonical_hash(
    *,
    sender: str,
    reply_to: Iterable[str] = (),
    to: Iterable[str],
    cc: Iterable[str] = (),
    bcc: Iterable[str] = (),
    subject: str,
    body_text: str,
    body_html: str = "",
) -> str:
    """Return what an approval binds to: the sha256, in hex, of a mail as a reader sees it.

    The order of recipients, the case of domains, line ends and trailing white space do not count;
    everything else does.
    """
    seen = {
        "version": 1,
        "sender": _keys([sender]),
        "reply_to": _keys(reply_to),
        "to": _keys(to),
        "cc": _keys(cc),
        "bcc": _keys(bcc),
        "subject": fold(subject),
        "body_text": tidy_body(body_text),
        "body_html": tidy_body(body_html),
    }
    form = json.dumps(seen, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(form.encode("ascii")).hexdigest()


def _keys(addresses: Iterable[str]) -> list[str]:
    """Return addresses as a sorted set, their domains in lower case."""
    split = (address.rpartition("@") for address in addresses)
    return sorted({f"{local}@{domain.lower()}" for local, _, domain in split})


def _checked(letter: Letter) -> Letter:
    """Return the letter with its parts in their one form, every one of them fit for a mail."""
    if not letter.to:
        raise HeaderFaultError("the mail goes to nobody", where="To", fix="name at least one recipient")
    if len(letter.to) + len(letter.cc) > MAX_RECIPIENTS:
        raise HeaderFaultError(
            f"the mail goes to more than {MAX_RECIPIENTS} people", where="To", fix="name fewer recipients"
        )
    if not _REF.fullmatch(letter.ref):
        raise HeaderFaultError("the mail's reference is not letters, digits, - and _", where=REF_HEADER)
    return Letter(
        message_id=_checked_id(letter.message_id),
        in_reply_to=_checked_id(letter.in_reply_to),
        # The first and the newest are enough for every mail program, and no line grows without end.
        references=tuple(map(_checked_id, (*letter.references[:1], *letter.references[1:][-_REFERENCES:]))),
        sender=check_address(letter.sender, "From"),
        sender_name=check_name(" ".join(letter.sender_name.split(" ")).strip(), "From"),
        to=tuple(check_address(address, "To") for address in letter.to),
        cc=tuple(check_address(address, "Cc") for address in letter.cc),
        subject=_checked_subject(letter.subject),
        body_text=_checked_text(letter.body_text),
        body_html=_checked_body(letter.body_html, "HTML"),
        date=letter.date,
        ref=letter.ref,
    )


def _checked_id(message_id: str) -> str:
    if message_id and not _MESSAGE_ID.fullmatch(message_id):
        raise HeaderFaultError("a message id is not of the form <left@right>", where="Message-ID")
    return message_id


def _checked_subject(subject: str) -> str:
    unseen = unseen_character(subject)
    fix = "write the subject as one line of plain words"
    if unseen:
        raise HeaderFaultError(f"the subject holds the unseen character {unseen}", where="Subject", fix=fix)
    words = plain(subject)
    if not words:
        raise HeaderFaultError("the mail has no subject", where="Subject", fix=fix)
    if len(words) > MAX_SUBJECT:
        raise HeaderFaultError(
            f"the subject is longer than {MAX_SUBJECT} characters",
            where="Subject",
            fix="write a shorter subject",
        )
    if "=?" in words:
        raise HeaderFaultError(
            "the subject holds =?, which mail programs would decode", where="Subject", fix=fix
        )
    return words


def _checked_text(body: str) -> str:
    text = _checked_body(body, "text")
    if not text:
        raise HeaderFaultError("the mail says nothing", where="body", fix="write what it is to say")
    return text


def _checked_body(body: str, kind: str) -> str:
    unsafe = unsafe_in_body(body)
    if unsafe:
        raise HeaderFaultError(
            f"the {kind} holds the unseen character {unsafe}", where="body", fix="take it out of the text"
        )
    return tidy_body(body)


def _encoded(name: str, value: Any) -> str:
    """Return a subject or a sender whose letters are not all ASCII, as encoded words of at most 75."""
    if name == "Subject":
        return Header(str(value), "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n")
    address = value.addresses[0]
    shown = Header(address.display_name, "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n")
    return f"{shown}\r\n <{address.addr_spec}>"


def _set_body(part: EmailMessage, body: str, subtype: str) -> None:
    short = body.isascii() and max(map(len, body.split("\n"))) <= _TEXT_LINE
    part.set_content(body, subtype=subtype, charset="utf-8", cte="7bit" if short else "quoted-printable")


def _boundary(letter: Letter) -> str:
    """Return a line that parts the bodies and stands in neither; no randomness, so that bytes repeat."""
    mark = f"{letter.ref}\0{letter.body_text}\0{letter.body_html}"
    return f"=_{hashlib.sha256(mark.encode()).hexdigest()[:32]}"


def _verify(letter: Letter, data: bytes, names: list[str]) -> None:
    """Read the bytes as a recipient's program would; they must show the letter and nothing else.

    :raises HeaderFaultError: they do not.
    """
    seen = read_mime(data)
    found = [line.partition(b":")[0].decode("ascii") for line in _header_lines(data)]
    differing = [
        where
        for where, same in (
            (
                "From",
                (seen.sender, _joined(seen.sender_name)) == (letter.sender, _joined(letter.sender_name)),
            ),
            ("To", set(seen.to) == set(letter.to)),
            ("Cc", set(seen.cc) == set(letter.cc)),
            ("Bcc", not seen.bcc and not seen.reply_to),
            ("Subject", seen.subject == letter.subject),
            ("body", (seen.body_text, seen.body_html) == (letter.body_text, letter.body_html)),
            ("headers", sorted(found) == sorted(names)),
        )
        if not same
    ]
    if differing:
        raise HeaderFaultError(
            f"the mail would not read as it was written ({', '.join(differing)})",
            where=differing[0],
            fix="write that part in plainer characters",
        )


def _joined(name: str) -> str:
    """Return a name without its spaces: the standard parser puts one between two encoded words."""
    return "".join(name.split())


def _header_lines(data: bytes) -> list[bytes]:
    head = data.partition(b"\r\n\r\n")[0]
    return [line for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]

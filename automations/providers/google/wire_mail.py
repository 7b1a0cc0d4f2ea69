"""Between our mails and Gmail's form of them: encoding, and what the web composer does to a draft.

Pure: bytes and dicts in, values out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automations.compose.mime import canonical_hash
from automations.compose.reading import REF_HEADER, seen_draft
from automations.compose.words import text_of_html, tidy_body
from automations.model.similarity import too_similar
from automations.model.text import fold

if TYPE_CHECKING:
    from automations.model.seen import SeenDraft

_UNSENT = re.compile(rb"^X-Unsent:[^\r\n]*\r?\n", re.IGNORECASE | re.MULTILINE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_COMPOSER = re.compile(r'\s*<div dir="(?:ltr|auto)"[^>]*>(.*)</div>\s*', re.DOTALL | re.IGNORECASE)
_UNSHOWN = re.compile(
    r"<!--.*?-->|<!doctype[^>]*>|</?(?:html|body)\b[^>]*>|<(head|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def mail_for_gmail(mime: bytes) -> bytes:
    """Return our bytes as Gmail gets them: CRLF lines, without the mark that desktop programs need."""
    data = mime.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    end = _END_OF_HEAD.search(data)
    cut = end.start() + 2 if end else len(data)
    return _UNSENT.sub(b"", data[:cut]) + data[cut:]


def to_raw(data: bytes) -> str:
    """Return mail bytes as the `raw` of a message: base64url."""
    return base64.urlsafe_b64encode(data).decode("ascii")


def from_raw(raw: str) -> bytes:
    """Return the mail bytes of a `raw`, which may lack its padding.

    :raises ValueError: it is not base64url.
    """
    try:
        return base64.b64decode(
            raw.rstrip("=") + "=" * (-len(raw.rstrip("=")) % 4), altchars=b"-_", validate=True
        )
    except binascii.Error as fault:
        raise ValueError("raw is not base64url") from fault


def is_draft(message: dict[str, Any]) -> bool:
    """Tell whether a message still is a draft; a sent one may go on answering to its draft's id."""
    return "DRAFT" in message.get("labelIds", ())


def ref_of(message: dict[str, Any]) -> str:
    """Return our ref in the headers of a message in format metadata or full, "" for none."""
    for header in message.get("payload", {}).get("headers", ()):
        if str(header.get("name", "")).lower() == REF_HEADER.lower():
            return str(header.get("value", "")).strip()
    return ""


def header_of(message: dict[str, Any], name: str) -> str:
    """Return a header of a message in format metadata, "" for none."""
    found = (
        one
        for one in message.get("payload", {}).get("headers", ())
        if str(one.get("name", "")).lower() == name
    )
    return next((str(one.get("value", "")) for one in found), "")


def seen_in_gmail(draft_id: str, data: bytes) -> SeenDraft:
    """Return the draft these bytes are, without what the web composer wraps around it.

    The composer puts HTML into a `div` and breaks the text part's lines; the text is then what the HTML
    shows. The revision is a hash of what is seen: Gmail gives new ids and headers without a change.

    :raises HeaderFaultError: as `seen_draft`.
    """
    seen = seen_draft(draft_id, data)
    inner = _COMPOSER.fullmatch(seen.body_html)
    if inner:
        shown = text_of_html(inner[1])
        text = shown if fold(shown) == fold(seen.body_text) else seen.body_text
        seen = replace(seen, body_html=tidy_body(inner[1]), body_text=text)
    return replace(seen, revision=_revision(seen))


def differs_only_in_form(one: SeenDraft, other: SeenDraft) -> bool:
    """Tell whether two looks at a draft show the same, but for line breaks inside paragraphs and HTML frames."""
    return _form(one) == _form(other)


def may_be_edit_of(made: SeenDraft, seen: SeenDraft) -> bool:
    """Tell whether a draft without our header may be the one that was made, with the person's changes."""
    same_people = {address.lower() for address in made.to} == {address.lower() for address in seen.to}
    alike = seen.subject == made.subject or too_similar(seen.body_text, (made.body_text,))
    return same_people and alike


def _form(seen: SeenDraft) -> tuple[Any, ...]:
    html = _UNSHOWN.sub("", seen.body_html)
    return (
        seen.subject,
        frozenset(seen.to),
        frozenset(seen.cc),
        seen.sender,
        seen.extras,
        [fold(part) for part in _PARAGRAPH.split(seen.body_text) if part.strip()],
        re.sub(r"\s+", "", html),
        fold(text_of_html(html)),
    )


def _revision(seen: SeenDraft) -> str:
    words = canonical_hash(
        sender=seen.sender,
        to=seen.to,
        cc=seen.cc,
        subject=seen.subject,
        body_text=seen.body_text,
        body_html=seen.body_html,
    )
    return hashlib.sha256("\0".join((words, *seen.extras)).encode()).hexdigest()

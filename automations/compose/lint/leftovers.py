"""What was meant to be filled in, attached or taken out before the mail went."""

from __future__ import annotations

import re

from automations.compose.lint.mail import LOOKED_AT, Level, Mail, marks_of
from automations.compose.lint.rule import Hit, Rule, phrases, says
from automations.model.mail_kinds import Audience

_PLACEHOLDER = re.compile(
    r"\b(?:TODO|TBD|TBC|FIXME|X{3,})\b"
    r"|\{\{[^{}\n]{0,80}(?:\}\})?|\}\}|\{%"
    r"|\[(?!(?:sic|link|external|internal|redacted|unit|edited)\])"
    r"(?:[a-z][a-z' ]{2,40}|[A-Z][A-Z' ]{2,40}|(?:Your|Boss|Manager|Insert|Name|Date|First|Last|Company|Team|Their)[\w' ]{0,40})\](?!\()"
    r"|<(?!https?:)[A-Za-z][A-Za-z _-]{1,40}>"
    r"|(?i:\blorem ipsum\b)"
    r"|\?{3,}|_{4,}"
    r"|^[ \t]{0,8}(?:[-*\u2022][ \t]{0,8})?(?:[A-Z][\w ]{0,24}:)?[ \t]{0,8}(?:\.{3}|\u2026)[ \t]{0,8}$",
    re.MULTILINE,
)
_ATTACHED = phrases(
    r"(?:is|are|have|I've|I'm|am|was|were) attach(?:ed|ing)(?! to\b)",
    r"attached (?:is|are|you|please|find|the|my|a|an|below|here)",
    r"(?:see|find|in|please find) (?:the |my )?(?:attached|attachment|attachments|enclosed)",
    r"the attached (?!to\b)\w+",
    r"(?:as|file|sheet|deck|report|slides|draft|plan|notes|summary|list) attached(?! to\b)",
    r"enclosed (?:is|are|you|please)",
)


def _placeholder(mail: Mail) -> Hit | None:
    marks = (
        *marks_of("subject", _PLACEHOLDER.finditer(mail.subject[:LOOKED_AT])),
        *marks_of("body", _PLACEHOLDER.finditer(mail.own_words)),
    )
    return Hit(marks) if marks else None


def _nothing_said(mail: Mail) -> Hit | None:
    missing = [name for name, text in (("subject", mail.subject), ("text", mail.body)) if not text.strip()]
    return Hit(detail=f"no {' and no '.join(missing)}") if missing else None


def _copied(mail: Mail) -> Hit | None:
    readers = len({address.lower() for address in (*mail.to, *mail.cc)})
    return Hit(detail=f"{readers} readers") if mail.audience is Audience.PRIVATE and readers > 1 else None


LEFTOVERS = (
    Rule("empty", Level.ERROR, "it has no words", "write them, or discard the draft", _nothing_said),
    Rule(
        "placeholder",
        Level.ERROR,
        "something is still to be filled in",
        "put the fact there, or take the line out",
        _placeholder,
    ),
    Rule(
        "missing-attachment",
        Level.ERROR,
        "it speaks of an attachment and has none",
        "say it in the text, or link to it",
        says(_ATTACHED, lambda mail: not mail.attachments),
    ),
    Rule(
        "private-copied",
        Level.ERROR,
        "a private note goes to more than one person",
        "leave one address; the note is for them alone",
        _copied,
    ),
)

"""The form of a mail: its length, its subject, and the lines its kind must have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from automations.compose.lint.mail import Level, Mail, Mark, marks_of
from automations.compose.lint.rule import Hit, Rule, titled
from automations.compose.words import count_words
from automations.model.mail_kinds import Audience, MailKind
from automations.model.similarity import too_similar

if TYPE_CHECKING:
    from collections.abc import Mapping

LETTER: Final = (20, 125)
LIMITS: Final[Mapping[tuple[MailKind, Audience | None], tuple[int, int]]] = {
    (MailKind.OFFER, None): (50, 120),
    (MailKind.OFFER_ASK, None): (50, 90),
    (MailKind.OFFER_SUGGEST, None): (70, 120),
    (MailKind.OFFER_DONE, None): (50, 90),
    (MailKind.OFFER_INTEND, None): (50, 90),
    (MailKind.CLOSING, None): (40, 80),
    (MailKind.GOAL_TRADE, None): (70, 110),
    (MailKind.STANDING, None): (40, 70),
    (MailKind.JUNIOR_NOTE, None): (40, 70),
    (MailKind.IN_PERSON, None): (0, 60),
    (MailKind.INCIDENT_FIRST, Audience.TACTICAL): (0, 180),
    (MailKind.INCIDENT_FIRST, None): (0, 80),
    (MailKind.INCIDENT_NO_CHANGE, None): (0, 40),
    (MailKind.INCIDENT_UPDATE, Audience.TACTICAL): (0, 180),
    (MailKind.INCIDENT_UPDATE, None): (60, 120),
    (MailKind.INCIDENT_RESOLVED, None): (0, 130),
    (MailKind.INCIDENT_REVIEW, None): (0, 250),
}
"""Least and most words of a kind, for one audience or for any; `LETTER` where nothing is named."""

SUBJECT_WORDS: Final = 8
SUBJECT_LETTERS: Final = 70
_TWO_QUESTIONS: Final = (MailKind.GOAL_TRADE, MailKind.STANDING)
_SHOUTS = re.compile(
    r"(?i:\burgent(?:ly)?\b|\basap\b|\bimportant\b(?=[!:])|\bplease read\b|\baction required\b|\bhigh priority\b)|!{2,}|\b[A-Z]{4,}(?:\s+[A-Z]{4,})+\b"
)
_REPLY = re.compile(r"^\s*(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE)
_INCIDENT_SUBJECT = re.compile(r"\[SEV[1-4]\] .{1,200} \(INC-\d{1,9}\)")
_NEXT = re.compile(
    r"\bnext\s+(?:update|mail|message|news|report|word|status)\b|\b(?:I|we)(?:'ll|\s+will)\s+(?:write|update|report|send|mail)\b"
    r"|\b(?:again|back)\s+(?:at|by)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b(?:[01]?\d|2[0-3])[:.][0-5]\d(?:\s?[ap]\.?m\.?)?|\b(?:1[0-2]|0?[1-9])\s?[ap]\.?m\b\.?|\b(?:noon|midnight)\b",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"(?:\b(?!AM\b|PM\b|SEV|INC)[A-Z]{2,5}\b(?![:-])|\b(?:UTC|GMT)?[+\u2212-]\d{1,2}(?::?\d{2})?\b|\bZ\b|\b[A-Z][a-z]+\s+time\b|\b[A-Z][a-z]+/[A-Z]\w+)"
)
_ON_CHANGE = re.compile(
    r"\b(?:when|once|as soon as|if)\b[^.\n]{0,60}\b(?:chang\w+|confirm\w*)|\bon\s+change\b", re.IGNORECASE
)
_IMPACT_LINE = re.compile(
    r"^[ \t]*(?:Customer |Business )?Impact\s*[:\u2013-]\s*(?P<words>[^\n]*(?:\n(?![ \t]*\n|[A-Z][\w ]{1,24}:)[^\n]*){0,4})",
    re.MULTILINE,
)
_TIMES = re.compile(
    r"\b\d{1,2}[:.]\d{2}(?:\s?[ap]m)?\b|\bSEV-?\d\b|\bINC-\d+\b|\bUpdate \d+\b|\b\d{4}-\d{2}-\d{2}\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|millions?|dozens?|half|thirds?|quarters?|all|every|everyone|everybody|no|none|nobody|nothing|zero|both)\b",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"\b(?:un|not\s+(?:yet\s+)?)known\b[^.\n]{0,60}\bmeasur|\bmeasuring\b|\bcounting\b", re.IGNORECASE
)
_OWNED = re.compile(
    r"\b(?:I|we)\s+(?:own(?:ed)?|answer(?:ed)?|lead|am\s+(?:responsible|leading|running)|are\s+responsible|take\s+(?:responsibility|this|it|full)|took\s+responsibility)\b"
    r"|\b(?:mine|ours)\s+to\s+(?:fix|repair|put\s+right)\b|\bmy\s+(?:responsibility|repair)\b|\b(?:this|it)\s+is\s+(?:mine|on\s+me|on\s+us)\b|\bI\s+am\s+on\s+it\s+until\b",
    re.IGNORECASE,
)


def word_limits(kind: MailKind, audience: Audience) -> tuple[int, int]:
    """Return the least and most words a mail of this kind and audience has."""
    return LIMITS.get((kind, audience)) or LIMITS.get((kind, None)) or LETTER


def limits_of(mail: Mail) -> tuple[int, int]:
    """Return the least and most words this mail may have."""
    return word_limits(mail.kind, mail.audience)


def _too_long(mail: Mail) -> Hit | None:
    words, (_, most) = count_words(mail.body), limits_of(mail)
    return Hit(detail=f"{words} words, at most {most}") if words > most else None


def _too_short(mail: Mail) -> Hit | None:
    words, (least, _) = count_words(mail.body), limits_of(mail)
    return Hit(detail=f"{words} words, at least {least}") if 0 < words < least else None


def _next_time(mail: Mail) -> Hit | None:
    """Find an update that does not say at which time, in which zone, the next one comes."""
    if not mail.kind.promises_next:
        return None
    nexts = [sentence for _, sentence in mail.sentences if _NEXT.search(sentence)]
    if any((_CLOCK.search(each) and _ZONE.search(each)) or _ON_CHANGE.search(each) for each in nexts):
        return None
    return Hit(detail="a time without its zone" if any(map(_CLOCK.search, nexts)) else "")


def _impact(mail: Mail) -> Hit | None:
    """Find an incident mail whose impact has no number and no way in which it is measured."""
    if mail.kind not in (MailKind.INCIDENT_FIRST, MailKind.INCIDENT_UPDATE, MailKind.INCIDENT_RESOLVED):
        return None
    line = _IMPACT_LINE.search(mail.own_words)
    told = line["words"] if line else mail.own_words
    if _NUMBER.search(_TIMES.sub("", told)) or _MEASURED.search(told):
        return None
    return Hit(marks_of("body", (line,)) if line else ())


def _nobody_owns(mail: Mail) -> Hit | None:
    first = mail.kind is MailKind.INCIDENT_FIRST
    return (
        Hit()
        if first and mail.audience is not Audience.CUSTOMER and not _OWNED.search(mail.own_words)
        else None
    )


def _says_it_again(mail: Mail) -> Hit | None:
    return Hit() if not mail.kind.of_incident and too_similar(mail.body, mail.earlier) else None


def _questions(mail: Mail) -> Hit | None:
    if mail.audience is not Audience.BOSS or mail.kind in _TWO_QUESTIONS:
        return None
    marks = tuple(
        Mark("body", at, at + len(sentence.rstrip()))
        for at, sentence in mail.sentences
        if sentence.rstrip().endswith("?")
    )
    return Hit(marks, f"{len(marks)} questions") if len(marks) > 1 else None


def _long_subject(mail: Mail) -> Hit | None:
    if mail.kind.of_incident:
        return None
    words = count_words(mail.subject)
    long = words > SUBJECT_WORDS or len(mail.subject) > SUBJECT_LETTERS
    return Hit((Mark("subject", 0, len(mail.subject)),), f"{words} words") if long else None


def _incident_subject(mail: Mail) -> Hit | None:
    fixed = mail.kind.of_incident and mail.kind is not MailKind.INCIDENT_REVIEW
    if not fixed or not mail.subject.strip() or _INCIDENT_SUBJECT.fullmatch(mail.subject.strip()):
        return None
    return Hit((Mark("subject", 0, len(mail.subject)),))


SHAPE = (
    Rule(
        "missing-next-time",
        Level.ERROR,
        "it does not say when the next update comes",
        'add "Next update: 15:00 CET", a clock time with its zone',
        _next_time,
    ),
    Rule(
        "missing-impact",
        Level.WARNING,
        "the impact has no number",
        'say how many of whom, or "unknown, measuring by ..."',
        _impact,
    ),
    Rule(
        "nobody-owns-it",
        Level.WARNING,
        "the first notice does not say who answers for it",
        'add one sentence: "I own this and its repair."',
        _nobody_owns,
    ),
    Rule(
        "too-long",
        Level.WARNING,
        "it is longer than its readers read",
        "cut what changes nothing for them",
        _too_long,
    ),
    Rule(
        "too-short",
        Level.HINT,
        "it is shorter than such mails are",
        "add the fact that is missing",
        _too_short,
    ),
    Rule(
        "says-it-again",
        Level.WARNING,
        "it says what one of the last three mails to them said",
        "say what is new, in other words",
        _says_it_again,
    ),
    Rule(
        "subject-shouts",
        Level.WARNING,
        "the subject shouts",
        "name the thing; the reader sets the priority",
        titled(_SHOUTS),
    ),
    Rule(
        "subject-reply",
        Level.WARNING,
        "the subject looks like an answer or a forward",
        "give the mail its own subject",
        titled(_REPLY, lambda mail: mail.kind is not MailKind.FOLLOW_UP),
    ),
    Rule(
        "subject-long", Level.HINT, "the subject is long", "three or four words are read best", _long_subject
    ),
    Rule(
        "subject-form",
        Level.WARNING,
        "an incident's mails keep one subject",
        "write it as [SEV2] title (INC-14)",
        _incident_subject,
    ),
    Rule("many-questions", Level.HINT, "more than one question", "ask the one that matters", _questions),
)

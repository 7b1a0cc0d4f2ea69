"""What the lint looks at and what it finds: two frozen values, and the text with what is quoted blanked out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from automations.model.mail_kinds import Audience, MailKind

if TYPE_CHECKING:
    from collections.abc import Iterable

Part = Literal["subject", "body"]

LOOKED_AT: Final = 10_000
"""How many characters of a body are looked at word by word: six times the longest mail there may be."""

_SAID_BY_OTHERS = re.compile(
    r"^[ \t]{0,8}>[^\n]*"  # a line of the mail that is answered
    r"|\"[^\"\n]{1,200}\"|\u201c[^\u201d\n]{1,200}\u201d"  # somebody's words within a line
    r"|<?\bhttps?://[^\s>]{1,2000}>?"
    r"|<?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}>?",
    re.MULTILINE,
)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\s]+|\n[ \t]{0,8}\n\s*|\n(?=[ \t]{0,8}(?:[-*\u2022]|\d{1,2}[.)]\s|[A-Z][\w ]{1,24}:))"
)


class Level(StrEnum):
    """How much a finding weighs: an error stands in the way of an approval, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Mark(NamedTuple):
    """Words marked: characters `start` to `end` of the subject or the body."""

    part: Part
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a reader would stumble over: what it is, how to cure it, and the words it is about.

    `code` is kebab-case and lasting; `marks` is empty where something is missing.
    """

    code: str
    level: Level
    message: str
    cure: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Mail:
    """A mail as the rules see it.

    `people` are the names that may stand in it; `earlier` the bodies sent to the same person, oldest
    first; `suspected` the causes that are not confirmed; `confirmed` says that the cause is known.
    """

    kind: MailKind
    audience: Audience
    subject: str
    body: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    suspected: tuple[str, ...] = ()
    confirmed: bool = False
    attachments: bool = False

    @cached_property
    def own_words(self) -> str:
        """The body with quotes, links and addresses blanked out; every character keeps its place.

        It ends where no mail is read any more: what is longer is too long, whatever it says.
        """
        body = self.body[:LOOKED_AT].replace("\u2019", "'")
        return _SAID_BY_OTHERS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), body)

    @cached_property
    def sentences(self) -> tuple[tuple[int, str], ...]:
        """The body's own sentences, each with its place; list items and labelled lines stand alone."""
        found, start = [], 0
        for end in _SENTENCE_END.finditer(self.own_words):
            found.append((start, self.own_words[start : end.start()]))
            start = end.end()
        found.append((start, self.own_words[start:]))
        return tuple((at, sentence) for at, sentence in found if sentence.strip())

    @property
    def to_leaders(self) -> bool:
        """Tell whether it goes to people who lead: a boss, or the executive readers of an incident."""
        return self.audience in (Audience.BOSS, Audience.EXEC)


def marks_of(part: Part, found: Iterable[re.Match[str]]) -> tuple[Mark, ...]:
    """Return the marks of matches; where a group `words` is named, of that group."""
    marks = []
    for match in found:
        name: str | int = "words" if "words" in match.re.groupindex and match["words"] is not None else 0
        marks.append(Mark(part, *match.span(name)))
    return tuple(marks)

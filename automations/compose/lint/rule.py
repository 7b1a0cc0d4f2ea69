"""A rule of the lint, and the two ways most of them look at a mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from automations.compose.lint.mail import LOOKED_AT, Finding, Level, Mail, Mark, marks_of

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MARKS: Final = 5
"""How many places of one rule are marked; who mends five sees the sixth."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a rule is broken; `detail` are the facts of it, in words."""

    marks: tuple[Mark, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing a mail must not do: `find` returns where it does, None where it does not."""

    code: str
    level: Level
    message: str
    cure: str
    find: Callable[[Mail], Hit | None]

    def findings(self, mail: Mail) -> tuple[Finding, ...]:
        """Return the finding of this rule, none where the mail keeps it."""
        hit = self.find(mail)
        if hit is None:
            return ()
        message = f"{self.message}: {hit.detail}" if hit.detail else self.message
        return (Finding(self.code, self.level, message, self.cure, hit.marks[:MOST_MARKS]),)


def phrases(*alternatives: str, case: bool = False) -> re.Pattern[str]:
    """Return a pattern of whole words; a space in an alternative stands for white space."""
    spaced = "|".join(each.replace(" ?", r"\s{0,3}").replace(" ", r"\s{1,3}") for each in alternatives)
    return re.compile(rf"(?<![\w-])(?:{spaced})(?![\w-])", 0 if case else re.IGNORECASE)


def says(
    pattern: re.Pattern[str], when: Callable[[Mail], bool] = lambda _: True
) -> Callable[[Mail], Hit | None]:
    """Return a look for phrases in what the writer says himself, in the body."""

    def find(mail: Mail) -> Hit | None:
        marks = marks_of("body", pattern.finditer(mail.own_words)) if when(mail) else ()
        return Hit(marks) if marks else None

    return find


def titled(
    pattern: re.Pattern[str], when: Callable[[Mail], bool] = lambda _: True
) -> Callable[[Mail], Hit | None]:
    """Return a look for phrases in the subject."""

    def find(mail: Mail) -> Hit | None:
        marks = marks_of("subject", pattern.finditer(mail.subject[:LOOKED_AT])) if when(mail) else ()
        return Hit(marks) if marks else None

    return find


def in_sentences(
    pattern: re.Pattern[str],
    *,
    unless: re.Pattern[str] | None = None,
    beside: re.Pattern[str] | None = None,
    when: Callable[[Mail], bool] = lambda _: True,
) -> Callable[[Mail], Hit | None]:
    """Return a look for phrases in sentences that hold `beside` and do not hold `unless`."""

    def find(mail: Mail) -> Hit | None:
        marks: list[Mark] = []
        for at, sentence in mail.sentences if when(mail) else ():
            if (unless and unless.search(sentence)) or (beside and not beside.search(sentence)):
                continue
            marks += [
                Mark("body", at + m.start, at + m.end) for m in marks_of("body", pattern.finditer(sentence))
            ]
        return Hit(tuple(marks)) if marks else None

    return find

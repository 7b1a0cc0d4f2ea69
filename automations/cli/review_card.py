"""A card on a terminal: in a box for the eye, or one label a line for the ear, a pipe or a simple terminal.

Every text in it is made safe here; no meaning is carried by colour or by a line alone.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from automations.cli.review_words import (
    changes_line,
    headers_of,
    length_words,
    pledge_words,
    rows_of,
)
from automations.compose.lint import Level
from automations.model.text import plain, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console
    from rich.text import Text

    from automations.desk.card import Card

WIDEST: Final = 100
NARROWEST: Final = 40
LABEL: Final = 8
"""Columns a label takes, with the space after it."""

STYLES: Final = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.HINT: "dim"}
KEYS: Final = (
    ("y", "approve"),
    ("e", "edit"),
    ("s", "skip"),
    ("z", "snooze"),
    ("x", "discard"),
    ("d", "diff"),
    ("h", "html"),
    ("b", "open"),
    ("u", "undo"),
    ("q", "quit"),
    ("?", "help"),
)
SECOND: Final = "q?"
"""The keys of the second line."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card stands among those to be read."""

    number: int
    total: int


class Screen:
    """The person's terminal: how wide it is, and whether it shows boxes."""

    def __init__(self, *, plain_words: bool, color: bool) -> None:
        from rich.console import Console

        self.plain = plain_words
        self.console: Console = Console(
            color_system="auto" if color else None,
            no_color=not color,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self.width = max(NARROWEST, min(self.console.width, WIDEST))

    def show(self, card: Card, place: Place) -> None:
        """Show a card and the keys that act on it."""
        if self.plain:
            for line in plain_lines(card, place):
                sys.stdout.write(f"{line}\n")
        else:
            self._boxed(card, place)
        sys.stdout.flush()

    def _boxed(self, card: Card, place: Place) -> None:
        from rich.text import Text

        edges = _edges(self.console.encoding)
        inner = self.width - 4
        self._write(
            _spread("magicloop review", f"{place.number} of {place.total} waiting", self.width - 2, indent=1)
        )
        self._write(Text(f"{edges[0]}{edges[1] * (self.width - 2)}{edges[2]}"))
        parts = (self._head(card, inner), self._body(card, inner), self._foot(card, inner))
        for number, part in enumerate(parts):
            if number:
                self._write(Text(f"{edges[3]}{edges[1] * (self.width - 2)}{edges[4]}"))
            for line in part:
                line.pad_right(inner - line.cell_len)
                self._write(Text.assemble(f"{edges[5]} ", line, f" {edges[5]}"))
        self._write(Text(f"{edges[6]}{edges[1] * (self.width - 2)}{edges[7]}"))
        for line in self._keys(card):
            self._write(line)

    def _write(self, line: Text) -> None:
        self.console.print(line, soft_wrap=True)

    def _head(self, card: Card, width: int) -> Iterator[Text]:
        from rich.text import Text

        right = f"due {card.due.short} ({card.due.away})" if card.due else ""
        yield from _titled(plain(card.title), right, width)
        for label, words, style in rows_of(card):
            yield from self._row(label, Text(plain(words), style), width)
        for header, who in headers_of(card):
            yield from self._row(header, _marked(who), width)
        yield from self._row("Subject", Text(plain(card.subject), "bold"), width)

    def _row(self, label: str, words: Text, width: int) -> Iterator[Text]:
        from rich.text import Text

        for number, line in enumerate(words.wrap(self.console, width - LABEL)):
            yield Text.assemble((f"{'' if number else label:<{LABEL}}", "dim"), line)

    def _body(self, card: Card, width: int) -> Iterator[Text]:
        from rich.text import Text

        for raw in card.body_text.rstrip("\n").split("\n"):
            line = Text(visible(raw))
            yield from line.wrap(self.console, width) if line.cell_len else (line,)

    def _foot(self, card: Card, width: int) -> Iterator[Text]:
        from rich.text import Text

        yield from _titled(
            length_words(card), f"draft {card.id[:6]}, hash {card.short_hash}", width, bold=False
        )
        changed = changes_line(card.since_seen)
        if changed:
            yield from self._row("Changed", Text(changed), width)
        for pledge in card.pledges:
            yield from self._row("Promise", Text(pledge_words(pledge)), width)
        for found in card.findings:
            words = Text(f"{found.level.value}: ", STYLES[found.level]).append(
                f"{found.message}; {found.cure}"
            )
            yield from self._row("Check", words, width)
        if card.hindrance:
            yield from self._row("Stop", Text(f"cannot be approved: {card.hindrance}", "bold red"), width)

    def _keys(self, card: Card) -> Iterator[Text]:
        from rich.text import Text

        lines = [Text(" "), Text(" ")]
        for key, word in KEYS:
            lines[key in SECOND].append(key, "bold").append(f" {word}  ")
        if not card.hindrance:
            lines[1].append(f"   y: {card.yes_does}")
        for line in lines:
            yield from _stripped(line.wrap(self.console, self.width))


def plain_lines(card: Card, place: Place) -> Iterator[str]:
    """Yield a card as lines to be read aloud: a label and what it says, nothing that is only drawn."""
    yield f"Draft {place.number} of {place.total} waiting: {plain(card.title)}"
    if card.due:
        yield f"Due: {card.due.short}, {card.due.away}"
    for label, words, _ in rows_of(card):
        yield f"{label}: {plain(words)}"
    for header, who in headers_of(card):
        yield f"{header}: {plain(who)}"
    yield f"Subject: {plain(card.subject)}"
    yield "Body:"
    yield from (visible(line) for line in card.body_text.rstrip("\n").split("\n"))
    yield "End of body."
    yield f"Length: {length_words(card)}"
    changed = changes_line(card.since_seen, spoken=True)
    if changed:
        yield f"Changed: {changed}"
    for pledge in card.pledges:
        yield f"Promise: {pledge_words(pledge)}"
    for found in card.findings:
        yield f"{found.level.value.capitalize()}: {plain(found.message)}; {plain(found.cure)}"
    if card.hindrance:
        yield f"Cannot be approved: {plain(card.hindrance)}"
    yield f"Draft: {card.id[:6]}, hash {card.short_hash}"
    yield f"Keys: {', '.join(f'{key} {word}' for key, word in KEYS)}"
    if not card.hindrance:
        yield f"If you press y: {card.yes_does}"


def _edges(encoding: str) -> str:
    """Return the characters of a box: corners, lines and joints; letters where the terminal has no others."""
    return "╭─╮├┤│╰╯" if encoding.lower().startswith("utf") else "+-+++|++"


def _spread(left: str, right: str, width: int, *, indent: int = 0) -> Text:
    from rich.text import Text

    room = width - indent - len(left) - len(right)
    return Text.assemble(" " * indent, (left, "bold"), " " * max(2, room), (right, "bold"))


def _titled(left: str, right: str, width: int, *, bold: bool = True) -> Iterator[Text]:
    """Yield two texts at both ends of a line, or below each other where they do not fit."""
    from rich.cells import cell_len
    from rich.text import Text

    style = "bold" if bold else ""
    room = width - cell_len(left) - cell_len(right)
    if room >= 2:  # noqa: PLR2004 - as far apart as two words are
        yield Text.assemble((left, style), " " * room, (right, style))
        return
    for each in filter(None, (left, right)):
        yield from _folded(each, style, width)


def _folded(words: str, style: str, width: int) -> Iterator[Text]:
    from rich.console import Console
    from rich.text import Text

    yield from Text(words, style).wrap(Console(width=width), width)


def _marked(words: str) -> Text:
    from rich.text import Text

    text = Text(plain(words))
    text.highlight_words(["NEW", "EXTERNAL"], "bold yellow")
    return text


def _stripped(lines: Iterable[Text]) -> Iterator[Text]:
    for line in lines:
        line.rstrip()
        yield line

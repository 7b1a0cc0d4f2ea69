"""What changed between two texts: lines first, then the words within lines that were rewritten."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, unified_diff
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_WORDS: Final = 2_000
"""Longer stretches are compared line by line only: comparing words takes the square of their number."""

_WORDS = re.compile(r"\s+|[^\s]+")


class Mark(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


class Piece(NamedTuple):
    """A stretch of text and what became of it; pieces in order make both texts."""

    mark: Mark
    text: str


def compare(before: str, now: str) -> tuple[Piece, ...]:
    """Return the pieces that lead from one text to the other; no two neighbours have the same mark."""
    return tuple(_joined(_by_lines(before.splitlines(keepends=True), now.splitlines(keepends=True))))


def unified(before: str, now: str) -> str:
    """Return what changed as lines with - and +, "" where nothing did."""
    lines = unified_diff(before.splitlines(), now.splitlines(), "before", "now", lineterm="")
    return "\n".join(lines)


def _by_lines(before: Sequence[str], now: Sequence[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(None, before, now)
    for tag, start, end, now_start, now_end in matcher.get_opcodes():
        old, new = "".join(before[start:end]), "".join(now[now_start:now_end])
        if tag == "replace":
            yield from _by_words(old, new)
        else:
            yield from _changed(tag, old, new)


def _by_words(before: str, now: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(now)
    if max(len(old), len(new)) > MOST_WORDS:
        yield from _changed("replace", before, now)
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, now_start, now_end in matcher.get_opcodes():
        yield from _changed(tag, "".join(old[start:end]), "".join(new[now_start:now_end]))


def _changed(tag: str, old: str, new: str) -> Iterator[Piece]:
    if tag == "equal":
        yield Piece(Mark.SAME, new)
        return
    if old:
        yield Piece(Mark.REMOVED, old)
    if new:
        yield Piece(Mark.ADDED, new)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    held: Piece | None = None
    for piece in pieces:
        if held is not None and held.mark is piece.mark:
            held = Piece(held.mark, held.text + piece.text)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held

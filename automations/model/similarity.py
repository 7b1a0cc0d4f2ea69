"""How alike two mails read: the same words over again tire a boss, whatever the name in the greeting.

Words are compared in threes, so that a shared subject does not make two mails alike but a shared
sentence does. Greeting, sign-off, numbers and bare dates count for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TOO_SIMILAR: Final = 0.6
"""From this similarity on, two mails say the same. Other facts in the same sentences stay below it."""

SHINGLE: Final = 3
"""How many words are compared at a time."""

LAST: Final = 3
"""How many earlier mails a new one is held against."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|morning)\b[^\n]{0,60}", re.IGNORECASE
)
_SIGN_OFF_WORDS: Final = 3


def similarity(a: str, b: str) -> float:
    """Return how alike two bodies read, from 0.0 (nothing in common) to 1.0 (the same words)."""
    first, second = _shingles(a), _shingles(b)
    together = len(first | second)
    return len(first & second) / together if together else 1.0


def too_similar(text: str, earlier: Sequence[str]) -> bool:
    """Tell whether a body says what one of the last earlier ones said; `earlier` is oldest first."""
    return any(similarity(text, other) >= TOO_SIMILAR for other in earlier[-LAST:])


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(unicodedata.normalize("NFKC", _middle(text)).casefold())
    if len(words) < SHINGLE:
        return frozenset({tuple(words)} if words else ())
    return frozenset(zip(*(words[start:] for start in range(SHINGLE)), strict=False))


def _middle(text: str) -> str:
    """Return a body without its greeting and its sign-off, where it has more than those."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = lines[1:] if lines and _GREETING.fullmatch(lines[0]) else lines
    while len(kept) > 1 and _is_sign_off(kept[-1]):
        kept = kept[:-1]
    return "\n".join(kept or lines)


def _is_sign_off(line: str) -> bool:
    """Tell whether a last line only takes leave: a few words that are no sentence."""
    return len(line.split()) <= _SIGN_OFF_WORDS and not line.endswith((".", "!", "?", ":"))

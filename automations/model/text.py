"""Foreign text made fit to show: one line, and nothing that steers a terminal or hides what stands there."""

from __future__ import annotations

import re

# Patterns are compiled when they are first used: every command loads this, and most say little.
_BREAKS = "[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+"
_UNSEEN = (
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls, ESC and NUL among them
    "\u00ad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b-\u200f\u202a-\u202e"  # zero widths and the older bidi controls
    "\u2060-\u206f\ufeff\ufff9-\ufffb"  # word joiner, isolates, byte order mark, interlinear marks
    "\ud800-\udfff"  # lone surrogates, which no encoder takes
    "\U000e0000-\U000e007f"  # tags: invisible letters
    "]+"
)


def visible(line: str) -> str:
    """Return one line with its spaces kept and everything out that a terminal would obey or hide."""
    return re.sub(_UNSEEN, "", re.sub(_BREAKS, " ", line))


def plain(text: str) -> str:
    """Return `text` as one line without control, bidi, zero-width or other unseen characters.

    Line breaks and tabs become a space, runs of spaces become one, the ends are trimmed. A second
    call changes nothing.
    """
    return " ".join(visible(text).split())


def fold(text: str) -> str:
    """Return `text` for comparing what is said: one line, runs of white space as one space, NFC."""
    import unicodedata

    return " ".join(unicodedata.normalize("NFC", text).split())

"""Counting, comparing and tidying the words of a mail, and reading them out of HTML."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

from automations.model.text import fold

_NEWLINES = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN_IN_BODY = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # C0 and C1 controls; tab and line breaks are dealt with before
    "\u202a-\u202e\u2066-\u2069"  # bidi embeddings, overrides and isolates: they reorder what is read
    "\ud800-\udfff"  # lone surrogates, which no encoder takes
    "]"
)
_GAP = re.compile(r"\n{3,}")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "div",
        "dl",
        "dt",
        "dd",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset({"head", "script", "style", "title"})


def count_words(text: str) -> int:
    """Return how many words a reader counts: runs of non-space that hold a letter or a digit."""
    return sum(1 for word in text.split() if any(letter.isalnum() for letter in word))


def tidy_body(text: str) -> str:
    """Return a body in the one form it is kept and compared in.

    Lines end in a newline, none in spaces; no blank lines at the ends; one newline at the very end;
    empty stays empty. Every other character is kept. A second call changes nothing.
    """
    lines = [line.rstrip() for line in _NEWLINES.sub("\n", text).split("\n")]
    body = "\n".join(lines).strip("\n")
    return f"{body}\n" if body else ""


def seen_body(text: str) -> str:
    """Return a body tidied, without the control and bidi characters that are not seen."""
    return tidy_body(_UNSEEN_IN_BODY.sub("", _NEWLINES.sub("\n", text)))


def clean_body(text: str) -> str:
    """Return what was rendered as a body: as `seen_body`, with gaps closed to one blank line."""
    return _GAP.sub("\n\n", seen_body(text))


def unsafe_in_body(text: str) -> str:
    """Return the name of the first character that may not stand in a body, '' when there is none."""
    found = _UNSEEN_IN_BODY.search(_NEWLINES.sub("\n", text))
    return name_of(found[0]) if found else ""


def name_of(character: str) -> str:
    """Return a character's code point and name, fit to print: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}".strip()


def text_of_html(page: str) -> str:
    """Return what a reader of an HTML body sees, as tidy text; paragraphs stand apart by a blank line."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return _GAP.sub("\n\n", tidy_body("".join(reader.pieces)))


def says_the_same(text: str, page: str) -> bool:
    """Tell whether a text body and an HTML body have the same words; an absent HTML body always does."""
    return not page or fold(text) == fold(text_of_html(page))


class _Reader(HTMLParser):
    """Collects visible text; white space in the source counts as one space, as in a browser."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._break("\n")
        elif tag in _BLOCKS:
            self._break("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self._break("\n\n" if tag == "p" else "\n")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        if not self.pieces or self.pieces[-1].endswith(("\n", " ")):
            words = words.lstrip(" ")
        if words:
            self.pieces.append(words)

    def _break(self, ends: str) -> None:
        self.pieces.append(ends)

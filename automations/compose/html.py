"""Plain text as the simplest HTML that shows the same words."""

from __future__ import annotations

from html import escape


def text_to_html(text: str) -> str:
    """Return `text` as paragraphs: blank lines part them, line ends inside one stay line ends."""
    paragraphs = [block.strip("\n") for block in text.replace("\r\n", "\n").split("\n\n")]
    return "\n".join(
        f"<p>{escape(block, quote=False).replace(chr(10), '<br>' + chr(10))}</p>"
        for block in paragraphs
        if block.strip()
    )

"""Which web address may be pinged. By itself, as a run with nothing due asks it too and loads little."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


LEFT_OUT = "https://left-out.invalid"
"""What stands for a monitor's address in a backup: an address that leads nowhere, so that the config is still one."""


def ping_fault(text: str) -> str:
    """Refuse what a monitor's address cannot be. The caller must not show the text: it is a secret."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is no web address; copy it from the monitor's own page"
    wrong = (
        (
            not text.isascii() or " " in text or not text.isprintable(),
            "has a character that no web address has; copy it from the monitor's own page",
        ),
        (
            parts.scheme == "http" and host not in LOOPBACK,
            "is not https, so it could be read on its way; write https://",
        ),
        (
            parts.scheme not in ("https", "http") or not host or port == 0,
            "is no web address; write it whole, with https://",
        ),
        (
            "@" in parts.netloc,
            "has a name or a password before the @, which is not supported",
        ),
        (bool(parts.fragment), "ends in a # part, which no server is ever sent; take it out"),
    )
    return next((words for applies, words in wrong if applies), "")

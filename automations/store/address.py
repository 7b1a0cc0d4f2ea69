"""The journal's address for SQLite. Apart from the rest, so that the fast path loads nothing more."""

from __future__ import annotations

import os


def database_uri(path: str, mode: str) -> str:
    """Return the SQLite URI that opens `path` in `mode` (`ro`, `rw`) and never makes it."""
    absolute = os.path.abspath(path)  # noqa: PTH100 -- pathlib costs the fast path milliseconds
    quoted = absolute.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file://{quoted}?mode={mode}"

"""Writing values and comments of a TOML file. Reading is tomllib's."""

from __future__ import annotations

import json
import textwrap
from typing import Any

WIDTH = 100


def toml_value(value: Any) -> str:
    """Return a text, number, truth value or list of texts as TOML writes it, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # JSON's escapes are TOML's too, but JSON leaves DEL as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(one) for one in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def toml_line(key: str, value: Any, *, live: bool = True) -> list[str]:
    """Return `key = value`, a long list over several lines; commented out unless it is live."""
    lines = [f"{key} = {toml_value(value)}"]
    if isinstance(value, list | tuple) and len(lines[0]) > WIDTH - 2:
        lines = [f"{key} = [", *(f"  {toml_value(one)}," for one in value), "]"]
    return lines if live else [f"# {line}" for line in lines]


def comment(text: str) -> list[str]:
    """Return a sentence as comment lines."""
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)

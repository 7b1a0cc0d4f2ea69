"""The one place that speaks to a person: text made safe for a terminal, JSON, errors.

Results go to stdout, everything else to stderr. Meaning is never carried by colour alone.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from automations.model.text import plain, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from automations.errors import MagicloopError

SCHEMA = 1


def say(text: str = "") -> None:
    """Print lines to stdout; foreign text in them cannot steer the terminal."""
    click.echo(_safe(text))


def whisper(text: str) -> None:
    """Print lines to stderr."""
    click.echo(_safe(text), err=True)


def heading(text: str) -> None:
    """Print a line that opens a part."""
    click.echo(click.style(_safe(text), bold=True))


def table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows with their columns aligned; the last column runs free."""
    safe = [[plain(cell) for cell in row] for row in rows]
    if not safe:
        return
    widths = [max(len(row[index]) for row in safe) for index in range(len(safe[0]) - 1)]
    for row in safe:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).rstrip())


def emit_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object with `schema` first; instants in RFC 3339 with offset."""
    click.echo(json.dumps({"schema": SCHEMA, **value}, default=_encode, ensure_ascii=False, indent=2))


def show_error(error: MagicloopError, *, as_json: bool) -> None:
    """Print an error to stderr: what happened, where, and what to type."""
    if as_json:
        facts = {
            "schema": SCHEMA,
            "error": {
                "kind": type(error).__name__,
                "exit_code": int(error.exit_code),
                "what": error.what,
                "where": error.where,
                "fix": error.fix,
            },
        }
        click.echo(json.dumps(facts, ensure_ascii=False), err=True)
        return
    lines = error.what.splitlines() or [type(error).__name__]
    whisper(f"error: {lines[0]}")
    for line in lines[1:]:
        whisper(f"       {line}")
    if error.where:
        whisper(f"where: {error.where}")
    if error.fix:
        whisper(f"fix:   {error.fix}")


def is_interactive() -> bool:
    """Tell whether a person is at the other end of stdin."""
    return sys.stdin is not None and sys.stdin.isatty()


def color_wanted() -> bool | None:
    """Return False for NO_COLOR, True for FORCE_COLOR, None to let the terminal decide."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def _safe(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")

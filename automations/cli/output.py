"""The one place that speaks to a person: text made safe for a terminal, JSON, errors.

Results go to stdout, everything else to stderr. Meaning is never carried by colour alone. What only
speaking needs is imported where it is needed: a run with nothing due says nothing.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from automations.errors import ConfigError
from automations.model.text import plain, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from automations.errors import MagicloopError

SCHEMA = 1
LEVELS = {"error": "<3>", "warning": "<4>", "notice": "<5>", "info": "<6>"}
"""What begins a line for the journal, by level: sd-daemon(3)."""
NARROWEST = 20
WIDEST = 100
"""Longer lines are hard to read, however wide the window."""


def say(text: str = "") -> None:
    """Print lines to stdout; foreign text in them cannot steer the terminal."""
    click.echo(_safe(text))


def whisper(text: str, level: str = "notice") -> None:
    """Print lines to stderr; systemd's journal is told how grave they are: error, warning, notice or info."""
    mark = LEVELS[level] if goes_to_journal() else ""
    click.echo("\n".join(mark + line for line in _safe(text).split("\n")), err=True)


def goes_to_journal() -> bool:
    """Tell whether stderr is a stream of systemd's journal, as it names it by device and inode (systemd.exec(5)).

    A process that inherits the variable may have its stderr elsewhere.
    """
    stream = os.environ.get("JOURNAL_STREAM", "")
    if not stream:
        return False
    try:
        seen = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return stream == f"{seen.st_dev}:{seen.st_ino}"


def heading(text: str) -> None:
    """Print a line that opens a part."""
    click.echo(click.style(_safe(text), bold=True))


def table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows with their columns aligned; the last column runs free, so that a pipe gets whole lines."""
    for line, _ in _aligned(rows):
        click.echo(line)


def prose(rows: Iterable[Sequence[str]]) -> None:
    """Print rows with their columns aligned and the last column wrapped below itself."""
    for line, indent in _aligned(rows):
        _wrapped(line, indent)


def listing(rows: Iterable[Sequence[str]]) -> None:
    """Print rows that scripts may read: wrapped for a person at a terminal, whole in a pipe."""
    (prose if sys.stdout.isatty() else table)(rows)


def paragraph(text: str, *, hanging: int = 0) -> None:
    """Print a sentence, wrapped; lines after the first begin `hanging` columns in."""
    _wrapped(plain(text), hanging)


def record(text: str, *, hanging: int) -> None:
    """Print a line that scripts may read: wrapped for a person at a terminal, whole in a pipe."""
    if sys.stdout.isatty():
        _wrapped(_safe(text), hanging)
    else:
        say(text)


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[tuple[str, int]]:
    """Yield each row as a line, with the column its last cell begins at."""
    safe = [[plain(cell) if cell.strip() else cell for cell in row] for row in rows]
    widths = [max(len(row[index]) for row in safe) for index in range(len(safe[0]) - 1)] if safe else []
    for row in safe:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]]).rstrip(), sum(widths) + 2 * len(widths)


def _wrapped(line: str, indent: int) -> None:
    import shutil
    import textwrap

    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
    room = min(columns, WIDEST) - indent
    start, rest = line[:indent], line[indent:]
    # A window too narrow to wrap in gets the line as it is.
    pieces = (
        textwrap.wrap(rest, room, break_long_words=False, break_on_hyphens=False)
        if room >= NARROWEST
        else [rest]
    )
    for number, piece in enumerate(pieces or [""]):
        click.echo(f"{' ' * indent if number else start}{piece}".rstrip())


def emit_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object with `schema` first; instants in RFC 3339 with offset."""
    click.echo(_json_text({"schema": SCHEMA, **value}, indent=2))


def emit_json_line(value: Mapping[str, Any]) -> None:
    """Print one of many JSON objects, each in a line of its own."""
    click.echo(_json_text({"schema": SCHEMA, **value}))


def _json_text(value: Mapping[str, Any], *, indent: int | None = None) -> str:
    """Return JSON whose readable letters stand as they are and whose unseen characters are escaped."""
    import json

    text = json.dumps(value, default=_encode, ensure_ascii=False, indent=indent)
    if text.isprintable():
        return text
    return "".join(
        each if each == "\n" or each.isprintable() else json.dumps(each).strip('"') for each in text
    )


def show_error(error: MagicloopError, *, as_json: bool) -> None:
    """Print an error to stderr: what happened, where, and what to type."""
    if as_json:
        facts: dict[str, Any] = {
            "kind": type(error).__name__,
            "exit_code": int(error.exit_code),
            "what": error.what,
            "where": error.where,
            "fix": error.fix,
        }
        if isinstance(error, ConfigError):
            facts["problems"] = [{"key": one.key, "what": one.what} for one in error.problems]
        click.echo(_json_text({"schema": SCHEMA, "error": facts}), err=True)
        return
    lines = error.what.splitlines() or [type(error).__name__]
    whisper(f"error: {lines[0]}", "error")
    for line in lines[1:]:
        whisper(f"       {line}", "error")
    if error.where:
        whisper(f"where: {error.where}", "error")
    if error.fix:
        whisper(f"fix:   {error.fix}", "error")


def is_interactive() -> bool:
    """Tell whether a person is at the other end of stdin."""
    return sys.stdin is not None and sys.stdin.isatty()


def color_wanted() -> bool | None:
    """Return False for NO_COLOR or a dumb terminal, True for FORCE_COLOR, None to let the terminal decide."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
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

"""One key of the person's at a time, without Enter; what was typed before it was asked for does not count."""

from __future__ import annotations

import os
import sys

import click

QUIT = "q"
ENTER = "\r"
_AT_ONCE = 32
"""More than any key sends; what is longer was pasted."""

_INTERRUPT, _END = "\x03", ("", "\x04", "\x1a")


def read_key(prompt: str, *, seconds: float | None = None) -> str | None:
    """Return the key pressed after `prompt` was shown: a character, `ENTER`, or "" for any other key.

    None when none was pressed for so many `seconds`; the end of the input is `q`. Keys pressed before the prompt
    stood there are thrown away, and what is pasted is no key: nobody meant those for what is shown now.

    :raises KeyboardInterrupt: Ctrl-C.
    """
    if sys.platform == "win32":
        return _read_there(prompt, seconds)
    from click.termui import raw_terminal

    with raw_terminal() as terminal:
        click.echo(prompt, nl=False)
        typed = _typed(terminal, seconds)
    return None if typed is None else _meant(typed)


def _typed(terminal: int, seconds: float | None) -> str | None:
    import select

    if seconds is not None and not select.select([terminal], [], [], seconds)[0]:
        return None
    return os.read(terminal, _AT_ONCE).decode("utf-8", "replace")


def _read_there(prompt: str, seconds: float | None) -> str | None:
    """Read a key on Windows, where none can be waited for a while."""
    click.echo(prompt, nl=False)
    if seconds is not None:
        return QUIT
    try:
        return _meant(click.getchar())
    except EOFError:
        return QUIT


def _meant(typed: str) -> str:
    if typed == _INTERRUPT:
        raise KeyboardInterrupt
    if typed in _END:
        return QUIT
    if typed == "\n":
        return ENTER
    return typed if len(typed) == 1 and (typed.isprintable() or typed == ENTER) else ""

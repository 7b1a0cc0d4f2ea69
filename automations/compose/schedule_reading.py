"""What a schedule's text calls, read back from the text itself: the other way of `compose/schedule.py`.

The lines that run are read, never a comment beside them, so that an edit by hand shows. Pure: text in, `Call` out.
"""

from __future__ import annotations

import plistlib
import re
import shlex
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from automations.compose.schedule import ENV_PROGRAM, STANDARD_PATH, Call
from automations.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_UNIT_WORD = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)')
_CRON_FIELDS = 5
_NO_AGENT = (
    *(plistlib.InvalidFileException, ExpatError),
    *(AttributeError, IndexError, KeyError, LookupError, OverflowError, TypeError, ValueError),
)
"""What plistlib raises for content that is none: a wrong nesting is an IndexError, a coding unknown a LookupError."""


def call_in_block(text: str) -> Call | None:
    """Return what a crontab's block calls, None where no line of it can be read (or it is commented out)."""
    for line in text.splitlines():
        words = line.split(None, 1 if line.startswith("@") else _CRON_FIELDS)
        if not words or words[0].startswith("#"):
            continue
        try:
            return _call_of(shlex.split(words[-1].replace("\\%", "%")))
        except ValueError:  # a quote that does not end
            return None
    return None


def call_in_unit(text: str) -> Call | None:
    """Return what a systemd service calls, None where that cannot be read."""
    variables, command = [], []
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "Environment":
            variables += [_plain(word) for word in _unit_words(value)]
        elif key == "ExecStart":
            program, *words = [_plain(word) for word in _unit_words(value)] or [""]
            words = [word.replace("$$", "$") for word in words]
            command = words if program == ENV_PROGRAM else [program, *words]
    return _call_of([*variables, *command])


def call_in_agent(content: bytes) -> Call | None:
    """Return what a launch agent calls, None where that cannot be read."""
    try:
        value = plistlib.loads(content)
        return _call(value["EnvironmentVariables"], value["ProgramArguments"])
    except _NO_AGENT:
        return None


def _unit_words(value: str) -> Iterable[str]:
    return (found[0] for found in _UNIT_WORD.finditer(value))


def _plain(word: str) -> str:
    """Return a word of a unit as it reaches the program: without quotes, escapes and doubled per cent signs."""
    if word.startswith('"'):
        word = re.sub(r"\\(.)", r"\1", word[1:-1])
    return word.replace("%%", "%")


def _call_of(words: Sequence[str]) -> Call | None:
    """Return the call in `KEY=VALUE ... program words run`."""
    variables, rest = {}, list(words)
    while rest and (found := _ASSIGNMENT.fullmatch(rest[0])):
        variables[found[1]] = found[2]
        del rest[0]
    return _call(variables, rest)


def _call(variables: Mapping[str, str], words: Sequence[str]) -> Call | None:
    config, data = variables.get("MAGICLOOP_CONFIG"), variables.get("MAGICLOOP_DATA")
    if not config or not data or len(words) < 2 or words[-1] != "run":  # noqa: PLR2004 - a program, and `run`
        return None
    try:
        return Call(tuple(words[:-1]), config, data, variables.get("PATH", STANDARD_PATH))
    except RefusedError:
        return None

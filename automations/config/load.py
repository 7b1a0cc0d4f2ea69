"""From the bytes of a config file to a checked `Policy`, or to every problem at once."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from automations.config.checks import cross_faults
from automations.config.convert import to_policy
from automations.config.reader import read_document
from automations.config.spec import Config
from automations.config.zones import zone_note
from automations.errors import ConfigError, ConfigProblem
from automations.rights import cure_of_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.model.policy import Policy

LARGEST = 1024 * 1024
"""The most bytes a config may have; more is some other file."""

_MOST_PROBLEMS = 100
_AT_LINE = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A config that passed every check.

    `sha256` is that of the file's bytes, in hex; `given` are the dotted keys the file sets, tables
    among them; `notes` are `key: sentence` lines about what is right but may surprise.
    """

    policy: Policy
    path: str
    sha256: str
    config: Config
    given: frozenset[str]
    notes: tuple[str, ...] = ()


def load(path: str, data_dir: str) -> Loaded:
    """Read and check the config file at an absolute path.

    :raises ConfigError: there is no such file, it cannot be read, or something in it is wrong.
    """
    return parse(_read(path), path, data_dir)


def parse(text: bytes, path: str, data_dir: str) -> Loaded:
    """Check the bytes of a config file; `path` is its absolute path, for messages and relative paths.

    :raises ConfigError: with every problem found, in the order of the spec.
    """
    document = _document(text, path)
    reading = read_document(Config, document)
    problems = [*reading.problems, *cross_faults(reading)]
    if problems:
        raise ConfigError(path, _capped(problems))
    config = reading.config
    try:
        policy = to_policy(config, str(Path(path).parent), data_dir)
    except RuntimeError:
        # Without a home folder ~ stands for nothing; cron and containers may have none.
        raise _refused(
            path, "cannot be used: this machine names no home folder; write whole paths", key="~"
        ) from None
    return Loaded(
        policy=policy,
        path=path,
        sha256=hashlib.sha256(text).hexdigest(),
        config=config,
        given=reading.given,
        notes=tuple(_notes(config)),
    )


def _notes(config: Config) -> Iterator[str]:
    zone = zone_note(config.me.timezone)
    if zone:
        yield f"me.timezone: {zone}"
    if config.calendar.busy and config.calendar.provider == "google":
        yield "calendar.busy: is not read while calendar.provider is google; name calendars in calendar.calendars"


def _read(path: str) -> bytes:
    try:
        # A pipe without a writer would hold a run for ever; it is refused before it is read.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            seen = os.fstat(handle)
            if not stat.S_ISREG(seen.st_mode):
                raise _refused(path, "is not a file")
            if seen.st_mode & stat.S_IWOTH:
                # It names programs to run and people to write to, so who can change it can act as the person.
                raise _refused(
                    path,
                    f"can be changed by everybody on this machine (mode {stat.S_IMODE(seen.st_mode):04o})",
                    fix=f"chmod go-w {quote(path)}",
                )
            return file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _refused(path, "no such file", fix="magicloop init") from None
    except IsADirectoryError:
        raise _refused(path, "is a folder; name the file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a possible path"
        raise _refused(path, f"cannot be read: {reason}", fix=cure_of_refusal(error, path)) from None


def _document(text: bytes, path: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise _refused(path, f"is larger than {LARGEST} bytes; this cannot be the config")
    try:
        # Some editors put a byte order mark first; TOML knows none.
        words = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise _refused(path, "is not UTF-8 text; save the file as UTF-8", key=f"line {line}") from None
    try:
        return tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(path, str(error)) from None
    except RecursionError:
        raise _refused(path, "is nested too deeply; a config needs two levels") from None
    except (ValueError, OverflowError):
        # Not a syntax error to Python: a number with thousands of digits, a date that is none.
        raise _refused(path, "holds a number or a date that is out of range") from None


def _syntax(path: str, message: str) -> ConfigError:
    match = _AT_LINE.fullmatch(message)
    what, line = (match[1], match[2]) if match else (message, None)
    what = what.encode("ascii", "backslashreplace").decode()
    # What TOML's reader says of a key names the key, which may be of any length.
    short = what if len(what) <= 120 else f"{what[:120]}..."  # noqa: PLR2004 - one line
    cure = next((words for sign, words in _CURES if sign in what), "")
    return _refused(path, f"is not TOML: {short}{cure}", key=f"line {line}" if line else "last line")


_CURES = (
    ("Invalid value", "; text needs double quotes, and true and false are written small"),
    ("Illegal character", "; text stands on one line, between two quotes"),
    ("Unterminated string", "; a closing quote is missing"),
    ("Unescaped '\\' in a string", "; write a path with / or in 'single quotes'"),
    ("Invalid hex value", "; write a path with / or in 'single quotes'"),
    ("Cannot overwrite a value", "; the same key stands twice"),
    ("twice", "; the same table stands twice"),
    ("Expected '='", "; write key = value"),
    ("Invalid statement", "; write key = value, or [section]"),
)


def _refused(path: str, what: str, *, key: str = "", fix: str = "") -> ConfigError:
    return ConfigError(path, [ConfigProblem(key, what)], fix=fix)


def _capped(problems: list[ConfigProblem]) -> list[ConfigProblem]:
    more = len(problems) - _MOST_PROBLEMS
    if more <= 0:
        return problems
    return [*problems[:_MOST_PROBLEMS], ConfigProblem("", f"and {more} more problems of this kind")]

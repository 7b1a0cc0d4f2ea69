"""A secret from the place the config names, fetched when it is used and kept nowhere.

No message holds the secret, nor what somebody may have put where its place belongs.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import stat
import subprocess
from typing import TYPE_CHECKING

from automations.errors import FaultClass, ProviderError
from automations.rights import cure_of_refusal

if TYPE_CHECKING:
    from automations.model.policy import SecretPlace

LARGEST = 4096
"""The most bytes looked at; a secret of more is some other file."""
COMMAND_SECONDS = 20.0
"""How long a program may take to print a secret: it may have to ask a keyring, but not a person."""

_EDIT = "magicloop config edit"


def fetch_secret(
    place: SecretPlace, key: str, *, seconds: float = COMMAND_SECONDS, noun: str = "password"
) -> str:
    """Return the secret: the first line of what is kept at `place`, which the config has at `key`.

    `noun` is what an error calls it.

    :raises ProviderError: needs_sign_in, it is not there, is empty, or may be read by others.
    """
    try:
        return _fetched(place, key, seconds)
    except ProviderError as error:
        error.what = error.what.replace("password", noun)
        raise


def _fetched(place: SecretPlace, key: str, seconds: float) -> str:
    if place.env:
        return _first_line(_of_variable(place.env, f"{key}.env"), f"{key}.env")
    if place.file:
        return _first_line(_of_file(place.file), place.file)
    return _first_line(_of_command(place.command, f"{key}.command", seconds), f"{key}.command")


def _of_variable(name: str, where: str) -> bytes:
    value = os.environb.get(os.fsencode(name))
    if value is None:
        raise _missing(
            "the environment variable that holds the password is not set here",
            where,
            fix=f"set it where the schedule runs, or name a file: {_EDIT}",
        )
    return value


def _of_file(path: str) -> bytes:
    try:
        # A pipe without a writer would hold a run for ever; it is refused before it is read.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise _missing("what should hold the password is not a file", path)
            if found.st_mode & 0o077:
                mode = stat.S_IMODE(found.st_mode)
                raise _missing(
                    f"the file with the password can be read by others (mode {mode:04o}), so it is not used",
                    path,
                    fix=f"chmod 600 {shlex.quote(path)}",
                )
            return file.read(LARGEST + 1)
    except OSError as error:
        what = f"the file with the password cannot be read: {error.strerror}"
        raise _missing(what, path, fix=cure_of_refusal(error, path)) from None


def _of_command(command: str, where: str, seconds: float) -> bytes:
    """Return what the program prints. It gets no terminal to ask at, no input, and no shell reads it."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own program, named in their own config
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no program"
        raise _missing(f"the program that prints the password cannot be run: {reason}", where) from None
    assert process.stdout is not None, "a pipe was asked for"
    with process.stdout:
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise _missing(
                f"the program that prints the password took more than {seconds:g} seconds", where
            ) from None
        finally:
            _end(process)
    if process.returncode:
        raise _missing(f"the program that prints the password failed (exit {process.returncode})", where)
    return said


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program that is still at work, and whatever it started."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _first_line(said: bytes, where: str) -> str:
    line = said.partition(b"\n")[0].removesuffix(b"\r")
    if not line or len(line) > LARGEST or b"\0" in line:
        raise _missing("no password is kept there: its first line is empty or too long", where)
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise _missing("what is kept there is no password: it is not UTF-8 text", where) from None


def _missing(what: str, where: str, *, fix: str = "") -> ProviderError:
    return ProviderError(what, fault=FaultClass.NEEDS_SIGN_IN, where=where, fix=fix or _EDIT)

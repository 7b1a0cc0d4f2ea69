"""Other programs of this machine, asked without a shell and never for ever."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from automations.errors import MagicloopError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automations.compose.schedule import Call

_SECONDS = 20.0
TRIAL_SECONDS = 120.0
"""How long a run by the scheduler is waited for."""


class SchedulerError(MagicloopError):
    """A scheduler's program is missing, or did not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended: its exit `code` and what it said, as bytes and as text."""

    code: int
    out: bytes
    said: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A run that the scheduler made: its exit `code`, None where the scheduler does not tell; what it `said`."""

    how: str
    code: int | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule that is there: what it calls, None where that cannot be read."""

    call: Call | None


@dataclass(frozen=True, slots=True)
class Stray:
    """What calls the command and was not made by `schedule install`: `what` it is, and the `fix` to type that ends it.

    `runs` tells whether it makes runs, `often` whether as often as a schedule of ours, and for the same config.
    """

    what: str
    fix: str
    runs: bool = True
    often: bool = False


class Scheduler(Protocol):
    """What can call the program every quarter of an hour."""

    @property
    def kind(self) -> str:
        """What it is called: systemd, launchd or cron."""

    def files(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return what will be written: (path, text) of each file."""

    def installed(self, call: Call) -> Standing | None:
        """Return the schedule of this id as it stands there, None where there is none.

        :raises MagicloopError: the scheduler cannot be asked.
        """

    def others(self, call: Call) -> tuple[Call, ...]:
        """Return what the schedules of other ids call: made for another config, or another data folder.

        :raises MagicloopError: the scheduler cannot be asked.
        """

    def strays(self, call: Call) -> tuple[Stray, ...]:
        """Return what else of it calls the command: neither this schedule nor one of `others`.

        :raises MagicloopError: the scheduler cannot be asked.
        """

    def install(self, call: Call) -> tuple[str, ...]:
        """Put the schedule there and start it; return sentences for the person. Again changes nothing.

        :raises MagicloopError: it did not work; what was there before is there again.
        """

    def remove(self, call: Call) -> bool:
        """Take the schedule away; tell whether there was one.

        :raises MagicloopError: it cannot be taken away.
        """

    def trouble(self, call: Call) -> tuple[str, str]:
        """Return why an installed schedule will not run, and what to type; two empty words if it will."""

    def try_out(self, call: Call) -> Trial:
        """Have the scheduler make one run now."""


def found(name: str) -> bool:
    """Tell whether a program is on the PATH."""
    return shutil.which(name) is not None


def ask(
    *words: str,
    stdin: bytes = b"",
    seconds: float = _SECONDS,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Answer:
    """Run a program and return how it ended.

    :raises SchedulerError: it is not there, cannot be started, or does not end.
    """
    variables = {**os.environ, "LC_ALL": "C"} if env is None else env
    try:
        # A file, not a pipe: a program that reads a pipe of ours to its end takes it for whole also when we
        # died before writing into it, and crontab would make an empty table of that.
        with tempfile.TemporaryFile() as said:
            said.write(stdin)
            said.seek(0)
            done = subprocess.run(  # noqa: S603 - no shell, and words that are ours
                _resolved(words),
                stdin=said,
                capture_output=True,
                timeout=seconds,
                check=False,
                env=variables,
                cwd=cwd,
            )
    except subprocess.TimeoutExpired:
        raise SchedulerError(f"{words[0]} did not end within {seconds:.0f} seconds") from None
    except OSError as error:
        raise SchedulerError(f"{words[0]} cannot be started: {error.strerror}") from None
    return Answer(
        done.returncode, done.stdout, (done.stderr or done.stdout).decode("utf-8", "replace").strip()
    )


def must(*words: str, stdin: bytes = b"", seconds: float = _SECONDS) -> Answer:
    """Run a program that has to succeed.

    :raises SchedulerError: it did not; with what it said.
    """
    answer = ask(*words, stdin=stdin, seconds=seconds)
    if answer.code:
        said = f": {answer.said.splitlines()[-1]}" if answer.said else ""
        raise SchedulerError(
            f"`{' '.join(words)}` ended with {answer.code}{said}",
            where=words[0],
            fix="magicloop schedule print",
        )
    return answer


def _resolved(words: Sequence[str]) -> list[str]:
    program = shutil.which(words[0])
    if program is None:
        raise SchedulerError(f"{words[0]} is not on the PATH", fix="magicloop schedule print")
    return [program, *words[1:]]

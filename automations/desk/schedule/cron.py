"""A block in the person's crontab. Other people's lines are never touched; a copy is kept of what was there."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automations.compose.crontab import (
    block_in,
    calls_outside,
    ids_in,
    is_often,
    makes_runs,
    with_block,
    without_block,
)
from automations.compose.schedule import cron_block, cron_command
from automations.compose.schedule_reading import call_in_block
from automations.desk.schedule.programs import (
    TRIAL_SECONDS,
    SchedulerError,
    Standing,
    Stray,
    Trial,
    ask,
    found,
    must,
)
from automations.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from automations.compose.schedule import Call

_NO_CRONTAB = "no crontab for"
_SHELL_PATH = "/usr/bin:/bin"
_DAEMONS = ("cron", "crond", "cronie", "dcron")
"""Names of the unit: Debian's, Fedora's, and two of Arch's."""
_UNITS = tuple(
    Path(folder) for folder in ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
)


@dataclass(frozen=True, slots=True)
class Cron:
    """The crontab; `keep` writes a copy of bytes in the data folder and returns its path."""

    home: Path
    keep: Callable[[bytes], str]
    kind: str = "cron"

    def files(self, call: Call) -> tuple[tuple[str, str], ...]:
        """Return the block."""
        return (("crontab", cron_block(call)),)

    def installed(self, call: Call) -> Standing | None:
        """Return what the block calls."""
        block = block_in(_read() or b"", call.id)
        return Standing(call_in_block(block)) if block else None

    def others(self, call: Call) -> tuple[Call, ...]:
        """Return what the blocks of other ids call."""
        return tuple(_others(_read() or b"", call).values())

    def strays(self, call: Call) -> tuple[Stray, ...]:
        """Return the lines of the person's own that call the command."""
        crontab = _read() or b""
        lines = calls_outside(crontab, (call.id, *_others(crontab, call)))
        return tuple(_stray(line, call) for line in lines)

    def install(self, call: Call) -> tuple[str, ...]:
        """Add the block, or bring it up to date."""
        before = _read()
        after = with_block(before or b"", cron_block(call), call.id)
        told = self._change(before, after)
        return (*told, "cron calls nothing while the machine sleeps, and does not catch up.")

    def remove(self, call: Call) -> bool:
        """Take the block out."""
        before = _read()
        after = without_block(before or b"", call.id)
        if before is None or after == before:
            return False
        self._change(before, after)
        return True

    def trouble(self, call: Call) -> tuple[str, str]:
        """Return nothing: whether a cron daemon is at work, only the next run tells."""
        del call
        return "", ""

    def try_out(self, call: Call) -> Trial:
        """Run the line as cron does: its shell, its few variables, no terminal."""
        env = {
            "HOME": str(self.home),
            "PATH": _SHELL_PATH,
            "SHELL": "/bin/sh",
            "LOGNAME": os.environ.get("LOGNAME", ""),
        }
        done = ask("/bin/sh", "-c", cron_command(call), seconds=TRIAL_SECONDS, env=env, cwd=str(self.home))
        return Trial("the crontab's line, in cron's environment", done.code, done.said)

    def _change(self, before: bytes | None, after: bytes) -> tuple[str, ...]:
        """Write the crontab, read it back, and put the old one there again if it is not what was written."""
        if before == after:
            return ("the crontab has it already",)
        told = (f"a copy of the crontab as it was: {self.keep(before)}",) if before else ()
        try:
            _write(after)
            now = _read() or b""
        except SchedulerError:
            _put_back(before)
            raise
        if now != after:
            _put_back(before)
            what = f"the crontab was written with {len(after)} bytes, and {len(now)} others were read back"
            raise SchedulerError(
                f"{what}; the old one is there again", where="crontab", fix="magicloop schedule print --cron"
            )
        return told


def daemon_words() -> str:
    """Return what to type to see whether a cron daemon is at work."""
    if not found("systemctl"):
        return "pgrep -l cron    (if it prints nothing, no cron daemon is at work)"
    here = [name for name in _DAEMONS if any((folder / f"{name}.service").exists() for folder in _UNITS)]
    return f"systemctl status {here[0] if here else _DAEMONS[0]}"


def _others(crontab: bytes, call: Call) -> dict[str, Call]:
    """Return what the blocks of other ids call, by their id; half a block calls nothing that could be named."""
    calls = {}
    for each in ids_in(crontab):
        if each != call.id:
            with suppress(RefusedError):
                calls[each] = call_in_block(block_in(crontab, each))
    return {each: made for each, made in calls.items() if made is not None}


def _stray(line: str, call: Call) -> Stray:
    meant = call_in_block(line)
    ours = meant is None or meant.id == call.id
    runs = makes_runs(line)
    return Stray(f"crontab: {line}", "crontab -e", runs=runs, often=runs and ours and is_often(line))


def _read() -> bytes | None:
    """Return the crontab, None where the person has none. Anything else that goes wrong is no empty crontab.

    :raises SchedulerError: it cannot be read.
    """
    answer = ask("crontab", "-l")
    if answer.code == 0:
        return answer.out
    if _NO_CRONTAB in answer.said.lower():
        return None
    said = answer.said.splitlines()[0] if answer.said else f"exit code {answer.code}"
    raise SchedulerError(
        f"the crontab cannot be read, so it is not changed: {said}", where="crontab -l", fix="crontab -l"
    )


def _write(content: bytes) -> None:
    if content:
        must("crontab", "-", stdin=content)
    else:
        must("crontab", "-r")


def _put_back(before: bytes | None) -> None:
    if (_read() or b"") != (before or b""):
        _write(before or b"")

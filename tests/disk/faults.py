"""Lets the disk fail at every call that a command makes to it, and looks what the person is told and what is left.

    python tests/disk/tapped.py faults [--every N] [--only WORLD] [--trouble NAME] [--mutant NAME]

A disk may be full (for once, or until room is made), a quota used up, the file system read-only from some
call on, or the device broken. For each kind, call 1, 2, 3 … fails until none does. The command must end with
an exit code of the contract and a sentence that says what is wrong and what to do, never a traceback; what it
said was done is there, no mail goes without a readable claim; and once the disk is well the next run puts
all right.
"""

from __future__ import annotations

import argparse
import errno
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import tap
from disk_mutants import MUTANTS
from launcher import call, in_child
from power import warm
from trial import counted, tell, try_places
from worlds import WORLDS, data_of

from automations.errors import ExitCode

CODES = frozenset({0, 1, 3, 8, 10})
"""How a command may end on a bad disk: done, an error, partly done, temporary, a config that cannot be kept."""
SPACE = "cwtmlrf"
ALL = "cowtfrlum"


@dataclass(frozen=True)
class Trouble:
    """A way for calls to fail. `kinds` are those of tap.c, `says` what the person must read."""

    error: int
    kinds: str
    lasting: bool
    says: str


TROUBLES = {
    "full once": Trouble(errno.ENOSPC, SPACE, lasting=False, says="full|space|room|df -h|ls -ld"),
    "full": Trouble(errno.ENOSPC, SPACE, lasting=True, says="full|space|room"),
    "quota used up": Trouble(errno.EDQUOT, SPACE, lasting=True, says="quota|full|room"),
    "read-only": Trouble(errno.EROFS, "cotrlum", lasting=True, says="read-only"),
    "broken once": Trouble(
        errno.EIO, ALL, lasting=False, says="I/O error|Input/output|disk|read-only|ls -ld"
    ),
    "one sync fails": Trouble(errno.EIO, "f", lasting=False, says="I/O error|Input/output|disk"),
    "broken": Trouble(errno.EIO, ALL, lasting=True, says="I/O error|Input/output|disk"),
}


@dataclass(frozen=True)
class Job:
    """A world with a trouble, at every n-th call."""

    name: str
    trouble: str
    every: int = 1
    mutant: str = ""
    offset: int = 0
    enough: int = 20

    def spot(self, at):
        return f"call {at} {self.trouble}"


def failing(stage, trouble, at, mutant):
    """Carry out a world's command with call number `at` failing.

    Return (calls seen, exit code, stdout, stderr, the path whose sync failed).
    """
    world, home = stage.world, stage.home

    def work():
        line = tap.Tap()
        if mutant:
            MUTANTS[mutant](setattr)
        words = world.words(home)
        line.fail(home, at=at, error=trouble.error, lasting=trouble.lasting, kinds=trouble.kinds)
        code, out, err = call(home, words, world.now)
        return json.dumps([line.end(), code, out, err, line.unsynced()])

    answer, _ = in_child(work)
    assert not answer.startswith("TRACEBACK"), answer[-600:]
    return json.loads(answer)


def told(trouble, code, out, err):
    """Fail when what a command said is no help."""
    assert "a bug in magicloop" not in err, err
    assert code in CODES, f"it ended with {code}: {err}"
    if code == 0 or (code == ExitCode.TEMPORARY and not trouble.lasting and not out + err):
        return  # what is over before the next run is not worth a word
    said = err + out
    assert re.search(trouble.says, said, re.IGNORECASE), f"it does not say what is wrong ({code}): {said!r}"
    assert "fix:" in said or "\n" in said.strip(), f"it does not say what to do: {said!r}"


def may_be_passed_over(home, unsynced):
    """Tell whether a command may be done though this was not synced.

    SQLite may try another way by itself, and closes its file in any case: the log beside it was synced.
    """
    place, data = Path(unsynced), data_of(home)
    return not unsynced or place == data or not {place, place.parent} & {home, data / "drafts"}


def try_job(job):
    """Let each n-th call fail in one world; return the figure."""
    trouble = TROUBLES[job.trouble]

    def meet(stage, at):
        calls, code, out, err, unsynced = failing(stage, trouble, at, job.mutant)

        def look(figure):
            figure.codes[code] += 1
            told(trouble, code, out, err)
            assert code or may_be_passed_over(stage.home, unsynced), (
                f"the sync of {unsynced} failed, unheeded"
            )
            return code == 0

        return look if calls else None

    return try_places(job, meet)


def row(job, figure):
    """Return what is printed of a job."""
    ended = counted(figure.codes, "ended ")
    return f"{job.name:26} {job.trouble:14} {figure.states:4} failed calls: {ended}"


def main():
    options = argparse.ArgumentParser(description="Let the disk fail at every call.")
    options.add_argument("--every", type=int, default=1, help="only every n-th call")
    options.add_argument("--only", action="append", choices=WORLDS, help="only this world")
    options.add_argument("--trouble", action="append", choices=TROUBLES, help="only this trouble")
    options.add_argument("--mutant", choices=MUTANTS, default="", help="with this fault built in")
    given = options.parse_args()
    warm()
    jobs = [
        Job(name, trouble, given.every, given.mutant, number)
        for number, name in enumerate(given.only or WORLDS)
        for trouble in given.trouble or TROUBLES
    ]
    return tell(jobs, try_job, row, "failed calls")


if __name__ == "__main__":
    sys.exit(main())

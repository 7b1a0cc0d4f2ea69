"""Tells a command to stop (SIGTERM, SIGHUP, SIGINT) at every point the kill matrix knows, and looks what is left.

    python tests/disk/tapped.py signals [--every N] [--only WORLD]

It must end promptly, by the signal (SIGINT: with code 130) and without a traceback, leave no half file and no
lock held; and the next run puts right what was begun. A mail that it was sending is sent, so nobody is asked.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from disk_mutants import MUTANTS
from launcher import Points, call, in_child
from power import ASKED, warm
from trial import counted, tell, try_places
from worlds import WORLDS

from automations.errors import ExitCode

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
PROMPTLY = 5.0
"""Seconds within which it must be over; a shutdown waits for longer, a person does not."""
TIDYING = 16
"""Points that may be passed after the signal: a transaction is rolled back, unpacked files are removed."""
SENDING = 60
"""The same where a send was begun: it is finished, and written down."""


class Told(Points):
    """Sends a signal at the point `at`, once."""

    def __init__(self, folder, at, number):
        super().__init__(folder, 0)
        self.at, self.number, self.passing = at, number, 0

    def __call__(self, name):
        self.passing += 1
        if self.passing == self.at:
            (Path(self.folder).parent / "told").write_text(str(time.monotonic()))
            os.kill(os.getpid(), self.number)


@dataclass(frozen=True)
class Job:
    """A world and a signal, at every n-th point."""

    name: str
    number: int
    every: int = 1
    offset: int = 0
    mutant: str = ""
    enough: int = 20

    def spot(self, at):
        return f"point {at}, {signal.Signals(self.number).name}"


def told(stage, at, number, mutant):
    """Carry out a world's command with a signal at a point; return (what it said, how it ended, seconds until then).

    The seconds are None where the point was never reached.
    """
    world, home = stage.world, stage.home
    note = home.parent / "told"
    note.unlink(missing_ok=True)

    def work():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if mutant:
            MUTANTS[mutant](setattr)
        told = Told(home, at, number)
        told.watch()
        code, out, err = call(home, world.words(home), world.now)
        return f"{code} {told.passing - at}\n{out}{err}"

    answer, status = in_child(work)
    return answer, status, time.monotonic() - float(note.read_text()) if note.exists() else None


def checked(job, answer, status, seconds):
    """Fail when a command did not end as it should; return whether it says that it is done."""
    number, world = job.number, WORLDS[job.name]
    most = SENDING if world.sends and world.args == ("run",) else TIDYING
    assert "TRACEBACK" not in answer, answer[-500:]
    assert seconds < PROMPTLY, f"it took {seconds:.1f} s to end"
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == number != signal.SIGINT, f"it died of {os.WTERMSIG(status)}"
        return False
    code, went_on = map(int, answer.partition("\n")[0].split())
    assert went_on <= most, f"it went on for {went_on} points"
    # A signal that comes when all is done finds nobody who could still stop.
    assert code in (0, 3) or (number == signal.SIGINT and code == ExitCode.INTERRUPTED), (
        f"it ended with {answer}"
    )
    return code in (0, 3)


def try_job(job):
    """Send a signal at each n-th point of one world; return the figure."""

    def meet(stage, at):
        answer, status, seconds = told(stage, at, job.number, job.mutant)

        def look(_):
            done = checked(job, answer, status, seconds)
            half = [path.name for path in stage.home.rglob(".ml-*")]
            assert half == [], f"half files are left: {half}"
            return done

        return None if seconds is None else look

    figure = try_places(job, meet)
    if figure.ends[ASKED]:
        figure.wrong.append(f"{figure.ends[ASKED]} of those who were told to stop ask whether a mail went")
    return figure


def row(job, figure):
    """Return what is printed of a job."""
    name, ends = signal.Signals(job.number).name, counted(figure.ends)
    return f"{job.name:26} {name:8} {figure.states:4} points: {ends}"


def main():
    options = argparse.ArgumentParser(description="Tell the program to stop at every point.")
    options.add_argument("--every", type=int, default=1, help="only every n-th point")
    options.add_argument("--only", action="append", choices=WORLDS, help="only this world")
    given = options.parse_args()
    warm()
    jobs = [
        Job(name, number, given.every, offset)
        for offset, name in enumerate(given.only or WORLDS)
        for number in SIGNALS
    ]
    return tell(jobs, try_job, row, "signals")


if __name__ == "__main__":
    sys.exit(main())

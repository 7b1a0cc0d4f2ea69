"""Cuts the power at every call that a command makes to the disk, and looks what the next run makes of it.

    python tests/disk/tapped.py power [--every N] [--only WORLD] [--mutant NAME]

Each command is carried out once, with every call written down that it, and all commands before it, made to
the folder: SQLite's too. For each place in the command (a cut point) the disks are laid out that may then be
there (platter.py), and the program opens each: what stands must be explained by the journal, an ordinary
run puts the rest right, and the second one has nothing to do. What the command said was done must be there.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import unified_diff
from multiprocessing import get_context
from pathlib import Path
from pprint import pformat

import tap
from disk_mutants import MUTANTS
from launcher import call, in_child
from platter import ALL_SAFE, Platter, fingerprint, lay_out
from worlds import (
    KEPT,
    LONG_AFTER,
    NOW,
    WORLDS,
    Stage,
    attempts,
    backup_of,
    data_of,
    explained,
    ideas,
    restore_of,
    runs,
    view,
)

from in_memory import IN_MEMORY

BEGIN = "the command begins"
ASKED = "asked whether it went"


@dataclass
class Figure:
    """What came of the power cuts in one world."""

    cuts: set = field(default_factory=set)
    steps: int = 0
    possible: int = 0
    states: int = 0
    ends: Counter = field(default_factory=Counter)
    codes: Counter = field(default_factory=Counter)
    wrong: list = field(default_factory=list)

    def add(self, other):
        self.cuts |= other.cuts
        self.steps = max(self.steps, other.steps)
        self.possible = max(self.possible, other.possible)
        self.states += other.states
        self.ends += other.ends
        self.wrong += other.wrong


def recorded(stage, mutant=None):
    """Carry out a world's commands with every call written down; return the platter.

    The mails that arrived meanwhile are put aside as `stage.first`.
    """
    world, home = stage.world, stage.home
    stage.furnish()
    platter = Platter(home)
    log = home.parent / "log"
    for number, args in enumerate((*world.before, world.args)):
        last = number == len(world.before)
        now = world.now if last else NOW + number * timedelta(minutes=1)

        words = args(home) if callable(args) else args

        def work(words=words, now=now, last=last):
            line = tap.Tap()
            if mutant:
                MUTANTS[mutant](setattr)
            line.record(home, log)
            if last and world.hand:
                world.hand(home, None)
                line.mark(ALL_SAFE.decode())
            if last:
                line.mark(BEGIN)
            code, out, err = call(home, words, now)
            line.end()
            return f"{code}\n{words} {out}{err}"

        answer, _ = in_child(work)
        assert answer.startswith(("0\n", "3\n")), answer
    platter.play(tap.read_records(log))
    stage.first = stage.arrived()
    return platter


def prepared(stage):
    """Return (the tree before a world's command, the tree after it was carried out in peace)."""
    platter = recorded(stage)
    return platter.whole(beginning(platter)), platter.whole(len(platter.steps))


def beginning(platter):
    """Return the cut at which the command begins."""
    return next(n for n, step in enumerate(platter.steps) if step.data == BEGIN.encode()) + 1


def departures(platter):
    """Return after which step each mail was on its way."""
    return [
        number + 1
        for number, step in enumerate(platter.steps)
        if step.kind == "net" and step.data.endswith(b"\r\n.\r\n")
    ]


def instants(world):
    """Return when the runs after the power came back are made: at once, and when all waiting is over."""
    first = world.now + timedelta(minutes=1)
    later = [LONG_AFTER, LONG_AFTER + timedelta(minutes=1)] if world.sends else []
    return [first + each for each in (timedelta(), timedelta(minutes=1), *later)]


def settled(home, world):
    """Let ordinary runs put a home right; return its view as text. Fails when the last one finds work."""
    report, same = runs(home, instants(world))
    assert report["actions"] == [], f"the second run acts: {report['actions']}"
    assert same, "the second run changed a file"
    found = view(home)
    kept = home / KEPT
    if world.args is backup_of and kept.exists():
        code, _, err = call(home, ("restore", str(kept), "--force"), world.now + LONG_AFTER)
        assert code == 0, f"what was kept cannot be put back: {err}"
        found["kept"] = ideas(data_of(home) / "journal.db")
    if world.args is restore_of:
        everywhere = [
            ideas(path)
            for path in data_of(home).glob("journal.db*")
            if not path.name.endswith(("-wal", "-shm"))
        ]
        assert {text for each in everywhere for text in each} == {"early", "late"}, "the old journal is lost"
    return pformat(found, width=160)


def ends_of(stage, before, after):
    """Return the ends that are right: carried out, and for what a person does also never called."""
    ends = {}
    for name, tree in (("done", after), ("never called", before)):
        lay_out(tree, stage.home)
        stage.set_arrived(stage.first if name == "done" else [])
        answer, _ = in_child(lambda: settled(stage.home, stage.world))
        assert "TRACEBACK" not in answer, f"{name}: {answer}"
        ends[name] = answer
    if stage.world.args == ("run",):
        del ends["never called"]
    return ends


def judged(stage, allowed, arrived, *, acknowledged):
    """Return which end a laid out disk comes to; fails when it is not one of those allowed."""
    home, world = stage.home, stage.world

    def work():
        explained(home)
        assert not arrived or attempts(home), "a mail went of which the journal does not know"
        return settled(home, world)

    stage.set_arrived(arrived)
    answer, _ = in_child(work)
    if "TRACEBACK" in answer:
        raise AssertionError(answer.strip().rpartition("\n")[2])
    if stage.server:
        assert len(stage.arrived()) <= 1, "the mail is doubled"
        if "'unknown'" in answer:
            return ASKED
        if "'sent'" in answer:
            assert stage.arrived(), "the mail is said to be sent, and is lost"
        else:
            assert not stage.arrived(), "a mail went that is not said to be sent"
    for name, end in allowed.items():
        if answer == end and not (acknowledged and name != "done"):
            return name
    done = allowed["done"].splitlines()
    raise AssertionError(
        "lost, or not explained: "
        + " | ".join(line.strip()[:300] for line in unified_diff(done, answer.splitlines(), n=0))
    )


@dataclass(frozen=True)
class Job:
    """A share of a world's disks: those numbered `part` of every `parts`, and of them every n-th."""

    name: str
    every: int = 1
    part: int = 0
    parts: int = 1
    mutant: str = ""
    enough: int = 0


def wanted(job, number, *, acknowledged):
    """Tell whether a disk is tried; those after a command's end always are."""
    return number % job.parts == job.part and (acknowledged or (number // job.parts) % job.every == 0)


def try_job(job):
    """Cut the power in one world and return the figure."""
    world, figure, met = WORLDS[job.name], Figure(), set()
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder, Stage(world, Path(folder, "home")) as stage:
        platter = recorded(stage, job.mutant)
        first = beginning(platter)
        last, left = len(platter.steps), departures(platter)
        allowed = ends_of(stage, platter.whole(first), platter.whole(last))
        for cut, disks in platter.cuts(first):
            arrived, acknowledged = stage.first[: sum(end <= cut for end in left)], cut == last
            for kept, tree in disks:
                key = (fingerprint(tree), len(arrived), acknowledged)
                if key in met:
                    continue
                met.add(key)
                if not wanted(job, len(met), acknowledged=acknowledged):
                    continue
                lay_out(tree, stage.home)
                figure.cuts.add(cut)
                figure.states += 1
                try:
                    figure.ends[judged(stage, allowed, arrived, acknowledged=acknowledged)] += 1
                except AssertionError as wrong:
                    figure.wrong.append(f"{cut - first} calls in, {kept}: {str(wrong)[:900]}")
                    if len(figure.wrong) == job.enough:
                        return figure
        figure.steps, figure.possible = last - first, len(met)
    return figure


def each(work, things):
    """Yield what `work` makes of each thing, in order, on all processors."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        yield from pool.map(work, things)


def warm():
    """Load everything once, so that no child has to."""
    with (
        tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder,
        Stage(WORLDS["approved mail is sent"], Path(folder, "home")) as stage,
    ):
        stage.furnish()
        call(stage.home, ("run",), NOW)
        runs(stage.home, [NOW + timedelta(minutes=1)])
        view(stage.home)
        for words in (backup_of(stage.home), restore_of(stage.home)):
            call(stage.home, words, NOW)


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main():
    options = argparse.ArgumentParser(description="Cut the power at every call to the disk.")
    options.add_argument("--every", type=int, default=1, help="only every n-th disk")
    options.add_argument("--parts", type=int, default=2, help="into how many shares each world is cut")
    options.add_argument("--only", action="append", choices=WORLDS, help="only this world")
    options.add_argument("--mutant", choices=MUTANTS, default="", help="with this fault built in")
    given = options.parse_args()
    warm()
    began = time.monotonic()
    names = given.only or list(WORLDS)
    jobs = [
        Job(name, given.every, part, given.parts, given.mutant)
        for name in names
        for part in range(given.parts)
    ]
    figures = {name: Figure() for name in names}
    for job, figure in zip(jobs, each(try_job, jobs), strict=True):
        figures[job.name].add(figure)
        if job.part < job.parts - 1:
            continue
        one = figures[job.name]
        ends = ", ".join(f"{count} {end}" for end, count in sorted(one.ends.items()))
        say(
            f"{job.name:26} {one.steps:4} calls, {len(one.cuts):4} cut points, {one.states:5} of {one.possible:5} disks: {ends}"
        )
        for line in one.wrong:
            say(f"    WRONG {line}")
    return total(figures.values(), "cut points", time.monotonic() - began)


def total(figures, points, seconds):
    """Print the sum of all figures; return the exit code."""
    figures = list(figures)
    ends = sum((one.ends for one in figures), Counter())
    wrong = Counter(_kind(line) for one in figures for line in one.wrong)
    told = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    count, states = sum(len(one.cuts) for one in figures), sum(one.states for one in figures)
    say(
        f"{count} {points}, {states} disks -> {told}; lost {wrong['lost']}, doubled {wrong['doubled']}, "
        f"unexplained {wrong['unexplained']} ({seconds:.0f} s)"
    )
    return 1 if wrong or not states else 0


def _kind(line):
    if "doubled" in line or "twice" in line:
        return "doubled"
    return "lost" if "lost" in line else "unexplained"


if __name__ == "__main__":
    sys.exit(main())

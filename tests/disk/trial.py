"""One trouble at each n-th place of a world's command: what `faults` and `signals` have in common."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from platter import lay_out
from power import Figure, each, ends_of, judged, prepared, say, total
from worlds import WORLDS, Stage

from in_memory import IN_MEMORY


def try_places(job, meet):
    """Carry out a job's world with its trouble at each n-th place; return the figure.

    `meet(stage, at)` carries out the command with the trouble at a place, and returns what then looks how it went,
    None where the command has no such place. That gets the figure, fails where it went wrong, and returns whether
    the command said that it is done. `job.spot(at)` names the place.
    """
    figure = Figure()
    with (
        tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder,
        Stage(WORLDS[job.name], Path(folder, "home")) as stage,
    ):
        before, after = prepared(stage)
        allowed = ends_of(stage, before, after)
        at = 1 + job.offset % job.every
        while True:
            lay_out(before, stage.home)
            stage.set_arrived([])
            try:
                look = meet(stage, at)
                if look is None:
                    figure.steps = at - 1
                    return figure
                figure.cuts.add(at)
                figure.states += 1
                done = look(figure)
                figure.ends[judged(stage, allowed, stage.arrived(), acknowledged=done)] += 1
            except AssertionError as wrong:
                figure.wrong.append(f"{job.spot(at)}: {str(wrong)[:900]}")
                if len(figure.wrong) == job.enough:
                    return figure
            at += job.every


def tell(jobs, try_job, row, points):
    """Try all jobs and print what came of each, `row(job, figure)`, and of all; return the exit code."""
    began, figures = time.monotonic(), []
    for job, figure in zip(jobs, each(try_job, jobs), strict=True):
        figures.append(figure)
        say(row(job, figure))
        for line in figure.wrong:
            say(f"    WRONG {line}")
    return total(figures, points, time.monotonic() - began)


def counted(counter, word=""):
    """Return what a counter holds in words, by name."""
    return ", ".join(f"{count} {word}{name}" for name, count in sorted(counter.items()))

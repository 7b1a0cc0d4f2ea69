"""Ten years of four lives and three of a fifth, against an oracle that knows the rules and nothing of the program.

    python tests/soak/soak.py [--years N] [--only WORLD] [--processes N]

Each world is a process: a zone with its changes of the clocks and holidays, a machine that sleeps, travels or
loses its network, and a person who reacts by a fixed seed. At the end blocks, drafts, promises and updates must be
those the oracle names, the journal must be small, and a run as fast as in the first weeks.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from decade import OMAR, PRIYA, Decade, World, day
from person import Habits
from speed import compare

from in_memory import IN_MEMORY

MOST_BYTES = 50 * 1024 * 1024
SLOWER = 1.2
KEEP_EARLY = timedelta(days=80)
CALM = Habits(looks=1, meddles=0.02, incidents=0.005, leaves=2)
SLACK = Habits(looks=1, sends=0.35, keeps=0.5, meddles=0.03, incidents=0.004, leaves=2)

# In an order in which two processes end at about the same time.
WORLDS = (
    World(
        "New York",
        "America/New_York",
        "US",
        seed=11,
        bosses=(PRIYA, OMAR),
        goals=True,
        habits=CALM,
        off=(("2026-03-06", "2026-03-09"), ("2028-06-10", "2028-08-09"), ("2031-10-30", "2031-11-04")),
    ),
    World(
        "Lord Howe",
        "Australia/Lord_Howe",
        "AU",
        seed=13,
        habits=SLACK,
        nights=True,
        travels=tuple(
            step
            for year in range(2026, 2036)
            for step in (
                (f"{year}-05-11", "Asia/Kolkata"),
                (f"{year}-05-27", "Australia/Lord_Howe"),
                (f"{year}-09-08", "America/New_York"),
                (f"{year}-11-12", "Australia/Lord_Howe"),
            )
        ),
    ),
    World(
        "Auckland",
        "Pacific/Auckland",
        "NZ",
        seed=14,
        habits=SLACK,
        offline=(("2027-09-20", "2027-10-02"), ("2033-03-28", "2033-04-05")),
        off=tuple((f"{year}-07-05", f"{year}-07-09") for year in range(2026, 2036)),
    ),
    World(
        "Berlin",
        "Europe/Berlin",
        "DE",
        seed=12,
        goals=True,
        habits=CALM,
        nights=True,
        off=tuple((f"{year}-12-23", f"{year + 1}-01-07") for year in range(2026, 2036)),
        offline=(("2027-03-20", "2027-04-20"),),
    ),
    # Its clocks never change: what years bring beyond its third, the others meet too.
    World("Kolkata", "Asia/Kolkata", "IN", seed=15, bosses=(PRIYA, OMAR), habits=CALM, years=3),
)


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def live(world, years, folder):
    """Live one world; return what was found, the seconds it took, and how fast runs are at either end."""
    begin = time.perf_counter()
    place = Path(folder) / world.name.replace(" ", "-")
    life = Decade(world, place, min(years, world.years))
    found = life.live(keep_early=day(world.first) + KEEP_EARLY)
    taken = time.perf_counter() - begin
    early = (life.early, life.kept_at)
    speeds = {} if found.broken else compare(early, (life.machine.folder, life.machine.clock.instant))
    return found, taken, speeds


def tell(found, taken, speeds):
    """Print what came of a world; return what is wrong with it."""
    figures = found.figures
    wrong = list(found.broken)
    if figures["bytes"] > MOST_BYTES:
        wrong.append(f"the journal takes {figures['bytes'] / 1e6:.1f} MB")
    say(
        f"\n{found.name}: {figures['runs']:,} runs in {taken:.0f} s ({figures['whole']:,} whole, "
        f"{figures['quick']:,} by the quick path on one connection)"
    )
    say(
        f"  {figures['months']} months, {figures['blocks']} blocks ({figures['held']} months held), "
        f"{figures['drafts']} drafts, {figures['promises']} promises, {figures['updates']} incident updates"
    )
    say(
        f"  {sum(found.acts.values()):,} acts of the person of {len(found.acts)} kinds, "
        f"{found.refusals} refused; {figures['log lines']:,} log lines"
    )
    sizes = ", ".join(f"{size / 1e6:.2f}" for size in found.sizes)
    say(f"  journal {figures['bytes'] / 1e6:.2f} MB; by year {sizes}")
    for kind, (first, last, ratio, alone) in speeds.items():
        say(
            f"  {kind} run: {first * 1000:.0f} ms of processor early, {last * 1000:.0f} ms late, "
            f"ratio {ratio:.2f}; the run alone, without start-up: {alone:.2f}"
        )
        if ratio > SLOWER:
            wrong.append(f"an {kind} run got slower: {ratio:.2f}")
    for what in wrong:
        say(f"  VIOLATION {what}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--only", help="a world by name")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", help="where to live; memory is quicker than a disk", default=None)
    given = parser.parse_args()
    worlds = [world for world in WORLDS if given.only in (None, world.name)]
    begin = time.perf_counter()
    wrong, runs = [], 0
    folder = tempfile.mkdtemp(prefix="soak-", dir=given.folder or IN_MEMORY)
    try:
        with ProcessPoolExecutor(given.processes) as pool:
            for done in [pool.submit(live, world, given.years, folder) for world in worlds]:
                found, taken, speeds = done.result()
                wrong += tell(found, taken, speeds)
                runs += found.figures["runs"]
    finally:
        shutil.rmtree(folder)
    say(
        f"\n{len(worlds)} worlds, {runs:,} runs, {time.perf_counter() - begin:.0f} s, {len(wrong)} violations"
    )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

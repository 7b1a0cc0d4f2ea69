"""Many at once, some of whom die, over one data directory; and every mutant, which must be found.

    python tests/overlap/proof.py [--seasons N] [--every N] [--months N] [--seed N]

It prints what was tried, done and refused, how long the run lock was waited for, and whatever was doubled,
lost or left behind. Any fault makes it fail, and so does a mutant that is not found.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import deaths
import machines
import storm

STORMS, DEATHS, RACES = "a storm", "stopped holders", "races without the lock"
FOUND_BY = {
    "lock-not-taken": STORMS,
    "lock-let-go-early": STORMS,
    "waits-for-ever": DEATHS,
    "lock-outlives-its-holder": DEATHS,
    "never-late": DEATHS,
    "no-one-send-index": DEATHS,
    "no-compare-and-swap": RACES,
    "no-guard-at-all": RACES,
}
"""What must find each mutant: its short form is run with it."""


def short(part, folder, mutant=""):
    """Run the short form of a part; return (what is wrong, the lines of figures)."""
    if part == STORMS:
        return storm.storm(folder, seasons=1, rounds=1, wait=30.0, mutant=mutant)
    if part == DEATHS:
        return deaths.deaths(folder, every=29, holders=("run",), mutant=mutant)
    return deaths.without_lock(folder, mutant=mutant or "lock-not-taken"), []


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def told(name, faults, lines):
    """Say what came of a part; return whether all held."""
    say(f"{name}: {len(faults)} faults")
    for line in [*lines, *(f"  FAULT {fault}" for fault in faults[:20])]:
        say(line)
    return not faults


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seasons", type=int, default=4, help="months of three rounds each")
    options.add_argument("--every", type=int, default=11, help="stop a holder at every N-th of its points")
    options.add_argument("--months", type=int, default=6, help="months of two machines over one account")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        good = told("storm", *storm.storm(Path(folder, "storm"), seasons=given.seasons, seed=given.seed))
        good &= told("stopped holders", *deaths.deaths(Path(folder, "deaths"), every=given.every))
        good &= told("one gets ahead, and no lock", deaths.without_lock(Path(folder, "races")), [])
        good &= told("two machines", *machines.machines(Path(folder, "machines"), months=given.months))
        for mutant, part in FOUND_BY.items():
            faults, _ = short(part, Path(folder, "mutant"), mutant)
            found = f"found by {part}: {faults[0]}" if faults else f"NOT FOUND by {part}"
            say(f"mutant {mutant}: {found}")
            good &= bool(faults)
    say(f"{'all held' if good else 'NOT ALL HELD'}, {time.monotonic() - began:.0f} s")
    sys.exit(not good)


if __name__ == "__main__":
    main()

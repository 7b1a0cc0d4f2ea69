"""Tries the program with each promise to the disk broken (disk_mutants.py): each must turn a matrix red.

python tests/disk/prove.py [--only MUTANT]
"""

from __future__ import annotations

import argparse
import sys
import time

import faults
import power
import signals
from disk_mutants import FAULTS, MUTANTS, POWER, SIGNALS

STRIDES = (24, 5, 1)
"""A fault is looked for at few places first, and at all of them before it is said not to be found."""


def power_jobs(name):
    """Yield the power cuts that should tell."""
    for every in STRIDES:
        for world in POWER.get(name, ()):
            yield power.Job(world, every=every, mutant=name, enough=1)


def fault_jobs(name):
    """Yield the disk failures that should tell."""
    for every in STRIDES:
        for world in FAULTS.get(name, ()):
            for trouble in ("full", "broken once", "one sync fails"):
                yield faults.Job(world, trouble, every=every, mutant=name, enough=1)


def signal_jobs(name):
    """Yield the signals that should tell."""
    for every in STRIDES:
        for world in SIGNALS.get(name, ()):
            yield signals.Job(world, signals.SIGNALS[0], every=every, mutant=name, enough=1)


def found(name):
    """Return (what told the mutant from the program, after how many disks); "" when nothing did."""
    tried = 0
    for module, jobs in ((power, power_jobs), (faults, fault_jobs), (signals, signal_jobs)):
        for job in jobs(name):
            figure = module.try_job(job)
            tried += figure.states
            if figure.wrong:
                return figure.wrong[0], tried
    return "", tried


def main():
    options = argparse.ArgumentParser(description="Break each promise to the disk, and see that it is found.")
    options.add_argument("--only", action="append", choices=MUTANTS, help="only this mutant")
    given = options.parse_args()
    power.warm()
    began, missed = time.monotonic(), []
    names = given.only or list(MUTANTS)
    for name, (wrong, tried) in zip(names, power.each(found, names), strict=True):
        power.say(f"{name.replace('_', ' ')}: {'found' if wrong else 'NOT FOUND'} after {tried} disks")
        if wrong:
            power.say(f"    {wrong[:300]}")
        else:
            missed.append(name)
    power.say(f"{len(names) - len(missed)} of {len(names)} mutants found ({time.monotonic() - began:.0f} s)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

# ruff: noqa: T201 -- it prints what it found
"""Feed everything that reads from outside with inputs that are nearly right: `make fuzz`.

Each case is known by its target and number and can be tried again alone:
    .venv/bin/python tests/fuzz/fuzz.py --only calendar --case 4711
Ends with 1 when a case raised anything but a refusal in words, took too long, or a planted fault was not found.
"""

import argparse
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import fuzz_mutants as mutants
import mutation
import targets as all_targets

LONGEST = 5.0
"""Seconds of processor time one case may take."""


class TooLong(BaseException):
    """A case did not end; no handler of the product's own may take it for a fault of the input."""


def _too_long(number, frame):
    raise TooLong


def try_case(target, number):
    """Try one case; return whether its input was taken, and what was wrong, if anything."""
    data = mutation.case(target.corpus, target.words, number)
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    try:
        return target.read(data), ""
    except TooLong:
        return False, f"took more than {LONGEST:.0f} s"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        return False, f"{type(error).__name__}: {str(error)[:150]} ({Path(last.filename).name}:{last.lineno})"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def try_span(job):
    """Try the cases of a span; return how many were tried and taken, and the first fault of each kind."""
    name, start, end = job
    target = all_targets.targets()[name]
    taken, faults = 0, {}
    for number in range(start, end):
        good, fault = try_case(target, number)
        taken += good
        if fault:
            faults.setdefault(fault.split("(")[-1], (number, fault))
    return name, end - start, taken, list(faults.values())


def jobs_of(cases, only):
    step = 1000
    for name, target in all_targets.targets().items():
        if not only or name in only:
            count = int(cases * target.share)
            yield from ((name, start, min(start + step, count)) for start in range(0, count, step))


def fuzz(cases, workers, only):
    """Try so many cases in all; return the faults found, each a sentence."""
    begun, tried, taken, faults = time.monotonic(), Counter(), Counter(), {}
    jobs = sorted(jobs_of(cases, only), key=lambda job: job[1])
    with multiprocessing.Pool(workers, maxtasksperchild=50) as pool:
        for name, count, good, wrong in pool.imap_unordered(try_span, jobs):
            tried[name] += count
            taken[name] += good
            for number, fault in wrong:
                faults.setdefault((name, fault.split("(")[-1]), f"{name} {number}: {fault}")
    for name, count in tried.items():
        print(f"{name:<10}{count:>9,} cases, {taken[name] / count:6.1%} of them taken")
    print(
        f"{'in all':<10}{tried.total():>9,} cases in {time.monotonic() - begun:.0f} s, {len(faults)} kinds of fault"
    )
    return sorted(faults.values())


def find_mutants(cases):
    """Plant each fault and look for it; return those not found, each a sentence."""
    missed = []
    for name, (where, plant) in mutants.MUTANTS.items():
        target = all_targets.targets()[where]
        with plant():
            found = next((number for number in range(cases) if try_case(target, number)[1]), None)
        print(f"planted: {name:<58}{'found by ' + where + f' {found}' if found is not None else 'NOT FOUND'}")
        if found is None:
            missed.append(f"the planted fault was not found in {cases} cases: {name}")
    return missed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--only", action="append")
    parser.add_argument("--case", type=int)
    options = parser.parse_args()
    if options.case is not None:
        (name,) = options.only
        target = all_targets.targets()[name]
        print(mutation.case(target.corpus, target.words, options.case))
        print(target.read(mutation.case(target.corpus, target.words, options.case)))
        return 0
    faults = find_mutants(3000) + fuzz(options.cases, options.workers, options.only)
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

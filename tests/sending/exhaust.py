"""Every way a draft's life can go wrong, one after the other, on the real engine.

    python tests/sending/exhaust.py [--every N] [--jobs N]

Each process death with each fault of each call, for good or once, with each act of the person, for a far side like
Gmail, one whose sent mails are found late, and one like SMTP; and every pair of deaths. It prints what it did,
where drafts ended, and how often each invariant broke; any break makes it fail.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from datetime import timedelta
from functools import cache
from itertools import islice, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import far_side
from far_side import KINDS, READS, Fault
from scenario import CALLS, DESK_ACTS, FAR_ACTS, Plan, Scenario, rendered

from automations.apply import drafts, sending
from automations.compose import mime, reading
from automations.desk import linting, review

POINTS = 52
"""More than a life without trouble passes until it rests; counted by a test."""
WAITS = 8
READ_KINDS = ("refused", "permanent", "sign-in")
FAR_SIDES = ({}, {"lag": timedelta(minutes=30)}, {"searches": False})


def faults():
    """Every fault of every call: of the first, second and third of a kind, once or until it is mended."""
    for method, nth, lasts in product(CALLS, (1, 2, 3), (False, True)):
        for kind in READ_KINDS if method in READS else KINDS:
            yield Fault(method, nth, kind, lasts)


def far_acts(points=range(1, POINTS + 1)):
    return [{"acts": {point: act}} for point, act in product(points, FAR_ACTS)]


def can_be(fields):
    """Tell whether a plan can happen: files are written at once, and one sent by hand leaves no trace to find."""
    fault = fields.get("fault")
    late = fault is not None and fault.kind == "late" and fault.method != "send"
    return fields.get("searches", True) or not (late or "send" in fields.get("acts", {}).values())


def desk_acts():
    return [{"desk": {wait: act}} for wait, act in product(range(1, WAITS + 1), DESK_ACTS)]


def plans():
    """Yield what to try, as the fields of a plan."""
    nothing, deaths = [{}, {"pause": 72 * 60}], [{"deaths": (point,)} for point in range(1, POINTS + 1)]
    faulty = [{"fault": fault} for fault in faults()]
    people = [*far_acts(), *desk_acts()]
    few = far_acts(range(3, POINTS, 6))
    pairs = [{"deaths": (one, other)} for one in range(1, POINTS) for other in range(one + 1, POINTS + 12, 1)]
    for side in FAR_SIDES:
        for one, other in (
            *product(nothing, [*nothing, *deaths, *people, *faulty, *pairs]),
            *product(deaths, [*people, *faulty]),
            *product(faulty, people),
        ):
            yield {**side, **one, **other}
    for one, two, three in product(faulty, deaths[::2], few):
        yield {**one, **two, **three}


CONTENTS = None
PURE = ((reading, "read_mime"), (reading, "seen_draft"), (mime, "build_mime"), (linting, "lint_of"))


def remember_pure():
    """Compute each mail once: reading and building are functions of bytes and values, and nine tenths of the work."""
    users = (reading, mime, drafts, sending, review, linting, far_side)
    for module, name in PURE:
        found = getattr(module, name)
        kept = cache(found) if name != "lint_of" else lambda *_: ()
        for user in users:
            if getattr(user, name, None) is found:
                setattr(user, name, kept)


def try_plan(fields):
    """Live one life; return where the draft ended, whether it was touched, and what broke."""
    global CONTENTS  # noqa: PLW0603 - one snapshot a process
    if CONTENTS is None:
        remember_pure()
        CONTENTS = rendered()
    life = Scenario(Plan(**fields), CONTENTS)
    broken = life.play()
    reached = any(point == "after send" for point in life.points)
    return life.draft.state.value, life.far.touched, reached, broken, fields


def try_all(every=1, start=0, jobs=0):
    """Try every `every`-th plan; return the counts and the first breaks."""
    counts, broken = Counter(), []
    chosen = islice(filter(can_be, plans()), start, None, every)
    if jobs == 1:
        results = map(try_plan, chosen)
        return _counted(results, counts, broken)
    with multiprocessing.Pool(jobs or None) as pool:
        return _counted(pool.imap_unordered(try_plan, chosen, chunksize=200), counts, broken)


def _counted(results, counts, broken):
    for state, touched, reached, breaks, fields in results:
        counts["lives"] += 1
        counts[f"ended {state}"] += 1
        counts["reached a send"] += reached
        if state == "unknown" and fields.get("searches", True):
            counts["unknown, touched by the person" if touched else "unknown, untouched"] += 1
        for each in breaks:
            counts[f"broken {each.partition(':')[0]}"] += 1
        if breaks and len(broken) < 20:
            broken.append((fields, breaks))
    return counts, broken


def say(line):
    sys.stdout.write(f"{line}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try every N-th only")
    parser.add_argument("--jobs", type=int, default=0)
    given = parser.parse_args()
    began = time.monotonic()
    counts, broken = try_all(given.every, jobs=given.jobs)
    say(f"faults: {sum(1 for _ in faults())}, points: {POINTS}, acts: {len(far_acts()) + len(desk_acts())}")
    for name, number in sorted(counts.items()):
        say(f"{name:32} {number}")
    say(f"{'broken rules':32} {sum(n for name, n in counts.items() if name.startswith('broken'))}")
    say(f"{'seconds':32} {time.monotonic() - began:.0f}")
    for fields, breaks in broken:
        say(f"{fields} {breaks}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

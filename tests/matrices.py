"""The large matrices of faults: the suite runs a spread of the cells, `make faults` all of them and counts.

A test function marked `matrix` is one matrix, each of its parameter sets a cell.
"""

from __future__ import annotations

THIN = 7
"""The suite runs every 7th cell: a number that divides no side of a matrix, so that no call or fault is left out."""


def thin_out(items, every):
    """Return (the cells to run and all other tests, the cells left out), of each matrix every `every`-th."""
    kept, left_out, seen = [], [], {}
    for item in items:
        if item.get_closest_marker("matrix") is None:
            kept.append(item)
            continue
        # Each matrix begins with another cell, so that together they have every fault.
        number = seen[item.function] = seen.get(item.function, len(seen) - 1) + 1
        (left_out if number % every else kept).append(item)
    return kept, left_out


def count_cells(stats):
    """Return {matrix: [cells as they should be, cells that are not]} from pytest's reports by outcome."""
    found = {}
    for outcome in ("passed", "failed", "error"):
        for report in stats.get(outcome, ()):
            if "matrix" in report.keywords and (report.when == "call" or report.failed):
                name = report.nodeid.partition("[")[0]
                found.setdefault(name, [0, 0])[outcome != "passed"] += 1
    return found


def tell_cells(found, write):
    """Print a line a matrix, and what all come to."""
    for name, (right, wrong) in sorted(found.items()):
        write(f"{right + wrong:5} cells, {wrong} wrong  {name.rpartition('/')[2].replace('.py::', ': ')}")
    right, wrong = (sum(each[at] for each in found.values()) for at in (0, 1))
    write(
        f"{right + wrong:5} cells of a call and a fault in {len(found)} matrices: "
        f"{wrong} where something was lost, doubled or not explained"
    )

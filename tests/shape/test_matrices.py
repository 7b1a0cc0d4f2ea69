"""The suite runs some cells of each matrix of faults: no fault and no call may be left out altogether."""

import subprocess
import sys
from pathlib import Path

from google_emulator.faults import EVERY

ROOT = Path(__file__).parents[2]
MATRICES = ("tests/google/test_every_fault.py", "tests/google/test_every_mail_fault.py")
CALLS = {"list", "insert", "get", "patch", "delete", "calendar.freebusy.query", "calendar.events.list"}
CALLS |= {"getProfile", "drafts.list", "drafts.create", "update"}


def cells(*more):
    """Return the (matrix, its parameters) of the cells that would be run."""
    words = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-n",
        "0",
        "-m",
        "matrix",
        *more,
        *MATRICES,
    ]
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {tuple(line[:-1].split("[", 1)) for line in shown.splitlines() if "[" in line}


def test_a_spread_of_the_cells_has_every_matrix_fault_and_call():
    some, every = cells(), cells("--cells", "1")

    assert some < every
    assert len(some) * 5 < len(every)
    assert {matrix for matrix, _ in some} == {matrix for matrix, _ in every}
    for word in {*EVERY, *CALLS}:
        assert any(word in cell for _, cell in some), f"no cell has {word}"

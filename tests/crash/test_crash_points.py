"""Real processes killed at points of every kind of command; `matrix.py` alone does it at every point."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

MATRIX = Path(__file__).with_name("matrix.py")
EVERY = int(os.environ.get("MAGICLOOP_CRASH_EVERY", "14"))
"""Every so many points; 1 for all of them, which takes minutes."""


@pytest.fixture(scope="module")
def figures():
    """Return what the matrix printed."""
    done = subprocess.run(
        [sys.executable, str(MATRIX), "--every", str(EVERY)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_whatever_is_killed_the_next_run_puts_right_once_and_for_all(figures):
    total = re.search(r"(\d+) points, (\d+) kills, (\d+) violations", figures)

    assert int(total[3]) == 0, figures
    assert int(total[2]) >= 40, figures
    assert "VIOLATION" not in figures


def test_the_points_reach_from_before_the_first_effect_to_after_the_last(figures):
    kills = dict(re.findall(r"^(\S.*?) +\d+ points, +(\d+) kills", figures, re.MULTILINE))

    assert len(kills) == 13, figures
    assert all(int(count) >= 2 for count in kills.values()), figures
    assert "never called" in figures, "a command killed at once was never called"
    assert " done" in figures

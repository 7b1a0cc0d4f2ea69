"""The short form of `make overlap`: many at once, holders that die or sleep, and one who gets ahead of another."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import machines
import proof


@pytest.mark.parametrize("part", [proof.STORMS, proof.DEATHS, proof.RACES])
def test_nothing_is_doubled_lost_or_held(part, tmp_path):
    faults, figures = proof.short(part, tmp_path / "world")

    assert faults == [], "\n".join(figures)


def test_a_lock_that_is_not_taken_is_found(tmp_path):
    faults, _ = proof.short(proof.STORMS, tmp_path / "world", "lock-not-taken")

    assert any("was at work" in fault for fault in faults)


def test_two_machines_that_do_everything_at_once_double_nothing(tmp_path):
    faults, figures = machines.machines(tmp_path / "world", months=1)

    assert faults == [], "\n".join(figures)

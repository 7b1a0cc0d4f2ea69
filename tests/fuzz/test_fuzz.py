"""The short form of `make fuzz`: a few inputs for every reader, and every planted fault found."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
READERS = ("config", "calendar", "mail", "schedule", "template", "backup", "page")
CASES = 150


@pytest.fixture(scope="module")
def fuzz():
    """Return the program that `make fuzz` runs."""
    spec = importlib.util.spec_from_file_location("fuzz", HERE / "fuzz.py")
    module = importlib.util.module_from_spec(spec)
    before = sys.path[:]
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before


def test_every_reader_gets_its_share(fuzz):
    assert set(fuzz.all_targets.targets()) == set(READERS)
    assert sum(target.share for target in fuzz.all_targets.targets().values()) == pytest.approx(1)


@pytest.mark.parametrize("name", READERS)
def test_what_is_nearly_right_is_taken_or_refused_in_words(fuzz, name):
    target = fuzz.all_targets.targets()[name]
    tried = [fuzz.try_case(target, number) for number in range(CASES)]

    assert [(number, fault) for number, (_, fault) in enumerate(tried) if fault] == []
    assert 0 < sum(taken for taken, _ in tried) < CASES  # neither all nonsense nor all sound


def test_every_planted_fault_is_found(fuzz):
    assert fuzz.find_mutants(3000) == []


def test_a_case_is_the_same_each_time(fuzz):
    target = fuzz.all_targets.targets()["mail"]

    assert len({fuzz.mutation.case(target.corpus, target.words, 7) for _ in range(3)}) == 1

"""Each mutant of the engine breaks an invariant in some life: the proof can fail."""

import sys
from itertools import product
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import exhaust
from mutants import MUTANTS


@pytest.fixture(scope="module")
def spread():
    """Troubles alone, then those pairs of them in which a mail can be lost or doubled."""
    deaths = [{"deaths": (point,)} for point in range(1, exhaust.POINTS + 1)]
    faults = [{"fault": fault} for fault in exhaust.faults() if fault.nth < 3]
    sends = [plan for plan in faults if plan["fault"].method == "send" and plan["fault"].nth == 1]
    late = [plan for plan in sends if plan["fault"].kind == "late"]
    unseen = [plan for plan in faults if plan["fault"].method == "fetch_traces" and plan["fault"].lasts]
    creates = [plan for plan in faults if plan["fault"].method == "create" and plan["fault"].nth == 1]
    early, acts = exhaust.far_acts(range(1, 24)), exhaust.far_acts(range(30, exhaust.POINTS + 1))
    plans = [{}, {"pause": 72 * 60}, *sends, *creates, *deaths]
    for side in exhaust.FAR_SIDES[1:]:
        plans += [{**side, **plan} for plan in (*sends, *deaths)]
    for ones, others in ((unseen, deaths[24:]), (creates, early), (deaths[:12], early), (late, acts)):
        plans += [{**one, **other} for one, other in product(ones, others)]
    return [plan for plan in (*plans, *early, *acts, *faults) if exhaust.can_be(plan)]


@pytest.mark.parametrize("name", MUTANTS)
def test_the_proof_finds_an_engine_that(name, spread, monkeypatch, capsys):
    exhaust.try_plan({})  # what is remembered is put in place before the mutant
    MUTANTS[name](monkeypatch.setattr)
    for number, plan in enumerate(spread, start=1):
        *_, broken, _ = exhaust.try_plan(plan)
        if broken:
            with capsys.disabled():
                sys.stdout.write(f"\n{name}: {broken[0]}, after {number} lives")
            return
    pytest.fail(f"no life of {len(spread)} told the engine that {name.replace('_', ' ')} from ours")


def test_there_are_enough_of_them():
    assert len(MUTANTS) >= 14

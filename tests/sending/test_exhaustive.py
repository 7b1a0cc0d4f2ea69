"""The short form of `make proof`: a spread of every way a draft's life can go wrong, each fault and point in it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import exhaust
from far_side import KINDS, READS
from scenario import CALLS, Plan, Scenario, rendered

EVERY = 397
"""A prime, so that the spread does not keep step with any of the lists that are crossed."""


def test_a_life_without_trouble_passes_no_more_points_than_are_tried():
    life = Scenario(Plan(), rendered())
    assert life.play() == []
    rest = life.points.index("after delete") if "after delete" in life.points else len(life.points)
    assert rest <= exhaust.POINTS
    assert life.waits - 1 <= exhaust.WAITS


def test_nothing_is_lost_or_sent_twice_whatever_goes_wrong():
    counts, broken = exhaust.try_all(EVERY, jobs=1)
    assert broken == []
    assert counts["lives"] >= 900
    assert counts["reached a send"] >= counts["lives"] / 4
    assert counts["unknown, untouched"] == 0


def test_the_spread_tries_every_fault_of_every_call_and_every_point():
    chosen = [
        plan for number, plan in enumerate(filter(exhaust.can_be, exhaust.plans())) if number % EVERY == 0
    ]
    tried = {(plan["fault"].method, plan["fault"].kind) for plan in chosen if "fault" in plan}
    assert tried == {
        (method, kind) for method in CALLS for kind in (exhaust.READ_KINDS if method in READS else KINDS)
    }
    died = {point for plan in chosen for point in plan.get("deaths", ())}
    assert set(range(1, exhaust.POINTS + 1)) <= died


@pytest.mark.parametrize("searches", [True, False], ids=["gmail", "files"])
def test_every_single_trouble_alone(searches):
    """Each death, each fault and each act by itself: the whole list, not a spread."""
    alone = [
        *({"deaths": (point,)} for point in range(1, exhaust.POINTS + 1)),
        *({"fault": fault} for fault in exhaust.faults()),
        *exhaust.far_acts(),
        *exhaust.desk_acts(),
    ]
    plans = [{**plan, "searches": searches} for plan in alone]
    broken = [each for each in map(exhaust.try_plan, filter(exhaust.can_be, plans)) if each[3]]
    assert broken == []

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from automations.errors import ConfigError, ConfigProblem, LockHeldError, StoreError
from automations.plan.failures import failure_of, plan_failure
from automations.plan.notices import plan_notices

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIG = ConfigError("/c.toml", [ConfigProblem("me.name", "is empty")])
DAMAGED = StoreError("the journal is damaged", where="/d/journal.db", fix="mv it")
HELD = LockHeldError("another run is at work", where="/d/run.lock", fix="wait a moment")


def calls(*failed):
    """Make runs that fail, each (hours after nine, error); return what was told of each, and what is known at last."""
    known, told = (), []
    for hours, error in failed:
        now = NOW + hours * HOUR
        plan = plan_failure(known, failure_of(error, now), now)
        known = plan.standing
        told.append([problem.what for problem in plan.told])
    return told, known


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ((0, 1, 23.9), (1, 0, 0)),
        ((0, 24, 25, 48), (1, 1, 0, 1)),
        ((0, -3, -1), (1, 0, 0)),  # the clock was set back
        ((0, -24 * 365, 0.25 - 24 * 365), (1, 1, 0)),  # and here it had been a year ahead
    ],
)
def test_a_failure_is_told_once_a_day(hours, expected):
    told, _ = calls(*((hour, CONFIG) for hour in hours))
    assert tuple(map(len, told)) == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [((0, 0.25, 1.9), (0, 0, 0)), ((0, 1, 2, 3), (0, 0, 1, 0)), ((0, 2, 25.9, 26), (0, 1, 0, 1))],
)
def test_a_run_lock_that_is_held_is_told_after_two_hours(hours, expected):
    told, known = calls(*((hour, HELD) for hour in hours))
    assert tuple(map(len, told)) == expected
    assert known[0].fix == "find its process (fuser /d/run.lock), and end it: kill PID"


def test_another_failure_is_told_at_once_and_two_in_turn_once_each():
    other = ConfigError("/c.toml", [ConfigProblem("me.name", "is too long")])
    told, known = calls((0, CONFIG), (1, other), (2, CONFIG), (3, other), (4, DAMAGED), (5, CONFIG))
    assert told == [[CONFIG.what], [other.what], [], [], [DAMAGED.what], []]
    assert {problem.what for problem in known} == {CONFIG.what, other.what, DAMAGED.what}


def test_what_was_not_seen_for_a_day_is_a_new_failure():
    told, known = calls((0, CONFIG), (23, DAMAGED), (24, DAMAGED), (48, CONFIG))
    assert [len(each) for each in told] == [1, 1, 0, 1]
    assert {problem.what: problem.since for problem in known}[CONFIG.what] == NOW + 48 * HOUR


def test_a_lock_is_not_held_all_the_time_when_something_else_failed_in_between():
    told, _ = calls((0, HELD), (1, CONFIG), (2, HELD), (3, HELD), (4, HELD))
    assert [len(each) for each in told] == [0, 1, 0, 0, 1]


def test_words_that_vary_do_not_make_it_another_where_a_name_is_given():
    one, two = (StoreError(f"a bug: {number}", where="/x.py:1") for number in (1, 2))
    assert failure_of(one, NOW).key != failure_of(two, NOW).key
    assert failure_of(one, NOW, named="KeyError").key == failure_of(two, NOW, named="KeyError").key
    assert failure_of(one, NOW, named="KeyError").key != failure_of(two, NOW, named="ValueError").key


def test_what_is_over_was_told_before():
    _, told = calls((0, CONFIG), (1, DAMAGED))
    assert [each.what for each in plan_notices(told, (), NOW + HOUR).recovered] == [CONFIG.what, DAMAGED.what]
    _, untold = calls((0, HELD))
    assert plan_notices(untold, (), NOW + HOUR).recovered == ()
    late = [replace(each, reported=NOW + 2 * HOUR) for each in untold]
    assert len(plan_notices(late, (), NOW + 3 * HOUR).recovered) == 1

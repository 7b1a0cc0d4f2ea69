"""What the monitor is told of a run, and what it means when it could not be told."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from automations.errors import FaultClass, ProviderError
from automations.model.records import Problem, Severity
from automations.plan.pings import PING_FAILED, counting, ping_problem, ping_status

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FULL = Problem("ann", "create-draft-failed", "offer:x", Severity.ERROR, "full", "/d", "free", NOW, NOW)
AWAY = ProviderError("cannot be reached", fault=FaultClass.TRANSIENT)
REFUSED = ProviderError("refused (404)", fault=FaultClass.PERMANENT)


@pytest.mark.parametrize(
    ("severity", "reported", "status"),
    [
        (Severity.ERROR, NOW, 3),
        (Severity.SIGN_IN, NOW, 4),
        (Severity.TEMPORARY, None, 0),
        (Severity.TEMPORARY, NOW, 8),
        (Severity.ASK, NOW, 0),
        (Severity.WARNING, NOW, 0),
    ],
)
def test_a_failure_is_what_a_person_is_told_of_as_one(severity, reported, status):
    assert ping_status([replace(FULL, severity=severity, reported=reported)]) == status


def test_the_worst_counts_and_a_monitor_that_was_not_reached_does_not():
    signed_out = replace(FULL, code="calendar-unreadable", severity=Severity.SIGN_IN)
    assert ping_status([FULL, signed_out]) == 4
    pings = replace(FULL, code=PING_FAILED)
    assert ping_status([pings]) == 0
    assert counting([pings, FULL]) == (FULL,)
    assert ping_status(()) == 0


@pytest.mark.parametrize(
    ("begun", "ended", "severity"),
    [
        (None, None, None),
        (AWAY, None, None),
        (REFUSED, None, Severity.ERROR),
        (None, AWAY, Severity.TEMPORARY),
        (AWAY, AWAY, Severity.TEMPORARY),
        (None, REFUSED, Severity.ERROR),
        (REFUSED, AWAY, Severity.TEMPORARY),
    ],
)
def test_what_stands_after_the_pings_of_a_run(begun, ended, severity):
    found = ping_problem("ann", begun, ended, NOW)
    assert (found and found.severity) == severity
    if found:
        assert found.code == PING_FAILED

"""What a run under a clock that was ahead ended before its time is opened again once the clock is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from automations.model.policy import InventionPolicy, Me, Policy
from automations.model.records import Block, BlockState, OpenClaim, Recorded
from automations.model.seen import Span
from automations.plan.generations import block_id
from automations.plan.reopening import reopened

ADA = "ada@example.org"
NOW = datetime(2026, 12, 10, 8, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def block(month, state, start=None, generation=1):
    span = Span(start, start + 2 * HOUR) if start else None
    return Block(
        id=block_id(ADA, month, generation),
        person=ADA,
        month=month,
        generation=generation,
        state=state,
        rev=3,
        span=span,
        zone="Europe/Berlin",
    )


def decided(*blocks, claims=()):
    policy = Policy(me=Me("Ada", ADA, "Europe/Berlin"), invention=InventionPolicy(months_ahead=1))
    actions = reopened(policy, NOW, Recorded(ADA, blocks=blocks, claims=claims))
    return {action.subject: (action.block.state, action.block.rev) for action in actions}


@pytest.mark.parametrize(
    ("month", "state", "start", "now"),
    [
        ("2026-12", BlockState.MISSED, None, BlockState.OWED),
        ("2027-01", BlockState.MISSED, None, BlockState.OWED),
        ("2026-12", BlockState.MISSED, NOW - DAY, BlockState.OWED),
        ("2026-12", BlockState.MISSED, NOW + 3 * DAY, BlockState.BOOKED),
        ("2026-12", BlockState.HELD, NOW + 3 * DAY, BlockState.BOOKED),
        ("2028-01", BlockState.HELD, NOW + 400 * DAY, BlockState.BOOKED),
    ],
)
def test_what_cannot_have_ended_yet_is_opened_again(month, state, start, now):
    assert decided(block(month, state, start)) == {month: (now, 4)}


@pytest.mark.parametrize(
    ("month", "state", "start"),
    [
        ("2026-11", BlockState.MISSED, None),
        ("2026-12", BlockState.HELD, NOW - DAY),
        ("2026-12", BlockState.HELD, NOW + 20 * HOUR),
        ("2027-02", BlockState.MISSED, None),
        ("2026-12", BlockState.SKIPPED, NOW + 3 * DAY),
        ("2026-12", BlockState.BOOKED, NOW + 3 * DAY),
        ("2026-12", BlockState.OWED, None),
    ],
)
def test_what_may_have_ended_or_is_not_due_yet_stays(month, state, start):
    assert decided(block(month, state, start)) == {}


def test_only_the_newest_of_a_month_counts_and_none_in_the_hands_of_a_claim():
    old, new = block("2026-12", BlockState.HELD, NOW + 3 * DAY), block("2026-12", BlockState.OWED, None, 2)
    assert decided(old, new) == {}
    missed = block("2026-12", BlockState.MISSED)
    claim = OpenClaim(1, ADA, 1, NOW, "book-block", "2026-12")
    assert decided(missed, claims=(claim,)) == {}

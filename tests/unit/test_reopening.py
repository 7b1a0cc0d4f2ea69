"""What a run under a clock that was ahead ended before its time is opened again once the clock is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from automations.model.policy import InventionPolicy, Me, Policy
from automations.model.records import Block, BlockState, Draft, DraftState, OpenClaim, Recorded
from automations.model.seen import Span
from automations.plan.generations import block_id
from automations.plan.reopening import reopened, reopened_drafts

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


def mail(key, state, expires, generation=1):
    return Draft(
        id=f"{key}-{generation}",
        person=ADA,
        key=key,
        kind="offer",
        state=state,
        sender=ADA,
        to=("bea@example.org",),
        subject="Help",
        body_text="Hi",
        hash="",
        mime=b"",
        why="",
        created=NOW - 10 * DAY,
        expires=expires,
    )


def opened(*drafts, claims=()):
    return [action.draft.id for action in reopened_drafts(NOW, Recorded(ADA, drafts=drafts, claims=claims))]


OFFER = "offer:bea@example.org:2026-12"


def test_a_mail_that_cannot_have_expired_yet_is_opened_again():
    assert opened(mail(OFFER, DraftState.EXPIRED, NOW + 26 * HOUR)) == [f"{OFFER}-1"]


@pytest.mark.parametrize(
    "key", [OFFER, "incident:INC-1:tactical:2", "trust:INC-1:1", "pause-note:bea@example.org:2026-12"]
)
@pytest.mark.parametrize(
    ("state", "expires"),
    [
        (DraftState.EXPIRED, NOW - DAY),
        (DraftState.EXPIRED, NOW + 25 * HOUR),
        (DraftState.EXPIRED, None),
        *((state, NOW + 10 * DAY) for state in DraftState if state is not DraftState.EXPIRED),
    ],
)
def test_a_mail_that_may_have_expired_or_ended_otherwise_stays(key, state, expires):
    assert opened(mail(key, state, expires)) == []


@pytest.mark.parametrize("newer", DraftState)
def test_only_the_newest_mail_of_its_purpose_is_opened_again(newer):
    old, new = (mail(OFFER, state, NOW + 10 * DAY, n) for n, state in ((1, DraftState.EXPIRED), (2, newer)))
    assert opened(old, new) == ([new.id] if newer is DraftState.EXPIRED else [])


def test_no_mail_in_the_hands_of_a_claim_is_opened_again():
    claim = OpenClaim(1, ADA, 1, NOW, "remove-copy", OFFER)
    assert opened(mail(OFFER, DraftState.EXPIRED, NOW + 10 * DAY), claims=(claim,)) == []


@pytest.mark.parametrize("prefix", ["in-person", "private"])
def test_a_mail_that_asks_for_a_talk_is_left_to_those_who_find_its_time(prefix):
    assert opened(mail(f"{prefix}:INC-1:2", DraftState.EXPIRED, NOW + 10 * DAY)) == []

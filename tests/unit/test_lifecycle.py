from itertools import product

import pytest

from automations.errors import RefusedError
from automations.model.records import DraftState as S
from automations.plan import lifecycle

LEGAL = {
    ("rendered", "creating"),
    ("creating", "rendered"),
    ("creating", "waiting"),
    ("creating", "sent_elsewhere"),
    ("waiting", "waiting"),
    ("waiting", "approved"),
    ("waiting", "sent_elsewhere"),
    ("approved", "approved"),
    ("approved", "waiting"),
    ("approved", "sending"),
    ("approved", "sent_elsewhere"),
    ("sending", "sent"),
    ("sending", "approved"),
    ("sending", "waiting"),
    ("sending", "unknown"),
    ("unknown", "sent"),
    ("unknown", "discarded"),
} | set(product(("rendered", "waiting", "approved"), ("discarded", "expired", "superseded")))


@pytest.mark.parametrize(("old", "new"), list(product(S, S)))
def test_a_move_is_allowed_if_and_only_if_the_table_has_it(old, new):
    if (old.value, new.value) in LEGAL:
        assert new in lifecycle.MOVES[old]
        lifecycle.check_move(old, new)
    else:
        with pytest.raises(RefusedError):
            lifecycle.check_move(old, new)


def test_every_state_has_a_row_and_final_states_are_never_left():
    assert set(lifecycle.MOVES) == set(S)
    assert {S.SENT, S.SENT_ELSEWHERE, S.DISCARDED, S.EXPIRED, S.SUPERSEDED} == lifecycle.FINAL
    assert set(S) - lifecycle.FINAL == lifecycle.LIVE


def test_sent_is_reached_only_from_sending_or_by_a_person_who_settles_unknown():
    assert {old for old in S if S.SENT in lifecycle.MOVES[old]} - {S.SENT} == {S.SENDING, S.UNKNOWN}
    assert {old for old in S if S.SENDING in lifecycle.MOVES[old]} == {S.APPROVED}


def test_every_state_can_be_reached_and_every_live_one_can_end():
    reached = set(lifecycle.FIRST)
    for _ in S:
        reached |= {new for old in reached for new in lifecycle.MOVES[old]}
    assert reached == set(S)
    ending = set(lifecycle.FINAL)
    for _ in S:
        ending |= {old for old in S if lifecycle.MOVES[old] & ending}
    assert ending == set(S)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (S.SENT, S.SENDING, "the draft is sent already; that is final"),
        (S.SENT_ELSEWHERE, S.WAITING, "the draft is sent elsewhere already; that is final"),
        (S.WAITING, S.SENDING, "a draft that is waiting cannot become sending"),
        (S.SENDING, S.SENDING, "the draft is sending just now and cannot be changed until that is settled"),
    ],
)
def test_a_refusal_says_what_it_is_and_what_was_asked(old, new, sentence):
    with pytest.raises(RefusedError) as caught:
        lifecycle.check_move(old, new)
    assert str(caught.value) == sentence
    assert "magicloop draft list" in caught.value.fix

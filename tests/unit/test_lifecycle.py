from itertools import product

import pytest

from automations.errors import RefusedError
from automations.model.records import DraftState as S
from automations.plan import lifecycle
from automations.plan.lifecycle import Event
from automations.testing.journal_records import some_draft

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
    written_once_more = old is new and old in lifecycle.FINAL
    assert (new in lifecycle.MOVES[old]) == ((old.value, new.value) in LEGAL or written_once_more)


@pytest.mark.parametrize(("state", "event"), list(product(S, Event)))
def test_an_event_takes_a_draft_where_the_table_says_and_nowhere_else(state, event):
    draft = some_draft(state=state, rev=4)
    following = lifecycle.TABLE[state].get(event)
    if following is None:
        with pytest.raises(RefusedError) as caught:
            lifecycle.step(draft, event)
        assert str(caught.value)
        assert "magicloop draft" in caught.value.fix
    else:
        lifecycle.check_event(state, event)
        taken = lifecycle.step(draft, event, reason="why")
        assert (taken.state, taken.rev, taken.reason) == (following, 5, "why")


def test_only_a_person_approves_and_only_a_person_leaves_unknown():
    leads_to = {event for row in lifecycle.TABLE.values() for event, new in row.items() if new is S.APPROVED}
    assert leads_to - {Event.KEEP, Event.NOT_SENT} <= lifecycle.BY_HAND
    assert set(lifecycle.TABLE[S.UNKNOWN]) <= lifecycle.BY_HAND


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
    ("state", "event", "sentence"),
    [
        (S.SENT, Event.SEND, "the draft is sent already; that is final"),
        (S.SENT_ELSEWHERE, Event.REWORD, "the draft is sent elsewhere already; that is final"),
        (S.WAITING, Event.SEND, "a draft that is waiting cannot take this: send"),
        (
            S.SENDING,
            Event.REWORD,
            "the draft is on its way just now, and cannot be changed until that is settled",
        ),
        (
            S.UNKNOWN,
            Event.DISCARD,
            "the mail may have gone already, so nothing is done with it before that is known",
        ),
    ],
)
def test_a_refusal_says_what_the_draft_is(state, event, sentence):
    with pytest.raises(RefusedError) as caught:
        lifecycle.check_event(state, event)
    assert str(caught.value) == sentence
    assert ("draft resolve" in caught.value.fix) == (state is S.UNKNOWN)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (S.SENT, S.SENDING, "the draft is sent already; that is final"),
        (S.SENT, S.SENT, lifecycle.KEEPS_WORDS),
        (S.WAITING, S.SENDING, "a draft that is waiting cannot become sending"),
        (S.SENDING, S.SENDING, "the draft is sending just now and cannot be changed until that is settled"),
    ],
)
def test_the_journals_refusal_says_what_it_was_and_what_was_asked(old, new, sentence):
    assert lifecycle.refusal(old, new) == sentence

"""Mails that follow one another stand in one thread, on both sides, whoever pressed Send."""

import email

import pytest

from automations.desk import review
from automations.model.records import DraftState
from google_emulator.faults import Fault

COMPOSE = frozenset({"https://www.googleapis.com/auth/gmail.compose"})


@pytest.fixture
def told(mail_life):
    """Return a world with an open incident whose first update waits in Gmail."""
    life = mail_life
    life.run()
    life.begin()
    life.open_incident()
    life.settle()
    return life


def newest(life):
    return [draft for draft in life.recorded.drafts if draft.kind.startswith("incident")][-1]


def update(life):
    life.begin()
    life.clock.go(minutes=5)
    life.update_incident()
    life.settle()
    return newest(life)


def headers(life, draft):
    return email.message_from_bytes(life.api.raw(draft.provider_id))


def message_of(life, draft):
    return life.api.messages[life.api.drafts[draft.provider_id]]


def final_id(sent):
    return str(email.message_from_bytes(sent["raw"])["Message-ID"])


def test_an_update_follows_the_one_that_the_person_sent_from_gmail(told):
    life = told
    first = newest(life)
    life.api.send(first.provider_id)
    (sent,) = life.api.sent
    life.later()
    second = update(life)
    assert message_of(life, second)["threadId"] == sent["threadId"]
    assert headers(life, second)["In-Reply-To"] == final_id(sent)
    assert headers(life, second)["References"].split() == [final_id(sent)]
    recorded = next(draft for draft in life.recorded.drafts if draft.id == first.id)
    assert (recorded.state, recorded.message_id) == (DraftState.SENT_ELSEWHERE, final_id(sent))
    assert recorded.handed_over is not None, "its promise counts from when it went"


def test_an_update_follows_the_one_that_was_sent_from_here(told):
    life = told
    life.let_send()
    first = newest(life)
    review.approve(life.bench, first, first.hash, new_recipients=first.to)
    life.later(minutes=1)
    (sent,) = life.api.sent
    second = update(life)
    assert message_of(life, second)["threadId"] == sent["threadId"]
    assert headers(life, second)["In-Reply-To"] == final_id(sent)


def test_a_deleted_draft_of_a_thread_is_not_taken_for_the_mail_sent_in_it_before(told):
    life = told
    life.api.send(newest(life).provider_id)
    life.later()
    second = update(life)
    life.api.discard(second.provider_id)
    life.later()
    recorded = next(draft for draft in life.recorded.drafts if draft.id == second.id)
    assert recorded.state is DraftState.DISCARDED


def test_a_second_mail_of_a_thread_that_was_sent_by_hand_is_found(told):
    life = told
    life.api.send(newest(life).provider_id)
    life.later()
    second = update(life)
    life.api.send(second.provider_id)
    life.later()
    recorded = next(draft for draft in life.recorded.drafts if draft.id == second.id)
    assert recorded.state is DraftState.SENT_ELSEWHERE
    assert recorded.message_id == final_id(life.api.sent[-1])


@pytest.mark.parametrize("seen", [True, False], ids=["gone when looked", "gone in between"])
def test_a_thread_that_is_no_more_is_no_hindrance(told, seen):
    life = told
    life.api.send(newest(life).provider_id)
    life.later()
    if seen:
        life.api.messages = {
            key: one for key, one in life.api.messages.items() if "SENT" not in one["labelIds"]
        }
    else:
        life.emulator.faults.put("gmail.users.drafts.create", Fault.error(404, "notFound"))
    second = update(life)
    assert second.state is DraftState.WAITING
    assert message_of(life, second)["threadId"] == message_of(life, second)["id"]


def test_an_edit_here_leaves_a_draft_in_its_thread(told):
    life = told
    life.api.send(newest(life).provider_id)
    (sent,) = life.api.sent
    life.later()
    second = update(life)
    life.begin()
    life.rewrite(second.key, body_text="Shorter.\n")
    assert message_of(life, newest(life))["threadId"] == sent["threadId"]


def test_without_leave_to_read_the_thread_is_kept_on_this_side_only(mail_life):
    life = mail_life
    life.emulator.tokens["first-token"] = life.emulator.refresh_tokens["refresh-me"] = COMPOSE
    life.let_send()
    life.run()
    life.begin()
    life.open_incident()
    life.settle()
    first = newest(life)
    review.approve(life.bench, first, first.hash, new_recipients=first.to)
    life.later(minutes=1)
    (sent,) = life.api.sent
    second = update(life)
    assert message_of(life, second)["threadId"] == sent["threadId"]
    assert headers(life, second)["In-Reply-To"] is None, "an id that Gmail replaced names nothing"

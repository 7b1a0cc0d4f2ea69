"""A draft that is gone: what Gmail can tell of it, and what it is not taken for."""

import json

import pytest

from automations.model.records import DraftState
from google_emulator.faults import Fault

OFFER = "offer:priya@corp.test:2026-03"


@pytest.fixture
def life(mail_life):
    mail_life.run()
    return mail_life


def scopes(life, *names):
    """Grant other scopes than before; the token file goes on naming the old ones."""
    granted = frozenset(f"https://www.googleapis.com/auth/{name}" for name in names)
    life.emulator.tokens["first-token"] = granted


def state(life):
    return life.draft(OFFER).state


def test_one_whose_thread_cannot_be_asked_for_is_found_among_the_sent_ones(life):
    life.api.send(life.draft(OFFER).provider_id)
    life.emulator.faults.put("gmail.users.threads.get", Fault.error(404, "notFound"), times=99)

    life.later()

    assert state(life) is DraftState.SENT_ELSEWHERE


def test_one_that_lost_its_header_and_its_thread_is_a_question(life):
    draft_id = life.draft(OFFER).provider_id
    life.api.keeps_headers = False
    life.api.edit(draft_id, subject="Another subject")
    life.api.send(draft_id)

    life.later()

    assert state(life) is DraftState.WAITING
    assert life.problems() == {"draft-gone"}


def test_a_mail_to_somebody_else_does_not_make_a_discarded_draft_a_question(life):
    life.api.send(life.api.write("Lunch?", to="kim@corp.test"))
    life.api.discard(life.draft(OFFER).provider_id)

    life.later()

    assert state(life) is DraftState.DISCARDED


def test_a_scope_that_was_taken_away_makes_it_a_question_not_a_failure(life):
    scopes(life, "gmail.compose")
    life.api.send(life.draft(OFFER).provider_id)

    life.later()

    assert state(life) is DraftState.WAITING
    assert life.problems() == {"draft-gone"}


@pytest.mark.parametrize("content", [None, "", "{", '{"drafts": {"r-1": {"a": 1}}}', "[]"])
def test_without_what_was_known_of_it_it_is_a_question(life, content):
    known = life.folder / "known.json"
    assert json.loads(known.read_text())["drafts"]
    assert known.stat().st_mode & 0o777 == 0o600
    known.unlink()
    if content is not None:
        known.write_text(content)
    life.api.send(life.draft(OFFER).provider_id)

    life.later()

    assert life.problems() == {"draft-gone"}

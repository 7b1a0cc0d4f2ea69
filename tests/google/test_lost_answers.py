"""A draft whose answer was lost, and what the person did with it before the next run."""

import pytest

from automations.model.records import DraftState
from google_emulator.faults import EVERY

OFFER = "offer:priya@corp.test:2026-03"


@pytest.fixture
def lost(mail_life):
    """Return a world where the draft was made and nobody was told."""
    life = mail_life
    life.api.write("Budget", to="priya@corp.test", body="As we said.")
    life.emulator.faults.put("gmail.users.drafts.create", EVERY["close-after"])
    life.run()
    assert life.recorded.claims != ()
    life.made = list(life.api.drafts)[-1]
    return life


@pytest.mark.parametrize("keeps_headers", [True, False])
@pytest.mark.parametrize(
    "change", [{}, {"text": "Hi Priya,\n\nShort.\n"}, {"subject": "Other words"}], ids=str
)
def test_one_edited_in_the_web_composer_is_known_again(lost, keeps_headers, change):
    life = lost
    life.api.keeps_headers = keeps_headers
    life.api.edit(life.made, **change)
    life.later()
    life.later()
    (draft,) = life.drafts(DraftState.WAITING)
    assert draft.provider_id == life.made
    assert len(life.api.drafts) == 2, "ours and the person's own"
    assert draft.subject == change.get("subject", draft.subject)
    assert life.later().results == ()


def test_one_that_was_sent_by_hand_is_not_made_again(lost):
    life = lost
    life.api.send(life.made)
    life.later()
    draft = life.draft(OFFER)
    assert (draft.state, draft.message_id[:3]) == (DraftState.SENT_ELSEWHERE, "<CA")
    assert draft.handed_over is not None
    life.later()
    assert len(life.api.sent) == 1
    assert len(life.api.drafts) == 1, "the person's own"


def test_one_that_was_discarded_is_made_once_more(lost):
    """Nobody can tell it from one that never came to be."""
    life = lost
    life.api.discard(life.made)
    life.later()
    (draft,) = life.drafts(DraftState.WAITING)
    assert len(life.api.drafts) == 2
    assert draft.provider_id in life.api.drafts


def test_a_draft_of_the_persons_own_written_since_is_not_taken_for_ours(lost):
    life = lost
    life.api.discard(life.made)
    mine = life.api.write("Lunch on Friday?", to="priya@corp.test", body="Shall we try the new place?")
    life.later()
    (draft,) = life.drafts(DraftState.WAITING)
    assert draft.provider_id != mine
    assert b"Lunch on Friday" in life.api.raw(mine)

"""An offer that ended unsent may be made again: by the person, or by a run where its boss was only out of the config."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from worlds import OMAR, POLICY, PRIYA

from automations.desk import review
from automations.desk.loop import draft_offer
from automations.errors import FaultClass, ProviderError, RefusedError
from automations.model.loop import Door, OfferIdea, OfferIdeaState, StageChoice
from automations.model.records import DraftState, LogEntry, Outcome
from automations.plan.offers import offer_key

MARCH, APRIL, MAY = (offer_key(PRIYA.id, f"2026-{month}") for month in ("03", "04", "05"))


def offers(life, key=MARCH):
    return [draft for draft in life.recorded.drafts if draft.key == key]


def at(life, *wall):
    life.clock.instant = datetime(*wall, tzinfo=UTC)


def offer_new(life):
    return draft_offer(life.bench, lambda _: life.holidays, "priya")


def leave_and_come_back(life):
    life.change(bosses=())
    life.run()
    life.change(bosses=(PRIYA,))


def test_a_discarded_offer_is_written_anew_by_hand_and_by_no_run(life):
    life.run()
    review.discard(life.bench, life.draft(MARCH), "")
    life.run()
    assert [draft.state for draft in offers(life)] == [DraftState.DISCARDED]

    made = offer_new(life)

    old, new = offers(life)
    assert (old.state, new.state, new.id) == (DraftState.DISCARDED, DraftState.WAITING, made.id)
    assert old.id != new.id
    assert old.body_text != new.body_text
    assert list(life.copies()) == [new.provider_id]
    assert life.run().results == ()


def test_an_offer_that_expired_is_written_anew_by_hand(life):
    at(life, 2026, 3, 26, 8)
    life.run()
    ended = replace(
        life.draft(MARCH), expires=life.clock.now() + timedelta(hours=1), rev=life.draft(MARCH).rev + 1
    )
    life.journal.record(
        LogEntry("ann@corp.test", life.clock.now(), "test", MARCH, Outcome.DONE, ""), (ended,)
    )
    life.clock.go(hours=2)
    life.run()
    assert life.draft(MARCH).state is DraftState.EXPIRED

    offer_new(life)

    assert life.draft(MARCH).state is DraftState.WAITING
    assert life.draft(MARCH).expires == datetime(2026, 4, 30, 22, tzinfo=UTC), "it is the first one still"
    at(life, 2026, 4, 6, 12)
    life.run()
    assert offers(life, APRIL) == []


@pytest.mark.parametrize("went", ["waits", "handed over", "sent"])
def test_an_offer_that_stands_or_went_is_made_once_a_month(life, went):
    life.run()
    if went == "handed over":
        life.approve(MARCH)
    if went == "sent":
        life.send(MARCH)

    with pytest.raises(RefusedError, match="is there already"):
        offer_new(life)

    assert len(offers(life)) == 1


def test_an_offer_written_anew_and_sent_stands_for_its_month(life):
    life.run()
    review.discard(life.bench, life.draft(MARCH), "")
    offer_new(life)
    life.send(MARCH)

    with pytest.raises(RefusedError, match="is there already"):
        offer_new(life)
    at(life, 2026, 4, 6, 12)
    life.run()

    assert [draft.state for draft in offers(life)] == [DraftState.DISCARDED, DraftState.SENT_ELSEWHERE]
    assert len(offers(life, APRIL)) == 1


def test_a_boss_who_was_out_of_the_config_for_a_run_is_offered_the_same_again(life):
    life.run()
    leave_and_come_back(life)
    assert life.draft(MARCH).state is DraftState.SUPERSEDED

    life.run()

    old, new = offers(life)
    assert (old.state, new.state) == (DraftState.SUPERSEDED, DraftState.WAITING)
    assert (new.subject, new.body_text) == (old.subject, old.body_text)
    assert list(life.copies()) == [new.provider_id]
    assert life.run().results == ()


def test_a_boss_who_is_back_is_offered_no_sooner_than_it_is_due(kept):
    kept.run()
    at(kept, 2026, 4, 6, 12)
    kept.run()
    leave_and_come_back(kept)
    kept.change(offers=replace(POLICY.offers, due_day=15))
    kept.run()
    assert [draft.state for draft in offers(kept, APRIL)] == [DraftState.SUPERSEDED]
    at(kept, 2026, 4, 15, 12)

    kept.run()

    assert [draft.state for draft in offers(kept, APRIL)] == [DraftState.SUPERSEDED, DraftState.WAITING]


def test_an_offer_discarded_after_its_boss_was_back_stays_so(kept):
    kept.run()
    leave_and_come_back(kept)
    kept.run()
    review.discard(kept.bench, kept.draft(MARCH), "")

    kept.run()

    assert [draft.state for draft in offers(kept)] == [DraftState.SUPERSEDED, DraftState.DISCARDED]


def test_an_offer_put_aside_keeps_nobody_waiting_for_the_next(kept):
    quarterly = replace(PRIYA, every_months=3)
    kept.change(bosses=(quarterly, OMAR))
    kept.run()
    kept.change(bosses=(OMAR,))
    kept.run()
    at(kept, 2026, 5, 6, 12)
    kept.change(bosses=(quarterly, OMAR))

    kept.run()

    assert [draft.state for draft in offers(kept, MARCH)] == [DraftState.SUPERSEDED]
    assert [draft.state for draft in offers(kept, MAY)] == [DraftState.WAITING]


def test_a_boss_who_is_back_is_suggested_the_entry_that_was_not_offered(life):
    facts = {"noticed": "3 of 5 pages", "cost": "a day", "by": "2026-03-27", "changes": "nothing"}
    now = life.clock.now()
    entry = OfferIdea(
        "O1", "ann@corp.test", "merge the two rotas", "improvement", Door.TWO_WAY, now, facts=facts
    )
    choice = StageChoice("S1", "ann@corp.test", PRIYA.id, "suggest", "she asked me to", now)
    life.journal.record(LogEntry("ann@corp.test", now, "test", "O1", Outcome.DONE, ""), (entry, choice))
    life.run()
    assert life.draft(MARCH).template == "offer-suggest"
    leave_and_come_back(life)

    life.run()

    assert [draft.template for draft in offers(life)] == ["offer-suggest"] * 2
    (used,) = life.recorded.offer_ideas
    assert (used.state, used.used_for) == (OfferIdeaState.USED, MARCH)


def test_the_reminder_of_an_offer_comes_again_with_its_boss(life):
    life.run()
    life.send(MARCH)
    at(life, 2026, 3, 16, 12)
    life.run()
    reminder = MARCH.replace("offer:", "follow-up:")
    assert life.draft(reminder).state is DraftState.WAITING
    leave_and_come_back(life)
    assert life.draft(reminder).state is DraftState.SUPERSEDED

    life.run()

    assert [draft.state for draft in offers(life, reminder)] == [DraftState.SUPERSEDED, DraftState.WAITING]
    assert len(offers(life)) == 1, "the offer itself went, and is made once"


def test_a_removal_that_nobody_knows_the_end_of_is_not_that_of_the_mail_written_since(life, monkeypatch):
    life.run()
    old = life.draft(MARCH)
    fault = ProviderError("no answer", fault=FaultClass.AMBIGUOUS)
    with monkeypatch.context() as patched:
        patched.setattr(life.mailbox, "delete", lambda *_, **__: (_ for _ in ()).throw(fault))
        with pytest.raises(ProviderError):
            review.discard(life.bench, old, "")
    assert [claim.kind for claim in life.recorded.claims] == ["remove-copy"]
    new = offer_new(life)
    life.delete_copy(old)

    life.run()

    assert life.recorded.claims == ()
    assert [(d.state, d.provider_id) for d in offers(life)] == [
        (DraftState.DISCARDED, ""),
        (DraftState.WAITING, new.provider_id),
    ]
    assert list(life.copies()) == [new.provider_id]

"""Offers over the months: when they are due, what they need, and when they give way."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from worlds import OMAR, POLICY, PRIYA

from automations.errors import ExitCode
from automations.model.policy import OffersPolicy
from automations.model.records import DraftState, RunOutcome

MARCH, APRIL, MAY = (f"offer:{PRIYA.id}:2026-{month}" for month in ("03", "04", "05"))


def offers(life):
    return [draft.key for draft in life.recorded.drafts if draft.kind == "offer"]


def at(life, *wall):
    life.clock.instant = datetime(*wall, tzinfo=UTC)


def test_the_first_offer_does_not_wait_for_the_due_day_and_later_ones_do(life):
    life.change(offers=replace(POLICY.offers, due_day=10))
    life.run()
    assert offers(life) == [MARCH]
    at(life, 2026, 4, 9, 12)
    life.run()
    assert offers(life) == [MARCH]
    at(life, 2026, 4, 9, 22, 30)  # 10 April, 00:30 in Berlin

    life.run()

    assert offers(life) == [MARCH, APRIL]


def test_the_due_day_gives_way_to_weekends_and_holidays(life):
    life.run()
    life.holidays = {date(2026, 5, 1): "Labour Day", date(2026, 5, 4): "made up"}
    life.change(invention=replace(POLICY.invention, country="DE"))
    at(life, 2026, 5, 4, 12)
    life.run()
    assert offers(life) == [MARCH]  # April was never run
    at(life, 2026, 5, 5, 12)

    life.run()

    assert offers(life) == [MARCH, MAY]


def test_a_quarterly_offer_comes_every_third_month(kept):
    kept.change(bosses=(replace(PRIYA, every_months=3), OMAR))
    for month in range(3, 13):
        at(kept, 2026, month, 6, 12)
        kept.run()

    months = [key.rsplit(":", 1)[1] for key in offers(kept) if PRIYA.id in key]
    assert months == ["2026-03", "2026-06", "2026-09", "2026-12"]
    assert sum(OMAR.id in key for key in offers(kept)) == 10


def test_missing_facts_are_asked_for_and_the_offer_comes_when_they_are_there(life):
    life.change(offers=OffersPolicy(ideas=("take over the rota",)))
    report = life.run()
    assert offers(life) == []
    assert report.exit_code is ExitCode.DONE, "what waits for the person's facts is not partly done"
    assert report.outcome is RunOutcome.OK
    (problem,) = report.notices.told
    assert (problem.code, problem.subject) == ("offer-needs-facts", PRIYA.id)
    assert "offers.ideas" in problem.what
    assert "offers.on_track" in problem.what
    assert life.run().notices.told == ()

    life.change(offers=POLICY.offers)
    report = life.run()

    assert offers(life) == [MARCH]
    assert report.notices.recovered == ()
    assert [problem.code for problem in report.notices.ended] == ["offer-needs-facts"]
    assert report.exit_code is ExitCode.DONE


def test_no_offer_is_drafted_while_an_incident_is_open(life):
    life.open_incident()
    life.run()
    assert offers(life) == []
    life.resolve_incident()

    life.run()

    assert offers(life) == [MARCH]


def test_a_question_that_was_not_looked_at_stands_and_is_no_recovery(life):
    life.change(offers=OffersPolicy())
    life.run()
    life.open_incident()

    report = life.run()

    assert life.problems() == {"offer-needs-facts"}
    assert (report.notices.told, report.notices.ended) == ((), ())


def test_the_log_says_when_a_problem_began_and_when_it_was_over(life):
    life.change(offers=OffersPolicy())
    first = life.run().run.id
    life.run()
    life.change(offers=POLICY.offers)
    last = life.run().run.id

    lines = [(e.subject, e.outcome, e.run) for e in life.log if e.kind == "problem"]
    assert lines == [(PRIYA.id, "standing", first), (PRIYA.id, "over", last)]


def test_an_offer_nobody_sent_is_over_with_its_month_and_its_file_goes(life):
    life.run()
    at(life, 2026, 3, 31, 21, 59)
    assert life.run("offers").results == ()
    at(life, 2026, 3, 31, 22, 0)  # April in Berlin

    life.run()

    assert life.draft(MARCH).state is DraftState.EXPIRED
    assert [MARCH not in key for key in life.waiting()] == [True]
    assert len(life.copies()) == 1


def test_an_offer_that_was_discarded_is_not_drafted_again_that_month(life):
    life.run()
    life.delete_copy(life.draft(MARCH))
    life.run()
    assert life.draft(MARCH).state is DraftState.DISCARDED

    for _ in range(3):
        life.clock.go(days=1)
        life.run()

    assert offers(life) == [MARCH]
    assert life.copies() == {}


def test_a_first_offer_of_the_last_days_of_a_month_is_that_of_the_next(life):
    at(life, 2026, 3, 31, 12)
    life.run()
    assert offers(life) == [MARCH]
    at(life, 2026, 4, 1, 12)
    life.run()
    assert offers(life) == [MARCH]
    assert life.waiting() == [MARCH], "it does not lapse the day after it was written"
    at(life, 2026, 5, 4, 12)

    life.run()

    assert offers(life) == [MARCH, MAY]
    assert life.draft(MARCH).state is DraftState.EXPIRED


@pytest.mark.parametrize("bosses", [(), (replace(PRIYA, email="priya@new.test"),)])
def test_an_unsent_offer_to_who_is_no_boss_any_more_is_closed(life, bosses):
    life.run()
    life.change(bosses=bosses)

    life.run()

    assert life.draft(MARCH).state is DraftState.SUPERSEDED
    assert life.draft(MARCH).reason == "this boss is no longer in the config"
    assert len(life.copies()) == len(bosses)
    assert life.run().results == ()


def test_an_offer_handed_over_stays_when_the_boss_leaves(life):
    life.run()
    life.approve(MARCH)
    life.change(bosses=())
    life.run()
    assert life.draft(MARCH).state is DraftState.APPROVED


def test_no_offer_repeats_one_of_the_last_three_even_with_two_ideas(kept):
    kept.change(offers=replace(POLICY.offers, ideas=POLICY.offers.ideas[:2]))
    for month in range(3, 10):
        at(kept, 2026, month, 6, 12)
        kept.run()

    texts = [re.sub(r"\d+ \w{3}", "", draft.body_text) for draft in kept.recorded.drafts]
    assert len(texts) == 7
    assert all(len(set(texts[n : n + 3])) == 3 for n in range(5))


@pytest.mark.parametrize("turns", [3])
def test_wordings_and_ideas_turn_from_one_offer_to_the_next(kept, turns):
    for month in range(3, 3 + turns):
        at(kept, 2026, month, 6, 12)
        kept.run()

    texts = [draft.body_text for draft in kept.recorded.drafts]
    assert len(set(texts)) == turns

"""Notices: each thing that waits is told of once, at a decent hour, without a word of a mail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from worlds import PRIYA

from automations.desk import review
from automations.errors import ExitCode, FaultClass, ProviderError

OFFER = f"offer:{PRIYA.id}:2026-03"


class Desktop:
    def __init__(self):
        self.shown = []
        self.fault = None

    def notify(self, title, body):
        if self.fault is not None:
            raise self.fault
        self.shown.append((title, body))


@pytest.fixture
def told(kept):
    kept.notifier = Desktop()
    return kept


def bodies(life):
    return [body for _, body in life.notifier.shown]


def test_a_draft_is_told_of_once(told):
    report = told.run()
    assert bodies(told) == ["1 mail waits for you. magicloop review"]
    assert [result.kind for result in report.results][-1] == "give-notice"
    told.clock.go(days=1)
    told.run()
    assert len(told.notifier.shown) == 1
    assert told.run().results == ()


def test_a_notice_has_no_word_of_a_mail_and_no_name(told):
    told.run()
    told.open_incident()
    told.clock.go(minutes=1)
    told.settle()
    draft = told.draft(OFFER)
    said = " ".join(bodies(told))
    for word in ("Priya", "priya@", draft.subject, "checkout", "http"):
        assert word not in said


def test_at_night_only_incidents_ring(told):
    told.clock.instant = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    report = told.run()
    assert bodies(told) == []
    assert report.due <= datetime(2026, 3, 2, 8, 0, tzinfo=UTC), "09:00 in Berlin"
    told.open_incident()
    told.settle()
    assert len(bodies(told)) == 1
    told.clock.instant = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    told.run()
    assert bodies(told)[-1].startswith("2 mails wait") or "mails wait" in bodies(told)[-1]


def test_a_promise_that_nears_is_told_of(told):
    told.run()
    told.open_incident()
    told.settle()
    said = len(bodies(told))
    told.clock.go(minutes=14)
    assert told.run().due <= told.clock.now() + timedelta(minutes=1)
    assert len(bodies(told)) == said
    told.clock.go(minutes=1)
    told.run()
    assert bodies(told)[-1] == "INC-1: its next mail is due in 15 min. magicloop review"
    told.run()
    assert len(bodies(told)) == said + 1
    told.clock.go(minutes=15)
    told.settle()
    assert any(body.startswith("INC-1 update 1 is overdue.") for body in bodies(told))


def test_what_was_not_shown_is_tried_again(told):
    told.notifier.fault = ProviderError("no bus", fault=FaultClass.TRANSIENT)
    told.run()
    assert told.recorded.nudges == ()
    told.notifier.fault = None
    told.clock.go(minutes=15)
    told.run()
    assert bodies(told) == ["1 mail waits for you. magicloop review"]


def test_what_is_put_off_or_done_is_not_told_of(told):
    told.notifier.fault = ProviderError("no bus", fault=FaultClass.TRANSIENT)
    told.run()
    review.discard(told.bench, told.draft(OFFER), "")
    told.notifier.fault = None
    told.run()
    assert bodies(told) == []


def test_a_draft_that_was_approved_did_not_go_and_waits_again_is_told_of_again_once(told):
    told.let_send().fault = ProviderError("try later", fault=FaultClass.TRANSIENT)
    told.run()
    for number in (2, 3):
        told.approve(OFFER)
        for _ in range(7 * 24):
            told.clock.go(hours=1)
            told.run()
        assert told.draft(OFFER).reason == "the approval ran out after 72 hours"
        assert bodies(told) == ["1 mail waits for you. magicloop review"] * number


def test_without_a_notifier_nothing_is_remembered(kept):
    kept.run()
    assert kept.recorded.nudges == ()
    assert replace(kept.world, notifier=None) == kept.world


NO_BUS = ProviderError("there is no desktop", fault=FaultClass.PERMANENT)


def test_a_notice_that_failed_stands_through_the_night_until_one_can_be_given(told):
    told.notifier.fault = NO_BUS
    assert told.run().exit_code is ExitCode.PARTIAL
    told.clock.go(hours=10)
    evening = told.run()
    assert (evening.exit_code, evening.notices.recovered) == (ExitCode.PARTIAL, ())
    told.clock.instant = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    told.notifier.fault = None
    morning = told.run()
    assert [problem.code for problem in morning.notices.recovered] == ["give-notice-failed"]
    assert bodies(told) == ["1 mail waits for you. magicloop review"]


def test_a_notice_that_failed_and_that_nothing_needs_is_over_after_a_day_without_a_word(told):
    told.notifier.fault = NO_BUS
    told.run()
    review.discard(told.bench, told.draft(OFFER), "no")
    told.clock.go(hours=23)
    assert told.run().exit_code is ExitCode.PARTIAL
    told.clock.go(hours=2)
    report = told.run()
    assert (told.problems(), report.notices.recovered) == (set(), ())

"""What a person hears of an approved mail that did not go: never that all is well."""

from datetime import timedelta

import pytest
from worlds import PRIYA

from automations.errors import ExitCode, FaultClass, ProviderError
from automations.model.records import DraftState

OFFER = f"offer:{PRIYA.id}:2026-03"
REFUSED = ProviderError("no such user", fault=FaultClass.PERMANENT)
WRONG = ProviderError("the password is wrong", fault=FaultClass.NEEDS_SIGN_IN)


@pytest.fixture
def approved(life):
    life.let_send()
    life.run()
    life.approve(OFFER)
    life.clock.go(minutes=15)
    return life


def test_a_mail_that_was_refused_is_not_told_to_be_well_again(approved):
    approved.sender.fault = REFUSED
    assert [problem.code for problem in approved.run().notices.told] == ["send-draft-failed"]
    assert approved.run().notices.recovered == ()


def test_a_mail_that_went_at_last_is(approved):
    approved.sender.fault = WRONG
    approved.run()
    approved.sender.fault = None
    assert [problem.code for problem in approved.run().notices.recovered] == ["send-draft-failed"]


def test_an_approval_that_ran_out_is_asked_about_until_the_person_looks(approved):
    approved.sender.fault = WRONG
    approved.run()
    approved.clock.go(hours=72)
    assert approved.run().notices.recovered == ()
    report = approved.run()

    assert approved.draft(OFFER).state is DraftState.WAITING
    assert report.exit_code is ExitCode.PARTIAL
    (problem,) = report.notices.told
    assert (problem.code, problem.subject) == ("approval-lapsed", OFFER)
    assert problem.what.endswith("was approved and did not go: the approval ran out after 72 hours")
    assert f"magicloop review {approved.draft(OFFER).id[:6]}" in problem.fix
    approved.clock.go(hours=1)
    assert approved.run().notices.told == ()

    approved.sender.fault = None
    approved.approve(OFFER)
    approved.clock.go(minutes=15)
    report = approved.run()
    assert (report.notices.standing, report.notices.recovered) == ((), ())
    assert len(approved.sender.sent) == 1
    assert approved.clock.now() - approved.recorded.attempts[-1].at < timedelta(minutes=1)

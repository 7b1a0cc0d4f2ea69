"""A draft that is gone from a mailbox: sent by hand where that is known, a question where it is not."""

from dataclasses import replace

import pytest

from automations.desk import review
from automations.errors import FaultClass, ProviderError, RefusedError
from automations.model.records import DraftState, Severity
from automations.model.seen import SentMail
from automations.providers.memory_mail import MemoryMailbox


class Vanishing(MemoryMailbox):
    """A mailbox whose drafts can go; `sent` and `unsure` hold what it then says of them."""

    def __init__(self):
        super().__init__()
        self.sent, self.unsure = frozenset(), frozenset()

    def fetch_drafts(self, provider_ids, refs=None):
        asked = frozenset(provider_ids)
        seen = super().fetch_drafts(tuple(asked - self.sent - self.unsure), refs)
        return replace(seen, sent={one: SentMail() for one in asked & self.sent}, unsure=asked & self.unsure)


@pytest.fixture
def life(kept):
    kept.mailbox = Vanishing()
    kept.run()
    return kept


def the_draft(life):
    return life.drafts()[0]


def test_a_draft_sent_by_hand_ends_as_sent_elsewhere(life):
    life.mailbox.sent = frozenset({the_draft(life).provider_id})

    life.run()

    assert the_draft(life).state is DraftState.SENT_ELSEWHERE


@pytest.mark.parametrize(
    ("sent", "state"), [(True, DraftState.SENT_ELSEWHERE), (False, DraftState.DISCARDED)]
)
def test_a_draft_that_is_gone_is_asked_about_once_and_the_answer_ends_it(life, sent, state):
    life.mailbox.unsure = frozenset({the_draft(life).provider_id})

    first, again = life.run(), life.run()

    assert the_draft(life).state is DraftState.WAITING
    asked = [problem for problem in again.notices.standing if problem.code == "draft-gone"]
    assert [(problem.severity, "--sent" in problem.fix) for problem in asked] == [(Severity.ASK, True)]
    assert [problem.code for problem in first.notices.told] == ["draft-gone"]
    assert again.notices.told == ()
    review.resolve(life.bench, the_draft(life), sent=sent)
    assert the_draft(life).state is state
    assert "draft-gone" not in [problem.code for problem in life.run().notices.standing]


def test_a_draft_that_is_there_is_not_resolved(life):
    with pytest.raises(RefusedError, match="nothing to resolve"):
        review.resolve(life.bench, the_draft(life), sent=True)


@pytest.mark.parametrize(
    ("fault", "code"), [(FaultClass.NEEDS_SIGN_IN, 4), (FaultClass.TRANSIENT, 8), (FaultClass.PERMANENT, 3)]
)
def test_the_exit_code_tells_what_kind_of_failure_hides_the_drafts(life, fault, code):
    life.mailbox.fault = ProviderError("out of order", fault=fault, fix="mend it")

    report = life.run()

    assert report.exit_code == code
    assert the_draft(life).state is DraftState.WAITING

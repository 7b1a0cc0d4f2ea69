from datetime import UTC, datetime, timedelta

import pytest

from automations.model.loop import Answer, AnswerKind
from automations.model.policy import Boss, Me, Policy
from automations.model.records import Cycle, Recorded
from automations.model.seen import Seen
from automations.plan.quarterly import plan_quarterly

PRIYA = Boss("Priya Raman", "priya@corp.test")
POLICY = Policy(me=Me("Ann Smith", "ann@corp.test", "Europe/Berlin"), bosses=(PRIYA,))
SAID = datetime(2028, 8, 2, 18, 30, tzinfo=UTC)
DAYS = timedelta(days=90)
KEY = "standing:priya@corp.test:2028-Q4"


def planned(now, kind=AnswerKind.SOLID):
    cycle = Cycle("ann@corp.test", PRIYA.id, "2028-07", SAID)
    answer = Answer("A1", "ann@corp.test", PRIYA.id, "", kind, "as I said", SAID)
    return plan_quarterly(POLICY, now, Seen(), Recorded("ann@corp.test", cycles=(cycle,), answers=(answer,)))


def test_a_run_looks_again_when_the_last_word_on_the_work_is_old():
    """Else the question of a quarter waited for another reason to look, at a month's end for two weeks."""
    decided = planned(SAID + DAYS - timedelta(hours=2))

    assert decided.actions == ()
    assert decided.due == (SAID + DAYS,)


@pytest.mark.parametrize(("late", "keys"), [(timedelta(minutes=-1), []), (timedelta(), [KEY])])
def test_the_work_is_asked_after_once_no_word_in_ninety_days_is_left(late, keys):
    assert [action.key for action in planned(SAID + DAYS + late).actions] == keys

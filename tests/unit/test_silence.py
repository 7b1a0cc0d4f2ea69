"""The numbers of a silence stand in two places that cannot share them, and hang on the schedule's."""

from datetime import timedelta

from automations.compose.schedule import MINUTES
from automations.plan.silence import ALLOWED
from automations.store import idle


def test_the_fast_path_and_the_plan_agree_on_what_is_a_silence():
    assert idle.SILENCE == ALLOWED


def test_one_call_may_be_late_and_one_may_be_missed():
    assert timedelta(minutes=2 * MINUTES, seconds=60) < ALLOWED

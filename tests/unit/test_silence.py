"""What counts as a silence; its numbers stand in two places that cannot share them, and hang on the schedule's."""

from datetime import UTC, datetime, timedelta

import pytest

from automations.compose.schedule import MINUTES
from automations.model.uptime import Uptime
from automations.plan.silence import ALLOWED, silence_since
from automations.store import idle


def test_the_fast_path_and_the_plan_agree_on_what_is_a_silence():
    assert idle.SILENCE == ALLOWED


def test_one_call_may_be_late_and_one_may_be_missed():
    assert timedelta(minutes=2 * MINUTES, seconds=60) < ALLOWED


HOUR = 3600.0


@pytest.mark.parametrize(
    ("then", "now", "hours", "awake"),
    [
        (Uptime(5 * HOUR, "a"), Uptime(7 * HOUR, "a"), 9, 2),
        (Uptime(5 * HOUR, "a"), Uptime(14 * HOUR, "a"), 9, 9),
        (Uptime(5 * HOUR, "a"), Uptime(7 * HOUR, "b"), 9, 7),  # started anew, and up for longer than before
        (Uptime(5 * HOUR, "a"), Uptime(1 * HOUR, "b"), 9, 1),
        (
            Uptime(5 * HOUR, "a"),
            Uptime(900 * HOUR, "b"),
            9,
            9,
        ),  # another machine: no more than the clock says
        (Uptime(5 * HOUR), Uptime(7 * HOUR, "b"), 9, 2),  # of a journal that did not keep it yet
        (Uptime(5 * HOUR), Uptime(1 * HOUR), 9, 1),  # no names, but less than then: started anew
        (Uptime(5 * HOUR, "a"), Uptime(20 * HOUR, "a"), 9, 9),  # the clock was set back
        (None, Uptime(7 * HOUR, "a"), 9, None),
        (Uptime(5 * HOUR, "a"), None, 9, None),
    ],
)
def test_the_time_awake_is_counted_from_one_start(then, now, hours, awake):
    begin = datetime(2026, 11, 3, 8, tzinfo=UTC)

    silence = silence_since(begin, then, begin + timedelta(hours=hours), now)

    assert silence.awake == (None if awake is None else timedelta(hours=awake))
    assert silence.stopped == (awake is not None)

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from automations.model.records import Problem, Severity
from automations.plan.notices import next_reminder, plan_notices

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL = Problem("ann", "create-draft-failed", "offer:x", Severity.ERROR, "the disk is full", "/d", "free", NOW)


def after(hours, problem=FULL, known=FULL, done=()):
    """Tell of a problem at nine, look again some hours later; return those notices."""
    first = plan_notices((), (known,), NOW)
    return plan_notices(first.standing, (problem,) if problem else (), NOW + hours * HOUR, done=done)


def test_a_new_problem_is_told_at_once():
    notices = plan_notices((), (FULL,), NOW)
    assert [(problem.since, problem.reported) for problem in notices.told] == [(NOW, NOW)]
    assert notices.standing == notices.told


@pytest.mark.parametrize(("hours", "times"), [(0, 0), (1, 0), (23.9, 0), (24, 1), (-3, 0)])
def test_one_that_lasts_is_told_again_once_a_day(hours, times):
    notices = after(hours, replace(FULL, since=NOW + hours * HOUR))
    assert len(notices.told) == times
    assert [problem.since for problem in notices.standing] == [NOW]


def test_what_began_at_different_hours_comes_to_be_one_reminder_a_day():
    found = [replace(FULL, subject=f"offer:{hour}", since=NOW + hour * HOUR) for hour in (0, 5, 9, 13, 22)]
    standing, told = (), {}
    for hour in range(24 * 5):
        here = tuple(each for each in found if each.since <= NOW + hour * HOUR)
        notices = plan_notices(standing, here, NOW + hour * HOUR)
        standing = notices.standing
        if notices.told:
            told[hour] = len(notices.told)

    last_days = {hour: number for hour, number in told.items() if hour >= 48}
    assert list(last_days.values()) == [5, 5, 5]
    assert {later - hour for hour, later in zip(last_days, list(last_days)[1:], strict=False)} == {24}


@pytest.mark.parametrize(
    ("severity", "days"),
    [
        (Severity.ERROR, [*range(36)]),
        (Severity.ASK, [*range(36)]),
        (Severity.WARNING, [*range(15), 21, 28, 35]),
    ],
)
def test_a_warning_that_nobody_answers_for_two_weeks_is_told_once_a_week(severity, days):
    problem, standing, told = replace(FULL, severity=severity), (), []
    for hour in range(24 * 36):
        notices = plan_notices(standing, (problem,), NOW + hour * HOUR)
        standing = notices.standing
        told += [hour / 24] if notices.told else []
        assert next_reminder(standing) > NOW + hour * HOUR
    assert told == days


def test_a_long_known_warning_is_not_told_along_with_what_is_told_each_day():
    found = (replace(FULL, severity=Severity.WARNING), replace(FULL, subject="offer:y"))
    standing, told = (), []
    for day in range(22):
        notices = plan_notices(standing, found, NOW + day * 24 * HOUR)
        standing = notices.standing
        told.append(len(notices.told))
    assert told == [2] * 15 + [1] * 6 + [2]


def test_new_words_for_the_same_problem_stand_but_are_not_told_again():
    notices = after(1, replace(FULL, what="the disk is still full"))
    assert notices.told == ()
    assert [problem.what for problem in notices.standing] == ["the disk is still full"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (Severity.WARNING, Severity.ASK, True),
        (Severity.ASK, Severity.ERROR, True),
        (Severity.ERROR, Severity.SIGN_IN, True),
        (Severity.ERROR, Severity.ASK, False),
        (Severity.ASK, Severity.ASK, False),
    ],
)
def test_a_problem_that_got_worse_is_told_again(old, new, told):
    notices = after(1, replace(FULL, severity=new), replace(FULL, severity=old))
    assert bool(notices.told) is told


def test_what_only_has_to_wait_is_told_after_a_day():
    offline = replace(FULL, severity=Severity.TEMPORARY)
    assert plan_notices((), (offline,), NOW).told == ()
    assert after(23, offline, offline).told == ()
    assert len(after(24, offline, offline).told) == 1


def test_a_problem_told_of_is_told_to_be_well_again_once():
    done = [("create-draft", "offer:x")]
    assert [problem.key for problem in after(1, None, done=done).recovered] == [FULL.key]
    assert after(1, None, done=done).standing == ()
    offline = replace(FULL, severity=Severity.TEMPORARY)
    assert after(1, None, offline, done=done).recovered == (), "nobody heard of it"


@pytest.mark.parametrize("done", [[], [("send-draft", "offer:x")], [("create-draft", "offer:y")]])
def test_what_failed_and_is_no_longer_tried_is_not_told_to_be_well_again(done):
    notices = after(1, None, done=done)
    assert (notices.standing, notices.recovered) == ((), ())
    assert [problem.key for problem in notices.ended] == [FULL.key]


def test_only_the_end_of_a_failure_is_news():
    asked = replace(FULL, code="offer-needs-facts")
    notices = after(1, None, asked)
    assert notices.recovered == ()
    assert [problem.code for problem in notices.ended] == ["offer-needs-facts"]


def test_a_problem_begins_once_for_the_log():
    assert len(plan_notices((), (FULL,), NOW).begun) == 1
    assert after(24, FULL).begun == ()
    assert after(24, FULL).told != ()


def test_a_thing_with_another_problem_is_not_well():
    due = replace(FULL, code="update-due", subject="INC-1 update 2")
    notices = after(1, replace(due, code="update-overdue"), due)
    assert [problem.code for problem in notices.told] == ["update-overdue"]
    assert notices.recovered == ()


def test_the_same_problem_found_twice_stands_once():
    notices = plan_notices((), (FULL, replace(FULL, what="again")), NOW)
    assert [problem.what for problem in notices.standing] == ["the disk is full"]


def test_the_next_reminder_is_the_first_of_all():
    offline = replace(FULL, severity=Severity.TEMPORARY, code="other", since=NOW - HOUR)
    standing = plan_notices((), (FULL, offline), NOW).standing
    assert next_reminder(standing) == NOW + 23 * HOUR
    assert next_reminder(()) is None

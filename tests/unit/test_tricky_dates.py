"""The table of tricky dates: one test for each row, named by its number."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from automations.config.load import parse
from automations.errors import ConfigError, PlanRefusedError
from automations.model.policy import InventionPolicy, Me, Policy, WeekWindow
from automations.model.records import Block, BlockState, Problem, Recorded, Run, Severity
from automations.model.seen import OwnBlocks, Seen, SeenBlock, Span
from automations.model.wake import RunTimes
from automations.plan.actions import BookBlock, CloseBlock
from automations.plan.business_days import (
    clamped_day,
    first_business_day,
    last_business_day,
    nth_business_day,
    nth_weekday,
    shift_to_business_day,
)
from automations.plan.clock_check import check_runs, check_server
from automations.plan.decided import standing
from automations.plan.invention import plan_invention
from automations.plan.zones import (
    add_months,
    approval_expiry,
    block_end,
    check_zone,
    in_hours,
    local,
    month_of,
    resolve_wall,
    say_when,
)

NEW_YORK = "America/New_York"
MONDAY, FRIDAY = 0, 4
DEPLOY = Path(__file__).parents[2] / "deploy"


def row(number, *cases):
    """Name cases after their row of the table."""
    return [
        pytest.param(*case, id=f"row-{number:02d}" + (f"-{n}" if len(cases) > 1 else ""))
        for n, case in enumerate(cases, 1)
    ]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def wall(instant, zone):
    return local(instant, zone).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("zone", "day", "at", "shown", "instant", "note"),
    [
        *row(
            1,
            (
                NEW_YORK,
                date(2026, 3, 8),
                time(2, 30),
                "2026-03-08T03:30-04:00",
                utc(2026, 3, 8, 7, 30),
                "moved to 03:30, 02:30 does not exist on Sun 8 Mar 2026",
            ),
        ),
        *row(
            2,
            (
                NEW_YORK,
                date(2026, 11, 1),
                time(1, 30),
                "2026-11-01T01:30-04:00",
                utc(2026, 11, 1, 5, 30),
                "01:30 comes twice on Sun 1 Nov 2026; the first is taken",
            ),
        ),
        *row(
            3,
            (
                "Europe/London",
                date(2026, 3, 29),
                time(1, 30),
                "2026-03-29T02:30+01:00",
                utc(2026, 3, 29, 1, 30),
                "moved to 02:30, 01:30 does not exist on Sun 29 Mar 2026",
            ),
            (
                "Europe/London",
                date(2026, 10, 25),
                time(1, 30),
                "2026-10-25T01:30+01:00",
                utc(2026, 10, 25, 0, 30),
                "01:30 comes twice on Sun 25 Oct 2026; the first is taken",
            ),
        ),
        *row(
            4,
            (
                "Europe/Berlin",
                date(2027, 3, 28),
                time(2, 30),
                "2027-03-28T03:30+02:00",
                utc(2027, 3, 28, 1, 30),
                "moved to 03:30, 02:30 does not exist on Sun 28 Mar 2027",
            ),
            (
                "Europe/Berlin",
                date(2026, 10, 25),
                time(2, 30),
                "2026-10-25T02:30+02:00",
                utc(2026, 10, 25, 0, 30),
                "02:30 comes twice on Sun 25 Oct 2026; the first is taken",
            ),
        ),
        *row(
            5,
            (
                "Australia/Lord_Howe",
                date(2026, 10, 4),
                time(2, 15),
                "2026-10-04T02:45+11:00",
                utc(2026, 10, 3, 15, 45),
                "moved to 02:45, 02:15 does not exist on Sun 4 Oct 2026",
            ),
            (
                "Australia/Lord_Howe",
                date(2026, 4, 5),
                time(1, 45),
                "2026-04-05T01:45+11:00",
                utc(2026, 4, 4, 14, 45),
                "01:45 comes twice on Sun 5 Apr 2026; the first is taken",
            ),
        ),
        *row(
            6,
            (
                "Africa/Cairo",
                date(2026, 4, 24),
                time(0, 30),
                "2026-04-24T01:30+03:00",
                utc(2026, 4, 23, 22, 30),
                "moved to 01:30, 00:30 does not exist on Fri 24 Apr 2026",
            ),
        ),
        *row(
            7,
            (
                "America/Santiago",
                date(2026, 9, 6),
                time(0, 30),
                "2026-09-06T01:30-03:00",
                utc(2026, 9, 6, 4, 30),
                "moved to 01:30, 00:30 does not exist on Sun 6 Sep 2026",
            ),
            (
                "America/Santiago",
                date(2026, 4, 4),
                time(23, 30),
                "2026-04-04T23:30-03:00",
                utc(2026, 4, 5, 2, 30),
                "23:30 comes twice on Sat 4 Apr 2026; the first is taken",
            ),
        ),
        *row(
            8,
            (
                "Africa/Casablanca",
                date(2026, 3, 22),
                time(2, 30),
                "2026-03-22T03:30+01:00",
                utc(2026, 3, 22, 2, 30),
                "moved to 03:30, 02:30 does not exist on Sun 22 Mar 2026",
            ),
            (
                "Africa/Casablanca",
                date(2026, 2, 15),
                time(2, 30),
                "2026-02-15T02:30+01:00",
                utc(2026, 2, 15, 1, 30),
                "02:30 comes twice on Sun 15 Feb 2026; the first is taken",
            ),
        ),
        *row(
            9,
            (
                "Pacific/Chatham",
                date(2026, 9, 27),
                time(3, 0),
                "2026-09-27T04:00+13:45",
                utc(2026, 9, 26, 14, 15),
                "moved to 04:00, 03:00 does not exist on Sun 27 Sep 2026",
            ),
        ),
        *row(
            10,
            (
                "Pacific/Apia",
                date(2011, 12, 30),
                time(10),
                "2011-12-31T10:00+14:00",
                utc(2011, 12, 30, 20),
                "moved to Sat 31 Dec 2011, 10:00, 10:00 does not exist on Fri 30 Dec 2011",
            ),
        ),
        *row(
            11,
            (
                "America/Phoenix",
                date(2026, 3, 8),
                time(2, 30),
                "2026-03-08T02:30-07:00",
                utc(2026, 3, 8, 9, 30),
                "",
            ),
            (
                "Asia/Tehran",
                date(2026, 3, 22),
                time(0, 30),
                "2026-03-22T00:30+03:30",
                utc(2026, 3, 21, 21),
                "",
            ),
            (
                "America/Mexico_City",
                date(2026, 4, 5),
                time(2, 30),
                "2026-04-05T02:30-06:00",
                utc(2026, 4, 5, 8, 30),
                "",
            ),
        ),
    ],
)
def test_a_wall_time_becomes_one_instant(zone, day, at, shown, instant, note):
    resolved, said = resolve_wall(day, at, zone)
    assert resolved == instant
    assert resolved.tzinfo is UTC
    assert wall(resolved, zone) == shown
    assert said == note


@pytest.mark.parametrize("row_id", ["row-10"])
def test_the_month_is_the_one_asked_for(row_id):
    assert (
        month_of(resolve_wall(date(2011, 12, 30), time(10), "Pacific/Apia")[0], "Pacific/Apia") == "2011-12"
    )


@pytest.mark.parametrize(
    ("day", "at", "end", "month"),
    [
        *row(12, (date(2026, 3, 8), time(1), "2026-03-08T04:00-04:00", "2026-03")),
        *row(13, (date(2026, 11, 1), time(0, 30), "2026-11-01T01:30-05:00", "2026-11")),
        *row(14, (date(2026, 12, 31), time(23), "2027-01-01T01:00-05:00", "2026-12")),
    ],
)
def test_two_hours_are_two_real_hours(day, at, end, month):
    start = resolve_wall(day, at, NEW_YORK)[0]
    assert wall(block_end(start, 120), NEW_YORK) == end
    assert block_end(start, 120) - start == timedelta(hours=2)
    assert month_of(start, NEW_YORK) == month


@pytest.mark.parametrize(
    ("instant", "zone", "month"),
    [
        *row(15, (utc(2026, 6, 1, 3, 30), "America/Los_Angeles", "2026-05")),
        *row(
            16,
            (utc(2026, 6, 30, 23, 30), "Asia/Tokyo", "2026-07"),
            (utc(2025, 12, 31, 11), "Pacific/Kiritimati", "2026-01"),
        ),
        *row(
            17,
            (utc(2026, 1, 1, 0, 30), NEW_YORK, "2025-12"),
            (utc(2026, 10, 31, 11, 30), "Pacific/Auckland", "2026-11"),
        ),
    ],
)
def test_the_month_is_the_persons_own(instant, zone, month):
    assert month_of(instant, zone) == month


@pytest.mark.parametrize(
    ("day", "elsewhere", "shown"),
    [
        *row(18, (date(2026, 6, 10), "Asia/Tokyo", "2026-06-10T22:00+09:00")),
        *row(19, (date(2026, 6, 10), "Europe/Berlin", "2026-06-10T15:00+02:00")),
        *row(
            20,
            (date(2026, 3, 18), "Europe/London", "2026-03-18T13:00+00:00"),
            (date(2026, 6, 10), "Europe/London", "2026-06-10T14:00+01:00"),
        ),
    ],
)
def test_an_instant_stays_the_same_wherever_it_is_looked_at(day, elsewhere, shown):
    instant = resolve_wall(day, time(9), NEW_YORK)[0]
    assert wall(instant, elsewhere) == shown
    assert say_when(instant, NEW_YORK).endswith("09:00")


HOLIDAYS = {
    date(2026, 1, 1): "New Year's Day",
    date(2026, 1, 19): "Martin Luther King Jr. Day",
    date(2026, 9, 7): "Labor Day",
    date(2027, 1, 1): "New Year's Day",
    date(2027, 12, 31): "New Year's Day (observed)",
}


@pytest.mark.parametrize(
    ("found", "day"),
    [
        *row(
            21,
            (first_business_day("2026-08", HOLIDAYS), date(2026, 8, 3)),
            (first_business_day("2026-11", HOLIDAYS), date(2026, 11, 2)),
            (first_business_day("2027-01", HOLIDAYS), date(2027, 1, 4)),
        ),
        *row(
            22,
            (last_business_day("2026-02", HOLIDAYS), date(2026, 2, 27)),
            (last_business_day("2026-10", HOLIDAYS), date(2026, 10, 30)),
            (last_business_day("2027-12", HOLIDAYS), date(2027, 12, 30)),
        ),
        *row(
            23,
            (nth_weekday("2026-01", FRIDAY, 5), date(2026, 1, 30)),
            (nth_weekday("2026-02", FRIDAY, 5), date(2026, 2, 27)),
        ),
        *row(24, (shift_to_business_day(nth_weekday("2026-09", MONDAY, 1), HOLIDAYS), date(2026, 9, 8))),
        *row(
            25,
            *(
                (clamped_day(month, 31), date(*day))
                for month, day in (
                    ("2026-04", (2026, 4, 30)),
                    ("2026-06", (2026, 6, 30)),
                    ("2026-09", (2026, 9, 30)),
                    ("2026-11", (2026, 11, 30)),
                    ("2026-02", (2026, 2, 28)),
                    ("2028-02", (2028, 2, 29)),
                )
            ),
        ),
        *row(
            26,
            (clamped_day("2027-02", 29), date(2027, 2, 28)),
            (clamped_day("2028-02", 29), date(2028, 2, 29)),
            (clamped_day("2100-02", 29), date(2100, 2, 28)),
        ),
        *row(
            27,
            (nth_business_day("2026-01", 10, HOLIDAYS), date(2026, 1, 15)),
            (nth_business_day("2026-01", 10, {}), date(2026, 1, 14)),
        ),
        *row(28, (clamped_day(add_months("2026-01", 1), 31), date(2026, 2, 28))),
    ],
)
def test_a_rule_names_a_day_of_its_own_month(found, day):
    assert found == day


@pytest.mark.parametrize(
    ("start", "instant", "shown"),
    [
        *row(29, ((date(2026, 10, 31), time(23, 30)), utc(2026, 11, 1, 7, 30), "2026-11-01T02:30-05:00")),
        *row(30, ((date(2026, 3, 7), time(23, 30)), utc(2026, 3, 8, 8, 30), "2026-03-08T04:30-04:00")),
    ],
)
def test_in_four_hours_means_four_real_hours(start, instant, shown):
    due = in_hours(resolve_wall(*start, NEW_YORK)[0], 4)
    assert due == instant
    assert wall(due, NEW_YORK) == shown


@pytest.mark.parametrize("row_id", ["row-31"])
def test_an_approval_lapses_after_72_real_hours(row_id):
    given = resolve_wall(date(2026, 10, 31), time(20), NEW_YORK)[0]
    assert approval_expiry(given) == utc(2026, 11, 4)
    assert wall(approval_expiry(given), NEW_YORK) == "2026-11-03T19:00-05:00"


def policy(months_ahead=0):
    hours = tuple(WeekWindow(day, time(9), time(17)) for day in range(5))
    rules = InventionPolicy(working_hours=hours, months_ahead=months_ahead)
    return Policy(me=Me("Ada", "ada@example.org", NEW_YORK), invention=rules)


def away(first, now):
    """Plan after a time without runs and without any block."""
    ada = policy()
    recorded = Recorded(
        ada.person, first_run=Run(1, ada.person, first, first), last_run=Run(2, ada.person, first, first)
    )
    return plan_invention(ada, now, Seen(), recorded)


@pytest.mark.parametrize("row_id", ["row-32"])
def test_a_month_that_ended_without_a_run_is_missed_and_not_made_up(row_id):
    decided = away(utc(2026, 2, 27, 13), utc(2026, 3, 3, 15))
    missed, booked = decided.actions
    assert isinstance(missed, CloseBlock)
    assert (missed.block.month, missed.block.state, missed.first) == ("2026-02", BlockState.MISSED, True)
    assert missed.block.span is None
    assert isinstance(booked, BookBlock)
    assert booked.block.month == "2026-03"
    assert booked.block.target.start >= utc(2026, 3, 5, 15)


@pytest.mark.parametrize("row_id", ["row-33"])
def test_three_months_away_are_three_missed_months_and_one_block(row_id):
    decided = away(utc(2026, 1, 20, 13), utc(2026, 4, 2, 13))
    assert [(action.kind, action.block.month) for action in decided.actions] == [
        ("close-block", "2026-01"),
        ("close-block", "2026-02"),
        ("close-block", "2026-03"),
        ("book-block", "2026-04"),
    ]
    reasons = {action.block.month: action.reason for action in decided.actions}
    assert reasons["2026-02"] == reasons["2026-03"] == "no run that month"
    assert reasons["2026-01"] != "no run that month"


LAST = utc(2026, 6, 10, 12)


def check(now, last, server):
    check_server(now, server)
    check_runs(now, RunTimes(last))


@pytest.mark.parametrize(
    ("now", "server"),
    [
        *row(
            34,
            (utc(1970, 1, 1), None),
            (utc(2027, 6, 10), LAST),
            (LAST + timedelta(minutes=6), LAST),
            (LAST - timedelta(hours=25, minutes=1), None),
        ),
    ],
)
def test_a_clock_that_cannot_be_right_decides_nothing(now, server):
    with pytest.raises(PlanRefusedError) as caught:
        check(now, LAST, server)
    assert "\n" not in str(caught.value)
    assert f"{now:%Y-%m-%d}" in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("now", "last", "server"),
    [
        *row(
            34,
            (utc(2027, 6, 10), LAST, None),
            (LAST, LAST, LAST + timedelta(minutes=5)),
            (LAST - timedelta(hours=25), LAST, None),
            (utc(1970, 1, 1), None, None),
        ),
    ],
)
def test_a_clock_that_may_be_right_is_believed(now, last, server):
    check(now, last, server)


@pytest.mark.parametrize("row_id", ["row-35"])
def test_a_clock_set_back_repeats_nothing(row_id):
    now = utc(2026, 3, 3, 15)
    ada = policy(months_ahead=1)
    first = plan_invention(ada, now, Seen(), Recorded(ada.person))
    kept = tuple(
        Block(b.id, b.person, b.month, 1, BlockState.BOOKED, 2, span=b.target, zone=b.zone)
        for b in (action.block for action in first.actions)
    )
    seen = Seen(blocks=OwnBlocks({b.id: SeenBlock(b.id, b.span, "") for b in kept}))
    earlier = now - timedelta(hours=2)
    check(earlier, now, None)
    assert plan_invention(ada, earlier, seen, Recorded(ada.person, blocks=kept)).actions == ()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        *row(
            36,
            ("GMT+5", "Etc/GMT-5"),
            ("america/new_york", "America/New_York"),
            (" UTC", "UTC"),
            ("Mars/Phobos", "such as Europe/Berlin"),
            ("", "such as Europe/Berlin"),
            ("../../etc/passwd", "such as Europe/Berlin"),
            ("localtime", "such as Europe/Berlin"),
            ("Europe", "did you mean"),
            ("a\x00b", "such as Europe/Berlin"),
        ),
    ],
)
def test_what_is_no_zone_gets_one_clear_line(name, hint):
    with pytest.raises(ValueError, match="is not an IANA time zone") as caught:
        check_zone(name)
    assert hint in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "warning"),
    [*row(36, ("Etc/GMT+5", "means UTC-5"), ("Etc/GMT-14", "means UTC+14"), ("EST", "no summer time"))],
)
def test_a_zone_that_is_not_what_it_seems_is_taken_with_a_warning(name, warning):
    accepted, said = check_zone(name)
    assert accepted == name
    assert warning in said


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/UTC", "America/Port-au-Prince"]
)
@pytest.mark.parametrize("row_id", ["row-36"])
def test_a_plain_zone_has_no_warning(row_id, name):
    assert check_zone(name) == (name, "")


@pytest.mark.parametrize(
    ("name", "good"),
    [
        *row(36, ("GMT+5", False), ("america/new_york", False), (" UTC", False), ("Mars/Phobos", False)),
        *row(36, ("", False), ("../../etc/passwd", False), ("Etc/GMT+5", True), ("EST", True)),
    ],
)
def test_a_config_takes_the_zones_there_are_and_no_others(name, good):
    text = f'[me]\nname = "Sam"\nemail = "sam@example.com"\ntimezone = "{name}"\n'.encode()
    if good:
        loaded = parse(text, "config.toml", "data")
        assert loaded.policy.me.zone == name
        assert any(name in note for note in loaded.notes)
        return
    with pytest.raises(ConfigError) as caught:
        parse(text, "config.toml", "data")
    assert [problem.key for problem in caught.value.problems] == ["me.timezone"]


@pytest.mark.parametrize("row_id", ["row-37"])
def test_instants_are_compared_in_utc_only(row_id):
    here = ZoneInfo(NEW_YORK)
    first = datetime(2026, 11, 1, 1, 30, tzinfo=here)
    second = first.replace(fold=1)
    assert first == second, "this is what wall time says"
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    start = resolve_wall(date(2026, 11, 1), time(1, 30), NEW_YORK)[0]
    assert block_end(start, 60) != start
    assert Span(start, block_end(start, 60)).length == timedelta(hours=1)
    assert say_when(Span(start, block_end(start, 60)), NEW_YORK) == "Sun 1 Nov 2026, 01:30 EDT-01:30 EST"


@pytest.mark.parametrize("row_id", ["row-38"])
def test_the_timer_comes_every_quarter_of_an_hour_so_that_no_skipped_hour_matters(row_id):
    cron = [line for line in (DEPLOY / "crontab").read_text().splitlines() if re.match(r"[*\d]", line)]
    assert len(cron) == 1
    assert cron[0].split()[:5] == ["*/15", "*", "*", "*", "*"]
    timer = (DEPLOY / "systemd" / "magicloop.timer").read_text()
    assert re.findall(r"^OnCalendar=(.*)$", timer, re.MULTILINE) == ["*:0/15"]


def test_a_problem_keeps_when_it_was_first_seen():
    since = utc(2026, 3, 1)
    old = Problem("ada@example.org", "no-slot", "2026-03", Severity.ASK, "old words", "", "", since, since, 4)
    recorded = Recorded("ada@example.org", problems=(old,))
    again = standing(
        recorded, utc(2026, 3, 9), code="no-slot", subject="2026-03", severity=Severity.ASK, what="new words"
    )
    assert (again.since, again.reported, again.what) == (since, since, "new words")
    other = standing(
        recorded, utc(2026, 3, 9), code="no-slot", subject="2026-04", severity=Severity.ASK, what="x"
    )
    assert (other.since, other.reported) == (utc(2026, 3, 9), None)


def test_every_row_of_the_table_is_here():
    text = Path(__file__).read_text()
    rows = {int(number) for number in re.findall(r"\brow(?:\(|-)\s*(\d+)", text)}
    assert rows >= set(range(1, 39))

"""A run was made by a clock that was far ahead: what is said of it, and the way out that a person confirms."""

import json

import pytest

from automations.clock import SystemClock

CURE = "magicloop run --clock-is-right"
AHEAD = "2099-06-01T08:00:00Z"
OPEN = ("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of EU orders fail",
        "--now", "rolling back", "--next", "verify the error rate",
        "--audience", "exec:boss@example.com")  # fmt: skip
RIGHT = "2026-11-04T08:00:00Z"
DAY = 24 * 3600
QUARTER = 15 * 60


def ran_ahead(frozen, magicloop):
    """Make runs of the year 2099, one with nothing due among them, and set the clock right."""
    frozen.move_to(AHEAD)
    for _ in range(3):
        assert magicloop("run").exit_code in (0, 3)
        frozen.tick(QUARTER)
    frozen.move_to(RIGHT)


def doctor(magicloop):
    done = magicloop("doctor", "--json")
    (row,) = [row for row in json.loads(done.stdout)["rows"] if row["name"] == "clock"]
    return done.exit_code, row


@pytest.mark.parametrize("ran_before", [True, False])
def test_a_clock_that_is_right_is_believed_once_a_person_says_so(
    frozen, own, magicloop, read, tree, ran_before
):
    if ran_before:
        magicloop("run")
    ran_ahead(frozen, magicloop)
    for _ in range(2):
        frozen.tick(QUARTER)
        refused = magicloop("run", "--report")
        assert refused.exit_code == 8
        assert CURE in refused.stdout
        assert "timedatectl" in refused.stdout
    before = tree(own.data)
    shown = magicloop("run", "--dry-run", "--clock-is-right")
    assert shown.exit_code == 0, shown.output
    assert "A run now would" in shown.stdout
    assert {name for name in tree(own.data) if "journal" not in name} == {
        name for name in before if "journal" not in name
    }

    done = magicloop("run", "--clock-is-right", "--json")

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["refusal"] is None
    assert told["run"]["started"] == "2026-11-04T09:30:00+01:00"
    assert ran_before or {"book-block", "create-draft"} <= {action["kind"] for action in told["actions"]}
    for _ in range(3):
        frozen.tick(QUARTER)
        again = magicloop("run")
        assert (again.exit_code, again.stdout) == (0, "")
    code, row = doctor(magicloop)
    assert (code, row["state"]) == (0, "ok")
    status = read("status")
    assert status["last_run"]["started"] < status["last_look"] == "2026-11-04T10:15:00+01:00"
    assert status["next_due"] < "2026-12"
    assert magicloop("status", "--alive").exit_code == 0
    assert magicloop("log", "verify").exit_code == 0
    lines = read("log")["entries"]
    (believed,) = [line for line in lines if line["kind"] == "clock"]
    assert believed["outcome"] == "believed"
    assert "2099-06-01" in believed["detail"]
    assert [line["at"][:4] for line in lines][-1] == "2026"


def test_the_cure_is_over_with_its_run_and_the_next_jump_is_refused_again(frozen, own, magicloop):
    ran_ahead(frozen, magicloop)
    magicloop("run", "--clock-is-right")
    frozen.move_to("2026-10-01T08:00:00Z")

    assert magicloop("run").exit_code == 8


def test_where_nothing_is_wrong_it_is_an_ordinary_run(frozen, own, magicloop, read):
    assert magicloop("run", "--clock-is-right").exit_code == 0
    assert magicloop("run", "--clock-is-right").exit_code == 0
    assert [line for line in read("log")["entries"] if line["kind"] == "clock"] == []


def test_silence_is_seen_again_after_the_clock_was_ahead(frozen, own, magicloop, monkeypatch):
    monkeypatch.setattr(SystemClock, "uptime", lambda self: None)  # a system that does not tell
    magicloop("run")
    ran_ahead(frozen, magicloop)
    magicloop("run", "--clock-is-right")
    frozen.tick(4 * DAY)

    assert magicloop("status", "--alive").exit_code == 1
    rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]
    assert {"schedule": "error"}.items() <= {row["name"]: row["state"] for row in rows}.items()


def test_what_was_told_by_the_clock_ahead_is_told_again_by_the_right_one(frozen, own, magicloop):
    own.calendar.write_text("this is no calendar", encoding="utf-8")
    ran_ahead(frozen, magicloop)

    told = magicloop("run", "--clock-is-right")
    frozen.tick(QUARTER)
    silent = magicloop("run")
    frozen.tick(DAY)
    reminded = magicloop("run")

    assert str(own.calendar) in told.stderr
    assert silent.output == ""
    assert str(own.calendar) in reminded.stderr
    assert "since Wed 4 Nov" in reminded.stderr


def test_an_incident_opened_under_a_refused_clock_names_the_cure_and_is_drafted_by_it(
    frozen, own, magicloop, read
):
    ran_ahead(frozen, magicloop)
    opened = magicloop(*OPEN)

    assert opened.exit_code == 8, opened.output
    assert CURE in opened.stderr
    magicloop("run", "--clock-is-right")
    keys = [draft["key"] for draft in read("draft", "list")["drafts"]]
    assert any(key.startswith("incident:") for key in keys)


def test_the_doctor_judges_by_the_run_that_the_refusal_is_judged_by(frozen, own, magicloop):
    magicloop("run")
    ran_ahead(frozen, magicloop)
    for _ in range(2):
        assert magicloop("run").exit_code == 8
        code, row = doctor(magicloop)
        assert (code, row["state"]) == (1, "error")
        assert CURE in row["fix"]
        assert "timedatectl" in row["fix"]
        assert "2099-06-01" in row["what"]
        frozen.tick(QUARTER)

"""A run under a clock that was far ahead: once the clock is right, no month is lost by it."""

import json


def months(magicloop):
    return {
        each["month"]: each["state"]
        for each in json.loads(magicloop("invention", "list", "--json").stdout)["blocks"]
    }


def test_months_that_a_clock_ahead_ended_are_booked_when_they_are_due(magicloop, own, frozen):
    assert magicloop("run").exit_code == 0
    before = months(magicloop)
    assert before == {"2026-11": "booked", "2026-12": "booked"}

    frozen.move_to("2027-12-08T08:00:00Z")
    for _ in range(3):
        magicloop("run")
    assert months(magicloop)["2027-01"] == "missed"

    frozen.move_to("2026-11-04T08:00:00Z")
    refused = magicloop("run")
    assert (refused.exit_code, "clock" in refused.stderr) == (8, True)
    frozen.move_to("2026-11-05T09:00:00Z")
    for _ in range(3):
        magicloop("run")
    assert months(magicloop)["2026-12"] == "booked"
    assert "it was ended under a clock that was ahead" in magicloop("log", "-n", "50").stdout

    frozen.move_to("2026-12-02T09:00:00Z")
    for _ in range(3):
        magicloop("run")
    assert months(magicloop)["2027-01"] == "booked"
    assert own.blocks.read_text().count("BEGIN:VEVENT") == len(
        [state for state in months(magicloop).values() if state in ("booked", "held")]
    )

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


def drafts(read, key="offer:priya@example.com:2026-11"):
    return [each for each in read("draft", "list", "--all")["drafts"] if each["key"] == key]


def test_a_mail_that_a_clock_ahead_ended_waits_again_and_nobody_approved_it(magicloop, read, own, frozen):
    magicloop("run")
    (before,) = drafts(read)
    magicloop("draft", "edit", before["id"], "--subject", "Can I take something over?")
    (before,) = drafts(read)
    magicloop("draft", "snooze", before["id"], "--until", "2026-11-10")
    frozen.move_to("2026-12-13T08:00:00Z")
    magicloop("run")
    assert [each["state"] for each in drafts(read)] == ["expired"]

    frozen.move_to("2026-11-03T08:30:00Z")
    told = magicloop("run", "--clock-is-right", "--report").stdout

    old, new = drafts(read)
    assert "opened again" in told
    assert (old["state"], new["state"]) == ("expired", "waiting")
    assert (new["subject"], new["hash"], new["expires"]) == (
        before["subject"],
        before["hash"],
        before["expires"],
    )
    assert magicloop("draft", "list").stdout.count("put off") == 1
    assert magicloop("draft", "approve", new["id"], "--hash", before["hash"]).exit_code == 0
    copies = [path for path in own.drafts.glob("*.eml") if new["id"][:6] in path.name]
    assert len(copies) == 1
    frozen.tick(900)
    assert magicloop("run", "--report").stdout.startswith("Nothing to do")
    assert [each["state"] for each in drafts(read)] == ["expired", "approved"]


def test_an_approval_from_before_the_clock_was_ahead_does_not_come_back(magicloop, read, own, frozen):
    config = own.config.read_text().replace(
        "[calendar]",
        '[mail]\nmode = "approve"\n[smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n[calendar]',
    )
    own.config.write_text(config)
    magicloop("run")
    (before,) = drafts(read)
    assert magicloop("draft", "approve", before["id"], "--hash", before["hash"]).exit_code == 0
    frozen.move_to("2026-12-13T08:00:00Z")
    magicloop("run")
    assert [each["state"] for each in drafts(read)] == ["expired"]

    frozen.move_to("2026-11-03T08:30:00Z")
    magicloop("run", "--clock-is-right")
    frozen.tick(900)
    magicloop("run")

    assert [each["state"] for each in drafts(read)] == ["expired", "waiting"]


def test_offers_out_of_order_are_reminded_of_and_answered_by_when_they_went(magicloop, read, own, frozen):
    magicloop("run")
    frozen.move_to("2026-12-13T08:00:00Z")
    magicloop("run")  # ends the offer of November, and makes that of December
    frozen.move_to("2026-11-03T08:30:00Z")
    magicloop("run", "--clock-is-right")
    reminders = []
    for month, day in (("2026-11", 16), ("2026-12", 14)):
        frozen.move_to(f"{month}-03T09:00:00Z")
        magicloop("run")
        offer = drafts(read, f"offer:priya@example.com:{month}")[-1]
        magicloop("draft", "approve", offer["id"], "--hash", offer["hash"])
        magicloop("draft", "resolve", offer["id"], "--sent")
        frozen.move_to(f"{month}-{day}T09:00:00Z")
        magicloop("run")
        reminders.append(len(drafts(read, f"follow-up:priya@example.com:{month}")))

    assert reminders == [1, 1]
    magicloop("offer", "answer", "priya", "--text", "no need, thank you", "--no-need")
    answered = [each["subject"] for each in read("log")["entries"] if each["kind"] == "answer-offer"]
    assert answered == ["offer:priya@example.com:2026-12"]


def test_the_months_turn_that_a_clock_ahead_closed_goes_on(magicloop, read, own, frozen):
    magicloop("run")
    frozen.move_to("2026-12-13T08:00:00Z")
    magicloop("run")
    frozen.move_to("2026-11-03T08:30:00Z")
    magicloop("run", "--clock-is-right")

    last = [each for each in read("log")["entries"] if each["kind"] == "open-cycle"][-1]
    assert last["subject"] == "priya@example.com 2026-11"
    assert last["detail"] == "it was ended under a clock that was ahead"
    frozen.tick(900)
    assert magicloop("run", "--report").stdout.startswith("Nothing to do")

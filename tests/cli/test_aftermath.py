"""After an incident at the command line: the review, the people, rest, checks and trust notes; and launches."""

import pytest

pytestmark = pytest.mark.usefixtures("frozen", "own")

REVIEW = ("--root-cause", "A deploy dropped an index.", "--change", "Deploys run the slow queries first.",
          "--owner", "Dana Novak", "--by", "2026-11-20")  # fmt: skip


@pytest.fixture
def over(magicloop, frozen, own):
    """Open an incident, resolve it two hours later without a root cause."""
    del own
    magicloop(
        "incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of EU orders failed"
    )
    frozen.tick(2 * 3600)
    assert magicloop("incident", "resolve", "1", "--verified", "No error for an hour.").exit_code == 0


def keys(read, start):
    return [each["key"] for each in read("draft", "list")["drafts"] if each["key"].startswith(start)]


def problems(read):
    return {each["code"]: each for each in read("status")["problems"]}


@pytest.mark.usefixtures("over")
def test_a_root_cause_left_open_is_asked_for_again_until_the_review_is_whole(magicloop, read):
    magicloop("run")
    asked = problems(read)["review-due"]
    assert "is due Tue 10 Nov 2026; it still needs root cause, change, owner, by" in asked["what"]
    assert asked["fix"].startswith('magicloop incident review INC-1 --root-cause "..."')
    assert keys(read, "review:") == []

    part = magicloop("incident", "review", "1", "--root-cause", "A deploy dropped an index.")
    assert "still needed: change, owner, by" in part.stderr
    whole = magicloop("incident", "review", "1", *REVIEW[2:])

    assert whole.exit_code == 0
    assert keys(read, "review:") == ["review:INC-1:exec"]
    assert "review-due" not in problems(read)
    (mail,) = [each for each in read("draft", "list")["drafts"] if each["key"].startswith("review:")]
    assert mail["words"] <= 250
    assert [each for each in mail["lint"] if each["severity"] == "error"] == []
    assert mail["subject"] == "[SEV2] EU checkout errors (INC-1)"


@pytest.mark.usefixtures("over")
def test_the_change_is_checked_after_30_and_90_days(magicloop, read, frozen):
    magicloop("incident", "review", "1", *REVIEW)
    frozen.move_to("2026-12-02T12:00:00Z")
    magicloop("run")
    assert "rule-check" not in problems(read)
    frozen.move_to("2026-12-04T12:00:00Z")
    magicloop("run")
    assert "30 days after INC-1" in problems(read)["rule-check"]["what"]
    magicloop("incident", "check", "1", "--slipped", "--note", "skipped twice")
    magicloop("run")
    assert "slipped: put it right" in problems(read)["rule-check"]["what"]
    magicloop("incident", "check", "1", "--held")
    magicloop("run")
    assert "rule-check" not in problems(read)
    early = magicloop("incident", "check", "1", "--held")
    assert (early.exit_code, "too early to tell" in early.stderr) == (1, True)
    frozen.move_to("2027-02-03T12:00:00Z")
    magicloop("run")
    assert "90 days after INC-1" in problems(read)["rule-check"]["what"]
    magicloop("incident", "check", "1", "--held")

    again = magicloop("incident", "check", "1", "--held")

    assert again.exit_code == 1
    assert "both checks of INC-1 are answered" in again.stderr


@pytest.mark.usefixtures("over")
def test_four_weekly_trust_notes_and_then_no_more(magicloop, read, frozen):
    magicloop("incident", "review", "1", *REVIEW)
    made = []
    for week in range(1, 8):
        frozen.tick(7 * 24 * 3600 + 60)
        magicloop("run")
        if week <= 4:
            assert "trust-needs-facts" in problems(read)
        magicloop("incident", "progress", "1", f"{week * 2} slow queries are checked now")
        made = [each["key"] for each in read("draft", "list", "--all")["drafts"] if "trust:" in each["key"]]
        assert len(made) == min(week, 4)
    assert sorted(made) == [f"trust:INC-1:{number}" for number in range(1, 5)]


@pytest.mark.usefixtures("over")
def test_an_incident_opened_again_has_a_review_of_its_own(magicloop, read, frozen):
    magicloop("incident", "review", "1", *REVIEW)
    assert keys(read, "review:") == ["review:INC-1:exec"]
    frozen.tick(3600)
    magicloop("incident", "update", "1", "--phase", "investigating", "--changed", "It is back.")
    magicloop("run")
    assert keys(read, "review:") == []
    frozen.tick(3600)
    magicloop("incident", "resolve", "1", "--verified", "No error for an hour.")
    magicloop("run")
    assert "still needs root cause" in problems(read)["review-due"]["what"]

    magicloop("incident", "review", "1", *REVIEW)

    assert keys(read, "review:") == ["review:INC-1:exec:2"]


@pytest.mark.usefixtures("over")
def test_who_was_let_down_gets_a_line_with_a_free_quarter_of_an_hour(magicloop, read):
    done = magicloop("incident", "face", "1", "Omar Diaz", "omar@example.com")

    assert done.exit_code == 0
    (mail,) = [each for each in read("draft", "list")["drafts"] if each["key"].startswith("in-person:")]
    shown = read("draft", "show", mail["id"])
    assert "fifteen minutes on Wed 4 Nov 09:00-09:15 CET" in shown["body_text"]
    assert shown["to"] == ["omar@example.com"]


@pytest.mark.usefixtures("over")
def test_the_note_to_a_junior_is_seen_nowhere_but_in_its_own_draft(magicloop, read):
    done = magicloop(
        "incident", "junior", "1", "Zoltan Quill", "zq@example.com", "--thanks", "You found it fast."
    )

    assert done.exit_code == 0
    (mail,) = [each for each in read("draft", "list")["drafts"] if each["kind"] == "private"]
    assert (mail["to"], mail["cc"]) == (["zq@example.com"], [])
    assert 40 <= mail["words"] <= 70
    assert "zoltan" not in mail["why"].lower()
    for words in (
        ("incident", "show", "1"),
        ("incident", "list"),
        ("log",),
        ("status",),
        ("boss", "list"),
        ("plan",),
    ):
        for told in (magicloop(*words), magicloop(*words, "--json")):
            assert "zoltan" not in (told.stdout + told.stderr).lower(), words
            assert "quill" not in (told.stdout + told.stderr).lower(), words


def test_past_eight_hours_it_is_asked_who_takes_over(magicloop, read, frozen):
    magicloop(
        "incident", "open", "EU checkout errors", "--severity", "3", "--impact", "12% of EU orders fail"
    )
    frozen.tick(7 * 3600)
    magicloop("run")
    assert "incident-rest" not in problems(read)
    frozen.tick(3600)
    magicloop("run")
    assert "who takes over" in problems(read)["incident-rest"]["what"]

    magicloop("incident", "rest", "1", "--plan", "Omar from 18:00, I am back at 07:00")
    magicloop("run")

    assert "incident-rest" not in problems(read)


def test_a_launch_is_a_bet_that_an_incident_is_tied_to(magicloop, read, over):
    del over
    checked = magicloop("launch", "check", "voice checkout", "--day", "2026-11-20", "--headline", "Orders lost",
                        "--undo", "a switch", "--disagrees", "Omar", "--tested", "12 shops", "--gamble")  # fmt: skip
    tied = magicloop("launch", "tie", "L1", "1")

    assert (checked.exit_code, tied.exit_code) == (0, 0)
    assert "You say it is a gamble." in checked.stdout
    (launch,) = read("launch", "list")["launches"]
    assert (launch["id"], launch["gamble"], launch["incident"]) == ("L1", True, "INC-1")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("incident", "review", "7"), 2, "no incident called '7'"),
        (("incident", "review", "1"), 2, "the review needs root cause, change, owner, by"),
        (("incident", "review", "1", "--by", "2026-11-01"), 2, "is over"),
        (("incident", "check", "1", "--held"), 1, "no reviewed change"),
        (("incident", "check", "1"), 2, "say whether it is held"),
        (("incident", "face", "1", "Omar", "omar"), 2, "omar"),
        (("incident", "rest", "1"), 2, "say who takes over"),
        (("incident", "progress", "1", ""), 2, "say what was done"),
        (("launch", "check", "x", "--day", "2026-12-01", "--no-gamble"), 2, "not answered"),
        (("launch", "check", "x", "--day", "2026-12-01"), 2, "say whether you are gambling"),
        (("launch", "tie", "L1", "1"), 2, "no launch called 'L1'"),
    ],
)
@pytest.mark.usefixtures("over")
def test_bad_input_is_one_clear_error(magicloop, words, code, told):
    done = magicloop(*words)

    assert (done.exit_code, done.stdout) == (code, "")
    assert told in done.stderr
    assert "fix: " in done.stderr


def test_an_incident_that_goes_on_is_not_reviewed(magicloop):
    magicloop(
        "incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of EU orders fail"
    )

    refused = magicloop("incident", "review", "1", *REVIEW)

    assert refused.exit_code == 1
    assert "it is reviewed when it is over" in refused.stderr

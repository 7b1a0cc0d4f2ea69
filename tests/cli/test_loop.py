"""The loop at the command line: promises, answers, stages, the catalogue; and what bad input is told."""

import pytest

pytestmark = pytest.mark.usefixtures("frozen", "own")

FACTS = ("--noticed", "Releases wait 3 days.", "--cost", "two days of mine", "--by", "2026-12-10",
         "--changes", "you chase nobody")  # fmt: skip


def promises(read):
    return [
        (each["id"], each["due"], each["state"], each["text"]) for each in read("promise", "list")["promises"]
    ]


def test_a_promise_from_the_answer_to_the_closing_note(magicloop, read, frozen):
    magicloop("run")
    draft = read("draft", "list")["drafts"][0]
    magicloop("draft", "approve", draft["id"], "--hash", draft["hash"])
    magicloop("draft", "resolve", draft["id"], "--sent")

    answered = magicloop(
        "offer", "answer", "priya", "--text", "yes, the report", "--promise", "the report by Friday"
    )

    assert answered.exit_code == 0
    assert promises(read) == [("P1", "2026-11-06", "open", "the report")]
    assert read("promise", "list")["promises"][0]["source"] == draft["key"]
    step = read("boss", "list")["bosses"][0]["cycle"]
    assert step["step"] == "doing"
    assert [each["name"] for each in step["steps"] if each["at"]] == ["asked", "doing"]

    frozen.tick(3600)
    done = magicloop(
        "promise", "done", "p1", "--delivered", "the report, two pages", "--effect", "saves 3 hours a month"
    )

    assert done.exit_code == 0
    assert 'Drafted "Done: the report" to priya@example.com' in done.stdout
    note = next(each for each in read("draft", "list")["drafts"] if each["key"] == "closing:P1")
    assert 30 <= note["words"] <= 80
    assert read("boss", "list")["bosses"][0]["kept"] == 1


def test_a_kept_promise_without_its_effect_waits_for_it_and_says_how(magicloop, read):
    magicloop("promise", "add", "priya", "the report", "--due", "2026-11-06")

    done = magicloop("promise", "done", "P1")

    assert "lacks delivered and effect" in done.stderr
    assert 'magicloop promise done P1 --delivered "..." --effect "..."' in done.stderr
    assert not [each for each in read("draft", "list")["drafts"] if each["key"] == "closing:P1"]
    magicloop("promise", "done", "P1", "--delivered", "it", "--effect", "2 hours less")
    assert [each for each in read("draft", "list")["drafts"] if each["key"] == "closing:P1"]


def test_an_overdue_promise_is_told_of_everywhere(magicloop, read, frozen):
    magicloop("promise", "add", "priya", "the report by tomorrow")
    frozen.move_to("2026-11-05T08:00:00Z")
    magicloop("run")

    assert promises(read)[0][2] == "overdue"
    assert "promise-overdue" in [each["code"] for each in read("status")["problems"]]
    assert "overdue since Wed 4 Nov 2026: the report" in magicloop("status").stdout
    boss = read("boss", "list")["bosses"][0]
    assert (boss["withheld"]["code"], boss["overdue"]) == ("overdue", 1)
    assert "waits until P1 is dealt with" in magicloop("boss", "list").stdout
    assert [each["key"] for each in read("draft", "list")["drafts"]] == ["catch-up:P1"]


def test_an_offer_that_waits_cannot_be_approved_while_a_promise_is_overdue(magicloop, read, frozen):
    magicloop("run")
    draft = read("draft", "list")["drafts"][0]
    magicloop("promise", "add", "priya", "the report by tomorrow")
    frozen.move_to("2026-11-05T08:00:00Z")

    refused = magicloop("draft", "approve", draft["id"], "--hash", draft["hash"])

    assert refused.exit_code == 1
    assert "this offer waits until P1 is dealt with" in refused.stderr


def test_status_reminds_of_a_promise_before_its_date(magicloop, read):
    magicloop("run")
    magicloop("promise", "add", "priya", "the report by 2026-11-05")
    magicloop("promise", "add", "priya", "the far one by 2026-11-25")

    assert "P1 to priya@example.com" in magicloop("status").stdout
    assert "the far one" not in magicloop("status").stdout
    assert [each["id"] for each in read("status")["promises_near"]] == ["P1"]


def test_missed_and_dropped_promises_end_and_a_new_date_is_a_new_promise(magicloop, read):
    for text in ("one by Friday", "two by Friday"):
        magicloop("promise", "add", "priya", text)
    missed = magicloop("promise", "miss", "P1", "--new-date", "2026-11-20")
    dropped = magicloop("promise", "drop", "P2", "--reason", "no longer wanted")

    assert (missed.exit_code, dropped.exit_code) == (0, 0)
    assert {each[0]: each[2] for each in promises(read)} == {"P1": "missed", "P2": "dropped", "P3": "open"}
    again = magicloop("promise", "miss", "P1")
    assert again.exit_code == 1
    assert "P1 is missed already" in again.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("promise", "add", "prya", "x by Friday"), 2, "did you mean priya@example.com?"),
        (("promise", "add", "nobody@x.test", "x by Friday"), 2, "no boss called 'nobody@x.test'"),
        (("promise", "add", "priya", "the report"), 2, "has no date"),
        (("promise", "add", "priya", "the report by 2026-11-02"), 2, "is over"),
        (("promise", "add", "priya", "the report by whenever"), 2, "no time I can read"),
        (("promise", "add", "priya", "x by 9999-12-31"), 2, "more than ten years away"),
        (("loop", "pause", "--until", "9999-12-31"), 2, "more than ten years away"),
        (("promise", "add", "priya", "by Friday"), 2, "says what you will do"),
        (("promise", "add", "priya", ""), 2, "says what you will do"),
        (("promise", "done", "P9"), 2, "no promise called 'P9'"),
        (("promise", "drop", "P1"), 2, "no promise called 'P1'"),
        (("offer", "answer", "priya"), 2, "say what they answered"),
        (("offer", "answer", "priya", "--no-need", "--promise", "x by Friday"), 2, "do not go together"),
        (("boss", "stage", "priya", "suggest"), 2, "say why"),
        (("boss", "stage", "priya", "boast", "--reason", "x"), 2, "is no stage"),
        (("boss", "show", "omar"), 2, "no boss called 'omar'"),
        (("loop", "pause", "--until", "2026-11-02"), 2, "is over"),
        (("loop", "resume"), 1, "not paused"),
        (("offer", "idea", "add", "x", "--by", "2020-01-01"), 2, "is over"),
        (("offer", "idea", "add", "x", "--stop-by", "2020-01-01"), 2, "is over"),
        (("offer", "idea", "add", "x", "--stop-by", "soon"), 2, "no time I can read"),
        (("offer", "idea", "change", "O7", "--cost", "x"), 2, "no idea for an offer called 'O7'"),
        (("offer", "idea", "add", "x", "--goal", "fly"), 2, "is not one goal of the config"),
        (("boss", "received", "priya", ""), 2, "say what came back"),
    ],
)
def test_bad_input_is_one_clear_error_and_records_nothing(magicloop, read, words, code, told):
    done = magicloop(*words)

    assert (done.exit_code, done.stdout) == (code, "")
    assert told in done.stderr
    assert "fix: " in done.stderr
    assert read("log")["entries"] == []


def test_a_stage_raised_with_a_reason_suggests_from_the_catalogue(magicloop, read):
    raised = magicloop("boss", "stage", "priya", "suggest", "--reason", "she asked for proposals")
    magicloop("offer", "idea", "add", "cut the release delay", *FACTS)
    made = magicloop("offer", "new", "priya")

    assert "suggest (you raised it: she asked for proposals)" in raised.stdout
    assert 'Drafted "Proposal: cut the release delay"' in made.stdout
    assert read("offer", "idea", "list")["offer_ideas"][0]["state"] == "used"
    (offer,) = read("draft", "list")["drafts"]
    assert 60 <= offer["words"] <= 120
    again = magicloop("offer", "new", "priya")
    assert again.exit_code == 1
    assert "is there already" in again.stderr


def test_a_rule_that_forbids_an_offer_is_named(magicloop):
    magicloop("loop", "pause", "--until", "2026-12-31")

    refused = magicloop("offer", "new", "priya")

    assert refused.exit_code == 1
    assert "is paused until the end of Thu 31 Dec 2026" in refused.stderr
    assert magicloop("loop", "resume").exit_code == 0
    assert magicloop("offer", "new", "priya").exit_code == 0


def test_what_came_back_is_kept_and_its_absence_is_said_plainly(magicloop, read, own):
    with own.config.open("a", encoding="utf-8") as config:
        config.write('\n[[goal]]\ntext = "lead a project across two teams"\n')
    for number in range(1, 5):
        magicloop("promise", "add", "priya", f"thing {number} by Friday")
        magicloop("promise", "done", f"P{number}", "--delivered", "it", "--effect", "1 hour less")
    assert "4 promises kept in two quarters" in magicloop("boss", "show", "priya").stdout

    magicloop("boss", "received", "priya", "a seat in the planning", "--goal", "two teams")

    shown = read("boss", "show", "priya")
    assert shown["stage"] == "suggest"
    assert shown["reciprocity"]["warning"] is None
    assert shown["reciprocity"]["received"][0]["goal"] == "lead a project across two teams"

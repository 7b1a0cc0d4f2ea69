"""Incidents, blocks, ideas, bosses and the log, as a person works with them."""

import json
import os
from contextlib import closing
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from automations.cli.log_commands import log
from automations.cli.run_commands import AUTOMATIONS
from automations.clock import SystemClock
from automations.config.places import find_places
from automations.desk.ideas import add_idea
from automations.plan import cycle
from automations.wiring import Session

OPEN = ("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of EU orders fail",
        "--now", "rolling back", "--next", "verify the error rate")  # fmt: skip
AUDIENCE = ("--audience", "exec:boss@example.com")

pytestmark = pytest.mark.usefixtures("frozen", "own")


# --- incidents -----------------------------------------------------------------------------------


def test_an_incident_from_its_first_notice_to_its_end(magicloop, read, frozen):
    opened = magicloop(*OPEN, *AUDIENCE, "--audience", "tactical:ops@example.com,dev@example.com")
    assert opened.exit_code == 0
    assert opened.stdout.splitlines()[0] == "INC-1 is open, severity 2."
    assert opened.stdout.count("magicloop draft show") == 2

    frozen.tick(30 * 60)
    updated = magicloop("incident", "update", "1", "--phase", "identified", "--changed", "found the release",
                        "--now", "reverting", "--next", "watch the rate")  # fmt: skip
    assert updated.exit_code == 0
    assert updated.stdout.splitlines()[0] == "INC-1: update 2, identified."

    frozen.tick(30 * 60)
    ended = magicloop(
        "incident", "resolve", "inc-1", "--verified", "no error for 30 minutes", "--root-cause", "a flag"
    )
    assert ended.exit_code == 0
    (incident,) = read("incident", "list")["incidents"]
    assert (incident["phase"], incident["next_update_due"], incident["overdue"]) == ("resolved", None, False)
    assert [update["number"] for update in incident["updates"]] == [1, 2, 3]
    assert incident["updates"][1]["promised"] is None, "the first notice never went out"
    assert (incident["kept"], incident["missed"]) == (0, 0)
    shown = magicloop("incident", "show", "INC-1").stdout
    assert all(
        words in shown for words in ("12% of EU orders fail", "found the release", "no error for 30 minutes")
    )


def test_an_update_opens_a_resolved_incident_again(magicloop, read):
    magicloop(*OPEN, *AUDIENCE)
    magicloop("incident", "resolve", "1", "--verified", "quiet")

    assert magicloop("incident", "resolve", "1", "--verified", "again").exit_code == 1
    again = magicloop("incident", "update", "1", "--changed", "it came back")
    assert (again.exit_code, again.stdout.splitlines()[0]) == (
        0,
        "INC-1: update 3, investigating, opened again.",
    )
    assert read("incident", "list")["incidents"][0]["phase"] == "investigating"
    assert "reopen-incident" in magicloop("log").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--severity", "0"], "severity 0 is none; 1 is the worst"),
        (["--severity", "5"], "severity 5 is none"),
        (["--started", "2026-11-04T10:00"], "it cannot have started in the future"),
        (["--started", "whenever"], "no time I can read"),
        (["--audience", "exec:"], "the exec audience has no address"),
        (["--audience", "everybody:a@example.com"], "is no audience; use exec or tactical"),
        (["--audience", "exec:boss"], "is not one mail address"),
        (["--audience", "boss@example.com"], "is no audience"),
    ],
)
def test_a_fact_that_cannot_be_opens_nothing(magicloop, read, words, said):
    done = magicloop(*OPEN, *words)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "fix:" in done.stderr
    assert read("incident", "list")["incidents"] == []


def test_severity_in_words_is_a_wrong_call(magicloop):
    done = magicloop("incident", "open", "x", "--severity", "high", "--impact", "y")

    assert (done.exit_code, "'high' is not a valid integer" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "flag"), [(["--impact", "x"], "--severity"), (["--severity", "2"], "--impact")]
)
def test_without_a_terminal_what_is_missing_is_named(magicloop, read, words, flag):
    done = magicloop("incident", "open", "x", *words)

    assert (done.exit_code, done.stdout) == (2, "")
    assert f"fix:   give {flag}" in done.stderr
    assert read("incident", "list")["incidents"] == []


def test_the_parts_a_run_can_be_limited_to_are_those_there_are():
    assert set(AUTOMATIONS) == set(cycle.AUTOMATIONS) - cycle.ALWAYS


def test_all_that_is_missing_is_named_at_once(magicloop):
    done = magicloop("incident", "open", "x")
    assert done.exit_code == 2
    assert "severity and impact" in done.stderr
    assert "--severity 2 --impact" in done.stderr


def test_a_draft_that_fails_is_said_and_sets_the_exit_code(magicloop, own, read):
    own.data.mkdir(parents=True, exist_ok=True)
    own.drafts.write_text("no folder", encoding="utf-8")

    opened = magicloop(*OPEN, *AUDIENCE)

    assert opened.exit_code == 3
    assert "INC-1 is open" in opened.stdout
    assert "error: " in opened.stderr
    assert [each["id"] for each in read("incident", "list")["incidents"]] == ["INC-1"]


def test_a_clock_that_cannot_be_right_is_said_when_nothing_is_drafted(magicloop, frozen):
    magicloop("run")
    frozen.move_to("1970-06-01T00:00:00Z")

    opened = magicloop("incident", "open", "x", "--severity", "2", "--impact", "y")

    assert opened.exit_code == 8
    assert "not drafted: " in opened.stderr


def test_without_an_audience_the_boss_is_told(magicloop, read):
    magicloop(*OPEN)

    assert [draft["to"] for draft in read("draft", "list")["drafts"]] == [["priya@example.com"]]


def test_at_a_terminal_what_is_missing_is_asked(answer, read):
    code, shown = answer(
        "incident", "open", "EU checkout errors",
        answers=[("Severity, 1 (worst) to 4: ", "high\n"), ("Severity, 1 (worst) to 4: ", "2\n"),
                 ("Impact: who is hit, in numbers: ", "12% of EU orders\n"),
                 ("Now (empty: not known yet): ", "rolling back\n"), ("Next: ", "\n")],
    )  # fmt: skip

    assert code == 0, shown
    assert read("incident", "list")["incidents"][0]["updates"][0]["fields"]["now"] == "rolling back"
    (incident,) = read("incident", "list")["incidents"]
    assert (incident["severity"], incident["impact"]) == (2, "12% of EU orders")


def test_an_incident_without_readers_is_kept_and_asks_for_them(magicloop, read, own):
    text = own.config.read_text()
    own.config.write_text(text[: text.index("[[boss]]")] + text[text.index("[offers]") :])

    opened = magicloop(*OPEN)

    assert opened.exit_code == 0
    assert "INC-1 has nobody to write to" in opened.stderr
    assert "magicloop incident update INC-1 --audience" in opened.stderr
    assert read("draft", "list")["drafts"] == []
    magicloop("incident", "update", "INC-1", "--audience", "exec:boss@example.com", "--now", "rolling back")
    assert [draft["to"] for draft in read("draft", "list")["drafts"]] == [["boss@example.com"]]


@pytest.mark.parametrize("words", [["show"], ["update", "--changed", "x"], ["resolve", "--verified", "x"]])
def test_an_unknown_incident_names_the_last_ones(magicloop, words):
    magicloop(*OPEN, *AUDIENCE)

    done = magicloop("incident", words[0], "INC-7", *words[1:])

    assert done.exit_code == 2
    assert "no incident called 'INC-7'; did you mean INC-1?" in done.stderr


def test_an_update_without_words_says_which_it_takes(magicloop):
    magicloop(*OPEN, *AUDIENCE)

    done = magicloop("incident", "update", "INC-1")
    assert (done.exit_code, "--changed" in done.stderr) == (2, True)
    done = magicloop("incident", "resolve", "INC-1")
    assert (done.exit_code, "--verified" in done.stderr) == (2, True)


def test_a_title_of_nothing_is_refused(magicloop, read):
    for title in ("", "  ", "\x1b\x07", "\u200b"):
        assert magicloop("incident", "open", title, "--severity", "2", "--impact", "x").exit_code == 2
    assert read("incident", "list")["incidents"] == []


# --- invention time ------------------------------------------------------------------------------


def blocks_of(read):
    return {block["month"]: block for block in read("invention", "list")["blocks"]}


def test_a_block_is_moved_to_an_alternative_and_stays(magicloop, read):
    magicloop("run")
    other = blocks_of(read)["2026-12"]["alternatives"][0]["start"]

    moved = magicloop("invention", "choose", "2026-12", "1")

    assert moved.exit_code == 0
    assert blocks_of(read)["2026-12"]["start"] == other
    magicloop("run")
    assert blocks_of(read)["2026-12"]["start"] == other


def test_a_skipped_month_stays_without_a_block_until_it_is_asked_for(magicloop, read, own):
    magicloop("run")

    assert "magicloop invention hold 2026-12" in magicloop("invention", "skip", "2026-12").stdout
    magicloop("run")
    assert blocks_of(read)["2026-12"]["state"] == "skipped"
    assert own.blocks.read_text().count("BEGIN:VEVENT") == 1
    assert magicloop("invention", "hold", "2026-12").exit_code == 0
    assert blocks_of(read)["2026-12"]["state"] in ("booked", "moved_by_hand")
    assert own.blocks.read_text().count("BEGIN:VEVENT") == 2


def test_a_block_that_was_not_held_stays_owed(magicloop, read, frozen):
    magicloop("run")
    frozen.move_to("2026-11-28T08:00:00Z")
    magicloop("run")
    assert blocks_of(read)["2026-11"]["state"] == "held"

    assert magicloop("invention", "skip", "2026-11", "--not-held").exit_code == 0
    assert blocks_of(read)["2026-11"]["state"] == "owed"


def test_a_block_of_long_ago_that_was_not_held_is_said_to_be_missed(magicloop, read, frozen):
    magicloop("run")
    frozen.move_to("2027-02-01T08:00:00Z")
    magicloop("run")

    said = magicloop("invention", "skip", "2026-11", "--not-held")

    assert said.stdout == "2026-11: not held; it is too late to make it up, so the month counts as missed.\n"
    assert blocks_of(read)["2026-11"]["state"] == "missed"


def test_alternatives_that_are_past_are_not_listed_and_the_others_keep_their_number(magicloop, read, frozen):
    magicloop("run")
    magicloop("invention", "choose", "2026-11", "2")
    magicloop("invention", "choose", "2026-11", "1")
    both = blocks_of(read)["2026-11"]["alternatives"]
    assert [(other["number"], other["start"][:10]) for other in both] == [
        (1, "2026-11-05"),
        (2, "2026-11-09"),
    ]
    frozen.move_to("2026-11-05T18:00:00Z")

    assert blocks_of(read)["2026-11"]["alternatives"] == both[1:]
    shown = magicloop("invention", "list").stdout
    assert "magicloop invention choose 2026-11 2" in shown
    assert "magicloop invention choose 2026-11 1" not in shown


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["choose", "2026-11", "9"], 1),
        (["choose", "2026-11", "0"], 2),
        (["choose", "2026-11", "x"], 2),
        (["choose", "2027-05", "1"], 1),
        (["choose", "november", "1"], 1),
        (["hold", "2026-11"], 1),
        (["hold", "2026-10"], 1),
        (["hold", "2026-13"], 1),
        (["hold", "\x1b[31m"], 1),
        (["skip", "2026-10"], 1),
        (["skip", "2026-1"], 1),
        (["skip", "2026-11", "--not-held"], 1),
    ],
)
def test_what_cannot_be_asked_of_a_month_changes_nothing(magicloop, read, own, raw, words, code):
    magicloop("run")
    before = read("invention", "list"), own.blocks.read_bytes()

    done = magicloop("invention", *words)

    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    assert "fix:   magicloop" in done.stderr
    assert raw(done.stderr) == []
    assert (read("invention", "list"), own.blocks.read_bytes()) == before


def test_nothing_is_held_over_a_calendar_that_cannot_be_read(magicloop, read, own):
    own.calendar.write_text("broken")

    done = magicloop("invention", "hold", "2026-12")

    assert done.exit_code == 1
    assert str(own.calendar) in done.stderr
    assert not own.blocks.exists()


# --- ideas, bosses, the log ----------------------------------------------------------------------


def test_an_idea_grows(magicloop, read):
    assert "No idea yet" in magicloop("idea", "list").stdout
    assert magicloop("idea", "add", "let alerts explain themselves").stdout.startswith("I1 kept.")
    assert magicloop("idea", "improve", "1", "the ten loudest first").exit_code == 0
    assert magicloop("idea", "improve", "i1", "--state", "building").exit_code == 0

    (idea,) = read("idea", "list")["ideas"]
    assert (idea["state"], [each["text"] for each in idea["improvements"]]) == (
        "building",
        ["the ten loudest first"],
    )
    shown = magicloop("idea", "show", "I1").stdout
    assert "let alerts explain themselves" in shown
    assert "2026-11-03  the ten loudest first" in shown


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", ""], 2),
        (["add", "\u200b\x1b"], 2),
        (["improve", "I1"], 2),
        (["improve", "I9", "x"], 2),
        (["improve", "I1", "--state", "grand"], 2),
        (["show", "I9"], 2),
        (["show", "nine"], 2),
    ],
)
def test_what_cannot_be_done_with_an_idea_changes_nothing(magicloop, read, words, code):
    magicloop("idea", "add", "one")
    before = read("idea", "list")

    done = magicloop("idea", *words)

    assert (done.exit_code, done.stdout) == (code, "")
    assert "fix:   magicloop idea" in done.stderr
    assert read("idea", "list") == before


def test_bosses_and_where_the_loop_with_them_stands(magicloop):
    assert "Priya Raman  priya@example.com" in magicloop("boss", "list").stdout


def test_the_log_tells_the_newest_lines_oldest_first(magicloop):
    magicloop("run")
    magicloop("idea", "add", "one")

    assert len(magicloop("log").stdout.splitlines()) > 4
    (last,) = magicloop("log", "-n", "1").stdout.splitlines()
    assert last == "2026-11-03 09:00 CET  add-idea  I1  done  one"
    assert magicloop("log", "-n", "0").exit_code == 2


def test_an_empty_log_says_what_to_type(magicloop):
    assert magicloop("log").stdout == "The log is empty. Try: magicloop run\n"


@dataclass
class Patient(SystemClock):
    """A clock whose sleeper finds, on waking, that an idea was added; the second time it is woken for good."""

    session: Session | None = None
    slept: int = 0

    def sleep(self, seconds):
        self.slept += 1
        if self.slept > 1:
            raise KeyboardInterrupt
        journal = self.session.journal()
        add_idea(journal, journal.load(self.session.policy.person), self.now(), "added meanwhile")


def test_following_the_log_prints_what_is_added(magicloop):
    magicloop("run")
    clock = Patient()
    clock.session = Session(find_places(os.environ), clock)

    with closing(clock.session):
        followed = CliRunner().invoke(log, ["-f", "-n", "1"], obj=clock.session)

    first, second = followed.stdout.splitlines()
    assert ("run" in first, second.endswith("add-idea  I1  done  added meanwhile")) == (True, True)
    assert clock.slept == 2


def test_following_in_json_prints_a_line_for_each_entry(magicloop):
    magicloop("run")
    clock = Patient()
    clock.session = Session(find_places(os.environ), clock)

    with closing(clock.session):
        followed = CliRunner().invoke(log, ["-f", "-n", "1", "--json"], obj=clock.session)

    first, second = (json.loads(line) for line in followed.stdout.splitlines())
    assert (first["schema"], first["kind"]) == (1, "run")
    assert (second["kind"], second["subject"], second["detail"]) == ("add-idea", "I1", "added meanwhile")
    assert clock.slept == 2


def test_following_ends_by_ctrl_c(own, process, terminal):
    process("run")
    following = terminal("log", "-f", "-n", "1")
    following.wait_for("\n")
    following.interrupt()

    assert following.end() == 130
    assert "Traceback" not in following.shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_names_the_command(magicloop, shell):
    done = magicloop("completion", shell)

    assert done.exit_code == 0
    assert "_MAGICLOOP_COMPLETE" in done.stdout


def test_a_shell_is_given_the_commands(process):
    done = process(_MAGICLOOP_COMPLETE="bash_complete", COMP_WORDS="magicloop inv", COMP_CWORD="1")

    assert done.stdout.split() == ["plain,invention"]

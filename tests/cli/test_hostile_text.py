"""Whatever stands in a calendar, a title, an idea or a config: no terminal ever receives it raw."""

import json

import pytest

NASTY = "up\x1b[31m \x1b]8;;https://evil.example\x07click\x1b]8;;\x07 a\rb \x07bell \u202eabc \u200bzw \x9b1m\x90end"
SHOWN = "click"


@pytest.fixture
def hostile(frozen, own, magicloop):
    """A month in which everything that comes from outside is hostile."""
    evil = NASTY.replace("\r", "")
    summary = f"SUMMARY:{evil} sync".encode()
    own.calendar.write_bytes(own.calendar.read_bytes().replace(b"SUMMARY:Weekly sync", summary))
    magicloop("run")
    magicloop("incident", "open", NASTY, "--severity", "2", "--impact", NASTY, "--now", NASTY, "--owner", NASTY,
              "--audience", "exec:boss@example.com")  # fmt: skip
    magicloop("idea", "add", NASTY)
    magicloop("idea", "improve", "I1", NASTY)
    magicloop("draft", "discard", "offer:priya@example.com:2026-11", "--yes", "--reason", NASTY)
    return own


READS = [
    ["status"], ["log"], ["plan"], ["run", "--report"], ["config", "show"], ["config", "check"], ["idea", "list"],
    ["idea", "show", "I1"], ["incident", "list"], ["incident", "show", "INC-1"], ["invention", "list"],
    ["boss", "list"], ["draft", "list", "--all"], ["draft", "show", "incident:INC-1:exec:1"],
    ["draft", "show", "offer:priya@example.com:2026-11"], [],
]  # fmt: skip


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_no_raw_control_reaches_stdout_or_stderr(hostile, magicloop, raw, words):
    done = magicloop(*words)

    assert done.exit_code == 0, done.output
    assert raw(done.output) == []


def test_the_harmless_letters_are_still_shown(hostile, magicloop):
    for words in (["idea", "list"], ["incident", "list"], ["log"]):
        assert SHOWN in magicloop(*words).stdout


@pytest.mark.parametrize("words", [words for words in READS if words and words[0] != "config"], ids=" ".join)
def test_nor_by_json_which_keeps_what_was_meant(hostile, magicloop, raw, words):
    if "--report" in words:
        words = ["run"]

    done = magicloop(*words, "--json")

    assert raw(done.output) == []
    json.loads(done.stdout)


def test_json_keeps_every_letter(frozen, own, magicloop):
    own.config.write_text(own.config.read_text().replace("Sam Lee", "Zoë 李 😀"), encoding="utf-8")
    magicloop("idea", "add", "Grüße, 李 😀")

    printed = magicloop("idea", "list", "--json").stdout

    assert "Grüße, 李 😀" in printed
    assert json.loads(printed)["ideas"][0]["text"] == "Grüße, 李 😀"


def test_a_meeting_named_by_a_problem_is_harmless(frozen, own, magicloop, raw):
    """A month that is full names the meeting that is in the way, with the title its owner gave it."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:full@test", "DTSTAMP:20260101T000000Z",
        "DTSTART;TZID=Europe/Berlin:20260105T080000", "DTEND;TZID=Europe/Berlin:20260105T190000",
        "RRULE:FREQ=DAILY", "SUMMARY:" + NASTY.replace("\r", ""), "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    own.calendar.write_bytes("\r\n".join(lines).encode())

    for words in (["run", "--report"], ["status"], ["plan"], ["status", "--json"]):
        done = magicloop(*words)
        assert raw(done.output) == []
        assert SHOWN in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["draft", "show", NASTY],
        ["idea", "show", NASTY],
        ["incident", "show", NASTY],
        ["incident", "update", NASTY, "--changed", "x"],
        ["invention", "hold", NASTY],
        ["draft", "snooze", "offer", "--until", NASTY],
        ["idea", "improve", "I1", "--state", NASTY],
        ["incident", "open", "x", "--severity", NASTY],
        ["incident", "open", "x", "--severity", "1", "--impact", "x", "--audience", f"exec:{NASTY}"],
        ["incident", "open", "x", "--severity", "1", "--impact", "x", "--audience", NASTY],
        [NASTY],
        [f"--{NASTY}"],
        ["run", f"--{NASTY}"],
        ["run", NASTY],
        ["draft", NASTY],
        ["--config", f"/tmp/{NASTY}", "status"],
        ["init", "--name", NASTY, "--email", NASTY],
    ],
    ids=lambda words: " ".join(word for word in words if word.isprintable()),
)
@pytest.mark.parametrize("more", [[], ["--json"]], ids=["text", "json"])
def test_nor_do_words_typed_by_somebody_elses_script(own, magicloop, raw, words, more):
    done = magicloop(*words, *more)

    assert done.exit_code != 0
    assert done.output
    assert raw(done.output) == []


def test_names_in_a_bad_config_are_shown_harmless(own, magicloop, raw):
    own.config.write_text(
        '[me]\nname = "x\\u001b[31m"\n"k\\u001b]8;;y\\u0007\\u202e" = 1\n[[boss]]\nname = "\\u009b1m"\n'
    )

    for words in (["config", "check"], ["status"], ["config", "show"], ["status", "--json"]):
        done = magicloop(*words)
        assert done.exit_code == 10
        assert raw(done.output) == []


def test_nor_on_a_terminal_with_colours(own, magicloop, answer, raw):
    evil = NASTY.replace("\r", "").replace("\x00", "")
    magicloop("run")
    magicloop("idea", "add", evil)
    magicloop("incident", "open", evil, "--severity", "2", "--impact", evil, "--now", evil)
    key = "incident:INC-1:exec:1"

    for words in (
        ["status"],
        ["idea", "show", "I1"],
        ["incident", "show", "1"],
        ["log"],
        ["draft", "show", key],
    ):
        code, shown = answer(*words, FORCE_COLOR="1")
        assert code == 0
        assert SHOWN in shown or words == ["status"]
        assert raw(shown) == []
    code, shown = answer("draft", "discard", key, answers=[("[y/N]: ", "n\n")])
    assert (code, raw(shown)) == (0, [])


def test_a_draft_given_hostile_words_outside_is_shown_harmless(frozen, own, magicloop, raw):
    magicloop("run")
    (file,) = own.drafts.glob("*.eml")
    file.write_bytes(file.read_bytes().replace(b"Hi Priya", "Hi \x1b]0;pwned\x07\u202ePriya".encode()))

    for words in (
        ["run", "--report"],
        ["draft", "list"],
        ["draft", "show", "offer:priya@example.com:2026-11"],
        ["log"],
    ):
        done = magicloop(*words)
        assert raw(done.output) == []

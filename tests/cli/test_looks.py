"""How it looks: colours, widths, pipes, encodings, help."""

import re

import pytest

BOLD = "\x1b[1m"


def test_colour_is_for_terminals(answer, process):
    assert BOLD in answer("run")[1]
    assert BOLD not in process("run", "--report").stdout


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_colour_can_be_refused(answer, env):
    assert "\x1b" not in answer("run", **env)[1]


def test_colour_can_be_forced(process):
    assert BOLD in process("run", FORCE_COLOR="1").stdout


def test_json_is_never_coloured(process):
    process("run")

    for words in (["run"], ["status"], ["draft", "list"], ["invention", "list"]):
        assert "\x1b" not in process(*words, "--json", FORCE_COLOR="1").stdout


def prose(text):
    """Return the lines without a path in them; a path is never broken."""
    return [line for line in text.splitlines() if "/" not in line]


def test_a_report_fits_a_page(process):
    for _ in range(2):
        lines = prose(process("run", "--report").stdout)
        assert lines
        assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    "words",
    [
        ["run"],
        ["status"],
        ["log"],
        ["incident", "list"],
        ["invention", "list"],
        ["plan"],
        ["-h"],
        ["draft", "-h"],
        [],
    ],
)
def test_a_window_of_eighty_columns_is_enough(answer, magicloop, words):
    if words not in (["run"], ["plan"]):
        magicloop("run")  # here the zone is one with a long name, which has to fit too
        magicloop("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "x", "--now", "y")
    shown = answer(*words)[1]

    assert shown.count("\n") > 1
    assert max(map(len, prose(re.sub(r"\x1b\[[0-9;]*m", "", shown)))) <= 80


def test_a_wrapped_line_hangs_below_its_words(answer):
    lines = answer("plan")[1].splitlines()

    booked = next(number for number, line in enumerate(lines) if line.startswith("book"))
    column = lines[booked].index(lines[booked].split(maxsplit=1)[1])
    assert lines[booked + 1].startswith(" " * column)
    assert lines[booked + 1][column] != " "


def test_a_window_too_narrow_to_wrap_in_is_no_error(answer):
    assert answer("run", COLUMNS="5")[0] == 0


def test_a_reader_that_leaves_early_is_no_error(process, shell):
    process("run")

    done = shell("$M log | head -n 1; $M config show | head -n 1; $M run --report | true")

    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_old_terminal_gets_a_question_mark_for_what_it_cannot_show(process, encoding):
    process("run")
    process("idea", "add", "Größe 李")

    done = process("idea", "list", PYTHONIOENCODING=encoding, PYTHONUTF8="0")

    assert done.returncode == 0


def test_help_is_short_and_long(process):
    short, long = process("-h"), process("--help")

    assert short.stdout == long.stdout
    assert short.stdout.startswith("Usage: magicloop [OPTIONS]")
    for words in (["draft"], ["draft", "approve"], ["incident", "open"], ["run"]):
        assert process(*words, "-h").stdout.startswith(f"Usage: magicloop {' '.join(words)} ")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["draft"],
        ["invention"],
        ["idea"],
        ["incident"],
        ["boss"],
        ["promise"],
        ["offer"],
        ["loop"],
        ["config"],
    ],
)
def test_a_help_line_ends_in_no_dots(magicloop, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "80")
    lines = magicloop(*words, "-h").stdout.splitlines()

    assert "Commands:" in lines
    assert [line for line in lines[1:] if line.endswith("...")] == []


def test_debug_shows_where_an_error_came_from(own, shell):
    done = shell("$M --debug draft show nope")

    assert "Traceback" in done.stderr
    assert "UnknownNameError" in done.stderr

"""A stdout that is closed, that cannot be written, or whose reader has left."""

import json
import os
import subprocess

import pytest

from .conftest import COMMAND, bare

SAYS = [
    "status",
    "log",
    "plan",
    "doctor",
    "run --report",
    "draft list",
    "config sample",
    "--help",
    "--version",
]
FULL = "error: the output could not be written: the disk is full"


@pytest.fixture
def tried(process):
    process("run")


@pytest.mark.parametrize("words", SAYS)
def test_a_closed_stdout_is_harmless(tried, shell, words):
    code = shell(f"$M {words}").returncode

    done = shell(f"$M {words} >&-")

    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_with_all_three_closed_nothing_is_written_into_a_file_of_ours(tried, shell, process):
    done = shell("$M idea add 'pay by voice' <&- >&- 2>&-; $M run --report <&- >&- 2>&-")

    assert done.returncode == 0
    assert "pay by voice" in process("idea", "list").stdout
    assert process("log", "verify").returncode == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", SAYS)
def test_a_full_disk_under_stdout_is_one_error_in_words(tried, shell, words, unbuffered):
    done = shell(f"$M {words} > /dev/full", PYTHONUNBUFFERED=unbuffered)

    assert done.returncode == 1
    what, where, fix = done.stderr.splitlines()
    assert (what, where) == (FULL, "where: stdout")
    assert fix.startswith("fix:   ")


@pytest.mark.parametrize("words", ["status", "log", "config check", "draft list"])
def test_it_is_one_object_of_json_where_that_was_asked_for(tried, shell, words):
    done = shell(f"$M {words} --json > /dev/full")

    told = json.loads(done.stderr)["error"]
    assert (done.returncode, told["exit_code"]) == (1, 1)
    assert (f"error: {told['what']}", told["kind"]) == (FULL, "OutputError")


def test_nothing_said_is_no_error_and_what_was_done_stands(tried, shell, process):
    assert shell("$M run > /dev/full").returncode == 0
    assert shell("$M idea add 'pay by voice' > /dev/full").returncode == 1
    assert "pay by voice" in process("idea", "list").stdout


def test_where_stderr_is_full_too_the_exit_code_tells(tried, shell):
    assert shell("$M status > /dev/full 2>&1").returncode == 1
    assert shell("$M nonsense 2> /dev/full").returncode == 2
    assert shell("$M nonsense 2>&-").returncode == 2


def test_a_stdout_that_is_only_for_reading_says_so(tried, shell):
    done = shell("$M status 1< /dev/null")

    assert done.returncode == 1
    assert done.stderr.startswith("error: the output could not be written: Bad file descriptor\n")


@pytest.mark.parametrize("words", [["status"], ["--help"], ["config", "sample"], ["status", "--json"]])
def test_a_reader_that_has_left_hears_no_error(tried, home, words):
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [*COMMAND, *words], env=bare(home, {}), stdout=writing, stderr=subprocess.PIPE, check=False
    )

    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")

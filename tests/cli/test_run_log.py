"""What runs of the schedule say: graded lines for systemd's journal, else a file of their own."""

import os
import re
import signal
import subprocess

import pytest

from automations.cli import run_log
from automations.cli.stopping import ToldToStop
from automations.config.places import find_places
from automations.wiring import Session

from .conftest import COMMAND, PATIENCE, bare


@pytest.fixture
def journal(home, tmp_path):
    """Call the command with its stderr in a file, and what the journal sets: right, of another stream, or nonsense."""
    kept = tmp_path / "journal"

    def call(*words, stream="{dev}:{ino}"):
        with kept.open("w") as file:
            seen = os.fstat(file.fileno())
            named = stream.format(dev=seen.st_dev, ino=seen.st_ino, other=seen.st_ino + 1)
            done = subprocess.run(
                [*COMMAND, *words],
                env=bare(home, {"JOURNAL_STREAM": named}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                timeout=PATIENCE,
                check=False,
            )
        return done.returncode, kept.read_text().splitlines()

    return call


def lines_of(own):
    path = own.data / "run.log"
    return path.read_text().splitlines() if path.exists() else []


def test_the_journal_is_told_how_grave_each_line_is(own, journal):
    good = own.calendar.read_bytes()
    own.calendar.write_text("this is no calendar", encoding="utf-8")
    code, told = journal("run")
    assert code == 3
    assert told
    assert {line[:3] for line in told} == {"<3>"}
    assert told[0].startswith("<3>error: ")

    own.calendar.write_bytes(good)
    code, told = journal("run")
    assert code == 0
    assert [line[:9] for line in told] == ["<5>over: "]
    assert lines_of(own) == [], "the journal keeps it"


def test_an_error_that_ends_a_run_is_one_for_the_journal(own, journal):
    own.config.write_text("nonsense = 1\n")
    code, told = journal("run")
    assert code == 10
    assert {line[:3] for line in told} == {"<3>"}


@pytest.mark.parametrize("stream", ["{dev}:{other}", "", "nonsense", "{dev}"])
def test_a_variable_that_was_only_inherited_changes_nothing(own, journal, stream):
    own.calendar.write_text("this is no calendar", encoding="utf-8")
    code, told = journal("run", stream=stream)
    assert code == 3
    assert told[0].startswith("error: ")
    assert lines_of(own)


def test_without_a_journal_the_lines_are_kept_with_their_time(frozen, own, magicloop):
    assert magicloop("run").output == ""
    assert lines_of(own) == ["2026-11-03T08:00:00Z info    run 1: ok, exit code 0"]
    assert (own.data / "run.log").stat().st_mode & 0o777 == 0o600

    own.calendar.write_text("this is no calendar", encoding="utf-8")
    frozen.tick(15 * 60)
    told = magicloop("run").stderr.splitlines()
    kept = lines_of(own)[1:]
    assert [line.split(maxsplit=2)[2] for line in kept if " error " in line] == [
        line.strip().removeprefix("error: ") for line in told
    ]
    assert kept[-1] == "2026-11-03T08:15:00Z info    run 2: partial, exit code 3"


def test_a_run_with_nothing_due_writes_nothing(frozen, own, magicloop):
    for _ in range(2):
        magicloop("run")
    before = lines_of(own)
    frozen.tick(15 * 60)
    magicloop("run")
    assert lines_of(own) == before


def test_an_error_that_ends_a_run_is_kept_too(frozen, own, magicloop):
    magicloop("run")
    own.config.write_text(own.config.read_text().replace("hours = 3", "hours = -3"))
    assert magicloop("run").exit_code == 10
    assert any("error" in line and "offers.hours" in line for line in lines_of(own))
    own.config.write_text("nonsense = 1\n")
    for path in own.data.iterdir():
        path.unlink() if path.is_file() else None
    assert magicloop("run").exit_code == 10


@pytest.mark.parametrize("stop", [ToldToStop(signal.SIGTERM), KeyboardInterrupt()])
def test_that_a_run_was_told_to_stop_is_kept(own, stop):
    own.data.mkdir(parents=True)
    session = Session(find_places(os.environ, None))
    with pytest.raises(type(stop)), run_log.run_log(session):
        raise stop
    (line,) = lines_of(own)
    assert "notice" in line
    assert "told to stop" in line


def test_a_bug_is_kept_with_its_place(own):
    own.data.mkdir(parents=True)
    with pytest.raises(AttributeError), run_log.run_log(Session(find_places(os.environ, None))):
        find_places(None, None)
    assert re.search(r"where: \S+places\.py:\d+", "\n".join(lines_of(own)))


def test_by_hand_nothing_is_kept(own, answer):
    code, _ = answer("run")
    assert code == 0
    assert lines_of(own) == []


def test_the_file_grows_only_so_far(frozen, own, magicloop, monkeypatch):
    monkeypatch.setattr(run_log, "LARGEST", 200)
    for _ in range(12):
        own.config.touch()
        frozen.tick(15 * 60)
        assert magicloop("run").exit_code == 0
    names = {path.name for path in own.data.glob("run.log*")}
    assert names == {"run.log", "run.log.1"}
    assert all((own.data / name).stat().st_size <= 200 for name in names)
    assert all((own.data / name).stat().st_mode & 0o777 == 0o600 for name in names)
    assert lines_of(own)[-1].endswith("exit code 0")


def test_a_link_in_its_place_is_not_followed_and_stops_no_run(frozen, own, magicloop, tmp_path):
    magicloop("run")
    target = tmp_path / "target"
    target.write_text("mine")
    (own.data / "run.log").unlink()
    (own.data / "run.log").symlink_to(target)
    own.config.touch()
    done = magicloop("run")
    assert (done.exit_code, done.output) == (0, "")
    assert target.read_text() == "mine"


def test_the_log_says_where_it_is_to_a_person_and_to_no_script(own, process, answer):
    process("run")
    _, shown = answer("log", COLUMNS="200")
    assert str(own.data / "run.log") in shown
    assert "run.log" not in process("log").stdout + process("log").stderr
    (own.data / "run.log").unlink()
    assert "run.log" not in answer("log")[1]

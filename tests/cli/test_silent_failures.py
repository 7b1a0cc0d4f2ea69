"""What ends a run before it can decide: told once, silent while it lasts, told again once a day, and when it is over.

The exit code is the same each time; a person at a terminal, a script that asks for JSON and systemd's journal are
told each time.
"""

import json
import os
import sqlite3
import subprocess
from contextlib import closing

import pytest
from filelock import FileLock

from .conftest import COMMAND, PATIENCE, bare

MOST_LINES = 6
QUARTER = 15 * 60
ALMOST_A_DAY = (QUARTER, QUARTER, 12 * 3600, 11 * 3600, QUARTER)


def config(own):
    good = own.config.read_bytes()
    own.config.write_bytes(good + b"[pager]\nhost = 1\n")
    return 10, lambda: own.config.write_bytes(good)


def config_never_right(own):
    code, mend = config(own)
    own.journal.unlink()
    for path in own.data.iterdir():
        path.unlink() if path.is_file() else subprocess.run(["rm", "-r", path], check=True)
    own.data.rmdir()
    return code, mend


def damaged(own):
    kept = own.journal.rename(own.journal.with_name("kept"))
    own.journal.write_bytes(b"no database at all, " * 300)
    return 1, lambda: kept.replace(own.journal)


def newer(own):
    def version(number):
        with closing(sqlite3.connect(own.journal)) as journal:
            journal.execute(f"PRAGMA user_version = {number}")

    with closing(sqlite3.connect(own.journal)) as journal:
        (now,) = journal.execute("PRAGMA user_version").fetchone()
    version(99)
    return 1, lambda: version(now)


def data_is_a_file(own):
    kept = own.data.rename(own.data.with_name("kept"))
    own.data.write_text("mine")

    def mend():
        own.data.unlink()
        kept.rename(own.data)

    return 1, mend


def config_is_another_persons(own):
    good = own.config.read_bytes()
    own.config.write_bytes(good.replace(b"sam@example.com", b"kim@example.com"))
    return 10, lambda: own.config.write_bytes(good)


SPOILERS = [config, config_never_right, damaged, newer, data_is_a_file, config_is_another_persons]


def check_told(done, *, since=""):
    told = done.stderr.splitlines()
    assert done.stdout == ""
    assert 1 <= len(told) <= MOST_LINES
    assert told[0].startswith("error: ")
    assert told[0].endswith(since)
    assert ("(since" in told[0]) is bool(since)
    assert any(line.startswith("fix:   ") for line in told)


@pytest.mark.parametrize("spoil", SPOILERS)
def test_one_message_a_daily_reminder_and_one_line_at_the_end(frozen, own, magicloop, spoil):
    magicloop("run")
    code, mend = spoil(own)

    first = magicloop("run")
    assert first.exit_code == code
    check_told(first)
    for wait in ALMOST_A_DAY:
        frozen.tick(wait)
        again = magicloop("run")
        assert (again.exit_code, again.output) == (code, "")
    frozen.tick(QUARTER)
    reminded = magicloop("run")
    assert reminded.exit_code == code
    # A config that cannot be used does not tell the zone.
    check_told(
        reminded, since="(since Tue 3 Nov 08:00 UTC)" if spoil in (config, config_never_right) else "09:00)"
    )
    frozen.tick(QUARTER)
    assert magicloop("run").output == ""

    mend()
    frozen.tick(QUARTER)
    well = magicloop("run")
    assert (well.exit_code, well.stdout) == (0, "")
    over = [line for line in well.stderr.splitlines() if line.startswith("over: ")]
    assert len(over) == 1
    assert over[0].removeprefix("over: ").split(" (and ")[0] in first.stderr
    frozen.tick(QUARTER)
    assert "over:" not in magicloop("run").stderr
    assert not list(own.data.glob("told*"))


def test_real_processes_are_silent_the_second_time(process, own):
    own.config.write_text("nonsense = 1\n")
    first, second = process("run"), process("run")
    assert (first.returncode, second.returncode) == (10, 10)
    assert first.stderr.startswith("error: ")
    assert second.stderr + second.stdout + first.stdout == ""
    assert not own.data.exists(), "refused: nothing is made there"
    (memory,) = (own.config.parents[2] / ".local/state/magicloop").iterdir()
    assert memory.stat().st_mode & 0o777 == 0o600
    assert memory.parent.stat().st_mode & 0o777 == 0o700


def test_the_memory_is_for_its_owner_alone_and_beside_the_journal(frozen, own, magicloop):
    magicloop("run")
    own.config.write_text("nonsense = 1\n")
    magicloop("run")
    assert (own.data / "told.json").stat().st_mode & 0o777 == 0o600


def test_many_problems_are_six_lines(frozen, own, magicloop):
    own.config.write_text("".join(f"nonsense{number} = 1\n" for number in range(9)))
    done = magicloop("run")
    lines = done.stderr.splitlines()
    assert len(lines) == MOST_LINES
    assert lines[-2].strip().startswith("and ")
    assert lines[-1] == "fix:   magicloop config check"
    shown = sum(f"{own.config}: " in line for line in lines)
    everything = json.loads(magicloop("run", "--json").stderr)["error"]["problems"]
    assert lines[-2].split() == ["and", str(len(everything) - shown), "more"]


def test_another_mistake_is_told_at_once(frozen, own, magicloop):
    good = own.config.read_text()
    for name in ("one", "two"):
        own.config.write_text(f"{name} = 1\n{good}")
        assert f"{name}: unknown key" in magicloop("run").stderr
        assert magicloop("run").stderr == ""


def test_a_run_lock_is_told_of_when_it_is_held_for_two_hours(frozen, own, magicloop):
    magicloop("run")
    own.config.touch()
    with FileLock(own.data / "run.lock"):
        for _ in range(8):
            done = magicloop("run")
            assert (done.exit_code, done.output) == (11, "")
            frozen.tick(QUARTER)
        late = magicloop("run")
        assert late.exit_code == 11
        check_told(late, since="(since Tue 3 Nov 09:00)")
        assert f"fuser {own.data / 'run.lock'}" in late.stderr
        frozen.tick(QUARTER)
        assert magicloop("run").output == ""
    frozen.tick(QUARTER)
    assert "over: another run is at work" in magicloop("run").stderr.splitlines()


def test_a_run_lock_that_was_held_for_a_while_is_never_told_of(frozen, own, magicloop):
    own.data.mkdir(parents=True)
    for _ in range(3):
        own.config.touch()
        with FileLock(own.data / "run.lock"):
            done = magicloop("run")
            assert (done.exit_code, done.output) == (11, "")
        frozen.tick(5400)
        assert magicloop("run").output == ""


def test_who_asks_is_told_each_time_and_the_schedule_still_once(frozen, own, magicloop, answer):
    own.config.write_text("nonsense = 1\n")
    for words in (["run", "--report"], ["run", "--json"], ["run", "--dry-run"], ["status"]):
        for _ in range(2):
            assert "nonsense" in magicloop(*words).stderr
    for _ in range(2):
        code, shown = answer("run")
        assert code == 10
        assert "nonsense: unknown key" in shown
    assert "nonsense" in magicloop("run").stderr
    assert magicloop("run").stderr == ""
    assert "nonsense" in answer("run")[1]
    assert json.loads(magicloop("run", "--json").stderr)["error"]["exit_code"] == 10


def test_a_run_by_hand_that_is_well_leaves_the_line_to_the_schedule(own, process, answer):
    good = own.config.read_text()
    process("run")
    own.config.write_text("nonsense = 1\n")
    assert process("run").returncode == 10
    own.config.write_text(good)
    code, shown = answer("run")
    assert code == 0
    assert "over:" not in shown
    assert process("run").stderr.startswith("over: ")
    assert process("run").stderr == ""


def test_a_run_with_nothing_due_says_that_it_is_over(frozen, own, magicloop):
    for _ in range(3):
        magicloop("run")
    seen = own.config.stat()
    aside = own.config.rename(own.config.with_name("aside"))
    own.config.write_text("nonsense = 1\n")
    assert "nonsense" in magicloop("run").stderr
    aside.replace(own.config)
    assert own.config.stat().st_mtime_ns == seen.st_mtime_ns
    assert magicloop("run").stderr.startswith("over: ")
    with closing(sqlite3.connect(own.journal)) as journal:
        assert journal.execute("SELECT idle_count FROM wake").fetchone() >= (1,)
    assert magicloop("run").output == ""


@pytest.mark.parametrize(
    "junk", [b"", b"{", b"[]", b'{"told": [1]}', b'{"told": [{"code": 1}]}', b"\xff", b"[" * 100_000]
)
def test_a_memory_that_cannot_be_read_is_told_again_and_made_anew(frozen, own, magicloop, junk):
    magicloop("run")
    good = own.config.read_text()
    own.config.write_text("nonsense = 1\n")
    (own.data / "told.json").write_bytes(junk)
    assert "nonsense" in magicloop("run").stderr
    assert magicloop("run").stderr == ""
    (own.data / "told.json").write_bytes(junk)
    own.config.write_text(good)
    assert magicloop("run").output == ""
    assert not (own.data / "told.json").exists()


def test_a_pipe_in_its_place_stops_nothing(process, own):
    own.data.mkdir(parents=True)
    os.mkfifo(own.data / "told.json")
    own.config.write_text("nonsense = 1\n")
    assert process("run").stderr.startswith("error: ")
    assert process("run").stderr == ""


def test_a_link_in_its_place_is_not_followed(frozen, own, magicloop, tmp_path):
    magicloop("run")
    target = tmp_path / "target"
    target.write_text("mine")
    (own.data / "told.json").symlink_to(target)
    own.config.write_text("nonsense = 1\n")
    assert "nonsense" in magicloop("run").stderr
    assert magicloop("run").stderr == ""
    assert target.read_text() == "mine"


def test_where_nothing_can_be_kept_it_is_told_each_time(frozen, own, magicloop, home):
    own.config.write_text("nonsense = 1\n")
    (home / ".local/share").mkdir(parents=True)
    own.data.write_text("a file")
    (home / ".local/state").write_text("a file")
    for _ in range(3):
        done = magicloop("run")
        assert done.exit_code == 10
        check_told(done)


def test_a_run_lock_is_told_of_each_time_where_it_cannot_be_kept_since_when(frozen, own, magicloop, home):
    (own.data / "told.json").mkdir(parents=True)
    (home / ".local/state").write_text("a file")
    with FileLock(own.data / "run.lock"):
        for _ in range(2):
            done = magicloop("run")
            assert done.exit_code == 11
            check_told(done)


def test_what_was_kept_elsewhere_goes_when_the_data_folder_can_keep_it(frozen, own, magicloop, home):
    elsewhere = home / ".local/state/magicloop"
    own.config.write_text("one = 1\n")
    magicloop("run")
    assert len(list(elsewhere.iterdir())) == 1
    own.data.mkdir(parents=True)
    assert magicloop("run").output == ""
    own.config.write_text("two = 1\n")
    assert "two" in magicloop("run").stderr
    assert (own.data / "told.json").is_file()
    assert list(elsewhere.iterdir()) == []
    own.config.write_text("one = 1\n")
    assert magicloop("run").output == ""


def test_a_disk_without_any_room_is_told_once(frozen, own, magicloop, disk, home):
    magicloop("run")
    (home / ".local/state").write_text("a file")  # there is no other place than the full disk
    good = own.config.read_text()
    filler = own.data / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                pass
    own.config.touch()
    first = magicloop("run")
    assert first.exit_code == 1
    check_told(first)
    assert "full" in first.stderr
    for wait in ALMOST_A_DAY:
        frozen.tick(wait)
        again = magicloop("run")
        assert (again.exit_code, again.output) == (1, "")
    frozen.tick(QUARTER)
    check_told(magicloop("run"), since="(since Tue 3 Nov 09:00)")
    own.config.write_text("nonsense = 1\n")
    assert "nonsense" in magicloop("run").stderr, "another failure is told at once"
    assert magicloop("run").output == ""
    filler.unlink()
    own.config.write_text(good)
    well = magicloop("run")
    assert well.exit_code == 0
    assert [line[:6] for line in well.stderr.splitlines()].count("over: ") in (1, 2)
    assert not os.path.lexists(own.data / "told.json")


def test_a_read_only_disk_is_told_once(frozen, own, magicloop, disk):
    magicloop("run")
    disk("ro")
    first = magicloop("run")
    assert first.exit_code == 1
    check_told(first)
    for _ in range(4):
        frozen.tick(QUARTER)
        assert magicloop("run").output == ""
    disk("rw")
    frozen.tick(QUARTER)
    assert any(line.startswith("over: ") for line in magicloop("run").stderr.splitlines())


def test_the_log_file_and_the_journal_are_told_each_time(frozen, own, magicloop, home, tmp_path):
    magicloop("run")
    good = own.config.read_text()
    own.config.write_text(good + "nonsense = 1\n")
    for _ in range(3):
        magicloop("run")
    kept = (own.data / "run.log").read_text()
    assert kept.count("nonsense: unknown key") == 3
    own.config.write_text(good)
    magicloop("run")
    assert " notice  over: " in (own.data / "run.log").read_text()

    own.config.write_text(good + "nonsense = 1\n")
    with (tmp_path / "journal").open("w") as file:
        seen = os.fstat(file.fileno())
        for _ in range(3):
            subprocess.run(
                [*COMMAND, "run"],
                env=bare(home, {"JOURNAL_STREAM": f"{seen.st_dev}:{seen.st_ino}"}),
                stdin=subprocess.DEVNULL,
                stderr=file,
                timeout=PATIENCE,
                check=False,
            )
    assert (tmp_path / "journal").read_text().count("<3>error: ") == 3


def test_a_bug_is_told_once_too(frozen, own, monkeypatch):
    from click.testing import CliRunner

    from automations.cli import main
    from automations.wiring import Session

    calls = iter(range(100))

    def broken(self):
        raise KeyError(next(calls))

    monkeypatch.setattr(Session, "ground", broken)
    first, again = (CliRunner().invoke(main, ["run"]) for _ in range(2))
    assert first.stderr.startswith("error: a bug in magicloop: KeyError")
    assert "magicloop --debug run" in first.stderr
    assert (first.exit_code, again.exit_code, again.output) == (1, 1, "")

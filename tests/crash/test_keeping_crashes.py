"""Backups and restores killed at every few points: whole or not at all, and a second try puts it right."""

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from launcher import call, in_child, killed

from automations.store.chain import verify_log
from config_texts import ANN, OFFERS, PRIYA

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVERY = int(os.environ.get("MAGICLOOP_CRASH_EVERY", "7"))
CONFIG = ANN + PRIYA + OFFERS


def do(home, *words):
    """Run a command to its end; return (exit code, what it said)."""

    def work():
        code, out, err = call(home, words, NOW + timedelta(minutes=15))
        return f"{code}\n{out}{err}"

    answer, _ = in_child(work)
    code, _, said = answer.partition("\n")
    assert code.isdigit(), answer
    return int(code), said


def ideas(path):
    """Return the ideas of a journal that is whole; fails when it is not."""
    assert verify_log(str(path)) is None
    with closing(sqlite3.connect(path)) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {text for (text,) in journal.execute("SELECT text FROM idea")}


@pytest.fixture
def lived(tmp_path):
    """A home with two ideas, and a backup from when there was one."""
    home, file = tmp_path / "home", tmp_path / "kept.tar.gz"
    home.mkdir()
    (home / "config.toml").write_text(CONFIG)
    for words in (("run",), ("idea", "add", "early"), ("backup", str(file)), ("idea", "add", "late")):
        assert do(home, *words)[0] in (0, 3)
    assert file.exists()
    return home, file


def kills(start, tmp_path, *words):
    """Yield a fresh copy of a home for each point at which a command was killed."""
    point = 1
    while True:
        home = tmp_path / f"at-{point}"
        shutil.copytree(start, home)
        was_killed, _ = killed(home, words, NOW + timedelta(minutes=15), point)
        if not was_killed:
            return
        yield home
        shutil.rmtree(home)
        point += EVERY


def test_a_restore_over_a_journal_never_leaves_none_or_half_of_one(lived, tmp_path):
    start, file = lived
    seen = []
    for home in kills(start, tmp_path, "restore", str(file), "--force"):
        journal = home / "data/journal.db"
        seen.append(frozenset(ideas(journal)))
        for aside in (home / "data").glob("journal.db.before-*"):
            assert ideas(aside) == {"early", "late"}

        code, said = do(home, "restore", str(file), "--force")

        assert code == 0, said
        assert ideas(journal) == {"early"}
    assert len(seen) >= 4
    assert set(seen) == {frozenset({"early", "late"}), frozenset({"early"})}


def test_a_restore_to_an_empty_machine_is_whole_or_not_there(lived, tmp_path):
    start, file = lived
    (whole,) = (start / "data/drafts").iterdir()
    empty = tmp_path / "empty"
    empty.mkdir()
    count = 0
    for home in kills(empty, tmp_path, "restore", str(file)):
        count += 1
        journal = home / "data/journal.db"
        if journal.exists():
            assert ideas(journal) == {"early"}
            assert (home / "config.toml").exists()
        else:
            assert do(home, "restore", str(file))[0] == 0
            assert ideas(journal) == {"early"}
        (draft,) = [path for path in (home / "data/drafts").iterdir() if not path.name.startswith(".")]
        assert draft.read_bytes() == whole.read_bytes()
    assert count >= 5


def test_a_backup_is_whole_or_not_there_and_the_journal_is_untouched(lived, tmp_path):
    start, _ = lived
    target = tmp_path / "new.tar.gz"
    count = whole = 0
    for home in kills(start, tmp_path, "backup", str(target)):
        count += 1
        assert ideas(home / "data/journal.db") == {"early", "late"}
        if target.exists():
            whole += 1
            assert do(home, "restore", str(target), "--force")[0] == 0
            assert ideas(home / "data/journal.db") == {"early", "late"}
            target.unlink()
    assert count >= 3


def test_what_killed_ones_left_is_swept_after_an_hour(lived, tmp_path):
    home, file = lived
    left, fresh = home / "data/.ml-old", home / "data/.ml-fresh"
    half = file.parent / ".ml-half.new"
    for folder in (left, fresh):
        folder.mkdir()
        (folder / "0").write_text("journal")
    half.write_text("half")
    for path in (left, half):
        os.utime(path, (1, 1))

    assert do(home, "backup", str(tmp_path / "another.tar.gz"))[0] == 0

    assert not left.exists()
    assert not half.exists()
    assert fresh.exists()

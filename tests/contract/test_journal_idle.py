"""The fast path: asleep only while nothing can have changed."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from automations.model.records import RunOutcome
from automations.model.uptime import Uptime
from automations.model.wake import Wake
from automations.store.idle import SILENCE, fingerprint, fingerprints, is_idle
from automations.store.sqlite import SqliteJournal
from automations.testing.journal_records import ANN, NOW, record_line

CONFIG = "/somewhere/config.toml"
DUE = NOW + timedelta(days=1)
SOON = NOW + timedelta(minutes=15)


@pytest.fixture
def calendars(tmp_path):
    folder = tmp_path / "calendars"
    (folder / "team").mkdir(parents=True)
    (folder / "work.ics").write_text("BEGIN:VCALENDAR\n")
    (folder / "team" / "all.ics").write_text("BEGIN:VCALENDAR\n")
    (folder / "team" / "a" / "b" / "c").mkdir(parents=True)
    (folder / "team" / "a" / "b" / "c" / "deep.ics").write_text("BEGIN:VCALENDAR\n")
    (folder / "team" / "round").symlink_to(folder, target_is_directory=True)
    return folder


@pytest.fixture
def path(tmp_path, calendars):
    """A journal whose last run ended at NOW with nothing due before DUE."""
    path = str(tmp_path / "journal.db")
    watched = fingerprints([str(calendars), str(calendars / "missing.ics")])
    with closing(SqliteJournal.open(path)) as journal:
        run = journal.begin_run(ANN, NOW)
        wake = Wake(DUE, CONFIG, "0.1.0", watched)
        journal.finish_run(run, at=NOW, outcome=RunOutcome.NOTHING, problems=(), wake=wake)
        assert journal.pulse().wake == wake
    return path


def ask(path, *, config=CONFIG, version="0.1.0", now=SOON):
    found = is_idle(path, config=config, version=version, now=now)
    return found and found[0]


def test_nothing_due_answers_when_something_will_be_and_notes_the_visit(path):
    assert ask(path) == DUE
    assert ask(path, now=SOON + timedelta(minutes=15)) == DUE
    with closing(SqliteJournal.open(path)) as journal:
        pulse = journal.pulse()
        assert (pulse.last_run, pulse.last_idle, pulse.idle_count) == (NOW, SOON + timedelta(minutes=15), 2)
        assert len(journal.log(ANN)) == 1


@pytest.mark.parametrize(
    ("now", "idle"),
    [
        (NOW + SILENCE, True),
        (NOW + SILENCE + timedelta(microseconds=1), False),
        (DUE + timedelta(days=400), False),
        (NOW - timedelta(hours=25), True),
        (NOW - timedelta(hours=25, microseconds=1), False),
        (NOW.replace(year=1970), False),
    ],
)
def test_a_run_looks_after_a_silence_or_when_the_clock_fell_back(path, now, idle):
    assert (ask(path, now=now) is not None) == idle


def test_a_run_looks_when_it_is_due(path):
    now = SOON
    while now < DUE:
        assert ask(path, now=now) == DUE
        now += timedelta(minutes=30)
    assert ask(path, now=DUE) is None


def test_the_visit_notes_how_long_the_machine_was_awake(path):
    assert is_idle(path, config=CONFIG, version="0.1.0", now=SOON, uptime=Uptime(1234.5, "b1")) is not None
    with closing(SqliteJournal.open(path)) as journal:
        assert journal.load(ANN).uptime == Uptime(1234.5, "b1")


def test_a_run_looks_when_config_or_program_changed(path):
    assert ask(path, config=CONFIG + ".new") is None
    assert ask(path, version="0.1.1") is None
    assert ask(path) == DUE


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "work.ics").write_text("BEGIN:VCALENDAR\nX\n"),
        lambda folder: os.utime(folder / "work.ics", ns=(1, 1)),
        lambda folder: (folder / "work.ics").unlink(),
        lambda folder: (folder / "work.ics").rename(folder / "job.ics"),
        lambda folder: (folder / "new.ics").touch(),
        lambda folder: (folder / "missing.ics").touch(),
        lambda folder: (folder / "team" / "all.ics").write_text("END:VCALENDAR\n\n"),
        lambda folder: (folder / "team" / "a" / "b" / "c" / "deep.ics").write_text("BEGIN:VCALENDAR\n\n"),
        lambda folder: (folder / "team").rename(folder.parent / "team"),
        lambda folder: folder.rename(folder.parent / "moved"),
    ],
)
def test_a_run_looks_when_a_watched_path_changed(path, calendars, change):
    assert ask(path) == DUE
    change(calendars)
    assert ask(path) is None


def test_a_run_looks_after_something_was_written(path):
    with closing(SqliteJournal.open(path)) as journal:
        journal.record(record_line())
    assert ask(path) is None


def test_a_run_looks_when_the_journal_is_missing_and_does_not_make_one(tmp_path):
    assert ask(str(tmp_path / "none.db")) is None
    assert list(tmp_path.iterdir()) == []


def test_a_run_looks_when_the_journal_has_no_wake_yet(tmp_path):
    path = str(tmp_path / "new.db")
    SqliteJournal.open(path).close()
    assert ask(path) is None


@pytest.mark.parametrize("content", [b"", b"scrap" * 5000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_run_looks_when_the_journal_is_damaged(path, content):
    Path(path).write_bytes(content)
    assert ask(path) is None
    assert Path(path).read_bytes() == content


def test_a_run_looks_when_the_wake_makes_no_sense(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE wake SET due = '9999 tomorrow'")
    assert ask(path) is None


def test_a_run_looks_when_the_journal_is_held_by_another_program(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert ask(path) is None
        connection.execute("ROLLBACK")
    assert ask(path) == DUE


def test_a_visit_leaves_no_file_others_can_read(path):
    assert ask(path) == DUE
    found = list(Path(path).parent.glob("journal.db*"))
    assert {each.stat().st_mode & 0o777 for each in found} == {0o600}


def test_the_fast_path_loads_neither_model_nor_anything_heavy():
    code = (
        "import sys; import automations.store.idle;"
        "print(*sorted(n for n in sys.modules if n.startswith('automations')), 'json' in sys.modules,"
        " 'dataclasses' in sys.modules, 'pathlib' in sys.modules)"
    )
    # -S leaves out the venv's own start-up files, which may import anything; the checkout is the folder.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.split() == [
        "automations",
        "automations.store",
        "automations.store.address",
        "automations.store.idle",
        "automations.store.instants",
        "automations.store.uptimes",
        "False",
        "False",
        "False",
    ]


# Fingerprints


def test_a_file_is_its_time_size_and_inode(tmp_path):
    file = tmp_path / "a.ics"
    file.write_bytes(b"12345")
    os.utime(file, ns=(7, 1_000_000_007))
    assert fingerprint(str(file)) == f"1000000007:5:{file.stat().st_ino}"
    assert fingerprint(str(tmp_path / "none")) == "-"
    assert fingerprint(str(file / "below")) == "-"


def test_a_folder_is_followed_all_the_way_down(tmp_path):
    deep = tmp_path.joinpath(*"123456789")
    deep.mkdir(parents=True)
    before = fingerprint(str(tmp_path))
    assert fingerprint(str(tmp_path)) == before
    (deep / "deep.ics").touch()
    assert fingerprint(str(tmp_path)) != before


def test_a_folder_that_links_to_itself_and_a_broken_link_have_an_end(tmp_path):
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to(tmp_path / "none")
    before = fingerprint(str(tmp_path))
    (tmp_path / "none").touch()
    assert fingerprint(str(tmp_path)) != before


def test_fingerprints_are_pairs_in_the_order_asked(tmp_path):
    missing = [str(tmp_path / name) for name in ("b", "a")]
    assert fingerprints(missing) == ((missing[0], "-"), (missing[1], "-"))


@pytest.mark.parametrize("monitored", [False, True])
def test_the_visit_knows_whether_a_monitor_is_to_hear_of_it(path, monitored):
    with closing(SqliteJournal.open(path)) as journal:
        run = journal.begin_run(ANN, NOW)
        wake = Wake(DUE, CONFIG, "0.1.0", (), monitored)
        journal.finish_run(run, at=NOW, outcome=RunOutcome.NOTHING, problems=(), wake=wake)
        assert journal.pulse().wake == wake

    assert is_idle(path, config=CONFIG, version="0.1.0", now=SOON) == (DUE, monitored)

"""The journal's file: rights, crashes, races, damage, a full disk."""

import os
import shlex
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

from automations.errors import ConflictError, MagicloopError, RefusedError, StoreError
from automations.model.records import BlockState, Outcome, Recorded, RunOutcome
from automations.store.chain import verify_log
from automations.store.sqlite import SqliteJournal
from automations.testing.journal_records import (
    ANN,
    BEN,
    NOW,
    WHOLE,
    record_line,
    some_block,
    some_cycle,
    some_idea,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "journal.db"


def wal(path):
    return path.with_name(path.name + "-wal")


def names_beside(path):
    return sorted(each.name for each in path.parent.iterdir())


@contextmanager
def opened(path, **options):
    with closing(SqliteJournal.open(str(path), **options)) as journal:
        yield journal


@contextmanager
def raw(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def run_child(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


# Rights


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_any_of_the_files(path, umask):
    before = os.umask(umask)
    try:
        with opened(path) as journal:
            journal.record(record_line(), [some_idea()])
            modes = {each.name: mode_of(each) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}
    assert mode_of(path.parent) == 0o700
    assert names_beside(path) == ["journal.db"]


def test_a_file_others_could_read_is_closed_to_them_and_a_folder_of_the_person_is_left(tmp_path):
    tmp_path.chmod(0o755)
    path = tmp_path / "journal.db"
    with opened(path) as journal:
        path.chmod(0o644)
        wal(path).chmod(0o644)
        with opened(path):
            assert mode_of(path) == mode_of(wal(path)) == 0o600
        journal.record(record_line())
    assert mode_of(tmp_path) == 0o755


def test_a_symbolic_link_is_refused(tmp_path):
    target = tmp_path / "elsewhere.db"
    (tmp_path / "journal.db").symlink_to(target)
    with pytest.raises(StoreError, match="symbolic link"):
        SqliteJournal.open(str(tmp_path / "journal.db"))
    assert not target.exists()


def test_names_with_signs_that_mean_something_in_an_address_are_just_names(tmp_path):
    path = tmp_path / "50%20 a?b#c" / "jour nal?mode=ro.db"
    with opened(path) as journal:
        journal.record(record_line(), [some_idea()])
    assert names_beside(path) == [path.name]
    assert verify_log(str(path)) is None


# What lasts


def test_what_was_written_is_there_after_reopening(path):
    with opened(path) as journal:
        journal.record(record_line(), WHOLE)
        before = journal.load(ANN)
    with opened(path) as journal:
        assert journal.load(ANN) == before
        assert [entry for _, entry in journal.log(ANN)] == [record_line()]


def test_kill_9_between_claim_and_settle_leaves_an_open_claim_with_its_records(path):
    done = run_child(
        """
        import os, signal, sys
        from automations.store.sqlite import SqliteJournal
        from automations.testing.journal_records import ANN, NOW, some_block

        journal = SqliteJournal.open(sys.argv[1])
        run = journal.begin_run(ANN, NOW)
        journal.claim(ANN, run=run.id, at=NOW, kind="book-block", subject="2026-03", changes=[some_block()])
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        str(path),
    )
    assert done.returncode == -9, done.stderr
    with opened(path) as journal:
        recorded = journal.load(ANN)
        assert [(claim.kind, claim.subject) for claim in recorded.claims] == [("book-block", "2026-03")]
        assert recorded.blocks == (some_block(),)
        assert recorded.last_run is None
        assert recorded.first_run.started == NOW
        with raw(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_kill_9_within_a_transaction_leaves_nothing_of_it(path):
    done = run_child(
        """
        import os, signal, sys
        from automations.store.sqlite import SqliteJournal
        from automations.testing.journal_records import NOW, record_line, some_idea

        class Killed:
            def __iter__(self):
                yield some_idea(id="second")
                os.kill(os.getpid(), signal.SIGKILL)

        journal = SqliteJournal.open(sys.argv[1])
        journal.record(record_line(), [some_idea(id="first")])
        journal.record(record_line(), Killed())
        """,
        str(path),
    )
    assert done.returncode == -9, done.stderr
    with opened(path) as journal:
        assert [idea.id for idea in journal.load(ANN).ideas] == ["first"]
        journal.record(record_line(), [some_idea(id="second")])
    assert verify_log(str(path)) is None


# Many at once


def race(count, act):
    """Run `act(number)` in threads that start together; return the results or errors in order."""
    results = [None] * count
    gate = threading.Barrier(count)

    def work(number):
        gate.wait()
        try:
            results[number] = act(number)
        except MagicloopError as error:
            results[number] = error

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_that_replace_the_same_revision_exactly_one_wins(path):
    with opened(path) as journal:
        journal.record(record_line(), [some_block()])

    def replace_it(number):
        with opened(path) as journal:
            journal.record(record_line(), [some_block(rev=2, reason=f"by {number}")])

    results = race(8, replace_it)
    assert [type(result) for result in results if result is not None] == [ConflictError] * 7
    with opened(path) as journal:
        assert journal.load(ANN).blocks == (some_block(rev=2, reason=f"by {results.index(None)}"),)
        assert len(journal.log(ANN)) == 2
    assert verify_log(str(path)) is None


def test_of_many_that_claim_the_same_action_exactly_one_wins(path):
    def claim(_number):
        with opened(path) as journal:
            return journal.claim(ANN, run=None, at=NOW, kind="k", subject="s")

    results = race(8, claim)
    assert [result for result in results if isinstance(result, int)] == [1]
    assert sum(isinstance(result, ConflictError) for result in results) == 7


def test_many_that_open_a_new_journal_together_share_it(path):
    def write(number):
        with opened(path) as journal:
            journal.record(record_line(), [some_idea(id=f"i{number}")])

    assert race(8, write) == [None] * 8
    with opened(path) as journal:
        assert {idea.id for idea in journal.load(ANN).ideas} == {f"i{number}" for number in range(8)}
    assert names_beside(path) == ["journal.db"]
    assert verify_log(str(path)) is None


def test_a_load_sees_one_instant_while_others_write(path):
    with opened(path) as reader, opened(path) as writer:
        pairs = [(some_idea(id=f"i{n}"), some_cycle(boss=f"b{n}@corp.test")) for n in range(40)]

        def act(number):
            if number == 0:
                with opened(path) as own:
                    for pair in pairs:
                        own.record(record_line(), pair)
                return []
            with opened(path) as own:
                return [(len(seen.ideas), len(seen.cycles)) for seen in (own.load(ANN) for _ in range(60))]

        counts = [count for result in race(3, act) for count in result]
        assert all(ideas == cycles for ideas, cycles in counts)
        assert len(reader.load(ANN).ideas) == len(writer.load(ANN).cycles) == 40


def test_a_journal_held_by_another_program_says_so(path):
    with opened(path, busy_seconds=0.0) as journal, raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="held by another program"):
            journal.record(record_line(), [some_idea()])
        assert journal.load(ANN) == Recorded(ANN)
        other.execute("ROLLBACK")
        journal.record(record_line(), [some_idea()])


# Damage


def assert_refused(path, match):
    """Opening is refused with the path, what to type, and without touching the file."""
    before = path.read_bytes()
    with pytest.raises(StoreError, match=match) as caught:
        SqliteJournal.open(str(path))
    assert str(path) in caught.value.what
    assert caught.value.where == str(path)
    assert path.read_bytes() == before
    return caught.value.fix


@pytest.mark.parametrize("content", [b"not a database at all\n" * 300, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_corrupt_file_is_refused_with_what_to_type(path, content):
    with opened(path):
        pass
    path.write_bytes(content)
    fix = assert_refused(path, "is damaged")
    assert fix.startswith("magicloop restore FILE --force")
    assert f"mv {path.parent} {path.parent}.before" in fix


def test_an_empty_file_is_refused_because_a_journal_never_is(path):
    with opened(path):
        pass
    os.truncate(path, 0)
    assert assert_refused(path, "is empty").startswith("magicloop restore FILE --force")


def test_moving_the_folder_aside_as_told_begins_anew(tmp_path):
    path = tmp_path / "Application Support" / "journal.db"
    with opened(path) as journal:
        journal.record(record_line(), [some_idea()])
        newest = wal(path).read_bytes()
    wal(path).write_bytes(newest)
    path.write_bytes(b"scrap" * 999)
    fix = assert_refused(path, "is damaged")
    for command in fix.partition("begin anew: ")[2].split("; "):
        assert subprocess.run(shlex.split(command), check=False).returncode == 0
    with opened(path) as journal:
        assert journal.load(ANN) == Recorded(ANN)
    assert names_beside(path) == ["journal.db"]
    aside = path.parent.with_name("Application Support.before") / "journal.db"
    assert (aside.read_bytes(), wal(aside).read_bytes()) == (b"scrap" * 999, newest)


def test_writes_left_without_their_database_are_not_played_into_a_new_one(path):
    with opened(path) as journal:
        journal.record(record_line(), [some_idea()])
        newest = wal(path).read_bytes()
    path.unlink()
    wal(path).write_bytes(newest)
    with pytest.raises(StoreError, match="is gone") as caught:
        SqliteJournal.open(str(path))
    assert f"mv {path}-wal" in caught.value.fix
    assert names_beside(path) == ["journal.db-wal"]


def test_a_database_of_another_program_is_refused(path):
    path.parent.mkdir()
    with raw(path) as connection:
        connection.execute("CREATE TABLE bookmark (url)")
    assert "move it aside" in assert_refused(path, "not a magicloop journal")
    with raw(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_newer_journal_is_refused(path):
    with opened(path):
        pass
    with raw(path) as connection:
        connection.execute("PRAGMA user_version=99")
    assert "upgrade magicloop" in assert_refused(path, "newer magicloop .layout 99")


def test_a_folder_in_its_place_is_refused(path):
    path.mkdir(parents=True)
    with pytest.raises(StoreError) as caught:
        SqliteJournal.open(str(path))
    assert str(path) in caught.value.what
    assert caught.value.fix


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "data").write_text("mine")
    with pytest.raises(StoreError, match="cannot be made"):
        SqliteJournal.open(str(tmp_path / "data" / "journal.db"))
    assert (tmp_path / "data").read_text() == "mine"


def test_damage_found_while_reading_is_an_error_with_the_path(path):
    with opened(path) as journal:
        journal.record(record_line(), [some_idea(id=f"i{n}", text="x" * 900) for n in range(200)])
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))
    with opened(path) as journal, pytest.raises(StoreError, match="damaged") as caught:
        journal.load(ANN)
    assert str(path.parent) in caught.value.fix


def test_a_row_somebody_wrote_by_hand_that_makes_no_sense_is_an_error_with_the_path(path):
    with opened(path) as journal:
        journal.record(record_line(), [some_idea()])
        with raw(path) as connection:
            connection.execute("UPDATE idea SET created = 'yesterday'")
        with pytest.raises(StoreError, match="makes no sense"):
            journal.load(ANN)


def test_text_that_cannot_be_stored_is_refused_and_nothing_is_written(path):
    with opened(path) as journal:
        with pytest.raises(RefusedError, match="cannot be stored"):
            journal.record(record_line(), [some_idea(), some_idea(id="i2", text="half a sign \ud800")])
        assert journal.load(ANN) == Recorded(ANN)


# Trouble while writing


def test_a_full_disk_loses_nothing(path):
    with opened(path) as journal:
        journal.record(record_line(), [some_idea()])
        pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
        journal._db.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StoreError, match="disk is full") as caught:
            journal.record(record_line(), [some_idea(id="i2", text="x" * 100_000)])
        assert "make room" in caught.value.fix
        with pytest.raises(StoreError, match="disk is full"):
            journal.claim(ANN, run=None, at=NOW, kind="k" * 100_000, subject="s")
        assert journal.load(ANN).ideas == (some_idea(),)
        assert journal.load(ANN).claims == ()
        journal._db.execute("PRAGMA max_page_count=1000000")
        journal.record(record_line(), [some_idea(id="i2", text="x" * 100_000)])
    assert verify_log(str(path)) is None


def test_a_file_that_may_not_grow_loses_nothing(path):
    with opened(path) as journal:
        journal.record(record_line(), [some_idea()])
    done = run_child(
        """
        import os, resource, signal, sys
        from automations.errors import StoreError
        from automations.store.sqlite import SqliteJournal
        from automations.testing.journal_records import record_line, some_idea

        journal = SqliteJournal.open(sys.argv[1])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = os.path.getsize(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            journal.record(record_line(), [some_idea(id="i2", text="x" * 4 * size)])
        except StoreError as error:
            print(error, error.fix)
        """,
        str(path),
    )
    assert done.stderr == ""
    assert "nothing was written" in done.stdout
    with opened(path) as journal:
        assert journal.load(ANN).ideas == (some_idea(),)


def test_a_read_only_journal_says_so(path):
    with opened(path) as journal:
        journal.record(record_line(), [some_idea()])
        journal._db.execute("PRAGMA query_only=ON")
        with pytest.raises(StoreError, match="read-only") as caught:
            journal.touch(NOW)
        assert f"chmod u+rw {path}" in caught.value.fix
        assert journal.load(ANN).ideas == (some_idea(),)


# The log


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET detail = 'never happened' WHERE number = 2",
        "DELETE FROM log WHERE number = 2",
        "DELETE FROM log",
        "INSERT OR REPLACE INTO log SELECT 2, person, at, kind, subject, outcome, 'x', run, hash FROM log",
    ],
)
def test_the_database_refuses_to_change_the_log(path, statement):
    with opened(path) as journal:
        for _ in range(3):
            journal.record(record_line())
        before = journal.log(ANN)
        with raw(path) as connection, pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            connection.execute(statement)
        assert journal.log(ANN) == before


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE log SET detail = 'never happened' WHERE number = 2", 2),
        ("UPDATE log SET at = '2020-01-01T00:00:00.000000Z' WHERE number = 4", 4),
        ("UPDATE log SET person = 'ben@corp.test' WHERE number = 1", 1),
        ("UPDATE log SET run = NULL WHERE number = 5", 5),
        ("DELETE FROM log WHERE number = 3", 3),
        ("DELETE FROM log WHERE number = 1", 1),
        ("DELETE FROM log WHERE number = 5", 5),
        ("DELETE FROM log", 1),
        (
            "INSERT INTO log SELECT 6, person, at, kind, subject, outcome, detail, run, hash FROM log LIMIT 1",
            6,
        ),
    ],
)
def test_the_chain_shows_the_first_line_that_is_not_as_it_was_written(path, tampering, broken):
    with opened(path) as journal:
        for person in (ANN, BEN, ANN, BEN):
            journal.record(record_line(person))
        run = journal.begin_run(ANN, NOW)
        journal.finish_run(run, at=NOW, outcome=RunOutcome.OK, problems=(), wake=None)
    assert verify_log(str(path)) is None
    with raw(path) as connection:
        for trigger in ("log_no_update", "log_no_delete", "log_no_replace"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(tampering)
        assert verify_log(connection) == broken
    assert verify_log(str(path)) == broken


def test_verifying_a_file_that_cannot_be_read_is_an_error_with_the_path(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        verify_log(str(tmp_path / "missing.db"))
    assert list(tmp_path.iterdir()) == []


def test_the_log_never_changes_when_lines_are_added(path):
    with opened(path) as journal:
        journal.record(record_line())
        with raw(path) as connection:
            first = connection.execute("SELECT * FROM log").fetchall()
            journal.record(record_line(at=NOW + timedelta(days=1)))
            assert connection.execute("SELECT * FROM log").fetchall()[:1] == first


# Other writers than this program


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE block SET state = 'lost'",
        "UPDATE block SET month = 'March'",
        "UPDATE block SET rev = 0",
        "INSERT INTO block SELECT 'b2', person, month, 2, state, 1, '', '', '', '', 1, 0, '', '', '', '', '', '', '' FROM block",
        "UPDATE draft SET state = 'sent'",
        "UPDATE draft SET state = 'rendered'",
        "UPDATE approval SET state = 'maybe'",
        "UPDATE approval SET draft = 'd9'",
        "UPDATE incident SET severity = 5",
        "UPDATE idea SET state = 'done'",
        "INSERT INTO wake (one, person, config, version) VALUES (2, '', '', '')",
        "UPDATE claim SET outcome = 'perhaps'",
        "UPDATE claim SET outcome = 'done'",
        "INSERT INTO claim (person, at, kind, subject) SELECT person, at, kind, subject FROM claim",
        "UPDATE run SET outcome = 'fine'",
    ],
)
def test_the_database_itself_refuses_what_must_never_happen(path, statement):
    with opened(path) as journal:
        journal.record(record_line(), WHOLE)
        journal.begin_run(ANN, NOW)
        journal.claim(ANN, run=None, at=NOW, kind="k", subject="s")
        before = journal.load(ANN)
        assert before.blocks[0].state is BlockState.BOOKED
        with raw(path) as connection:
            connection.execute("PRAGMA foreign_keys=ON")
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)
        assert journal.load(ANN) == before


def test_a_year_of_runs_that_must_all_look_and_find_nothing_leaves_the_file_as_it_was(tmp_path):
    journal = SqliteJournal.open(str(tmp_path / "journal.db"))

    def runs(count, first):
        for number in range(first, first + count):
            at = NOW + timedelta(minutes=15 * number)
            run = journal.begin_run(ANN, at)
            claim = journal.claim(ANN, run=run.id, at=at, kind="create-draft", subject="offer")
            journal.settle(claim, at=at, outcome=Outcome.FAILED, detail="no route to host")
            journal.finish_run(run, at=at, outcome=RunOutcome.FAILED, problems=(), wake=None)

    def rows():
        with closing(sqlite3.connect(journal.path)) as connection:
            return [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("run", "claim", "log")
            ]

    runs(5, 0)
    few = rows()
    runs(300, 5)

    assert rows() == few
    assert journal.load(ANN).last_run.id == 305
    assert verify_log(journal.path) is None
    journal.close()

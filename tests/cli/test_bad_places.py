"""A data folder that cannot be used: a clear error, nothing lost, everything well once it is mended."""

import errno
import json
import os
import sqlite3
from contextlib import closing

import pytest

SMALL_FILES = ("sh", "-c", 'ulimit -f "$0"; exec "$@"')


def check_error(done, *words, code=1):
    assert (done.exit_code, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert any(line.startswith("fix:   ") for line in lines)
    for word in words:
        assert str(word) in done.stderr


def test_a_data_folder_that_is_a_file(magicloop, own):
    own.data.parent.mkdir(parents=True)
    own.data.write_text("mine")

    for words in (["run"], ["idea", "add", "x"]):
        check_error(magicloop(*words), own.data, "MAGICLOOP_DATA")
    assert own.data.read_text() == "mine"


def test_a_data_folder_in_a_place_that_is_none(magicloop, own):
    check_error(
        magicloop("run", env={"MAGICLOOP_DATA": "/dev/null/here"}), "/dev/null/here", "MAGICLOOP_DATA"
    )
    check_error(magicloop("run", env={"MAGICLOOP_DATA": "/proc/nothing"}), "/proc/nothing", "MAGICLOOP_DATA")


def test_a_config_folder_that_cannot_be_made(magicloop):
    check_error(magicloop("run", env={"MAGICLOOP_HOME": "/dev/null/here"}), "/dev/null/here", code=10)


def test_a_disk_that_is_read_only_from_the_start(magicloop, own, disk):
    disk("ro")

    check_error(magicloop("run"), own.data, "cannot be written")
    disk("rw")
    assert magicloop("run").exit_code == 0


def test_a_disk_that_becomes_read_only_keeps_everything(magicloop, own, disk, tree):
    magicloop("run")
    magicloop("idea", "add", "one")
    before = tree(own.data)

    disk("ro")
    for words in (
        ["idea", "add", "two"],
        ["invention", "skip", "2030-01"],
        ["draft", "discard", "offer", "--yes"],
    ):
        check_error(magicloop(*words))
    assert tree(own.data) == before

    disk("rw")
    assert magicloop("idea", "add", "two").exit_code == 0
    assert magicloop("idea", "list").stdout.splitlines() == ["I1  seed  +0  one", "I2  seed  +0  two"]
    assert magicloop("run").exit_code == 0


def test_what_is_on_a_read_only_disk_can_be_read_or_is_refused_with_a_reason(magicloop, own, disk):
    magicloop("run")
    magicloop("idea", "add", "one")
    disk("ro")

    for words in (["status"], ["idea", "list"], ["log"]):
        done = magicloop(*words)
        if done.exit_code:
            check_error(done)
        else:
            assert done.stdout


def test_a_full_disk_loses_nothing(magicloop, own, disk):
    magicloop("run")
    magicloop("idea", "add", "one")
    filler = own.data / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass

    full = [magicloop("idea", "add", f"more {number} " + "x" * 4000) for number in range(3)]
    check_error(full[-1], f"df -h {own.data}")
    files = own.blocks.read_bytes()
    assert magicloop("run").exit_code in (0, 1, 3)
    assert own.blocks.read_bytes() == files

    filler.unlink()
    assert magicloop("run").exit_code == 0
    ideas = magicloop("idea", "list").stdout
    assert "I1  seed  +0  one" in ideas
    assert sum(done.exit_code == 0 for done in full) + 1 == len(ideas.splitlines())
    assert len(list(own.drafts.glob("*.eml"))) == 1
    assert [path.name for path in own.data.iterdir() if path.name.startswith(".ml-")] == []


@pytest.mark.parametrize("blocks", [0, 1, 8, 64])
def test_a_limit_on_file_sizes_is_an_error_and_the_next_run_is_well(process, magicloop, own, blocks):
    # Compiled modules would be cut short too, and those of the checkout are everybody's.
    done = process("run", wrapper=(*SMALL_FILES, str(blocks)), PYTHONDONTWRITEBYTECODE="1")

    assert done.returncode in (1, 3)
    assert "fix:" in done.stderr
    assert magicloop("run").exit_code == 0
    assert own.blocks.read_bytes().count(b"BEGIN:VEVENT") >= 1
    assert len(list(own.drafts.glob("*.eml"))) == 1


def test_a_journal_of_a_newer_version_is_left_alone(magicloop, own):
    magicloop("run")
    with closing(sqlite3.connect(own.journal)) as journal:
        journal.execute("PRAGMA user_version = 99")
    before = own.journal.read_bytes()

    for words in (["run"], ["status"], ["idea", "add", "x"], ["plan"]):
        check_error(magicloop(*words), own.journal, "newer")
    assert own.journal.read_bytes() == before


@pytest.mark.parametrize(
    "junk", [b"", b"no database at all, " * 300, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_damaged_journal_is_refused_with_a_way_out_and_never_built_anew(magicloop, own, junk):
    magicloop("run")
    for side in ("-wal", "-shm"):
        own.journal.with_name(own.journal.name + side).unlink(missing_ok=True)
    own.journal.write_bytes(junk)

    for words in (["run"], ["status"], ["draft", "list"], ["idea", "add", "x"]):
        check_error(magicloop(*words), own.journal, "mv ")
    assert own.journal.read_bytes() == junk

    # The drafts and blocks would be made a second time.
    own.journal.rename(own.journal.with_name("journal.db.bad"))
    check_error(magicloop("status"), own.journal, "is gone", "mv ")
    own.data.rename(own.data.with_name("magicloop.before"))
    assert magicloop("status").exit_code == 0


def spoilt(own, version):
    """Give the journal another layout's number, or take every byte of it where there is none."""
    for side in ("-wal", "-shm"):
        own.journal.with_name(own.journal.name + side).unlink(missing_ok=True)
    if version is None:
        own.journal.write_bytes(b"")
        return
    with closing(sqlite3.connect(own.journal)) as journal:
        journal.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize(
    ("version", "words"),
    [(None, "is empty, which a journal never is"), (0, "has no layout number (0)")],
)
def test_a_journal_that_is_none_any_more_is_said_to_be_so_by_every_command(
    magicloop, process, own, home, version, words
):
    magicloop("run")
    spoilt(own, version)
    before = own.journal.read_bytes()

    backup = ("backup", home / "kept.tar.gz")
    for command in (["run"], ["status"], ["log", "verify"], backup, ["web", "--no-open"]):
        done = process(*command)
        assert done.returncode == 1
        assert "http" not in done.stdout
        assert f"the journal {own.journal} {words}" in done.stderr
        assert "magicloop restore FILE --force" in done.stderr
        assert ".ml-" not in done.stderr
    row = next(
        row for row in json.loads(magicloop("doctor", "--json").stdout)["rows"] if row["name"] == "journal"
    )
    assert (row["state"], row["what"].startswith(f"the journal {own.journal} {words}")) == ("error", True)
    assert row["fix"].startswith("magicloop restore FILE --force")
    assert own.journal.read_bytes() == before


def test_what_could_not_be_put_back_is_not_kept(magicloop, own, tmp_path):
    magicloop("run")
    spoilt(own, 99)

    check_error(magicloop("backup", tmp_path / "kept.tar.gz"), own.journal, "newer")
    assert not (tmp_path / "kept.tar.gz").exists()


def test_somebody_elses_database_is_not_touched(magicloop, own):
    own.data.mkdir(parents=True)
    with closing(sqlite3.connect(own.journal)) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.commit()
    before = own.journal.read_bytes()

    check_error(magicloop("run"), own.journal)
    assert own.journal.read_bytes() == before


def test_a_blocks_file_damaged_by_somebody_is_left_alone_and_the_rest_goes_on(magicloop, own):
    magicloop("run")
    damaged = own.blocks.read_bytes()[:200]
    own.blocks.write_bytes(damaged)

    done = magicloop("run")

    assert done.exit_code == 3
    assert str(own.blocks) in done.stderr
    assert own.blocks.read_bytes() == damaged


def test_a_link_to_blocks_on_a_disk_that_is_not_there_is_told_and_nothing_is_booked(magicloop, own):
    elsewhere = own.data / "unmounted" / "blocks.ics"
    own.data.mkdir(parents=True)
    own.blocks.symlink_to(elsewhere)

    done = magicloop("run")

    assert done.exit_code == 3
    said = f"is a link to {elsewhere}, which is not there"
    assert said in done.stderr
    assert f"rm '{own.blocks}'" in done.stderr
    assert own.blocks.is_symlink()
    shown = magicloop("doctor")
    assert shown.exit_code == 1
    assert said in shown.stdout

    elsewhere.parent.mkdir()
    elsewhere.write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//mine//EN\r\nEND:VCALENDAR\r\n")
    assert magicloop("run").exit_code == 0
    assert own.blocks.is_symlink()
    assert elsewhere.read_bytes().count(b"BEGIN:VEVENT") >= 1


@pytest.mark.parametrize("says", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_the_file_system_has_no_locks_nothing_is_done_without_one(
    magicloop, own, tree, monkeypatch, says
):
    def flock(handle, operation):
        raise OSError(says, os.strerror(says))

    magicloop("run")
    kept = ("journal.db", "invention.ics", "drafts")
    before = {name: tree(own.data)[name] for name in kept}
    with monkeypatch.context() as without:
        without.setattr("fcntl.flock", flock)
        for words in (["run"], ["idea", "add", "one"]):
            done = magicloop(*words)
            check_error(done, own.data / "run.lock")
            assert "this file system has no locks" in done.stderr
            assert "MAGICLOOP_DATA=" in done.stderr
        shown = magicloop("doctor")
    assert shown.exit_code == 1
    assert "this file system has no locks" in shown.stdout
    assert {name: tree(own.data)[name] for name in kept} == before
    assert magicloop("run").exit_code == 0

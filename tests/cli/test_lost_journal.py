"""A journal that is gone from its folder is noticed, because what it led to would be made a second time."""

import shlex
import shutil
import subprocess

import pytest

from .test_bad_places import check_error

OFFER = "offer:priya@example.com:2026-11"
WRITING = (
    ["run"],
    ["idea", "add", "x"],
    ["invention", "skip", "2026-12"],
    ["loop", "pause", "--until", "2026-12-01"],
)
READING = (
    ["status"],
    ["plan"],
    ["draft", "list"],
    ["log"],
    ["log", "verify"],
    ["run", "--dry-run"],
    ["review"],
)


@pytest.fixture
def lived(frozen, own, magicloop, read):
    """A run whose mail was handed over and went, and a backup from before."""
    magicloop("run")
    (draft,) = read("draft", "list")["drafts"]
    own.mail = next(own.drafts.iterdir()).read_bytes()
    assert magicloop("draft", "approve", OFFER, "--hash", draft["hash"]).exit_code == 0
    frozen.tick(3600)
    magicloop("run")
    done = magicloop("draft", "resolve", OFFER, "--sent")
    assert done.exit_code == 0, done.output
    own.kept = own.data.parent / "kept.tar.gz"
    assert magicloop("backup", own.kept).exit_code == 0
    return own


def lose(own):
    for path in own.data.glob("journal.db*"):
        path.unlink()


def stands(own, tree):
    """Return every file but what runs of a schedule note of themselves."""
    return {
        name: data
        for name, data in tree(own.data).items()
        if name not in ("run.log", "run.lock", "told.json")
    }


def doctor_row(read):
    return next(row for row in read("doctor")["rows"] if row["name"] == "journal")


def test_it_is_refused_by_every_command_and_nothing_is_written(lived, magicloop, tree):
    lose(lived)
    before = stands(lived, tree)

    for words in (*WRITING, *READING, ["backup", lived.data.parent / "other.tar.gz"]):
        done = magicloop(*words)
        if done.stdout:
            assert words == ["run"], done.output
        check_error(
            done, f"the journal {lived.journal} is gone", f"where: {lived.journal}", "magicloop restore FILE"
        )
        assert f"mv {lived.data} {lived.data}.before" in done.stderr
    assert stands(lived, tree) == before
    assert not (lived.data.parent / "other.tar.gz").exists()


TRACES = {
    "blocks": lambda own: shutil.rmtree(own.drafts),
    "drafts": lambda own: (own.blocks.unlink(), (own.drafts / "renamed.eml").write_bytes(own.mail)),
    "an earlier journal": lambda own: (
        own.blocks.unlink(),
        shutil.rmtree(own.drafts),
        (own.data / "journal.db.before-20261103T080000Z").write_bytes(b"x"),
    ),
    "drafts known at Google": lambda own: (
        own.blocks.unlink(),
        shutil.rmtree(own.drafts),
        (own.data / "google-drafts.json").write_text("{}"),
    ),
}


@pytest.mark.parametrize("leave", TRACES.values(), ids=TRACES)
def test_one_trace_is_enough(lived, magicloop, leave):
    lose(lived)
    leave(lived)

    check_error(magicloop("run"), "is gone")
    assert not lived.journal.exists()


NO_TRACES = {
    "what a run that was killed leaves": lambda own: [
        (own.data / name).write_text("") for name in ("run.lock", "run.log", "told.json")
    ],
    "a calendar of somebody else's": lambda own: own.blocks.write_bytes(own.calendar.read_bytes()),
    "a mail of somebody else's": lambda own: (
        own.drafts.mkdir(),
        (own.drafts / "mine.eml").write_text("From: sam@example.com\n\nmine\n"),
    ),
    "the sample's": lambda own: shutil.copytree(own.data.parent / "was", own.data / "sample"),
}


@pytest.mark.parametrize("leave", NO_TRACES.values(), ids=NO_TRACES)
def test_a_first_run_beside_anything_else_is_a_first_run(lived, magicloop, leave):
    lived.data.rename(lived.data.parent / "was")
    lived.data.mkdir(mode=0o700)
    leave(lived)

    assert magicloop("run").exit_code in (0, 3)
    assert lived.journal.exists()


def test_the_doctor_has_an_error_row_with_the_cure(lived, read):
    lose(lived)

    row = doctor_row(read)

    assert row["state"] == "error"
    assert "is gone" in row["what"]
    assert row["fix"].startswith("magicloop restore FILE")


def test_a_restore_is_the_way_back_and_nothing_is_drafted_twice(lived, magicloop, read):
    lose(lived)

    assert magicloop("restore", lived.kept).exit_code == 0

    assert read("run")["actions"] == []
    assert read("draft", "list")["drafts"] == []
    assert doctor_row(read)["state"] == "ok"


def test_the_folder_moved_aside_as_told_begins_anew(lived, magicloop, read):
    lose(lived)
    refused = magicloop("run")
    (fix,) = [line for line in refused.stderr.splitlines() if line.startswith("fix:")]

    assert subprocess.run(shlex.split(fix.partition("begin anew: ")[2]), check=False).returncode == 0

    assert magicloop("run").exit_code == 0
    assert len(read("draft", "list")["drafts"]) == 1
    assert (lived.data.with_name("magicloop.before") / "drafts").is_dir()


def test_places_that_the_config_names_elsewhere_do_not_count(frozen, own, magicloop, home):
    text = own.config.read_text().replace("[calendar]", f'[calendar]\nfile = "{home}/mine.ics"')
    own.config.write_text(f'{text}\n[mail]\nfolder = "{home}/mails"\n')
    magicloop("run")
    assert (home / "mine.ics").exists()
    lose(own)

    assert magicloop("run").exit_code in (0, 3)


def test_after_a_purge_a_new_journal_may_begin_beside_what_stayed(lived, magicloop, monkeypatch):
    config, folder = lived.config.read_text(), lived.config.parent
    monkeypatch.setenv("PATH", "/nowhere")
    assert magicloop("uninstall", "--purge", "--yes").exit_code == 0
    assert lived.blocks.exists()
    folder.mkdir(exist_ok=True)
    lived.config.write_text(config)

    assert magicloop("run").exit_code == 0

    assert not (lived.data / "journal.purged").exists()
    lose(lived)
    check_error(magicloop("run"), "is gone")


def test_the_note_of_a_purge_goes_with_what_it_stands_beside(lived, magicloop, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    magicloop("uninstall", "--purge", "--yes")
    again = magicloop("uninstall", "--purge", "--yes")
    assert "There is nothing to remove." in again.stdout
    assert (lived.data / "journal.purged").exists()
    shutil.rmtree(lived.drafts)
    lived.blocks.unlink()

    magicloop("uninstall", "--yes")

    assert not lived.data.exists()


def test_a_schedule_is_told_once_and_when_it_is_over(lived, process, magicloop):
    """In a process of its own, as the scheduler calls it."""
    lose(lived)
    first = process("run")
    again = process("run")

    assert first.returncode == again.returncode == 1
    assert "is gone" in first.stderr
    assert (again.stdout, again.stderr) == ("", "")
    assert not lived.journal.exists()

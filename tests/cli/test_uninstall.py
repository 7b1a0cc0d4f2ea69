"""`uninstall`: lists, asks, takes away what is the program's and leaves what is the person's."""

import os
import re
import subprocess

import pytest

GOES = ("config.toml", "run.lock")


@pytest.fixture(autouse=True)
def crontab(tmp_path, monkeypatch):
    """A crontab of this test's own in front of the machine's; None for no crontab at all."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def put(text):
        program = folder / "crontab"
        body = "exit 1" if text is None else f"cat <<'END'\n{text}\nEND"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    put(None)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return put


@pytest.fixture
def ran(frozen, own, magicloop):
    magicloop("run")
    template = own.config.parent / "templates/email/offer-ask/subject.j2"
    template.parent.mkdir(parents=True)
    template.write_text("Can I help?")
    own.template = template
    return own


def test_what_is_the_programs_goes_and_what_is_the_persons_stays(ran, magicloop, home):
    kept = {
        path: path.read_bytes() for path in (ran.blocks, *ran.drafts.iterdir(), ran.template, ran.calendar)
    }

    done = magicloop("uninstall", "--yes")

    assert done.exit_code == 0, done.output
    assert not ran.config.exists()
    assert not (ran.data / "run.lock").exists()
    assert ran.journal.exists()
    assert {path: path.read_bytes() for path in kept} == kept
    listed = done.stdout.split("removed  ")[0]
    for path in (ran.config, ran.journal, ran.drafts, ran.blocks):
        assert str(path) in listed.replace("\n", ""), done.stdout
    assert "Your log stays" in done.stdout


def test_the_log_that_stays_is_read_again_with_the_same_address(ran, magicloop, read):
    before = read("log")
    magicloop("uninstall", "--yes")

    made = magicloop("init", "--name", "Sam", "--email", "sam@example.com", "--timezone", "Europe/Berlin")

    assert made.exit_code == 0, made.output
    assert read("log")["entries"] == before["entries"]


def test_purge_takes_the_journal_too_but_no_draft_and_no_block(ran, magicloop):
    magicloop("uninstall", "--purge", "--yes")

    assert sorted(path.name for path in ran.data.iterdir()) == ["drafts", "invention.ics", "journal.purged"]
    assert list(ran.drafts.iterdir())


def test_a_second_time_there_is_nothing_to_do(ran, magicloop, tree, home):
    magicloop("uninstall", "--yes")
    before = tree(home)

    again = magicloop("uninstall", "--yes")

    assert again.exit_code == 0
    assert "There is nothing to remove." in again.stdout
    assert tree(home) == before


def test_after_everything_is_gone_no_folder_is_left(ran, magicloop, home):
    import shutil

    for path in (ran.drafts, ran.template.parents[2]):
        shutil.rmtree(path)
    ran.blocks.unlink()
    ran.calendar.unlink()

    magicloop("uninstall", "--purge", "--yes")

    assert not ran.data.exists()
    assert not ran.config.parent.exists()


def test_where_nothing_ever_was_nothing_is_made(frozen, magicloop, tree, home):
    assert magicloop("uninstall", "--yes").exit_code == 0
    assert tree(home) == {}


def test_the_sample_goes_whole(frozen, magicloop, tree, home):
    magicloop("run")
    done = magicloop("uninstall", "--yes")

    assert done.exit_code == 0, done.output
    assert {name for name in tree(home) if "magicloop" in name} == set()


def test_a_folder_of_that_name_that_is_not_the_samples_is_left_alone(frozen, magicloop, home, own):
    project = home / "project"
    (project / "sample").mkdir(parents=True)
    mine = {project / "sample/config.toml": b"mine", project / "sample/notes.txt": b"mine too"}
    for path, content in mine.items():
        path.write_bytes(content)
    (project / "config.toml").write_text(own.config.read_text().replace('busy = ["work.ics"]', ""))
    environment = {"MAGICLOOP_CONFIG": str(project / "config.toml"), "MAGICLOOP_DATA": str(project)}
    assert magicloop("run", env=environment).exit_code == 0

    assert magicloop("uninstall", "--purge", "--yes", env=environment).exit_code == 0

    assert {path: path.read_bytes() for path in mine} == mine
    assert not (project / "config.toml").exists()
    assert not (project / "journal.db").exists()


def test_what_init_made_goes(frozen, magicloop, tree, home):
    magicloop("init", "--name", "Sam", "--email", "sam@example.com", "--timezone", "Europe/Berlin")
    assert magicloop("uninstall", "--yes").exit_code == 0

    assert {name for name in tree(home) if "magicloop" in name} == set()


def test_without_a_terminal_it_needs_the_flag(ran, magicloop, tree, home):
    before = tree(home)

    refused = magicloop("uninstall")

    assert refused.exit_code == 1
    assert "fix:   magicloop uninstall --yes" in refused.stderr
    assert tree(home) == before


@pytest.mark.parametrize(("typed", "gone"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked(own, magicloop, answer, typed, gone):
    magicloop("run")

    code, shown = answer("uninstall", answers=[("Remove what goes? [y/N]", typed)])

    assert code == 0
    assert own.config.exists() != gone
    assert ("Nothing was removed." in shown) != gone


def test_a_config_that_cannot_be_used_goes_too(ran, magicloop):
    ran.config.write_text("[me")

    assert magicloop("uninstall", "--yes").exit_code == 0

    assert not ran.config.exists()
    assert ran.journal.exists()


def test_a_run_at_work_is_not_disturbed(ran, magicloop, monkeypatch):
    import fcntl

    from automations import wiring

    monkeypatch.setattr(wiring, "HAND_LOCK_SECONDS", 0)
    with (ran.data / "run.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert magicloop("uninstall", "--yes").exit_code == 11
    assert ran.config.exists()


def test_a_schedule_that_still_calls_is_named_with_what_ends_it(ran, magicloop, crontab, home):
    crontab("# magicloop\nMAILTO=sam\n0 * * * * /usr/bin/other\n*/15 * * * * /home/me/bin/magicloop run")
    timer = home / ".config/systemd/user/magicloop.timer"
    timer.parent.mkdir(parents=True)
    timer.write_text("[Timer]\n")
    agent = home / "Library/LaunchAgents/test.magicloop.plist"
    agent.parent.mkdir(parents=True)
    agent.write_text("")

    done = magicloop("uninstall", "--yes")

    assert done.exit_code == 3
    told = done.stdout.partition("Still called by")[2]
    assert "/home/me/bin/magicloop run" in told
    assert "crontab -e" in told
    assert "systemctl --user disable --now magicloop.timer" in told
    assert "launchctl unload -w" in told
    assert "other" not in told
    assert timer.exists()


TABLE_PROGRAM = """\
#!/bin/sh
case "$1" in
-l) [ -f "{table}" ] || {{ echo "no crontab for sam" >&2; exit 1; }}; cat "{table}" ;;
-r) rm "{table}" ;;
*) cat > "{table}" ;;
esac
"""


def test_the_schedule_is_taken_off_first_and_other_lines_stay(ran, magicloop, tmp_path):
    table = tmp_path / "table"
    program = tmp_path / "bin/crontab"
    program.write_text(TABLE_PROGRAM.format(table=table))
    table.write_text("0 5 * * 1 backup\n")
    assert magicloop("schedule", "install", "--cron", "--yes").exit_code == 0
    assert "magicloop" in table.read_text()

    done = magicloop("uninstall", "--yes")

    assert done.exit_code == 0, done.output
    assert table.read_text() == "0 5 * * 1 backup\n"
    assert "removed  the schedule, from cron" in done.stdout
    assert done.stdout.index("the schedule, from cron") < done.stdout.index(f"removed  {ran.config}")
    again = magicloop("uninstall", "--yes")
    assert "There is nothing to remove." in again.stdout
    assert magicloop("schedule", "status", "--json").exit_code == 1


def test_purge_leaves_no_copy_of_other_peoples_lines(ran, magicloop, tmp_path):
    table, program = tmp_path / "table", tmp_path / "bin/crontab"
    program.write_text(TABLE_PROGRAM.format(table=table))
    table.write_text("0 5 * * 1 backup\n")
    assert magicloop("schedule", "install", "--cron", "--yes").exit_code == 0

    assert magicloop("uninstall", "--purge", "--yes").exit_code == 0

    assert list(ran.data.glob("crontab*")) == []


def test_no_cron_on_this_machine_is_no_error(ran, magicloop, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert magicloop("uninstall", "--yes").exit_code == 0


def test_what_was_kept_of_failures_goes_too(ran, magicloop, home):
    good = ran.config.read_text()
    elsewhere = home / ".local/state/magicloop"
    for spoiled in (ran.data / "told.json", elsewhere):
        ran.config.write_text("nonsense = 1\n")
        if spoiled is elsewhere:
            ran.data.rename(ran.data.with_name("aside"))
        magicloop("run")
        assert spoiled.exists()
    ran.data.with_name("aside").rename(ran.data)
    ran.config.write_text(good)

    done = magicloop("uninstall", "--yes")

    assert done.exit_code == 0
    assert f"{ran.data / 'told.json'}" in done.stdout
    assert not (ran.data / "told.json").exists()
    assert not elsewhere.exists()


# --- what cannot be removed ---------------------------------------------------------------------

# Root, as others are: the modes of folders count.


def typed(told):
    """Return what is to be typed, by the path that stays."""
    return dict(
        re.findall(
            r"^stays    (/\S+): it could not be removed: .+\n  to remove it: (.+)$", told, re.MULTILINE
        )
    )


@pytest.mark.parametrize("closed", ["config", "data"])
def test_a_folder_that_cannot_be_written_keeps_nothing_else(ran, magicloop, process, bound, closed):
    stuck, rest = [ran.config, ran.data / "run.lock"][:: 1 if closed == "config" else -1]
    stuck.parent.chmod(0o500)

    done = process("uninstall", "--yes", wrapper=bound, PATH=os.environ["PATH"])

    assert (done.returncode, done.stderr) == (3, "")
    assert f"stays    {stuck}: it could not be removed: Permission denied\n" in done.stdout
    assert stuck.exists()
    assert not rest.exists()
    assert f"removed  {rest}" in done.stdout
    cures = typed(done.stdout)
    assert str(stuck) in cures
    for words in cures.values():
        subprocess.run([*bound, "sh", "-ec", words], check=True)
    assert not stuck.exists()
    assert "There is nothing to remove." in magicloop("uninstall", "--yes").stdout


def test_a_folder_in_the_place_of_a_file_is_named_with_what_removes_it(ran, magicloop):
    odd = ran.data / "told.json"
    odd.mkdir()

    done = magicloop("uninstall", "--yes")

    assert done.exit_code == 3
    assert typed(done.stdout) == {str(odd): f"rm -r {odd}"}
    assert not ran.config.exists()
    assert not (ran.data / "run.lock").exists()
    odd.rmdir()
    assert magicloop("uninstall", "--yes").exit_code == 0


def test_a_config_that_is_mounted_stays_and_all_else_goes(ran, magicloop, pinned):
    pinned(ran.config)

    done = magicloop("uninstall", "--yes")

    assert done.exit_code == 3
    assert typed(done.stdout) == {str(ran.config): f"rm {ran.config}"}
    assert "busy" in done.stdout
    assert not (ran.data / "run.lock").exists()
    assert "Your log stays." in done.stdout

"""What belongs to somebody else, or is no file, where the program keeps its own: each cure named is one that cures.

The person is root without root's powers, so that files of another user are as closed as they are to anybody.
"""

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

import pytest

from automations.rights import cure_of_rights

OTHER = 65534

two_users = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


@pytest.fixture
def person(process, home, own, bound):
    """Call the command as a person whose data folder has a name that must be quoted."""
    own.home, own.data = home, home / "own things" / "of mine"

    def call(*words):
        return process(*words, wrapper=bound, MAGICLOOP_DATA=own.data)

    assert call("run").returncode == 0
    own.call = call
    return own


def bad_rows(person):
    rows = json.loads(person.call("doctor", "--json").stdout)["rows"]
    return {row["name"]: row["fix"] for row in rows if row["state"] in ("error", "warning")}


def type_in(words):
    """Type a cure as the person would; `sudo` is who we are here."""
    subprocess.run(["sh", "-ec", words.replace("sudo ", "")], env={**os.environ, "USER": "root"}, check=True)


def give_away(path):
    path.chmod(0o700 if path.is_dir() else 0o600)
    os.chown(path, OTHER, -1)


def theirs(path, *, folder=False):
    return f'sudo chown {"-R " if folder else ""}"$USER" {quote(str(path))}'


@two_users
@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("run.lock", "lock"),
        ("journal.db", "journal"),
        ("invention.ics", "calendar"),
        ("drafts", "drafts"),
        ("run.log", "data folder"),
    ],
)
def test_one_thing_of_another_user_in_the_data_folder(person, name, row):
    path, well = person.data / name, bad_rows(person)
    path.touch()
    give_away(path)

    found = bad_rows(person)
    whole = theirs(person.data, folder=True)
    assert found[row] == (whole if row == "data folder" else theirs(path, folder=path.is_dir()))
    assert found["data folder"] == whole
    if row in ("lock", "journal"):
        done = person.call("idea", "add", "one")
        assert done.returncode == 1
        assert f"fix:   {found[row]}\n" in done.stderr
    type_in(found[row])
    assert bad_rows(person) == well


@two_users
@pytest.mark.parametrize("place", ["own things", "own things/of mine"])
def test_a_folder_of_another_user_on_the_way_to_the_data(person, place):
    well, folder = bad_rows(person), person.home / place
    give_away(folder)
    cure = theirs(folder, folder=True)

    found = bad_rows(person)
    told = {name: fix for name, fix in found.items() if well.get(name) != fix}
    assert {"data folder", "journal", "lock", "calendar", "mail"} <= set(told)
    assert set(told.values()) == {cure}
    # What was recorded cannot be seen; it is not as if nothing had been.
    for words in (["run"], ["idea", "add", "one"], ["status"], ["log", "verify"], ["draft", "list"]):
        done = person.call(*words)
        assert done.returncode == 1, words
        assert f"fix:   {cure}\n" in done.stderr
    type_in(cure)
    assert bad_rows(person) == well


@two_users
def test_a_data_folder_of_another_user_that_may_be_written(person):
    person.data.chmod(0o777)
    os.chown(person.data, OTHER, -1)

    assert bad_rows(person)["data folder"] == theirs(person.data, folder=True)


@two_users
def test_a_config_of_another_user(person):
    well = bad_rows(person)
    give_away(person.config)

    cure = bad_rows(person)["config"]
    done = person.call("run")
    assert cure == theirs(person.config)
    assert (done.returncode, f"fix:   {cure}\n" in done.stderr) == (10, True)
    type_in(cure)
    assert bad_rows(person) == well


@two_users
def test_files_of_another_user_that_the_config_names(person):
    blocks, password = person.home / "blocks/own.ics", person.home / "password"
    blocks.parent.mkdir()
    for path in (blocks, password):
        path.touch()
    text = person.config.read_text() + f'file = "{blocks}"\n[mail]\nmode = "approve"\n[smtp]\n'
    text += f'host = "smtp.example.com"\nuser = "sam"\npassword = {{file = "{password}"}}\n'
    person.config.write_text(text)
    give_away(blocks.parent)
    give_away(password)

    found = bad_rows(person)
    assert found["calendar"] == theirs(blocks.parent, folder=True)
    assert found["mail server"] == theirs(password)
    assert f"fix:   {theirs(blocks.parent, folder=True)}\n" in person.call("run").stderr


@two_users
def test_an_uninstall_that_another_users_folder_stops_names_what_lets_it(person):
    lock = person.data / "run.lock"
    person.data.chmod(0o755)
    os.chown(person.data, OTHER, -1)

    done = person.call("uninstall", "--yes")
    words = f"{theirs(person.data, folder=True)}; rm {quote(str(lock))}"
    assert (done.returncode, f"to remove it: {words}\n" in done.stdout) == (3, True)
    type_in(words)
    assert not lock.exists()


@pytest.mark.parametrize(
    ("name", "row"), [("run.lock", "lock"), ("journal.db", "journal"), ("", "data folder")]
)
def test_what_is_ones_own_but_closed_is_opened(person, name, row):
    well, path = bad_rows(person), person.data / name
    path.chmod(0o000 if name else 0o500)

    cure = bad_rows(person)[row]
    done = person.call("idea", "add", "one")
    assert cure == f"chmod u+{'rw' if name else 'rwx'} {quote(str(path))}"
    assert (done.returncode, f"fix:   {cure}\n" in done.stderr) == (1, True)
    type_in(cure)
    assert bad_rows(person) == well


def make_link(path):
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("make", [Path.mkdir, make_link, os.mkfifo], ids=["folder", "link", "pipe"])
def test_a_run_lock_that_is_no_plain_file_is_moved_away(magicloop, own, make):
    def bad():
        rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]
        return {row["name"]: row["fix"] for row in rows if row["state"] == "error"}

    magicloop("run")
    lock = own.data / "run.lock"
    for aside in ("run.lock.old", "run.lock.old-2"):  # what an earlier cure moved away stays where it is
        lock.unlink()
        make(lock)
        cure = f"mv {lock} {own.data / aside}"
        assert bad() == {"lock": cure}
        done = magicloop("idea", "add", "one")
        assert done.exit_code == 1
        assert f"the run lock {lock} is not a plain file; nothing was changed" in done.stderr
        assert f"fix:   {cure}\n" in done.stderr
        type_in(cure)
        assert bad() == {}
        assert magicloop("idea", "add", "one").exit_code == 0


@contextmanager
def somebody_else():
    os.setresgid(OTHER, OTHER, 0)
    os.setresuid(OTHER, OTHER, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_lies_outside_of_ones_own_folders_is_not_taken():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        there = Path(folder, "theirs")
        there.mkdir(mode=0o700)
        inside, new = str(there / "run.lock"), str(there / "a/b")
        with somebody_else():
            assert [cure_of_rights(path) for path in (inside, new, str(there), "/etc")] == ["", "", "", ""]
        os.chown(folder, OTHER, -1)
        with somebody_else():
            assert {cure_of_rights(path) for path in (inside, new, str(there))} == {
                theirs(there, folder=True)
            }
            assert cure_of_rights(folder) == ""

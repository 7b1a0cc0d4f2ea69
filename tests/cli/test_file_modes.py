"""What the product makes is for its owner alone, whatever the umask; what others can change is not obeyed."""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

UNDER = ("sh", "-c", 'umask "$0"; exec "$@"')
MODES = {0o600: 0, 0o644: 0, 0o664: 0, 0o640: 0, 0o646: 10, 0o666: 10, 0o602: 10, 0o777: 10}


def open_to_others(folder):
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077 and not path.is_symlink():
            found[str(path.relative_to(folder))] = f"{mode:04o}"
    return found


@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_every_file_and_folder_is_for_its_owner_alone(home, process, umask):
    def call(*words, code=0):
        done = process(*words, wrapper=(*UNDER, umask))
        assert done.returncode == code, done.stderr

    call("run")  # the sample
    call("init", "--name", "Sam", "--email", "sam@example.com", "--timezone", "Europe/Berlin")
    config = home / ".config/magicloop/config.toml"
    with config.open("a") as file:
        file.write('[incidents]\nexec = ["priya@example.com"]\n')
    call("run")
    call("idea", "add", "pay by voice")
    call("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of orders fail")
    call("incident", "update", "INC-1", "--phase", "identified", "--next", "roll back")
    call("backup", home / "kept.tar.gz")
    shutil.rmtree(home / ".local")
    call("restore", home / "kept.tar.gz", "--force")

    names = {path.name for path in home.rglob("*")}
    assert {"config.toml", "journal.db", "run.lock", "invention.ics", "drafts", "kept.tar.gz"} <= names
    assert any(name.endswith(".eml") for name in names)
    assert open_to_others(home) == {}


def test_the_journals_side_files_are_closed_while_a_run_is_at_work(home, process, own):
    import sqlite3
    from contextlib import closing

    process("run", wrapper=(*UNDER, "000"))
    with closing(sqlite3.connect(own.journal)) as other:
        other.execute("SELECT count(*) FROM log").fetchall()
        process("idea", "add", "x", wrapper=(*UNDER, "000"))
        assert {"journal.db-wal", "journal.db-shm"} <= {path.name for path in own.data.iterdir()}
        assert open_to_others(own.data) == {}


@pytest.mark.parametrize(("mode", "code"), MODES.items(), ids=[f"{mode:04o}" for mode in MODES])
def test_a_config_that_everybody_can_change_is_not_obeyed(frozen, own, magicloop, mode, code):
    own.config.chmod(mode)

    done = magicloop("run")

    assert done.exit_code == code
    assert own.journal.exists() == (code == 0)
    assert (f"chmod go-w {own.config}" in done.stderr) == (code == 10)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_of_the_machine_gets_nothing(process):
    # Not in the tests' own folder, which is closed to others by itself.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        process("run", HOME=folder)
        data = Path(folder, ".local/share/magicloop/sample")
        config = Path(folder, ".config/magicloop/sample/config.toml")
        wanted = (folder, config, data, data / "journal.db", data / "drafts", data / "invention.ics")
        refused = {}
        for path in wanted:
            done = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ls", "-l", str(path)],
                capture_output=True,
                text=True,
                check=False,
            )
            refused[path] = "Permission denied" in done.stderr
            assert Path(path).exists()

    assert list(refused.values()) == [False, True, True, True, True, True]

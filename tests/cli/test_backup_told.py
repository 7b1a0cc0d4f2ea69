"""What `backup` and `restore` tell: the command that puts it back, what was moved aside, a log that does not hold."""

import re
import sqlite3
import subprocess
from contextlib import closing

import pytest

from automations.store.chain import check_log

from .conftest import COMMAND, bare, seen, wipe


@pytest.mark.parametrize("name", ["kept.tar.gz", "my kept.tgz", "it's $HOME.tgz"])
def test_the_command_that_puts_it_back_works_as_it_stands_from_anywhere(lived, shell, magicloop, name, home):
    (home / "disk one").mkdir()
    told = subprocess.run(
        [*COMMAND, "backup", name],
        cwd=home / "disk one",
        env=bare(home, {}),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (typed,) = re.findall(r"To put it back: magicloop (restore .+)$", told, re.MULTILINE)
    before = seen(magicloop)
    wipe(lived)

    done = shell(f"$M {typed}")

    assert done.returncode == 0, done.stderr
    assert seen(magicloop) == before


def test_a_log_that_is_not_as_it_was_written_comes_back_and_is_told_of(lived, magicloop, read, tmp_path):
    with closing(sqlite3.connect(lived.journal, isolation_level=None)) as db:
        db.execute("DROP TRIGGER log_no_update")
        db.execute("UPDATE log SET detail = 'never happened' WHERE number = 3")
    file = tmp_path / "kept.tar.gz"
    words = "But the log is not as it was written: line 3 is not as it was written"
    assert words in magicloop("backup", file).stdout
    wipe(lived)

    done = magicloop("restore", file)

    assert done.exit_code == 0
    assert f"{words}. More of it: magicloop log verify\n" in done.stdout
    found = magicloop("log", "verify")
    assert (found.exit_code, "line 3 is not" in found.stdout) == (1, True)
    again = read("restore", file, "--force")
    assert again["log"]["broken"] == "line 3 is not as it was written"


def test_a_whole_log_is_no_matter_of_words(kept, magicloop, read):
    wipe(kept)

    assert "the log" not in magicloop("restore", kept.file).stdout
    told = read("restore", kept.file, "--force")["log"]
    assert (told["broken"], told["lines"]) == ("", check_log(str(kept.journal)).lines)


def test_what_force_moves_aside_is_told_as_json_too(kept, magicloop, read):
    kept.config.write_text(kept.config.read_text() + "\n# later\n")

    told = read("restore", kept.file, "--force")

    (journal,) = kept.data.glob("journal.db.before-*")
    (config,) = kept.config.parent.glob("config.toml.before-*")
    assert told["aside"] == str(journal)
    assert told["moved_aside"] == [str(journal), str(config)]

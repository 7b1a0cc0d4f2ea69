"""`log verify`: the chain of hashes finds what was done to the log behind the program's back."""

import json
import sqlite3
from contextlib import closing

import pytest

TRIGGERS = ("log_no_update", "log_no_delete", "log_no_replace")


def tamper(own, *statements):
    with closing(sqlite3.connect(own.journal, isolation_level=None)) as connection:
        for trigger in TRIGGERS:
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_log_is_as_it_was_written(frozen, own, magicloop, read):
    assert magicloop("log", "verify").stdout == "ok: 0 lines, each as it was written\n"
    assert not own.data.exists()

    magicloop("run")
    found = read("log", "verify")

    assert found["ok"] is True
    assert found["broken"] is None
    assert found["lines"] == len(read("log")["entries"]) > 3
    assert f"{found['lines']} lines" in magicloop("log", "verify").stdout
    with closing(sqlite3.connect(own.journal)) as connection:
        assert connection.execute("SELECT hash FROM log ORDER BY number DESC").fetchone() == (found["head"],)


EDIT = "UPDATE log SET detail = 'never happened' WHERE number = 3"
SWAP = [
    "UPDATE log SET number = -1 WHERE number = 2",
    "UPDATE log SET number = 2 WHERE number = 3",
    "UPDATE log SET number = 3 WHERE number = -1",
]
TAMPERINGS = {
    "a line is edited": ([EDIT], 3, "is not as it was written"),
    "a line is taken out": (["DELETE FROM log WHERE number = 2"], 2, "is missing"),
    "two lines change places": (SWAP, 2, "is not as it was written"),
    "the end is cut off": (["DELETE FROM log WHERE number > 3"], 4, "is missing, and so is all after it"),
    "all is gone": (["DELETE FROM log"], 1, "is missing, and so is all after it"),
    "a line stands before the first": (["UPDATE log SET number = 0 WHERE number = 1"], 1, "no line can have"),
    "a text became bytes": (["UPDATE log SET subject = x'00ff' WHERE number = 2"], 2, "is not as it was"),
    "an edit with its own hash made anew": (
        [EDIT, "UPDATE log SET hash = 'x' WHERE number = 3"],
        3,
        "is not",
    ),
}


@pytest.mark.parametrize(("statements", "broken", "what"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_the_first_line_that_does_not_fit_is_named(frozen, own, magicloop, statements, broken, what):
    magicloop("run")
    tamper(own, *statements)

    done = magicloop("log", "verify", "--json")

    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["ok"], found["broken"], found["lines"]) == (False, broken, broken - 1)
    assert what in found["what"]
    told = magicloop("log", "verify")
    assert told.exit_code == 1
    assert told.stdout.startswith(f"line {broken} ")
    assert "fix: " in told.stdout


def test_verifying_changes_nothing(frozen, own, magicloop, tree):
    magicloop("run")
    before = tree(own.data)

    assert magicloop("log", "verify").exit_code == 0

    assert tree(own.data) == before


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_a_journal_that_is_none_is_an_error_with_its_place(frozen, own, magicloop, content):
    own.data.mkdir(parents=True)
    own.journal.write_bytes(content)

    done = magicloop("log", "verify")

    assert done.exit_code == 1
    assert str(own.journal) in done.stderr
    assert "fix:" in done.stderr

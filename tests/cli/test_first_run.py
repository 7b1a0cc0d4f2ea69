"""The first minutes: no config, no terminal, and nothing doubled."""

import sqlite3
from contextlib import closing

import pytest

TABLES = ("block", "draft", "cycle", "log", "run", "claim")


def rows(journal):
    with closing(sqlite3.connect(journal)) as open_journal:
        return {name: open_journal.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}


def made(home):
    """Return the calendar and the mails, with their bytes."""
    data = home / ".local/share/magicloop/sample"
    return {path.name: path.read_bytes() for path in [data / "invention.ics", *data.glob("drafts/*.eml")]}


def test_the_first_run_works_on_a_sample_and_says_what_it_did_and_what_to_type_next(process, home):
    first = process("run")

    assert (first.returncode, first.stderr) == (0, "")
    lines = first.stdout.splitlines()
    assert lines[0].startswith("No config was found, so this is the sample")
    verbs = [line.split()[0] for line in lines if line.startswith(("booked", "drafted", "opened"))]
    assert verbs.count("booked") in (1, 2)  # in the last days of a month it has no slot left
    assert verbs == sorted(verbs, key=["booked", "drafted", "opened"].index)
    assert verbs[-2:] == ["drafted", "opened"]
    data = home / ".local/share/magicloop/sample"
    assert {f"blocks   {data}/invention.ics", f"drafts   {data}/drafts"} <= set(lines)
    steps = lines[lines.index("Next") + 1 :]
    assert [line.split("  ")[0].split()[:3] for line in steps] == [
        ["magicloop", "draft", "show"],
        ["magicloop", "invention", "list"],
        ["magicloop", "init"],
    ]
    (mail,) = data.glob("drafts/*.eml")
    assert b"To: priya@example.com" in mail.read_bytes()
    assert steps[0].split()[3] in mail.name


def test_the_second_and_third_run_change_nothing_and_are_silent(process, home):
    process("run")
    files, counted = made(home), rows(home / ".local/share/magicloop/sample/journal.db")
    assert len(files) == 2

    for _ in range(2):
        again = process("run")
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
        assert made(home) == files
        now = rows(home / ".local/share/magicloop/sample/journal.db")
        assert {**now, "run": 0, "log": 0} == {**counted, "run": 0, "log": 0}
        # One look around that finds everything in place; from then on a run leaves no row at all.
        assert now["run"] <= counted["run"] + 1
    assert rows(home / ".local/share/magicloop/sample/journal.db")["run"] == 2


@pytest.mark.parametrize("number", [2, 3])
def test_a_run_with_nothing_to_do_says_so_when_asked(process, number):
    for _ in range(number - 1):
        process("run")

    told = process("run", "--report")

    assert told.returncode == 0
    assert told.stdout.startswith("Nothing to do: everything stands as it was.\n")
    assert "Next look: " in told.stdout


def test_a_run_at_a_terminal_says_that_there_was_nothing_to_do(process, answer):
    process("run")

    assert answer("run")[1].startswith("Nothing to do: everything stands as it was.\n")


@pytest.mark.parametrize("words", [("plan",), ("run", "--dry-run"), ("plan", "--json"), ("status",), ()])
def test_looking_without_a_config_makes_no_file(process, home, words):
    looked = process(*words)

    assert (looked.returncode, looked.stderr) == (0, "")
    assert looked.stdout
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("words", [("plan",), ("run", "--dry-run")])
def test_a_plan_says_what_the_run_then_does(process, home, tree, words):
    planned = process(*words).stdout
    ran = process("run").stdout

    def spans(text):
        return [line.split(maxsplit=1)[1] for line in text.splitlines() if ": invention time for" in line]

    assert spans(planned) == spans(ran) != []
    assert "a mail to priya@example.com" in planned
    before = tree(home)
    after_run = process(*words)
    assert after_run.stdout == "A run now would change nothing.\n"
    assert {**tree(home)} == before


def test_the_bare_command_says_what_to_do_first_and_later_how_things_stand(process):
    before = process()
    process("run")
    after = process()

    assert [line.split("  ")[0] for line in before.stdout.splitlines() if line.startswith("magicloop ")] == [
        "magicloop run",
        "magicloop init",
        "magicloop --help",
    ]
    assert "1 draft to read" in after.stdout
    assert after.stdout == process("status").stdout


def test_the_bare_command_with_a_config_but_no_run_names_the_run(process, own):
    assert process().stdout == "No run yet. Try: magicloop run\n"


def test_an_own_config_is_used_and_the_sample_is_not_made(process, own, home):
    ran = process("run", "--report")

    assert ran.returncode == 0
    assert "sample" not in ran.stdout
    assert own.blocks.exists()
    assert len(list(own.drafts.glob("*.eml"))) == 1
    assert not (own.data / "sample").exists()

"""What was typed in an editor is never lost, whatever becomes of the draft or the incident meanwhile."""

import os
import re
import signal
import sys

import pytest
from filelock import FileLock

WORDS = "My twenty minutes of careful words."
RIGHT = f"To: priya@example.com\nSubject: Hello\n\n{WORDS}\n"
FORM = f"title: EU checkout errors\nseverity: 2\nimpact: {WORDS}\nnow: rolling back\n"


def one_line(shown):
    return " ".join(shown.split())


@pytest.fixture
def writes(editor, tmp_path):
    """Return a function: an editor that saves these words, then does a line of shell."""

    def make(words, then=":"):
        file = tmp_path / "words"
        file.write_bytes(words if isinstance(words, bytes) else words.encode())
        return editor(f'cat {file} > "$1"\n{then}')

    return make


@pytest.fixture
def name(waits):
    return waits()["id"][:6]


@pytest.fixture
def kept(own, home):
    """Return a function: the one file that holds what was typed, for its owner alone, beside the journal or in a folder."""

    def find(folder=own.data, of="draft-*.txt"):
        (place,) = folder.glob(of)
        assert place.stat().st_mode & 0o077 == 0
        assert list(folder.glob("*.eml.txt")) == []
        return place

    return find


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            RIGHT.replace("Subject", "Bbc: kim@corp.test\nSubject"),
            "line 2 is no header: 'Bbc: kim@corp.test'",
        ),
        (RIGHT.replace("To: priya", "To: kim, priya"), "'kim' is not one mail address"),
        (RIGHT.replace("priya@example.com", ""), "a mail needs somebody to go to"),
        (RIGHT.encode().replace(b"Hello", b"N\xe4chste"), "what the editor saved is no text in UTF-8"),
    ],
)
def test_words_that_cannot_be_read_are_kept_put_right_and_taken_up(
    name, waits, magicloop, answer, writes, kept, wrong, said
):
    code, shown = answer("draft", "edit", name, answers=[("Back to the editor", "n\n")], EDITOR=writes(wrong))

    assert (code, said in shown, waits()["subject"] == "Hello") == (1, True, False), shown
    place = kept()
    assert place.read_bytes() == (wrong if isinstance(wrong, bytes) else wrong.encode())
    assert f"where: {place}" in shown
    assert f"put it right there, then: magicloop draft edit {name} --form {place}" in one_line(shown)

    place.write_text(RIGHT, encoding="utf-8")
    assert magicloop("draft", "edit", name, "--form", place).exit_code == 0
    assert (waits()["subject"], WORDS) == (
        "Hello",
        magicloop("draft", "show", name).stdout.split("-" * 72)[1].strip(),
    )


@pytest.mark.parametrize("then", ["", "exit 3"], ids=["leaves it as it was", "its editor fails"])
def test_who_goes_back_to_the_editor_loses_nothing_there(name, answer, writes, kept, then):
    editor = writes("Bbc: x\n\n" + WORDS, f'printf "#!/bin/sh\\n{then}\\n" > "$0"')
    asked = "Back to the editor"

    answers = [(asked, "y\n"), (asked, "n\n")][: 1 if then else 2]
    code, shown = answer("draft", "edit", name, answers=answers, EDITOR=editor)

    assert (code, shown.count(asked)) == (1, len(answers)), shown
    assert WORDS in kept().read_text()
    assert f"--form {kept()}" in shown


def test_ctrl_c_at_the_question_keeps_the_words(name, terminal, writes, kept):
    one = terminal("draft", "edit", name, EDITOR=writes("Bbc: x\n\n" + WORDS))
    one.wait_for("Back to the editor")
    one.interrupt()

    assert one.end() == 130
    assert WORDS in kept().read_text()
    assert f"what you wrote is kept: {kept()}" in one.shown


@pytest.mark.parametrize("about", ["draft", "incident"])
def test_a_terminal_that_is_closed_over_the_editor_keeps_what_was_saved(
    name, terminal, writes, kept, tmp_path, about
):
    held = tmp_path / "held"
    os.mkfifo(held)
    words = ("draft", "edit", name) if about == "draft" else ("incident", "open")
    one = terminal(*words, EDITOR=writes(RIGHT, f"echo it is open; cat {held}"))
    one.wait_for("it is open")
    with held.open("w"):  # the editor ends when it is closed
        os.kill(one.process.pid, signal.SIGHUP)
        assert one.process.wait(60) == -signal.SIGHUP

    assert kept(of=f"{about}*-2*.txt").read_text() == RIGHT


def test_an_editor_that_saves_and_then_fails_has_its_words_kept(name, answer, writes, kept):
    code, shown = answer("draft", "edit", name, EDITOR=writes(RIGHT, "exit 3"))

    assert (code, kept().read_text()) == (1, RIGHT)
    assert "Editing failed; what you wrote is kept" in one_line(shown)
    assert f"--form {kept()}" in one_line(shown)


def test_words_written_while_the_copy_changed_outside_are_kept(name, waits, magicloop, answer, writes, kept):
    change = f"sed -i 's/Hi Priya/Dear Priya/' {waits.file}"
    code, shown = answer("draft", "edit", name, EDITOR=writes(RIGHT, change))

    assert (code, kept().read_text()) == (1, RIGHT)
    assert "it changed while you were editing; what you wrote is kept" in one_line(shown)
    assert "Dear Priya" in magicloop("draft", "show", name).stdout
    assert magicloop("draft", "edit", name, "--form", kept()).exit_code == 0
    assert WORDS in magicloop("draft", "show", name).stdout


def test_words_written_while_the_review_waits_and_the_copy_changed_are_kept(waits, begin, writes, kept):
    change = f"sed -i 's/Hi Priya/Dear Priya/' {waits.file}"
    person = begin(EDITOR=writes(RIGHT, change))

    said = person.press("e")

    assert f"then: magicloop draft edit {waits()['id'][:6]} --form {kept()}" in one_line(said)
    assert kept().read_text() == RIGHT
    assert person.end()[0] == 0


def test_words_are_kept_elsewhere_while_the_data_folder_is_away(own, home, name, answer, writes, kept):
    code, shown = answer("draft", "edit", name, EDITOR=writes(RIGHT, f"mv {own.data} {own.data}.away"))

    place = kept(home / ".local/state/magicloop")
    assert (code, place.read_text()) == (1, RIGHT)
    assert f"where: {place}" in shown


def test_the_form_of_an_incident_is_kept_elsewhere_too(own, home, waits, answer, writes, kept):
    away = f"mv {own.data} {own.data}.away; : > {own.data}"
    code, shown = answer("incident", "open", EDITOR=writes(FORM, away))

    place = kept(home / ".local/state/magicloop", "incident-form-*.txt")
    assert (code, place.read_text()) == (1, FORM)
    assert f"then: magicloop incident open --form {place}" in one_line(shown)


def test_what_can_be_kept_nowhere_is_shown(own, terminal, name, answer, writes):
    too_small = f"{sys.executable} -c 'import resource as r; r.prlimit({{}}, r.RLIMIT_FSIZE, (16, -1))'"
    full = writes("Bbc: x\n\n" + WORDS, too_small.format("'$PPID'"))
    code, shown = answer("draft", "edit", name, answers=[("Back to", "n\n")], EDITOR=full)

    assert code == 1
    assert f"What you wrote can be kept nowhere on this disk; here it is:\nBbc: x\n\n{WORDS}\n" in shown
    assert not list(own.data.glob("draft-*"))


def test_an_editor_that_takes_its_file_away_is_told_of(name, answer, editor):
    code, shown = answer("draft", "edit", name, EDITOR=editor('rm "$1"'))

    assert (code, "what the editor saved cannot be read" in shown) == (1, True), shown


@pytest.mark.parametrize(("about", "text"), [("draft", RIGHT), ("incident", FORM)])
def test_words_written_while_a_run_is_at_work_are_kept(
    own, name, terminal, writes, kept, magicloop, impatient, tmp_path, about, text
):
    held = tmp_path / "held"
    os.mkfifo(held)
    words = ("draft", "edit", name) if about == "draft" else ("incident", "open")
    one = terminal(*words, EDITOR=writes(text, f"echo it is open; cat {held}"), **impatient)
    one.wait_for("it is open")
    with FileLock(own.data / "run.lock"):
        held.write_text("")
        assert one.end() == 11, one.shown

    place = kept(of=f"{about}-*")
    assert place.read_text() == text
    command = re.search(r"wait a moment, then: magicloop (.*)", one_line(one.shown))[1].split()
    assert magicloop(*command).exit_code == 0
    assert WORDS in magicloop(about, "show", name if about == "draft" else "1").stdout


def test_no_file_that_is_there_is_written_over(own, name, answer, writes):
    for _ in range(2):
        answer("draft", "edit", name, answers=[("Back to", "n\n")], EDITOR=writes("Bbc: x\n\n" + WORDS))

    assert len(list(own.data.glob("draft-*.txt"))) == 2


def test_a_file_of_headers_and_text_is_taken_without_a_terminal_and_alone(
    name, waits, magicloop, process, tmp_path
):
    file = tmp_path / "words.txt"
    file.write_text(RIGHT)
    refused = process("draft", "edit", name, "--form", file, "--subject", "Another")
    assert (refused.returncode, refused.stdout) == (2, "")

    assert magicloop("draft", "edit", name, "--form", "-", input=RIGHT).exit_code == 0
    assert waits()["subject"] == "Hello"
    wrong = magicloop("draft", "edit", name, "--form", "-", input="Hello\n\nthere")
    assert (wrong.exit_code, "line 1 is no header" in wrong.stderr) == (1, True)

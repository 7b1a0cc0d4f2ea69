"""`draft open` with programs that are not the real ones."""

import json
import os
from urllib.parse import parse_qs, urlsplit

import pytest

OFFER = "offer:priya@example.com:2026-11"


@pytest.fixture
def draft(own, magicloop, read):
    magicloop("run")
    (found,) = read("draft", "list")["drafts"]
    return found


@pytest.fixture
def program(home):
    """Put a program on the PATH that writes down what it was called with; return where that is read."""

    def make(name, code=0):
        told = home / f"{name}-was-told"
        os.mkfifo(told)  # who reads it waits until something was written
        script = home / name
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\nexit {code}\n', encoding="utf-8")
        script.chmod(0o755)
        return told

    return make


@pytest.fixture
def opens(own, terminal, home):
    """Open a draft at a terminal with the config's program; return (exit code, what was shown)."""

    def call(draft, open_with=None):
        if open_with:
            text = own.config.read_text(encoding="utf-8")
            own.config.write_text(f'{text}\n[mail]\nopen_with = "{open_with}"\n', encoding="utf-8")
        return terminal("draft", "open", draft["id"], PATH=f"{home}:/usr/bin:/bin")

    return call


def test_the_file_goes_to_what_opens_such_files(draft, opens, program):
    told = program("xdg-open")
    screen = opens(draft)

    assert told.read_text(encoding="utf-8").strip() == draft["file"]
    assert screen.end() == 0
    assert "Opened in the program for .eml files." in screen.shown


def test_thunderbird_gets_the_file(draft, opens, program):
    told = program("thunderbird")
    screen = opens(draft, "thunderbird")

    assert told.read_text(encoding="utf-8").strip() == draft["file"]
    assert screen.end() == 0


def test_a_link_says_what_the_file_says_by_now(draft, own, opens, program, read):
    told = program("xdg-open")
    (file,) = own.drafts.glob("*.eml")
    file.write_bytes(file.read_bytes().replace(b"Hi Priya", b"Dear Priya"))
    screen = opens(draft, "gmail")

    link = told.read_text(encoding="utf-8").strip()

    assert screen.end() == 0
    assert parse_qs(urlsplit(link).query)["body"][0].startswith("Dear Priya,\r\n")
    assert "without its formatting and thread" in screen.shown
    assert read("draft", "show", draft["id"])["body_text"].startswith("Dear Priya")


def test_where_no_program_opens_it_the_file_is_named(draft, own, terminal, home):
    screen = terminal("draft", "open", draft["id"], PATH=str(home))

    assert screen.end() == 1
    assert draft["file"] in screen.shown.replace("\n", "")


@pytest.mark.parametrize(
    ("open_with", "begins"),
    [
        ("auto", "/"),
        ("outlook", "https://outlook.office.com/mail/deeplink/compose?to="),
        ("mailto", "mailto:priya@"),
    ],
)
def test_print_only_prints(draft, own, magicloop, open_with, begins):
    text = own.config.read_text(encoding="utf-8")
    own.config.write_text(f'{text}\n[mail]\nopen_with = "{open_with}"\n', encoding="utf-8")

    done = magicloop("draft", "open", draft["id"], "--print")

    assert done.exit_code == 0
    assert done.stdout.startswith(begins)
    assert len(done.stdout.splitlines()) == 1


def test_an_unknown_program_is_refused_by_the_config(own, magicloop):
    text = own.config.read_text(encoding="utf-8")
    own.config.write_text(f'{text}\n[mail]\nopen_with = "eudora"\n', encoding="utf-8")

    done = magicloop("draft", "list", "--json")

    assert done.exit_code == 10
    assert "mail.open_with" in json.dumps(json.loads(done.stderr))

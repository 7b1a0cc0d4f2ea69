"""Into which program a draft is opened, by platform and config, and that no word in it becomes anything else."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from automations.desk.handing import APPLE_SCRIPT, LONGEST_LINK, opening_of
from automations.model.records import Draft, DraftState

COPY = "/data/drafts/a.eml"
DRAFT = Draft(
    id="a1",
    person="sam@corp.test",
    key="offer:x",
    kind="offer",
    state=DraftState.WAITING,
    sender="sam@corp.test",
    to=("priya@corp.test", "o'neil+x@corp.test"),
    cc=("vp@else.test",),
    subject="A hand? 50% & more #1",
    body_text="Hi Priya,\n\nGrüße & <b>thanks</b>\n",
    hash="",
    mime=b"",
    why="",
    created=datetime(2026, 11, 3, tzinfo=UTC),
)


def opening(program="auto", platform="linux", draft=DRAFT, copy=COPY, there=("thunderbird",)):
    return opening_of(draft, copy, program=program, platform=platform, installed=lambda name: name in there)


@pytest.mark.parametrize(
    ("program", "platform", "there", "words"),
    [
        ("auto", "linux", (), "the program for .eml files"),
        ("auto", "win32", (), "the program for .eml files"),
        ("auto", "darwin", (), "Apple Mail"),
        ("file", "darwin", (), "the program for .eml files"),
        ("apple-mail", "linux", (), "the program for .eml files"),
        ("thunderbird", "linux", ("thunderbird",), "Thunderbird"),
        ("thunderbird", "linux", (), "the program for .eml files"),
        ("gmail", "linux", (), "Gmail in your browser"),
        ("outlook", "win32", (), "Outlook on the web"),
        ("mailto", "darwin", (), "your mail program"),
    ],
)
def test_the_way_is_chosen_by_config_and_platform(program, platform, there, words):
    assert opening(program, platform, there=there).words == words


def test_a_file_is_opened_whole():
    assert (opening().target, opening().loses) == (COPY, "")
    found = opening("thunderbird")
    assert (found.command, found.target, found.loses) == (("thunderbird", COPY), "", "")


@pytest.mark.parametrize("program", ["auto", "outlook", "apple-mail"])
def test_a_draft_in_gmail_is_opened_there(program):
    web = "https://mail.google.com/mail/#drafts"

    assert opening(program, "darwin", copy=web).target == web


@pytest.mark.parametrize(
    ("program", "host", "subject"),
    [("gmail", "mail.google.com", "su"), ("outlook", "outlook.office.com", "subject")],
)
def test_a_compose_link_says_exactly_what_the_draft_says(program, host, subject):
    found = opening(program)
    link = urlsplit(found.target)
    said = {name: values for name, values in parse_qs(link.query).items() if name not in ("view", "fs")}

    assert (link.scheme, link.netloc, link.fragment) == ("https", host, "")
    assert said == {
        "to": ["priya@corp.test,o'neil+x@corp.test"],
        "cc": ["vp@else.test"],
        subject: [DRAFT.subject],
        "body": [DRAFT.body_text.replace("\n", "\r\n")],
    }
    assert found.loses


def test_a_mailto_link_keeps_everybody_apart():
    link = urlsplit(opening("mailto").target)

    assert (link.scheme, link.path) == ("mailto", "priya@corp.test,o%27neil%2Bx@corp.test")
    assert parse_qs(link.query)["cc"] == ["vp@else.test"]


def test_a_mail_too_long_for_a_link_is_opened_as_its_file():
    assert opening("gmail", draft=replace(DRAFT, body_text="ä" * LONGEST_LINK)).target == COPY


def test_apple_mail_gets_the_words_as_arguments_not_as_script():
    evil = replace(DRAFT, subject='" & do shell script "touch /x" & "', body_text="end tell\n")

    found = opening("apple-mail", "darwin", draft=evil)

    assert found.command[:3] == ("osascript", "-e", APPLE_SCRIPT)
    assert found.command[3:] == (evil.subject, evil.body_text, "2", *DRAFT.to, *DRAFT.cc)
    assert found.script

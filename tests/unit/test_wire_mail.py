"""Mail on its way to Gmail and back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.compose.mime import build_mime
from automations.providers.google.wire_mail import (
    differs_only_in_form,
    from_raw,
    mail_for_gmail,
    seen_in_gmail,
    to_raw,
)
from automations.testing.mail_contract import LETTER

LONG = "This sentence is long enough that a composer which breaks lines at seventy columns has to break it."
TEXT = f"Hi Dana,\n\n{LONG}\n\nBest,\nSam\n"
HTML = f"<p>Hi Dana,</p>\n<p>{LONG}</p>\n<p>Best,<br>\nSam</p>\n"
WRAPPED = TEXT.replace("lines at seventy", "lines at\nseventy")


def mail(text=TEXT, html=HTML, **changed):
    data = build_mime(replace(LETTER, body_text=text, body_html=html, **changed), unsent=True)
    return seen_in_gmail("r-1", mail_for_gmail(data))


@given(st.binary(max_size=200))
def test_raw_reads_back_with_and_without_its_padding(data):
    assert from_raw(to_raw(data)) == from_raw(to_raw(data).rstrip("=")) == data


@pytest.mark.parametrize("raw", ["a", "é", "ab c"])
def test_what_is_no_raw_is_refused(raw):
    with pytest.raises(ValueError):
        from_raw(raw)


def test_only_the_mark_in_the_head_is_taken_out():
    data = b"X-Unsent: 1\nSubject: s\n\nX-Unsent: 1\n"

    assert mail_for_gmail(data) == b"Subject: s\r\n\r\nX-Unsent: 1\r\n"


def test_what_the_composer_wraps_around_a_mail_is_no_change():
    assert differs_only_in_form(mail(), mail(WRAPPED, f'<div dir="ltr">{HTML}</div>'))


def test_the_text_the_composer_broke_is_read_as_the_html_shows_it():
    seen = mail(WRAPPED, f'<div dir="ltr">{HTML}</div>')

    assert LONG in seen.body_text
    assert "<div" not in seen.body_html


@pytest.mark.parametrize(
    "change",
    [
        {"text": TEXT.replace("Hi", "Dear")},
        {"text": TEXT.replace("Dana,\n\n", "Dana, ")},
        {"html": HTML.replace("<p>Best", "<p><b>Best</b>")},
        {"html": HTML.replace("Sam", '<a href="https://example.com/">Sam</a>')},
        {"subject": "Another"},
        {"to": ("dana@corp.test",)},
        {"cc": ()},
        {"sender": "other@corp.test"},
    ],
    ids=["word", "paragraph", "bold", "link", "subject", "to", "cc", "sender"],
)
def test_every_real_change_is_one_and_changes_the_revision(change):
    assert not differs_only_in_form(mail(), mail(**change))
    assert mail(**change).revision != mail().revision


def test_the_headers_gmail_adds_do_not_change_the_revision():
    data = mail_for_gmail(build_mime(LETTER, unsent=True))
    given = b"Message-ID: <CA1@mail.gmail.com>\r\nX-Other: 1\r\n" + data

    assert seen_in_gmail("r-1", given) == seen_in_gmail("r-1", data)

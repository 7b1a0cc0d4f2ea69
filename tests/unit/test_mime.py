"""A letter, as bytes, and back: who gets it, from whom, what it says."""

import string
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automations.compose.addresses import unseen_character
from automations.compose.mime import MAX_RECIPIENTS, Letter, build_mime, canonical_hash, read_mime
from automations.compose.words import tidy_body, unsafe_in_body
from automations.errors import HeaderFaultError
from automations.model.text import plain

LETTER = Letter(
    sender="sam@corp.test",
    sender_name="Sam Lee",
    to=("dana@corp.test",),
    cc=(),
    subject="Anything off your plate?",
    body_text="Hi Dana,\n\nAll is on track.\n\nSam\n",
    body_html="<p>Hi Dana,</p>\n<p>All is on track.</p>\n<p>Sam</p>\n",
    date=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    ref="3f9a1c0b77de",
)

ATOM = string.ascii_letters + string.digits + "#$&'*+/=^_`{|}~-"
LOCAL = st.text(ATOM, min_size=1, max_size=6) | st.sampled_from(["a.b", "x?y", "o'hara.j", "n+tag"])
DOMAIN = st.sampled_from(["corp.test", "x-1.example", "a.b.c.test", "xn--bcher-kva.test"])
ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", LOCAL, DOMAIN)
WORDS = st.text(max_size=40).map(plain)
NAME = WORDS.filter(lambda s: not set("@<>＠＜＞﹤﹥﹫") & set(s) and "=?" not in s and "?=" not in s)
SUBJECT = WORDS.filter(lambda s: s and "=?" not in s)
PAGE = st.text(max_size=120).filter(lambda s: not unsafe_in_body(s))
BODY = PAGE.filter(tidy_body)


@settings(max_examples=4 * settings().max_examples)
@given(st.lists(ADDRESS, min_size=1, max_size=6), st.lists(ADDRESS, max_size=2), NAME)
def test_the_recipients_read_back_are_the_ones_meant(to, cc, name):
    letter = replace(LETTER, to=tuple(to), cc=tuple(cc), sender_name=name, body_html="")
    # The standard parser on its own, not ours, must see the same people.
    message = message_from_bytes(build_mime(letter, unsent=True), policy=policy.SMTP)
    assert {person.addr_spec for person in message["To"].addresses} == set(to)
    assert (
        {person.addr_spec for person in message["Cc"].addresses} == set(cc) if cc else message["Cc"] is None
    )
    assert [person.addr_spec for person in message["From"].addresses] == ["sam@corp.test"]


@settings()
@given(SUBJECT, NAME, BODY, PAGE, st.sampled_from(["\r\n", "\n"]))
def test_every_word_reads_back_as_it_was_written(subject, name, text, page, newline):
    letter = replace(LETTER, subject=subject, sender_name=name, body_text=text, body_html=page)
    data = build_mime(letter, unsent=False, newline=newline)
    read = read_mime(data)
    assert (read.subject, read.sender_name.replace(" ", "")) == (subject, name.replace(" ", ""))
    assert (read.body_text, read.body_html) == (tidy_body(text), tidy_body(page))
    assert data == build_mime(letter, unsent=False, newline=newline)
    assert max(map(len, data.split(newline.encode()))) <= 998
    assert (b"\r" in data) is (newline == "\r\n")


BREAKING = {
    "crlf": "\r\nBcc: evil@x.test",
    "lf": "\nBcc: evil@x.test",
    "cr": "\rBcc: evil@x.test",
    "fold": "\n Bcc: evil@x.test",
    "body": "\r\n\r\n<script>",
    "nul": "\x00",
    "esc": "\x1b[31m",
    "bell": "\x07",
    "vertical tab": "\x0b",
    "form feed": "\x0c",
    "file separator": "\x1c",
    "tab": "\t",
    "delete": "\x7f",
    "next line": "\x85",
    "c1": "\x9b31m",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "bidi override": "\u202e",
    "bidi isolate": "\u2066",
    "left-to-right mark": "\u200e",
    "arabic letter mark": "\u061c",
    "zero-width space": "\u200b",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "lone surrogate": "\ud800",
    "tag": "\U000e0041",
}


@pytest.mark.parametrize("text", BREAKING.values(), ids=BREAKING.keys())
@pytest.mark.parametrize("place", ["subject", "sender_name", "sender", "to", "cc"])
def test_characters_that_break_or_hide_are_refused_in_every_header(place, text):
    hostile = {
        "subject": {"subject": f"Hi{text}there"},
        "sender_name": {"sender_name": f"Sam{text}Lee"},
        "sender": {"sender": f"sam{text}@corp.test"},
        "to": {"to": (f"dana@corp.test{text}",)},
        "cc": {"cc": (f"lou@co{text}rp.test",)},
    }[place]
    with pytest.raises(HeaderFaultError) as caught:
        build_mime(replace(LETTER, **hostile), unsent=True)
    assert caught.value.where == {"subject": "Subject", "sender_name": "From", "sender": "From"}.get(
        place, place.title()
    )
    assert "unseen character U+" in caught.value.what
    assert unseen_character(caught.value.what) == ""
    assert caught.value.fix


@pytest.mark.parametrize("text", ["\x00", "\x1b[2J", "\u202e", "\u2067", "\ud800", "\x9b"])
def test_a_body_with_characters_that_are_not_seen_is_refused(text):
    with pytest.raises(HeaderFaultError, match=r"U\+"):
        build_mime(replace(LETTER, body_text=f"Hi{text}"), unsent=True)
    with pytest.raises(HeaderFaultError, match=r"U\+"):
        build_mime(replace(LETTER, body_html=f"<p>Hi{text}</p>"), unsent=True)


@pytest.mark.parametrize(
    "change",
    [
        {"to": ()},
        {"to": tuple(f"p{n}@corp.test" for n in range(MAX_RECIPIENTS + 1))},
        {"to": ("dana@corp.test, evil@x.test",)},
        {"to": ("Dana <dana@corp.test>",)},
        {"sender_name": "boss@corp.test"},
        {"sender_name": "boss＠corp.test"},
        {"sender_name": "=?utf-8?q?boss=40corp.test?="},
        {"subject": ""},
        {"body_text": " \n"},
        {"subject": "   "},
        {"subject": "x" * 251},
        {"subject": "=?utf-8?q?hello?="},
        {"ref": "two words"},
        {"ref": ""},
    ],
    ids=repr,
)
def test_a_letter_that_cannot_be_a_mail_is_refused_with_a_sentence(change):
    with pytest.raises(HeaderFaultError) as caught:
        build_mime(replace(LETTER, **change), unsent=True)
    assert caught.value.what
    assert caught.value.where


def test_the_bytes_say_what_a_mail_program_needs():
    message = message_from_bytes(
        build_mime(replace(LETTER, cc=("lou@corp.test",)), unsent=True), policy=policy.SMTP
    )
    assert sorted(message.keys()) == [
        "Cc",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Subject",
        "To",
        "X-Magicloop-Ref",
        "X-Unsent",
    ]
    assert message["X-Unsent"] == "1"
    assert message["X-Magicloop-Ref"] == LETTER.ref
    assert message["Date"].datetime == LETTER.date
    assert str(message["From"]) == "Sam Lee <sam@corp.test>"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_hundred_recipients_all_stand_in_the_bytes():
    people = tuple(f"person.number{n}@department-{n % 7}.corp.test" for n in range(MAX_RECIPIENTS))
    data = build_mime(replace(LETTER, to=people), unsent=True)
    assert read_mime(data).to == people
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_a_long_name_in_other_letters_is_written_in_words_of_legal_length():
    data = build_mime(replace(LETTER, sender_name="Ä" * 60, subject="Ö" * 90), unsent=True)
    words = [word for line in data.split(b"\r\n") for word in line.split() if word.startswith(b"=?")]
    assert len(words) > 3
    assert max(map(len, words)) <= 75


def test_a_sent_mail_does_not_say_unsent_and_text_alone_has_one_part():
    message = message_from_bytes(build_mime(replace(LETTER, body_html=""), unsent=False), policy=policy.SMTP)
    assert message["X-Unsent"] is None
    assert message.get_content_type() == "text/plain"


def test_an_address_with_other_letters_goes_out_in_the_form_that_shows_itself():
    data = build_mime(replace(LETTER, to=("dana@bücher.test",)), unsent=True)
    assert read_mime(data).to == ("dana@xn--bcher-kva.test",)


@pytest.mark.parametrize(
    "body",
    [
        "x" * 1500 + "\n",
        "word " * 400 + "\n",
        ".\n",
        "a\n.\nb\n",
        "From here\n",
        "ü" * 700 + "\n",
        "a =3D b=\n",
        "> q\n",
    ],
    ids=["long word", "long line", "dot", "dot inside", "from", "long umlauts", "equals", "quote"],
)
def test_awkward_bodies_arrive_whole(body):
    data = build_mime(replace(LETTER, body_text=body), unsent=True)
    assert read_mime(data).body_text == tidy_body(body)
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_line_ends_of_any_kind_become_one_kind():
    data = build_mime(replace(LETTER, body_text="a\r\nb\rc\nd\x0be\u2028f"), unsent=True)
    assert read_mime(data).body_text == "a\nb\nc\nd\ne\nf\n"


# What a person or a mail program made of it

SIMPLE = b"From: Sam <sam@corp.test>\r\nTo: %s\r\nSubject: Hello\r\n\r\nHi.\r\n"


@pytest.mark.parametrize(
    ("header", "people"),
    [
        ("dana@corp.test", ("dana@corp.test",)),
        ('Dana <dana@CORP.test>, "B, C" <b@c.test>', ("dana@corp.test", "b@c.test")),
        ("dana@corp.test,\r\n\tkim@corp.test", ("dana@corp.test", "kim@corp.test")),
        ("Grüße <dana@corp.test>", ("dana@corp.test",)),
        ("Dana (my boss) <dana@corp.test>", ("dana@corp.test",)),
        ('"dana@corp.test" <dana@corp.test>', ("dana@corp.test",)),
        ("undisclosed-recipients:;", ()),
        ("", ()),
    ],
)
def test_recipients_that_mail_programs_write_are_read(header, people):
    assert read_mime(SIMPLE % header.encode()).to == people


@pytest.mark.parametrize(
    "header",
    [
        "boss@corp.test <evil@x.test>",
        '"boss@corp.test" <evil@x.test>',
        "=?utf-8?q?boss=40corp.test=2C?= <evil@x.test>",
        "boss＠corp.test <evil@x.test>",
        "ann@",
        "@x.test",
        "Dana",
        "a@b.test b@c.test",
        "a@b.test; b@c.test",
        "b\u202eoss@corp.test",
        "boss@аpple.test",
        "Dana <dana@corp.test",
    ],
)
def test_recipients_that_are_not_certain_are_refused_and_the_line_is_named(header):
    with pytest.raises(HeaderFaultError) as caught:
        read_mime(SIMPLE % header.encode())
    assert caught.value.where == "To"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no mail"),
        (b"\x00\x01\x02\xff", "no mail"),
        (b"Dear diary,\n\ntoday.\n", "no mail"),
        (SIMPLE % b"a@b.test" + b"", None),
        (b"To: a@b.test\n" + SIMPLE % b"c@d.test", "more than one To"),
        (b"Subject: Hi\noops, a line\nTo: a@b.test\n\nHi\n", "damaged"),
        (b"From: a@b.test, c@d.test\nSubject: x\n\nHi\n", "more than one sender"),
    ],
)
def test_what_is_no_mail_any_more_says_so(data, says):
    if says is None:
        assert read_mime(data).body_text == "Hi.\n"
        return
    with pytest.raises(HeaderFaultError, match=says) as caught:
        read_mime(data)
    assert caught.value.fix


def test_a_file_cut_short_or_with_a_gap_in_its_headers_is_refused():
    data = build_mime(LETTER, unsent=True)
    with pytest.raises(HeaderFaultError, match="damaged"):
        read_mime(data[: len(data) // 2 + 150])
    gap = data.replace(b"Subject:", b"\r\nSubject:", 1)
    with pytest.raises(HeaderFaultError, match="empty line"):
        read_mime(gap)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.integers(0, 900), st.integers(0, 200))
def test_no_damage_to_the_bytes_ends_in_another_error(junk, at, length):
    data = build_mime(LETTER, unsent=True)
    damaged = data[:at] + junk + data[at + length :]
    try:
        read = read_mime(damaged)
    except HeaderFaultError:
        return
    assert unseen_character(read.subject) == ""


def test_an_editor_that_saves_plain_utf8_with_line_feeds_and_a_mark_is_understood():
    data = build_mime(replace(LETTER, body_html=""), unsent=True).replace(b"\r\n", b"\n")
    edited = b"\xef\xbb\xbf" + data.replace(b"Anything off your plate?", "Grüße".encode()).replace(
        b"on track", "on trück".encode()
    )
    read = read_mime(edited)
    assert (read.subject, read.body_text) == ("Grüße", "Hi Dana,\n\nAll is on trück.\n\nSam\n")


def test_the_subject_is_read_without_what_it_hides():
    data = b"To: a@b.test\nSubject: =?utf-8?q?a=0D=0ABcc:_x=E2=80=AE?=\n\nHi\n"
    assert read_mime(data).subject == "a Bcc: x"


def test_a_mail_with_only_html_reads_as_what_it_shows():
    data = b"To: a@b.test\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n<style>p{}</style><p>Hi&nbsp;you,</p><p>a<br>b &lt;3</p>\n"
    assert read_mime(data).body_text == "Hi\u00a0you,\n\na\nb <3\n"


def test_attachments_other_recipients_and_parts_that_differ_are_told():
    page = LETTER.body_html.replace("on track", "late")
    data = build_mime(replace(LETTER, body_html=page), unsent=True)
    assert not read_mime(data).parts_agree
    assert read_mime(build_mime(LETTER, unsent=True)).parts_agree
    more = data.replace(b"Subject:", b"Bcc: secret@x.test\r\nReply-To: other@x.test\r\nSubject:", 1)
    read = read_mime(more)
    assert (read.bcc, read.reply_to) == (("secret@x.test",), ("other@x.test",))


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "text/calendar", "image/png"])
def test_a_third_part_among_the_bodies_is_told(kind):
    data = build_mime(LETTER, unsent=True)
    assert read_mime(data).attachments == ()
    end = b"--" + data.rpartition(b"\r\n--")[2].strip()
    part = end[:-2] + b"\r\nContent-Type: " + kind.encode() + b"\r\n\r\nOther words.\r\n"
    read = read_mime(data.replace(end, part + end))
    assert (read.body_text, read.body_html) == (LETTER.body_text, LETTER.body_html)
    assert read.attachments == (kind,)


# What an approval binds to

SEEN = {
    "sender": "sam@corp.test",
    "to": ("a@b.test", "c@d.test"),
    "cc": (),
    "subject": "Hello there",
    "body_text": "Hi\n\nSam\n",
    "body_html": "<p>Hi</p>\n",
}


@pytest.mark.parametrize(
    "same",
    [
        {"to": ("c@D.test", "a@b.test", "a@B.TEST")},
        {"body_text": "Hi   \r\n\r\nSam"},
        {"subject": " Hello  there "},
        {"body_html": "<p>Hi</p>"},
        {"reply_to": (), "bcc": ()},
    ],
    ids=repr,
)
def test_what_no_reader_can_tell_apart_has_one_hash(same):
    assert canonical_hash(**{**SEEN, **same}) == canonical_hash(**SEEN)


@pytest.mark.parametrize(
    "other",
    [
        {"sender": "sam2@corp.test"},
        {"reply_to": ("x@y.test",)},
        {"to": ("a@b.test",)},
        {"to": ("A@b.test", "c@d.test")},
        {"to": ("a@b.test",), "cc": ("c@d.test",)},
        {"bcc": ("x@y.test",)},
        {"subject": "Hello there."},
        {"body_text": "Hi\nSam\n"},
        {"body_html": ""},
        {"body_html": "<p>Hi </p>\n<p></p>"},
    ],
    ids=repr,
)
def test_any_change_a_reader_could_see_changes_the_hash(other):
    assert canonical_hash(**{**SEEN, **other}) != canonical_hash(**SEEN)


def test_the_hash_is_the_same_in_every_version():
    assert canonical_hash(**SEEN) == "b4ff226a0bd5a8638fdbfc702f0c2523ad6a015be6a082876b30f5aaf0cccd66"


@settings(max_examples=200)
@given(SUBJECT, BODY, PAGE)
def test_the_hash_of_what_is_read_is_the_hash_of_what_was_written(subject, text, page):
    read = read_mime(
        build_mime(replace(LETTER, subject=subject, body_text=text, body_html=page), unsent=True)
    )
    assert canonical_hash(
        sender=read.sender,
        reply_to=read.reply_to,
        to=read.to,
        cc=read.cc,
        bcc=read.bcc,
        subject=read.subject,
        body_text=read.body_text,
        body_html=read.body_html,
    ) == canonical_hash(sender=LETTER.sender, to=LETTER.to, subject=subject, body_text=text, body_html=page)

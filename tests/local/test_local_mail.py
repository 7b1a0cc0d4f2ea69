"""The folder of .eml files: what stands in them, who may read them, what happens around them."""

import os
import re
import stat
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from automations.compose.mime import build_mime
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.providers.local.mail import LocalMailbox, slug
from automations.testing.mail_contract import FIRST, LETTER, OTHER, copy_of

HEADER_NAME = re.compile(rb"[!-9;-~]+")
ONCE = (
    b"from",
    b"date",
    b"to",
    b"subject",
    b"mime-version",
    b"content-type",
    b"x-unsent",
    b"x-magicloop-ref",
)


def strict_faults(data):
    """Return what a strict reader of the mail standard finds wrong with these bytes, by line."""
    faults = []
    if b"\r" in data.replace(b"\r\n", b"") or b"\n" in data.replace(b"\r\n", b""):
        faults.append("a line end that is not CRLF")
    if b"\0" in data or any(byte > 126 for byte in data):
        faults.append("bytes that are not 7-bit text")
    lines = data.split(b"\r\n")
    faults += [f"line {number} is too long" for number, line in enumerate(lines, 1) if len(line) > 998]
    if lines[-1] != b"":
        faults.append("the last line has no end")
    names = []
    for number, line in enumerate(lines[: lines.index(b"") if b"" in lines else None], 1):
        if line.startswith((b" ", b"\t")):
            if not names or not line.strip():
                faults.append(f"line {number} folds nothing")
            continue
        name, colon, _ = line.partition(b": ")
        if not colon or not HEADER_NAME.fullmatch(name):
            faults.append(f"line {number} is no header")
        names.append(name.lower())
    faults += [f"{name.decode()} stands {names.count(name)} times" for name in ONCE if names.count(name) != 1]
    faults += [f"{name.decode()} is not ours to write" for name in names if name in (b"message-id", b"bcc")]
    return faults


def defects_in(data):
    message = message_from_bytes(data, policy=policy.SMTP)
    found = [defect for part in message.walk() for defect in part.defects]
    return found + [defect for part in message.walk() for value in part.values() for defect in value.defects]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "drafts"


@pytest.fixture
def mailbox(folder):
    return LocalMailbox(str(folder))


AWKWARD = {
    "plain": {},
    "umlauts": {
        "subject": "Grüße – für 14:00 · München",
        "sender_name": "Jürgen Groß, Ärger",
        "body_text": "ü · –\n",
    },
    "emoji": {"subject": "🚀 " * 30, "sender_name": "王小明"},
    "long lines": {"body_text": "word " * 400, "body_html": "<p>" + "x" * 3000 + "</p>"},
    "long words": {"body_text": "x" * 1500},
    "dots": {"body_text": ".\n..\n.\r\n"},
    "bare cr": {"body_text": "one\rtwo\r\rthree"},
    "many people": {"to": tuple(f"p{n}@department.corp.test" for n in range(90))},
    "other domain": {"to": ("dana@bücher.test",)},
    "text only": {"body_html": ""},
}


@pytest.mark.parametrize("change", AWKWARD.values(), ids=AWKWARD.keys())
def test_what_is_written_stands_before_a_strict_reader(mailbox, folder, change):
    seen = mailbox.create(copy_of(replace(LETTER, **change)))
    data = (folder / seen.provider_id).read_bytes()
    assert strict_faults(data) == []
    assert defects_in(data) == []
    assert b"\r\nX-Unsent: 1\r\n" in b"\r\n" + data


def test_the_strict_reader_finds_faults():
    data = FIRST.mime
    assert strict_faults(data) == []
    for damaged in (
        data.replace(b"\r\n", b"\n"),
        data.replace(b"Subject:", b"Subject :", 1),
        data.replace(b"Subject:", b"To: x@y.test\r\nSubject:", 1),
        data.replace(b"Subject:", b"Bcc: x@y.test\r\nSubject:", 1),
        data + b"x" * 999 + b"\r\n",
        data + b"\xff\r\n",
        data[:-2],
    ):
        assert strict_faults(damaged)


def test_a_file_is_named_by_date_subject_and_ref_and_only_the_person_may_read_it(mailbox, folder):
    umask = os.umask(0)
    try:
        seen = mailbox.create(FIRST)
    finally:
        os.umask(umask)
    assert seen.provider_id == "2026-12-01-anything-off-your-plate-3f9a1c.eml"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / seen.provider_id).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [seen.provider_id]


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("[SEV2] EU checkout errors (INC-14)", "sev2-eu-checkout-errors-inc-14"),
        ("Grüße: Straße!", "grusse-strasse"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本", "mail"),
        ("", "mail"),
        ("a" * 60, "a" * 40),
    ],
)
def test_a_subject_never_becomes_a_path(subject, name):
    assert slug(subject) == name
    assert re.fullmatch(r"[a-z0-9-]{1,40}", slug(subject))


def test_line_feeds_are_written_where_they_are_asked_for(folder):
    seen = LocalMailbox(str(folder), "\n").create(FIRST)
    data = (folder / seen.provider_id).read_bytes()
    assert b"\r" not in data
    assert data == build_mime(LETTER, unsent=True, newline="\n")


@pytest.mark.parametrize(
    "name", ["../secret.eml", "/etc/hosts.eml", "a/b.eml", ".hidden.eml", "notes.txt", "", "x\0.eml"]
)
def test_a_name_that_is_no_draft_of_ours_is_never_touched(mailbox, folder, name):
    mailbox.create(OTHER)
    outside = folder.parent / "secret.eml"
    outside.write_bytes(FIRST.mime)
    seen = mailbox.fetch_drafts([name])
    assert (dict(seen.found), name in seen.unreadable) == ({}, not name.endswith(".eml"))
    with pytest.raises(ConflictError):
        mailbox.update(name, FIRST, revision="0" * 64)
    mailbox.delete(name, revision="0" * 64)
    assert outside.read_bytes() == FIRST.mime


def test_a_draft_in_gmail_is_no_file_that_is_gone(mailbox, folder):
    theirs = "r-5471000000001"
    for there in (False, True):
        seen = mailbox.fetch_drafts([theirs])
        assert (dict(seen.found), seen.lost, seen.emptied) == ({}, False, "")
        assert "in Gmail" in seen.unreadable[theirs].what
        if there:
            continue
        both = mailbox.fetch_drafts([theirs, "gone.eml"])
        assert (both.lost, set(both.unreadable)) == (True, {theirs})
        folder.mkdir()


def test_a_folder_without_a_draft_of_ours_says_so(mailbox, folder):
    mine, other = mailbox.create(FIRST), mailbox.create(OTHER)
    (folder / "letter.eml").write_bytes(b"To: me@x.test\r\nSubject: Mine\r\n\r\nHello\r\n")
    (folder / mine.provider_id).unlink()
    assert mailbox.fetch_drafts([mine.provider_id]).emptied == ""
    (folder / other.provider_id).unlink()
    assert mailbox.fetch_drafts([mine.provider_id]).emptied == str(folder)
    (folder / mine.provider_id).write_bytes(b"")
    assert mailbox.fetch_drafts([mine.provider_id, other.provider_id]).emptied == ""


def test_a_renamed_file_is_fetched_by_its_ref(mailbox, folder):
    seen, refs = mailbox.create(FIRST), {}
    refs[seen.provider_id] = LETTER.ref
    (folder / seen.provider_id).rename(folder / "for dana.eml")
    answer = mailbox.fetch_drafts(tuple(refs), refs)
    assert dict(answer.found) == {seen.provider_id: replace(seen, provider_id="for dana.eml")}
    (folder / "for dana.eml").unlink()
    assert mailbox.fetch_drafts(tuple(refs), refs).emptied == str(folder)


def test_a_renamed_file_is_found_by_its_ref(mailbox, folder):
    seen = mailbox.create(FIRST)
    (folder / seen.provider_id).rename(folder / "for dana.eml")
    found = mailbox.find(LETTER.ref)
    assert found.provider_id == "for dana.eml"
    assert mailbox.create(FIRST) == found
    assert len(list(folder.iterdir())) == 1


def test_a_ref_in_the_words_of_a_mail_is_not_its_ref(mailbox):
    quoting = replace(LETTER, ref="b" * 12, body_text=f"X-Magicloop-Ref: {LETTER.ref}x\n", body_html="")
    mailbox.create(copy_of(replace(quoting, body_text=f"see:\n> X-Magicloop-Ref: {LETTER.ref}\n")))
    assert mailbox.find(LETTER.ref) is None


def test_other_files_in_the_folder_are_left_alone(mailbox, folder):
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "other.eml").write_bytes(b"not a mail")
    (folder / ".ml-left").write_bytes(b"half")
    (folder / "folder.eml").mkdir()
    seen = mailbox.create(FIRST)
    assert mailbox.find(LETTER.ref) == seen
    assert {path.name for path in folder.iterdir()} >= {
        "notes.txt",
        "other.eml",
        "folder.eml",
        seen.provider_id,
    }


def test_a_name_that_is_taken_by_another_file_is_not_written_over(mailbox, folder):
    folder.mkdir()
    taken = folder / "2026-12-01-anything-off-your-plate-3f9a1c.eml"
    taken.write_bytes(b"somebody else's")
    seen = mailbox.create(FIRST)
    assert seen.provider_id == "2026-12-01-anything-off-your-plate-3f9a1c-2.eml"
    assert taken.read_bytes() == b"somebody else's"


def test_a_huge_or_odd_file_is_unreadable_and_not_read(mailbox, folder):
    seen, other = mailbox.create(FIRST), mailbox.create(OTHER)
    with (folder / seen.provider_id).open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)
    (folder / "odd.eml").mkdir()
    answer = mailbox.fetch_drafts([seen.provider_id, other.provider_id, "odd.eml"])
    assert set(answer.found) == {other.provider_id}
    assert "longer than 50 MB" in answer.unreadable[seen.provider_id].what
    assert answer.unreadable["odd.eml"].where == str(folder / "odd.eml")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission_is_a_permanent_fault_that_names_it(mailbox, folder):
    seen = mailbox.create(FIRST)
    folder.chmod(0o500)
    try:
        with pytest.raises(ProviderError, match="no permission") as caught:
            mailbox.create(OTHER)
        assert caught.value.fault is FaultClass.PERMANENT
        with pytest.raises(ProviderError):
            mailbox.delete(seen.provider_id, revision=seen.revision)
    finally:
        folder.chmod(0o700)
    assert mailbox.find(LETTER.ref) == seen


def test_a_rewritten_file_keeps_the_mode_the_person_gave_it(mailbox, folder):
    seen = mailbox.create(FIRST)
    (folder / seen.provider_id).chmod(0o640)
    mailbox.update(seen.provider_id, FIRST, revision=seen.revision)
    assert stat.S_IMODE((folder / seen.provider_id).stat().st_mode) == 0o640


def test_it_says_what_it_cannot_do_and_what_to_watch(mailbox, folder):
    can = mailbox.capabilities
    assert (can.drafts, can.find_by_key, can.tells_sent_from_deleted) == (True, True, False)
    assert (can.keeps_message_id, can.threads) == (False, False)
    assert mailbox.watched() == (str(folder),)
    assert mailbox.find(LETTER.ref) is None
    assert not Path(folder).exists()

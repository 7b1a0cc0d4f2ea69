"""Mails that a restore brings back: what was unsent when the backup was made may have gone since."""

import sqlite3
from contextlib import closing

import pytest

from mail_server import MailServer

from .conftest import wipe

OFFER = "offer:priya@example.com:2026-11"
SAID = "restored from a backup; it may have gone since"
WENT = "it went after the backup was made: the journal that was here tells"


@pytest.fixture
def mails(own, magicloop, frozen):
    """A mail server that the config sends by."""
    with MailServer() as server:
        smtp = f'[smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        sending = f'[mail]\nmode = "approve"\nundo_seconds = 0\n{smtp}[calendar]'
        own.config.write_text(own.config.read_text().replace("[calendar]", sending))
        magicloop("run")
        yield server


@pytest.fixture
def file(mails, magicloop, tmp_path):
    """A backup made while the offer waited."""
    made = tmp_path / "kept.tar.gz"
    assert magicloop("backup", made).exit_code == 0
    return made


def drafts(read):
    return read("draft", "list", "--all")["drafts"]


def send(magicloop, read, key=OFFER):
    (draft,) = [each for each in drafts(read) if each["key"] == key]
    assert magicloop("draft", "approve", draft["id"], "--hash", draft["hash"]).exit_code == 0
    assert magicloop("run").exit_code == 0


def restored(magicloop, file):
    done = magicloop("restore", file, "--force")
    assert done.exit_code == 0, done.output
    return done.stdout


def journal_aside(own):
    return [path for path in own.data.glob("journal.db.before-*") if path.suffix not in ("-wal", "-shm")]


def test_what_waited_says_on_its_card_and_in_the_list_that_it_may_have_gone(file, own, magicloop, read):
    wipe_data(own)

    told = restored(magicloop, file)

    (draft,) = drafts(read)
    assert (draft["state"], draft["reason"]) == ("waiting", SAID)
    assert "1 mail waits that may have gone since the backup: magicloop draft list" in told
    assert f"{draft['id'][:6]}: {SAID}" in magicloop("draft", "list").stdout
    assert f"Note     {SAID}" in magicloop("draft", "show", draft["id"]).stdout
    assert read("log", "verify")["ok"] is True


def wipe_data(own):
    own.template = None
    (own.config.parent / "templates").mkdir(exist_ok=True)
    wipe(own)


def test_what_the_journal_moved_aside_knows_as_sent_is_closed_and_never_sent_again(
    file, mails, own, magicloop, read, frozen
):
    (before,) = drafts(read)
    magicloop("draft", "edit", before["id"], "--subject", "Changed after the backup")
    send(magicloop, read)
    assert len(mails.mails) == 1
    with_it = own.journal.read_bytes()

    told = restored(magicloop, file)

    (draft,) = drafts(read)
    assert (draft["state"], draft["reason"]) == ("sent_elsewhere", WENT)
    assert draft["subject"] == "Changed after the backup", "it stands as it went"
    assert "1 mail is closed as sent, as the journal moved aside tells." in told
    assert "asked     not yet" not in magicloop("boss", "show", "priya").stdout
    assert [path.read_bytes() for path in journal_aside(own)] == [with_it], "it is only read"
    for _ in range(3):
        frozen.tick(900)
        magicloop("run")
    assert len(mails.mails) == 1
    assert list(own.drafts.glob("*.eml")) == []


def test_what_was_approved_then_and_went_is_closed_too(mails, magicloop, read, tmp_path, own):
    (draft,) = drafts(read)
    magicloop("draft", "approve", draft["id"], "--hash", draft["hash"])
    magicloop("backup", tmp_path / "kept.tar.gz")
    magicloop("run")
    assert len(mails.mails) == 1

    restored(magicloop, tmp_path / "kept.tar.gz")

    assert [each["state"] for each in drafts(read)] == ["sent_elsewhere"]
    with closing(sqlite3.connect(own.journal)) as db:
        assert db.execute("SELECT state FROM approval").fetchall() == [("void",)]
    magicloop("run")
    assert len(mails.mails) == 1


def test_an_offer_of_after_the_backup_that_went_is_not_written_again(file, mails, magicloop, read, frozen):
    december = OFFER.replace("-11", "-12")
    frozen.move_to("2026-12-02T09:00:00Z")
    magicloop("run")
    send(magicloop, read, december)

    restored(magicloop, file)
    magicloop("run")

    assert [(each["key"], each["state"]) for each in drafts(read)] == [
        (OFFER, "expired"),
        (december, "sent_elsewhere"),
    ]
    assert len(mails.mails) == 1


@pytest.mark.parametrize("state", ["discarded", "waiting"])
def test_what_the_journal_moved_aside_does_not_know_as_sent_may_have_gone(file, magicloop, read, state):
    (draft,) = drafts(read)
    if state == "discarded":
        magicloop("draft", "discard", draft["id"], "--yes")

    restored(magicloop, file)

    assert [(each["state"], each["reason"]) for each in drafts(read)] == [("waiting", SAID)]


@pytest.mark.parametrize("damage", ["no journal", "cut", "a newer layout"])
def test_a_journal_that_cannot_be_read_tells_nothing_and_stops_nothing(file, own, magicloop, read, damage):
    send(magicloop, read)
    whole = own.journal.read_bytes()
    if damage == "a newer layout":
        with closing(sqlite3.connect(own.journal)) as db:
            db.execute("PRAGMA user_version=999")
    else:
        own.journal.write_bytes(b"no journal" if damage == "no journal" else whole[: len(whole) // 2])

    restored(magicloop, file)

    assert [(each["state"], each["reason"]) for each in drafts(read)] == [("waiting", SAID)]


@pytest.mark.parametrize("state", ["rendered", "creating"])
def test_a_mail_without_a_copy_yet_may_have_gone_too(mails, own, magicloop, read, tmp_path, state):
    with closing(sqlite3.connect(own.journal, isolation_level=None)) as db:
        db.execute("DROP TRIGGER draft_moves")
        db.execute("UPDATE draft SET state = ?, provider_id = '', remote = ''", (state,))
        if state == "creating":
            db.execute(
                "INSERT INTO claim (person, at, kind, subject) SELECT person, created, 'create-draft', key FROM draft"
            )
    for copy in own.drafts.glob("*.eml"):
        copy.unlink()
    magicloop("backup", tmp_path / "kept.tar.gz")

    restored(magicloop, tmp_path / "kept.tar.gz")
    for _ in range(2):
        magicloop("run")

    assert [(each["state"], each["reason"]) for each in drafts(read)] == [("waiting", SAID)]

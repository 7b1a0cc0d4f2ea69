"""What a person does with a draft: read, change, approve, put off, discard, say whether it went."""

from datetime import datetime

import pytest

from automations.wiring import Session

OFFER = "offer:priya@example.com:2026-11"


@pytest.fixture
def offer(frozen, own, magicloop, read):
    """The draft of the month's offer, as `draft show --json` tells it; call it to look again."""
    magicloop("run")

    def look():
        return read("draft", "show", OFFER)

    look.id = look()["id"][:6]
    look.hash = look()["hash"]
    (look.file,) = own.drafts.glob("*.eml")
    return look


# --- reading -------------------------------------------------------------------------------------


def test_show_prints_all_that_an_approval_binds_to(offer, magicloop):
    shown = magicloop("draft", "show", offer.id).stdout

    told = offer()
    for part in (
        "Sam Lee <sam@example.com>",
        "priya@example.com",
        told["subject"],
        told["why"],
        str(offer.file),
    ):
        assert part in shown
    assert all(line in shown for line in told["body_text"].splitlines())
    assert f"magicloop draft approve {offer.id} --hash {offer.hash[:8]}" in shown


@pytest.mark.parametrize("words", [["show"], ["approve", "--hash", "123456"], ["discard", "--yes"], ["open"],
                                   ["edit", "--subject", "x"], ["resolve", "--sent"], ["snooze", "--until", "+1d"]])  # fmt: skip
def test_an_unknown_id_names_those_that_wait(offer, magicloop, words):
    done = magicloop("draft", words[0], "zzzzzz", *words[1:])

    assert (done.exit_code, done.stdout) == (2, "")
    assert f"no draft called 'zzzzzz'; did you mean {offer.id}?" in done.stderr
    assert "fix:   magicloop draft list" in done.stderr


# --- approving -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0123456789abcdef", "the words are not those of hash 01234567"),
        ("", "--hash needs at least 6 digits"),
        ("abc", "--hash needs at least 6 digits"),
    ],
)
def test_a_hash_that_is_not_that_of_the_words_approves_nothing(offer, magicloop, given, said):
    done = magicloop("draft", "approve", offer.id, "--hash", given)

    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr
    assert f"fix:   magicloop draft show {offer.id}" in done.stderr
    assert offer()["state"] == "waiting"


def test_the_hash_that_was_shown_approves_and_hands_the_file_over(offer, magicloop):
    before = offer.file.read_bytes()

    done = magicloop("draft", "approve", offer.id, "--hash", offer.hash[:8])

    assert (done.exit_code, done.stderr) == (0, "")
    assert str(offer.file) in done.stdout
    assert (offer()["state"], offer.file.read_bytes()) == ("approved", before)
    assert offer()["handed_over"] is not None
    assert f"magicloop draft resolve {offer.id} --sent" in magicloop("status").stdout


def test_without_a_terminal_an_approval_needs_the_hash(offer, magicloop):
    done = magicloop("draft", "approve", offer.id)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "needs the hash" in done.stderr
    assert offer()["state"] == "waiting"


@pytest.mark.parametrize("words", [("approve", "--hash"), ("edit", "--subject", "One question")])
def test_an_act_without_a_question_holds_the_lock_once(offer, magicloop, monkeypatch, words):
    holds = []
    whole = Session.lock

    def counted(self, **named):
        holds.append(named)
        return whole(self, **named)

    monkeypatch.setattr(Session, "lock", counted)
    given = (offer.hash,) if words[-1] == "--hash" else ()

    assert magicloop("draft", words[0], offer.id, *words[1:], *given).exit_code == 0

    assert len(holds) == 1


def edited_outside(offer, old=b"Hi Priya", new=b"Dear Priya"):
    data = offer.file.read_bytes()
    assert data.count(old) >= 1
    offer.file.write_bytes(data.replace(old, new))


def test_words_edited_outside_since_they_were_shown_are_not_approved_by_the_old_hash(offer, magicloop):
    edited_outside(offer)

    done = magicloop("draft", "approve", offer.id, "--hash", offer.hash[:8])

    assert done.exit_code == 1
    assert "You edited it outside" in done.stdout
    assert "changed since it was shown" in done.stderr
    now = offer()
    assert (now["state"], "Dear Priya" in now["body_text"]) == ("waiting", True)
    assert "-Hi Priya," in now["diff"]
    assert "+Dear Priya," in magicloop("draft", "show", offer.id).stdout
    assert magicloop("draft", "approve", offer.id, "--hash", now["hash"][:8]).exit_code == 0


def test_a_file_with_what_the_card_does_not_show_is_not_approved(offer, magicloop):
    whole = offer.file.read_bytes()
    edited_outside(offer, b"Subject:", b"Bcc: mallory@evil.test\r\nSubject:")

    done = magicloop("draft", "approve", offer.id, "--hash", offer.hash[:8])

    assert (done.exit_code, done.stdout) == (1, "")
    assert "a Bcc to mallory@evil.test" in done.stderr
    assert "fix:   take it out there" in done.stderr
    assert offer()["state"] == "waiting"
    run = magicloop("run")
    assert (run.exit_code, "a Bcc to mallory@evil.test" in run.output) == (3, True)
    offer.file.write_bytes(whole)
    assert magicloop("draft", "approve", offer.id, "--hash", offer.hash[:8]).exit_code == 0


@pytest.mark.parametrize(
    ("ending", "said"),
    [(["discard", "--yes"], "final"), (["approve", "--hash", "{hash}"], "approved already")],
)
def test_a_draft_that_cannot_be_approved_is_not_asked_about(own, magicloop, read, answer, ending, said):
    magicloop("run")
    (draft,) = read("draft", "list")["drafts"]
    assert (
        magicloop(
            "draft", ending[0], draft["id"], *[w.format(hash=draft["hash"]) for w in ending[1:]]
        ).exit_code
        == 0
    )

    code, shown = answer("draft", "approve", draft["id"][:6])

    assert (code, said in shown, "Approve exactly" in shown) == (1, True, False)


def test_an_approval_is_for_once(offer, magicloop):
    magicloop("draft", "approve", offer.id, "--hash", offer.hash)

    again = magicloop("draft", "approve", offer.id, "--hash", offer.hash)

    assert again.exit_code == 1
    assert f"fix:   magicloop draft resolve {offer.id} --sent" in again.stderr


def test_at_a_terminal_the_mail_is_shown_and_asked_about(own, magicloop, read, answer):
    magicloop("run")
    (draft,) = read("draft", "list")["drafts"]

    code, shown = answer(
        "draft", "approve", draft["id"][:6], answers=[("Approve exactly this? [y/N]: ", "n\n")]
    )
    assert (code, "not approved; nothing changed" in shown) == (1, True)
    assert draft["subject"] in shown

    code, shown = answer(
        "draft", "approve", draft["id"][:6], answers=[("Approve exactly this? [y/N]: ", "y\n")]
    )
    assert (code, "Approved." in shown) == (0, True)
    assert read("draft", "list")["drafts"][0]["state"] == "approved"


# --- changing ------------------------------------------------------------------------------------


def test_edit_by_options_changes_the_file_too(offer, magicloop, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("Hi Priya,\n\nShall I take the vendor call in November?\n\nSam\n", encoding="utf-8")

    done = magicloop("draft", "edit", offer.id, "--subject", "One question", "--body-file", words,
                     "--cc", "lee@example.com")  # fmt: skip

    assert done.exit_code == 0
    now = offer()
    assert (now["subject"], now["cc"], now["state"]) == ("One question", ["lee@example.com"], "waiting")
    assert "Shall I take the vendor call" in now["body_text"]
    assert now["hash"] != offer.hash
    assert b"Shall I take the vendor call" in offer.file.read_bytes()
    assert b"Subject: One question" in offer.file.read_bytes()


def test_an_edit_voids_the_approval(offer, magicloop):
    magicloop("draft", "approve", offer.id, "--hash", offer.hash)

    done = magicloop("draft", "edit", offer.id, "--subject", "Other words")

    assert done.exit_code == 0
    assert (offer()["state"], offer()["handed_over"]) == ("waiting", None)


def test_an_edit_that_changes_nothing_says_so(offer, magicloop):
    assert (
        magicloop("draft", "edit", offer.id, "--subject", offer()["subject"]).stdout == "Nothing changed.\n"
    )
    assert offer()["hash"] == offer.hash


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "nobody"],
        ["--to", "a@example.com, b@example.com"],
        ["--cc", "a@example.com\nBcc: c@example.com"],
        ["--to", "pri\u202eya@example.com"],
    ],
)
def test_an_address_that_is_none_changes_nothing(offer, magicloop, raw, words):
    before = offer.file.read_bytes()

    done = magicloop("draft", "edit", offer.id, *words)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "fix:" in done.stderr
    assert raw(done.stderr) == []
    assert (offer()["hash"], offer.file.read_bytes()) == (offer.hash, before)


@pytest.mark.parametrize("data", [b"Hi Priya,\n\nn\xe4chste Woche\n", b"\xff\xfeH\x00i\x00"])
def test_a_text_that_is_no_utf8_is_refused_by_name(offer, magicloop, tmp_path, data):
    words = tmp_path / "words.txt"
    words.write_bytes(data)

    done = magicloop("draft", "edit", offer.id, "--body-file", words)

    assert (done.exit_code, done.stdout) == (1, "")
    assert str(words) in done.stderr
    assert "no text in UTF-8" in done.stderr
    assert offer()["hash"] == offer.hash


def test_a_text_may_come_from_stdin_or_with_a_byte_order_mark(offer, magicloop, tmp_path):
    words = tmp_path / "words.txt"
    words.write_bytes(b"\xef\xbb\xbfHi Priya,\r\n\r\nn\xc3\xa4chste Woche\x0c\r\n")

    assert magicloop("draft", "edit", offer.id, "--body-file", words).exit_code == 0
    assert offer()["body_text"] == "Hi Priya,\n\nn\u00e4chste Woche\n"
    assert magicloop("draft", "edit", offer.id, "--body-file", "-", input="From stdin.\n").exit_code == 0
    assert offer()["body_text"] == "From stdin.\n"


def test_edit_in_an_editor(own, magicloop, read, answer, editor):
    magicloop("run")
    (draft,) = read("draft", "list")["drafts"]

    code, shown = answer("draft", "edit", draft["id"][:6],
                         EDITOR=editor("sed -e 's/^Subject: .*/Subject: From the editor/' -e 's/^Hi /Dear /' \"$1\" > \"$1.new\" && mv \"$1.new\" \"$1\""))  # fmt: skip

    assert code == 0, shown
    now = read("draft", "show", draft["id"])
    assert now["subject"] == "From the editor"
    assert now["body_text"].startswith("Dear Priya")
    assert now["to"] == ["priya@example.com"]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (":", 0, "Nothing changed."),
        ('printf "" > "$1"', 0, "Nothing changed."),
        ("exit 3", 1, "Editing failed"),
    ],
)
def test_an_editor_that_writes_nothing_changes_nothing(
    own, magicloop, read, answer, editor, line, code, said
):
    magicloop("run")
    (draft,) = read("draft", "list")["drafts"]

    ended, shown = answer("draft", "edit", draft["id"][:6], EDITOR=editor(line))

    assert (ended, said in shown) == (code, True), shown
    assert "kept" not in shown
    assert read("draft", "list")["drafts"] == [draft]
    assert not list(own.data.glob("draft-*"))


def test_without_a_terminal_an_edit_needs_options(offer, magicloop):
    done = magicloop("draft", "edit", offer.id)

    assert (done.exit_code, done.stdout) == (1, "")
    assert f"fix:   magicloop draft edit {offer.id} --subject" in done.stderr


# --- ending and putting off ----------------------------------------------------------------------


def test_discarding_needs_a_yes(offer, magicloop):
    done = magicloop("draft", "discard", offer.id)

    assert (done.exit_code, done.stdout) == (1, "")
    assert f"fix:   magicloop draft discard {offer.id} --yes" in done.stderr
    assert offer()["state"] == "waiting"


def test_a_discarded_draft_keeps_its_words_and_is_not_made_again(offer, magicloop, read):
    assert magicloop("draft", "discard", offer.id, "--yes", "--reason", "said it over lunch").exit_code == 0

    assert (offer()["state"], offer()["reason"]) == ("discarded", "said it over lunch")
    assert "Hi Priya" in offer()["body_text"]
    magicloop("run")
    assert read("draft", "list")["drafts"] == []
    assert [draft["state"] for draft in read("draft", "list", "--all")["drafts"]] == ["discarded"]


def test_discarding_is_asked_at_a_terminal(own, magicloop, read, answer):
    magicloop("run")
    name = read("draft", "list")["drafts"][0]["id"][:6]

    assert "Kept." in answer("draft", "discard", name, answers=[("[y/N]: ", "n\n")])[1]
    assert len(read("draft", "list")["drafts"]) == 1
    assert answer("draft", "discard", name, answers=[("[y/N]: ", "y\n")])[0] == 0
    assert read("draft", "list")["drafts"] == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-05", "2026-11-05T09:00:00+01:00"),
        ("2026-11-05T16:30", "2026-11-05T16:30:00+01:00"),
        ("2026-11-05T16:30:00Z", "2026-11-05T17:30:00+01:00"),
        ("+2d", "2026-11-05T09:00:00+01:00"),
        ("+3h", "2026-11-03T12:00:00+01:00"),
        ("+1w", "2026-11-10T09:00:00+01:00"),
        ("14:30", "2026-11-03T14:30:00+01:00"),
        ("08:00", "2026-11-04T08:00:00+01:00"),
        ("tomorrow 3pm", "2026-11-04T15:00:00+01:00"),
    ],
)
def test_the_ways_to_say_until_when(offer, magicloop, typed, meant):
    done = magicloop("draft", "snooze", offer.id, "--until", typed)

    assert done.exit_code == 0, done.stderr
    assert datetime.fromisoformat(offer()["snoozed_until"]) == datetime.fromisoformat(meant)
    assert offer()["snoozed_until"] == meant
    assert "put off" in magicloop("draft", "list").stdout
    assert "to read" not in magicloop("status").stdout


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nonsense", "no time I can read"),
        ("", "no time I can read"),
        ("25:99", "no time I can read"),
        ("2026-13-01", "no time I can read"),
        ("12/01/2026", "no time I can read"),
        ("04.05. 3pm", "no time I can read"),
        ("+99999999999d", "no time I can read"),
        ("+9999w", "the draft expires before that"),
        ("2020-01-01", "that time is past"),
        ("2027-06-01", "the draft expires before that"),
        ("9999-12-31", "the draft expires before that"),
        ("0001-01-01", "that time is past"),
    ],
)
def test_a_time_that_will_not_do_puts_nothing_off(offer, magicloop, typed, said):
    done = magicloop("draft", "snooze", offer.id, "--until", typed)

    assert (done.exit_code, done.stdout) == (2 if said == "no time I can read" else 1, "")
    assert said in done.stderr
    assert "fix:" in done.stderr
    assert offer()["snoozed_until"] is None


def test_a_snoozed_draft_comes_back(offer, frozen, magicloop):
    magicloop("draft", "snooze", offer.id, "--until", "+1d")
    frozen.tick(25 * 3600)

    assert "1 draft to read" in magicloop("status").stdout
    assert "waiting" in magicloop("draft", "list").stdout


# --- the file, and whether it went ----------------------------------------------------------------


def test_open_prints_the_path(offer, magicloop):
    assert magicloop("draft", "open", offer.id, "--print").stdout == f"{offer.file}\n"


@pytest.mark.parametrize(("flag", "state"), [("--sent", "sent_elsewhere"), ("--not-sent", "waiting")])
def test_a_mail_that_was_handed_over_is_settled_by_a_word(offer, magicloop, flag, state):
    magicloop("draft", "approve", offer.id, "--hash", offer.hash)

    assert magicloop("draft", "resolve", offer.id, flag).exit_code == 0
    assert offer()["state"] == state


@pytest.mark.parametrize(
    "words",
    [
        ["resolve", "--sent"],
        ["resolve", "--not-sent"],
    ],
)
def test_what_was_not_handed_over_cannot_be_settled(offer, magicloop, words):
    done = magicloop("draft", words[0], offer.id, *words[1:])

    assert done.exit_code == 1
    assert "there is nothing to resolve" in done.stderr
    assert offer()["state"] == "waiting"


@pytest.mark.parametrize(
    "words",
    [
        ["approve", "--hash", "{hash}"],
        ["edit", "--subject", "x"],
        ["discard", "--yes"],
        ["snooze", "--until", "+1d"],
        ["resolve", "--sent"],
        ["open"],
    ],
)
def test_a_draft_at_its_end_stays_there(offer, magicloop, words):
    magicloop("draft", "discard", offer.id, "--yes")
    magicloop("run")
    before = offer()

    done = magicloop("draft", words[0], offer.id, *[word.format(hash=offer.hash) for word in words[1:]])

    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert "fix:" in done.stderr
    assert offer() == before


def test_a_file_that_is_gone_is_told_and_nothing_is_approved(offer, magicloop):
    offer.file.unlink()

    done = magicloop("draft", "approve", offer.id, "--hash", offer.hash)

    assert done.exit_code == 1
    assert "the draft's copy is gone" in done.stderr
    assert offer()["state"] == "waiting"

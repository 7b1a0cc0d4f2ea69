"""The product on a Google account, by its config and its command, over real sockets."""

import json

import pytest

from config_texts import AT_ONCE, ON_GOOGLE
from google_emulator import Fault

CALENDAR = ("calendar.events.owned", "calendar.freebusy")


def states(account):
    return [
        one["state"] for one in json.loads(account.call("draft", "list", "--all", "--json").stdout)["drafts"]
    ]


def the_draft(account):
    (draft_id,) = account.mail.drafts
    return draft_id


def problems(done):
    return {one["code"]: one for one in json.loads(done.stdout)["problems"]}


def test_a_first_run_takes_four_calls_a_steady_one_two_and_neither_twice(account):
    first = account.call("run", "--json")

    assert first.exit_code == 0, first.output
    kinds = [one["kind"] for one in json.loads(first.stdout)["actions"] if one["outcome"] == "done"]
    assert {"book-block", "create-draft"} <= set(kinds)
    assert account.google.log == [
        "calendar.events.list",
        "calendar.events.insert",
        "gmail.users.messages.list",
        "gmail.users.drafts.create",
    ]
    account.google.log.clear()
    assert account.call("run").exit_code == 0
    assert account.google.log == ["calendar.events.list", "gmail.users.drafts.get"]
    assert len(account.mail.drafts) == len(account.calendar.live) == 1


def test_what_gmail_gets_is_a_mail_of_text_and_html_without_the_mark_of_desktop_programs(account):
    account.call("run")

    data = account.mail.raw(the_draft(account))

    assert b"X-Unsent" not in data
    assert b"\r\nX-Magicloop-Ref: " in data
    assert b"multipart/alternative" in data
    assert b"To: priya@corp.test\r\n" in data


def test_a_draft_the_composer_only_wrapped_is_not_a_change(account):
    account.call("run")
    account.mail.edit(the_draft(account))

    done = account.call("run", "--json")

    assert json.loads(done.stdout)["actions"] == []
    assert done.exit_code == 0


@pytest.mark.parametrize("keeps_headers", [True, False])
def test_an_edit_in_gmail_is_read_in_and_shown(account, keeps_headers):
    account.mail.keeps_headers = keeps_headers
    account.call("run")
    account.mail.edit(the_draft(account), subject="Can I take the rota?", text="Hi Priya,\n\nmay I?\n\nAnn\n")

    done = account.call("run", "--json")

    assert [one["kind"] for one in json.loads(done.stdout)["actions"]] == ["adopt-draft"]
    (draft,) = account.drafts()
    assert (draft["subject"], draft["state"]) == ("Can I take the rota?", "waiting")
    shown = json.loads(account.call("draft", "show", draft["id"], "--json").stdout)
    assert shown["body_text"].split() == ["Hi", "Priya,", "may", "I?", "Ann"]
    assert json.loads(account.call("run", "--json").stdout)["actions"] == []


@pytest.mark.parametrize("keeps_ids", [True, False])
@pytest.mark.parametrize("subject", [None, "Another subject"])
def test_a_draft_sent_in_gmail_is_known_to_be_sent_and_the_mail_stays(account, keeps_ids, subject):
    account.mail.keeps_ids = keeps_ids
    account.call("run")
    if subject:
        account.mail.edit(the_draft(account), subject=subject)
    account.mail.send(the_draft(account))

    done = account.call("run")

    assert done.exit_code == 0, done.output
    assert states(account) == ["sent_elsewhere"]
    account.call("run")
    assert len(account.mail.sent) == 1
    assert account.mail.drafts == {}


def test_a_draft_discarded_in_gmail_is_discarded_and_not_made_again(account):
    account.call("run")
    account.mail.discard(the_draft(account))

    account.call("run")
    account.call("run")

    assert states(account) == ["discarded"]
    assert account.mail.drafts == {}


@pytest.mark.parametrize("answer", ["--sent", "--not-sent"])
def test_without_the_scope_to_read_mail_a_draft_that_is_gone_is_asked_about(account, answer):
    account.scoped(*CALENDAR, "gmail.compose")
    account.call("run")
    account.mail.send(the_draft(account))

    done = account.call("run", "--json")

    assert done.exit_code == 3
    assert "draft resolve" in problems(done)["draft-gone"]["fix"]
    (draft,) = account.drafts()
    assert account.call("draft", "resolve", draft["id"], answer).exit_code == 0
    assert states(account) == ["sent_elsewhere" if answer == "--sent" else "discarded"]
    assert account.call("run").exit_code == 0


def test_editing_and_discarding_here_changes_the_draft_in_gmail(account):
    account.call("run")
    (draft,) = account.drafts()

    changed = account.call("draft", "edit", draft["id"], "--subject", "Shorter")

    assert changed.exit_code == 0, changed.output
    assert b"Subject: Shorter\r\n" in account.mail.raw(the_draft(account))
    assert account.call("draft", "discard", draft["id"], "--yes").exit_code == 0
    assert account.mail.drafts == {}


def test_an_access_token_that_ran_out_is_renewed_and_written_back(account):
    account.google.expire()

    done = account.call("run")

    assert done.exit_code == 0, done.output
    assert len(account.google.token_calls) == 1
    assert "scope" not in account.google.token_calls[0]
    held = json.loads(account.token.read_text())
    assert held["token"] in account.google.tokens
    assert held["account"] == "ann@corp.test"
    assert account.token.stat().st_mode & 0o777 == 0o600


def test_another_life_of_the_journal_finds_the_draft_and_the_block_again(account, home):
    account.call("run")
    for path in (home / ".local/share/magicloop").iterdir():
        path.unlink()

    account.call("run")

    assert len(account.mail.drafts) == len(account.calendar.live) == 1


BAD_TOKENS = {
    "missing": (lambda path: path.unlink(), 4, "not signed in", "magicloop connect google"),
    "empty": (lambda path: path.write_text(""), 4, "is empty", "magicloop connect google"),
    "cut short": (
        lambda path: path.write_text(path.read_text()[:40]),
        4,
        "cut short",
        "magicloop connect google",
    ),
    "no refresh token": (
        lambda path: path.write_text(path.read_text().replace("refresh_token", "x")),
        4,
        "lacks refresh_token",
        "magicloop connect google",
    ),
    "read by all": (lambda path: path.chmod(0o644), 3, "read by others (mode 0644)", "chmod 600 "),
    "read by the group": (lambda path: path.chmod(0o640), 3, "read by others (mode 0640)", "chmod 600 "),
    "renewed elsewhere in the clear": (
        lambda path: path.write_text(path.read_text().replace("http://127.0.0.1", "http://192.0.2.1")),
        4,
        "token_uri",
        "magicloop connect google",
    ),
}


@pytest.mark.parametrize(("spoil", "code", "what", "fix"), BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_bad_token_file_is_one_clear_problem_with_its_cure(account, spoil, code, what, fix):
    spoil(account.token)

    done = account.call("run", "--json")

    assert done.exit_code == code, done.output
    assert account.google.log == []
    found = problems(done)
    assert all(
        what in one["what"] and one["fix"].startswith(fix)
        for one in found.values()
        if "create" in one["code"]
    )
    assert any(what in one["what"] for one in found.values())
    assert "refresh-me" not in done.output


def test_the_sign_in_of_somebody_else_is_refused_before_anything_is_written(account):
    account.config.write_text(account.config.read_text().replace("ann@corp.test", "sam@corp.test"))

    done = account.call("run", "--json")

    assert done.exit_code == 4, done.output
    assert all(
        "sign-in is that of ann@corp.test" in one["what"]
        for code, one in problems(done).items()
        if code in ("create-draft-failed", "book-block-failed")
    )
    assert "create-draft-failed" in problems(done)
    assert account.mail.drafts == {}
    assert account.calendar.live == []


def test_a_renamed_calendar_tells_no_address_so_gmail_is_asked_once(account):
    account.calendar.name = "Ann's calendar"

    for _ in range(3):
        assert account.call("run").exit_code == 0

    assert account.google.log.count("gmail.users.getProfile") == 1


def test_a_revoked_sign_in_ends_the_run_with_its_own_code_and_the_cure(account):
    account.call("run")
    account.google.revoke()

    done = account.call("run", "--json")

    assert done.exit_code == 4
    assert problems(done)["drafts-unreadable"]["fix"].startswith("magicloop connect google")
    assert states(account) == ["waiting"]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda google: google.faults.put("*", Fault("reset"), times=10_000), 8),
        (lambda google: google.revoke(), 4),
    ],
    ids=["away", "signed out"],
)
@pytest.mark.usefixtures("no_waits")
def test_a_send_by_hand_that_gmail_does_not_let_happen_ends_as_a_run_does(account, spoil, code):
    approving = f'{ON_GOOGLE}mode = "approve"\n{AT_ONCE}'
    account.config.write_text(account.config.read_text().replace(ON_GOOGLE, approving))
    account.call("run")
    (draft,) = account.drafts()
    approved = account.call("draft", "approve", draft["id"], "--hash", draft["hash"])
    assert approved.exit_code == 0, approved.output
    spoil(account.google)

    assert account.call("draft", "send").exit_code == code
    assert account.call("run").exit_code == code


def test_recipients_gmail_rejects_fail_that_draft_only(account):
    account.mail.rejected = {"priya@corp.test"}

    done = account.call("run", "--json")

    assert done.exit_code == 3
    assert "draft edit" in problems(done)["create-draft-failed"]["fix"]
    assert len(account.calendar.live) == 1


def test_a_missing_scope_is_named_and_the_other_feature_goes_on(account):
    account.scoped(*CALENDAR)

    done = account.call("run", "--json")

    assert done.exit_code == 4
    assert "Gmail drafts" in problems(done)["create-draft-failed"]["what"]
    assert len(account.calendar.live) == 1


def test_a_draft_of_the_local_provider_is_left_alone_after_the_switch(account):
    text = account.config.read_text()
    account.config.write_text(text.replace('[mail]\nprovider = "google"', '[mail]\nprovider = "local"'))
    account.call("run")
    account.config.write_text(text)

    done = account.call("run", "--json")

    assert states(account) == ["waiting"]
    assert "before mail.provider became google" in problems(done)["drafts-unreadable"]["what"]


def test_the_report_and_the_draft_name_google_as_the_place(account):
    report = account.call("run", "--report").stdout
    assert "blocks   Google Calendar" in report
    assert "drafts   Gmail" in report
    assert "Import the blocks" not in report
    (draft,) = account.drafts()

    assert account.call("draft", "open", draft["id"], "--print").stdout == (
        "https://mail.google.com/mail/?authuser=ann@corp.test#drafts\n"
    )


@pytest.mark.usefixtures("no_waits")
def test_an_outage_is_told_once_with_the_places_it_hides(account):
    account.call("run")
    account.google.faults.put("*", Fault.error(503), times=999)
    told = account.call("run", "--report").stdout
    assert told.count("trouble of its own") == 1
    assert "where: Gmail, Google Calendar: primary" in told
    assert "the next run tries again" in told


def test_one_cause_is_told_once_and_so_is_its_end(account):
    account.call("run")
    account.token.chmod(0o644)

    assert account.call("run").stderr.count("chmod 600") == 1

    account.token.chmod(0o600)
    assert account.call("run").stderr.count("over: ") == 1

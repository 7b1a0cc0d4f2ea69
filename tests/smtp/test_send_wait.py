"""`draft send --wait`: each mail leaves when it may, and one that does not holds up no other."""

import json
import os
import shutil

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from automations.cli import main
from automations.cli.review_end import leave
from automations.clock import SystemClock
from automations.config.places import find_places
from automations.errors import LockHeldError
from automations.wiring import Session
from config_texts import APPROVING, MAIL_SERVER, OFFERS, OMAR, PRIYA, SAM


@pytest.fixture
def clock(monkeypatch):
    """The time in this process; who sleeps sets it ahead."""
    with freeze_time("2026-11-03T08:00:00Z", ignore=["smtplib", "socket"]) as frozen:
        monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: frozen.tick(seconds))
        yield frozen


@pytest.fixture
def bosses():
    return PRIYA + OMAR


@pytest.fixture
def magicloop(home, plain, clock, bosses):
    folder = home / ".config/magicloop"
    folder.mkdir(parents=True)
    config = SAM + bosses + OFFERS + APPROVING + MAIL_SERVER.format(port=plain.port)
    (folder / "config.toml").write_text(config)

    def call(*words, code=0):
        done = CliRunner().invoke(main, [*words])
        assert code in (done.exit_code, None), done.output
        return json.loads(done.stdout) if "--json" in words else done.stdout

    call("run")
    return call


@pytest.fixture
def approved(magicloop, clock):
    """Approved offers, each five seconds after the one before; the addresses they are to, in that order."""
    drafts = magicloop("draft", "list", "--json")["drafts"]
    for draft in drafts:
        magicloop("draft", "approve", draft["id"], "--hash", draft["hash"])
        clock.tick(5)
    return [draft["to"][0] for draft in drafts]


def test_a_mail_that_does_not_go_is_tried_once_and_the_next_still_leaves_in_its_time(
    magicloop, plain, approved
):
    first, second = approved
    plain.answers[f"RCPT:{first}"] = "451 4.3.0 later"

    told = magicloop("draft", "send", "--wait", "--json", code=8)

    assert [one["outcome"] for one in told["actions"] if one["kind"] == "send-draft"] == ["failed", "done"]
    assert [recipients for _, recipients, _ in plain.mails] == [{second}]
    assert plain.connections == 2
    plain.answers.clear()
    magicloop("run")
    assert [recipients for _, recipients, _ in plain.mails] == [{second}, {first}]


def test_both_leave_in_the_order_of_their_approval(magicloop, plain, approved, clock):
    shown = magicloop("draft", "send", "--wait")

    assert [recipients for _, recipients, _ in plain.mails] == [{one} for one in approved]
    assert shown.count("Sent: ") == 2
    assert clock().isoformat() == "2026-11-03T08:00:35"


def test_status_tells_when_an_approved_mail_leaves_and_why_it_did_not(magicloop, plain, approved, clock):
    first, second = (one[:6] for one in ids(magicloop))
    shown = " ".join(magicloop("status").split())
    leaves = "it leaves with the first run after Tue 3 Nov 2026, 09:00 CET"
    assert f"{first} Anything off your plate? to {approved[0]}; {leaves}" in shown
    assert f"Take one back: magicloop draft undo {first}" in shown
    plain.answers[f"RCPT:{approved[0]}"] = "451 4.3.0 later"
    clock.tick(22)

    magicloop("draft", "send", code=8)

    stuck, coming = magicloop("status", "--json")["leaving"]
    assert (stuck["id"][:6], coming["id"][:6], coming["stayed"]) == (first, second, None)
    assert "4.3.0 later" in stuck["stayed"]
    shown = " ".join(magicloop("status").split())
    assert f"did not leave Tue 3 Nov 2026, 09:00 CET: {stuck['stayed']}; the next run tries again" in shown


def ids(magicloop):
    return [one["id"] for one in magicloop("status", "--json")["leaving"]]


SEVEN = "".join(f'\n[[boss]]\nname = "Boss {each}"\nemail = "{each}@corp.test"\n' for each in "abcdefg")


@pytest.mark.parametrize("bosses", [SEVEN])
def test_more_than_one_run_may_send_leave_all_while_somebody_waits_for_them(
    magicloop, plain, approved, clock
):
    clock.tick(60)

    shown = magicloop("draft", "send", "--wait")

    assert sorted(one for _, to, _ in plain.mails for one in to) == sorted(approved)
    assert shown.count("Sent: ") == len(approved) == 7


@pytest.mark.parametrize("bosses", [SEVEN])
def test_the_end_of_a_review_tries_each_once(magicloop, plain, approved, clock, monkeypatch):
    plain.answers["MAIL"] = "451 4.3.0 later"
    monkeypatch.setattr(
        "automations.cli.review_end.read_key", lambda _, *, seconds: clock.tick(seconds) and None
    )
    session = Session(find_places(os.environ, None), SystemClock())

    off = leave(session, ids(magicloop), stopped=False)

    session.close()
    assert off.failed
    assert plain.connections == 7


def test_a_run_at_work_is_waited_for_and_what_was_sent_is_told(
    magicloop, plain, approved, clock, monkeypatch
):
    whole = Session.lock

    def lock(session, **wait):
        if len(plain.mails) == 1 and clock().second < 45:
            raise LockHeldError("another run is at work")
        return whole(session, **wait)

    monkeypatch.setattr(Session, "lock", lock)

    shown = magicloop("draft", "send", "--wait")

    assert shown.count("Sent: ") == 2
    assert clock().second == 45


def test_what_was_sent_is_told_when_a_later_look_fails(magicloop, plain, approved, home, clock, monkeypatch):
    drafts = home / ".local/share/magicloop/drafts"

    def sleep(_, seconds):
        clock.tick(seconds)
        if plain.mails and drafts.is_dir():
            shutil.rmtree(drafts)

    monkeypatch.setattr(SystemClock, "sleep", sleep)

    done = magicloop("draft", "send", "--wait", code=None)

    assert done.count("Sent: ") == 1
    assert len(plain.mails) == 1

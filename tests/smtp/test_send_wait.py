"""`draft send --wait`: each mail leaves when it may, and one that does not holds up no other."""

import json

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from automations.cli import main
from automations.clock import SystemClock
from config_texts import APPROVING, MAIL_SERVER, OFFERS, OMAR, PRIYA, SAM


@pytest.fixture
def clock(monkeypatch):
    """The time in this process; who sleeps sets it ahead."""
    with freeze_time("2026-11-03T08:00:00Z", ignore=["smtplib", "socket"]) as frozen:
        monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: frozen.tick(seconds))
        yield frozen


@pytest.fixture
def magicloop(home, plain, clock):
    folder = home / ".config/magicloop"
    folder.mkdir(parents=True)
    config = SAM + PRIYA + OMAR + OFFERS + APPROVING + MAIL_SERVER.format(port=plain.port)
    (folder / "config.toml").write_text(config)

    def call(*words, code=0):
        done = CliRunner().invoke(main, [*words])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if "--json" in words else done.stdout

    call("run")
    return call


@pytest.fixture
def approved(magicloop, clock):
    """Two approved offers, the second five seconds after the first; the names they are to, in that order."""
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

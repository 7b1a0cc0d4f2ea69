"""Several approved mails in one run: what is the server's fault stops them all, what is one mail's only that one."""

import json

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from automations.cli import main
from config_texts import APPROVING, AT_ONCE, MAIL_SERVER, OFFERS, SAM
from mail_server import CLOSE, SILENCE, MailServer

NAMES = "abcd"
LIMIT = 3
"""How many of the four a run may send."""
BOSSES = "".join(f'\n[[boss]]\nname = "Boss {name}"\nemail = "{name}@corp.test"\n' for name in NAMES)
SIGNING_IN = 'user = "sam"\npassword = { command = "cat-password" }\n'
TO = [f"{name}@corp.test" for name in NAMES]


@pytest.fixture
def clock():
    with freeze_time("2026-11-03T08:00:00Z", ignore=["smtplib", "socket"]) as frozen:
        yield frozen


@pytest.fixture
def server():
    with MailServer(users={"sam": "right"}) as one:
        yield one


@pytest.fixture
def magicloop(home, server, clock):
    """The command, and four approved mails, approved a second after each other; each call of it is a run later."""
    folder = home / ".config/magicloop"
    folder.mkdir(parents=True)
    program = home / "cat-password"
    program.write_text(f'#!/bin/sh\necho asked >> "{home}/asked"\ncat "{home}/password"\n')
    program.chmod(0o700)
    password(home, "right")
    config = SAM + BOSSES + OFFERS + "hours = 3\n" + APPROVING + AT_ONCE
    config += (
        MAIL_SERVER.format(port=server.port)
        + "timeout = 1\n"
        + SIGNING_IN.replace("cat-password", str(program))
    )
    config += f"\n[limits]\nmails_per_run = {LIMIT}\n"
    (folder / "config.toml").write_text(config)

    def call(*words, code=0):
        clock.tick(15 * 60)
        done = CliRunner().invoke(main, [*words])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if "--json" in words else done.stdout

    call("run")
    for draft in sorted(call("draft", "list", "--json")["drafts"], key=lambda one: one["to"]):
        done = CliRunner().invoke(main, ["draft", "approve", draft["id"], "--hash", draft["hash"]])
        assert done.exit_code == 0, done.output
        clock.tick(1)
    return call


def password(home, text):
    (home / "password").write_text(text + "\n")


def outcomes(report):
    return [one["outcome"] for one in report["actions"] if one["kind"] == "send-draft"]


def failing(magicloop):
    return [one for one in magicloop("status", "--json")["problems"] if one["code"] == "send-draft-failed"]


def sign_ins(server):
    return sum(line.startswith("AUTH") for line in server.said)


def arrived(server):
    return [recipient for _, recipients, _ in server.mails for recipient in recipients]


def test_a_wrong_password_is_tried_once_in_a_run_and_told_once(magicloop, server, home):
    password(home, "wrong")
    (home / "asked").unlink(missing_ok=True)

    first = magicloop("run", "--json", code=4)

    assert outcomes(first) == ["failed", "skipped", "skipped"]
    assert (sign_ins(server), (home / "asked").read_text()) == (1, "asked\n")
    skipped = next(one for one in first["actions"] if one["outcome"] == "skipped")
    assert skipped["detail"].startswith("not tried: the mail server does not accept smtp.user")
    (problem,) = failing(magicloop)
    for more in (2, 3):
        assert outcomes(magicloop("run", "--json", code=4)) == outcomes(first)
        assert sign_ins(server) == more
    assert failing(magicloop) == [problem], "the same, since the same time, whichever mail met it"
    told = [entry for entry in magicloop("log", "--json")["entries"] if entry["kind"] == "problem"]
    assert [entry["outcome"] for entry in told] == ["standing"]
    password(home, "right")
    magicloop("run")
    magicloop("run")
    assert sorted(arrived(server)) == TO
    assert failing(magicloop) == []


def test_a_program_for_the_password_that_fails_is_run_once(magicloop, server, home):
    (home / "password").unlink()
    (home / "asked").unlink(missing_ok=True)
    assert outcomes(magicloop("run", "--json", code=4)).count("failed") == 1
    assert (home / "asked").read_text() == "asked\n"
    assert server.connections == 0


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "AUTH", "MAIL"])
def test_a_server_that_says_nothing_is_waited_for_once(magicloop, server, step):
    server.answers[step] = SILENCE
    assert outcomes(magicloop("run", "--json", code=8)).count("failed") == 1
    assert server.connections == 1
    server.answers.clear()
    magicloop("run")
    magicloop("run")
    assert sorted(arrived(server)) == TO


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("CONNECT", CLOSE),
        ("CONNECT", "421 4.3.2 shutting down"),
        ("CONNECT", "554 5.7.1 not you"),
        ("EHLO", "451 4.3.0 later"),
        ("AUTH", "454 4.7.0 later"),
        ("MAIL", CLOSE),
        ("MAIL", "421 4.3.2 shutting down"),
    ],
)
def test_what_is_wrong_with_the_server_costs_one_try_and_no_approval(magicloop, server, step, answer):
    server.answers[step] = answer
    code = 3 if answer.startswith("5") else 8
    report = magicloop("run", "--json", code=code)
    assert outcomes(report) == ["failed", "skipped", "skipped"]
    assert server.connections == 1
    server.answers.clear()
    magicloop("run")
    magicloop("run")
    assert sorted(arrived(server)) == TO


@pytest.mark.parametrize(
    ("step", "answer", "code"),
    [
        ("MAIL", "451 4.3.0 later", 8),
        ("MAIL", "550 5.7.1 no", 3),
        ("RCPT", "450 4.7.1 greylisted", 8),
        ("RCPT", "550 5.1.1 unknown", 3),
        ("RCPT", CLOSE, 8),
        ("DATA", "451 4.3.0 later", 8),
        ("DATA", CLOSE, 8),
        ("DOT", "452 4.3.1 full", 8),
    ],
)
def test_what_is_said_of_a_mail_stops_no_other(magicloop, server, step, answer, code):
    server.answers[step] = answer
    server.takes = False
    assert outcomes(magicloop("run", "--json", code=code)) == ["failed"] * LIMIT
    assert server.connections == LIMIT
    assert {one["subject"] for one in failing(magicloop)} == {f"offer:{to}:2026-11" for to in TO[:LIMIT]}


def test_a_send_by_hand_says_of_each_why_it_was_not_tried(magicloop, server, home):
    password(home, "wrong")
    shown = magicloop("draft", "send", code=4)
    lines = [line for line in shown.splitlines() if line.startswith("Not sent: ")]
    assert sum("not tried: the mail server does not accept" in line for line in lines) == LIMIT - 1
    assert all(line.endswith("It stays approved, and the next run tries again.") for line in lines)
    assert (len(lines), sign_ins(server)) == (LIMIT, 1)


def test_mails_that_keep_failing_leave_the_way_to_the_others(magicloop, server):
    """Their own failures stand meanwhile: neither over nor new each time another's turn comes."""
    for to in TO[:LIMIT]:
        server.answers[f"RCPT:{to}"] = "452 4.2.2 mailbox full"
    magicloop("run", code=8)
    assert arrived(server) == []
    before = failing(magicloop)
    magicloop("run", code=8)
    assert sorted(arrived(server)) == TO[LIMIT:]
    assert sorted(one["subject"] for one in failing(magicloop)) == sorted(one["subject"] for one in before)
    assert {one["since"] for one in failing(magicloop)} == {one["since"] for one in before}

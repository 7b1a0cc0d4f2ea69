"""Whole runs that send by a mail server, by the command as people type it."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

import automations
from automations.compose.reading import read_mime
from mail_server import CLOSE, MailServer

PACKAGE = Path(automations.__file__).parent
OPEN = ("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of EU orders fail")
CONFIG = """\
[me]
name = "Sam Lee"
email = "sam@example.com"
timezone = "Europe/Berlin"

[incidents]
exec = ["priya@example.com"]
"""
SENDING = """
[mail]
mode = "approve"
undo_seconds = 0

[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
timeout = 20
"""


@pytest.fixture
def server():
    with MailServer() as one:
        yield one


@pytest.fixture
def config(home):
    path = home / ".config/magicloop/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def magicloop(config, server):
    from automations.cli import main

    config.write_text(CONFIG + SENDING.format(port=server.port), encoding="utf-8")

    def call(*words, code=0):
        done = CliRunner().invoke(main, [*words])
        assert code in (done.exit_code, None), done.output
        return json.loads(done.stdout) if "--json" in words else done.stdout

    return call


def the_draft(magicloop):
    drafts = magicloop("draft", "list", "--json", "--all")["drafts"]
    return next(one for one in drafts if one["key"] == "incident:INC-1:exec:1")


def approve(magicloop):
    magicloop(*OPEN)
    magicloop("run")
    draft = the_draft(magicloop)
    magicloop("draft", "approve", draft["id"], "--hash", draft["hash"])
    return draft


def test_what_was_approved_arrives_with_the_next_run_once(magicloop, server, home):
    draft = approve(magicloop)
    assert server.mails == []

    report = magicloop("run", "--json")

    assert ("send-draft", "done") in [(one["kind"], one["outcome"]) for one in report["actions"]]
    ((sender, recipients, data),) = server.mails
    read = read_mime(data)
    assert (sender, recipients) == ("sam@example.com", {"priya@example.com"})
    assert (read.subject, read.to, read.unsent) == (draft["subject"], ("priya@example.com",), False)
    assert re.search(rb"(?m)^Message-ID: <\S+>\r$", data)
    assert the_draft(magicloop)["state"] == "sent"
    assert list((home / ".local/share/magicloop/drafts").glob("*.eml")) == []
    magicloop("run", "--json")
    assert len(server.mails) == 1


def test_a_lost_answer_is_asked_about_and_never_sent_again(magicloop, server):
    approve(magicloop)
    server.answers["DOT"] = CLOSE
    for _ in range(3):
        magicloop("run", code=None)
    assert len(server.mails) == 1
    assert the_draft(magicloop)["state"] == "unknown"


def test_a_server_that_is_away_gets_the_mail_with_a_later_run(magicloop, server):
    approve(magicloop)
    server.answers["MAIL"] = "451 4.3.0 later"
    magicloop("run", code=None)
    assert (server.mails, the_draft(magicloop)["state"]) == ([], "approved")
    server.answers.clear()
    magicloop("run")
    assert (len(server.mails), the_draft(magicloop)["state"]) == (1, "sent")


def away(server, config):
    config.write_text(CONFIG + SENDING.format(port=9), encoding="utf-8")


def later(server, config):
    server.answers["MAIL"] = "451 4.3.0 later"


@pytest.mark.parametrize("spoil", [away, later])
def test_a_send_by_hand_that_has_to_wait_ends_as_a_run_does_and_leaves_it_to_the_next(
    magicloop, server, config, spoil
):
    draft = approve(magicloop)
    spoil(server, config)

    shown = magicloop("draft", "send", code=8)

    assert shown.startswith(f"Not sent: {draft['subject']}. ")
    assert shown.endswith(" It stays approved, and the next run tries again.\n")
    assert "magicloop draft send" not in shown
    magicloop("draft", "send", "--wait", "--json", code=8)
    magicloop("run", code=8)
    server.answers.clear()
    config.write_text(CONFIG + SENDING.format(port=server.port), encoding="utf-8")
    magicloop("draft", "send")
    assert (len(server.mails), the_draft(magicloop)["state"]) == (1, "sent")


def test_a_send_by_hand_that_is_refused_for_good_is_left_undone(magicloop, server):
    approve(magicloop)
    server.answers["MAIL"] = "550 5.7.1 no"

    magicloop("draft", "send", code=3)

    assert the_draft(magicloop)["state"] == "waiting"


def loaded(*words):
    """Return every module that a call of the command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "automations", *words],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return done.stdout, {line.rsplit("|", 1)[1].strip() for line in lines}


SENDERS = {"automations.providers.smtp.sending", "automations.providers.google.sending", "smtplib"}


def test_where_only_drafts_are_made_nothing_that_can_send_is_even_loaded(config):
    loaded(*OPEN)
    assert not loaded("run")[1] & SENDERS
    told, _ = loaded("draft", "list", "--json")
    (draft,) = json.loads(told)["drafts"]
    for words in (("draft", "approve", draft["id"], "--hash", draft["hash"]), ("draft", "send"), ("run",)):
        assert not loaded(*words)[1] & SENDERS
    _, modules = loaded("draft", "list")
    assert "automations.cli" in modules  # the measure does see modules


def test_where_mails_are_sent_it_is_loaded(magicloop):
    approve(magicloop)
    _, modules = loaded("run")
    assert {"automations.providers.smtp.sending", "smtplib"} <= modules


def test_nothing_else_in_the_product_sends():
    """One place lets a mail go; one line in each provider makes its request."""
    found = Counter()
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("send", "sendmail", "send_message"):
                found[path.relative_to(PACKAGE).as_posix()] += 1
    del found["testing/sender_contract.py"]
    assert dict(found) == {
        "apply/sending.py": 1,
        "providers/google/sending.py": 1,
        "providers/smtp/dialogue.py": 1,
    }

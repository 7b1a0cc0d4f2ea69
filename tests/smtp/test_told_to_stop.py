"""A real process that is told to stop while it sends: the mail went and is known to have gone, and then it stops."""

import json
import signal
import subprocess
import sys

import pytest

from config_texts import APPROVING, AT_ONCE, MAIL_SERVER, OFFERS, PRIYA, SAM
from mail_server import SLOW, STEPS

COMMAND = [sys.executable, "-m", "automations"]
WITHOUT_PRIVACY = [step for step in STEPS if step not in ("STARTTLS", "EHLO2", "AUTH")]


class Telling(dict):
    """Answers as usual but slowly at one step, of which `tell` hears."""

    def __init__(self, step, tell):
        super().__init__()
        self.step, self.tell = step, tell

    def get(self, step, words=None):
        if step != self.step:
            return words
        self.tell()
        return SLOW


def magicloop(*words, code=0):
    done = subprocess.run([*COMMAND, *words], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def draft(home, plain):
    """An offer that is approved and may leave at once."""
    folder = home / ".config/magicloop"
    folder.mkdir(parents=True)
    config = SAM + PRIYA + OFFERS + APPROVING + AT_ONCE + MAIL_SERVER.format(port=plain.port)
    (folder / "config.toml").write_text(config)
    magicloop("run")
    (draft,) = json.loads(magicloop("draft", "list", "--json"))["drafts"]
    magicloop("draft", "approve", draft["id"], "--hash", draft["hash"])
    return draft


def state(draft):
    drafts = json.loads(magicloop("draft", "list", "--all", "--json"))["drafts"]
    return next(one["state"] for one in drafts if one["id"] == draft["id"])


@pytest.mark.parametrize(
    ("step", "number"),
    [
        *((step, signal.SIGTERM) for step in [*WITHOUT_PRIVACY, "DOT"]),
        ("DOT", signal.SIGHUP),
        ("DOT", signal.SIGINT),
    ],
)
def test_a_stop_is_heard_when_the_mail_is_sent_and_written_down(draft, plain, step, number):
    told = []
    plain.answers = Telling(step, lambda: told or told.append(sending.send_signal(number)))
    sending = subprocess.Popen([*COMMAND, "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, said = sending.communicate(timeout=60)

    assert sending.returncode == (130 if number == signal.SIGINT else -number), said
    assert "Traceback" not in said
    assert state(draft) == "sent"
    plain.answers = {}
    magicloop("run")
    assert len(plain.mails) == 1


def test_who_is_told_twice_stops_at_once_and_the_mail_is_asked_about(draft, plain):
    def tell():
        sending.send_signal(signal.SIGTERM)
        sending.send_signal(signal.SIGHUP)

    plain.answers = Telling("DOT", tell)
    sending = subprocess.Popen([*COMMAND, "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, said = sending.communicate(timeout=60)

    assert sending.returncode in (-signal.SIGTERM, -signal.SIGHUP)
    assert "Traceback" not in said
    plain.answers = {}
    magicloop("run", code=3)
    assert state(draft) == "unknown"
    assert len(plain.mails) == 1

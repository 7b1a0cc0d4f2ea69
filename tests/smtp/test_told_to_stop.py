"""A real process that is told to stop while it sends: the mail went and is known to have gone, and then it stops."""

import json
import signal
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGHUP), (signal.SIGHUP, signal.SIGHUP)])
def test_a_logout_that_tells_twice_parts_no_send_from_its_record(draft, plain, numbers):
    code = send_told(plain, *numbers)

    assert -code in numbers
    assert state(draft) == "sent"


def test_who_presses_ctrl_c_twice_stops_at_once_and_the_mail_is_asked_about(draft, plain):
    assert send_told(plain, signal.SIGINT, signal.SIGINT) == 130

    plain.answers = {}
    magicloop("run", code=3)
    assert state(draft) == "unknown"
    assert len(plain.mails) == 1


def send_told(plain, *numbers):
    """Run, told to stop by these signals, each in its turn, as the mail flows; return how it ended."""

    def tell():
        for number in numbers:
            sending.send_signal(number)
            wait_until_heard(sending.pid, number)

    plain.answers = Telling("DOT", tell)
    sending = subprocess.Popen([*COMMAND, "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, said = sending.communicate(timeout=60)
    assert "Traceback" not in said
    return sending.returncode


def wait_until_heard(pid, number):
    """Wait until a signal is no longer pending, so that the next of its kind is not one with it."""
    for _ in range(1000):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        pending = next(int(line.split()[1], 16) for line in status if line.startswith("ShdPnd"))
        if not pending >> (number - 1) & 1:
            return

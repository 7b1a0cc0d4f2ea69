"""The steps through Google's console as a person at a terminal takes them: a real process on a pseudo-terminal."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from test_connect import write_client

from google_emulator import Emulator, GmailApi

CONFIG = """\
[me]
name = "Ann Smith"
email = "ann@corp.test"
timezone = "Europe/Berlin"

[mail]
provider = "google"

[google]
api_endpoint = "{url}"
"""


class Terminal:
    """A process on a terminal of 80 columns."""

    def __init__(self, *words, env):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "automations", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=env,
            close_fds=True,
        )
        os.close(theirs)
        self.text = ""

    def until(self, mark):
        """Read until `mark` shows; return what came since the last mark."""
        deadline = time.monotonic() + 30
        while mark not in self.text:
            ready, _, _ = select.select([self.ours], [], [], max(0, deadline - time.monotonic()))
            try:
                data = os.read(self.ours, 4096) if ready else b""
            except OSError:  # the process closed the terminal
                data = b""
            assert data, f"{mark!r} never came; last: {self.text[-600:]!r}"
            self.text += data.decode()
        seen, _, self.text = self.text.partition(mark)
        return seen + mark

    def type(self, text):
        os.write(self.ours, text.encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)


@pytest.fixture
def google():
    with Emulator(GmailApi()) as running:
        yield running


@pytest.fixture
def terminal(google, home):
    folder = home / ".config/magicloop"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(url=google.url))
    (home / "Downloads").mkdir()
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    made = Terminal("connect", "google", env=env)
    yield made
    made.close()


def test_one_step_a_screen_then_the_consent_page_and_the_sign_in_is_kept(terminal, google, home):
    for number, page in enumerate(
        (
            "projectcreate",
            "calendar-json",
            "gmail.googleapis",
            "auth/branding",
            "auth/audience",
            "auth/clients",
        ),
        start=1,
    ):
        screen = terminal.until("Enter when done")
        assert f"{number} of 6" in screen
        assert page in screen
        assert screen.count(" of 6") == 1, "one step a screen"
        if number == 5:
            assert "Publish app" in screen
            assert "7 days" in screen
        if number == 6:
            write_client(home / "Downloads/client_secret_9.json", google)
        terminal.type("\n")
    assert "In production, or Internal?" in terminal.until("[y/N]")
    terminal.type("y\n")
    seen = terminal.until("The address")
    assert "has not verified this app" in " ".join(seen.split())
    url = re.search(r"http://127\.0\.0\.1:\d+/auth\?\S+", seen.replace("\r\n", "\n"))[0]
    terminal.type(google.consent(url) + "\n")
    terminal.until("Signed in as ann@corp.test")
    assert terminal.process.wait(20) == 0
    (token,) = home.rglob("google-token.json")
    assert token.stat().st_mode & 0o777 == 0o600


def test_an_app_left_in_testing_gets_no_sign_in(terminal, google, home):
    write_client(home / "Downloads/client_secret_9.json", google)
    terminal.until("[y/N]")
    terminal.type("\n")
    assert "Publish app" in terminal.until("--published")
    assert terminal.process.wait(20) == 1
    assert google.token_calls == []
    assert list(home.rglob("google-token.json")) == []

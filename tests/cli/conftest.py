"""The command called three ways: in this process, as a real process without a terminal, and on a terminal."""

import errno
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

import automations
from mail_server import MailServer

CHECKOUT = str(Path(automations.__file__).parents[1])
COMMAND = [sys.executable, "-m", "automations"]
PATIENCE = 60
BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")

CONFIG = """\
[me]
name = "Sam Lee"
email = "sam@example.com"
timezone = "Europe/Berlin"

[[boss]]
name = "Priya Raman"
email = "priya@example.com"

[offers]
ideas = ["put together the capacity report", "sit in for you in the vendor call"]
on_track = "The billing move is on plan."
hours = 3

[invention]
problems = ["What would make half our alerts unnecessary?"]
combine = ["the audit log", "the load tests", "the search index"]

[calendar]
busy = ["work.ics"]
"""
WORK = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//
BEGIN:VEVENT
UID:weekly@test
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260105T100000
DTEND;TZID=Europe/Berlin:20260105T110000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU
SUMMARY:Weekly sync
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def frozen():
    """The time in this process: Tuesday 3 November 2026, 09:00 in Berlin; `move_to` and `tick` change it."""
    with freeze_time("2026-11-03T08:00:00Z") as clock:
        yield clock


@pytest.fixture
def magicloop():
    """Call the command in this process."""
    from automations.cli import main

    def call(*words, **options):
        done = CliRunner().invoke(main, [str(word) for word in words], **options)
        assert isinstance(done.exception, SystemExit | None), done.exception
        assert "Traceback" not in done.output
        assert "a bug in magicloop" not in done.output, done.output
        return done

    return call


@pytest.fixture
def read(magicloop):
    """Call a command with --json in this process and return what it says."""

    def call(*words):
        done = magicloop(*words, "--json")
        told = json.loads(done.stdout)
        assert told["schema"] == 1
        assert done.stderr == ""
        return told

    return call


@pytest.fixture
def own(home):
    """Make a config of one's own and its busy calendar; return where everything lies."""
    folder = home / ".config/magicloop"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "work.ics").write_text(WORK, encoding="utf-8")
    data = home / ".local/share/magicloop"
    return SimpleNamespace(
        config=folder / "config.toml",
        calendar=folder / "work.ics",
        data=data,
        blocks=data / "invention.ics",
        drafts=data / "drafts",
        journal=data / "journal.db",
    )


def bare(home, env):
    """Return the environment cron gives: little, and none of this process's."""
    return {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "TZ": "Europe/Berlin",
        "PYTHONPATH": CHECKOUT,
        **env,
    }


@pytest.fixture
def process(home):
    """Run the command as the scheduler does: bare environment, cwd /, no terminal."""

    def call(*words, wrapper=(), **env):
        done = subprocess.run(
            [*wrapper, *COMMAND, *map(str, words)],
            cwd="/",
            env=bare(home, env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert "a bug in magicloop" not in done.stderr, done.stderr
        return done

    return call


@pytest.fixture
def bound():
    """The wrapper under which what may not be read or written may not by root either."""
    if os.geteuid() != 0:
        return ()
    if subprocess.run([*BOUND, "true"], check=False).returncode:
        pytest.skip("root cannot be bound here")
    return BOUND


@pytest.fixture
def at_once(home):
    """Run several commands at the same time, each a process of its own; return each one's (stderr, code)."""

    def call(*commands):
        begun = [
            subprocess.Popen(
                [*COMMAND, *map(str, words)],
                cwd="/",
                env=bare(home, {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for words in commands
        ]
        return [(each.communicate(timeout=PATIENCE)[1], each.returncode) for each in begun]

    return call


def _take_the_terminal():
    """Let Ctrl-C on the terminal reach this process, whatever the test runner does with it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """A person at a terminal: waits for a text, then types."""

    def __init__(self, words, env):
        self._main, other = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, words)],
            cwd="/",
            env=env,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=_take_the_terminal,  # noqa: PLW1509 - no threads here
        )
        os.close(other)
        self.shown = ""

    def wait_for(self, text, *, after=0):
        """Read until a text is shown; return where it ends."""
        while text not in self.shown[after:]:
            assert self._read(), f"{text!r} is not in:\n{self.shown}"
        return self.shown.index(text, after) + len(text)

    def type(self, text):
        os.write(self._main, text.encode())

    def interrupt(self):
        """Press Ctrl-C until it is heard: one that comes just before a read is only noted by Python."""
        for _ in range(PATIENCE):
            self.type("\x03")
            try:
                self.process.wait(1)
            except subprocess.TimeoutExpired:
                continue
            return

    def end(self):
        """Read to the end; return the exit code."""
        while self._read():
            pass
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        os.close(self._main)

    def _read(self):
        ready, _, _ = select.select([self._main], [], [], PATIENCE)
        assert ready, f"nothing more is shown after:\n{self.shown}"
        try:
            data = os.read(self._main, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


@pytest.fixture
def terminal(home):
    """Open a terminal of 80 columns with the command in it."""
    opened = []

    def open_terminal(*words, **env):
        one = Terminal(words, bare(home, {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **env}))
        opened.append(one)
        return one

    yield open_terminal
    for one in opened:
        one.close()


@pytest.fixture
def answer(terminal):
    """Run a command on a terminal, typing each answer when its question is shown; (exit code, all shown)."""

    def call(*words, answers=(), **env):
        one, at = terminal(*words, **env), 0
        for question, text in answers:
            at = one.wait_for(question, after=at)
            one.type(text)
        return one.end(), one.shown

    return call


@pytest.fixture
def editor(tmp_path):
    """Make an editor that runs one line of shell on the file it is given; return its command."""

    def make(line):
        script = tmp_path / "editor"
        script.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        script.chmod(0o755)
        return str(script)

    return make


@pytest.fixture
def shell(home):
    """Run a line of shell in which `$M` is the command."""

    def call(line, **env):
        return subprocess.run(
            ["sh", "-c", line],
            cwd="/",
            env=bare(home, {"M": " ".join(COMMAND), **env}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return call


@pytest.fixture
def disk(own):
    """Put a small disk of its own where the data goes; return a function that changes how it is mounted.

    Skipped where this machine does not let us.
    """
    own.data.mkdir(parents=True)
    folder = str(own.data)

    def mount(*words):
        return subprocess.run(
            ["mount", "-t", "tmpfs", *words, "none", folder], capture_output=True, check=False
        )

    if mount("-o", "size=2m").returncode:
        pytest.skip("cannot mount here")
    yield lambda option: subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def tree():
    """Return a function: every file below a folder, with its bytes."""

    def read_tree(folder):
        return {
            str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(Path(folder).rglob("*"))
        }

    return read_tree


_STYLES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def raw():
    """Return a function: the characters of a text that a terminal obeys or hides, colours apart."""

    def find(text):
        unseen = "\u00ad\u061c\u180e\ufeff"
        return sorted(
            {
                hex(ord(each))
                for each in _STYLES.sub("", text)
                if (each != "\n" and (ord(each) < 32 or 127 <= ord(each) < 160))
                or "\u200b" <= each <= "\u200f"
                or "\u202a" <= each <= "\u202e"
                or "\u2060" <= each <= "\u206f"
                or each in unseen
            }
        )

    return find


SHOWN = (
    ["log", "--json"],
    ["draft", "list", "--all", "--json"],
    ["invention", "list", "--json"],
    ["idea", "list", "--json"],
)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A life that was led once, for every test to have a copy of: {"home": folder} when it was."""
    return {}


@pytest.fixture
def lived(frozen, own, magicloop, home, grown, tmp_path_factory):
    """A config of one's own with some life in it: blocks, drafts, an idea, a template."""
    own.template = own.config.parent / "templates/email/offer-ask/subject.j2"
    if "home" not in grown:
        own.template.parent.mkdir(parents=True)
        own.template.write_text("Can I take something over?")
        magicloop("run")
        magicloop("idea", "add", "pay by voice")
        magicloop("draft", "edit", "offer", "--subject", "Gr\u00fc\u00dfe")
        grown["home"] = tmp_path_factory.mktemp("grown") / "home"
        shutil.copytree(home, grown["home"])
    else:
        shutil.copytree(grown["home"], home, dirs_exist_ok=True)
    return own


@pytest.fixture
def kept(lived, magicloop, tmp_path):
    """A backup of that life."""
    file = tmp_path / "kept.tar.gz"
    done = magicloop("backup", file)
    assert done.exit_code == 0, done.output
    lived.file = file
    return lived


def seen(magicloop):
    """Return all that is told, but for what a restore says of each unsent mail: that it may have gone."""
    log, drafts, *rest = (json.loads(magicloop(*words).stdout) for words in SHOWN)
    entries = [each for each in log["entries"] if each["kind"] != "doubt-draft"]
    mails = [
        each | {"reason": each["reason"].replace("restored from a backup; it may have gone since", "")}
        for each in drafts["drafts"]
    ]
    return entries, mails, rest


def wipe(own):
    shutil.rmtree(own.data)
    shutil.rmtree(own.config.parent / "templates")
    own.config.unlink()


# --- a review at a terminal ----------------------------------------------------------------------

KEYS = "[y e s z x d h b u q ?] "
SENDING = """
[mail]
mode = "approve"
undo_seconds = {undo}

[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
timeout = 20
"""


def plain_text(shown):
    """Return what was shown without its colours."""
    return _STYLES.sub("", shown)


class Review:
    """A person in front of a review: presses a key when the card asks for one."""

    def __init__(self, screen):
        self.screen = screen
        self.at = screen.wait_for(KEYS)

    @property
    def card(self):
        """What was shown last, from the newest card on."""
        return plain_text(self.screen.shown[self.screen.shown.rindex("waiting") :])

    def press(self, key, *answers, until=KEYS):
        """Press a key, answer its questions, and wait for the next prompt; return what was said."""
        begin = self.at
        self.screen.type(key)
        for question, answer in answers:
            self.at = self.screen.wait_for(question, after=self.at)
            self.screen.type(answer)
        self.at = self.screen.wait_for(until, after=self.at)
        return plain_text(self.screen.shown[begin : self.at])

    def end(self, key="q"):
        begin = self.at
        if key:
            self.screen.type(key)
        return self.screen.end(), plain_text(self.screen.shown[begin:])


@pytest.fixture
def waits(own, magicloop, read):
    """A month's offer that waits; call it for what is told of it."""
    magicloop("run")

    def look(key="offer:"):
        drafts = read("draft", "list", "--all")["drafts"]
        return next(draft for draft in drafts if draft["key"].startswith(key))

    look.file = next(own.drafts.glob("*.eml"))
    return look


@pytest.fixture
def incident(waits, magicloop):
    """An incident's first notice to two who are new, one of them outside."""
    magicloop("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "11% of EU orders fail",
              "--audience", "exec:cto@example.com", "--audience", "exec:vp@else.test")  # fmt: skip
    return lambda: waits("incident:")


@pytest.fixture
def begin(terminal):
    def start(*words, **env):
        return Review(terminal("review", *words, **env))

    return start


@pytest.fixture
def impatient(tmp_path):
    """The environment of a command that does not wait for a run at work."""
    folder = tmp_path / "impatient"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import automations.wiring as w\nw.HAND_LOCK_SECONDS = 0.0\n")
    return {"PYTHONPATH": f"{folder}:{CHECKOUT}"}


@pytest.fixture
def sends(own):
    with MailServer() as server:

        def configure(undo):
            text = own.config.read_text(encoding="utf-8")
            own.config.write_text(text + SENDING.format(undo=undo, port=server.port), encoding="utf-8")
            return server

        yield configure

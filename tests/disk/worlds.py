"""The commands that are tried on a bad disk, the world before each, and what must be true after it.

Commands and views are those of the kill matrix (tests/crash), with the mail server and backups added.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import icalendar
import matrix
import scenarios
from far_sides import BY_SERVER, IN_FILES, events
from launcher import call
from scenarios import MEETINGS, NOW, OPEN, SCENARIOS, UPDATE

from automations.compose.reading import read_mime
from automations.store.chain import verify_log
from mail_server import MailServer

KEPT = "kept.tar.gz"
INIT = ("--name", "Ann Smith", "--email", "ann@corp.test", "--timezone", "Europe/Berlin", "--boss")
LONG_AFTER = timedelta(hours=3)
"""Longer than any lookup of a mail waits until it believes that there is none."""


@dataclass(frozen=True)
class World:
    """A command, what was done before it, and which things of it are judged.

    `sends`: a mail server is there. `bare`: nothing is there, not even a config.
    """

    args: tuple
    before: tuple = ()
    hand: object = None
    now: object = NOW + timedelta(minutes=15)
    sends: bool = False
    bare: bool = False

    def words(self, home):
        return self.args(home) if callable(self.args) else self.args


def _of_matrix(name):
    given = SCENARIOS[name]
    return World(given.args, given.before, given.hand, given.now)


def backup_of(home):
    return ("backup", str(home / KEPT))


def restore_of(home):
    return ("restore", str(home / KEPT), "--force")


WORLDS = {
    "first run": World(("run",), now=NOW),
    "first use (sample)": World(("run",), now=NOW, bare=True),
    "init": World(("init", *INIT, "Priya Raman <priya@corp.test>"), now=NOW, bare=True),
    "month turns": _of_matrix("month turns"),
    "edited outside": _of_matrix("edited outside"),
    "meeting lands on a block": _of_matrix("meeting lands on a block"),
    "files deleted": _of_matrix("files deleted"),
    "draft edit": _of_matrix("draft edit"),
    "draft approve": _of_matrix("draft approve"),
    "draft discard": _of_matrix("draft discard"),
    "invention skip": _of_matrix("invention skip"),
    "invention hold": _of_matrix("invention hold"),
    "promise add": World(
        ("promise", "add", "priya@corp.test", "Write the capacity report", "--due", "2026-03-20"),
        (("run",),),
    ),
    "incident open": World(OPEN, (("run",),)),
    "incident update": World(UPDATE, (("run",), OPEN)),
    "approved mail is sent": World(("run",), (("run",), scenarios.approval), sends=True),
    "backup": World(backup_of, (("run",), ("idea", "add", "early"))),
    "restore": World(
        restore_of,
        (("run",), ("idea", "add", "early"), scenarios.approval, backup_of, ("idea", "add", "late")),
        sends=True,  # so that there is an approval to take back
    ),
}


class Stage:
    """A folder a world is set up in, and the mail server where it has one."""

    def __init__(self, world, folder):
        self.world, self.home = world, Path(folder)
        self.server = MailServer() if world.sends else None
        self.first = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server is not None:
            self.server.close()

    def furnish(self):
        """Put there what the person made: the config and the calendar of their office."""
        self.home.mkdir(parents=True)
        if self.world.bare:
            return
        text = IN_FILES + (BY_SERVER.format(port=self.server.port) if self.server else "")
        (self.home / "config.toml").write_text(text)
        (self.home / "work.ics").write_text(MEETINGS.replace("\n", "\r\n"))

    def arrived(self):
        """Return each mail that the server took."""
        return list(self.server.mails) if self.server else []

    def set_arrived(self, mails):
        """Let the server have taken these mails, and no other."""
        if self.server:
            self.server.mails[:] = mails


# What is there


def data_of(home):
    """Return the data folder; the sample's where nothing else was set up."""
    return home / "data" if (home / "config.toml").exists() else home / "data" / "sample"


def view(home):
    """Return all that counts of a home; fails when something is damaged, twice there, or half there."""
    seen = home.parent / "seen"
    seen.mkdir(exist_ok=True)
    (seen / "data").unlink(missing_ok=True)
    (seen / "data").symlink_to(data_of(home))
    found = {"events": events(seen), "mails": mails(seen), **matrix.remembered(seen)}
    with closing(sqlite3.connect(seen / "data" / "journal.db")) as connection:
        for name, query in {
            "promises": "SELECT id, text, due, state FROM promise",
            "sends": "SELECT draft, state FROM attempt",
        }.items():
            found[name] = sorted(connection.execute(query).fetchall())
    found["ideas"] = ideas(seen / "data" / "journal.db")
    return found


def mails(home):
    """Return the drafts' files, ref to what their reader sees; fails when one is there twice."""
    letters = [read_mime(path.read_bytes()) for path in (home / "data" / "drafts").glob("*.eml")]
    shown = {one.ref: (one.to, one.subject, one.body_text, one.body_html) for one in letters}
    assert len(shown) == len(letters), "a draft has two files: doubled"
    return shown


def ideas(path):
    """Return the ideas in a journal."""
    with closing(sqlite3.connect(path)) as connection:
        return sorted(text for (text,) in connection.execute("SELECT text FROM idea"))


def attempts(home):
    """Return how many sends the journal knows of."""
    with closing(sqlite3.connect(data_of(home) / "journal.db")) as connection:
        return connection.execute("SELECT count(*) FROM attempt").fetchone()[0]


def explained(home):
    """Fail when an effect stands that the journal knows nothing of, or a file is half there."""
    place = data_of(home)
    path = place / "journal.db"
    blocks, drafts = set(), set()
    if path.exists():
        assert verify_log(str(path)) is None, "the log's chain is broken"
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), (
                "the journal is damaged"
            )
            blocks = {one for (one,) in connection.execute("SELECT id FROM block")}
            drafts = {one for (one,) in connection.execute("SELECT id FROM draft")}
    calendar = place / "invention.ics"
    if calendar.exists():
        for event in icalendar.Calendar.from_ical(calendar.read_bytes()).walk("VEVENT"):
            uid = str(event["UID"]).partition("@")[0]
            assert uid in blocks, f"the block {uid} stands, and the journal does not know of it"
    for each in (place / "drafts").glob("[!.]*.eml"):
        ref = read_mime(each.read_bytes()).ref
        assert ref, f"{each.name} is half a mail"
        assert ref in drafts, f"the draft {ref} stands, and the journal does not know of it"


def _lasting(home):
    """Return the fingerprints of the files that a run with nothing to do leaves as they are."""
    return {name: found for name, found in matrix.files(home).items() if "run.log" not in name}


def runs(home, times):
    """Make ordinary runs at the given instants; return the report of the last, and whether it changed a file."""
    for now in times:
        before = _lasting(home)
        code, out, err = call(home, ("run", "--json"), now)
        assert code in (0, 3, 8), f"the next run ended with {code}: {err}"
        assert "a bug in" not in err, err
    return json.loads(out), _lasting(home) == before

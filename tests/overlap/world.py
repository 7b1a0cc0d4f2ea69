"""The person, their data directory, the mail server and the crowd that works on them; and what must hold afterwards."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar

from automations.compose.mime import hash_of, read_mime
from automations.model.records import BlockState, DraftState
from automations.model.sending import ApprovalState
from automations.store.chain import verify_log
from automations.store.sqlite import SqliteJournal
from config_texts import APPROVING, AT_ONCE, INVENTION, MAIL_SERVER, OFFERS, OMAR, PRIYA, SAM
from mail_server import MailServer

START = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")

CONFIG = (
    SAM
    + PRIYA
    + OMAR
    + OFFERS
    + "hours = 3\n"
    + INVENTION
    + "\n[limits]\nmails_per_run = 50\n"
    + APPROVING
    + AT_ONCE
    + MAIL_SERVER
)


class World:
    """One person's folder, a mail server, and a crowd. Use it as a context; `mutant` names what is broken in the crowd."""

    person = "sam@corp.test"

    def __init__(self, folder, mutant=""):
        self.home, self.mutant = Path(folder), mutant
        self.data = self.home / "data"
        self.holds = self.home / "holds.jsonl"
        self.post = MailServer()
        (self.home / "config.toml").write_text(CONFIG.format(port=self.post.port))
        self._crowd = None

    def __enter__(self):
        command = [sys.executable, str(Path(__file__).with_name("crowd.py")), str(self.holds), self.mutant]
        self._crowd = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "MAGICLOOP_HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self.order("set", instant=START.isoformat())
        return self

    def __exit__(self, *_):
        self._crowd.stdin.close()
        self._crowd.wait(60)
        self._crowd.stdout.close()
        self.post.close()

    def order(self, do, **given):
        """Have the crowd do something; return what came of it."""
        self.tell(do, **given)
        return self.answer()

    def tell(self, do, **given):
        """Have the crowd do something, and do not wait for it: see `answer`."""
        self._crowd.stdin.write(json.dumps({"do": do, **given}) + "\n")
        self._crowd.stdin.flush()

    def answer(self):
        answer = self._crowd.stdout.readline()
        assert answer, "the crowd ended"
        return json.loads(answer)

    def together(self, *actors, limit=90.0):
        return self.order("together", actors=list(actors), limit=limit)

    def do(self, *args, **more):
        """One command alone; return what came of it."""
        return self.together({"args": list(args), **more})[0]

    def recorded(self):
        with closing(SqliteJournal.open(str(self.data / "journal.db"))) as journal:
            return journal.load(self.person)

    def log(self):
        with closing(SqliteJournal.open(str(self.data / "journal.db"))) as journal:
            return [entry for _, entry in journal.log(self.person, limit=1_000_000)]

    def waiting(self):
        return [draft for draft in self.recorded().drafts if draft.state is DraftState.WAITING]

    def locks(self):
        """Return (pid, had or refused, wait allowed, asked, began, ended) of each time the lock was asked for."""
        return [json.loads(line) for line in self.holds.read_text().splitlines()]


def doubled_mails(world, *, unknown=False):
    """Yield what is wrong with the mails that arrived: each is of an approval, and none came twice.

    With `unknown` a draft may be in that state, where one mail or none arrived.
    """
    recorded = world.recorded()
    arrived = Counter()
    used = {each.hash: each for each in recorded.approvals if each.state is ApprovalState.CONSUMED}
    for _, recipients, data in world.post.mails:
        mail = read_mime(data)
        arrived[mail.ref] += 1
        approval = used.get(hash_of(mail))
        if approval is None or approval.draft != mail.ref or {*approval.recipients} != {*recipients}:
            yield f"a mail went that was not approved: {mail.ref} {mail.subject}"
    for draft in recorded.drafts:
        times, should = arrived.pop(draft.id, 0), int(draft.state is DraftState.SENT)
        if unknown and draft.state is DraftState.UNKNOWN and times <= 1:
            continue
        if times != should:
            yield f"{draft.key} is {draft.state.value} and went {times} times"
    for ref in arrived:
        yield f"a mail of no draft went: {ref}"
    if len(used) != len(world.post.mails) and not unknown:
        yield f"{len(used)} approvals were used for {len(world.post.mails)} mails"


def unsound_journal(world, *, killed=False):
    """Yield what is wrong with the journal and the files beside it. With `killed` a run may have no end."""
    path = world.data / "journal.db"
    broken = verify_log(str(path))
    if broken is not None:
        yield f"the log's chain breaks at line {broken}"
    with closing(sqlite3.connect(path)) as connection:
        for check in ("integrity_check", "foreign_key_check"):
            rows = connection.execute(f"PRAGMA {check}").fetchall()
            if rows not in ([], [("ok",)]):
                yield f"{check}: {rows}"
        runs = connection.execute("SELECT count(*) FROM run WHERE finished IS NULL").fetchone()[0]
    recorded = world.recorded()
    if recorded.claims:
        yield f"open claims: {[(each.kind, each.subject) for each in recorded.claims]}"
    if runs and not killed:
        yield f"{runs} runs without an end"
    live = Counter(block.month for block in recorded.blocks if block.state.live)
    yield from (f"{month} has {count} live blocks" for month, count in live.items() if count > 1)
    yield from _doubled_files(world, recorded, killed=killed)
    yield from _forgetful_database(world)


def _doubled_files(world, recorded, *, killed):
    file = world.data / "invention.ics"
    events = icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT") if file.exists() else []
    standing = Counter(
        str(event["UID"]).partition("@")[0] for event in events if event.get("STATUS") != "CANCELLED"
    )
    ours = {block.id: block for block in recorded.blocks}
    for block_id, times in standing.items():
        if times != 1 or block_id not in ours or ours[block_id].state is BlockState.SKIPPED:
            yield f"the calendar holds {times} of {ours.get(block_id, block_id)}"
    missing = [block.month for block in ours.values() if block.state.live and block.id not in standing]
    if missing:
        yield f"the calendar has not got the blocks of {missing}"
    copies = Counter(read_mime(path.read_bytes()).ref for path in (world.data / "drafts").glob("*.eml"))
    at_hand = Counter(draft.id for draft in recorded.drafts if draft.provider_id)
    if copies != at_hand:
        yield f"copies of drafts {copies - at_hand} too many, {at_hand - copies} missing"
    left = [path.name for path in world.data.rglob(".ml-*")]
    if left and not killed:
        yield f"temporary files were left: {left}"


PROBES = {
    "a second send of a draft": """
        INSERT INTO attempt SELECT id || '-again', person, draft, approval, at, state, evidence, sent_id, detail,
            ended, rev FROM attempt WHERE state = 'sent' LIMIT 1""",
    "a changed line of the log": "UPDATE log SET detail = 'other' WHERE number = 1",
    "a second claim of an open one": """
        INSERT INTO claim (person, at, kind, subject) VALUES ('a', 'b', 'c', 'd'), ('a', 'b', 'c', 'd')""",
    "a second live block in a month": """
        INSERT INTO block SELECT id || '-again', person, month, generation + 100, state, rev, span, target, zone,
            revision, sequence, moves, reason, alternatives, problem, pair, summary, description, calendar
            FROM block WHERE state = 'booked' LIMIT 1""",
}


def _forgetful_database(world):
    """Yield what the database itself, in a copy, no longer refuses. Each needs a row to try it on."""
    copy = world.home / "probed.db"
    with (
        closing(sqlite3.connect(world.data / "journal.db")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        for what, statement in PROBES.items():
            try:
                changed = target.execute(statement).rowcount
            except sqlite3.IntegrityError:
                continue
            finally:
                target.rollback()
            if changed > 0:
                yield f"the database does not refuse {what}"
    copy.unlink()


def two_at_work(world):
    """Yield who held the run lock while somebody else did."""
    held = sorted((began, ended, pid) for pid, what, _, _, began, ended in world.locks() if what == "held")
    for (_, before, one), (began, _, other) in pairwise(held):
        if began < before:
            yield f"{other} was at work {before - began:.3f} s before {one} was done"


def unbounded_waits(world, slack):
    """Yield waits for the lock that were longer than was allowed by `slack` seconds."""
    for pid, what, wait, asked, began, _ in world.locks():
        if began - asked > wait + slack:
            yield f"{pid} ({what}) waited {began - asked:.1f} s, {wait} s were allowed"


def fresh(folder):
    """Return an empty folder at this place."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)
    return Path(folder)

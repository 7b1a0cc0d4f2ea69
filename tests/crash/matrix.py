"""Kills real processes at every point of every kind of command, and looks what the next run makes of it.

    python tests/crash/matrix.py [--every N] [--only SCENARIO]

For each scenario: a world is prepared, the command is killed at point k, an ordinary run follows, then
another. What must hold: the world is as if the command had been carried out or had never been called
(a run: carried out); nothing is doubled, no claim is open, the log's chain holds, every file parses, and
the second run changes nothing. k rises until no kill fires.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar

sys.path.insert(0, str(Path(__file__).parent))

from launcher import call, in_child, killed

from automations.compose.reading import read_mime
from automations.store.chain import verify_log

NOW = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
"""A Friday evening: the notice of two days ends on a Sunday, so that a quarter of an hour changes no choice."""
LATER = datetime(2026, 4, 3, 20, 0, tzinfo=UTC)
OFFER = "offer:priya@corp.test:2026-03"

CONFIG = """
[me]
name = "Ann Smith"
email = "ann@corp.test"
timezone = "Europe/Berlin"

[[boss]]
name = "Priya Raman"
email = "priya@corp.test"

[invention]
problems = ["What would make half our alerts unnecessary?"]
combine = ["the audit log", "load tests", "new colleagues"]

[offers]
ideas = ["take over the capacity report", "sit in for you in vendor calls"]
on_track = "The billing move is on plan."

[calendar]
busy = ["work.ics"]
"""
MEETINGS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//office//EN
BEGIN:VEVENT
UID:sync@corp.test
DTSTAMP:20260101T000000Z
DTSTART:20260105T100000Z
DTEND:20260105T110000Z
RRULE:FREQ=WEEKLY;BYDAY=MO,WE
SUMMARY:Weekly sync
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True)
class Scenario:
    """What is done before, the command that is killed, and when. `hand` follows `before`."""

    args: tuple
    before: tuple = ()
    hand: object = None
    now: datetime = NOW + timedelta(minutes=15)


def approval(home):
    with closing(sqlite3.connect(home / "data" / "journal.db")) as connection:
        (digest,) = connection.execute("SELECT hash FROM draft").fetchone()
    return ("draft", "approve", OFFER, "--hash", digest)


def edit_outside(home):
    (path,) = (home / "data" / "drafts").glob("*.eml")
    path.write_bytes(path.read_bytes().replace(b"on plan", b"done"))


def meeting_on_block(home):
    (first, *_) = sorted(events(home).values())
    text = MEETINGS.replace(
        "END:VCALENDAR",
        f"BEGIN:VEVENT\nUID:budget@corp.test\nDTSTAMP:20260101T000000Z\nDTSTART:{first[0]:%Y%m%dT%H%M%SZ}\n"
        f"DTEND:{first[1]:%Y%m%dT%H%M%SZ}\nSUMMARY:Budget\nEND:VEVENT\nEND:VCALENDAR",
    )
    (home / "work.ics").write_text(text.replace("\n", "\r\n"))


def lose_everything_outside(home):
    shutil.rmtree(home / "data" / "drafts")
    (home / "data" / "invention.ics").unlink()


OPEN = ("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of orders fail")
UPDATE = (
    "incident",
    "update",
    "INC-1",
    "--changed",
    "Rolled back.",
    "--now",
    "Watching.",
    "--next",
    "Close.",
)

SCENARIOS = {
    "first run": Scenario(("run",), now=NOW),
    "month turns": Scenario(("run",), (("run",),), now=LATER),
    "edited outside": Scenario(("run",), (("run",),), edit_outside),
    "meeting lands on a block": Scenario(("run",), (("run",),), meeting_on_block),
    "files deleted": Scenario(("run",), (("run",),), lose_everything_outside),
    "draft edit": Scenario(("draft", "edit", OFFER, "--subject", "Other words"), (("run",),)),
    "draft approve": Scenario(approval, (("run",),)),
    "draft discard": Scenario(("draft", "discard", OFFER, "--yes"), (("run",),)),
    "invention skip": Scenario(("invention", "skip", "2026-03"), (("run",),)),
    "invention choose": Scenario(("invention", "choose", "2026-03", "1"), (("run",),)),
    "invention hold": Scenario(
        ("invention", "hold", "2026-03"), (("run",), ("invention", "skip", "2026-03"))
    ),
    "incident open": Scenario(OPEN, (("run",),)),
    "incident update": Scenario(UPDATE, (("run",), OPEN)),
}


@dataclass
class Figure:
    """What came of one scenario."""

    points: int = 0
    killed: int = 0
    ends: Counter = field(default_factory=Counter)
    violations: list = field(default_factory=list)


def events(home):
    """Return our events, uid to (start, end); fails when one stands twice."""
    path = home / "data" / "invention.ics"
    if not path.exists():
        return {}
    found = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    spans = {
        str(event["UID"]): (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
        for event in found
    }
    assert len(spans) == len(found), "an event stands twice"
    return spans


def mails(home):
    """Return the drafts' files, ref to what their reader sees; fails when one is there twice."""
    letters = [read_mime(path.read_bytes()) for path in (home / "data" / "drafts").glob("*.eml")]
    shown = {each.ref: (each.to, each.subject, each.body_text, each.body_html) for each in letters}
    assert len(shown) == len(letters), "a draft has two files"
    return shown


def remembered(home):
    """Return what the journal holds; fails when it is damaged or a claim is open."""
    path = home / "data" / "journal.db"
    assert verify_log(str(path)) is None, "the log's chain is broken"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        held = connection.execute("SELECT kind, subject FROM claim WHERE settled IS NULL").fetchall()
        assert held == [], f"open claims {held}"
        return {
            name: sorted(connection.execute(query).fetchall())
            for name, query in {
                "blocks": "SELECT month, generation, state, span, target, alternatives, moves FROM block",
                "drafts": "SELECT key, state, subject, body_text, hash, text_rev FROM draft",
                "approvals": "SELECT draft, state, hash FROM approval",
                "cycles": "SELECT boss, month, closed IS NULL FROM cycle",
                "incidents": "SELECT id, phase FROM incident",
                "updates": "SELECT incident, number FROM incident_update",
            }.items()
        }


def view(home):
    return {"events": events(home), "mails": mails(home), **remembered(home)}


def files(home):
    """Return every file's fingerprint but the journal's, the lock's and what a kill left half-written."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.name.startswith(("journal.db", "run.lock", ".ml-"))
    }


def settle(home, now):
    """Make an ordinary run and another one in a child; return what the second did, as JSON text."""

    def work():
        call(home, ("run",), now)
        before = files(home)
        code, out, err = call(home, ("run", "--json"), now + timedelta(minutes=1))
        return json.dumps(
            {"code": code, "report": json.loads(out), "same": files(home) == before, "err": err}
        )

    answer, _ = in_child(work)
    assert not answer.startswith("TRACEBACK"), answer
    return json.loads(answer)


def check(home, now, allowed):
    """Return which of the allowed ends it came to; fails when it is none of them."""
    second = settle(home, now)
    assert second["same"], "the second run changed a file"
    assert second["report"]["actions"] == [], second["report"]["actions"]
    assert second["report"]["run"]["outcome"] == "nothing", second
    ended = view(home)
    for name, end in allowed.items():
        if ended == end:
            return name
    raise AssertionError(f"an end that is none: {differing(ended, allowed['done'])}")


def differing(one, other):
    """Return the parts of two views that are not the same, side by side."""
    return {part: (one[part], other[part]) for part in one if one[part] != other[part]}


def prepare(home, scenario):
    home.mkdir()
    (home / "config.toml").write_text(CONFIG)
    (home / "work.ics").write_text(MEETINGS.replace("\n", "\r\n"))
    for number, args in enumerate(scenario.before):
        in_child(lambda args=args, number=number: str(call(home, args, NOW + timedelta(minutes=number))))
    if scenario.hand:
        scenario.hand(home)


def ends_of(scenario, start, folder):
    """Return the ends that are right: carried out, and for what a person does also never called."""
    ends = {}
    args = scenario.args(start) if callable(scenario.args) else scenario.args
    for name in ("done", "never called"):
        home = folder / name
        shutil.copytree(start, home)
        if name == "done":
            answer, _ = in_child(lambda home=home: str(call(home, args, scenario.now)))
            assert "TRACEBACK" not in answer, answer
        settle(home, scenario.now + timedelta(minutes=1))
        ends[name] = view(home)
    return ends


def try_scenario(scenario, folder, every=1, offset=0):
    """Kill a scenario's command at every n-th point and return the figure."""
    figure = Figure()
    start = folder / "start"
    prepare(start, scenario)
    args = scenario.args(start) if callable(scenario.args) else scenario.args
    allowed = ends_of(scenario, start, folder)
    if args[0] == "run":
        other = differing(allowed["done"], allowed.pop("never called"))
        assert other == {}, f"a later run does the same: {other}"
    else:
        assert allowed["done"] != allowed["never called"], "the command does something"
    k = 1 + offset % every
    while True:
        home = folder / f"at-{k}"
        shutil.copytree(start, home)
        fired, passed = killed(home, args, scenario.now, k)
        if not fired:
            figure.points = len(passed)
            return figure
        figure.killed += 1
        try:
            figure.ends[check(home, scenario.now + timedelta(minutes=1), allowed)] += 1
        except AssertionError as wrong:
            figure.violations.append(f"point {k}: {wrong}")
        shutil.rmtree(home)
        k += every


def try_all(names, every):
    """Return the figure of each scenario."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder, "warm")
        prepare(warm, Scenario(("run",)))
        call(warm, ("run",), NOW)  # loads all modules, so that each child need not
        for number, name in enumerate(names):
            place = Path(folder, str(number))
            place.mkdir()
            figures[name] = try_scenario(SCENARIOS[name], place, every, offset=number)
    return figures


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main():
    options = argparse.ArgumentParser(description="Kill the program at every point.")
    options.add_argument("--every", type=int, default=1, help="only every n-th point")
    options.add_argument("--only", action="append", choices=SCENARIOS, help="only this scenario")
    given = options.parse_args()
    figures = try_all(given.only or list(SCENARIOS), given.every)
    for name, figure in figures.items():
        ends = ", ".join(f"{count} {end}" for end, count in sorted(figure.ends.items()))
        say(f"{name:26} {figure.points:4} points, {figure.killed:4} kills: {ends}")
        for violation in figure.violations:
            say(f"    VIOLATION {violation}")
    kills = sum(figure.killed for figure in figures.values())
    wrong = sum(len(figure.violations) for figure in figures.values())
    say(f"{sum(figure.points for figure in figures.values())} points, {kills} kills, {wrong} violations")
    return 1 if wrong or not kills else 0


if __name__ == "__main__":
    sys.exit(main())

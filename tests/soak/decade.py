"""One world for years: every quarter of an hour a run, a person who reacts, and an oracle that knows better.

What must hold is looked for in the journal's file and in the outside files, past the program.
"""

from __future__ import annotations

import sqlite3
import traceback
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays as calendars
from machine import HandClock, Machine, Setting
from oracle import Oracle
from person import Habits, Person

from automations.store import idle
from automations.store.chain import verify_log
from automations.store.rows import PROBLEMS, TABLES
from automations.store.table import Table

PRIYA, OMAR = ("Priya Raman", "priya@corp.test", 3), ("Omar Diaz", "omar@corp.test", 2)
STEP = timedelta(minutes=15)
ROOM, LINES_A_THING = 60, 12
ENOUGH = 20
RESTLESS = 300
"""A question that nobody answers (a meeting on a block two days away) keeps runs awake for no longer."""
HABITS = Habits()


@dataclass(frozen=True)
class World:
    """A zone, its holidays, and what befalls the machine; spans are (from, to) in UTC. It is lived `years` at most."""

    name: str
    zone: str
    country: str
    seed: int
    bosses: tuple = (PRIYA,)
    goals: bool = False
    habits: Habits = HABITS
    off: tuple = ()
    offline: tuple = ()
    travels: tuple = ()
    nights: bool = False
    weekly: bool = True
    first: str = "2026-01-05"
    years: int = 10


@dataclass
class Found:
    """What came of one world. `broken` are the violations, `sizes` the journal's bytes at the end of each year."""

    name: str
    broken: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)
    sizes: list = field(default_factory=list)
    acts: dict = field(default_factory=dict)
    refusals: int = 0


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days_off(country):
    @lru_cache(maxsize=64)
    def of(year):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # of years that the library does not know of a country
            return frozenset(calendars.country_holidays(country, years=year))

    return of


class KeptConnection(sqlite3.Connection):
    """A connection that outlives its `close`: opening one costs four times what a quick run reads and writes."""

    def close(self):
        pass


class Known(dict):
    """Records by their rows: a row says the same each time, and every whole run reads those of all years."""

    def __init__(self, table):
        super().__init__()
        self._table = table

    def __missing__(self, row):
        return self.setdefault(row, Table.decode(self._table, row))


@contextmanager
def stays_loaded():
    """Spare a program that is called a million times what no decision needs done again.

    Quick runs share a connection, and a row that was decoded once is not decoded again. What they read, decide
    and write is theirs.
    """
    connect_anew, kept = idle._connect, []

    def connect(path):
        if not kept:
            kept.append(sqlite3.connect(path, timeout=0.0, isolation_level=None, factory=KeptConnection))
        return kept[0]

    def let_go():
        while kept:
            sqlite3.Connection.close(kept.pop())

    idle._connect = connect
    tables = (*TABLES.values(), PROBLEMS)
    for table in tables:
        object.__setattr__(table, "decode", Known(table).__getitem__)
    try:
        yield let_go
    finally:
        idle._connect = connect_anew
        for table in tables:
            object.__delattr__(table, "decode")
        let_go()


class Decade:
    """A world being lived through; `found` fills up on the way."""

    def __init__(self, world, folder, years):
        self.world = world
        self.found = Found(world.name)
        local = datetime.fromisoformat(world.first).replace(hour=9, tzinfo=ZoneInfo(world.zone))
        start = local.astimezone(UTC)
        self.end = start.replace(year=start.year + years)
        self.off, self.offline = spans(world.off), spans(world.offline)
        setting = Setting(world.zone, world.country, world.bosses, world.goals, world.weekly)
        self.machine = Machine(folder / "life", setting, HandClock(start))
        bosses = {email: capacity for _, email, capacity in world.bosses}
        self.oracle = Oracle(world.zone, days_off(world.country), bosses, world.goals)
        away = tuple(each for each in (*self.off, *self.offline) if each[1] - each[0] > timedelta(days=5))
        self.person = Person(self.machine, self.oracle, world.seed, world.habits, away, self.end)
        self.travels = [(day(at), zone) for at, zone in world.travels]
        self.early = folder / "early"
        self.kept_at = None
        self.awake = 0
        self.audited = ""
        self.year = start.year

    def live(self, *, keep_early=None):
        """Go through all of it. At the instant `keep_early` everything is copied, for the comparison of speeds."""
        with stays_loaded() as let_go:
            while self.machine.clock.instant < self.end and len(self.found.broken) < ENOUGH:
                now = self.machine.clock.instant
                if keep_early is not None and now >= keep_early:
                    keep_early = None
                    self._shut(let_go)
                    self.kept_at = now
                    self.machine.copy_to(self.early)
                if self._is_off(now):
                    self.machine.clock.asleep += STEP.total_seconds()
                else:
                    self._try_quarter(now, let_go)
                self.machine.clock.instant = now + STEP
            self.machine.online = True
            self._shut(let_go)
            for _ in range(3):
                self.oracle.tick(self.machine.clock.instant)
                self.machine.run()
                self.machine.clock.instant += STEP
            let_go()
        self._audit(self.machine.clock.instant - STEP, last=True)
        self._count()
        self.machine.shut()
        return self.found

    def _shut(self, let_go):
        let_go()
        self.machine.shut()

    def _is_off(self, now):
        if any(start <= now < end for start, end in self.off):
            return True
        here = self.oracle.here(now)
        return self.world.nights and self.person.incident is None and not 7 <= here.hour < 20

    def _try_quarter(self, now, let_go):
        """Live a quarter of an hour; whatever is raised ends this life and is told like any violation."""
        try:
            self._quarter(now, let_go)
        except Exception as error:  # noqa: BLE001 - a crash is a finding
            last = traceback.extract_tb(error.__traceback__)[-1]
            self._break(
                now, f"crashed: {type(error).__name__} {error} ({Path(last.filename).name}:{last.lineno})"
            )
            self.end = now

    def _quarter(self, now, let_go):
        while self.travels and now >= self.travels[0][0]:
            zone = self.travels.pop(0)[1]
            self.machine.travel(zone)
            self.oracle.travelled(zone)
        self.machine.online = not any(start <= now < end for start, end in self.offline)
        self.oracle.tick(now, online=self.machine.online)
        whole = self.machine.whole
        self.machine.run()
        self.awake = self.awake + 1 if self.machine.whole > whole and self.machine.online else 0
        if self.awake == RESTLESS:
            self._break(now, f"never idle: the last {RESTLESS} runs all went whole")
        if self.machine.whole > whole:
            self._look(now)
        month = f"{now:%Y-%m}"
        if month != self.audited and self.machine.online:
            self.audited = month
            self._shut(let_go)  # as a machine does that is switched off: the next run opens the file anew
            self._audit(now)
        self.person.live(now)

    # --- what must hold -------------------------------------------------------------------------

    def _break(self, now, what):
        self.found.broken.append(f"{now:%Y-%m-%d %H:%M}Z {what}")

    def _look(self, now):
        """Look at what must hold at all times."""
        for (month,) in self.machine.rows(
            "SELECT month FROM block WHERE state IN ('booked', 'moved_by_hand') GROUP BY month HAVING count(*) > 1"
        ):
            self._break(now, f"month booked twice: {month}")
        for key, number in self.machine.rows(
            "SELECT key, count(*) FROM draft GROUP BY key HAVING count(*) > 1"
        ):
            self._break(now, f"key drafted {number} times: {key}")
        for key, words in self.person.words.items():
            ((body,),) = self.machine.rows("SELECT body_text FROM draft WHERE key = ?", key)
            for word in words:
                if word not in body and not self.machine.holds(word):
                    self._break(now, f"edit lost: {word} of {key}")
        self.person.words = {
            key: words
            for key, words in self.person.words.items()
            if self.oracle.mails[key].state in ("waiting", "approved")
        }

    def _audit(self, now, *, last=False):
        """Compare everything with the oracle; done in each month."""
        mails = dict(self.machine.rows("SELECT key, state FROM draft"))
        wanted = {key: mail.state for key, mail in self.oracle.mails.items()}
        for key in sorted(mails.keys() | wanted.keys()):
            if mails.get(key) != wanted.get(key):
                self._break(now, f"draft {key}: {mails.get(key)}, should be {wanted.get(key)}")
        self._audit_blocks(now, last=last)
        promises = dict(self.machine.rows("SELECT id, state FROM promise"))
        for name in sorted(promises.keys() | self.oracle.promises.keys()):
            wanted = self.oracle.promises.get(name)
            if wanted is None or promises.get(name) != wanted.state:
                self._break(now, f"promise {name}: {promises.get(name)}, should be {wanted and wanted.state}")
        updates = dict(self.machine.rows("SELECT incident, count(*) FROM incident_update GROUP BY incident"))
        wanted = {name: trouble.number for name, trouble in self.oracle.troubles.items()}
        if updates != wanted:
            self._break(now, f"incident updates: {updates}, should be {wanted}")
        self._audit_growth(now)
        if now.year != self.year or last:
            self.year = now.year
            self.found.sizes.append(self.machine.size())

    def _audit_growth(self, now):
        """The log grows by what happens. A run that did something or asks something new may say so once."""
        ((lines, drafts, blocks, runs),) = self.machine.rows(
            "SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM draft), (SELECT count(*) FROM block),"
            " (SELECT count(*) FROM run)"
        )
        happened = drafts + blocks + sum(self.person.acts.values())
        for what, number in (("log lines", lines), ("rows of runs", runs)):
            if number > ROOM + LINES_A_THING * happened:
                self._break(now, f"{number} {what} for {happened} things that happened")

    def _audit_blocks(self, now, *, last):
        rows = self.machine.rows("SELECT month, state, generation FROM block ORDER BY month, generation")
        newest, counts = {}, {}
        for month, state, _ in rows:
            newest[month], counts[month] = state, counts.get(month, 0) + 1
        here = f"{self.oracle.here(now):%Y-%m}"
        for month in sorted(newest.keys() | self.oracle.blocks.keys()):
            wanted, state = self.oracle.blocks.get(month), newest.get(month)
            kept = ("held",) if month < here and last else ("held", "booked", "moved_by_hand", "owed")
            if state not in {"kept": kept, "skipped": ("skipped",), "missed": ("missed",), None: ()}[wanted]:
                self._break(now, f"block of {month}: {state}, should be {wanted}")
            if last and counts.get(month) != self.oracle.rows.get(month):
                self._break(
                    now, f"blocks of {month}: {counts.get(month)}, should be {self.oracle.rows.get(month)}"
                )
        events = self.machine.events()
        for month, name in self.machine.rows(
            "SELECT month, id FROM block WHERE state IN ('booked', 'moved_by_hand', 'held')"
        ):
            if f"{name}@magicloop" not in events:
                self._break(now, f"no event for the block of {month}")
        if last:
            self._audit_end(now)

    def _audit_end(self, now):
        known = {
            name
            for (name,) in self.machine.rows(
                "SELECT provider_id FROM draft WHERE state IN ('waiting', 'approved')"
            )
        }
        for name in self.machine.copies():
            # What the person wrote into a draft that ended at that moment is left to them.
            if name not in known and not self.machine.holds("zq", name):
                self._break(now, f"a draft's file was left behind: {name}")
        if verify_log(self.machine.places.database) is not None:
            self._break(now, "the log's chain does not hold")
        if self.machine.rows("SELECT count(*) FROM claim WHERE settled IS NULL") != [(0,)]:
            self._break(now, "a claim is open at the end")

    def _count(self):
        def number(statement):
            return self.machine.rows(statement)[0][0]

        self.found.acts = self.person.acts
        self.found.refusals = len(self.person.refusals)
        self.found.figures = {
            "runs": self.machine.whole + self.machine.quick,
            "whole": self.machine.whole,
            "quick": self.machine.quick,
            "months": number("SELECT count(DISTINCT month) FROM block"),
            "blocks": number("SELECT count(*) FROM block"),
            "held": number("SELECT count(DISTINCT month) FROM block WHERE state = 'held'"),
            "drafts": number("SELECT count(*) FROM draft"),
            "promises": number("SELECT count(*) FROM promise"),
            "updates": number("SELECT count(*) FROM incident_update"),
            "log lines": number("SELECT count(*) FROM log"),
            "bytes": self.machine.size(),
        }


def spans(given):
    return tuple((day(start), day(end)) for start, end in given)

"""The person's computer under a clock that is set by hand: a config, a calendar, and the program that is called.

Every call is the real one: `Session` with the real places, the quick path of `store/idle.py` first, then
`run_once`, on a real SQLite journal and real files. Only the clock is ours, and the switch `online`.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

from automations.cli.loop_desk import loop_desk
from automations.cli.run_commands import run_once
from automations.config.places import Places
from automations.errors import FaultClass, ProviderError
from automations.model.seen import BusyReport, Unreadable
from automations.model.uptime import Uptime
from automations.wiring import Session
from set_clock import SetClock

CONFIG = """\
[me]
name = "Ann Smith"
email = "ann@corp.test"
timezone = "{zone}"

{bosses}
{goals}
[invention]
problems = ["What would make half our alerts unnecessary?", "Who waits for whom here?"]
combine = ["the audit log", "load tests", "new colleagues", "the rota", "billing"]
holidays = "{country}"

[offers]
ideas = ["take over the capacity report", "sit in for you in vendor calls", "tidy the rota", "write the runbook"]
on_track = "The billing move is on plan."

[incidents]
exec = ["cto@corp.test"]

[calendar]
busy = ["work.ics"]
"""
BOSS = '[[boss]]\nname = "{name}"\nemail = "{email}"\ncapacity = {capacity}\n'
GOAL = '[[goal]]\ntext = "lead a project across two teams"\nkind = "scope"\n'

STAND_UP = """BEGIN:VEVENT\r
UID:sync@corp.test\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID={zone}:20260105T100000\r
DTEND;TZID={zone}:20260105T110000\r
RRULE:FREQ=WEEKLY;BYDAY=MO,WE\r
SUMMARY:Weekly sync\r
END:VEVENT\r
"""
MEETING = """BEGIN:VEVENT\r
UID:{uid}@corp.test\r
DTSTAMP:20260101T000000Z\r
DTSTART:{start:%Y%m%dT%H%M%SZ}\r
DTEND:{end:%Y%m%dT%H%M%SZ}\r
SUMMARY:{title}\r
END:VEVENT\r
"""
REMEMBERED = timedelta(days=70)
"""How long an office keeps a meeting that is over in the file it shares."""


class HandClock(SetClock):
    """One that boots at the epoch; `asleep` are the seconds since then that the machine was suspended."""

    def __init__(self, now):
        super().__init__(now)
        self.asleep = 0.0

    def boot_seconds(self):
        return self.instant.timestamp()

    def uptime(self):
        return Uptime(self.boot_seconds() - self.asleep)


class Wire:
    """A provider behind a network: while the machine is offline every call fails as such calls do."""

    def __init__(self, whole, machine):
        self._whole = whole
        self._machine = machine

    def __getattr__(self, name):
        part = getattr(self._whole, name)
        if self._machine.online or name in ("capabilities", "watched", "close"):
            return part
        return self._fetch_nothing if name == "fetch_busy" else self._fail

    def _fetch_nothing(self, span, *, own):
        cut = Unreadable("work", "no route to host", "calendar", "magicloop run", FaultClass.TRANSIENT)
        return BusyReport((), (cut,))

    def _fail(self, *args, **named):
        raise ProviderError(
            "no route to host", fault=FaultClass.TRANSIENT, where="the network", fix="magicloop run"
        )


class CutSession(Session):
    """A session whose providers are behind the machine's network."""

    def __init__(self, machine):
        super().__init__(machine.places, machine.clock)
        self.machine = machine

    def config(self):
        """Read the config again only when it changed, as a program that stays loaded would."""
        path = Path(self.places.config)
        text = path.read_bytes()
        if text not in self.machine.read:
            self.machine.read[text] = Session.config(self)
        return self.machine.read[text]

    def renderer(self):
        if self.machine.words is None:
            self.machine.words = Session.renderer(self)
        return self.machine.words

    def calendar(self):
        return Wire(Session.calendar(self), self.machine)

    def mailbox(self):
        return Wire(Session.mailbox(self), self.machine)


@dataclass
class Setting:
    """What the config says of this person, and what the world outside is like."""

    zone: str
    country: str
    bosses: tuple[tuple[str, str, int], ...]
    goals: bool = False
    weekly: bool = True


@dataclass
class Machine:
    """One computer. `whole` and `quick` count the runs of either kind, `online` is its network."""

    folder: Path
    setting: Setting
    clock: HandClock
    online: bool = True
    asks_always: bool = False
    whole: int = 0
    quick: int = 0
    meetings: list = field(default_factory=list)
    read: dict = field(default_factory=dict)
    words: object = None
    _reader: object = None
    _meeting: int = 0

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.places = Places(
            str(self.folder / "config.toml"), str(self.folder / "data"), sample=False, explicit=True
        )
        self.zone = self.setting.zone
        self._configure()
        self._share()

    # --- the program ----------------------------------------------------------------------------

    def run(self):
        """Call the program as the scheduler does; return the report of a whole run, None of a quick one."""
        with self.session() as session:
            if session.idle_until() is not None:
                self.quick += 1
                return None
            self.whole += 1
            return run_once(session)

    @contextmanager
    def session(self):
        session = CutSession(self)
        try:
            yield session
        finally:
            session.close()

    @contextmanager
    def bench(self):
        with self.session() as session, session.bench() as bench:
            yield bench

    @contextmanager
    def desk(self):
        with self.session() as session, loop_desk(session) as desk:
            yield desk

    def holidays(self, years):
        with self.session() as session:
            return session.ground().holidays(years)

    # --- what anybody can see -------------------------------------------------------------------

    @property
    def database(self):
        return Path(self.places.database)

    def rows(self, statement, *values):
        """Ask the journal's file, past the program."""
        if self._reader is None:
            self._reader = sqlite3.connect(self.database)
        return self._reader.execute(statement, values).fetchall()

    def shut(self):
        """Let go of the journal's file, as a machine that is switched off."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def size(self):
        """Return the bytes the journal takes on disk, with whatever stands beside it."""
        return sum(path.stat().st_size for path in self.database.parent.glob("journal.db*"))

    def events(self):
        """Return (start, end) in UTC of each of our events by UID, as any calendar program reads them."""
        path = self.folder / "data" / "invention.ics"
        if not path.exists():
            return {}
        import icalendar

        found = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
        return {
            str(event["UID"]): (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
            for event in found
        }

    def copies(self):
        """Return the draft files' names."""
        return sorted(path.name for path in (self.folder / "data" / "drafts").glob("*.eml"))

    def holds(self, word, name="*.eml"):
        """Tell whether a draft's file holds a word."""
        return any(
            word.encode() in path.read_bytes() for path in (self.folder / "data" / "drafts").glob(name)
        )

    # --- what others and the person do outside ----------------------------------------------------

    def travel(self, zone):
        self.zone = zone
        self._configure()

    def meet(self, start, end, title="Budget"):
        """Put a meeting into the shared calendar; what is long over goes from it."""
        self._meeting += 1
        now = self.clock.now()
        self.meetings = [each for each in self.meetings if each[1] > now - REMEMBERED]
        self.meetings.append((start, end, title, self._meeting))
        self._share()

    def move_event(self, uid, start, end):
        """Drag one of our events elsewhere, as a calendar program writes that."""
        text, part = self._event(uid)
        moved = re.sub(r"DTSTART[^\r\n]*", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", part)
        moved = re.sub(r"DTEND[^\r\n]*", f"DTEND:{end:%Y%m%dT%H%M%SZ}", moved)
        self._own(text.replace(part, moved))

    def delete_event(self, uid):
        text, part = self._event(uid)
        self._own(text.replace(part, ""))

    def edit_copy(self, name, word):
        """Write a word into a draft's file, as an editor does."""
        path = self.folder / "data" / "drafts" / name
        data = path.read_bytes()
        at = data.index(b"\r\n\r\n", data.index(b"text/plain")) + 4
        path.write_bytes(data[:at] + word.encode() + b" " + data[at:])

    def delete_copy(self, name):
        (self.folder / "data" / "drafts" / name).unlink()

    def copy_to(self, folder):
        """Copy everything there is."""
        shutil.copytree(self.folder, folder)

    def _event(self, uid):
        text = (self.folder / "data" / "invention.ics").read_bytes().decode()
        parts = re.findall(r"BEGIN:VEVENT.*?END:VEVENT\r\n", text, re.DOTALL)
        return text, next(part for part in parts if f"UID:{uid}" in part)

    def _own(self, text):
        (self.folder / "data" / "invention.ics").write_bytes(text.encode())

    def _configure(self):
        bosses = "".join(BOSS.format(name=n, email=e, capacity=c) for n, e, c in self.setting.bosses)
        text = CONFIG.format(
            zone=self.zone, country=self.setting.country, bosses=bosses, goals=GOAL * self.setting.goals
        )
        (self.folder / "config.toml").write_text(text)

    def _share(self):
        body = STAND_UP.format(zone=self.setting.zone) if self.setting.weekly else ""
        body += "".join(
            MEETING.format(uid=f"m{number}", start=start, end=end, title=title)
            for start, end, title, number in self.meetings
        )
        text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//office//EN\r\n{body}END:VCALENDAR\r\n"
        temporary = self.folder / "work.ics.new"
        temporary.write_bytes(text.encode())
        temporary.replace(self.folder / "work.ics")

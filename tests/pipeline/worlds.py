"""A person's whole world, made of the product's own parts, and what that person does by hand.

`FileLife` has real files and SQLite, `MemoryLife` the memory twins; the clock of both is set by hand.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import icalendar
from jinja2 import FileSystemLoader

from automations.apply import Bench, World
from automations.compose.ics import uid_of
from automations.compose.text import Composer
from automations.cycle import Ground, preview, run_cycle
from automations.desk import incidents as desk_incidents
from automations.desk import review
from automations.model.policy import Boss, InventionPolicy, Me, OffersPolicy, Policy, WeekWindow
from automations.model.records import DraftState
from automations.model.seen import Busy, Span
from automations.providers.local.calendar import LocalCalendar
from automations.providers.local.mail import LocalMailbox
from automations.providers.memory import MemoryCalendar
from automations.providers.memory_mail import MemoryMailbox, MemorySender
from automations.resources import template_root
from automations.store.idle import fingerprints
from automations.store.memory import MemoryJournal
from automations.store.sqlite import SqliteJournal
from set_clock import SetClock

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""Monday, 2 March 2026, 09:00 in Berlin."""

PRIYA = Boss("Priya Raman", "priya@corp.test")
OMAR = Boss("Omar Diaz", "omar@corp.test")

POLICY = Policy(
    me=Me("Ann Smith", "ann@corp.test", "Europe/Berlin"),
    bosses=(PRIYA,),
    invention=InventionPolicy(
        working_hours=tuple(WeekWindow(day, time(9), time(17, 30)) for day in range(5)),
        problems=("What would make half our alerts unnecessary?",),
        combine=("the audit log", "load tests", "new colleagues"),
    ),
    offers=OffersPolicy(
        ideas=("take over the capacity report", "sit in for you in vendor calls", "tidy the rota"),
        on_track="The billing move is on plan.",
    ),
)


BUILT_IN = Composer(FileSystemLoader(template_root()))
"""One for all lives: it keeps nothing but compiled templates."""


class Life:
    """What both worlds share: runs, looks into the journal, and acts at the desk."""

    def __init__(self, calendar, mailbox, journal, policy=POLICY, now=START):
        self.policy = policy
        self.clock = SetClock(now)
        self.calendar = calendar
        self.mailbox = mailbox
        self.journal = journal
        self.renderer = BUILT_IN
        self.holidays = {}
        self.sender = None
        self.notifier = None

    @property
    def world(self):
        return World(
            self.calendar,
            self.mailbox,
            self.renderer,
            self.journal,
            self.clock,
            sender=self.sender,
            notifier=self.notifier,
        )

    @property
    def ground(self):
        return Ground("config-hash", "1", lambda years: self.holidays, fingerprints)

    @property
    def bench(self):
        return Bench(self.policy, self.world, self.recorded)

    @property
    def recorded(self):
        return self.journal.load(self.policy.person)

    @property
    def log(self):
        return [entry for _, entry in self.journal.log(self.policy.person, limit=10_000)]

    def run(self, *only):
        return run_cycle(self.policy, self.world, self.ground, only=frozenset(only))

    def plan(self, *only):
        return preview(self.policy, self.world, self.ground, only=frozenset(only))[0]

    def settle(self):
        """Run until nothing is left to do; return how many runs that took."""
        for number in range(1, 6):
            if not self.run().results:
                return number
        raise AssertionError("it does not come to rest")

    def change(self, **policy):
        self.policy = replace(self.policy, **policy)

    # --- what is there --------------------------------------------------------------------------

    def drafts(self, *states):
        return [d for d in self.recorded.drafts if not states or d.state in states]

    def draft(self, key):
        return next(d for d in reversed(self.recorded.drafts) if d.key == key)

    def waiting(self):
        return [d.key for d in self.drafts(DraftState.WAITING)]

    def block(self, month):
        blocks = [b for b in self.recorded.blocks if b.month == month]
        return max(blocks, key=lambda block: block.generation)

    def problems(self):
        return {problem.code for problem in self.recorded.problems}

    def memory(self):
        """Return all that is remembered, but for the bookkeeping of runs."""
        bare = replace(self.recorded, last_run=None, first_run=None, due=None, problems=())
        return bare, tuple(entry for entry in self.log if entry.kind not in ("run", "problem"))

    def everything(self):
        return self.outside(), self.memory()

    # --- what the person does at the desk --------------------------------------------------------

    def open_incident(self, **facts):
        new = desk_incidents.NewIncident(
            **{"title": "EU checkout errors", "severity": 2, "impact": "12% of orders fail", **facts}
        )
        return desk_incidents.open_incident(self.journal, self.policy, self.recorded, self.clock.now(), new)

    def update_incident(self, name="INC-1", phase=None, **fields):
        given = fields or {"changed": "Rolled back.", "now": "Watching.", "next": "Close it."}
        return desk_incidents.update_incident(
            self.journal, self.policy, self.recorded, self.clock.now(), name, phase, given
        )

    def resolve_incident(self, name="INC-1"):
        fields = {"verified": "No error for an hour."}
        return desk_incidents.resolve_incident(
            self.journal, self.policy, self.recorded, self.clock.now(), name, fields
        )

    def approve(self, key):
        draft = self.draft(key)
        return review.approve(self.bench, draft, draft.hash)

    def let_send(self):
        """Switch sending on: with a mailbox in memory like Gmail, with files like SMTP."""
        box = self.mailbox if isinstance(self.mailbox, MemoryMailbox) else None
        self.sender = MemorySender(box)
        self.policy = replace(self.policy, mail=replace(self.policy.mail, mode="approve"))
        return self.sender

    def send(self, key):
        """Approve a mail, send it, and say that it went."""
        self.approve(key)
        review.resolve(self.bench, self.draft(key), sent=True)

    def rewrite(self, key, **words):
        return review.edit(self.bench, self.draft(key), review.NewWords(**words))


class MemoryLife(Life):
    """The memory twins."""

    def __init__(self, policy=POLICY, now=START):
        self.box = MemoryMailbox()
        super().__init__(MemoryCalendar(), self.box, MemoryJournal(), policy, now)

    def meet(self, start, minutes=60, title="Weekly sync"):
        meeting = Busy(Span(start, start + timedelta(minutes=minutes)), title, calendar="work")
        self.calendar.busy = (*self.calendar.busy, meeting)

    def events(self):
        return {event.id: event.span for event in self.calendar.events}

    def copies(self):
        return dict(self.box.files or {})

    def outside(self):
        return self.calendar.events, self.copies()

    def write_copy(self, draft, data):
        self.write_named(draft.provider_id, data)

    def write_named(self, name, data):
        self.box.files[name] = data

    def delete_copy(self, draft):
        del self.box.files[draft.provider_id]

    def lose_copies(self):
        self.box.files = None

    def edit_copy(self, draft, old, new):
        self.write_copy(draft, edited(self.copies()[draft.provider_id], old, new))

    def move_event(self, block, span):
        self.calendar.move_by_hand(block.id, span)

    def delete_event(self, block):
        self.calendar.delete_by_hand(block.id)

    def lose_events(self):
        self.calendar.lose()


class FileLife(Life):
    """Real files and a real SQLite journal in a folder."""

    def __init__(self, folder, policy=POLICY, now=START):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.busy_file = folder / "work.ics"
        self.own_file = folder / "data" / "invention.ics"
        self.drafts_folder = folder / "data" / "drafts"
        self.database = folder / "data" / "journal.db"
        self.meetings = []
        self._write_meetings()
        calendar = LocalCalendar((str(self.busy_file),), str(self.own_file), policy.me.zone)
        mailbox = LocalMailbox(str(self.drafts_folder))
        super().__init__(calendar, mailbox, SqliteJournal.open(str(self.database)), policy, now)

    def meet(self, start, minutes=60, title="Weekly sync"):
        self.meetings.append((start, minutes, title))
        self._write_meetings()

    def _write_meetings(self):
        calendar = icalendar.Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//office//EN")
        for number, (start, minutes, title) in enumerate(self.meetings):
            event = icalendar.Event()
            event.add("uid", f"meeting-{number}@corp.test")
            event.add("dtstamp", START)
            event.add("dtstart", start)
            event.add("dtend", start + timedelta(minutes=minutes))
            event.add("summary", title)
            calendar.add_component(event)
        self.busy_file.write_bytes(calendar.to_ical())

    def events(self):
        if not self.own_file.exists():
            return {}
        found = icalendar.Calendar.from_ical(self.own_file.read_bytes()).walk("VEVENT")
        return {
            str(event["UID"]): Span(event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
            for event in found
        }

    def copies(self):
        return {path.name: path.read_bytes() for path in sorted(self.drafts_folder.glob("*.eml"))}

    def outside(self):
        here = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return {str(path): path.read_bytes() for path in here if not path.name.startswith("journal.db")}

    def write_copy(self, draft, data):
        self.write_named(draft.provider_id, data)

    def write_named(self, name, data):
        (self.drafts_folder / name).write_bytes(data)

    def delete_copy(self, draft):
        (self.drafts_folder / draft.provider_id).unlink()

    def lose_copies(self):
        shutil.rmtree(self.drafts_folder)

    def edit_copy(self, draft, old, new):
        self.write_copy(draft, edited(self.copies()[draft.provider_id], old, new))

    def move_event(self, block, span):
        calendar, event = self._event(block)
        event["DTSTART"].dt = span.start
        event["DTEND"].dt = span.end
        for name in ("DTSTART", "DTEND"):
            event[name].params.pop("TZID", None)
        self.own_file.write_bytes(calendar.to_ical())

    def delete_event(self, block):
        calendar, event = self._event(block)
        calendar.subcomponents.remove(event)
        self.own_file.write_bytes(calendar.to_ical())

    def lose_events(self):
        self.own_file.unlink()

    def _event(self, block):
        calendar = icalendar.Calendar.from_ical(self.own_file.read_bytes())
        found = [each for each in calendar.walk("VEVENT") if str(each["UID"]) == uid_of(block.id)]
        return calendar, found[0]


def edited(data, old, new):
    """Return mail bytes as an editor saves them that changed the first place where `old` stands."""
    assert old.encode() in data, "there is something to edit"
    return data.replace(old.encode(), new.encode(), 1)

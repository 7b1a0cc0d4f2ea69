"""A person on Google, by the real providers and client: the calendar, or the drafts; the rest is in memory."""

from dataclasses import replace

from worlds import POLICY, START, Life

from automations.providers.google.sending import GmailSender
from automations.providers.memory import MemoryCalendar
from automations.providers.memory_mail import MemoryMailbox
from automations.store.sqlite import SqliteJournal
from google_emulator.provider import PATIENCE, google_calendar, google_mailbox


class GoogleLife(Life):
    """The parts of one person's world; `calendar` is made anew for each run, as a process would."""

    def __init__(self, emulator, api, folder, policy=POLICY, now=START, **wishes):
        self.emulator = emulator
        self.api = api
        self.folder = folder
        self.wishes = wishes
        self.timeout = PATIENCE
        self.box = MemoryMailbox()
        journal = SqliteJournal.open(str(folder / "journal.db"))
        super().__init__(None, self.box, journal, policy, now)
        self.begin()

    def begin(self):
        """Start as a new process does: with nothing but the journal and the notes."""
        if self.calendar is not None:
            self.calendar.close()
        self.calendar = google_calendar(
            self.emulator, self.folder, clock=self.clock, timeout=self.timeout, **self.wishes
        )

    def run(self, *only):
        self.begin()
        self.emulator.log.clear()
        return super().run(*only)

    def later(self, **ahead):
        """Let time pass, then run."""
        self.clock.go(**(ahead or {"minutes": 15}))
        return self.run()

    def close(self):
        self.calendar.close()
        self.journal.close()

    @property
    def asked(self):
        """The methods of the last run, without their common beginning."""
        return [method.removeprefix("calendar.") for method in self.emulator.log]

    def ours(self):
        """Return our events that stand, by the block they are."""
        found = {}
        for event in self.api.live:
            mark = event.get("extendedProperties", {}).get("private", {}).get("magicloop")
            if mark:
                found.setdefault(mark, []).append(event)
        return found


class GmailLife(Life):
    """A person whose drafts are in Gmail; the calendar is in memory."""

    def __init__(self, emulator, api, folder, policy=POLICY, now=START):
        self.emulator = emulator
        self.api = api
        self.folder = folder
        self.timeout = PATIENCE
        journal = SqliteJournal.open(str(folder / "journal.db"))
        super().__init__(MemoryCalendar(), None, journal, policy, now)
        self.begin()

    def begin(self):
        """Start as a new process does: with nothing but the journal, the token and what is known of drafts."""
        if self.mailbox is not None:
            self.mailbox.close()
        self.mailbox = google_mailbox(
            self.emulator, self.folder, clock=self.clock, timeout=self.timeout, email=self.policy.me.email
        )
        if self.policy.mail.mode == "approve":
            self.sender = GmailSender(self.mailbox)

    def let_send(self):
        self.policy = replace(self.policy, mail=replace(self.policy.mail, mode="approve"))
        self.begin()

    def run(self, *only):
        self.begin()
        self.emulator.log.clear()
        return super().run(*only)

    def later(self, **ahead):
        """Let time pass, then run."""
        self.clock.go(**(ahead or {"minutes": 15}))
        return self.run()

    def close(self):
        self.mailbox.close()
        self.journal.close()

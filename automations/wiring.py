# ruff: noqa: PTH108, PTH110 -- importing pathlib costs milliseconds, and the fast path runs through here
"""The only file that names concrete classes: it turns places and a config into a world.

Everything heavy is imported inside, so that a run with nothing due loads none of it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from automations import __version__
from automations.clock import Clock, SystemClock
from automations.errors import MagicloopError
from automations.resources import read_config_resource, template_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime

    from automations.apply import Bench, World
    from automations.config.load import Loaded
    from automations.config.places import Places
    from automations.cycle import Ground
    from automations.model.policy import MonitorSettings, Policy
    from automations.model.seen import SignInLife
    from automations.ports import Calendar, Journal, Mailbox, Monitor, Notifier, Renderer
    from automations.providers.google.account import Account
    from automations.store.told import ToldOnce

Part = TypeVar("Part")

HAND_LOCK_SECONDS = 10.0
"""How long an act by hand waits for a run to end."""


class _Late:
    """Stands for a part that is made when it is first used: what reads no calendar loads none."""

    def __init__(self, build: Callable[[], object]) -> None:
        self._build = build
        self._made: object = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = self._build()
        return getattr(self._made, name)


def late(build: Callable[[], Part]) -> Part:
    """Return what behaves like the part `build` makes; a fault in making it shows when it is first used."""
    return cast("Part", _Late(build))


def _pinging(settings: MonitorSettings | None, seconds: float | None = None) -> Monitor | None:
    if not settings:
        return None
    from automations.providers.monitor import PingMonitor

    return PingMonitor(settings, seconds=seconds)


class Session:
    """One call of the program: where things are, and the parts made when first asked for."""

    def __init__(self, places: Places, clock: Clock | None = None) -> None:
        self.places = places
        self.clock = clock or SystemClock()
        self._loaded: Loaded | None = None
        self._journal: Journal | None = None
        self._opened: list[Calendar | Mailbox] = []

    def at(self, places: Places) -> Session:
        """Return a session of the same time at other places, where nothing was looked at yet."""
        return Session(places, self.clock)

    def config(self) -> Loaded:
        """Return the checked config; the sample's where no config was made yet.

        :raises ConfigError: with every problem in the file.
        """
        if self._loaded is None:
            from automations.config.load import load, parse

            if self.places.sample and not os.path.exists(self.places.config):
                self._loaded = parse(self._sample_text(), self.places.config, self.places.data)
            else:
                self._loaded = load(self.places.config, self.places.data)
        return self._loaded

    @property
    def policy(self) -> Policy:
        """What the person decided."""
        return self.config().policy

    def make_sample(self) -> bool:
        """Make the sample config and calendar if this is the first use; tell whether it was."""
        if not self.places.sample or os.path.exists(self.places.config):
            return False
        from automations.config.sample import local_timezone, write_sample

        write_sample(self.places, local_timezone(os.environ), read_config_resource("sample-calendar.ics"))
        return True

    def _sample_text(self) -> bytes:
        """Return the sample config as it would be written, reading the calendar from where it is shipped."""
        from automations.config.sample import local_timezone, sample_text
        from automations.resources import config_file

        return sample_text(
            "sample", timezone=local_timezone(os.environ), busy=(config_file("sample-calendar.ics"),)
        ).encode()

    # --- the parts ------------------------------------------------------------------------------

    def journal(self) -> Journal:
        """Return the journal, made on first use.

        :raises StoreError: it cannot be used, or is gone; the sentence says what to do.
        """
        if self._journal is None:
            from automations.store.sqlite import SqliteJournal

            self.refuse_lost_journal()
            journal = SqliteJournal.open(self.places.database)
            with suppress(OSError):  # from now on a journal that is gone was lost
                os.unlink(self.places.purged)
            self._check_owner(journal.people())
            self._journal = journal
        return self._journal

    def _check_owner(self, people: tuple[str, ...]) -> None:
        """Refuse another person's journal: with a new key all would be booked and drafted twice."""
        if not people or self.policy.person in people:
            return
        from automations.errors import ConfigError, ConfigProblem

        what = f"is {self.policy.person}, but the journal is that of {people[0]}"
        fix = f"put {people[0]} back, or begin anew in another folder: MAGICLOOP_DATA=FOLDER magicloop run"
        raise ConfigError(self.places.config, [ConfigProblem("me.email", what)], fix=fix)

    def refuse_lost_journal(self) -> None:
        """Refuse where there is no journal though there was one: what it knew would be done a second time.

        :raises StoreError: it is gone, or nothing tells whether it is.
        """
        if os.path.lexists(self.places.database):
            return
        from automations.store.refusals import lost, refuse_unreachable

        refuse_unreachable(self.places.database)
        traces = self.traces()
        on_purpose = os.path.lexists(self.places.purged)
        # Looked at again: a first run makes its journal before anything else, maybe at this instant.
        if traces and not on_purpose and not os.path.lexists(self.places.database):
            raise lost(self.places.database, traces)

    def traces(self) -> tuple[str, ...]:
        """Return what stands in the usual places of the data folder that only a journal can have led to."""
        from automations.providers.local.traces import traces_in

        return traces_in(self.places)

    def reading_journal(self) -> Journal:
        """Return the journal for reading: nothing is made where nothing is.

        :raises StoreError: it cannot be used, or is gone.
        """
        if self._journal is None and not self.journal_exists():
            from automations.store.memory import MemoryJournal

            self.refuse_lost_journal()
            return MemoryJournal()
        return self.journal()

    def told_once(self) -> ToldOnce:
        """Return what is remembered of failures that keep runs from the journal."""
        from automations.config.places import told_elsewhere
        from automations.store.told import ToldOnce

        return ToldOnce((self.places.told, told_elsewhere(os.environ, self.places.data)))

    def journal_exists(self) -> bool:
        """Tell whether anything was ever recorded here."""
        return os.path.exists(self.places.database)

    def calendar(self) -> Calendar:
        """Return the calendar the config names."""
        from automations.providers import build_calendar

        calendar = build_calendar(self.policy)
        self._opened.append(calendar)
        return calendar

    def mailbox(self) -> Mailbox:
        """Return the mailbox the config names."""
        from automations.providers import build_mailbox

        mailbox = build_mailbox(self.policy)
        self._opened.append(mailbox)
        return mailbox

    def google_account(self) -> Account:
        """Return the Google account the config names, to sign in to, out of, or to look at."""
        from automations.providers.google import sign_in_of
        from automations.providers.google.account import Account

        return Account(self.policy, sign_in_of(self.policy), self.clock)

    def renderer(self) -> Renderer:
        """Return the built-in templates, or a confined renderer when the person has templates of their own."""
        from pathlib import Path

        own = Path(self.places.templates)
        if own.is_dir() and any(own.rglob("*.j2")):
            from automations.providers.confined import ConfinedRenderer

            return ConfinedRenderer((str(own), template_root()))
        from jinja2 import FileSystemLoader

        from automations.compose.text import Composer

        return Composer(FileSystemLoader(template_root()))

    def world(self, journal: Journal | None = None) -> World:
        """Return everything a run may touch."""
        from automations.apply import World
        from automations.providers import build_sender, newline_here

        mailbox = self.mailbox()
        return World(
            calendar=late(self.calendar),
            mailbox=mailbox,
            renderer=late(self.renderer),
            journal=journal or self.journal(),
            clock=self.clock,
            newline=newline_here(),
            sender=build_sender(self.policy, mailbox),
            notifier=self._notifier(),
        )

    def _notifier(self) -> Notifier | None:
        """Return what tells the person outside the terminal, None where nobody is to be told."""
        if not self.policy.notify:
            return None
        from automations.providers.notify import Notices

        return Notices(self.policy.notify)

    def monitor(self, *, seconds: float | None = None) -> Monitor | None:
        """Return who is to be told of the scheduler's runs, also by a config that is wrong elsewhere; None for nobody.

        `seconds` bounds a ping where it must be shorter than usual.
        """
        from automations.config.monitor import monitor_despite
        from automations.errors import ConfigError

        try:
            settings: MonitorSettings | None = self.policy.monitor
        except ConfigError as wrong:
            settings = monitor_despite(wrong, self.places.config)
        return _pinging(settings, seconds)

    def monitor_at_visit(self) -> Monitor | None:
        """Return the same for a run with nothing due, whose config has not changed since it was found right."""
        from automations.config.monitor import monitor_at

        return _pinging(monitor_at(self.places.config))

    def ground(self) -> Ground:
        """Return what a run stands on beside the world."""
        from automations.cycle import Ground
        from automations.store.idle import fingerprints

        invention = self.policy.invention

        def holidays_of(years: tuple[int, ...]) -> Mapping[date, str]:
            from automations.providers.holidays import holidays_in

            return holidays_in(invention.country, invention.region, years)

        return Ground(
            config=self.places.config,
            version=__version__,
            holidays=holidays_of,
            fingerprints=lambda paths: fingerprints((*paths, self.places.templates, self.places.config)),
            sign_in=self._sign_in_life,
            uptime=self.clock.uptime,
            scheduled=self.schedule_fix,
        )

    def schedule_fix(self) -> str:
        """Return what to type where the schedule of this config and data does not call, "" where there is none."""
        from automations.desk.schedule.choice import call_of
        from automations.desk.schedule.judgement import cure_words, judge_all

        return cure_words(judge_all(call_of(self.places.config, self.places.data, os.environ)))

    def _sign_in_life(self) -> SignInLife | None:
        if "google" not in (self.policy.calendar.provider, self.policy.mail.provider):
            return None
        from automations.providers.google.ending import life_of

        return life_of(self.policy)

    # --- the run lock and the fast path ---------------------------------------------------------

    @contextmanager
    def lock(self, *, wait: float = 0.0) -> Iterator[None]:
        """Hold the run lock, in a data folder that is made where there is none.

        :raises LockHeldError: another run holds it, for `wait` seconds.
        :raises MagicloopError: the folder or the lock cannot be made.
        """
        from automations.locks import run_lock

        self._make_data_folder()
        with run_lock(self.places.lock, wait=wait):
            yield

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """Hold the run lock and give what an act by hand works with.

        :raises LockHeldError: a run holds it for longer than an act by hand waits.
        """
        from automations.apply import Bench

        with self.lock(wait=HAND_LOCK_SECONDS):
            world, read_at = self.world(), self.clock.boot_seconds()
            yield Bench(self.policy, world, world.journal.load(self.policy.person), read_at=read_at)

    def _make_data_folder(self) -> None:
        from pathlib import Path

        from automations.rights import cure_of_refusal, cure_of_rights
        from automations.whole_files import make_folders

        folder, another = self.places.data, "choose another with MAGICLOOP_DATA=/some/folder"
        try:
            make_folders(Path(folder))
        except OSError as error:
            raise MagicloopError(
                f"the data folder cannot be made: {error.strerror}",
                where=folder,
                fix=cure_of_refusal(error, folder) or another,
            ) from error
        if not os.access(folder, os.W_OK | os.X_OK):
            raise MagicloopError(
                "the data folder cannot be written to", where=folder, fix=cure_of_rights(folder) or another
            )

    def idle_until(self) -> tuple[datetime, bool] | None:
        """Return when something will be due, if nothing is now and nothing changed; None: make a full run.

        Beside it stands whether a monitor is to be told that a run came by. Reads one row and looks at the dates of the watched files.
        """
        from automations.store.idle import is_idle

        return is_idle(
            self.places.database,
            config=self.places.config,
            version=__version__,
            now=self.clock.now(),
            uptime=self.clock.uptime(),
        )

    def close(self) -> None:
        """Let go of the journal, and of connections."""
        for port in self._opened:
            let_go = getattr(port, "close", None)  # only providers with connections have one
            if let_go is not None:
                let_go()
        self._opened.clear()
        if self._journal is not None:
            self._journal.close()
            self._journal = None

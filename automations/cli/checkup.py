"""What `doctor` looks at, in order. A new row is a function here and a line in `CHECKS`.

The judgements are in `automations/desk/health/`; here the world is looked at and handed to them.
"""

from __future__ import annotations

import zoneinfo
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from automations import __version__
from automations.desk.health import files, looking, running
from automations.desk.health.examine import examine
from automations.desk.health.running import LONG_LATE
from automations.errors import ConfigError, MagicloopError
from automations.model.health import Row, State
from automations.plan.silence import silence_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from automations.model.health import JournalSeen
    from automations.wiring import Session

AHEAD = timedelta(days=62)
"""How far ahead the busy calendars are read: what a run would plan for."""


@dataclass(slots=True)
class Checkup:
    """One call of `doctor`: whom it asks about, when, and whether it may use the network."""

    session: Session
    online: bool
    now: datetime
    _journal: list[JournalSeen | None] = field(default_factory=list)

    def journal(self) -> JournalSeen | None:
        """Return what a look into the journal found, None where there is none; looked at once.

        :raises StoreError: it is damaged.
        """
        if not self._journal:
            from automations.store.health import look_at_journal

            self._journal.append(look_at_journal(self.session.places.database))
        return self._journal[0]

    def journal_if_whole(self) -> JournalSeen | None:
        """Return the same, None also where it is damaged, which the journal's own row says."""
        with suppress(MagicloopError):
            return self.journal()
        return None


def rows_of(checkup: Checkup, tell: Callable[[Exception], None] = lambda _: None) -> Iterator[Row]:
    """Yield every row; `tell` hears of checks that broke down. What needs a config is left out, and that is said, where the config cannot be used."""
    usable = _config_is_usable(checkup.session)
    yield from examine(
        (
            (name, partial(check, checkup))
            for name, check, needs_config in CHECKS
            if usable or not needs_config
        ),
        tell,
    )
    if not usable:
        left_out = ", ".join(dict.fromkeys(name for name, _, needs_config in CHECKS if needs_config))
        what = f"not looked at until the config is right: {left_out}"
        yield Row("others", State.INFO, what, "magicloop config check")
    elif not checkup.online:
        yield Row("network", State.INFO, "nothing was asked over the network", "magicloop doctor --online")


def _config_is_usable(session: Session) -> bool:
    try:
        session.config()
    except ConfigError:
        return False
    return True


def _config(checkup: Checkup) -> Iterator[Row]:
    session = checkup.session
    try:
        loaded = session.config()
    except ConfigError as error:
        yield from files.config_fault_rows(error)
        return
    seen = looking.look_at_path(session.places.config, checkup.now)
    yield from files.config_rows(seen, sample=session.places.sample, notes=loaded.notes)


def _data_folder(checkup: Checkup) -> Iterator[Row]:
    data = checkup.session.places.data
    seen = looking.look_at_path(data, checkup.now)
    yield from files.data_rows(seen, looking.look_at_disk(data), looking.others_things(data))


def _journal(checkup: Checkup) -> Iterator[Row]:
    seen = checkup.journal()
    if seen is None:
        checkup.session.refuse_lost_journal()
        what = f"{checkup.session.places.database} is made by the first run"
        yield Row("journal", State.INFO, what, "magicloop run")
        return
    person = ""
    with suppress(ConfigError):
        person = checkup.session.policy.person
    yield from running.journal_rows(seen, person)


def _lock(checkup: Checkup) -> Iterator[Row]:
    seen = looking.look_at_lock(checkup.session.places.lock)
    journal = checkup.journal_if_whole()
    yield running.lock_row(seen, journal.run_begun if journal else None, checkup.now)


def _last_run(checkup: Checkup) -> Iterator[Row]:
    journal = checkup.journal_if_whole()
    if journal is not None and journal.last_look is not None:
        yield running.problems_row(journal.problems)


def _schedule(checkup: Checkup) -> Iterator[Row]:
    journal = checkup.journal_if_whole()
    from automations.cli.schedule_commands import judgements
    from automations.desk.schedule.judgement import cure_words, uninstall_words

    found, well = judgements(checkup.session), True
    own = any(one.there for one in found)
    for one in found:
        if one.trouble:
            well = False
            yield Row("schedule", State.WARNING, f"{one.kind}: {one.trouble}", one.fix)
        for stray in one.strays:
            what = f"{one.kind}: a schedule of your own, {stray.what}"
            yield Row("schedule", State.INFO, what, stray.fix)
        for other in one.others:
            what = f"{one.kind}: another schedule, by the config {other.config}, its data in {other.data}"
            yield Row("schedule", State.INFO if own else State.WARNING, what, uninstall_words(other))
    seen = journal.last_look if journal else None
    then, uptime = journal.uptime if journal else None, checkup.session.clock.uptime()
    silence = silence_since(seen, then, checkup.now, uptime)
    if silence is not None and own and not cure_words(found) and silence.end - silence.begin < LONG_LATE:
        silence = None  # a schedule of the person's own, which may call less often
    if well or seen is None or silence is not None:
        troubled = next((one.fix for one in found if one.trouble), "magicloop schedule install")
        cure = cure_words(found) or troubled
        yield running.alive_row(seen, checkup.now, cure, silence)


def _clock(checkup: Checkup) -> Iterator[Row]:
    yield running.clock_row(checkup.now, checkup.journal_if_whole())


def _zones(checkup: Checkup) -> Iterator[Row]:
    seen = looking.look_at_zones(zoneinfo.TZPATH)
    yield running.zones_row(seen, checkup.session.policy.me.zone, checkup.now)


def _google(checkup: Checkup) -> Iterator[Row]:
    account = checkup.session.google_account()
    yield from account.rows()
    if not checkup.online:
        return
    for row, server in account.online_rows():
        yield row
        if server is not None:
            yield running.server_clock_row(checkup.session.clock.now(), server, "Google's")


def _calendar(checkup: Checkup) -> Iterator[Row]:
    policy = checkup.session.policy
    if policy.calendar.provider == "local":
        from automations.providers.local.health import calendar_rows

        yield from calendar_rows(policy, checkup.now, AHEAD)


def _templates(checkup: Checkup) -> Iterator[Row]:
    from automations.providers.confined import ConfinedRenderer
    from automations.resources import template_root

    own, built_in = Path(checkup.session.places.templates), Path(template_root())
    names = sorted(each.relative_to(own).as_posix() for each in own.rglob("*.j2"))
    if not names:
        yield Row("templates", State.OK, "the built-in ones; none of your own")
        return
    faults = ConfinedRenderer((str(own), str(built_in))).faults(names)
    for fault in faults:
        file = fault.where.rpartition(":")[0] if fault.where.rpartition(":")[2].isdigit() else fault.where
        fix = f"mv {quote(file)} {quote(file)}.off    (then the built-in one is used), or correct that line"
        yield Row("templates", State.ERROR, f"{fault.where}: {fault.what}", fix)
    for name in names:
        if not (built_in / name).exists():
            what = f"{own / name} stands in for no built-in template; only another template can use it"
            yield Row("templates", State.INFO, what, f"ls -R {built_in}")
    if not faults:
        yield Row("templates", State.OK, f"{len(names)} of your own in {own}, each compiles")


def _mail(checkup: Checkup) -> Iterator[Row]:

    policy = checkup.session.policy
    mail, sender = policy.mail, policy.sends_by
    if not sender:
        yield Row("mail", State.OK, "draft-only: every mail is sent by you, none from here")
    else:
        what = f"approve: a mail you approved is sent {mail.undo_seconds} s later, once"
        yield Row("mail", State.OK, what)
    if sender == "smtp":
        from automations.providers.smtp.health import server_row

        yield server_row(policy.smtp, online=checkup.online)
    if mail.provider == "local":
        yield files.drafts_row(looking.look_at_path(mail.folder, checkup.now))


def _monitor(checkup: Checkup) -> Iterator[Row]:
    settings = checkup.session.policy.monitor
    if settings:
        from automations.providers.monitor import monitor_row

        yield monitor_row(settings, online=checkup.online)


def _program(checkup: Checkup) -> Iterator[Row]:
    del checkup
    version, place = looking.python_here()
    yield Row("program", State.OK, f"version {__version__}, on Python {version} ({place})")


CHECKS: tuple[tuple[str, Callable[[Checkup], Iterable[Row]], bool], ...] = (
    ("config", _config, False),
    ("data folder", _data_folder, False),
    ("journal", _journal, False),
    ("lock", _lock, False),
    ("last run", _last_run, False),
    ("schedule", _schedule, False),
    ("clock", _clock, False),
    ("zones", _zones, True),
    ("sign-in", _google, True),
    ("calendar", _calendar, True),
    ("templates", _templates, False),
    ("mail", _mail, True),
    ("monitor", _monitor, True),
    ("program", _program, False),
)
"""Each check: its name, the function that makes its rows, and whether it needs a config that can be used."""

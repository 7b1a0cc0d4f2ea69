"""`uninstall`: what is here, what goes and what stays; nothing of the person's own work is thrown away unasked."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from errno import EISDIR
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from automations.cli.output import is_interactive, paragraph, prose, say
from automations.config.places import APP, told_elsewhere
from automations.errors import (
    ConfigError,
    ExitCode,
    FaultClass,
    LockHeldError,
    MagicloopError,
    ProviderError,
    RefusedError,
)
from automations.rights import cure_of_refusal
from automations.whole_files import place_new_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.config.places import Places
    from automations.model.policy import Policy
    from automations.wiring import Session

PURGED = (
    b"magicloop uninstall --purge removed the journal from here; a new one may begin beside what stayed.\n"
)
PERMISSIONS = "https://myaccount.google.com/permissions"
_CACHES = (
    "run.lock",
    "run.log",
    "run.log.1",
    "told.json",
    "google-drafts.json",
    "google-calendar.json",
    "google-mail.json",
)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is here: (name, path) of what goes and of what stays, the sign-in's file, the schedulers that call."""

    goes: tuple[tuple[str, Path], ...]
    stays: tuple[tuple[str, Path], ...]
    sign_in: Path | None
    schedulers: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Tell whether there is anything to take away."""
        return bool(self.goes or self.sign_in or self.schedulers)


@click.command()
@click.option("--purge", is_flag=True, help="Remove the journal too: the log of all you did.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def uninstall(ctx: click.Context, *, purge: bool, yes: bool) -> None:
    """Take off the schedule, take back the sign-in, remove the config.

    It lists what goes and what stays, then asks. The journal stays unless you say --purge; your drafts, your
    blocks and your own templates always do. What cannot be removed is named, with what removes it.
    It exits with 3 while something is left to do by hand.
    """
    from automations.cli.schedule_commands import still_called
    from automations.config.places import own_places

    session: Session = ctx.obj
    own = session.at(own_places(session.places))
    policy = _policy(own)
    found = _look(own, policy, purge=purge)
    _list(found)
    if found.any:
        if not yes and not _agreed(purge=purge):
            say("Nothing was removed.")
            return
        undone = _remove(own, policy, found, purge=purge)
    else:
        say("There is nothing to remove.")
        undone = False
    left = still_called(own)
    for sign in left:
        say(f"Still called by {sign.what}")
        say(f"  to end that: {sign.fix}")
    if not purge and any(name == "journal" for name, _ in found.stays):
        say("Your log stays. To read it again: magicloop init, with the same address.")
    paragraph("The command itself goes the way it came, e.g. uv tool uninstall magicloop.")
    if undone or left:
        ctx.exit(ExitCode.PARTIAL)


def _policy(session: Session) -> Policy | None:
    """Return what the config says, None where there is none that can be used: then the usual places count."""
    with suppress(ConfigError):
        return session.policy
    return None


def _look(session: Session, policy: Policy | None, *, purge: bool) -> Belongings:
    from automations.cli.schedule_commands import installed_kinds
    from automations.config.schema import SCHEMA_NAME

    places = session.places
    data = Path(places.data)
    token = Path(policy.google.token_file if policy else data / "google-token.json")
    config = Path(places.config)
    goes = [("config", config), ("config", config.with_name(SCHEMA_NAME))]
    goes += [("sample", path) for path in _sample(places)]
    goes += [("cache", data / name) for name in _CACHES]
    goes += [
        ("cache", Path(told_elsewhere(os.environ, each))) for each in (places.data, str(data / "sample"))
    ]
    if not session.traces():  # the note is of use beside them only
        goes.append(("cache", Path(places.purged)))
    goes += [("cache", token.with_name(f"{token.name}{suffix}")) for suffix in (".lock", ".begun")]
    journal = [("journal", path) for path in sorted(data.glob("journal.db*"))]
    journal += [("copy", path) for path in _crontab_copies(places)]
    stays = [
        ("drafts", Path(policy.mail.folder if policy else data / "drafts")),
        ("blocks", Path(policy.calendar.file if policy else data / "invention.ics")),
        ("templates", Path(places.templates)),
    ]
    (goes if purge else stays).extend(journal)
    return Belongings(
        tuple(each for each in goes if os.path.lexists(each[1])),
        tuple(each for each in stays if os.path.lexists(each[1])),
        token if os.path.lexists(token) else None,
        installed_kinds(session),
    )


def _crontab_copies(places: Places) -> list[Path]:
    return sorted(Path(places.data).glob("crontab.before-*"))


def _sample(places: Places) -> Iterator[Path]:
    """Yield the files of the first try: by name, as a folder called sample may hold other things too."""
    from automations.config.places import SAMPLE_CALENDAR
    from automations.config.schema import SCHEMA_NAME
    from automations.providers.local.mail import LocalMailbox

    config, data = Path(places.config_folder, "sample"), Path(places.data, "sample")
    for name in ("config.toml", SAMPLE_CALENDAR, SCHEMA_NAME):
        if (config / SAMPLE_CALENDAR).is_file():
            yield config / name
    yield from sorted(data.glob("journal.db*"))
    yield from (data / name for name in (*_CACHES, "invention.ics"))
    with suppress(ProviderError):
        yield from LocalMailbox(str(data / "drafts")).own_files()


def _list(found: Belongings) -> None:
    rows = [("goes", name, str(path)) for name, path in found.goes]
    if found.sign_in:
        rows.insert(0, ("goes", "sign-in", f"{found.sign_in}, taken back at Google"))
    rows += [("stays", name, str(path)) for name, path in found.stays]
    rows[:0] = [("goes", "schedule", f"a run every 15 minutes, by {kind}") for kind in found.schedulers]
    if rows:
        prose(rows)


def _agreed(*, purge: bool) -> bool:
    words = "magicloop uninstall --purge --yes" if purge else "magicloop uninstall --yes"
    if not is_interactive():
        raise RefusedError("uninstalling without a terminal needs --yes; nothing was removed", fix=words)
    return click.confirm("Remove what goes?", default=False)


def _remove(session: Session, policy: Policy | None, found: Belongings, *, purge: bool) -> bool:
    """Remove what goes, between two runs; tell whether something is left to do by hand."""
    from automations.cli.schedule_commands import take_off

    places, removal, undone = session.places, _Removal(), False
    if found.schedulers:
        # First of all, or it would call what is half gone.
        take_off(session, found.schedulers)
        say(f"removed  the schedule, from {', '.join(found.schedulers)}")
    with _between_runs(session):
        if found.sign_in is not None:
            undone = not _sign_out(session, policy, found.sign_in, removal)
        goes = list(found.goes)
        if purge:  # taking the schedule off has kept one more
            goes += [("copy", path) for path in _crontab_copies(places) if ("copy", path) not in goes]
        for name, path in goes:
            # The config says where the sign-in is: it goes only when that is gone.
            if not (undone and name == "config"):
                removal.take(path)
        if purge and session.traces() and not os.path.lexists(places.database):
            _note_purged(Path(places.purged))
        if os.path.lexists(places.lock):  # this very lock may have made it
            removal.take(Path(places.lock), told=False)
    _remove_empty(places)
    for path, why in removal.stuck.items():
        say(f"stays    {path}: it could not be removed: {why.strerror or why}")
        say(f"  to remove it: {_words_to_remove(path, why)}")
    return undone or bool(removal.stuck)


def _note_purged(path: Path) -> None:
    """Write down, where the disk allows it, that the journal went on purpose: what stays looks like that of a lost one."""
    with suppress(OSError):
        place_new_file(path, PURGED)
        say(f"noted    {path}: the journal is gone on purpose")


@contextmanager
def _between_runs(session: Session) -> Iterator[None]:
    """Hold the run lock; where the disk lets none be made there is no run to wait for, either.

    Where there is no data folder there is none as well, and the lock would make one.
    """
    from automations.wiring import HAND_LOCK_SECONDS

    with ExitStack() as held:
        try:
            if Path(session.places.data).is_dir():
                held.enter_context(session.lock(wait=HAND_LOCK_SECONDS))
        except LockHeldError:
            raise
        except MagicloopError:
            pass
        yield


@dataclass(slots=True)
class _Removal:
    """Removes file after file; `stuck` is what could not be removed, and why."""

    stuck: dict[Path, OSError] = field(default_factory=dict)

    def take(self, path: Path, *, told: bool = True) -> None:
        """Remove a file and say so, or note why it stays."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self.stuck[path] = error
            return
        if told:
            say(f"removed  {path}")


def _words_to_remove(path: Path, why: OSError) -> str:
    """Return what to type; a folder that lets nothing be removed from it is opened first."""
    words = f"rm {'-r ' if why.errno == EISDIR else ''}{quote(str(path))}"
    cure = cure_of_refusal(why, str(path.parent))
    return f"{cure}; {words}" if cure else words


def _sign_out(session: Session, policy: Policy | None, token: Path, removal: _Removal) -> bool:
    """Take the sign-in back at Google and remove its file; False where Google could not be asked."""
    try:
        known = session.google_account().revoke() if policy is not None else None
    except ProviderError as error:
        if error.fault is FaultClass.TRANSIENT:
            say(f"stays    {token}: {error.what}")
            say("  again, with a network: magicloop uninstall")
            return False
        known = None
    removal.take(token)
    if known is None:
        say(f"  it could not be used to take itself back; do that at {PERMISSIONS}")
    return True


def _remove_empty(places: Places) -> None:
    """Remove those of our folders in which nothing is left."""
    config, data = Path(places.config_folder), Path(places.data)
    folders = [data / "sample" / "drafts", data / "sample", config / "sample"]
    state = Path(told_elsewhere(os.environ, places.data)).parent
    folders += [folder for folder in (data, config, state) if folder.name == APP]
    for folder in folders:
        with suppress(OSError):  # not there, or something is in it
            folder.rmdir()

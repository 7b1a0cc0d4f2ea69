"""`uninstall`: what is here, what goes and what stays; nothing of the person's own work is thrown away unasked."""

from __future__ import annotations

import os
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automations.cli.output import is_interactive, paragraph, prose, say
from automations.config.places import APP, told_elsewhere
from automations.errors import ConfigError, ExitCode, FaultClass, ProviderError, RefusedError
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
    blocks and your own templates always do. It exits with 3 while something is left to do by hand.
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
    from automations.wiring import HAND_LOCK_SECONDS

    places = session.places
    # Where there is no data folder there is no run either, and the lock would make one.
    here = session.lock(wait=HAND_LOCK_SECONDS) if Path(places.data).is_dir() else nullcontext()
    undone = False
    if found.schedulers:
        # First of all, or it would call what is half gone.
        take_off(session, found.schedulers)
        say(f"removed  the schedule, from {', '.join(found.schedulers)}")
    with here:
        if found.sign_in is not None:
            undone = not _sign_out(session, policy, found.sign_in)
        goes = list(found.goes)
        if purge:  # taking the schedule off has kept one more
            goes += [("copy", path) for path in _crontab_copies(places) if ("copy", path) not in goes]
        for name, path in goes:
            # The config says where the sign-in is: it goes only when that is gone.
            if undone and name == "config":
                continue
            path.unlink(missing_ok=True)
            say(f"removed  {path}")
        if purge and session.traces():
            # What stays would look like that of a journal that was lost.
            place_new_file(Path(places.purged), PURGED)
            say(f"noted    {places.purged}: the journal is gone on purpose")
        Path(places.lock).unlink(missing_ok=True)  # this very lock may have made it
    _remove_empty(places)
    return undone


def _sign_out(session: Session, policy: Policy | None, token: Path) -> bool:
    """Take the sign-in back at Google and delete its file; False where Google could not be asked."""
    try:
        known = session.google_account().revoke() if policy is not None else None
    except ProviderError as error:
        if error.fault is FaultClass.TRANSIENT:
            say(f"stays    {token}: {error.what}")
            say("  again, with a network: magicloop uninstall")
            return False
        known = None
    token.unlink(missing_ok=True)
    say(f"removed  {token}")
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

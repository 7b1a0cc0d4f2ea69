"""`backup` and `restore`: what cannot be made again, in one file, and back from it."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from automations.cli.output import emit_json, paragraph, say
from automations.errors import LockHeldError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automations.config.places import Places
    from automations.model.policy import Policy
    from automations.store.chain import LogCheck
    from automations.store.keeping.backup import Kept
    from automations.store.keeping.mails import Doubted
    from automations.store.keeping.restore import Placed, Unpacked
    from automations.wiring import Session

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
BROKEN = "But the log is not as it was written"


@click.command()
@click.argument("file", required=False)
@click.option(
    "--with-secrets", is_flag=True, help="Also keep sign-in and password files, readable to whoever has FILE."
)
@json_option
@click.pass_obj
def backup(session: Session, file: str | None, *, with_secrets: bool, as_json: bool) -> None:
    """Keep the journal, config, templates, drafts and blocks in FILE.

    FILE may be a folder, and is a new .tar.gz here when left out. It never writes over a file, and a run
    may be at work meanwhile.
    """
    from automations import __version__
    from automations.store.keeping.backup import make_backup
    from automations.wiring import HAND_LOCK_SECONDS

    policy, places = session.policy, session.places
    session.refuse_lost_journal()
    if places.sample or not session.journal_exists():
        raise RefusedError("there is nothing of yours to keep yet", where=places.data, fix="magicloop run")
    now = session.clock.now()
    target = _target(session, file)

    def others() -> Iterator[Kept]:
        return _kept(places, policy, with_secrets=with_secrets)

    # Between two runs is best, but a run that takes long is no reason to have no backup.
    with suppress(LockHeldError), session.lock(wait=HAND_LOCK_SECONDS):
        pass
    made = make_backup(
        target,
        places.database,
        others,
        at=now,
        version=__version__,
        person=policy.person,
        secrets=with_secrets,
    )
    if as_json:
        emit_json(
            {
                "file": str(target),
                "files": made.files,
                "log": _log_json(made.log),
                "secrets": with_secrets,
            }
        )
        return
    say(f"Kept in {target}: {made.files} files, {made.log.lines} lines of the log.")
    if made.log.trouble:
        say(f"{BROKEN}: {made.log.trouble}")
    words = "It holds your secrets: keep it like a key." if with_secrets else "It holds no secrets."
    if policy.monitor.url and not with_secrets:
        words += " The monitor's address was left out of the config in it."
    say(f"{words} To put it back: magicloop restore {quote(str(target))}")


def _log_json(log: LogCheck) -> dict[str, int | str]:
    return {"lines": log.lines, "head": log.head, "broken": log.trouble}


def _target(session: Session, file: str | None) -> Path:
    from automations.plan.zones import local

    given = Path(os.path.abspath(os.path.expanduser(file or ".")))  # noqa: PTH100, PTH111 - as typed
    if not given.is_dir():
        return given
    return given / f"magicloop-{local(session.clock.now(), session.policy.me.zone):%Y-%m-%d-%H%M}.tar.gz"


def _kept(places: Places, policy: Policy, *, with_secrets: bool) -> Iterator[Kept]:
    """Yield what a backup holds beside the journal."""
    from automations.providers.local.mail import LocalMailbox
    from automations.store.keeping.backup import Kept

    yield Kept("config", "", places.config, "" if with_secrets else policy.monitor.url)
    if policy.calendar.provider == "local" and Path(policy.calendar.file).is_file():
        yield Kept("blocks", "", policy.calendar.file)
    if policy.mail.provider == "local":
        for path in LocalMailbox(policy.mail.folder).own_files():
            yield Kept("draft", path.name, str(path))
    own = Path(places.templates)
    for path in sorted(own.rglob("*.j2")):
        if path.is_file() and not path.is_symlink():
            yield Kept("template", path.relative_to(own).as_posix(), str(path))
    for name, place in _secret_files(policy).items():
        if with_secrets and Path(place).is_file():
            yield Kept("secret", name, place)


def _secret_files(policy: Policy) -> dict[str, str]:
    """Return the files that hold secrets, by their names in a backup."""
    named = {
        "google-token": policy.google.token_file,
        "smtp-password": policy.smtp.password.file,
        "notify-address": policy.notify.url.file,
        "monitor-address": policy.monitor.place.file,
    }
    return {name: path for name, path in named.items() if path}


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    placed: list[Placed]
    journal_aside: list[str]
    log: LogCheck
    mails: Doubted
    without_monitor: bool

    @property
    def aside(self) -> list[str]:
        """Where each file went that was moved aside, the journal's first."""
        return [*self.journal_aside, *(one.aside for one in self.placed if one.aside)]


@click.command()
@click.argument("file")
@click.option("--force", is_flag=True, help="Move a journal and config that are there aside first.")
@json_option
@click.pass_obj
def restore(session: Session, file: str, *, force: bool, as_json: bool) -> None:
    """Put back what a backup keeps, after checking it whole.

    Drafts and blocks that are there stay as they are. What was approved is to be approved again: it
    may have gone since, as each draft says. What the journal there knows as sent is closed.
    """
    from automations.config.places import own_places

    places = own_places(session.places)
    source = os.path.abspath(os.path.expanduser(file))  # noqa: PTH100, PTH111 - as typed
    done = _restore(session.at(places), source, force=force)
    if as_json:
        emit_json(
            {
                "files": [{"path": one.path, "how": one.how} for one in done.placed],
                "journal": places.database,
                "aside": next(iter(done.journal_aside), ""),
                "moved_aside": done.aside,
                "taken_back": done.mails.taken_back,
                "may_have_gone": done.mails.waiting,
                "found_sent": done.mails.gone,
                "log": _log_json(done.log),
            }
        )
        return
    words = {"restored": "restored", "same": "there already", "kept": "left as it is"}
    for one in done.placed:
        say(f"{words[one.how]:<13}  {one.path}")
    say(f"{'restored':<13}  {places.database}")
    for path in done.aside:
        say(f"{'moved aside':<13}  {path}")
    if done.log.trouble:
        say(f"{BROKEN}: {done.log.trouble}. More of it: magicloop log verify")
    for line in _mail_lines(done.mails):
        say(line)
    if done.without_monitor:
        paragraph(
            "The monitor's address is not in the backup: put it into monitor.ping_url, magicloop config edit."
        )
    paragraph("See that all is well: magicloop doctor. The schedule is not part of a backup.")


def _mail_lines(mails: Doubted) -> Iterator[str]:
    """Yield what became of the mails that were unsent when the backup was made."""
    if mails.gone:
        count = "1 mail is" if mails.gone == 1 else f"{mails.gone} mails are"
        yield f"{count} closed as sent, as the journal moved aside tells."
    if mails.taken_back:
        count = (
            "1 approved mail waits" if mails.taken_back == 1 else f"{mails.taken_back} approved mails wait"
        )
        yield f"{count} for you again: magicloop draft list"
    if mails.waiting:
        count = "1 mail waits that" if mails.waiting == 1 else f"{mails.waiting} mails wait that"
        yield f"{count} may have gone since the backup: magicloop draft list"


def _restore(session: Session, source: str, *, force: bool) -> Restored:
    from automations.config.load import parse
    from automations.config.web_address import LEFT_OUT
    from automations.store.keeping import restore as put
    from automations.store.keeping.staging import staging_folder
    from automations.wiring import HAND_LOCK_SECONDS

    places, now = session.places, session.clock.now()
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    with (
        session.lock(wait=HAND_LOCK_SECONDS),
        _placing(source),
        staging_folder(Path(places.data)) as folder,
    ):
        unpacked = _unpacked(source, folder)
        config = unpacked.the("config").read_bytes()
        policy = parse(config, places.config, places.data).policy
        taken = {"journal": places.database}
        if not _same(places.config, config):
            taken["config"] = places.config
        put.check_free(taken, force=force)
        put.check_closed(places.database)
        mails, log = put.prepare_journal(unpacked, places.database, policy.person, now)
        placed = put.place_files(
            unpacked,
            lambda one: _place_of(one, places, policy),
            stamp,
            replacing=frozenset({"config", "template"} if force else ()),
        )
        aside = put.place_journal(unpacked, places.database, stamp)
    return Restored(placed, aside, log, mails, policy.monitor.url == LEFT_OUT)


@contextmanager
def _placing(source: str) -> Iterator[None]:
    """Say of a disk that fails on the way what is to be done: a second try finishes the first."""
    try:
        yield
    except OSError as error:
        raise RefusedError(
            f"the backup is not put back whole: {error.strerror or error}; nothing that was there is lost",
            where=str(error.filename or source),
            fix="see to the disk, then: magicloop restore FILE --force",
        ) from error


def _unpacked(source: str, folder: Path) -> Unpacked:
    from automations.store.keeping.restore import unpack_backup

    try:
        return unpack_backup(source, folder)
    except OSError as error:
        raise RefusedError(
            f"the backup cannot be unpacked: {error.strerror or error}; nothing was changed",
            where=str(error.filename or source),
            fix="magicloop restore FILE    (one that can be read, with room on the disk)",
        ) from error


def _same(path: str, content: bytes) -> bool:
    with suppress(OSError):
        return Path(path).read_bytes() == content
    return False


def _place_of(one: Kept, places: Places, policy: Policy) -> str | None:
    """Return where a file of a backup belongs here, None for a secret that the config names no place for."""
    if one.kind == "secret":
        return _secret_files(policy).get(one.path)
    place = {
        "config": places.config,
        "blocks": policy.calendar.file,
        "draft": os.path.join(policy.mail.folder, one.path),  # noqa: PTH118 - text, as the others
        "template": os.path.join(places.templates, one.path),  # noqa: PTH118 - as above
    }
    return place[one.kind]

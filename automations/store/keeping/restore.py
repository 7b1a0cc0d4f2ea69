"""Putting a backup back: everything is checked first, then the files, and the journal last of all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from automations.config.newfile import write_new
from automations.errors import RefusedError
from automations.store.chain import check_log
from automations.store.files import side_files
from automations.store.keeping.archive import BadArchiveError, unpack
from automations.store.keeping.backup import FORMAT, Kept
from automations.store.keeping.mails import doubt_mails, gone_by
from automations.store.migrate import APPLICATION_ID, VERSION
from automations.store.sqlite import SqliteJournal
from automations.whole_files import give_name, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automations.store.chain import LogCheck
    from automations.store.keeping.mails import Doubted

KINDS = frozenset({"journal", "config", "blocks", "draft", "template", "secret"})
SECRETS = frozenset({"google-token", "smtp-password", "notify-address", "monitor-address"})
_ONE_OF_EACH = ("journal", "config")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup in its staging folder, checked: each file with where it lies there."""

    source: str
    manifest: dict[str, Any]
    files: tuple[Kept, ...]

    def the(self, kind: str) -> Path:
        """Return where the one file of a kind lies."""
        return Path(next(one.place for one in self.files if one.kind == kind))


@dataclass(frozen=True, slots=True)
class Placed:
    """One file after a restore: where it is, and whether it was `restored`, the `same`, or `kept` as it was.

    `aside` is where the one went that was there, "" for none.
    """

    path: str
    how: str
    aside: str = ""


def unpack_backup(source: str, folder: Path) -> Unpacked:
    """Unpack and check a backup into an empty folder; nothing else is touched.

    :raises BadArchiveError: it is damaged, was changed, or is no backup of this program's.
    :raises OSError: it cannot be read, or there is no room.
    """
    manifest = unpack(source, folder)
    if manifest.get("backup") != FORMAT:
        raise BadArchiveError(source, "is of a newer kind than is known here")
    files = tuple(
        Kept(one["kind"], one["path"], str(folder / str(number)))
        for number, one in enumerate(manifest["files"])
    )
    for one in files:
        if not _is_sound(one):
            raise BadArchiveError(source, f"holds a {one.kind!r} with the path {one.path!r}")
    for kind in _ONE_OF_EACH:
        if [one.kind for one in files].count(kind) != 1:
            raise BadArchiveError(source, f"does not hold one {kind}")
    if len({(one.kind, one.path) for one in files}) != len(files):
        raise BadArchiveError(source, "holds a file twice")
    unpacked = Unpacked(source, manifest, files)
    _check_journal(unpacked)
    return unpacked


def _is_sound(one: Kept) -> bool:
    """Tell whether a file's kind is known, and its path leads nowhere but into the folder of its kind."""
    if one.kind not in KINDS:
        return False
    if one.kind not in ("draft", "template"):
        return one.path in (SECRETS if one.kind == "secret" else ("",))
    if "\0" in one.path or "\\" in one.path:
        return False
    parts = PurePosixPath(one.path).parts
    plain = bool(parts) and "/".join(parts) == one.path and not one.path.startswith("/")
    if not plain or any(part in (".", "..") or part.startswith(".") for part in parts):
        return False
    if one.kind == "draft":
        return len(parts) == 1 and one.path.endswith(".eml")
    return len(parts) <= _DEEPEST and one.path.endswith(".j2")


def _check_journal(unpacked: Unpacked) -> None:
    """Look into the journal before it is used: ours, whole, and of a layout this program knows."""
    path, source = unpacked.the("journal"), unpacked.source
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            ours = opened.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            layout = opened.execute("PRAGMA user_version").fetchone()[0]
            whole = ours and opened.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    except sqlite3.Error as error:
        raise BadArchiveError(source, f"holds a journal that is damaged ({error})") from error
    if not whole:
        raise BadArchiveError(source, "holds a journal that is damaged or none of ours")
    if not 1 <= layout <= VERSION:
        what = f"holds a journal of layout {layout}, but only {VERSION} is known here"
        raise BadArchiveError(source, what)


def prepare_journal(unpacked: Unpacked, database: str, person: str, at: datetime) -> tuple[Doubted, LogCheck]:
    """Bring the unpacked journal to today's layout, and say of its mails that they may have gone since.

    What was approved then waits again: it would be sent a second time. What the journal at `database` knows
    as sent is closed. Returned beside the mails is what its log looks like, which is no reason to refuse it: there
    may be no other backup.

    :raises RefusedError: the journal is another person's.
    :raises StoreError: it cannot be written whole.
    """
    path = unpacked.the("journal")
    with closing(SqliteJournal.open(str(path))) as journal:
        people = journal.people()
        if people and person not in people:
            raise RefusedError(
                f"the backup's journal is that of {people[0]}, its config that of {person}; nothing was changed",
                where=unpacked.source,
            )
        doubted = doubt_mails(journal, person, at, gone_by(database, path.parent, person))
        log = check_log(str(path))
        journal.gather()  # last: nobody opens it again before it is moved without what stands beside it
    return doubted, log


def check_free(targets: dict[str, str], *, force: bool) -> None:
    """Refuse to write over a journal or a config that is there; `targets` are kind -> path.

    :raises RefusedError: one is there, and `force` was not asked for.
    """
    for kind, path in targets.items():
        if os.path.lexists(path) and not force:
            raise RefusedError(
                f"there is a {kind} already; nothing was changed",
                where=path,
                fix="magicloop restore FILE --force    (moves it aside first)",
            )


def check_closed(database: str) -> None:
    """Refuse while another program reads the journal that is there, before anything is moved.

    :raises RefusedError: another program has it open.
    """
    _settled(Path(database))


def place_files(
    unpacked: Unpacked, target_of: Callable[[Kept], str | None], stamp: str, *, replacing: frozenset[str]
) -> list[Placed]:
    """Put every file but the journal where it belongs. What is there under its name is kept as it is.

    Files of the kinds in `replacing` are moved aside first, to NAME.before-STAMP.

    :raises ConfigError: one cannot be written.
    """
    placed = []
    for one in unpacked.files:
        target = None if one.kind == "journal" else target_of(one)
        if target is None:
            continue
        content = Path(one.place).read_bytes()
        placed.append(_place(target, content, stamp, replace_it=one.kind in replacing))
    return placed


def _place(target: str, content: bytes, stamp: str, *, replace_it: bool) -> Placed:
    with suppress(OSError):
        if Path(target).read_bytes() == content:
            return Placed(target, "same")
    aside = _aside(target, stamp) if replace_it and os.path.lexists(target) else ""
    if aside:
        Path(target).rename(aside)
    return Placed(target, "restored" if write_new(target, content) else "kept", aside)


def place_journal(unpacked: Unpacked, database: str, stamp: str) -> list[str]:
    """Put the journal in its place in one step; return where each file of an earlier one went.

    :raises RefusedError: another program has the earlier one open.
    """
    place, new = Path(database), unpacked.the("journal")
    new.chmod(0o600)
    aside = _aside(database, stamp) if any(os.path.lexists(each) for each in side_files(place)) else ""
    moved = []
    if aside and _settled(place) and _named_twice(place, aside):
        # The old one has its second name for good, and the new one takes the first: no instant without a journal.
        sync_folder(place.parent)
        new.replace(place)
        moved.append(aside)
    else:
        for each in side_files(place):
            if os.path.lexists(each):
                # The journal itself first: while it is gone and its writes are not, nothing begins anew.
                moved.append(f"{aside}{each.name.removeprefix(place.name)}")
                each.rename(moved[-1])
        if not give_name(new, place):
            raise RefusedError("a journal came to be meanwhile; nothing was restored over it", where=database)
    sync_folder(place.parent)
    return moved


def _named_twice(place: Path, aside: str) -> bool:
    """Give a file a second name; False on a file system that has no such thing."""
    try:
        Path(aside).hardlink_to(place)
    except OSError:
        return False
    return True


def _aside(path: str, stamp: str) -> str:
    """Return a free name for what was at a path; an earlier restore may have taken the first."""
    names = (f"{path}.before-{stamp}{number}" for number in ("", *(f"-{each}" for each in range(2, 1000))))
    return next(name for name in names if not os.path.lexists(name))


def _settled(place: Path) -> bool:
    """Bring an earlier journal's newest writes into its file; False where it is too damaged for that.

    :raises RefusedError: another program has it open.
    :raises OSError: the disk takes no writes.
    """
    if not place.is_file() or place.is_symlink():
        return False
    try:
        with closing(sqlite3.connect(place, timeout=1.0)) as opened:
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        return False
    # Whoever closes it last takes the side files away; they would not fit the new journal.
    _, newest_writes, _ = side_files(place)
    if os.path.lexists(newest_writes):
        with place.open("r+b"):
            pass  # a disk that takes no writes says so here
        raise RefusedError(
            "another program has the journal open, or the disk failed; nothing was restored over it",
            where=str(place),
            fix="end it (a page, a log that is followed), then: magicloop restore FILE --force",
        )
    return True

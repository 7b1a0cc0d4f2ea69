"""Making a backup: a copy of the journal as of one instant, then the files that belong to it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automations.config.web_address import LEFT_OUT
from automations.errors import RefusedError
from automations.store.address import database_uri
from automations.store.chain import LogCheck, check_log
from automations.store.instants import instant_to_text
from automations.store.keeping.archive import write_archive
from automations.store.keeping.staging import staging_folder
from automations.store.looking import looking_at
from automations.store.migrate import VERSION, check_identity
from automations.store.refusals import damaged, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from automations.store.chain import LogCheck

FORMAT = 1
"""The number of this kind of backup; a newer kind is refused."""

_LONGEST_NAME = 99


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that belongs in a backup: its `kind`, its `path` within its kind ("" where there is one), its place.

    `secret` is a text in it that the backup must not hold; `LEFT_OUT` stands in its place.
    """

    kind: str
    path: str
    place: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: how many files, and how the log in it stands."""

    files: int
    log: LogCheck


def make_backup(
    target: Path,
    database: str,
    others: Callable[[], Iterable[Kept]],
    *,
    at: datetime,
    version: str,
    person: str,
    secrets: bool,
) -> Made:
    """Write a backup to `target`, which must not be there. A run may be at work.

    `others` is asked only after the journal was copied: a draft may then be there of which the copy
    does not know, and is found again, but none that it knows is missing.

    :raises RefusedError: something has that name, or the folder cannot be written.
    :raises StoreError: the journal cannot be read whole.
    """
    try:
        with staging_folder(Path(database).parent) as folder:
            copy = str(folder / "journal.db")
            log = copy_journal(database, copy)
            files = [("journal", "", Path(copy).read_bytes())]
            files += [(one.kind, one.path, _content(one)) for one in others()]
            listed = [_entry(number, *one) for number, one in enumerate(files)]
            manifest = {
                "backup": FORMAT,
                "magicloop": version,
                "made": instant_to_text(at),
                "layout": VERSION,
                "person": person,
                "secrets": secrets,
                "log": {"lines": log.lines, "head": log.head},
                "files": [entry for entry, _ in listed],
            }
            text = json.dumps(manifest, indent=1, ensure_ascii=True).encode("ascii")
            contents = [(entry["name"], content) for entry, content in listed]
            write_archive(target, text, contents, stamp=int(at.timestamp()))
    except FileExistsError:
        raise RefusedError(
            f"{target} is there already and is left as it is", where=str(target), fix="magicloop backup FILE"
        ) from None
    except OSError as error:
        raise RefusedError(
            f"the backup cannot be written: {error.strerror or error}",
            where=str(error.filename or target),
            fix="magicloop backup FILE    (in a folder with room that you can write to)",
        ) from error
    return Made(len(files), log)


def _content(one: Kept) -> bytes:
    content = Path(one.place).read_bytes()
    if not one.secret:
        return content
    if one.secret.encode() not in content:
        raise RefusedError(
            "a secret in the config is written so that it cannot be left out of the backup",
            where=one.place,
            fix="keep it in a file of its own (magicloop config edit), or: magicloop backup --with-secrets",
        )
    return content.replace(one.secret.encode(), LEFT_OUT.encode())


def copy_journal(source: str, target: str) -> LogCheck:
    """Copy a journal as of one instant while others may write to it, and check the copy and its log.

    :raises StoreError: it cannot be read, could not be put back, or the copy is not whole.
    """
    try:
        with looking_at(source) as opened:
            check_identity(opened, source)
        with (
            closing(sqlite3.connect(database_uri(source, "rw"), uri=True, timeout=10.0)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)  # in one step: a later page never belongs to a later instant
            # Without a write-ahead log the copy is one file, complete by itself.
            new.execute("PRAGMA journal_mode=DELETE")
            found = new.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise damaged(source, f"is damaged ({found})")
            return check_log(new)
    except sqlite3.Error as error:
        raise translate(error, source) from error


def _entry(number: int, kind: str, path: str, content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return a file's line in the manifest. Names that a tar header cannot hold become a number."""
    name = _NAMES.get(kind) or f"{kind}s/{path}"
    if not name.isascii() or len(name) > _LONGEST_NAME:
        name = f"{kind}s/{number:05d}"
    digest = hashlib.sha256(content).hexdigest()
    return {"name": name, "kind": kind, "path": path, "size": len(content), "sha256": digest}, content


_NAMES = {"journal": "journal.db", "config": "config.toml", "blocks": "blocks.ics"}

"""A new journal from `schema.sql`, an older one by numbered migrations; never anything silently.

`PRAGMA application_id` says that a file is ours, `PRAGMA user_version` which layout it has. A
migration `NNNN_<what>.sql` brings layout NNNN-1 to NNNN; each is one transaction.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automations.errors import MagicloopError, StoreError
from automations.store.address import database_uri
from automations.store.files import ensure_file
from automations.store.refusals import damaged, move_aside, refuse_empty, translate

APPLICATION_ID = 0x6D6C6F70
"""`mlop`, in the file's header."""

VERSION = 14
"""The layout `schema.sql` makes: the highest number in `sql/migrations/`, or 1."""


@dataclass(frozen=True, slots=True)
class Migration:
    """SQL that brings layout `version - 1` to `version`."""

    version: int
    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What this program knows: its newest `version`; the SQL is read only when it is needed."""

    version: int = VERSION
    given_schema: str | None = None
    given_migrations: tuple[Migration, ...] | None = None

    @property
    def schema(self) -> str:
        """The SQL of a new journal."""
        return shipped_schema() if self.given_schema is None else self.given_schema

    @property
    def migrations(self) -> tuple[Migration, ...]:
        """Every step after layout 1, in order."""
        return shipped_migrations() if self.given_migrations is None else self.given_migrations


def shipped_schema() -> str:
    """Return the packaged `schema.sql`."""
    from importlib.resources import files

    return (files("automations.store") / "sql" / "schema.sql").read_text(encoding="utf-8")


def shipped_migrations() -> tuple[Migration, ...]:
    """Return the packaged migrations by rising number."""
    from importlib.resources import files

    folder = files("automations.store") / "sql" / "migrations"
    found = [(each.name, each.read_text(encoding="utf-8")) for each in folder.iterdir()]
    return parse_migrations(found)


def parse_migrations(named: list[tuple[str, str]]) -> tuple[Migration, ...]:
    """Return migrations from (file name, SQL) pairs, by rising number; other files are passed over.

    :raises ValueError: numbers do not run 2, 3, 4 … without a gap.
    """
    steps = sorted(
        (Migration(int(name[:4]), name, sql) for name, sql in named if name.endswith(".sql")),
        key=lambda step: step.version,
    )
    if [step.version for step in steps] != list(range(2, len(steps) + 2)):
        raise ValueError(f"migrations must be numbered 0002, 0003 …: {[step.name for step in steps]}")
    return tuple(steps)


def open_database(path: str, layout: Layout, *, busy_seconds: float) -> sqlite3.Connection:
    """Open the journal's file, making or upgrading it as needed, ready for use.

    :raises StoreError: it cannot be used; it was left as it is.
    """
    place = Path(path).absolute()
    path = str(place)
    try:
        ensure_file(place, lambda name: _build(name, layout))
        refuse_empty(path)
        connection = sqlite3.connect(
            database_uri(path, "rw"), uri=True, timeout=busy_seconds, isolation_level=None
        )
        try:
            _prepare(connection, path, layout)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise translate(error, path) from error
    return connection


def _build(name: str, layout: Layout) -> None:
    """Fill an empty file. WAL is written into its header, so that no opener has to switch it."""
    with closing(sqlite3.connect(name, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        run_script(connection, layout.schema)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={layout.version}")
        connection.execute("COMMIT")
        gather(connection, name)


def gather(connection: sqlite3.Connection, path: str) -> None:
    """Bring every write into the one file: closing does so too, but passes over a disk that fails.

    :raises sqlite3.Error: the disk failed; the newest writes are still beside the file.
    :raises StoreError: another program has the file open.
    """
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreError(
            f"the journal {path} is held by another program; its newest writes stay beside it",
            where=path,
            fix="wait for it to finish, then try again",
        )


def _prepare(connection: sqlite3.Connection, path: str, layout: Layout) -> None:
    check_identity(connection, path, layout.version)
    connection.execute("PRAGMA synchronous=FULL")
    if _pragma(connection, "journal_mode") != "wal":
        connection.execute("PRAGMA journal_mode=WAL")
    if _pragma(connection, "user_version") < layout.version:
        upgrade(connection, path, layout.migrations)
    connection.execute("PRAGMA foreign_keys=ON")


def check_identity(connection: sqlite3.Connection, path: str, newest: int = VERSION) -> None:
    """Look before anything is set: a file that cannot be used as it is, is not touched.

    :raises StoreError: of another program, without a layout, or of a layout above `newest`.
    """
    check_ours(connection, path)
    version = _pragma(connection, "user_version")
    if version > newest:
        raise StoreError(
            f"the journal {path} was written by a newer magicloop (layout {version}, this one knows "
            f"{newest}); it was left as it is",
            where=path,
            fix="upgrade magicloop: uv tool upgrade magicloop",
        )


def check_ours(connection: sqlite3.Connection, path: str) -> None:
    """Refuse what is a database but no journal.

    :raises StoreError: of another program, or without a layout.
    """
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database, but not a magicloop journal; it was left as it is",
            where=path,
            fix=f"set MAGICLOOP_DATA to another folder, or move it aside: {move_aside(path)}",
        )
    version = _pragma(connection, "user_version")
    if version < 1:
        raise damaged(path, f"has no layout number ({version})")


def upgrade(connection: sqlite3.Connection, path: str, migrations: tuple[Migration, ...]) -> None:
    """Bring a journal to the newest layout, one transaction per step.

    :raises StoreError: a step failed; the journal is as the step before left it.
    """
    connection.execute("PRAGMA foreign_keys=OFF")  # a rebuilt table would drop its children otherwise
    for step in migrations:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have done this step while we waited for the lock.
            if _pragma(connection, "user_version") < step.version:
                _take_step(connection, step)
            connection.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error | _BrokenReferencesError):
                raise _step_failed(path, step, error) from error
            raise


class _BrokenReferencesError(MagicloopError):
    """A migration left rows that belong to nothing."""


def _take_step(connection: sqlite3.Connection, step: Migration) -> None:
    run_script(connection, step.sql)
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise _BrokenReferencesError(f"{len(broken)} rows belong to a record that is not there")
    connection.execute(f"PRAGMA user_version={step.version}")


def _step_failed(path: str, step: Migration, error: BaseException) -> StoreError:
    return StoreError(
        f"the journal {path} could not be brought to layout {step.version} ({step.name}: {error}); "
        f"it stays at layout {step.version - 1}",
        where=path,
        fix="go on with the magicloop that wrote it, and report this as a bug",
    )


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Run every statement of a script inside the open transaction (`executescript` would commit it)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
    if statement.strip():
        connection.execute(statement)


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]

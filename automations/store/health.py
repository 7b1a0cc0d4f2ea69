"""A look into the journal's file for `doctor`: whatever its layout, without changing it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from automations.model.health import JournalSeen
from automations.model.wake import RunTimes, last_look
from automations.plan.clock_check import CLOCK_WRONG
from automations.store.chain import check_log
from automations.store.instants import text_to_instant
from automations.store.looking import looking_at
from automations.store.migrate import VERSION, run_script, shipped_schema
from automations.store.refusals import refuse_unreachable
from automations.store.uptimes import columns_to_uptime

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.uptime import Uptime

_LARGE = 64 * 1024 * 1024
"""Bytes above which indexes are not compared with their tables, which takes long."""
_MOST = 5
_TELLS_AWAKE, _TELLS_BOOT = 12, 13
"""The layouts from which on it is kept how long the machine was awake by the last look, and since which start."""


def look_at_journal(path: str) -> JournalSeen | None:
    """Return what is found in the journal's file, None where there is none.

    :raises StoreError: it is no journal, too damaged to be opened, or this user's rights do not let it be seen.
    """
    if not os.path.lexists(path):
        refuse_unreachable(path)
        return None
    size = os.stat(path).st_size  # noqa: PTH116 - as the rest of the journal's code
    with looking_at(path) as connection:
        damage = _damage(connection, "quick_check" if size > _LARGE else "integrity_check")
        layout = _one(connection, "PRAGMA user_version")
        if damage or layout > VERSION:
            return JournalSeen(path, size, layout, VERSION, damage)
        log = check_log(connection)
        return JournalSeen(
            path=path,
            size=size,
            layout=layout,
            known=VERSION,
            lacking=_lacking(connection),
            orphans=len(connection.execute("PRAGMA foreign_key_check").fetchall()),
            log_lines=log.lines,
            log_broken=log.trouble,
            people=_people(connection),
            last_look=last_look(*_looks(connection)),
            times=_times(connection),
            uptime=_uptime(connection, layout),
            run_begun=_run_begun(connection),
            problems=_problems(connection),
        )


def _damage(connection: sqlite3.Connection, check: str) -> tuple[str, ...]:
    try:
        found = tuple(str(said) for (said,) in connection.execute(f"PRAGMA {check}({_MOST})"))
    except sqlite3.DatabaseError as error:
        return (str(error),)
    return () if found == ("ok",) else found


def _lacking(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the triggers and indexes of the newest layout that this file does not have as they should be."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        run_script(new, shipped_schema())
        wanted, found = _rules(new), _rules(connection)
    return tuple(sorted(name for name, sql in wanted.items() if found.get(name) != sql))


def _rules(connection: sqlite3.Connection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
    )
    return {name: " ".join(sql.split()) for name, sql in rows}


def _people(connection: sqlite3.Connection) -> tuple[str, ...]:
    rows = connection.execute("SELECT person FROM run GROUP BY person ORDER BY min(id)")
    return tuple(person for (person,) in rows)


def _looks(connection: sqlite3.Connection) -> tuple[datetime | None, datetime | None]:
    """Return when a run last worked and last came by for nothing; every layout has them."""
    row = connection.execute("SELECT last_run, last_idle FROM wake").fetchone()
    worked, came_by = row or (None, None)
    return worked and text_to_instant(worked), came_by and text_to_instant(came_by)


def _times(connection: sqlite3.Connection) -> RunTimes:
    """Return what the clock is judged by, the same that a run is refused by."""
    unrefused = "SELECT started FROM run WHERE finished IS NOT NULL AND outcome != 'refused' ORDER BY id DESC"
    return RunTimes(
        last=_instant(connection, unrefused),
        first=_instant(connection, "SELECT started FROM run ORDER BY id"),
        refused=_instant(connection, "SELECT since FROM problem WHERE code = ? ORDER BY since", CLOCK_WRONG),
    )


def _instant(connection: sqlite3.Connection, statement: str, *given: str) -> datetime | None:
    row = connection.execute(f"{statement} LIMIT 1", given).fetchone()
    return text_to_instant(row[0]) if row else None


def _uptime(connection: sqlite3.Connection, layout: int) -> Uptime | None:
    if layout < _TELLS_AWAKE:
        return None
    boot = "boot" if layout >= _TELLS_BOOT else "NULL"
    statement = f"SELECT awake, {boot} FROM wake"  # noqa: S608 -- our own words
    return columns_to_uptime(*connection.execute(statement).fetchone())


def _run_begun(connection: sqlite3.Connection) -> datetime | None:
    begun = connection.execute("SELECT started, finished FROM run ORDER BY id DESC LIMIT 1").fetchone()
    return text_to_instant(begun[0]) if begun and not begun[1] else None


def _problems(connection: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(what for (what,) in connection.execute("SELECT what FROM problem ORDER BY since, code"))


def _one(connection: sqlite3.Connection, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]

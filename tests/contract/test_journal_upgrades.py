"""Journals of every layout that was ever released, with data in every table, open as today's."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from automations.model.records import Block, BlockState
from automations.store.chain import FIRST, chain_hash, check_log
from automations.store.instants import instant_to_text
from automations.store.migrate import APPLICATION_ID, VERSION, run_script, shipped_migrations
from automations.store.rows import PROBLEMS, TABLES
from automations.store.sqlite import SqliteJournal
from automations.testing.journal_records import ANN, NOW, WHOLE, all_records, some_problem

FIRST_SCHEMA = Path(__file__).with_name("journal_schema_1.sql").read_text(encoding="utf-8")
AT = instant_to_text(NOW)
MADE_BY_HAND = {"log", "run", "claim", "wake", "watch", "draft_move", "sqlite_sequence", "problem"}
"""The tables whose rows are no records with a revision."""


def person(layout):
    return f"layout{layout}@corp.test"


def columns_of(connection, table):
    return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]


def known_values(table, record, columns):
    found = dict(zip(table.columns, table.encode(record), strict=True))
    return {name: found[name] for name in columns if name in found}


def insert(connection, table, values):
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
    connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(values.values()))


def fill(connection, whose):
    """Put one record of every class that this layout has, a run, a claim and two log lines of a person."""
    connection.execute("BEGIN")
    for table, record in [*((TABLES[type(each)], each) for each in WHOLE), (PROBLEMS, some_problem())]:
        columns = columns_of(connection, table.name)
        if columns:
            insert(connection, table.name, known_values(table, replace(record, person=whose), columns))
    connection.execute(
        "INSERT INTO run (person, started, finished, outcome) VALUES (?, ?, ?, 'ok')", (whose, AT, AT)
    )
    connection.execute(
        "INSERT INTO claim (person, run, at, kind, subject) VALUES (?, 1, ?, 'book-block', 'b1')", (whose, AT)
    )
    for kind in ("run", "block"):
        number, before = connection.execute(
            "SELECT number, hash FROM log ORDER BY number DESC LIMIT 1"
        ).fetchone() or (0, FIRST)
        line = (number + 1, whose, AT, kind, "s", "done", "it went \N{SNOWMAN}", 1)
        connection.execute(
            "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*line, chain_hash(before, line))
        )
    connection.execute("UPDATE wake SET person = ?, due = ?, config = 'c', version = 'v'", (whose, AT))
    connection.execute("INSERT INTO watch VALUES (?, ?, 'f')", (f"{whose}.ics", whose))
    connection.execute("COMMIT")


def kept(journal, whose):
    """Return a person's records by class; the run, the claim, the log lines and the problem are there."""
    recorded = journal.load(whose)
    found = {type(record): record for record in all_records(recorded)}
    counted = len(recorded.claims), len(journal.log(whose)), len(recorded.problems)
    assert counted == (1, 2, 1)
    assert recorded.last_run.started == NOW
    return found


def begin(path):
    connection = sqlite3.connect(path, isolation_level=None)
    run_script(connection, FIRST_SCHEMA)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    return connection


def step_up(connection, step):
    connection.execute("BEGIN")
    run_script(connection, step.sql)
    connection.execute(f"PRAGMA user_version = {step.version}")
    connection.execute("COMMIT")


def assert_same(found, whose, had):
    for record in WHOLE:
        table = TABLES[type(record)]
        if table.name in had:
            old = known_values(table, replace(record, person=whose), had[table.name])
            assert known_values(table, found[type(record)], had[table.name]) == old, table.name
        else:
            assert type(record) not in found


@pytest.mark.parametrize("released", range(1, VERSION + 1))
def test_a_journal_of_every_released_layout_keeps_every_row(tmp_path, released):
    path = str(tmp_path / "journal.db")
    with closing(begin(path)) as connection:
        for step in shipped_migrations()[: released - 1]:
            step_up(connection, step)
        fill(connection, ANN)
        had = {
            table.name: columns
            for table in TABLES.values()
            if (columns := columns_of(connection, table.name))
        }
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        empty = [
            name for name in tables if not connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        ]
    assert empty == []
    assert tables - MADE_BY_HAND == set(had)

    with closing(SqliteJournal.open(path)) as journal:
        assert_same(kept(journal, ANN), ANN, had)
        assert journal._db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert journal._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert journal._db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert check_log(path).broken is None
    assert check_log(path).lines == 2


def test_a_journal_that_lived_through_every_layout_keeps_what_each_wrote(tmp_path):
    path = str(tmp_path / "journal.db")
    had = {}
    with closing(begin(path)) as connection:
        for step in (None, *shipped_migrations()):
            if step is not None:
                step_up(connection, step)
            layout = 1 if step is None else step.version
            fill(connection, person(layout))
            had[layout] = {
                table.name: columns
                for table in TABLES.values()
                if (columns := columns_of(connection, table.name))
            }

    with closing(SqliteJournal.open(path)) as journal:
        for layout in range(1, VERSION + 1):
            assert_same(kept(journal, person(layout)), person(layout), had[layout])
        newest = kept(journal, person(VERSION))
        assert tuple(newest.values()) == tuple(replace(each, person=person(VERSION)) for each in WHOLE)
    assert check_log(path).broken is None
    assert check_log(path).lines == 2 * VERSION


def test_the_calendar_of_an_old_block_is_told_by_how_its_revision_looks(tmp_path):
    path = str(tmp_path / "journal.db")
    block = next(each for each in WHOLE if isinstance(each, Block))
    looks = {"g": "e" * 32, "f": "e" * 64, "o": ""}
    with closing(begin(path)) as connection:
        for step in shipped_migrations()[:12]:
            step_up(connection, step)
        fill(connection, ANN)
        connection.execute("DELETE FROM block")
        columns = columns_of(connection, "block")
        for number, (name, revision) in enumerate(looks.items(), 1):
            old = replace(block, id=name, generation=number, state=BlockState.OWED, revision=revision)
            insert(connection, "block", known_values(TABLES[Block], old, columns))
    with closing(SqliteJournal.open(path)) as journal:
        found = {each.id: each.calendar for each in journal.load(ANN).blocks}
    assert found == {"g": "google", "f": "local", "o": ""}

"""The journal's layout: the same rules in SQL and in code, and the way from older layouts."""

import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest

from automations.errors import StoreError
from automations.model.records import Recorded
from automations.plan import lifecycle
from automations.store.migrate import (
    APPLICATION_ID,
    VERSION,
    Layout,
    Migration,
    parse_migrations,
    run_script,
    shipped_migrations,
    shipped_schema,
)
from automations.store.rows import PROBLEMS, TABLES
from automations.store.sqlite import SqliteJournal
from automations.testing.journal_records import ANN, NOW, WHOLE, all_records, record_line, some_idea

FIRST_SCHEMA = Path(__file__).with_name("journal_schema_1.sql").read_text(encoding="utf-8")


@pytest.fixture
def new():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        run_script(connection, shipped_schema())
        yield connection


def shape_of(connection):
    """What a layout is, apart from how its SQL is laid out: columns, indexes, references, triggers."""
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    shape = {}
    for table in tables:
        indexes = connection.execute(f'PRAGMA index_list("{table}")').fetchall()
        shape[table] = (
            [row[1:] for row in connection.execute(f'PRAGMA table_xinfo("{table}")')],
            sorted(
                (name, *rest, tuple(connection.execute(f'PRAGMA index_xinfo("{name}")')))
                for _, name, *rest in indexes
            ),
            sorted(row[1:] for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')),
        )
    shape["triggers"] = [
        (name, " ".join(sql.split()))
        for name, sql in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        )
    ]
    shape["moves"] = set(connection.execute("SELECT old, new FROM draft_move"))
    return shape


def test_a_new_journal_is_the_first_one_after_all_migrations(new):
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as old:
        run_script(old, FIRST_SCHEMA)
        for step in shipped_migrations():
            run_script(old, step.sql)
        assert shape_of(old) == shape_of(new)


def test_the_version_is_the_highest_migration():
    assert len(shipped_migrations()) + 1 == VERSION


def test_the_database_knows_the_moves_of_the_life_cycle(new):
    in_code = {(old.value, new.value) for old, following in lifecycle.MOVES.items() for new in following}
    in_code |= {("", first.value) for first in lifecycle.FIRST}
    assert set(new.execute("SELECT old, new FROM draft_move")) == in_code


def test_every_record_class_has_its_columns_in_order(new):
    for table in (*TABLES.values(), PROBLEMS):
        columns = [row[1] for row in new.execute(f'PRAGMA table_info("{table.name}")')]
        assert columns == [field.name for field in fields(table.record)], table.name


def test_every_rule_of_the_twin_is_an_index_of_the_database_and_the_other_way_round(new):
    for table in TABLES.values():
        in_database = set()
        for _, name, unique, _, partial in new.execute(f'PRAGMA index_list("{table.name}")'):
            columns = tuple(row[2] for row in new.execute(f'PRAGMA index_info("{name}")'))
            if unique and columns != table.key:
                (sql,) = new.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
                states = frozenset(sql.partition("WHERE")[2].split("'")[1::2])
                assert bool(states) == bool(partial)
                in_database.add((columns, states))
        assert in_database == {(rule.columns, rule.states) for rule in table.unique}, table.name


def test_every_table_of_records_carries_the_person(new):
    names = [name for (name,) in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    without = {
        name
        for name in names
        if "person" not in [row[1] for row in new.execute(f'PRAGMA table_info("{name}")')]
    }
    assert without == {"draft_move", "sqlite_sequence"}


# Older journals

COLOUR = Migration(
    VERSION + 1, "next_colour.sql", "ALTER TABLE idea ADD COLUMN colour TEXT NOT NULL DEFAULT '';\n"
)
REBUILD = Migration(
    VERSION + 2,
    "then_rebuild.sql",
    """
    -- a table that others refer to, made anew
    CREATE TABLE incident_new AS SELECT * FROM incident;
    DROP TABLE incident;
    CREATE TABLE incident (
        id TEXT NOT NULL, person TEXT NOT NULL, title TEXT NOT NULL, severity INTEGER NOT NULL,
        phase TEXT NOT NULL, impact TEXT NOT NULL, started TEXT NOT NULL, opened TEXT NOT NULL,
        owner TEXT NOT NULL, resolved TEXT, audiences TEXT NOT NULL, rev INTEGER NOT NULL,
        PRIMARY KEY (person, id)
    );
    INSERT INTO incident SELECT * FROM incident_new;
    DROP TABLE incident_new;
    """,
)


def layout(*migrations):
    return Layout(VERSION + len(migrations), shipped_schema(), (*shipped_migrations(), *migrations))


@pytest.fixture
def old(tmp_path):
    """A journal of the newest layout with one record of every class."""
    path = str(tmp_path / "journal.db")
    with closing(SqliteJournal.open(path, layout=layout())) as journal:
        journal.record(record_line(), WHOLE)
    return path


def columns_of(path, table):
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return version, [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_an_old_journal_is_brought_up_to_date_and_keeps_everything(old):
    with closing(SqliteJournal.open(old, layout=layout(COLOUR, REBUILD))) as journal:
        recorded = journal.load(ANN)
        assert all_records(recorded) == WHOLE
        assert journal._db.execute("PRAGMA foreign_keys").fetchone() == (1,)
    version, columns = columns_of(old, "idea")
    assert (version, columns[-1]) == (VERSION + 2, "colour")


def known_values(table, record, columns):
    return {
        name: value
        for name, value in zip(table.columns, table.encode(record), strict=True)
        if name in columns
    }


def test_a_journal_of_the_first_layout_keeps_its_records(tmp_path):
    path = str(tmp_path / "journal.db")
    written = []
    with closing(sqlite3.connect(path, isolation_level=None)) as first:
        run_script(first, FIRST_SCHEMA)
        for record in WHOLE:
            table = TABLES[type(record)]
            columns = [row[1] for row in first.execute(f'PRAGMA table_info("{table.name}")')]
            if columns:  # a class that layout 1 had already
                values = known_values(table, record, columns)
                names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
                first.execute(
                    f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', tuple(values.values())
                )
                written.append((record, columns))
        first.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        first.execute("PRAGMA user_version = 1")

    with closing(SqliteJournal.open(path)) as journal:
        kept = all_records(journal.load(ANN))

    assert len(written) == 7
    for (old_record, columns), new_record in zip(written, kept, strict=True):
        table = TABLES[type(old_record)]
        assert known_values(table, new_record, columns) == known_values(table, old_record, columns)
    assert columns_of(path, "promise")[0] == VERSION


def test_only_the_missing_steps_are_taken(old):
    with closing(SqliteJournal.open(old, layout=layout(COLOUR))):
        pass
    with closing(SqliteJournal.open(old, layout=layout(COLOUR, REBUILD))) as journal:
        assert len(journal.load(ANN).incidents) == 1
    assert columns_of(old, "idea")[0] == VERSION + 2


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE idea ADD COLUMN size TEXT;\nALTER TABLE nothing ADD COLUMN size TEXT;\n",
        "ALTER TABLE idea ADD COLUMN size TEXT;\nDELETE FROM incident;\n",
        "ALTER TABLE idea ADD COLUMN size TEXT;\nSELECT 1; SELECT 2;\n",
    ],
    ids=["no such table", "updates left without their incident", "two statements on a line"],
)
def test_a_step_that_fails_leaves_the_journal_as_the_step_before_did(old, sql):
    broken = Migration(VERSION + 2, "then_broken.sql", sql)
    with pytest.raises(
        StoreError, match=rf"layout {VERSION + 2} \(then_broken.sql.*stays at layout {VERSION + 1}"
    ) as caught:
        SqliteJournal.open(old, layout=layout(COLOUR, broken))
    assert caught.value.where == old
    version, columns = columns_of(old, "idea")
    assert (version, columns[-1]) == (VERSION + 1, "colour")
    with closing(SqliteJournal.open(old, layout=layout(COLOUR))) as journal:
        assert len(journal.load(ANN).incidents) == 1


def test_an_older_program_refuses_the_upgraded_journal(old):
    with closing(SqliteJournal.open(old, layout=layout(COLOUR))):
        pass
    with pytest.raises(StoreError, match="newer magicloop"):
        SqliteJournal.open(old, layout=layout())


def test_a_new_journal_has_the_newest_version_at_once(tmp_path):
    path = str(tmp_path / "journal.db")
    with closing(SqliteJournal.open(path)) as journal:
        assert journal.load(ANN) == Recorded(ANN)
        journal.record(record_line(at=NOW), [some_idea()])
    assert columns_of(path, "idea")[0] == VERSION


def test_migrations_are_read_by_number_and_gaps_are_refused():
    named = [("0003_b.sql", "b"), ("0002_a.sql", "a"), ("README", "no")]
    assert [(step.version, step.sql) for step in parse_migrations(named)] == [(2, "a"), (3, "b")]
    for wrong in ([("0003_b.sql", "b")], [("0002_a.sql", "a"), ("0002_b.sql", "b")], [("0001_a.sql", "a")]):
        with pytest.raises(ValueError, match="numbered"):
            parse_migrations(wrong)

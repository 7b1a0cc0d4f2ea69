"""How a record class is stored as a table: its columns, its key, what is unique, and the statements for it.

Columns are named like the fields.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from automations.store.codecs import PLAIN, Codec

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = tuple[Any, ...]
"""Column values in the order of `Table.columns`."""

Key = tuple[Any, ...]
"""The values of a table's key columns."""


@dataclass(frozen=True, slots=True)
class Unique:
    """At most one row with the same `columns`, counting only rows in `states` (empty: every row).

    The database has an index for each; `sentence` is what a person reads when it refuses.
    """

    columns: tuple[str, ...]
    sentence: str
    states: frozenset[str] = frozenset()

    def value_of(self, record: Any) -> Key | None:
        """Return what must be unique of this record, None when the rule does not count it."""
        if self.states and record.state not in self.states:
            return None
        return tuple(getattr(record, column) for column in self.columns)


@dataclass(frozen=True, slots=True)
class Parent:
    """The record of class `record` whose key is in `columns` must be there at the end of the transaction."""

    columns: tuple[str, ...]
    record: type


@dataclass(frozen=True)
class Table:
    """One record class as a table. `place` is its attribute in `Recorded`."""

    name: str
    noun: str
    place: str
    record: type[Any]
    key: tuple[str, ...]
    codecs: Mapping[str, Codec]
    unique: tuple[Unique, ...] = ()
    parent: Parent | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The column names, in the order of the record's fields."""
        return tuple(field.name for field in fields(self.record))

    @cached_property
    def insert(self) -> str:
        """The statement that takes a whole row."""
        marks = ", ".join("?" * len(self.columns))
        return f'INSERT INTO "{self.name}" ({_quoted(self.columns)}) VALUES ({marks})'  # noqa: S608 -- our own names

    @cached_property
    def update(self) -> str:
        """The statement that takes a whole row, the key and the revision it replaces."""
        sets = ", ".join(f'"{column}" = ?' for column in self.columns)
        keys = " AND ".join(f'"{column}" = ?' for column in self.key)
        return f'UPDATE "{self.name}" SET {sets} WHERE {keys} AND rev = ?'  # noqa: S608 -- our own names

    @cached_property
    def select(self) -> str:
        """The statement that reads all rows of a person, oldest first."""
        return f'SELECT {_quoted(self.columns)} FROM "{self.name}" WHERE person = ? ORDER BY rowid'  # noqa: S608 -- our own names

    def encode(self, record: Any) -> Row:
        """Return the record's row.

        :raises ValueError: an instant without a zone, or a state that does not exist.
        """
        return tuple(
            None if value is None else self.codecs.get(column, PLAIN).put(value)
            for column in self.columns
            for value in (getattr(record, column),)
        )

    @cached_property
    def _coded(self) -> tuple[tuple[int, Codec], ...]:
        """The columns that are not stored as they are, by place."""
        return tuple((at, self.codecs[name]) for at, name in enumerate(self.columns) if name in self.codecs)

    def decode(self, row: Row) -> Any:
        """Return the row's record.

        A run decodes every row of ten years, so that only what has another form is touched.

        :raises ValueError: the row does not hold one (somebody wrote into the file).
        """
        values = list(row)
        for at, codec in self._coded:
            if values[at] is not None:
                values[at] = codec.get(values[at])
        return self.record(*values)

    def key_of(self, record: Any) -> Key:
        """Return the values that name the record."""
        return tuple(getattr(record, column) for column in self.key)

    def label(self, record: Any) -> str:
        """Return the record's name for a person, e.g. `cycle boss@corp.test 2026-03`."""
        names = " ".join(str(getattr(record, column)) for column in self.key if column != "person")
        return f"{self.noun} {names}"


def _quoted(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)

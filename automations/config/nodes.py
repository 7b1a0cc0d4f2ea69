"""The spec as a tree of keys, for everything that walks it: reading, the sample, the docs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from automations.config.spec import Table


@dataclass(frozen=True, slots=True)
class Kind:
    """What one value may be: its type with limits, the form its text must have, and if it is secret."""

    type: inspect.Type
    form: str = ""
    secret: bool = False

    @property
    def item(self) -> Kind | None:
        """The kind of a list's items; None where no list is allowed."""
        for one in _members(self.type):
            if isinstance(one, inspect.VarTupleType):
                inner = _kind(one.item_type)
                return Kind(inner.type, inner.form, self.secret or inner.secret)
        return None

    @property
    def limits(self) -> inspect.VarTupleType:
        """The list type with its limits of length; ask only where `item` is not None."""
        return next(one for one in _members(self.type) if isinstance(one, inspect.VarTupleType))

    @property
    def scalar(self) -> Kind | None:
        """The kind of a single value; None where only a list is allowed."""
        for one in _members(self.type):
            inner = _kind(one)
            if not isinstance(inner.type, inspect.VarTupleType):
                return Kind(inner.type, self.form or inner.form, self.secret or inner.secret)
        return None

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        item, scalar = self.item, self.scalar
        if item is None:
            return _scalar_words(self.type)
        return "a list of texts" if scalar is None else "text, or a list of texts,"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key with a value."""

    name: str
    kind: Kind
    description: str
    examples: tuple[Any, ...]
    required: bool
    default: Any
    unset: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A table inside a table: `[name]`, or `[[name]]` where there may be many."""

    name: str
    spec: type[Table]
    many: bool
    required: bool
    limit: int | None = None


Node: TypeAlias = Leaf | Branch


@cache
def nodes(spec: type[Table]) -> Mapping[str, Node]:
    """Return the keys of a table by name, in the order of the spec."""
    info = inspect.type_info(spec)
    assert isinstance(info, inspect.StructType)
    return {one.encode_name: _node(one) for one in info.fields}


def leaves(spec: type[Table]) -> tuple[Leaf, ...]:
    """Return the keys of a table that hold values."""
    return tuple(node for node in nodes(spec).values() if isinstance(node, Leaf))


def sections(
    spec: type[Table], prefix: str = "", *, many: bool = False
) -> Iterator[tuple[str, type[Table], bool]]:
    """Yield every table with its dotted name and whether it is a `[[table]]`, outermost first."""
    yield prefix, spec, many
    for node in nodes(spec).values():
        if isinstance(node, Branch):
            yield from sections(node.spec, dotted(prefix, node.name), many=node.many)


def dotted(prefix: str, name: str) -> str:
    """Join a table's name and a key."""
    return f"{prefix}.{name}" if prefix else name


def _node(field: inspect.Field) -> Node:
    bare = _bare(field.type)
    if isinstance(bare, inspect.StructType):
        return Branch(field.encode_name, _table(bare), many=False, required=field.required)
    if isinstance(bare, inspect.VarTupleType) and isinstance(bare.item_type, inspect.StructType):
        return Branch(
            field.encode_name, _table(bare.item_type), many=True, required=False, limit=bare.max_length
        )
    extra, words = _extra(field.type)
    return Leaf(
        name=field.encode_name,
        kind=_kind(field.type),
        description=words.get("description", ""),
        examples=tuple(words.get("examples", ())),
        required=field.required,
        default=None if field.default is msgspec.NODEFAULT else field.default,
        unset=extra.get("unset", ""),
    )


def _table(kind: inspect.StructType) -> type[Table]:
    return cast("type[Table]", kind.cls)


def _bare(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _extra(kind: inspect.Type) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if isinstance(kind, inspect.Metadata):
        return kind.extra or {}, kind.extra_json_schema or {}
    return {}, {}


def _kind(kind: inspect.Type) -> Kind:
    extra, _ = _extra(kind)
    return Kind(_bare(kind), extra.get("form", ""), bool(extra.get("secret", False)))


def _members(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _scalar_words(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.LiteralType):
        if len(kind.values) == 1:
            return f'"{kind.values[0]}"'
        return "one of " + ", ".join(f'"{value}"' for value in kind.values)
    if isinstance(kind, inspect.IntType):
        return f"a whole number from {kind.ge} to {kind.le}"
    if isinstance(kind, inspect.FloatType):
        return f"a number from {kind.ge:g} to {kind.le:g}"
    return "true or false" if isinstance(kind, inspect.BoolType) else "text in quotes"

"""Fit a TOML document to the spec, and name every key that does not fit.

What is wrong is left out and its default put in its place, so that the rest can be checked too;
a document with problems is never used. Values are shown back short, escaped, and not at all where
the key is a secret or unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import inspect

from automations.config import forms
from automations.config.nodes import Branch, Kind, Leaf, dotted, nodes, sections
from automations.errors import ConfigProblem

if TYPE_CHECKING:
    from automations.config.spec import Table

T = TypeVar("T", bound="Table")

_SHOWN = 40
_ALIKE = 0.65
"""How like a key an unknown one must be to be taken for a slip of the finger."""
_LONGEST_KEY = 60
# Python refuses to print whole numbers of more digits than this; nobody reads half as many.
_BITS_SHOWN = 128
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_KINDS = (
    (str, "text"),
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (datetime, "a date and time"),
    (date, "a date"),
    (time, "a time of day"),
    (list, "a list"),
    (dict, "a table"),
)


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A document fitted to the spec: usable only where `problems` is empty. `given` are the keys it sets."""

    config: T
    problems: tuple[ConfigProblem, ...]
    given: frozenset[str]

    def sound(self, *keys: str) -> bool:
        """Tell whether nothing was found wrong at these keys, above them or below them."""
        return not any(_related(problem.key, key) for problem in self.problems for key in keys)


def read_document(spec: type[T], document: dict[str, Any]) -> Reading[T]:
    """Fit a parsed TOML document to the spec. Never raises for what the document holds."""
    reader = _Reader(spec)
    config = reader.table(spec, document, "")
    return Reading(config, tuple(reader.problems), frozenset(reader.given))


def value_fault(spec: type[Table], key: str, value: object) -> str:
    """Return what is wrong with one value of `section.key`, or ''; for an answer to a question.

    :raises KeyError: the spec has no such key.
    """
    section, _, name = key.rpartition(".")
    table = next((one for where, one, _ in sections(spec) if where == section), spec)
    leaf = nodes(table)[name]
    assert isinstance(leaf, Leaf)
    reader = _Reader(spec)
    reader.value(leaf.kind, value, key)
    return next((problem.what for problem in reader.problems), "")


def shown(value: object) -> str:
    """Return a value as people may see it: one line, short, escaped."""
    if isinstance(value, str):
        text = repr(value[: _SHOWN + 1])
        return text if len(value) <= _SHOWN else f"{repr(value[:_SHOWN])[:-1]}...{text[0]}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > _BITS_SHOWN:
        return "a huge number"
    return str(value) if isinstance(value, int | float | date | time) else kind_words(value)


def kind_words(value: object) -> str:
    """Return what sort of TOML value it is, in words."""
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "something else")


def safe_key(name: str) -> str:
    """Return a key as people may see it; TOML allows any character in a quoted one."""
    return name if _BARE_KEY.fullmatch(name) and len(name) <= _LONGEST_KEY else shown(name)


def _related(one: str, two: str) -> bool:
    return one == two or any(
        f"{long}".startswith((f"{short}.", f"{short}[")) for long, short in ((one, two), (two, one))
    )


@dataclass(slots=True)
class _Reader:
    root: type[Table]
    problems: list[ConfigProblem] = field(default_factory=list)
    given: set[str] = field(default_factory=set)

    def table(self, spec: type[T], value: dict[str, Any], where: str) -> T:
        """Fit one table; required keys that are missing are reported and hold ''."""
        known = nodes(spec)
        for name in value:
            if name not in known:
                self._unknown(spec, name, where)
        parts: dict[str, Any] = {}
        for name, node in known.items():
            key = dotted(where, name)
            if name in value:
                self.given.add(key)
            if isinstance(node, Branch):
                parts[name] = self._branch(node, value.get(name), key)
            else:
                parts[name] = self._leaf(node, value, key)
        return spec(**parts)

    def _say(self, key: str, what: str) -> None:
        self.problems.append(ConfigProblem(key, what))

    def _unknown(self, spec: type[Table], name: str, where: str) -> None:
        what, key = "unknown key", dotted(where, safe_key(name))
        near = get_close_matches(name[:_LONGEST_KEY].lower(), nodes(spec), n=1, cutoff=_ALIKE)
        homes = [
            f"[[{section}]]" if many else f"[{section}]"
            for section, table, many in sections(self.root)
            if name in nodes(table) and section
        ]
        if near:
            what += f"; did you mean {near[0]}?"
        elif homes:
            what += f"; it belongs in {' or '.join(homes[:3])}"
        else:
            what += f"; allowed: {', '.join(nodes(spec))}"
        self._say(key, what)

    def _branch(self, node: Branch, value: object, key: str) -> Any:
        if node.many:
            return self._tables(node, value, key)
        plain = getattr(node.spec, "PLAIN", "")
        if plain and isinstance(value, str):
            # Some tables may be written as the text of one of their keys.
            value = {plain: value}
        if isinstance(value, dict):
            return self.table(node.spec, value, key)
        if value is not None or node.required:
            needed = [
                leaf for leaf, one in nodes(node.spec).items() if isinstance(one, Leaf) and one.required
            ]
            write = f"write [{key}]" + (
                f" with {', '.join(needed)} below it" if needed else " and its keys below it"
            )
            many = isinstance(value, list)
            what = "there is only one; " if many else "" if value is None else f"is {kind_words(value)}; "
            # Some tables say themselves what people write in their place.
            write = getattr(node.spec, "CURE", write)
            self._say(key, f"is missing; {write}" if value is None else what + write)
        return _blank(node.spec)

    def _tables(self, node: Branch, value: object, key: str) -> tuple[Table, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            self._say(key, f"is {kind_words(value)}; write [[{key}]] with two brackets, once for each")
            return ()
        if node.limit is not None and len(value) > node.limit:
            self._say(key, f"has {len(value)} entries; at most {node.limit} are allowed")
            return ()
        found: list[Table] = []
        for place, one in enumerate(value):
            at = f"{key}[{place}]"
            if isinstance(one, dict):
                found.append(self.table(node.spec, one, at))
            else:
                self._say(at, f"is {kind_words(one)}; write [[{key}]] with two brackets, once for each")
                # Kept as a blank, so that the ones behind it keep their numbers.
                found.append(_blank(node.spec))
        return tuple(found)

    def _leaf(self, leaf: Leaf, table: dict[str, Any], key: str) -> Any:
        if leaf.name not in table:
            if leaf.required:
                example = f'; write {leaf.name} = "{leaf.examples[0]}"' if leaf.examples else ""
                self._say(key, f"is missing{example}")
            return "" if leaf.required else leaf.default
        before = len(self.problems)
        value = self.value(leaf.kind, table[leaf.name], key)
        if len(self.problems) > before:
            return "" if leaf.required else leaf.default
        return value

    def value(self, kind: Kind, value: object, key: str) -> Any:
        """Fit one value; what is wrong is reported and what is returned is then of no use."""
        item, scalar = kind.item, kind.scalar
        if item is not None and isinstance(value, list):
            self._length(kind, value, key)
            return tuple(self.value(item, one, f"{key}[{at}]") for at, one in enumerate(value))
        if scalar is None or isinstance(value, list):
            hint = ", in square brackets" if scalar is None else ""
            self._say(key, f"is {self._kind_shown(kind, value)}; must be {kind.allowed}{hint}")
            return None
        what = self._scalar_fault(scalar, kind.allowed, value)
        if what:
            self._say(key, what)
        return value

    def _length(self, kind: Kind, value: list[Any], key: str) -> None:
        limits = kind.limits
        if limits.min_length is not None and len(value) < limits.min_length:
            self._say(key, "is an empty list; leave it out or name at least one")
        if limits.max_length is not None and len(value) > limits.max_length:
            self._say(key, f"has {len(value)} entries; at most {limits.max_length} are allowed")

    def _scalar_fault(self, kind: Kind, allowed: str, value: object) -> str:
        bare = kind.type
        if isinstance(bare, inspect.StrType):
            if not isinstance(value, str):
                return f"is {self._kind_shown(kind, value)}; must be {allowed.rstrip(',')}"
            return _text_fault(kind, bare, value)
        if isinstance(bare, inspect.LiteralType):
            return _choice_fault(kind, bare, allowed, value)
        if _fits(bare, value):
            return ""
        if isinstance(value, str) and not kind.secret:
            return f"is text ({shown(value)}); must be {allowed}, without quotes"
        return f"is {self._kind_shown(kind, value)}; must be {allowed}"

    def _kind_shown(self, kind: Kind, value: object) -> str:
        hidden = kind.secret or isinstance(value, str | list | dict)
        return kind_words(value) if hidden else shown(value)


def _blank(spec: type[T]) -> T:
    return _Reader(spec).table(spec, {}, "")


def _fits(kind: inspect.Type, value: object) -> bool:
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(kind, inspect.IntType):
        return isinstance(value, int) and _within(kind, value)
    return isinstance(kind, inspect.FloatType) and _within(kind, value)


def _within(kind: inspect.IntType | inspect.FloatType, value: float) -> bool:
    # Every number of the spec has limits, which not-a-number and infinity fail.
    return (kind.ge is None or value >= kind.ge) and (kind.le is None or value <= kind.le)


def _choice_fault(kind: Kind, bare: inspect.LiteralType, allowed: str, value: object) -> str:
    if isinstance(value, str) and value in bare.values:
        return ""
    if not isinstance(value, str):
        return f"is {kind_words(value)}; must be {allowed}"
    near = get_close_matches(value[:_LONGEST_KEY].lower(), [str(one) for one in bare.values], n=1)
    hint = f"; did you mean {near[0]}?" if near and not kind.secret else ""
    said = "this value" if kind.secret else shown(value)
    return f"{said} is not allowed; must be {allowed}{hint}"


def _text_fault(kind: Kind, bare: inspect.StrType, value: str) -> str:
    if bare.min_length and not value.strip():
        return "is empty"
    if bare.max_length is not None and len(value) > bare.max_length:
        return f"has {len(value)} characters; at most {bare.max_length} are allowed"
    what = forms.line_fault(value)
    if what:
        return what
    what = forms.FORMS[kind.form](value) if kind.form else ""
    if not what:
        return ""
    hidden = kind.secret or forms.shows_nothing(kind.form, value)
    return what if hidden else f"{shown(value)} {what}"

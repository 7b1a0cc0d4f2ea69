"""How one field of a record becomes a column value and comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from automations.model.seen import Span
from automations.store.instants import instant_to_text, text_to_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Codec:
    """How one field becomes a column value and comes back. None is NULL for every codec."""

    put: Callable[[Any], Any]
    get: Callable[[Any], Any]


def _as_is(value: Any) -> Any:
    return value


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _span_to_text(span: Span) -> str:
    return f"{instant_to_text(span.start)}/{instant_to_text(span.end)}"


def _text_to_span(text: str) -> Span:
    start, end = text.split("/")
    return Span(text_to_instant(start), text_to_instant(end))


def member(kind: type[StrEnum]) -> Codec:
    """Return the codec of a state: only a member of `kind` goes in and comes back."""
    return Codec(put=lambda value: kind(value).value, get=kind)


PLAIN = Codec(put=_as_is, get=_as_is)
FLAG = Codec(put=int, get=bool)
INSTANT = Codec(put=instant_to_text, get=text_to_instant)
DATE = Codec(put=date.isoformat, get=date.fromisoformat)
SPAN = Codec(put=_span_to_text, get=_text_to_span)
SPANS = Codec(
    put=lambda spans: _to_json([_span_to_text(span) for span in spans]),
    get=lambda text: tuple(_text_to_span(each) for each in json.loads(text)),
)
TEXTS = Codec(put=lambda texts: _to_json(list(texts)), get=lambda text: tuple(json.loads(text)))
FIELDS = Codec(put=lambda words: _to_json(dict(words)), get=json.loads)
AUDIENCES = Codec(
    put=lambda pairs: _to_json([[kind, list(to)] for kind, to in pairs]),
    get=lambda text: tuple((kind, tuple(to)) for kind, to in json.loads(text)),
)
DATED_TEXTS = Codec(
    put=lambda pairs: _to_json([[instant_to_text(at), words] for at, words in pairs]),
    get=lambda text: tuple((text_to_instant(at), words) for at, words in json.loads(text)),
)

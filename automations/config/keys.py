"""What every table of the config spec is made of: the table itself, and the kinds of text a key may hold."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

# Longer words than these are a paste gone wrong, and would make mails and events nobody reads.
NAME = 120
SENTENCE = 500
MANY = 200
PATH = 4096


def key(description: str, *, extra: dict[str, Any] | None = None, **limits: Any) -> Meta:
    """Return what a key means, what it may hold, and what its `extra` says more; see `spec`."""
    return Meta(description=description, extra=extra, **limits)


Sentence = Annotated[str, Meta(min_length=1, max_length=SENTENCE)]
Address = Annotated[
    str, Meta(min_length=1, max_length=254, extra={"form": "address"}, extra_json_schema={"format": "email"})
]
PathText = Annotated[str, Meta(min_length=1, max_length=PATH, extra={"form": "path"})]
WindowText = Annotated[str, Meta(min_length=1, max_length=SENTENCE, extra={"form": "windows"})]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the config file; unknown keys are refused."""

"""What the Gmail mailbox last saw of each draft of ours: a file that saves calls and may be lost at any time.

With it, an unchanged draft is not fetched again, one the web composer only rewrapped counts as unchanged,
and one that is gone can be looked for in the thread it was in.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from automations.errors import ProviderError
from automations.providers.google.auth import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 200
"""Drafts kept; the oldest go first."""
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """A draft as last seen: Gmail's ids, our `ref`, its bytes as `raw`, and when (seconds since 1970).

    `before` are the messages that stood in its thread before it was made.
    """

    message: str
    thread: str
    ref: str
    raw: str
    at: float
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A draft that is about to be made: its bytes as `raw`, and the ids of the drafts that stood before."""

    raw: str
    before: tuple[str, ...]


class KnownDrafts:
    """The file of known drafts, by draft id; an unreadable one counts as empty. With "" nothing is kept."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._drafts: dict[str, Known] | None = None
        self._begun: dict[str, Begun] = {}
        self._sent_refs: dict[str, str] | None = None

    @property
    def sent_refs(self) -> dict[str, str]:
        """The ref of each sent message that was looked at, "" for one that is not of ours; kept with the next change."""
        self._all()
        if self._sent_refs is None:
            self._sent_refs = {}
        return self._sent_refs

    def get(self, draft_id: str) -> Known | None:
        """Return what is known of a draft."""
        return self._all().get(draft_id)

    def of_ref(self, ref: str) -> Iterator[str]:
        """Yield the ids of the drafts made for a ref, newest first."""
        yield from [draft_id for draft_id, known in reversed(self._all().items()) if known.ref == ref]

    def begin(self, ref: str, begun: Begun) -> None:
        """Note what is about to be made, so that it is known again should its answer be lost."""
        drafts = self._all()
        self._begun[ref] = begun
        self._write(drafts)

    def begun(self, ref: str) -> Begun | None:
        """Return what was begun for a ref and not seen since."""
        self._all()
        return self._begun.get(ref)

    def put(self, draft_id: str, known: Known) -> None:
        """Remember a draft as seen now."""
        drafts = self._all()
        if drafts.get(draft_id) == known:
            return
        self._begun.pop(known.ref, None)
        drafts.pop(draft_id, None)
        drafts[draft_id] = known
        for oldest in list(drafts)[: max(0, len(drafts) - MOST)]:
            del drafts[oldest]
        self._write(drafts)

    def forget(self, draft_id: str) -> None:
        """Forget a draft that we deleted."""
        drafts = self._all()
        if drafts.pop(draft_id, None) is not None:
            self._write(drafts)

    def _all(self) -> dict[str, Known]:
        if self._drafts is None:
            self._drafts = self._read()
        return self._drafts

    def _read(self) -> dict[str, Known]:
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123 - one read of a known place
                if os.fstat(file.fileno()).st_size > _LARGEST:
                    return {}
                held = json.loads(file.read())
            self._begun = {
                str(ref): Begun(str(one["raw"]), tuple(one["before"]))
                for ref, one in held.get("begun", {}).items()
            }
            self._sent_refs = {str(sent): str(ref) for sent, ref in held.get("sent_refs", {}).items()}
            return {
                str(draft_id): Known(**{**fields, "before": tuple(fields.get("before", ()))})
                for draft_id, fields in held["drafts"].items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def _write(self, drafts: dict[str, Known]) -> None:
        if not self._path:
            return
        held = {
            "drafts": {draft_id: asdict(known) for draft_id, known in drafts.items()},
            "begun": {ref: asdict(begun) for ref, begun in self._begun.items()},
            "sent_refs": dict(list((self._sent_refs or {}).items())[-MOST:]),
        }
        # What is kept here only saves calls: a full disk must not make a draft that was created look failed.
        with suppress(ProviderError):
            write_private(self._path, json.dumps(held))

"""What is worth remembering of an account between runs; losing it costs a call, never more."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from automations.whole_files import place_file


class Notes:
    """A small JSON file: what an account has, which calendars are others', until when not to ask at all."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._known = self._load()

    @property
    def no_focus_time(self) -> bool:
        """Whether Google said that this account has none."""
        return self._known.get("no_focus_time") is True

    def note_no_focus_time(self) -> None:
        """Remember that this account has none."""
        self._keep("no_focus_time", value=True)

    @property
    def foreign(self) -> frozenset[str]:
        """The calendars that are not the person's own, as far as that was found out."""
        named = self._known.get("foreign")
        return frozenset(str(one) for one in named) if isinstance(named, list) else frozenset()

    def note_foreign(self, calendar: str) -> None:
        """Remember that a calendar is somebody else's."""
        self._keep("foreign", value=sorted(self.foreign | {calendar}))

    @property
    def stopped_until(self) -> datetime | None:
        """When the quota begins anew, None when it is not used up."""
        try:
            until = datetime.fromisoformat(str(self._known.get("stopped_until", "")))
        except ValueError:
            return None
        return until.astimezone(UTC) if until.tzinfo else None

    def note_stopped(self, until: datetime | None) -> None:
        """Remember until when the quota is used up."""
        if until is not None and until != self.stopped_until:
            self._keep("stopped_until", value=until.isoformat())

    def _load(self) -> dict[str, Any]:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _keep(self, name: str, *, value: object) -> None:
        self._known[name] = value
        with suppress(OSError):  # what cannot be kept is asked for again
            place_file(self._path, json.dumps(self._known).encode())

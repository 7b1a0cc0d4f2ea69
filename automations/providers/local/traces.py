"""What tells that there was a journal: blocks and drafts of ours, which no run makes before it has one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from automations.compose.ics import UID_SUFFIX
from automations.errors import ProviderError
from automations.providers.local.mail import LocalMailbox

if TYPE_CHECKING:
    from automations.config.places import Places

_LARGEST = 64 * 1024 * 1024


def traces_in(places: Places) -> tuple[str, ...]:
    """Return what stands in the usual places of the data folder that only a journal can have led to.

    What cannot be read tells nothing.
    """
    found = [places.calendar_file] if _holds_block(places.calendar_file) else []
    with suppress(ProviderError):
        found += [places.drafts_folder] if LocalMailbox(places.drafts_folder).own_files() else []
    found += [places.known_drafts] if os.path.exists(places.known_drafts) else []  # noqa: PTH110 - text, as the places
    journal = Path(places.database)
    found += sorted(str(each) for each in journal.parent.glob(f"{journal.name}.before-*"))  # by a restore
    return tuple(found)


def _holds_block(path: str) -> bool:
    with suppress(OSError):
        if os.path.isfile(path):  # noqa: PTH113 - a pipe is never opened
            with Path(path).open("rb") as file:
                text = file.read(_LARGEST)
            return UID_SUFFIX.encode() in text.replace(b"\r\n ", b"").replace(b"\n ", b"")
    return False

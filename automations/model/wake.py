"""When runs looked last, and when the next has something to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Wake:
    """When the next run has something to do, and what would make it look earlier.

    `watched` pairs an absolute path with its fingerprint; `config` is the path of the config file;
    `due` None means a run must always look. `monitored` tells that also a run with nothing due has somebody
    to tell that it came by.
    """

    due: datetime | None
    config: str = ""
    version: str = ""
    watched: tuple[tuple[str, str], ...] = ()
    monitored: bool = False


@dataclass(frozen=True, slots=True)
class RunTimes:
    """What earlier runs tell of the clock: when the newest began that was not refused, and the first of all.

    `refused` is since when runs are refused for the clock. None: there was none.
    """

    last: datetime | None = None
    first: datetime | None = None
    refused: datetime | None = None


def last_look(worked: datetime | None, came_by: datetime | None) -> datetime | None:
    """Return when a run last looked: it worked then, or came by and nothing was due. None: none ever did."""
    return max(filter(None, (worked, came_by)), default=None)

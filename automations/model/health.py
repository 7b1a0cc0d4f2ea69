"""What `doctor` says and what it saw: plain values, so that each judgement is a small function of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from automations.model.wake import RunTimes

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.uptime import Uptime


LOOK_AT_CONNECTION: Final = "look at the connection, then: magicloop doctor --online"
"""What cures a server that does not answer, which may be nobody's fault here."""


class State(StrEnum):
    """How well something is. `info` needs nobody; `warning` will; `error` stands in the way now."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at: its `name`, how it is, `what` was found, and the one `fix` to type or open."""

    name: str
    state: State
    what: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class PathSeen:
    """What stands at a path.

    `mode` are the permission bits; `mine` tells whether it is owned by this user, `roots` whether by root.
    `writable` is asked of the system, which also knows of disks mounted read-only. `age_seconds` is how long
    ago it was changed. `cure` is what gives this user the rights to it, "" where that is no matter of rights.
    """

    path: str
    exists: bool
    folder: bool = False
    mode: int = 0
    mine: bool = True
    roots: bool = False
    writable: bool = True
    age_seconds: float = 0.0
    cure: str = ""


@dataclass(frozen=True, slots=True)
class DiskSeen:
    """The room on the disk a path is on: bytes for this user, and whether another file can be made."""

    path: str
    free_bytes: int
    files_left: bool = True


@dataclass(frozen=True, slots=True)
class LockSeen:
    """The run lock: whether somebody holds it, and who, where the system tells.

    `trouble` says why a run cannot have it, "" where one can, and `cure` what to type then.
    """

    path: str
    held: bool
    pid: int | None = None
    trouble: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class JournalSeen:
    """What a look into the journal's file found.

    `layout` is the file's, `known` the newest this program knows. `damage` are SQLite's own sentences,
    `lacking` the names of rules (triggers, unique indexes) that a journal of this layout must have,
    `orphans` how many rows belong to nothing. `log_lines` fit the chain; `log_broken` says which does not.
    `last_look` is when a run last worked or came by, `uptime` the machine's by then, `run_begun` when a run began
    that has not ended; `times` is what the clock is judged by.
    """

    path: str
    size: int
    layout: int
    known: int
    damage: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    orphans: int = 0
    log_lines: int = 0
    log_broken: str = ""
    people: tuple[str, ...] = ()
    last_look: datetime | None = None
    times: RunTimes = field(default_factory=RunTimes)
    uptime: Uptime | None = None
    run_begun: datetime | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZonesSeen:
    """Where the time zone rules come from (`system` or the `tzdata` package) and their version, e.g. 2026a."""

    source: str
    version: str

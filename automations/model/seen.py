"""What a run saw of the world: busy times, own blocks, drafts, as frozen values.

Instants are aware and in UTC. A calendar that could not be read is `Unreadable`, never free.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from automations.errors import FaultClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time between two UTC instants; `start` is in, `end` is out."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """The real (elapsed) length."""
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two share more than an edge."""
        return self.start < other.end and other.start < self.end


class BusyKind(StrEnum):
    """Why a stretch of time counts as taken."""

    BUSY = "busy"
    TENTATIVE = "tentative"
    OUT_OF_OFFICE = "out_of_office"
    FOCUS = "focus"
    ALL_DAY = "all_day"


@dataclass(frozen=True, slots=True)
class Busy:
    """One occurrence of an event that takes time. Free, cancelled and declined ones never get here.

    `title` is foreign text: neutralise it before showing it.
    """

    span: Span
    title: str = ""
    kind: BusyKind = BusyKind.BUSY
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A calendar or draft that could not be read, so that nothing is known of it.

    `where` is file or file:line. `fault` says if reading again can help, or only a sign-in.
    """

    calendar: str
    what: str
    where: str
    fix: str
    fault: FaultClass = FaultClass.PERMANENT


@dataclass(frozen=True, slots=True)
class BusyReport:
    """Every busy time in a range, and the calendars that could not tell."""

    busy: tuple[Busy, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """One of our own events as it stands on the calendar. `revision` changes with any change of it."""

    id: str
    span: Span
    revision: str
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class OwnBlocks:
    """Our events asked for by id. An id that is missing from `found` is not on the calendar.

    `lost` means the place that held them all is gone (a deleted file), which is not the same as
    somebody deleting each of them. Where `known` is false they could not be read, and nothing follows
    from what is missing.
    """

    found: Mapping[str, SeenBlock] = field(default_factory=dict)
    lost: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class SeenDraft:
    """One of our drafts as it stands at the provider, decoded to what a reader would see.

    `revision` changes with any change of it; `provider_id` finds it again. `extras` says, in words, what
    somebody put in that is neither shown nor written again ("a Bcc to x@y.test"): such a copy is left
    alone. `sender` is the bare address, "" where none stands. `html_words` are those the HTML part shows,
    folded to one line.
    """

    provider_id: str
    revision: str
    subject: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    body_text: str
    body_html: str
    extras: tuple[str, ...] = ()
    sender: str = ""
    html_words: str = ""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that went out, as far as the provider tells; what is not known is "".

    `id` is the provider's id of the sent mail, `message_id` the final one with its angle brackets,
    `thread` the provider's handle of the thread it stands in, `at` when it went.
    """

    id: str = ""
    message_id: str = ""
    thread: str = ""
    at: datetime | None = None


class CopyNow(StrEnum):
    """What is left of a draft's copy after a send: as it was, changed by somebody, or gone."""

    THERE = "there"
    CHANGED = "changed"
    GONE = "gone"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class SendTraces:
    """What can be seen of a send whose outcome is unclear.

    `sent` is the mail where it was found among those sent; `searched` tells whether those could be looked
    through at all: without it, not finding it means nothing. `copy` is `untold` where sending leaves the
    copy as it is, so that it proves nothing.
    """

    sent: SentMail | None = None
    searched: bool = False
    copy: CopyNow = CopyNow.UNTOLD


@dataclass(frozen=True, slots=True)
class OwnDrafts:
    """Our drafts asked for by provider id; `lost` and `known` as in `OwnBlocks`.

    What is found carries the id it has now, which is another where somebody renamed it. One that is there
    but is no mail any more is in `unreadable`, not in `found`: leave it alone. One that
    is known to have been sent by hand is in `sent`, with what is known of the mail; one that is gone, sent or deleted, in `unsure`.
    `emptied` names the place where it is there, but without a single draft of ours, asked for or not; "" else.
    """

    found: Mapping[str, SeenDraft] = field(default_factory=dict)
    lost: bool = False
    known: bool = True
    unreadable: Mapping[str, Unreadable] = field(default_factory=dict)
    sent: Mapping[str, SentMail] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    emptied: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything one run saw. A part that was not asked for is empty."""

    busy: tuple[Busy, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    unreadable_mail: tuple[Unreadable, ...] = ()
    blocks: OwnBlocks = field(default_factory=OwnBlocks)
    drafts: OwnDrafts = field(default_factory=OwnDrafts)
    holidays: Mapping[date, str] = field(default_factory=dict)
    server_now: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignInLife:
    """How long a sign-in lasts: when it `dies` if it was made for a time, when it was last `used`; None: not known.

    `where` it is kept, and the `cure`: what to do in good time.
    """

    dies: datetime | None
    used: datetime | None
    where: str
    cure: str

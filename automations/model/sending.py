"""What a person saw, leave to send it, and what became of sending.

A look is what was shown, an approval a person's word, an attempt the send it allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What a person was shown of a draft last, to tell them later what changed since: one of each draft."""

    draft: str
    person: str
    at: datetime
    text_rev: int
    hash: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body_text: str
    rev: int = 1


class ApprovalState(StrEnum):
    """An approval is used once, or voided by any change of what was approved."""

    LIVE = "live"
    CONSUMED = "consumed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word that these exact words may go to these people.

    `mime` are the bytes that will be sent, as they were checked against what was shown; b"" where the mail
    was handed over to be sent by the person. `not_before` and `expires` bound when it may go.
    """

    id: str
    person: str
    draft: str
    text_rev: int
    hash: str
    recipients: tuple[str, ...]
    at: datetime
    not_before: datetime
    expires: datetime
    state: ApprovalState = ApprovalState.LIVE
    rev: int = 1
    mime: bytes = b""


class AttemptState(StrEnum):
    """What is known of a send. `not_sent` is certain; every other state forbids a second one."""

    OPEN = "open"
    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Nudge:
    """A notice that was given, and what about: each is told of once.

    `draft:<id>`, with the newest approval's id behind it where a draft waits again; `update-due:INC-1:<when>`;
    `open:INC-1:<local day>` of an incident whose updates nobody reads.
    """

    person: str
    subject: str
    at: datetime
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One send of a draft, written down before it is made: at most one of a draft is not `not_sent`.

    One that failed while it was prepared is written down as `not_sent` too. Of those of one approval that failed
    alike the journal keeps the newest.
    `evidence` is what the sender noted beforehand, to tell later whether the mail went; only it can read
    it. `sent_id` is the provider's id of the mail that went, "" where not known.
    """

    id: str
    person: str
    draft: str
    approval: str
    at: datetime
    state: AttemptState = AttemptState.OPEN
    evidence: str = ""
    sent_id: str = ""
    detail: str = ""
    ended: datetime | None = None
    rev: int = 1

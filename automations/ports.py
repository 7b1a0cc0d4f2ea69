"""The ports: what a run needs of the outside, and every error a port may raise.

Every `:raises:` here names a clause that a test in `automations.testing` holds each
implementation to. Implementations live in `providers/` and `store/`; only `wiring.py` names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from automations.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from automations.errors import ProviderError
    from automations.model.records import (
        Draft,
        LogEntry,
        Outcome,
        Problem,
        Record,
        Recorded,
        Run,
        RunOutcome,
    )
    from automations.model.seen import (
        BusyReport,
        OwnBlocks,
        OwnDrafts,
        SeenBlock,
        SeenDraft,
        SendTraces,
        SentMail,
        Span,
    )
    from automations.model.sending import Approval
    from automations.model.uptime import Uptime
    from automations.model.wake import Wake
    from automations.model.words import Words


@dataclass(frozen=True, slots=True)
class CalendarCapabilities:
    """What a calendar provider can do; what it cannot fails in planning, with a sentence."""

    client_ids: bool
    focus_time: bool
    conditional_writes: bool


@dataclass(frozen=True, slots=True)
class MailCapabilities:
    """What a mail provider can do; what it cannot fails in planning, with a sentence.

    `writes_late`: a request whose answer was lost may be carried out some minutes later.
    """

    drafts: bool
    find_by_key: bool
    tells_sent_from_deleted: bool
    keeps_message_id: bool
    threads: bool
    writes_late: bool


@dataclass(frozen=True, slots=True)
class BlockEvent:
    """A block as it should stand on the calendar: plain text, a client-chosen id, two UTC instants.

    `zone` is the IANA zone it is shown in; `sequence` rises with every change. `again` tells that it comes
    from another calendar: that one of its id was deleted in this one says nothing.
    """

    id: str
    span: Span
    zone: str
    summary: str
    description: str
    sequence: int
    stamp: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class MailCopy:
    """A draft's bytes and what names its copy: `key` is the purpose, `ref` an opaque lasting id.

    `thread` is the provider's own handle of the thread it belongs to, as `SentMail` gave it, "" for none.
    """

    key: str
    ref: str
    subject: str
    created: datetime
    mime: bytes
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail as it was approved: its exact bytes and everybody they go to.

    `provider_id` and `revision` name its copy in the mailbox as last seen, "" where there is none.
    """

    ref: str
    sender: str
    recipients: tuple[str, ...]
    mime: bytes
    provider_id: str = ""
    revision: str = ""

    @classmethod
    def of(cls, draft: Draft, approval: Approval) -> Outgoing:
        """Return the draft as it was approved."""
        return cls(
            ref=draft.id,
            sender=draft.sender,
            recipients=approval.recipients,
            mime=approval.mime,
            provider_id=draft.provider_id,
            revision=draft.remote,
        )


class Calendar(Protocol):
    """The person's calendar.

    Any method may raise `ProviderError`, whose `fault` says whether the change may have happened.
    """

    @property
    def capabilities(self) -> CalendarCapabilities:
        """What this provider can do."""

    def fetch_busy(self, span: Span, *, own: Sequence[str]) -> BusyReport:
        """Return what takes time within `span`, without our own events `own`.

        A calendar that cannot be read is in `unreadable`; it never raises and never counts as free.
        """

    def fetch_blocks(self, ids: Sequence[str]) -> OwnBlocks:
        """Return those of our events that are on the calendar.

        :raises ProviderError: permanent, the place that holds them cannot be read (it is left alone).
        """

    def book(self, event: BlockEvent) -> SeenBlock:
        """Put an event there. Booking the same id again changes nothing and returns what stands.

        Where the calendar remembers that the person deleted it, it comes back `cancelled` and is not made,
        unless it is to be there `again`.

        :raises ProviderError: permanent, nothing was written.
        """

    def move(self, event: BlockEvent, *, revision: str) -> SeenBlock:
        """Change our event's time and text if it still has `revision`.

        :raises ConflictError: somebody changed or deleted it; nothing was written.
        :raises ProviderError: permanent, nothing was written.
        """

    def cancel(self, block_id: str, *, revision: str) -> None:
        """Take our event off the calendar if it still has `revision`. Gone already is fine.

        :raises ConflictError: somebody changed it; nothing was written.
        :raises ProviderError: permanent, nothing was written.
        """

    def watched(self) -> tuple[str, ...] | None:
        """Return the files and folders whose change can change an answer; None when only asking tells."""


class AlreadySentError(ConflictError):
    """A mail of this ref went already, by another machine or in an earlier life of the journal."""

    def __init__(self, sent: SentMail) -> None:
        super().__init__("it was sent already, from another machine of yours; it does not go again")
        self.sent = sent


class Mailbox(Protocol):
    """The person's drafts.

    Any method may raise `ProviderError`, whose `fault` says whether the change may have happened.
    """

    @property
    def capabilities(self) -> MailCapabilities:
        """What this provider can do."""

    def fetch_drafts(self, provider_ids: Sequence[str], refs: Mapping[str, str] | None = None) -> OwnDrafts:
        """Return those of our drafts that are still there, decoded.

        `refs` are theirs by provider id: where a draft's id can change (that of a file is its name), one that is
        missing is looked for by its ref before it counts as gone.

        :raises ProviderError: permanent, the place that holds them cannot be read.
        """

    def find(self, ref: str) -> SeenDraft | SentMail | None:
        """Return our draft with this `ref`, or the mail it became; None when there certainly is none.

        Where sent mails cannot be looked at, one that was sent counts as none.
        """

    def create(self, copy: MailCopy) -> SeenDraft:
        """Put a draft there. Creating the same `ref` again changes nothing and returns what stands.

        A thread that is no more is no hindrance: it then begins one.

        :raises AlreadySentError: the mail of this ref went already, where the provider can tell; nothing was written.
        :raises ProviderError: permanent, nothing was written.
        """

    def update(self, provider_id: str, copy: MailCopy, *, revision: str) -> SeenDraft:
        """Replace our draft's bytes if it still has `revision`.

        :raises ConflictError: somebody changed or deleted it; nothing was written.
        """

    def delete(self, provider_id: str, *, revision: str) -> None:
        """Remove our draft if it still has `revision`. Gone already is fine.

        :raises ConflictError: somebody changed it; it stays.
        """

    def watched(self) -> tuple[str, ...] | None:
        """Return the files and folders whose change can change an answer; None when only asking tells."""


class Sender(Protocol):
    """What lets an approved mail go. Only `apply/sending.py` calls it; without one nothing can be sent.

    Each method sends at most one request that changes something, and `send` exactly one.
    """

    def prepare(self, mail: Outgoing) -> str:
        """Look before the send; return what will tell later whether it went, to be given back ("" for nothing).

        :raises ConflictError: the copy in the mailbox was changed, sent or deleted by somebody else.
        :raises AlreadySentError: a mail of this ref went already, where the provider can tell.
        :raises ProviderError: transient, needs_sign_in, or permanent for a mail that can never be sent so
            (too large, an address it cannot carry); nothing was sent.
        """

    def send(self, mail: Outgoing) -> SentMail:
        """Send exactly these bytes to exactly these people, once; nothing is tried again.

        :raises ProviderError: transient, permanent or needs_sign_in: it certainly did not go, with `at_server`
            for no reason of its own; ambiguous: it may have gone.
        """

    def fetch_traces(self, mail: Outgoing, evidence: str) -> SendTraces:
        """Look for what became of a send whose outcome is unclear; `evidence` is what `prepare` returned.

        :raises ProviderError: it cannot be looked up now: nothing follows from that.
        """


class Notifier(Protocol):
    """Tells the person that something waits. It is given no word of a mail and no name."""

    def notify(self, title: str, body: str) -> None:
        """Show a short notice.

        :raises ProviderError: it was not shown, or nobody knows.
        """


class Monitor(Protocol):
    """Tells a service outside that runs come and how they end, so that it can raise the alarm when they do not.

    It is given an exit code, never a word. No call lasts longer than a few seconds, whatever the far side does,
    and none raises: what was not heard stops no run. It changes nothing of the person's, so that it is no action.
    """

    def start(self) -> ProviderError | None:
        """Say that a run begins; return why that was not heard.

        Transient: the next may be; permanent or needs_sign_in: none will before somebody acts.
        """

    def end(self, status: int) -> ProviderError | None:
        """Say that a run ended, 0 for well, else its exit code; return as `start`."""


class Renderer(Protocol):
    """Facts to words, by the person's templates first and the built-in ones after."""

    def render_mail(self, name: str, facts: Mapping[str, object]) -> Words:
        """Render `email/<name>/{subject,body.txt,body.html}.j2`.

        :raises TemplateFaultError: naming file and line; nothing was made.
        """

    def render_event(self, name: str, facts: Mapping[str, object]) -> tuple[str, str]:
        """Render `event/<name>/{summary,description.txt}.j2` to (summary, description).

        :raises TemplateFaultError: naming file and line; nothing was made.
        """


class Journal(Protocol):
    """The memory. Every writing method is one transaction: all of it or nothing."""

    def load(self, person: str) -> Recorded:
        """Return everything recorded of a person, as of one instant. A person unknown so far is empty."""

    def begin_run(self, person: str, at: datetime) -> Run:
        """Record that a run began."""

    def finish_run(
        self,
        run: Run,
        *,
        at: datetime,
        outcome: RunOutcome,
        problems: Sequence[Problem],
        wake: Wake | None,
    ) -> None:
        """Record how the run ended, the problems that stand now (replacing all before), and when to wake.

        The run is logged (kind `run`), unless the person's last line says the same of a run already. A look for
        nothing later than a run that was not refused is forgotten: a wrong clock noted it.
        """

    def claim(
        self,
        person: str,
        *,
        run: int | None,
        at: datetime,
        kind: str,
        subject: str,
        changes: Sequence[Record] = (),
    ) -> int:
        """Record that an action begins, with the records as they stand before its effect; return the claim.

        :raises ClaimOpenError: an open claim for the same person, kind and subject is there.
        :raises ConflictError: a record was changed by somebody else, or the change is one that must
            never happen (a second live block for a month, an illegal move of a draft).
        """

    def settle(
        self, claim: int, *, at: datetime, outcome: Outcome, detail: str, changes: Sequence[Record] = ()
    ) -> None:
        """Record an action's outcome, its records and a log line; none where a run fails at it as it did before.

        :raises ConflictError: the claim is settled already, or a record was changed by somebody else.
        """

    def record(self, entry: LogEntry, changes: Sequence[Record] = ()) -> None:
        """Record something that needs no effect outside: records and a log line.

        A next run will look at it: the wake is cleared.

        :raises ConflictError: a record was changed by somebody else, or the change must never happen.
        """

    def log(self, person: str, *, limit: int = 100, after: int = 0) -> tuple[tuple[int, LogEntry], ...]:
        """Return the newest `limit` log lines numbered above `after`, oldest first, with their numbers."""

    def touch(self, at: datetime, uptime: Uptime | None = None) -> None:
        """Record that a run came by and found nothing due, or that from now on runs are to come by.

        `uptime` is the machine's, None where that is not known.
        """

    def close(self) -> None:
        """Let go of the files."""

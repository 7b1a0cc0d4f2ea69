"""The changes a plan may ask for. Each is a frozen value with the reason for it, in words.

`kind` is the verb-noun the command line shows, `subject` names what it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.aftermath import IncidentNote
    from automations.model.records import Block, BlockState, Cycle, Draft, Problem, Record, Update
    from automations.model.seen import SeenBlock, SeenDraft, Span
    from automations.model.sending import Approval


class OfCycle:
    """An action about a month's turn of the loop with a boss."""

    __slots__ = ()
    cycle: Cycle

    @property
    def subject(self) -> str:
        """Boss and month."""
        return f"{self.cycle.boss} {self.cycle.month}"


class OfBlock:
    """An action about a block."""

    __slots__ = ()
    block: Block

    @property
    def subject(self) -> str:
        """The month the block is owed for."""
        return self.block.month


class OfDraft:
    """An action about a draft that is recorded already."""

    __slots__ = ()
    draft: Draft

    @property
    def subject(self) -> str:
        """The purpose key."""
        return self.draft.key


@dataclass(frozen=True, slots=True)
class OpenCycle(OfCycle):
    """Begin a month's turn of the loop with a boss."""

    kind: ClassVar[str] = "open-cycle"
    cycle: Cycle
    reason: str


@dataclass(frozen=True, slots=True)
class CloseCycle(OfCycle):
    """End a month's turn of the loop with a boss; `cycle` is the closed record."""

    kind: ClassVar[str] = "close-cycle"
    cycle: Cycle
    reason: str


@dataclass(frozen=True, slots=True)
class BookBlock(OfBlock):
    """Put a block on the calendar.

    `block` is the record as it is claimed: state owed, `target` the chosen time. `replaces` is true
    when a record of this id is already there (an earlier claim that did not go through).
    `facts` feed the event's text.
    """

    kind: ClassVar[str] = "book-block"
    block: Block
    facts: Mapping[str, object]
    reason: str


@dataclass(frozen=True, slots=True)
class MoveBlock(OfBlock):
    """Move a block of ours from where it stands to `block.target`."""

    kind: ClassVar[str] = "move-block"
    block: Block
    reason: str
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class CancelBlock(OfBlock):
    """Take a block off the calendar because the person said so; it ends as `state`."""

    kind: ClassVar[str] = "cancel-block"
    block: Block
    reason: str


@dataclass(frozen=True, slots=True)
class RestoreBlock(OfBlock):
    """Write a live block again because the file that held it is gone, or another calendar is in use now."""

    kind: ClassVar[str] = "restore-block"
    block: Block
    reason: str


@dataclass(frozen=True, slots=True)
class AdoptBlock(OfBlock):
    """Record that the person moved or resized a block; theirs stands."""

    kind: ClassVar[str] = "adopt-block"
    block: Block
    seen: SeenBlock
    reason: str


@dataclass(frozen=True, slots=True)
class CloseBlock(OfBlock):
    """Record how a block ended (held, owed, missed, skipped). Touches only the journal.

    `block` is the record as it stands (rev unchanged), or a first record (rev 1) for a month that
    never had one.
    """

    kind: ClassVar[str] = "close-block"
    block: Block
    state: BlockState
    reason: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class ReopenBlock(OfBlock):
    """Record that a block or its month did not end after all. Touches only the journal."""

    kind: ClassVar[str] = "reopen-block"
    block: Block
    reason: str


@dataclass(frozen=True, slots=True)
class ProposeTalk:
    """Put a time to talk in person on the person's own calendar.

    `note` is the record with its `slot` (UTC instant, ISO 8601) as it is claimed; `known` tells that the
    slot is recorded already, from a try before. `facts` feed the event's text.
    """

    kind: ClassVar[str] = "propose-talk"
    note: IncidentNote
    span: Span
    id: str
    facts: Mapping[str, object]
    reason: str
    known: bool = False

    @property
    def subject(self) -> str:
        """The incident and the note's number; never a name."""
        return f"{self.note.incident} {self.note.number}"


@dataclass(frozen=True, slots=True)
class CreateDraft:
    """Write a mail for the person to review.

    Either `template` and `facts` say what to write, or `draft` is a record already rendered whose
    place at the provider is still to be made. `thread` are the message ids it follows, oldest first,
    `remote_thread` is the provider's handle of their thread.
    A mail that reads like one of the last of `unlike` (bodies, oldest first) takes its next wording. `also`
    are records written together with the words: a catalogue entry used up.
    """

    kind: ClassVar[str] = "create-draft"
    key: str
    draft_kind: str
    template: str
    facts: Mapping[str, object]
    to: tuple[str, ...]
    reason: str
    cc: tuple[str, ...] = ()
    expires: datetime | None = None
    draft: Draft | None = None
    unlike: tuple[str, ...] = ()
    also: tuple[Record, ...] = ()
    thread: tuple[str, ...] = ()
    remote_thread: str = ""

    @property
    def subject(self) -> str:
        """The purpose key."""
        return self.key


@dataclass(frozen=True, slots=True)
class ReopenDraft(OfDraft):
    """Write a mail again, word for word, whose time was not over after all; it waits for the person anew.

    `draft` is the record at its end, which stays as it is: the mail is the next one of the same purpose.
    """

    kind: ClassVar[str] = "reopen-draft"
    draft: Draft
    reason: str


@dataclass(frozen=True, slots=True)
class PrepareUpdate:
    """Record an incident's next update ahead of its promise, and write its mails.

    `update` is the record as it will be; the mails are of no use without it, so they come with it.
    """

    kind: ClassVar[str] = "prepare-update"
    update: Update
    mails: tuple[CreateDraft, ...]
    reason: str

    @property
    def subject(self) -> str:
        """The incident and the update's number."""
        return f"{self.update.incident} update {self.update.number}"


@dataclass(frozen=True, slots=True)
class RestoreDraft(OfDraft):
    """Write a live draft's copy again because the folder that held it is gone."""

    kind: ClassVar[str] = "restore-draft"
    draft: Draft
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveCopy(OfDraft):
    """Take the copy of a draft that is at its end out of the provider; the journal keeps the words."""

    kind: ClassVar[str] = "remove-copy"
    draft: Draft
    reason: str


@dataclass(frozen=True, slots=True)
class UpdateDraft(OfDraft):
    """Bring the provider's copy in line with new words.

    With `new_words`, `draft` is the record as it will be (rev raised by one), written down with the
    claim so that a crash loses neither; else it is the record as it stands. `voided` are the
    approvals the new words void.
    """

    kind: ClassVar[str] = "update-draft"
    draft: Draft
    reason: str
    voided: tuple[Approval, ...] = ()
    new_words: bool = False


@dataclass(frozen=True, slots=True)
class AdoptDraft(OfDraft):
    """Read in what the person changed outside; any approval is void."""

    kind: ClassVar[str] = "adopt-draft"
    draft: Draft
    seen: SeenDraft
    reason: str


@dataclass(frozen=True, slots=True)
class NoteCopy(OfDraft):
    """Record that a copy was renamed, or saved anew in other bytes with the same words; an approval stands."""

    kind: ClassVar[str] = "note-copy"
    draft: Draft
    seen: SeenDraft
    reason: str


@dataclass(frozen=True, slots=True)
class SendDraft(OfDraft):
    """Let an approved mail go, by the approval as it stands."""

    kind: ClassVar[str] = "send-draft"
    draft: Draft
    approval: Approval
    reason: str


@dataclass(frozen=True, slots=True)
class GiveNotice:
    """Tell the person, outside the terminal, that something waits; `about` are the subjects it tells of."""

    kind: ClassVar[str] = "give-notice"
    about: tuple[str, ...]
    body: str
    reason: str

    @property
    def subject(self) -> str:
        """What it is, for the log."""
        return "notice"


@dataclass(frozen=True, slots=True)
class CloseDraft(OfDraft):
    """End or step back a draft by a rule (expired, discarded by hand, approval lapsed). Journal only.

    `draft` is the record as it stands; `state` where it goes.
    """

    kind: ClassVar[str] = "close-draft"
    draft: Draft
    state: str
    reason: str


Action = (
    OpenCycle
    | CloseCycle
    | BookBlock
    | MoveBlock
    | CancelBlock
    | RestoreBlock
    | AdoptBlock
    | CloseBlock
    | ReopenBlock
    | CreateDraft
    | ProposeTalk
    | PrepareUpdate
    | ReopenDraft
    | RestoreDraft
    | RemoveCopy
    | UpdateDraft
    | AdoptDraft
    | NoteCopy
    | SendDraft
    | GiveNotice
    | CloseDraft
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change, in order, and what cannot be done and why. A value; nothing has happened yet.

    `due` is when the next run will have something to do, None when every run must look. `unsure` are
    problems of the run before that could not be looked at now: they go on.
    """

    actions: tuple[Action, ...] = ()
    problems: tuple[Problem, ...] = field(default=())
    due: datetime | None = None
    unsure: tuple[Problem, ...] = ()

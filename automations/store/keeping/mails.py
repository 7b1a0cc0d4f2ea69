"""What becomes of the mails in a backup's journal: any that was unsent then may have gone since."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from automations.errors import MagicloopError
from automations.model.records import DraftState, LogEntry
from automations.plan.approvals import voided
from automations.plan.lifecycle import LIVE, OUT, Event, step
from automations.plan.offers import OF_A_BOSS
from automations.store.keeping.backup import copy_journal
from automations.store.sqlite import SqliteJournal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.records import Draft

MAY_HAVE_GONE: Final = "restored from a backup; it may have gone since"
WENT: Final = "it went after the backup was made: the journal that was here tells"

_DOUBTED: Final = {
    DraftState.RENDERED: (Event.PLACE, Event.NOT_PLACED),
    DraftState.CREATING: (Event.NOT_PLACED, Event.PLACE),
    DraftState.WAITING: (Event.KEEP,),
    DraftState.APPROVED: (Event.STEP_BACK,),
}
"""What takes a draft to where it may be read: as it stands, but approved by nobody.

One on its way, or of which nobody knows, is looked for or asked about by the next run.
"""
_AS_IT_WENT: Final = (
    "sender", "to", "cc", "subject", "body_text", "body_html", "hash", "mime", "text_rev", "message_id",
    "remote_thread", "handed_over",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doubted:
    """How many mails were approved and wait again, how many waited and may have gone, how many did go."""

    taken_back: int = 0
    waiting: int = 0
    gone: int = 0


def gone_by(database: str, folder: Path, person: str) -> dict[str, Draft]:
    """Return the mails that went by the journal that is there, by their draft's id; none where it cannot be read.

    It is copied into `folder` and left as it is.
    """
    copy = str(folder / "earlier.db")
    try:
        if not Path(database).is_file():
            return {}
        copy_journal(database, copy)
        with closing(SqliteJournal.open(copy)) as earlier:
            return {draft.id: draft for draft in earlier.load(person).drafts if draft.state in OUT}
    except (MagicloopError, OSError):
        return {}


def doubt_mails(journal: SqliteJournal, person: str, at: datetime, gone: Mapping[str, Draft]) -> Doubted:
    """Say of every unsent mail that it may have gone, take every approval back, and close those that did go.

    A mail to a boss that was written only after the backup is taken over if it went: a run would write it again.

    :raises StoreError: the journal cannot be written.
    """
    recorded = journal.load(person)
    taken_back = waiting = found = 0
    for draft in recorded.drafts:
        events = _DOUBTED.get(draft.state, ())
        if not events:
            continue
        void = voided(recorded, draft)
        if draft.id in gone:
            entry = LogEntry(person, at, "close-draft", draft.key, "done", WENT)
            journal.record(entry, (*_sent(draft, gone[draft.id]), *void))
            found += 1
        elif draft.handed_over is None:  # else nobody but the person sends it, who is asked whether it went
            approved = draft.state is DraftState.APPROVED
            entry = LogEntry(
                person, at, "undo-draft" if approved else "doubt-draft", draft.key, "done", MAY_HAVE_GONE
            )
            journal.record(entry, (*_steps(draft, events, reason=MAY_HAVE_GONE), *void))
            taken_back, waiting = taken_back + approved, waiting + (not approved)
    known = {draft.id for draft in recorded.drafts}
    live = {draft.key for draft in recorded.drafts if draft.state in LIVE}
    for draft in gone.values():
        if draft.id not in known and draft.key not in live and draft.key.startswith(OF_A_BOSS):
            begun = replace(draft, state=DraftState.CREATING, rev=1, provider_id="", remote="")
            entry = LogEntry(person, at, "close-draft", draft.key, "done", WENT)
            journal.record(entry, (begun, *_sent(begun, draft)))
            found += 1
    return Doubted(taken_back, waiting, found)


def _sent(draft: Draft, as_sent: Draft) -> tuple[Draft, ...]:
    """Return the records that end a draft as the mail that went."""
    begun = _steps(draft, (Event.PLACE,)) if draft.state is DraftState.RENDERED else ()
    words: dict[str, Any] = {name: getattr(as_sent, name) for name in _AS_IT_WENT}
    return (*begun, step(begun[-1] if begun else draft, Event.FOUND_SENT, **words, reason=WENT))


def _steps(draft: Draft, events: tuple[Event, ...], **changes: Any) -> tuple[Draft, ...]:
    """Return the draft's records, one an event."""
    records: list[Draft] = []
    for event in events:
        records.append(step(records[-1] if records else draft, event, **changes))
    return tuple(records)

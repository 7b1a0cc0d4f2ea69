"""What the person was shown of a draft: kept, so that what changed since can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.apply.carrying import entry_of
from automations.desk.outcome import HandWork
from automations.model.records import Outcome
from automations.model.sending import Look

if TYPE_CHECKING:
    from automations.apply import Bench
    from automations.model.records import Draft, Recorded


def look_at(recorded: Recorded, draft: Draft) -> Look | None:
    """Return what the person was shown of a draft last, None when it never was."""
    return next((look for look in recorded.looks if look.draft == draft.id), None)


def note_look(bench: Bench, draft: Draft) -> None:
    """Record that the person is shown a draft as it stands; nothing is written when they saw it so before.

    Make the card first: afterwards nothing has changed since.

    :raises ConflictError: another terminal or page recorded one at the same time.
    """
    before = look_at(bench.recorded, draft)
    if before is not None and (before.hash, before.text_rev) == (draft.hash, draft.text_rev):
        return
    look = Look(
        draft=draft.id,
        person=draft.person,
        at=bench.world.clock.now(),
        text_rev=draft.text_rev,
        hash=draft.hash,
        to=draft.to,
        cc=draft.cc,
        subject=draft.subject,
        body_text=draft.body_text,
        rev=1 if before is None else before.rev + 1,
    )
    what = f"revision {draft.text_rev}, hash {draft.hash[:8]}"
    entry = entry_of(bench, HandWork("show-draft", draft.key, what), Outcome.DONE, what)
    bench.world.journal.record(entry, (look,))

"""What the person waits for at a terminal or on a page: the approved mails that leave when their undo time is over.

The next run would send them too. Whoever comes first claims them; the other finds nothing to do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.apply import apply_all
from automations.apply.carrying import entry_of
from automations.desk.outcome import HandWork
from automations.model.records import Outcome
from automations.model.seen import Seen
from automations.plan.drafts import one_end_each, plan_drafts
from automations.plan.sending import approved_to_send, plan_sending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.apply import Bench, Result
    from automations.model.records import Recorded


def send_due(bench: Bench) -> tuple[Result, ...]:
    """Send what is approved and whose undo time is over; return what became of each.

    What the person changed outside meanwhile is read in instead, and waits again.

    :raises ProviderError: the copies cannot be read; nothing was sent.
    """
    approved = approved_to_send(bench.recorded)
    if not approved:
        return ()
    now = bench.world.clock.now()
    ids = tuple(draft.provider_id for draft, _ in approved if draft.provider_id)
    seen = Seen(drafts=bench.world.mailbox.fetch_drafts(ids))
    mine = replace(bench.recorded, drafts=tuple(draft for draft, _ in approved))
    read_in = plan_drafts(bench.policy, now, seen, mine).actions
    leaving = plan_sending(bench.policy, now, seen, mine).actions
    return apply_all(bench, one_end_each((*read_in, *leaving)))


def end_undo_time(bench: Bench, ids: Sequence[str]) -> None:
    """Let approved drafts leave at once: the person does not want the rest of their undo time."""
    now = bench.world.clock.now()
    for draft, approval in approved_to_send(bench.recorded):
        if draft.id in ids and approval.not_before > now:
            sooner = replace(approval, not_before=now, rev=approval.rev + 1)
            work = HandWork("hurry-draft", draft.key, "the rest of its undo time was not wanted")
            bench.world.journal.record(entry_of(bench, work, Outcome.DONE, work.reason), (sooner,))


def next_leave(recorded: Recorded) -> datetime | None:
    """Return when the next approved mail leaves at the earliest, None when none is approved."""
    return min((approval.not_before for _, approval in approved_to_send(recorded)), default=None)

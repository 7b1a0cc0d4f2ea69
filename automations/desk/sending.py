"""What the person waits for at a terminal or on a page: the approved mails that leave when their undo time is over.

The next run would send them too. Whoever comes first claims them; the other finds nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from automations.apply import apply_all
from automations.apply.carrying import entry_of
from automations.desk.outcome import HandWork
from automations.model.records import Outcome
from automations.model.seen import Seen
from automations.plan.actions import SendDraft
from automations.plan.drafts import one_end_each, plan_drafts, refs_of
from automations.plan.sending import approved_to_send, plan_sending

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from automations.apply import Bench, Result
    from automations.model.records import Recorded


def send_due(bench: Bench, tried: Collection[str] = ()) -> tuple[Result, ...]:
    """Send what is approved and whose undo time is over; return what became of each.

    What the person changed outside meanwhile is read in instead, and waits again. `tried` are the approvals,
    by id, that are left to the next run.

    :raises ProviderError: the copies cannot be read; nothing was sent.
    """
    approved = [pair for pair in approved_to_send(bench.recorded) if pair[1].id not in tried]
    if not approved:
        return ()
    now = bench.world.clock.now()
    refs = refs_of(draft for draft, _ in approved if draft.provider_id)
    seen = Seen(drafts=bench.world.mailbox.fetch_drafts(tuple(refs), refs))
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


def next_leave(recorded: Recorded, tried: Collection[str] = ()) -> datetime | None:
    """Return when the next approved mail leaves at the earliest, None when none is approved; without the `tried`."""
    approvals = (approval for _, approval in approved_to_send(recorded) if approval.id not in tried)
    return min((approval.not_before for approval in approvals), default=None)


@dataclass(slots=True)
class Departures:
    """What leaves while somebody waits, look by look. Each approval is tried once.

    A server that refused a password is not asked again each second; what did not go is left to the next run.
    What one look left out, as more was due than `mail.mails_per_run`, goes with the next look.
    """

    tried: set[str] = field(default_factory=set)

    def send_due(self, bench: Bench) -> tuple[Result, ...]:
        """Send as `send_due` does, what was not tried before.

        :raises ProviderError: the copies cannot be read; nothing was sent.
        """
        now = bench.world.clock.now()
        due = {
            draft.key: approval.id
            for draft, approval in approved_to_send(bench.recorded)
            if approval.not_before <= now
        }
        before, looked_at = frozenset(self.tried), set(due)
        try:
            results = send_due(bench, before)
            sends = {result.subject for result in results if result.kind == SendDraft.kind}
            looked_at = sends or looked_at
        finally:
            self.tried |= {due[key] for key in looked_at & due.keys()}
        return results

    def next_leave(self, recorded: Recorded) -> datetime | None:
        """Return when the next leaves that was not tried, None for none."""
        return next_leave(recorded, self.tried)

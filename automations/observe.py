"""The reads of a run: only what the plan can need, in as few calls as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.errors import ProviderError
from automations.model.seen import BusyReport, OwnBlocks, OwnDrafts, Seen, SendTraces, Unreadable
from automations.plan.recovery import Evidence, claimed_block, claimed_draft, claimed_send
from automations.plan.sending import approval_of
from automations.ports import Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from automations.model.records import Draft, Recorded
    from automations.model.seen import SeenBlock, SeenDraft, SentMail
    from automations.model.sending import Attempt
    from automations.plan.needs import Needs
    from automations.ports import Calendar, Mailbox, Sender


def observe(
    needs: Needs,
    calendar: Calendar,
    mailbox: Mailbox,
    holidays: Callable[[tuple[int, ...]], Mapping[date, str]],
) -> Seen:
    """Read what `needs` names.

    A calendar whose own events cannot be read counts as unreadable, like one whose busy times cannot:
    nothing is booked on a guess. It never raises for a provider's fault.
    """
    unreadable: tuple[Unreadable, ...] = ()
    unreadable_mail: tuple[Unreadable, ...] = ()
    blocks, busy, drafts = OwnBlocks(), BusyReport(), OwnDrafts()
    # Busy times first: where both come from one listing, the blocks are in it.
    if needs.busy:
        busy = calendar.fetch_busy(needs.busy, own=needs.own)
    try:
        if needs.blocks:
            blocks = calendar.fetch_blocks(needs.blocks)
    except ProviderError as error:
        blocks = OwnBlocks(known=False)
        # Where the busy times failed for the same reason, that is told already.
        if all(each.what != error.what for each in busy.unreadable):
            unreadable = (
                Unreadable("your invention blocks", error.what, error.where, error.fix, error.fault),
            )
    try:
        if needs.drafts:
            drafts = mailbox.fetch_drafts(tuple(needs.drafts), needs.drafts)
    except ProviderError as error:
        drafts = OwnDrafts(known=False)
        unreadable_mail = (Unreadable("your drafts", error.what, error.where, error.fix, error.fault),)
    return Seen(
        busy=busy.busy,
        unreadable=(*unreadable, *busy.unreadable),
        unreadable_mail=unreadable_mail,
        blocks=blocks,
        drafts=drafts,
        holidays=holidays(needs.years) if needs.years else {},
    )


def observe_claims(
    recorded: Recorded, calendar: Calendar, mailbox: Mailbox, sender: Sender | None = None, name: str = ""
) -> Evidence:
    """Look up what open claims are about. What cannot be looked up is left out: absence is not assumed.

    `name` is the calendar's. Of a send of a time when there was a sender, and there is none any more, nothing can be found out.
    """
    blocks: dict[str, SeenBlock | None] = {}
    drafts: dict[str, SeenDraft | SentMail | None] = {}
    lost: set[str] = set()
    sends: dict[str, SendTraces] = {}
    for claim in recorded.claims:
        block = claimed_block(claim, recorded)
        draft = claimed_draft(claim, recorded)
        send = claimed_send(claim, recorded)
        try:
            if send is not None:
                sends[send[0].id] = _traces(*send, recorded, sender)
            if block is not None and block.id not in blocks:
                standing = calendar.fetch_blocks((block.id,))
                blocks[block.id] = standing.found.get(block.id)
                lost |= {block.id} if standing.lost else set()
            if draft is not None and draft.id not in drafts:
                gone = bool(draft.provider_id) and mailbox.fetch_drafts((draft.provider_id,)).lost
                drafts[draft.id] = None if gone else mailbox.find(draft.id)
                lost |= {draft.id} if gone else set()
        except ProviderError:
            continue
    return Evidence(
        blocks, drafts, frozenset(lost), sends, late=mailbox.capabilities.writes_late, calendar=name
    )


def _traces(draft: Draft, attempt: Attempt, recorded: Recorded, sender: Sender | None) -> SendTraces:
    approval = approval_of(attempt, recorded)
    if sender is None or approval is None:
        return SendTraces()
    return sender.fetch_traces(Outgoing.of(draft, approval), attempt.evidence)

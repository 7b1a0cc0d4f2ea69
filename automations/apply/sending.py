"""Letting an approved mail go: the only caller of a sender.

The look before it, then one transaction that writes the send down and uses up the approval, then one
request, then one transaction with its outcome. What happened in between is settled by the next run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.apply.carrying import carry_out, failed_before, note
from automations.apply.drafts import found_sent, remove_copy
from automations.compose.mime import hash_of, read_mime
from automations.errors import FaultClass, HeaderFaultError, ProviderError, RefusedError
from automations.model.records import DraftState, Outcome
from automations.model.sending import ApprovalState, Attempt, AttemptState
from automations.plan.actions import CloseDraft, RemoveCopy
from automations.plan.approvals import voided
from automations.plan.lifecycle import Event, step
from automations.plan.sending import not_sent, went
from automations.ports import AlreadySentError, Outgoing
from automations.unbroken import unbroken

if TYPE_CHECKING:
    from automations.apply.carrying import Bench, Result
    from automations.model.records import Draft, Record
    from automations.model.seen import SentMail
    from automations.model.sending import Approval
    from automations.plan.actions import SendDraft

AGAIN = frozenset({FaultClass.TRANSIENT, FaultClass.NEEDS_SIGN_IN})
"""Faults after which the same mail may go another time; others need a new look by the person."""


def send_draft(bench: Bench, action: SendDraft) -> tuple[Result, ...]:
    """Send exactly what was approved, once; then take its copy away.

    :raises RefusedError: the approved bytes are not what was approved, or nothing here can send.
    :raises ConflictError: the copy was changed since it was looked at, or the draft in the journal was.
    """
    sender = bench.world.sender
    if sender is None:
        raise RefusedError("nothing is set up to send mail", where="mail.mode", fix="magicloop config edit")
    draft, approval = action.draft, action.approval
    try:
        mail = outgoing(draft, approval)
        evidence = sender.prepare(mail)
    except AlreadySentError as error:
        return _sent_elsewhere(bench, action, error)
    except (HeaderFaultError, ProviderError, RefusedError) as error:
        # That it was tried is written down, so that it does not come before all others the next time too.
        tried = _attempt(bench, action)
        failed = replace(tried, state=AttemptState.NOT_SENT, ended=tried.at, detail=str(error))
        return (failed_before(bench, action, error, (failed,)),)
    attempt = _attempt(bench, action, evidence)
    sending = step(draft, Event.SEND)
    used = replace(approval, state=ApprovalState.CONSUMED, rev=approval.rev + 1)

    def done(sent: SentMail) -> tuple[Record, ...]:
        return went(sending, attempt, sent, bench.world.clock.now())

    def undone(error: ProviderError | None, detail: str) -> tuple[Record, ...]:
        again = error is None or error.fault in AGAIN or error.at_server
        return not_sent(sending, attempt, used, bench.world.clock.now(), detail, again=again)

    with unbroken():
        result = carry_out(
            bench,
            action,
            before=(sending, used, attempt),
            effect=lambda: sender.send(mail),
            done=done,
            undone=undone,
            detail=lambda _: f"sent to {', '.join(mail.recipients)}",
        )
    if result.outcome is not Outcome.DONE:
        return (result,)
    return (result, *_copy_removed(bench, draft))


def _attempt(bench: Bench, action: SendDraft, evidence: str = "") -> Attempt:
    """Return the attempt that begins now, numbered after all of its draft that are remembered."""
    draft = action.draft
    tried = [each.id for each in bench.recorded.attempts if each.draft == draft.id]
    return Attempt(
        id=f"{draft.id}-{1 + max((int(each.rpartition('-')[2]) for each in tried), default=0)}",
        person=draft.person,
        draft=draft.id,
        approval=action.approval.id,
        at=bench.world.clock.now(),
        evidence=evidence,
    )


def _sent_elsewhere(bench: Bench, action: SendDraft, error: AlreadySentError) -> tuple[Result, ...]:
    """Record that another machine sent it, and take away the copy that was made here."""
    gone = found_sent(bench, action.draft, error)
    work = CloseDraft(action.draft, gone.state, str(error))
    noted = note(bench, work, (gone, *voided(bench.recorded, gone)))
    return (noted, remove_copy(bench, RemoveCopy(gone, "it is sent"))) if gone.provider_id else (noted,)


def _copy_removed(bench: Bench, draft: Draft) -> tuple[Result, ...]:
    """Take the copy of a mail that went out of the mailbox, where it is not gone by the send itself."""
    recorded = bench.world.journal.load(draft.person)
    gone = next(each for each in recorded.drafts if each.id == draft.id)
    if gone.state is not DraftState.SENT or not gone.provider_id:
        return ()
    return (remove_copy(bench, RemoveCopy(gone, "it is sent")),)


def outgoing(draft: Draft, approval: Approval) -> Outgoing:
    """Return the mail as it was approved.

    The bytes are read again: what a receiver will see must be what was approved, recipients above all,
    because folding long headers has lost and invented some.

    :raises RefusedError: they are not, or the approval is of other words.
    """
    read = read_mime(approval.mime)
    same = hash_of(read) == approval.hash == draft.hash and approval.text_rev == draft.text_rev
    if not same or {*read.to, *read.cc} != set(approval.recipients) or read.attachments:
        raise RefusedError(
            "the bytes to be sent are not what was approved; nothing was sent",
            where=draft.key,
            fix=f"magicloop draft undo {draft.id[:6]}, then approve it again",
        )
    return Outgoing.of(draft, approval)

"""When an approved mail goes, and what became of a send whose answer was lost.

A send is never made again unless the one before certainly did not happen. Not finding a mail is no proof
that it did not go, as long as it may still be on its way or cannot be searched for; what nobody can find
out is asked of the person.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.records import DraftState, Severity
from automations.model.seen import CopyNow
from automations.model.sending import Approval, ApprovalState, Attempt, AttemptState
from automations.plan.actions import CloseDraft, SendDraft
from automations.plan.approvals import LAPSED, lapsed
from automations.plan.decided import Decided, standing
from automations.plan.drafts import same_words, unshown
from automations.plan.lifecycle import Event, step
from automations.plan.notices import failure_code
from automations.plan.withholding import offer_forbidden

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Draft, Problem, Record, Recorded
    from automations.model.seen import Seen, SendTraces, SentMail

T_QUIET = timedelta(minutes=10)
"""A request that was sent is over by then, answered or not: longer than our time limit and the server's."""

T_SETTLE = timedelta(minutes=60)
"""A mail that went can be found among the sent ones by then."""

LEAVING = timedelta(seconds=10)
"""A mail that could have left this long ago did not: the next run tries again."""

UNKNOWN_SEND = "send-unknown"
UNSETTLED_SEND = "send-unsettled"
SEND_FAILED = failure_code(SendDraft.kind)
SENDING = "sending"
"""What a failed send is about where the server or the sign-in failed, whichever mail met that first."""

SENDING_PROBLEMS = frozenset({UNKNOWN_SEND, UNSETTLED_SEND, LAPSED})

UNTOLD = "nobody can tell whether it went: it is asked, and never sent again by itself"


def plan_sending(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Return the approved mails to send now, those whose leave is over, and what only the person can settle.

    A mail goes after its undo time and before its approval and it itself expire, if its copy still is what
    was approved; so many in one run as the limit allows. Those that were never tried come before others, by the
    time of their approval, and then those whose last try is the longest ago: none keeps the others from leaving.
    """
    ended: list[CloseDraft] = []
    sends: list[SendDraft] = []
    due: list[datetime] = []
    claimed = {claim.subject for claim in recorded.claims}
    for draft, approval in approved_to_send(recorded):
        if draft.key in claimed or _over(draft, approval, now):
            continue
        held = _withdrawn(policy, draft, now, recorded)
        if held:
            ended.append(CloseDraft(draft, DraftState.WAITING, held))
        elif now < approval.not_before:
            due.append(approval.not_before)
        elif _as_approved(draft, seen):
            sends.append(SendDraft(draft, approval, f"approved {approval.at:%Y-%m-%d %H:%M} UTC"))
    # By their place and not by their time, which a clock that was set back would turn round.
    tried = {attempt.approval: place for place, attempt in enumerate(recorded.attempts)}
    sends.sort(key=lambda each: tried.get(each.approval.id, -1))
    due.extend(now for _ in sends[policy.mail.mails_per_run :])
    unsettled = [draft for draft in recorded.drafts if draft.state is DraftState.SENDING]
    due.extend(now for _ in unsettled)
    asked = [draft for draft in recorded.drafts if draft.state is DraftState.UNKNOWN]
    problems = [*(_unsettled(draft, now, recorded) for draft in unsettled)]
    problems += [_unknown(draft, now, recorded) for draft in asked]
    problems += lapsed(recorded, now)
    return Decided((*ended, *sends[: policy.mail.mails_per_run]), tuple(problems), tuple(due))


def still_failing(recorded: Recorded, settled: Collection[str]) -> tuple[Problem, ...]:
    """Return the failed sends that stand, as a run that ends did not find out anything new of them.

    `settled` are the subjects of which it did; `SENDING` is that of a fault which is no single mail's.
    """
    approved = {draft.key for draft, _ in approved_to_send(recorded)}
    stay = {*approved, *([SENDING] if approved else [])} - {*settled}
    return tuple(each for each in recorded.problems if each.code == SEND_FAILED and each.subject in stay)


def approved_to_send(recorded: Recorded) -> tuple[tuple[Draft, Approval], ...]:
    """Return the drafts that are approved and still to be sent from here, by the time of their approval."""
    live = {each.draft: each for each in recorded.approvals if each.state is ApprovalState.LIVE}
    found = [
        (draft, live[draft.id])
        for draft in recorded.drafts
        if draft.state is DraftState.APPROVED and draft.handed_over is None and draft.id in live
    ]
    return tuple(sorted(found, key=lambda pair: (pair[1].at, pair[0].id)))


def stayed(approval: Approval, recorded: Recorded, now: datetime) -> str | None:
    """Return what was said when an approved mail was to leave and did not, None while it is still to leave.

    It is "" where nothing was said: nobody who could send was there, or a run was at work.
    """
    for attempt in reversed(recorded.attempts):
        if attempt.approval == approval.id:
            return attempt.detail
    return None if now - approval.not_before < LEAVING else ""


def _over(draft: Draft, approval: Approval, now: datetime) -> bool:
    return approval.expires <= now or (draft.expires is not None and draft.expires <= now)


def _withdrawn(policy: Policy, draft: Draft, now: datetime, recorded: Recorded) -> str:
    """Return why an approval no longer counts, "" where it does."""
    if policy.mail.mode != "approve":
        return "sending was switched off (mail.mode) before it went; it waits again"
    rule = offer_forbidden(draft, policy, now, recorded)
    return f"this offer {rule.why}" if rule else ""


def _as_approved(draft: Draft, seen: Seen) -> bool:
    """Tell whether the draft's copy certainly still is what was approved. What is unclear waits."""
    drafts = seen.drafts
    there = drafts.found.get(draft.provider_id)
    if there is None or not drafts.known or drafts.lost:
        return False
    return there.revision == draft.remote and same_words(draft, there) and not unshown(draft, there)


# --- a send whose outcome is unclear --------------------------------------------------------------


def judge(attempt: Attempt, traces: SendTraces, now: datetime) -> AttemptState | None:
    """Return what became of a send, None while that may still change.

    `now` may lie before the attempt when the clock was set back: then it counts as made just now.
    """
    age = max(now - attempt.at, timedelta())
    if traces.sent is not None:
        return AttemptState.SENT
    if traces.copy in (CopyNow.THERE, CopyNow.CHANGED):
        # Sending takes the copy away: one that still stands after the request was over was not sent.
        return AttemptState.NOT_SENT if age >= T_QUIET else None
    if traces.searched and age < T_SETTLE:
        return None
    return AttemptState.UNKNOWN


def open_attempt(draft: Draft, recorded: Recorded) -> Attempt | None:
    """Return the draft's send that was begun and is not settled."""
    return next(
        (
            each
            for each in reversed(recorded.attempts)
            if each.draft == draft.id and each.state is AttemptState.OPEN
        ),
        None,
    )


def approval_of(attempt: Attempt, recorded: Recorded) -> Approval | None:
    """Return the approval a send was made by."""
    return next((each for each in recorded.approvals if each.id == attempt.approval), None)


def went(
    draft: Draft, attempt: Attempt, sent: SentMail, now: datetime, detail: str = ""
) -> tuple[Record, ...]:
    """Return the records of a mail that went."""
    gone = step(
        draft,
        Event.WENT,
        handed_over=attempt.at,
        message_id=sent.message_id,
        remote_thread=sent.thread or draft.remote_thread,
        reason=detail or "sent",
    )
    return (gone, _ended(attempt, AttemptState.SENT, now, detail, sent_id=sent.id))


def not_sent(
    draft: Draft, attempt: Attempt, approval: Approval | None, now: datetime, detail: str, *, again: bool
) -> tuple[Record, ...]:
    """Return the records of a mail that certainly did not go.

    With `again` its approval counts once more; else it waits for a new one.
    """
    ended = _ended(attempt, AttemptState.NOT_SENT, now, detail)
    if again and approval is not None:
        back = step(draft, Event.NOT_SENT)
        return (back, replace(approval, state=ApprovalState.LIVE, rev=approval.rev + 1), ended)
    return (step(draft, Event.REFUSED, reason=detail), ended)


def unknown(draft: Draft, attempt: Attempt, now: datetime) -> tuple[Record, ...]:
    """Return the records of a mail of which nobody can find out whether it went."""
    return (step(draft, Event.UNTOLD, reason=UNTOLD), _ended(attempt, AttemptState.UNKNOWN, now, UNTOLD))


def _ended(
    attempt: Attempt, state: AttemptState, now: datetime, detail: str, *, sent_id: str = ""
) -> Attempt:
    return replace(attempt, state=state, ended=now, detail=detail, sent_id=sent_id, rev=attempt.rev + 1)


def _unsettled(draft: Draft, now: datetime, recorded: Recorded) -> Problem:
    return standing(
        recorded,
        now,
        code=UNSETTLED_SEND,
        subject=draft.key,
        severity=Severity.TEMPORARY,
        what=f"it is not clear yet whether the mail {draft.subject!r} went; it is not sent again before it is",
        where=", ".join(draft.to),
        fix="magicloop run    (it looks again)",
    )


def _unknown(draft: Draft, now: datetime, recorded: Recorded) -> Problem:
    return standing(
        recorded,
        now,
        code=UNKNOWN_SEND,
        subject=draft.key,
        severity=Severity.ASK,
        what=f"the mail {draft.subject!r} may have gone, and only you can find out: look among your sent mails",
        where=", ".join(draft.to),
        fix=f"magicloop draft resolve {draft.id[:6]} --sent    (or --not-sent)",
    )

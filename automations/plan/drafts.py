"""What to do about drafts that exist already: read in edits, put back lost files, let old ones go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.model.records import DraftState, Severity
from automations.model.text import fold
from automations.plan.actions import (
    AdoptDraft,
    CloseDraft,
    CreateDraft,
    NoteCopy,
    RemoveCopy,
    RestoreDraft,
    SendDraft,
    UpdateDraft,
)
from automations.plan.approvals import RAN_OUT, live_approvals
from automations.plan.decided import Decided, standing
from automations.plan.lifecycle import FINAL
from automations.plan.severities import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Draft, Problem, Recorded
    from automations.model.seen import Seen, SeenDraft, SentMail
    from automations.plan.actions import Action

UNREADABLE = "drafts-unreadable"
UNREVIEWABLE = "draft-unreviewable"
EDITED_LATE = "draft-edited-late"
GONE = "draft-gone"
VANISHED = "draft-vanished"
DOUBTS = frozenset({UNREVIEWABLE, EDITED_LATE, GONE, VANISHED})
OPEN = (DraftState.WAITING, DraftState.APPROVED)
UNSENT = (DraftState.RENDERED, *OPEN)


def placed_drafts(recorded: Recorded) -> tuple[Draft, ...]:
    """Return the drafts whose copy should be at the provider."""
    return tuple(draft for draft in recorded.drafts if draft.state in OPEN and draft.provider_id)


def refs_of(drafts: Iterable[Draft]) -> dict[str, str]:
    """Return the refs of drafts by provider id, as a mailbox is asked for them."""
    return {draft.provider_id: draft.id for draft in drafts}


def supersede(recorded: Recorded, outdated: Callable[[Draft], bool], reason: str) -> tuple[CloseDraft, ...]:
    """Close the unsent drafts that are outdated. What was handed over, or is at work, is left alone."""
    claimed = {claim.subject for claim in recorded.claims}
    return tuple(
        CloseDraft(draft, DraftState.SUPERSEDED, reason)
        for draft in recorded.drafts
        if draft.state in UNSENT
        and draft.handed_over is None
        and draft.key not in claimed
        and outdated(draft)
    )


def plan_drafts(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Decide about every draft that is not at its end. The person's own changes always win.

    A draft in the hands of a claim that is not settled yet is left alone.
    """
    del policy
    actions: list[Action] = []
    doubts: list[Problem] = []
    due: list[datetime] = []
    claimed = {claim.subject for claim in recorded.claims}
    for draft in recorded.drafts:
        about = () if draft.key in claimed else _about(draft, now, seen, recorded)
        actions.extend(about)
        if not about and draft.state in OPEN:
            due.extend(_instants(draft, recorded))
            unsettled = draft.key in claimed
            doubts.extend(_told(draft, recorded) if unsettled else _doubts(draft, now, seen, recorded))
    unreadable_files = tuple(
        standing(
            recorded,
            now,
            code=UNREADABLE,
            subject=unreadable.calendar,
            severity=SEVERITIES[unreadable.fault],
            what=unreadable.what,
            where=unreadable.where,
            fix=unreadable.fix,
        )
        for unreadable in (*seen.unreadable_mail, *seen.drafts.unreadable.values())
    )
    return Decided(tuple(actions), (*unreadable_files, *doubts), tuple(due))


def one_end_each(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the actions without what is of no use to a draft that ends in the same run.

    A mail whose copy was renamed is not sent before that is noted, or its copy would stay behind.
    """
    ends: dict[str, Action] = {}
    for action in actions:
        if isinstance(action, CloseDraft) and action.state in FINAL:
            ends.setdefault(action.draft.id, action)
    noted = {action.draft.id for action in actions if isinstance(action, NoteCopy)}
    return tuple(
        action
        for action in actions
        if ends.get(_draft_id(action), action) is action
        and not (isinstance(action, SendDraft) and action.draft.id in noted)
    )


def same_words(draft: Draft, seen: SeenDraft) -> bool:
    """Tell whether a copy reads as the draft is recorded, whatever its bytes are."""
    return (seen.subject, seen.body_text, seen.body_html, set(seen.to), set(seen.cc)) == (
        draft.subject,
        draft.body_text,
        draft.body_html,
        set(draft.to),
        set(draft.cc),
    )


def news_of(draft: Draft, seen: SeenDraft) -> AdoptDraft | NoteCopy | None:
    """Return what to record of an open draft's copy that holds nothing `unshown`; None where it is as it was left.

    Only other words are an edit. A program that saves a mail anew may well change its every byte.
    """
    changed = seen.revision != draft.remote
    if changed and not same_words(draft, seen):
        return AdoptDraft(draft, seen, "you edited it outside; your words stand")
    if changed:
        return NoteCopy(draft, seen, "its copy was saved anew, with the same words")
    if seen.provider_id != draft.provider_id:
        return NoteCopy(draft, seen, f"its copy is called {seen.provider_id} now")
    return None


def unshown(draft: Draft, seen: SeenDraft) -> tuple[str, ...]:
    """Return, in words, what a copy holds that an approval would not show; an HTML part left behind is none."""
    found = list(seen.extras)
    if seen.sender and seen.sender.lower() != draft.sender.lower():
        found.append(f"another sender, {seen.sender}")
    same_html = seen.body_html in ("", draft.body_html)
    if not same_html and seen.html_words != fold(seen.body_text) and not html_is_behind(draft, seen):
        found.append("an HTML part that says other things than the text")
    return tuple(found)


def html_is_behind(draft: Draft, seen: SeenDraft) -> bool:
    """Tell whether only a copy's text was edited, so that its HTML part still says what was there before."""
    changed = seen.body_text != draft.body_text and seen.html_words != fold(seen.body_text)
    before = (fold(draft.body_text), fold(draft.previous_text))
    ours = seen.body_html == draft.body_html or bool(seen.html_words and seen.html_words in before)
    return bool(seen.body_html) and changed and ours


def unshown_words(draft: Draft, found: tuple[str, ...]) -> tuple[str, str]:
    """Return what to tell the person about `unshown` parts, and the cure."""
    what = f"the draft's copy holds what no approval shows: {'; '.join(found)}"
    fix = f"take it out there, or delete its HTML part; then: magicloop draft approve {draft.id[:6]}"
    return what, fix


def _doubts(draft: Draft, now: datetime, seen: Seen, recorded: Recorded) -> tuple[Problem, ...]:
    """Return what only the person can settle about the copy of an open draft."""
    drafts = seen.drafts
    there = drafts.found.get(draft.provider_id)
    if draft.provider_id in drafts.unsure:
        code, what = (
            GONE,
            "the draft is gone from your drafts: it was sent or deleted, and only you know which",
        )
        fix = f"magicloop draft resolve {draft.id[:6]} --sent    (or --not-sent)"
    elif _vanished(draft, seen, recorded):
        code, (what, fix) = VANISHED, _vanished_words(draft)
    elif there is None:
        unseen = not drafts.known or draft.provider_id in drafts.unreadable
        return _told(draft, recorded) if unseen else ()
    elif _over(draft, now) and there.revision != draft.remote and not same_words(draft, there):
        code, what = EDITED_LATE, "the draft's copy was edited after it was handed over, and its time is over"
        fix = f"magicloop draft resolve {draft.id[:6]} --sent    (or --not-sent)"
    elif found := unshown(draft, there):
        code, (what, fix) = UNREVIEWABLE, unshown_words(draft, found)
        if draft.handed_over:
            fix = f"magicloop draft resolve {draft.id[:6]} --sent    when it went so; or {fix}"
    else:
        return ()
    problem = standing(
        recorded,
        now,
        code=code,
        subject=draft.key,
        severity=Severity.ASK,
        what=what,
        where=drafts.emptied or draft.provider_id,
        fix=fix,
    )
    return (problem,)


def _told(draft: Draft, recorded: Recorded) -> tuple[Problem, ...]:
    """Return the doubts about a draft that stand since an earlier run."""
    return tuple(p for p in recorded.problems if p.code in DOUBTS and p.subject == draft.key)


def _vanished(draft: Draft, seen: Seen, recorded: Recorded) -> bool:
    """Tell whether a copy is gone in a way that is not taken for the person's decision, before they said so.

    Every copy gone at once is rather a disk that is not mounted or another folder; so is the last one, where its
    mail was approved. Once asked it stays asked, whatever is put into that folder meanwhile.
    """
    if draft.handed_over is not None or not _deleted(draft, seen):
        return False
    ours = [each for each in placed_drafts(recorded) if each.handed_over is None]
    at_stake = len(ours) > 1 or draft.state is DraftState.APPROVED
    asked = any(problem.code == VANISHED for problem in _told(draft, recorded))
    return asked or bool(seen.drafts.emptied and at_stake)


def _vanished_words(draft: Draft) -> tuple[str, str]:
    what = (
        f"the file of {draft.subject!r} went with all your drafts at once: a disk that is not mounted, another"
        " mail.folder, or deleted by you? Until that is known it is neither sent nor discarded"
    )
    return what, f"put the files back; if you deleted it: magicloop draft discard {draft.id[:6]} --yes"


def _draft_id(action: Action) -> str:
    draft: Draft | None = getattr(action, "draft", None)
    return draft.id if draft is not None else ""


def _about(draft: Draft, now: datetime, seen: Seen, recorded: Recorded) -> tuple[Action, ...]:
    if draft.state in FINAL:
        reason = f"it is {draft.state.value.replace('_', ' ')}"
        return (RemoveCopy(draft, reason),) if draft.provider_id else ()
    if draft.state not in (DraftState.RENDERED, *OPEN):
        return ()
    if _gone(draft, seen):
        sent = seen.drafts.sent.get(draft.provider_id)
        return (_sent_by_hand(draft, sent, now),) if sent else ()
    there = seen.drafts.found.get(draft.provider_id)
    if _deleted(draft, seen) and not _vanished(draft, seen, recorded):
        # Whoever sends a mail from its file may move the file; only they can say whether it went.
        by_hand = CloseDraft(draft, DraftState.DISCARDED, "its copy was deleted by hand")
        return () if draft.handed_over else (by_hand,)
    if _over(draft, now):
        ended = CloseDraft(in_place(draft, there), DraftState.EXPIRED, "its time passed before it was sent")
        return () if draft.handed_over else (ended,)
    placing = draft.state is DraftState.RENDERED
    return (_place(draft),) if placing else _kept(draft, there, now, seen, recorded)


def in_place(draft: Draft, there: SeenDraft | None) -> Draft:
    """Return the draft as it stands, with the id that its copy has now."""
    return replace(draft, provider_id=there.provider_id) if there is not None else draft


def _kept(
    draft: Draft, there: SeenDraft | None, now: datetime, seen: Seen, recorded: Recorded
) -> tuple[Action, ...]:
    """Decide about an open draft that goes on: take over what was edited, step back, write what is missing."""
    if _vanished(draft, seen, recorded):
        return ()
    if there is not None and unshown(draft, there):
        void = draft.state is DraftState.APPROVED and draft.handed_over is None
        reason = "its copy was changed to what the approval did not show"
        return (CloseDraft(draft, DraftState.WAITING, reason),) if void else ()
    news = news_of(draft, there) if there is not None else None
    if news is not None:
        return (news,)
    first: tuple[Action, ...] = ()
    if any(at <= now for at in _approval_ends(draft, recorded)):
        first = (CloseDraft(draft, DraftState.WAITING, RAN_OUT),)
        draft = replace(draft, state=DraftState.WAITING, reason=RAN_OUT, rev=draft.rev + 1)
    if seen.drafts.lost and draft.provider_id and draft.provider_id not in seen.drafts.unreadable:
        return (*first, RestoreDraft(draft, "the drafts folder was gone"))
    if there is not None and not same_words(draft, there):
        return (*first, UpdateDraft(draft, "its copy has not got the newest words yet"))
    return first


def _sent_by_hand(draft: Draft, sent: SentMail, now: datetime) -> CloseDraft:
    """Record a mail the person sent, when it went, and what the mails that follow it need to know."""
    known = replace(
        draft,
        handed_over=draft.handed_over or sent.at or now,
        message_id=sent.message_id,
        remote_thread=sent.thread or draft.remote_thread,
    )
    return CloseDraft(known, DraftState.SENT_ELSEWHERE, "you sent it yourself")


def _gone(draft: Draft, seen: Seen) -> bool:
    """Tell whether the person sent the copy, or may have."""
    return draft.state in OPEN and draft.provider_id in seen.drafts.sent.keys() | seen.drafts.unsure


def _deleted(draft: Draft, seen: Seen) -> bool:
    """Tell whether the copy was certainly there once and certainly is not now."""
    drafts = seen.drafts
    unclear = not drafts.known or drafts.lost or draft.provider_id in drafts.unreadable
    placed = draft.state in OPEN and bool(draft.provider_id)
    return placed and not unclear and draft.provider_id not in drafts.found


def _place(draft: Draft) -> CreateDraft:
    return CreateDraft(
        key=draft.key,
        draft_kind=draft.kind,
        template="",
        facts={},
        to=draft.to,
        reason=draft.why,
        draft=draft,
    )


def _over(draft: Draft, now: datetime) -> bool:
    return draft.expires is not None and draft.expires <= now


def _approval_ends(draft: Draft, recorded: Recorded) -> list[datetime]:
    if draft.state is not DraftState.APPROVED or draft.handed_over is not None:
        return []
    return [approval.expires for approval in live_approvals(recorded, draft)]


def _instants(draft: Draft, recorded: Recorded) -> list[datetime]:
    if draft.handed_over is not None:
        return []
    ends = [draft.expires] if draft.expires is not None else []
    return [*ends, *_approval_ends(draft, recorded)]

"""What a person does with a draft: look, approve, edit, discard, put off, say whether it went.

Each act is checked against the journal and the copy outside, then recorded in one transaction.
Only a person calls these; a run never approves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.apply import apply_action
from automations.apply.carrying import entry_of
from automations.apply.drafts import bytes_to_send, reworded
from automations.apply.sending import outgoing
from automations.compose.addresses import check_address
from automations.compose.html import text_to_html
from automations.compose.words import seen_body
from automations.desk.linting import check_lint, lint_of
from automations.desk.outcome import HandWork, carry_out, check_done
from automations.errors import ProviderError, RefusedError, UnknownNameError
from automations.model.records import DraftState, Outcome
from automations.model.sending import Approval, ApprovalState, AttemptState
from automations.model.text import plain
from automations.plan.actions import CloseDraft, UpdateDraft
from automations.plan.approvals import voided
from automations.plan.drafts import (
    GONE,
    VANISHED,
    in_place,
    news_of,
    refs_of,
    same_words,
    unshown,
    unshown_words,
)
from automations.plan.lifecycle import FINAL, Event, check_event, step
from automations.plan.recipients import new_recipients
from automations.plan.withholding import offer_forbidden
from automations.plan.zones import approval_expiry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.apply import Bench, Result
    from automations.model.records import Draft, Recorded
    from automations.model.seen import OwnDrafts, SeenDraft
    from automations.model.sending import Attempt

HASH_LEAST = 6
"""How many hex digits of a draft's hash an approval must name."""


@dataclass(frozen=True, slots=True)
class NewWords:
    """What an edit changes; None leaves a part as it is."""

    subject: str | None = None
    body_text: str | None = None
    to: tuple[str, ...] | None = None
    cc: tuple[str, ...] | None = None


def find_draft(recorded: Recorded, name: str) -> Draft:
    """Return the draft whose id begins with `name`, or whose key it is (its newest).

    :raises UnknownNameError: none or several.
    """
    by_key = [draft for draft in recorded.drafts if draft.key == name]
    if by_key:
        return by_key[-1]
    found = [draft for draft in recorded.drafts if name and draft.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    near = tuple(draft.id[:6] for draft in found) or tuple(
        draft.id[:6] for draft in recorded.drafts if draft.state not in FINAL
    )
    raise UnknownNameError("draft", name, near=near[-3:], fix="magicloop draft list")


def refreshed(bench: Bench, draft: Draft) -> tuple[Draft, Result | None]:
    """Read the copy outside; where the person edited it, take that over and return the new revision.

    Where it has not got the newest words yet, they are written first.

    :raises ProviderError: it cannot be read or written.
    :raises RefusedError: the copy is gone, is no mail any more, holds what is not shown here, or an
        interrupted change of it is not settled yet.
    :raises HeaderFaultError: what the person wrote may not stand in a mail.
    """
    if draft.state not in (DraftState.WAITING, DraftState.APPROVED) or not draft.provider_id:
        return draft, None
    _check_settled(bench, draft)
    drafts: OwnDrafts = bench.world.mailbox.fetch_drafts((draft.provider_id,), refs_of((draft,)))
    seen = drafts.found.get(draft.provider_id)
    unreadable = drafts.unreadable.get(draft.provider_id)
    if unreadable is not None:
        raise RefusedError(unreadable.what, where=unreadable.where, fix=unreadable.fix)
    if seen is None:
        raise RefusedError(
            "the draft's copy is gone",
            where=draft.provider_id,
            fix="magicloop run    (it decides what that means)",
        )
    found = unshown(draft, seen)
    if found:
        what, fix = unshown_words(draft, found)
        raise RefusedError(what, where=draft.provider_id, fix=fix)
    news = news_of(draft, seen)
    if news is not None:
        results = apply_action(bench, news)
    elif same_words(draft, seen):
        return draft, None
    else:
        results = apply_action(bench, UpdateDraft(draft, "its copy has not got the newest words yet"))
    check_done(results)
    now_as = find_draft(bench.world.journal.load(draft.person), draft.id)
    return now_as, results[0] if now_as.text_rev != draft.text_rev else None


def standing(bench: Bench, name: str) -> tuple[Bench, Draft, Result | None]:
    """Return the draft of an id or key as `refreshed` does, before it the bench with the memory as it then is.

    :raises UnknownNameError: as `find_draft`.
    :raises ProviderError, RefusedError, HeaderFaultError: as `refreshed`.
    """
    before = find_draft(bench.recorded, name)
    draft, adopted = refreshed(bench, before)
    if draft is not before:
        bench = replace(bench, recorded=bench.world.journal.load(draft.person))
    return bench, draft, adopted


def approve(
    bench: Bench,
    draft: Draft,
    seen_hash: str,
    *,
    despite: Sequence[str] = (),
    reason: str = "",
    new_recipients: Sequence[str] = (),
) -> Draft:
    """Approve exactly the words that were shown: to be sent from here, or by the person where nothing here can.

    `seen_hash` are at least six digits of the hash that was shown with them. `despite` names errors of
    the lint that the person goes on despite of, for a reason that is logged. `new_recipients` are addresses the config
    does not know and that never got a mail from here, which the person named one by one.

    :raises RefusedError: it changed since it was shown, has expired, is in no state to be approved, an
        error of the lint stands, or a recipient is unknown and was not named.
    """
    now = bench.world.clock.now()
    check_approvable(bench, draft)
    _check_hash(draft, seen_hash)
    findings = lint_of(draft, bench.recorded, bench.policy)
    known = check_lint(draft, findings, despite=despite, reason=reason)
    sends = bench.world.sender is not None
    approval = Approval(
        id=f"{draft.id}-{draft.text_rev}-{draft.rev}",
        person=draft.person,
        draft=draft.id,
        text_rev=draft.text_rev,
        hash=draft.hash,
        recipients=(*draft.to, *draft.cc),
        at=now,
        not_before=now + timedelta(seconds=bench.policy.mail.undo_seconds),
        expires=approval_expiry(now),
        mime=bytes_to_send(bench, draft) if sends else b"",
    )
    what = f"approved as shown, hash {draft.hash[:8]}"
    if sends:
        named = check_recipients(bench, draft, new_recipients)
        what += f"; to {', '.join(named)} for the first time" if named else ""
        approved = step(draft, Event.APPROVE)
        outgoing(approved, approval)
    else:
        approved = step(draft, Event.APPROVE, handed_over=now)
        approval = replace(approval, state=ApprovalState.CONSUMED)
        what += "; handed over, you send it"
    if known:
        what += f"; despite {', '.join(known)}: {plain(reason)}"
    _record(bench, HandWork("approve-draft", draft.key, what), approved, approval)
    return approved


def check_recipients(bench: Bench, draft: Draft, named: Sequence[str]) -> tuple[str, ...]:
    """Return the recipients who are new and were named, in lower case.

    :raises RefusedError: one of them is new and was not named.
    """
    unknown = new_recipients(draft, bench.policy, bench.recorded)
    confirmed = {address.strip().lower() for address in named}
    missing = [address for address in unknown if address.lower() not in confirmed]
    if missing:
        options = " ".join(f"--new-recipient {address}" for address in missing)
        raise RefusedError(
            f"{', '.join(missing)} never got a mail from here and is not in your config",
            where=draft.key,
            fix=f"if that is right: magicloop draft approve {draft.id[:6]} {options}",
        )
    return unknown


def check_approvable(bench: Bench, draft: Draft) -> None:
    """Return if a draft is in a state to be approved.

    :raises RefusedError: it is not, has expired, or is an offer that a rule of the loop forbids by now.
    """
    rule = offer_forbidden(draft, bench.policy, bench.world.clock.now(), bench.recorded)
    if rule is not None and draft.state is DraftState.WAITING:
        raise RefusedError(f"this offer {rule.why}", where=rule.subject, fix="magicloop boss list")
    if draft.state is DraftState.APPROVED:
        said = "resolve {} --sent" if draft.handed_over else "undo {}"
        raise RefusedError(
            "the draft is approved already", fix=f"magicloop draft {said.format(draft.id[:6])}"
        )
    check_event(draft.state, Event.APPROVE)
    if draft.expires is not None and draft.expires <= bench.world.clock.now():
        raise RefusedError("the draft has expired; its time has passed", fix="magicloop run")
    _check_settled(bench, draft)


def _check_settled(bench: Bench, draft: Draft) -> None:
    """Return if no interrupted change waits to be settled: what stands outside may be its effect."""
    if any(claim.subject == draft.key for claim in bench.recorded.claims):
        raise RefusedError(
            "an interrupted change of the draft is not settled yet",
            where=draft.key,
            fix="magicloop run    (then try again)",
        )


def _check_hash(draft: Draft, seen_hash: str) -> None:
    given = seen_hash.strip().lower()
    if len(given) >= HASH_LEAST and draft.hash.startswith(given):
        return
    what = (
        f"--hash needs at least {HASH_LEAST} digits"
        if len(given) < HASH_LEAST
        else f"the words are not those of hash {given[:8]}: the draft changed since it was shown"
    )
    raise RefusedError(what, where=draft.key, fix=f"magicloop draft show {draft.id[:6]}")


def edit(bench: Bench, draft: Draft, words: NewWords) -> Draft:
    """Change the words or recipients of a draft; an approval of the old ones is void.

    Characters that nobody sees are dropped from the new words.

    :raises RefusedError: the draft is past editing, or would go to nobody.
    :raises HeaderFaultError: a header or address may not stand in a mail.
    """
    check_event(draft.state, Event.REWORD)
    _check_settled(bench, draft)
    to, cc = addressed(draft, words)
    text = draft.body_text if words.body_text is None else seen_body(words.body_text)
    html = draft.body_html if text == draft.body_text or not draft.body_html else text_to_html(text)
    subject = draft.subject if words.subject is None else plain(words.subject)
    same = (subject, text, to, cc) == (draft.subject, draft.body_text, draft.to, draft.cc)
    if same:
        return draft
    changed = reworded(bench, draft, subject=subject, body_text=text, body_html=html, to=to, cc=cc)
    action = UpdateDraft(changed, "edited by hand", voided=voided(bench.recorded, draft), new_words=True)
    carry_out(bench, action)
    return find_draft(bench.world.journal.load(draft.person), draft.id)


def addressed(draft: Draft, words: NewWords) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the To and Cc that a draft has with new words.

    :raises HeaderFaultError: an address may not stand in a mail.
    :raises RefusedError: nobody is left to go to.
    """
    to = draft.to if words.to is None else tuple(check_address(address) for address in words.to)
    cc = draft.cc if words.cc is None else tuple(check_address(address) for address in words.cc)
    if not to:
        raise RefusedError(
            "a mail needs somebody to go to", fix=f"magicloop draft edit {draft.id[:6]} --to ADDRESS"
        )
    return to, cc


def discard(bench: Bench, draft: Draft, reason: str) -> None:
    """End a draft unsent. The journal keeps its words.

    :raises RefusedError: it is at its end already, on its way, or was sent from the mailbox meanwhile.
    """
    check_event(draft.state, Event.DISCARD)
    _check_settled(bench, draft)
    there = _unsent_copy(bench, draft)
    carry_out(bench, CloseDraft(in_place(draft, there), DraftState.DISCARDED, reason or "discarded by hand"))


def _unsent_copy(bench: Bench, draft: Draft) -> SeenDraft | None:
    """Return the draft's copy, None for none, if it was not sent by hand as far as that can be found out now.

    :raises RefusedError: it was.
    """
    if draft.state not in (DraftState.WAITING, DraftState.APPROVED) or not draft.provider_id:
        return None
    try:
        drafts = bench.world.mailbox.fetch_drafts((draft.provider_id,), refs_of((draft,)))
    except ProviderError:
        return None  # a person may discard without a network; that they sent it, they know themselves
    if draft.provider_id in drafts.sent:
        raise RefusedError("you sent it from your mailbox meanwhile", where=draft.key, fix="magicloop run")
    return drafts.found.get(draft.provider_id)


def snooze(bench: Bench, draft: Draft, until: datetime) -> Draft:
    """Put a draft off until an instant. Its expiry, and any promise, stay as they are.

    :raises RefusedError: it does not wait, the instant is past, or the draft expires before it.
    """
    now = bench.world.clock.now()
    if draft.state is not DraftState.WAITING:
        raise RefusedError(f"only a waiting draft can be put off; this one is {draft.state.value}")
    if until <= now:
        raise RefusedError("that time is past", fix=f"magicloop draft snooze {draft.id[:6]} --until +1d")
    if draft.expires is not None and until >= draft.expires:
        raise RefusedError(
            "the draft expires before that", fix=f"magicloop draft snooze {draft.id[:6]} --until +1h"
        )
    later = replace(draft, snoozed_until=until, rev=draft.rev + 1)
    _record(bench, HandWork("snooze-draft", draft.key, f"until {until.isoformat()}"), later)
    return later


def undo(bench: Bench, draft: Draft) -> Draft:
    """Take an approval back: the draft waits again.

    :raises RefusedError: it is not approved, or it is on its way already.
    """
    if draft.state is not DraftState.APPROVED:
        raise RefusedError(
            f"the draft is {draft.state.value.replace('_', ' ')}; there is no approval to take back",
            fix="magicloop draft list",
        )
    _check_settled(bench, draft)
    back = step(draft, Event.STEP_BACK, handed_over=None, reason="you took the approval back")
    _record(bench, HandWork("undo-draft", draft.key, back.reason), back, *voided(bench.recorded, draft))
    return back


def resolve(bench: Bench, draft: Draft, *, sent: bool) -> None:
    """Say whether a mail went out that was handed over, whose draft is gone, or whose send is unknown.

    :raises RefusedError: none of these.
    """
    gone = any((code, draft.key) in {p.key for p in bench.recorded.problems} for code in (GONE, VANISHED))
    asked = draft.state is DraftState.UNKNOWN or draft.handed_over is not None or gone
    if not asked or draft.state not in (DraftState.WAITING, DraftState.APPROVED, DraftState.UNKNOWN):
        raise RefusedError(
            f"the draft is {draft.state.value.replace('_', ' ')}; there is nothing to resolve",
            fix="magicloop draft list",
        )
    _check_settled(bench, draft)
    if draft.state is DraftState.UNKNOWN:
        _resolve_unknown(bench, draft, sent=sent)
    elif sent:
        carry_out(bench, CloseDraft(draft, DraftState.SENT_ELSEWHERE, "you said it went out"))
    elif gone:
        carry_out(bench, CloseDraft(draft, DraftState.DISCARDED, "you said it did not go out"))
    else:
        back = step(draft, Event.SAID_NOT_SENT, handed_over=None)
        _record(
            bench, HandWork("resolve-draft", draft.key, "you said it did not go out; it waits again"), back
        )


def _resolve_unknown(bench: Bench, draft: Draft, *, sent: bool) -> None:
    now = bench.world.clock.now()
    what = "you said it went out" if sent else "you said it did not go out"
    attempt = next(each for each in reversed(bench.recorded.attempts) if each.draft == draft.id)
    ended = replace(
        attempt,
        state=AttemptState.SENT if sent else AttemptState.NOT_SENT,
        detail=what,
        ended=now,
        rev=attempt.rev + 1,
    )
    event = Event.SAID_SENT if sent else Event.SAID_NOT_SENT
    told = step(draft, event, reason=what, handed_over=attempt.at if sent else None)
    _record(bench, HandWork("resolve-draft", draft.key, what), told, ended)


def _record(bench: Bench, work: HandWork, *changes: Draft | Approval | Attempt) -> None:
    entry = entry_of(bench, work, Outcome.DONE, work.reason)
    bench.world.journal.record(entry, changes)

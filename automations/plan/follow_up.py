"""One reminder of an offer that went unanswered, and a note when there is no room for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.model.loop import PromiseState
from automations.plan.actions import CreateDraft
from automations.plan.business_days import business_days_later
from automations.plan.decided import Decided
from automations.plan.drafts import supersede
from automations.plan.loop import is_unanswered, offers_to, was_made, went_out
from automations.plan.promises import working_weekdays
from automations.plan.withholding import withheld_from
from automations.plan.zones import day_start, local, month_of, month_span, say_day, say_month

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Boss, Policy
    from automations.model.records import Draft, Month, Recorded
    from automations.model.seen import Seen
    from automations.plan.actions import CloseDraft


def follow_up_key(offer: Draft) -> str:
    """Return the purpose key of the one reminder of an offer."""
    return offer.key.replace("offer:", "follow-up:", 1)


def pause_note_key(boss_id: str, month: Month) -> str:
    """Return the purpose key of the note that there is no room for more in a month."""
    return f"pause-note:{boss_id}:{month}"


def plan_follow_ups(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft the reminder of the offer that went to each boss last, once, while its month lasts."""
    actions: list[CreateDraft | CloseDraft] = [*_answered_meanwhile(recorded)]
    due: list[datetime] = []
    for boss in policy.bosses:
        gone = [(at, offer) for offer in offers_to(boss.id, recorded) if (at := went_out(offer)) is not None]
        if not gone or not policy.offers.follow_up_days:
            continue
        went, offer = max(gone, key=lambda each: each[0])
        decided = _follow_up(boss, offer, went, policy, now, seen, recorded)
        if isinstance(decided, CreateDraft):
            actions.append(decided)
        elif decided is not None:
            due.append(decided)
    return Decided(tuple(actions), (), tuple(due))


def _answered_meanwhile(recorded: Recorded) -> tuple[CloseDraft, ...]:
    """Close the reminders whose offer was answered."""
    answered = {answer.about.replace("offer:", "follow-up:", 1) for answer in recorded.answers}
    return supersede(
        recorded, lambda draft: draft.kind == "follow-up" and draft.key in answered, "its offer was answered"
    )


def _follow_up(
    boss: Boss, offer: Draft, went: datetime, policy: Policy, now: datetime, seen: Seen, recorded: Recorded
) -> CreateDraft | datetime | None:
    zone, key = policy.me.zone, follow_up_key(offer)
    ends = offer.expires
    if not is_unanswered(offer, recorded) or (ends is not None and now >= ends):
        return None
    if was_made(key, recorded) or withheld_from(boss, now, zone, recorded):
        return None
    asked_on = local(went, zone).date()
    days = policy.offers.follow_up_days
    wanted = business_days_later(asked_on, days, seen.holidays, working_weekdays(policy))
    if local(now, zone).date() < wanted:
        return day_start(wanted, zone)
    return CreateDraft(
        key=key,
        draft_kind="follow-up",
        template="follow-up",
        facts={
            "boss_first": boss.name.split()[0],
            "my_first": policy.me.name.split()[0],
            "asked_on": say_day(asked_on, with_year=False),
            "subject": offer.subject,
            "wording": sum(d.kind == "follow-up" and boss.email in d.to for d in recorded.drafts),
        },
        to=(boss.email,),
        reason=f"no answer from {boss.name} to the offer of {say_day(asked_on)}; the one reminder of it",
        expires=ends,
    )


def pause_note(boss: Boss, policy: Policy, now: datetime, recorded: Recorded) -> CreateDraft | None:
    """Return this month's note of what is in hand instead of an offer, None when it was made."""
    zone = policy.me.zone
    month = month_of(now, zone)
    key = pause_note_key(boss.id, month)
    if was_made(key, recorded):
        return None
    in_hand = sorted(
        (p for p in recorded.promises if p.boss == boss.id and p.state is PromiseState.OPEN),
        key=lambda promise: promise.due,
    )
    return CreateDraft(
        key=key,
        draft_kind="pause-note",
        template="pause-note",
        facts={
            "boss_first": boss.name.split()[0],
            "my_first": policy.me.name.split()[0],
            "in_hand": [f"{p.text}, by {say_day(p.due, with_year=False)}" for p in in_hand],
            "first_due": say_day(in_hand[0].due, with_year=False),
            "wording": sum(d.kind == "pause-note" and boss.email in d.to for d in recorded.drafts),
        },
        to=(boss.email,),
        reason=f"{say_month(month)}: {len(in_hand)} promises to {boss.name} are in hand, so nothing new is offered",
        expires=month_span(month, zone).end,
    )

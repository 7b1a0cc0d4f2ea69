"""The two mails of a quarter: is my own work solid (step 1), and help that also serves my goal (step 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.model.loop import AnswerKind, PromiseState
from automations.plan.actions import CreateDraft
from automations.plan.business_days import business_days_later, clamped_day, shift_to_business_day
from automations.plan.decided import Decided
from automations.plan.ladder import trust_in
from automations.plan.lifecycle import LIVE
from automations.plan.loop import STANDING_LASTS, was_made
from automations.plan.promises import working_weekdays
from automations.plan.withholding import withheld_from
from automations.plan.zones import add_months, day_start, local, month_of, month_span

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Boss, Policy
    from automations.model.records import Draft, Month, Recorded
    from automations.model.seen import Seen

MIDDLE_OF_MONTH = 15
"""Offers go out at the beginning of a month, these from its middle on: one mail at a time."""
APART_WORKING_DAYS = 5
KEPT_FOR_GOAL = 2


def quarter_of(month: Month) -> str:
    """Return the quarter of a local month, e.g. `2027-Q1`."""
    year, number = month.split("-")
    return f"{year}-Q{(int(number) + 2) // 3}"


def plan_quarterly(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft the standing check, or else the goal trade, of each boss who had no mail in the last days."""
    actions: list[CreateDraft] = []
    due: list[datetime] = []
    zone = policy.me.zone
    month = month_of(now, zone)
    middle = shift_to_business_day(
        clamped_day(month, MIDDLE_OF_MONTH), seen.holidays, working_weekdays(policy)
    )
    if local(now, zone).date() < middle:
        return Decided(due=(day_start(middle, zone),))
    for boss in policy.bosses:
        if withheld_from(boss, now, zone, recorded) is not None or _is_new(boss, month, recorded):
            continue
        asked = _standing_check(boss, policy, now, recorded)
        if not isinstance(asked, CreateDraft):
            due += [asked] if asked is not None else []
            asked = None
        free_at = _free_at(boss, policy, now, seen, recorded)
        if free_at is None:
            continue
        wanted = asked or _goal_trade(boss, policy, now, recorded)
        if wanted is not None and now < free_at:
            due.append(free_at)
        elif wanted is not None:
            actions.append(wanted)
    return Decided(tuple(actions), (), tuple(due))


def _is_new(boss: Boss, month: Month, recorded: Recorded) -> bool:
    return not any(cycle.boss == boss.id and cycle.month < month for cycle in recorded.cycles)


def _free_at(boss: Boss, policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> datetime | None:
    """Return from when another mail may be written to a boss; None while one still waits."""
    mails: list[Draft] = [draft for draft in recorded.drafts if boss.email in draft.to]
    if any(draft.state in LIVE for draft in mails):
        return None
    made = [
        draft.created for draft in mails if draft.created <= now
    ]  # one of a clock that was ahead says nothing
    if not made:
        return now
    zone = policy.me.zone
    last = local(max(made), zone).date()
    free = business_days_later(last, APART_WORKING_DAYS, seen.holidays, working_weekdays(policy))
    return day_start(free, zone)


def _standing_check(
    boss: Boss, policy: Policy, now: datetime, recorded: Recorded
) -> CreateDraft | datetime | None:
    """Return the question, or when it is to be asked since the boss's last word gets old, None once it was made."""
    key = f"standing:{boss.id}:{quarter_of(month_of(now, policy.me.zone))}"
    if was_made(key, recorded):
        return None
    kinds = (AnswerKind.SOLID, AnswerKind.NOT_SOLID)
    words = [answer.at for answer in recorded.answers if answer.boss == boss.id and answer.kind in kinds]
    if words and now < max(words) + STANDING_LASTS:
        return max(words) + STANDING_LASTS
    return _mail(
        key, "standing-check", boss, policy, now, recorded, "no word in 90 days on your own work", {}
    )


def _goal_trade(boss: Boss, policy: Policy, now: datetime, recorded: Recorded) -> CreateDraft | None:
    quarter = quarter_of(month_of(now, policy.me.zone))
    key = f"goal-trade:{boss.id}:{quarter}"
    kept = [p for p in recorded.promises if p.boss == boss.id and p.state is PromiseState.KEPT]
    if len(kept) < KEPT_FOR_GOAL or not policy.goals or was_made(key, recorded):
        return None
    made = sum(draft.key.startswith(f"goal-trade:{boss.id}:") for draft in recorded.drafts)
    goal = policy.goals[made % len(policy.goals)]
    facts: dict[str, object] = {
        "enjoyed": [promise.text for promise in kept[-KEPT_FOR_GOAL:]],
        "goal": goal.text,
        "kind": goal.kind,
    }
    trust = trust_in(boss.id, now, policy.me.zone, recorded)
    return _mail(
        key,
        "goal-trade",
        boss,
        policy,
        now,
        recorded,
        f"{trust.kept} promises kept; goal: {goal.text}",
        facts,
    )


def _mail(
    key: str,
    kind: str,
    boss: Boss,
    policy: Policy,
    now: datetime,
    recorded: Recorded,
    why: str,
    facts: dict[str, object],
) -> CreateDraft:
    month = month_of(now, policy.me.zone)
    return CreateDraft(
        key=key,
        draft_kind=kind,
        template=kind,
        facts={
            "boss_first": boss.name.split()[0],
            "my_first": policy.me.name.split()[0],
            "wording": sum(draft.kind == kind and boss.email in draft.to for draft in recorded.drafts),
            **facts,
        },
        to=(boss.email,),
        reason=f"{quarter_of(month)} {kind.replace('-', ' ')} with {boss.name}: {why}",
        expires=month_span(add_months(month, 1), policy.me.zone).end,
    )

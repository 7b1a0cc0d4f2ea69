"""Offers of help: one mail a month to each boss, drafted when it is due and its facts are there.

Nothing is invented: a fact that is missing blocks the draft and names the key that supplies it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

from automations.model.loop import OfferIdeaState
from automations.model.records import Problem, Severity
from automations.plan.actions import CreateDraft
from automations.plan.business_days import business_days_later, clamped_day, shift_to_business_day
from automations.plan.catalogue import IDEAS_SHOWN, Choice, Lacks, choose, offers_for
from automations.plan.decided import Decided, standing
from automations.plan.drafts import supersede
from automations.plan.follow_up import pause_note, plan_follow_ups
from automations.plan.lifecycle import ENDED_UNSENT
from automations.plan.loop import NOT_IN_CONFIG, offers_to, standing_with, was_put_aside
from automations.plan.promises import working_weekdays
from automations.plan.withholding import open_incident, withheld_from
from automations.plan.zones import (
    add_months,
    day_start,
    local,
    month_of,
    month_span,
    resolve_wall,
    say_day,
    say_month,
)

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Boss, Policy
    from automations.model.records import Draft, Month, Recorded
    from automations.model.seen import Seen
    from automations.plan.actions import Action
    from automations.plan.withholding import Withheld

NEEDS_FACTS = "offer-needs-facts"
WORDINGS = 5
OF_A_BOSS = ("offer:", "follow-up:", "pause-note:", "standing:", "goal-trade:")
"""What the keys of mails begin with that belong to a boss and a month or quarter."""
REPLY_WORKING_DAYS = 5
LAST_DAYS = timedelta(days=7)


def plan_offers(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft this month's offer to every boss it is due for, and the one reminder of one that went unanswered."""
    actions: list[Action] = [*_to_nobody(policy, recorded)]
    if open_incident(recorded):
        return Decided(tuple(actions), unsure=frozenset({NEEDS_FACTS, "create-draft-failed"}))
    reminders = plan_follow_ups(policy, now, seen, recorded)
    actions.extend(reminders.actions)
    problems: list[Problem] = []
    due: list[datetime] = [*reminders.due]
    for boss in policy.bosses:
        decided = _about(boss, policy, now, seen, recorded)
        if isinstance(decided, CreateDraft):
            actions.append(decided)
        elif isinstance(decided, Problem):
            problems.append(decided)
        elif decided is not None:
            due.append(decided)
    return Decided(tuple(actions), tuple(problems), tuple(due))


def withheld(policy: Policy, now: datetime, recorded: Recorded) -> tuple[tuple[Boss, Withheld], ...]:
    """Return the bosses whose offer of this month is not written, with the rule that forbids it."""
    zone, month = policy.me.zone, month_of(now, policy.me.zone)
    found = []
    for boss in policy.bosses:
        rule, earlier = withheld_from(boss, now, zone, recorded), _so_far(boss, month, recorded)
        if rule is not None and (not earlier or month >= _next_month(boss, earlier, zone)):
            found.append((boss, rule))
    return tuple(found)


def offer_now(
    boss: Boss, policy: Policy, now: datetime, seen: Seen, recorded: Recorded
) -> CreateDraft | Problem | Withheld | None:
    """Return this month's offer as if it were due, what forbids it or is missing; None when there is one already.

    One that ended unsent is none: the person may have it written anew, which no run does by itself.
    """
    key = offer_key(boss.id, month_of(now, policy.me.zone))
    if any(offer.key == key and offer.state not in ENDED_UNSENT for offer in offers_to(boss.id, recorded)):
        return None
    return withheld_from(boss, now, policy.me.zone, recorded) or _offer(boss, policy, now, seen, recorded)


def _to_nobody(policy: Policy, recorded: Recorded) -> tuple[Action, ...]:
    """Close the loop's mails not handed over whose boss has another address now, or is none any more."""
    bosses = {boss.id for boss in policy.bosses}
    return supersede(
        recorded,
        lambda draft: (
            draft.key.startswith(OF_A_BOSS) and draft.key.partition(":")[2].rpartition(":")[0] not in bosses
        ),
        NOT_IN_CONFIG,
    )


def _about(
    boss: Boss, policy: Policy, now: datetime, seen: Seen, recorded: Recorded
) -> CreateDraft | Problem | datetime | None:
    """Return the draft that is due, what is missing for it, or the instant it becomes due."""
    zone = policy.me.zone
    month = month_of(now, zone)
    earlier = _so_far(boss, month, recorded)
    if any(offer.key == offer_key(boss.id, month) for offer in earlier):
        return None
    if earlier and month < _next_month(boss, earlier, zone):
        return None
    wanted = clamped_day(month, policy.offers.due_day)
    due_date = shift_to_business_day(wanted, seen.holidays, working_weekdays(policy))
    today = local(now, zone).date()
    first_ever = not any(cycle.boss == boss.id and cycle.month < month for cycle in recorded.cycles)
    if today < due_date and not first_ever:
        return resolve_wall(due_date, time(0), zone)[0]
    rule = withheld_from(boss, now, zone, recorded)
    if rule is not None:
        return pause_note(boss, policy, now, recorded) if rule.code == "capacity" else rule.until
    when = f"due {say_day(due_date)}" if today < due_date else "due now"
    return _offer(boss, policy, now, seen, recorded, when)


def _offer(
    boss: Boss, policy: Policy, now: datetime, seen: Seen, recorded: Recorded, when: str = "asked for by hand"
) -> CreateDraft | Problem:
    """Return the draft of this month's offer, or what is missing for it."""
    zone, earlier = policy.me.zone, _counted(boss, recorded)
    month, today = month_of(now, zone), local(now, zone).date()
    key, loop = offer_key(boss.id, month), standing_with(boss, now, zone, recorded)
    chosen = choose(boss, loop.stage, policy, _entry_back(key, recorded), today) or _asking(
        boss, policy, now, seen, recorded
    )
    if isinstance(chosen, Lacks):
        return _needs_facts(boss, chosen, recorded, now)
    why = f"{loop.why}; {chosen.note}" if chosen.note else loop.why
    if loop.stage != "ask" and chosen.template == "offer-ask":
        why = f"{loop.why}; nothing to {loop.stage} in the catalogue, so it asks"
    facts = {
        "boss_first": boss.name.split()[0],
        "my_first": policy.me.name.split()[0],
        "wording": len(earlier) % WORDINGS,
        **chosen.facts,
    }
    used = chosen.idea and replace(
        chosen.idea, state=OfferIdeaState.USED, used_for=key, rev=chosen.idea.rev + 1
    )
    first = all(offer.key == key for offer in earlier)
    ends = month_span(add_months(month, 1) if first and _late(now, month, zone) else month, zone).end
    last_day = chosen.last_day
    return CreateDraft(
        key=key,
        draft_kind="offer",
        template=chosen.template,
        facts=facts,
        unlike=tuple(offer.body_text for offer in earlier if offer.key != key),
        also=(used,) if used else (),
        to=(boss.email,),
        reason=f"{say_month(month)} offer to {boss.name}, {when}; stage {_stage_of(chosen.template)}: {why}",
        expires=min(ends, day_start(last_day, zone)) if last_day else ends,
    )


def _stage_of(template: str) -> str:
    """Return the stage an offer's template belongs to."""
    stage = template.removeprefix("offer-")
    return "inform" if stage in ("done", "intend") else stage


def _next_month(boss: Boss, earlier: tuple[Draft, ...], zone: str) -> Month:
    """Return the month of the next offer. A first one made in the last days of a month is the next one's too."""
    last = earlier[-1]
    month = _month_of_offer(last)
    following = add_months(month, boss.every_months)
    if len({offer.key for offer in earlier}) == 1 and _late(last.created, month, zone):
        return max(following, add_months(month, 2))
    return following


def _so_far(boss: Boss, month: Month, recorded: Recorded) -> tuple[Draft, ...]:
    """Return the offers up to a month, by month and then by age.

    A later one was made by a clock that was ahead, and keeps nobody waiting.
    """
    offers = (offer for offer in _counted(boss, recorded) if _month_of_offer(offer) <= month)
    return tuple(sorted(offers, key=_month_of_offer))


def _counted(boss: Boss, recorded: Recorded) -> tuple[Draft, ...]:
    """Return the offers that were made to a boss, oldest first, whatever became of them."""
    return tuple(offer for offer in offers_to(boss.id, recorded) if not was_put_aside(offer))


def _entry_back(key: str, recorded: Recorded) -> Recorded:
    """Return what is recorded with the catalogue entry open again that an offer used which was put aside."""
    if not any(offer.key == key and was_put_aside(offer) for offer in recorded.drafts):
        return recorded
    entries = tuple(
        replace(idea, state=OfferIdeaState.OPEN)
        if idea.state is OfferIdeaState.USED and idea.used_for == key
        else idea
        for idea in recorded.offer_ideas
    )
    return replace(recorded, offer_ideas=entries)


def _month_of_offer(offer: Draft) -> Month:
    return offer.key.rsplit(":", 1)[1]


def _late(at: datetime, month: Month, zone: str) -> bool:
    return at >= month_span(month, zone).end - LAST_DAYS


def offer_key(boss_id: str, month: str) -> str:
    """Return the purpose key of a boss's offer for a month."""
    return f"offer:{boss_id}:{month}"


def _asking(boss: Boss, policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Choice | Lacks:
    """Return what an *ask* says: two concrete offers, turning from one offer to the next."""
    ideas = offers_for(boss, policy, recorded)
    lacks = []
    if len(ideas) < IDEAS_SHOWN:
        count = "two concrete things" if not ideas else "one more concrete thing"
        lacks.append(f"{count} you could take on (offers.ideas)")
    if not policy.offers.on_track:
        lacks.append("one fact that shows your work is on track (offers.on_track)")
    if lacks:
        return Lacks(" and ".join(lacks), "[offers] in the config", "magicloop config edit")
    turn = len(_counted(boss, recorded))
    first = (turn * IDEAS_SHOWN) % len(ideas)
    today = local(now, policy.me.zone).date()
    by = business_days_later(today, REPLY_WORKING_DAYS, seen.holidays, working_weekdays(policy))
    return Choice(
        "offer-ask",
        {
            "on_track": policy.offers.on_track,
            "ideas": [ideas[(first + step) % len(ideas)] for step in range(IDEAS_SHOWN)],
            "hours": policy.offers.hours,
            "by": say_day(by).rsplit(" ", 1)[0],
            "month": say_month(month_of(now, policy.me.zone)).split()[0],
        },
    )


def _needs_facts(boss: Boss, lacks: Lacks, recorded: Recorded, now: datetime) -> Problem:
    what = lacks.what if lacks.where.startswith("[") else f"a fact: {lacks.what}"
    return standing(
        recorded,
        now,
        code=NEEDS_FACTS,
        subject=boss.id,
        severity=Severity.WARNING,
        what=f"the offer to {boss.name} is due but lacks {what}",
        where=lacks.where,
        fix=lacks.fix,
    )

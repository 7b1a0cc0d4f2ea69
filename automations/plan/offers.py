"""Offers of help: one mail a month to each boss, drafted when it is due and its facts are there.

Nothing is invented: a fact that is missing blocks the draft and names the key that supplies it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from automations.model.records import Problem, Severity
from automations.plan.actions import CreateDraft
from automations.plan.decided import Decided, standing
from automations.plan.loop import offers_to, standing_with
from automations.plan.zones import (
    add_months,
    local,
    month_of,
    month_span,
    resolve_wall,
    say_day,
    say_month,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automations.model.policy import Boss, Policy
    from automations.model.records import Recorded
    from automations.model.seen import Seen

NEEDS_FACTS = "offer-needs-facts"
WORDINGS = 3
IDEAS_SHOWN = 2
REPLY_WORKING_DAYS = 5


def plan_offers(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft this month's offer to every boss it is due for. None while an incident is open."""
    if any(incident.resolved is None for incident in recorded.incidents):
        return Decided()
    actions: list[CreateDraft] = []
    problems: list[Problem] = []
    due: list[datetime] = []
    for boss in policy.bosses:
        decided = _about(boss, policy, now, seen, recorded)
        if isinstance(decided, CreateDraft):
            actions.append(decided)
        elif isinstance(decided, Problem):
            problems.append(decided)
        elif decided is not None:
            due.append(decided)
    return Decided(tuple(actions), tuple(problems), tuple(due))


def _about(
    boss: Boss, policy: Policy, now: datetime, seen: Seen, recorded: Recorded
) -> CreateDraft | Problem | datetime | None:
    """Return the draft that is due, what is missing for it, or the instant it becomes due."""
    zone = policy.me.zone
    month = month_of(now, zone)
    earlier = offers_to(boss.id, recorded)
    if any(offer.key == offer_key(boss.id, month) for offer in earlier):
        return None
    if earlier and month < add_months(earlier[-1].key.rsplit(":", 1)[1], boss.every_months):
        return None
    due_date = first_working_day(month, policy.offers.due_day, policy, seen.holidays)
    today = local(now, zone).date()
    first_ever = not any(cycle.boss == boss.id and cycle.month < month for cycle in recorded.cycles)
    if today < due_date and not first_ever:
        return resolve_wall(due_date, time(0), zone)[0]
    missing = _missing(boss, policy, recorded, now)
    if missing is not None:
        return missing
    loop = standing_with(boss, now, zone, recorded)
    when = f"due {say_day(due_date)}" if today < due_date else "due now"
    return CreateDraft(
        key=offer_key(boss.id, month),
        draft_kind="offer",
        template=f"offer-{loop.stage}",
        facts=_facts(boss, policy, now, seen, turn=len(earlier)),
        to=(boss.email,),
        reason=f"{say_month(month)} offer to {boss.name}, {when}; stage {loop.stage}: {loop.why}",
        expires=month_span(month, zone).end,
    )


def offer_key(boss_id: str, month: str) -> str:
    """Return the purpose key of a boss's offer for a month."""
    return f"offer:{boss_id}:{month}"


def first_working_day(month: str, from_day: int, policy: Policy, holidays: Mapping[date, str]) -> date:
    """Return the first working day of `month` on or after `from_day` (1-28), else the last one before."""
    weekdays = {window.weekday for window in policy.invention.working_hours}
    year, number = (int(part) for part in month.split("-"))
    start = date(year, number, from_day)

    def works(day: date) -> bool:
        return day.weekday() in weekdays and day not in holidays

    after = (start + timedelta(days=n) for n in range(31))
    before = (start - timedelta(days=n) for n in range(1, from_day))
    same_month = (day for day in (*after, *before) if day.month == number)
    return next((day for day in same_month if works(day)), start)


def _ideas(boss: Boss, policy: Policy) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*boss.offers, *policy.offers.ideas)))


def _missing(boss: Boss, policy: Policy, recorded: Recorded, now: datetime) -> Problem | None:
    lacks = []
    have = len(_ideas(boss, policy))
    if have < IDEAS_SHOWN:
        count = "two concrete things" if have == 0 else "one more concrete thing"
        lacks.append(f"{count} you could take on (offers.ideas)")
    if not policy.offers.on_track:
        lacks.append("one fact that shows your work is on track (offers.on_track)")
    if not lacks:
        return None
    return standing(
        recorded,
        now,
        code=NEEDS_FACTS,
        subject=boss.id,
        severity=Severity.ASK,
        what=f"the offer to {boss.name} is due but lacks {' and '.join(lacks)}",
        where="[offers] in the config",
        fix="magicloop config edit",
    )


def _facts(boss: Boss, policy: Policy, now: datetime, seen: Seen, *, turn: int) -> dict[str, object]:
    """Return the facts of an *ask* offer. Wording and ideas turn from one offer to the next."""
    ideas = _ideas(boss, policy)
    first = (turn * IDEAS_SHOWN) % len(ideas)
    shown = [ideas[(first + step) % len(ideas)] for step in range(IDEAS_SHOWN)]
    by = _working_days_later(local(now, policy.me.zone).date(), policy, seen.holidays)
    return {
        "boss_first": boss.name.split()[0],
        "my_first": policy.me.name.split()[0],
        "on_track": policy.offers.on_track,
        "ideas": shown,
        "hours": policy.offers.hours,
        "by": say_day(by).rsplit(" ", 1)[0],
        "month": say_month(month_of(now, policy.me.zone)).split()[0],
        "wording": turn % WORDINGS,
    }


def _working_days_later(today: date, policy: Policy, holidays: Mapping[date, str]) -> date:
    weekdays = {window.weekday for window in policy.invention.working_hours}
    day, left = today, REPLY_WORKING_DAYS
    for _ in range(60):
        day += timedelta(days=1)
        if day.weekday() in weekdays and day not in holidays:
            left -= 1
        if left == 0:
            break
    return day

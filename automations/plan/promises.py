"""Promises to a boss: the reminder before the date, the catch-up note after it, the closing note at the end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.loop import PromiseState
from automations.model.records import Problem, Severity
from automations.plan.actions import CreateDraft
from automations.plan.business_days import business_days_later
from automations.plan.decided import Decided, standing
from automations.plan.drafts import supersede
from automations.plan.ladder import is_overdue
from automations.plan.zones import day_start, local, say_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from automations.model.loop import Promise
    from automations.model.policy import Boss, Policy, Weekday
    from automations.model.records import Recorded
    from automations.model.seen import Seen
    from automations.plan.actions import Action

OVERDUE, NEEDS_EFFECT = "promise-overdue", "closing-needs-facts"
PROMISE_PROBLEMS = frozenset({OVERDUE, NEEDS_EFFECT})
REMIND_WORKING_DAYS = 3


def closing_key(promise: Promise) -> str:
    """Return the purpose key of the note that a promise was kept."""
    return f"closing:{promise.id}"


def catch_up_key(promise: Promise) -> str:
    """Return the purpose key of the note that a promise is late."""
    return f"catch-up:{promise.id}"


def working_weekdays(policy: Policy) -> frozenset[Weekday]:
    """Return the weekdays the person works on."""
    return frozenset(window.weekday for window in policy.invention.working_hours)


def overdue_promises(recorded: Recorded, now: datetime, zone: str) -> tuple[Promise, ...]:
    """Return the open promises whose local date is over, the longest overdue first."""
    today = local(now, zone).date()
    late = (promise for promise in recorded.promises if is_overdue(promise, today))
    return tuple(sorted(late, key=lambda promise: promise.due))


def nearing_promises(
    policy: Policy, recorded: Recorded, now: datetime, holidays: Mapping[date, str]
) -> tuple[Promise, ...]:
    """Return the open promises due today or within three working days, the nearest first."""
    today = local(now, policy.me.zone).date()
    horizon = business_days_later(today, REMIND_WORKING_DAYS, holidays, working_weekdays(policy))
    near = (
        promise
        for promise in recorded.promises
        if promise.state is PromiseState.OPEN and today <= promise.due <= horizon
    )
    return tuple(sorted(near, key=lambda promise: promise.due))


def plan_promises(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft the closing note of each kept promise and the catch-up note of each overdue one."""
    bosses = {boss.id: boss for boss in policy.bosses}
    actions: list[Action] = list(_outdated(recorded, now, policy.me.zone))
    problems: list[Problem] = []
    due: list[datetime] = []
    for promise in recorded.promises:
        boss = bosses.get(promise.boss)
        if boss is None:
            continue  # the loop with this boss is closed; what was recorded stays
        if promise.state is PromiseState.OPEN:
            if is_overdue(promise, local(now, policy.me.zone).date()):
                problems.append(_overdue(promise, boss, recorded, now))
                if catch_up_key(promise) not in recorded.draft_keys:
                    actions.append(_catch_up(promise, boss, policy, now, seen, recorded))
            else:
                due.append(day_start(promise.due + timedelta(days=1), policy.me.zone))
        elif promise.state is PromiseState.KEPT and closing_key(promise) not in recorded.draft_keys:
            decided = _closing(promise, boss, policy, recorded, now)
            actions += [decided] if isinstance(decided, CreateDraft) else []
            problems += [decided] if isinstance(decided, Problem) else []
    return Decided(tuple(actions), tuple(problems), tuple(due))


def _outdated(recorded: Recorded, now: datetime, zone: str) -> tuple[Action, ...]:
    """Close the catch-up notes not handed over whose promise was kept or is not wanted any more.

    One that was missed is still to be owned up to.
    """
    late = {catch_up_key(promise) for promise in overdue_promises(recorded, now, zone)}
    late |= {catch_up_key(p) for p in recorded.promises if p.state is PromiseState.MISSED}
    return supersede(
        recorded,
        lambda draft: draft.key.startswith("catch-up:") and draft.key not in late,
        "the promise is no longer overdue",
    )


def _wording(boss: Boss, kind: str, recorded: Recorded) -> int:
    """Return how many mails of this kind the boss had: the next one takes the next wording."""
    return sum(draft.kind == kind and boss.email in draft.to for draft in recorded.drafts)


def _catch_up(
    promise: Promise, boss: Boss, policy: Policy, now: datetime, seen: Seen, recorded: Recorded
) -> CreateDraft:
    """Return the note that owns up to a late promise. It names the day by which a new date is told, not the date."""
    today = local(now, policy.me.zone).date()
    new_date_by = business_days_later(today, 1, seen.holidays, working_weekdays(policy))
    return CreateDraft(
        key=catch_up_key(promise),
        draft_kind="catch-up",
        template="catch-up",
        facts={
            "boss_first": boss.name.split()[0],
            "my_first": policy.me.name.split()[0],
            "thing": promise.text,
            "was_due": say_day(promise.due, with_year=False),
            "new_date_by": say_day(new_date_by, with_year=False),
            "wording": _wording(boss, "catch-up", recorded),
        },
        to=(boss.email,),
        reason=f"{promise.id} to {boss.name} was due {say_day(promise.due)}: {promise.text}",
    )


def _overdue(promise: Promise, boss: Boss, recorded: Recorded, now: datetime) -> Problem:
    return standing(
        recorded,
        now,
        code=OVERDUE,
        subject=promise.id,
        severity=Severity.WARNING,
        what=f"the promise to {boss.name} is overdue since {say_day(promise.due)}: {promise.text}",
        where=promise.id,
        fix=f"magicloop promise done {promise.id}    (or: promise miss {promise.id} --new-date DATE)",
    )


def _closing(
    promise: Promise, boss: Boss, policy: Policy, recorded: Recorded, now: datetime
) -> CreateDraft | Problem:
    """Return the note that says it is done, or what it lacks: nothing is invented."""
    lacks = [name for name in ("delivered", "effect") if not getattr(promise, name)]
    if lacks:
        return standing(
            recorded,
            now,
            code=NEEDS_EFFECT,
            subject=promise.id,
            severity=Severity.WARNING,
            what=f"the closing note on {promise.id} ({promise.text}) lacks {' and '.join(lacks)}",
            where=promise.id,
            fix=f"magicloop promise done {promise.id} " + " ".join(f'--{name} "..."' for name in lacks),
        )
    return CreateDraft(
        key=closing_key(promise),
        draft_kind="closing",
        template="closing",
        facts={
            "boss_first": boss.name.split()[0],
            "my_first": policy.me.name.split()[0],
            "thing": promise.text,
            "asked": promise.asked or promise.text,
            "delivered": promise.delivered,
            "effect": promise.effect,
            "left": promise.left,
            "wording": _wording(boss, "closing", recorded),
        },
        to=(boss.email,),
        reason=f"{promise.id} to {boss.name} is kept: {promise.text}",
    )

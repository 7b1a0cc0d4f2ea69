"""The loop with each boss, month by month: cycles opened and closed, and the five steps of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.loop import AnswerKind, PromiseState
from automations.model.records import Cycle, DraftState
from automations.plan.actions import CloseCycle, OpenCycle
from automations.plan.clock_check import BACKWARD_TOLERANCE
from automations.plan.decided import Decided
from automations.plan.ladder import rung_with, trust_in
from automations.plan.lifecycle import OUT
from automations.plan.reopening import WRONG_CLOCK
from automations.plan.zones import add_months, month_of, month_span, say_month

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Boss, Policy
    from automations.model.records import Draft, Month, Recorded
    from automations.model.seen import Seen
    from automations.plan.actions import Action

STEPS = ("standing", "asked", "doing", "proposed", "repeat")
STANDING_LASTS = timedelta(days=90)
"""How long "you are doing your job well" stays an answer."""
EARLIEST_ZONE = "Etc/GMT-14"
"""Where a month begins and ends first."""
NOT_IN_CONFIG = "this boss is no longer in the config"
"""Why a mail to a boss was closed, as journals keep it: never to be reworded."""
PROPOSALS = frozenset({"offer-suggest", "offer-done", "offer-intend", "goal-trade"})


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five steps of a month's turn: when it was taken, or what is missing for it."""

    name: str
    at: datetime | None
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the loop with one boss stands: stage of the next offer and why, and this month's steps.

    `step` is the furthest step taken this month, *standing* at its beginning.
    """

    boss: Boss
    stage: str
    why: str
    kept: int
    missed: int
    overdue: int
    month: Month
    steps: tuple[Step, ...]

    @property
    def step(self) -> str:
        """The furthest step taken."""
        taken = [step.name for step in self.steps if step.at is not None]
        return taken[-1] if taken else STEPS[0]


def plan_loop(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Open this month's cycle with every boss of the config; close those of earlier months and other bosses.

    A cycle of a later month is left alone: the clock was set back. One that was closed while its month lasts
    goes on: its boss was out of the config, or it was another month already by a zone or a clock ahead.
    """
    del seen
    month = month_of(now, policy.me.zone)
    bosses = {boss.id for boss in policy.bosses}
    actions: list[Action] = []
    for cycle in recorded.cycles:
        over = cycle.month < month
        if cycle.closed is None and (over or cycle.boss not in bosses):
            reason = _how_it_ended(cycle, recorded) if over else NOT_IN_CONFIG
            actions.append(CloseCycle(replace(cycle, closed=now, rev=cycle.rev + 1), reason))
        elif cycle.closed is not None and cycle.month == month and cycle.boss in bosses:
            why = _why_again(cycle.closed, month, now, policy.me.zone)
            actions += [OpenCycle(replace(cycle, closed=None, rev=cycle.rev + 1), why)] if why else []
    known = {(cycle.boss, cycle.month) for cycle in recorded.cycles}
    actions.extend(
        OpenCycle(Cycle(recorded.person, boss.id, month, opened=now), "first run of the month")
        for boss in policy.bosses
        if (boss.id, month) not in known
    )
    next_month = month_span(add_months(month, 1), policy.me.zone).start
    return Decided(tuple(actions), (), (next_month,))


def _why_again(closed: datetime, month: Month, now: datetime, zone: str) -> str:
    """Return why the cycle of this month, which was closed, goes on; "" where it does not."""
    if closed > now + BACKWARD_TOLERANCE:
        return WRONG_CLOCK
    if month_of(closed, zone) != month:
        return ""
    if month_of(closed, EARLIEST_ZONE) == month:
        return "this boss is in the config again"  # the month was over nowhere, so nothing else closed it
    return f"it is {say_month(month)} still in {zone}"


def offers_to(boss_id: str, recorded: Recorded) -> tuple[Draft, ...]:
    """Return every offer ever drafted for a boss, oldest first."""
    return tuple(draft for draft in recorded.drafts if draft.key.startswith(f"offer:{boss_id}:"))


def was_put_aside(draft: Draft) -> bool:
    """Tell whether a mail was closed only because its boss was not in the config: it counts as never made."""
    return draft.state is DraftState.SUPERSEDED and draft.reason == NOT_IN_CONFIG


def was_made(key: str, recorded: Recorded) -> bool:
    """Tell whether a mail was drafted for a purpose, one that was only put aside apart."""
    known = key in recorded.draft_keys
    return known and any(draft.key == key and not was_put_aside(draft) for draft in recorded.drafts)


def went_out(draft: Draft) -> datetime | None:
    """Return when a mail went, None when it did not. A mail sent by hand went when it was handed over."""
    return (draft.handed_over or draft.created) if draft.state in OUT else None


def is_unanswered(offer: Draft, recorded: Recorded) -> bool:
    """Tell whether an offer went out and nothing came back."""
    return went_out(offer) is not None and all(answer.about != offer.key for answer in recorded.answers)


def _how_it_ended(cycle: Cycle, recorded: Recorded) -> str:
    """Return why a month's turn is closed; silence is told as such, it is no refusal."""
    offers = (offer for offer in offers_to(cycle.boss, recorded) if offer.key.endswith(f":{cycle.month}"))
    silent = any(is_unanswered(offer, recorded) for offer in offers)
    return f"{cycle.month} is over{'; no answer to its offer' if silent else ''}"


def standing_with(boss: Boss, now: datetime, zone: str, recorded: Recorded) -> Standing:
    """Return where the loop with `boss` stands at `now`."""
    rung, trust = rung_with(boss, now, zone, recorded), trust_in(boss.id, now, zone, recorded)
    month = month_of(now, zone)
    return Standing(
        boss=boss,
        stage=rung.stage,
        why=rung.why,
        kept=trust.kept,
        missed=trust.missed,
        overdue=trust.overdue,
        month=month,
        steps=steps_of(boss, month, now, zone, recorded),
    )


def steps_of(boss: Boss, month: Month, now: datetime, zone: str, recorded: Recorded) -> tuple[Step, ...]:
    """Return the five steps of a month's turn with a boss, as the log tells them.

    Only what happened in the month counts, but for the standing answer, which lasts 90 days.
    """
    span = month_span(month, zone)
    by = min(span.end, now + timedelta(microseconds=1))

    def within(at: datetime | None) -> bool:
        return at is not None and span.start <= at < by

    answers = [answer for answer in recorded.answers if answer.boss == boss.id]
    solid = [a.at for a in answers if a.kind is AnswerKind.SOLID and by - STANDING_LASTS <= a.at < by]
    mails = [draft for draft in recorded.drafts if boss.email in draft.to]
    asked = [went_out(draft) for draft in offers_to(boss.id, recorded) if within(went_out(draft))]
    promises = [promise for promise in recorded.promises if promise.boss == boss.id]
    doing = [promise.made for promise in promises if within(promise.made)]
    proposed = [went_out(draft) for draft in mails if draft.template in PROPOSALS and within(went_out(draft))]
    kept = [p.ended for p in promises if p.state is PromiseState.KEPT and within(p.ended)]
    still_open = any(p.state is PromiseState.OPEN for p in promises)
    found = (
        (solid[-1] if solid else None, "no answer in 90 days that your work is solid"),
        (asked[0] if asked else None, "the offer has not gone out"),
        (doing[0] if doing else None, "no promise was made this month"),
        (proposed[0] if proposed else None, "nothing was proposed this month"),
        (
            kept[-1] if kept and not still_open else None,
            "a promise is still open" if still_open else "no promise was kept this month",
        ),
    )
    return tuple(
        Step(name, at, "" if at is not None else gap) for name, (at, gap) in zip(STEPS, found, strict=True)
    )

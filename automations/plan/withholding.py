"""When no offer may be made to a boss, whatever the month: the rules that come before every offer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.loop import AnswerKind, PromiseState
from automations.plan.loop import STANDING_LASTS
from automations.plan.promises import overdue_promises
from automations.plan.zones import day_start, local, say_day

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.policy import Boss, Policy
    from automations.model.records import Draft, Recorded


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why no offer is made: `code` is `incident`, `paused`, `overdue`, `standing` or `capacity`.

    `subject` names what is in the way (`INC-2`, `P3`, a boss), `until` is the instant it is over by itself.
    """

    code: str
    subject: str
    why: str
    until: datetime | None = None


OFFERING = ("offer:", "follow-up:", "goal-trade:")
"""What the keys of mails begin with that ask a boss for more."""


def offer_forbidden(draft: Draft, policy: Policy, now: datetime, recorded: Recorded) -> Withheld | None:
    """Return the rule that forbids a drafted offer to go out now, None for other mails and where none does."""
    if not draft.key.startswith(OFFERING):
        return None
    boss_id = draft.key.partition(":")[2].rpartition(":")[0]
    boss = next((boss for boss in policy.bosses if boss.id == boss_id), None)
    return withheld_from(boss, now, policy.me.zone, recorded) if boss else None


def open_incident(recorded: Recorded) -> str:
    """Return the id of the open incident that offers wait for, "" for none."""
    return next((incident.id for incident in recorded.incidents if incident.resolved is None), "")


def withheld_from(boss: Boss, now: datetime, zone: str, recorded: Recorded) -> Withheld | None:
    """Return the first rule that forbids an offer to `boss` at `now`, None when one may be made."""
    return (
        _incident(recorded)
        or _paused(now, zone, recorded)
        or _overdue(boss, now, zone, recorded)
        or _not_solid(boss, now, zone, recorded)
        or _full(boss, recorded)
    )


def _incident(recorded: Recorded) -> Withheld | None:
    incident = open_incident(recorded)
    return Withheld("incident", incident, f"waits until {incident} is resolved") if incident else None


def _paused(now: datetime, zone: str, recorded: Recorded) -> Withheld | None:
    today = local(now, zone).date()
    days = [pause.until for pause in recorded.pauses if pause.ended is None and pause.until >= today]
    if not days:
        return None
    last = max(days)
    over = day_start(last + timedelta(days=1), zone)
    return Withheld("paused", "loop", f"is paused until the end of {say_day(last)}", over)


def _overdue(boss: Boss, now: datetime, zone: str, recorded: Recorded) -> Withheld | None:
    late = [promise for promise in overdue_promises(recorded, now, zone) if promise.boss == boss.id]
    if not late:
        return None
    return Withheld("overdue", late[0].id, f"waits until {late[0].id} is dealt with: {late[0].text}")


def _not_solid(boss: Boss, now: datetime, zone: str, recorded: Recorded) -> Withheld | None:
    """Step 1 comes first: who is told to do their own job better does not offer more."""
    kinds = (AnswerKind.SOLID, AnswerKind.NOT_SOLID)
    newest = next((a for a in reversed(recorded.answers) if a.boss == boss.id and a.kind in kinds), None)
    if newest is None or newest.kind is AnswerKind.SOLID or now - newest.at >= STANDING_LASTS:
        return None
    told = say_day(local(newest.at, zone).date())
    over = newest.at + STANDING_LASTS
    return Withheld(
        "standing", boss.id, f"waits for a better word on your own work ({told}: not solid)", over
    )


def _full(boss: Boss, recorded: Recorded) -> Withheld | None:
    still_open = [p for p in recorded.promises if p.boss == boss.id and p.state is PromiseState.OPEN]
    if len(still_open) < boss.capacity:
        return None
    return Withheld(
        "capacity", boss.id, f"waits: {len(still_open)} promises are open, and {boss.capacity} are your limit"
    )

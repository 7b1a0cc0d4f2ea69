"""The ladder of trust with one boss: ask, suggest, inform. Computed from what was kept, never stored.

Gates: *suggest* after two kept promises and none overdue; *inform* after five kept, two accepted
suggestions and no reversal in 90 days. A missed promise, a reversal or "check with me first" lowers
by one stage each, until the next promise is kept. The config may only lower a stage; raising one
above its gate is a choice of the person with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from automations.model.loop import AnswerKind, PromiseState
from automations.plan.zones import local

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from automations.model.loop import Answer, Promise, StageChoice
    from automations.model.policy import Boss
    from automations.model.records import Recorded

STAGES = ("ask", "suggest", "inform")
KEPT_TO_SUGGEST, KEPT_TO_INFORM, ACCEPTED_TO_INFORM = 2, 5, 2
REVERSAL_COUNTS = timedelta(days=90)
SETBACKS = {
    AnswerKind.REVERSED: "something was reversed",
    AnswerKind.CHECK_FIRST: "you were asked to check first",
}


@dataclass(frozen=True, slots=True)
class Trust:
    """What the ladder counts about one boss.

    `setbacks` are (instant, words) of all that went wrong, oldest first; `recent` those since the last
    kept promise.
    """

    kept: int
    missed: int
    overdue: int
    accepted: int
    reversed_at: datetime | None
    setbacks: tuple[tuple[datetime, str], ...]
    recent: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """The stage of the next offer and why it is that one, in a clause."""

    stage: str
    why: str


def is_overdue(promise: Promise, today: date) -> bool:
    """Tell whether a promise is open past its local date. On its date it still has the day."""
    return promise.state is PromiseState.OPEN and promise.due < today


def trust_in(boss_id: str, now: datetime, zone: str, recorded: Recorded) -> Trust:
    """Return what was kept, missed, accepted and reversed with a boss."""
    promises = [promise for promise in recorded.promises if promise.boss == boss_id]
    answers = [answer for answer in recorded.answers if answer.boss == boss_id]
    setbacks = _setbacks(promises, answers)
    kept = [p.ended for p in promises if p.state is PromiseState.KEPT and p.ended is not None]
    last_kept = max(kept, default=None)
    suggested = {draft.key for draft in recorded.drafts if draft.template == "offer-suggest"}
    return Trust(
        kept=sum(promise.state is PromiseState.KEPT for promise in promises),
        missed=sum(promise.state is PromiseState.MISSED for promise in promises),
        overdue=sum(is_overdue(promise, local(now, zone).date()) for promise in promises),
        accepted=len(
            {
                answer.about
                for answer in answers
                if answer.kind is AnswerKind.YES and answer.about in suggested
            }
        ),
        reversed_at=max((a.at for a in answers if a.kind is AnswerKind.REVERSED), default=None),
        setbacks=setbacks,
        recent=tuple(each for each in setbacks if each[0] > last_kept) if last_kept else setbacks,
    )


def rung_with(boss: Boss, now: datetime, zone: str, recorded: Recorded) -> Rung:
    """Return the stage of the next offer to `boss`."""
    trust = trust_in(boss.id, now, zone, recorded)
    gate = _gate(trust, now)
    rung = _lowered(gate, trust)
    chosen = _choice(boss.id, recorded.stage_choices)
    if chosen is not None and _above(chosen.stage, rung.stage):
        later = [words for at, words in trust.setbacks if at > chosen.at]
        if later or trust.overdue:
            because = later[-1] if later else "a promise is overdue"
            rung = Rung(rung.stage, f"{rung.why}; raised to {chosen.stage} before, but since {because}")
        else:
            rung = Rung(chosen.stage, f"you raised it: {chosen.reason}")
    return _within_config(boss, rung)


def _within_config(boss: Boss, rung: Rung) -> Rung:
    if boss.stage in ("auto", rung.stage):
        return rung
    if _above(rung.stage, boss.stage):
        return Rung(boss.stage, f"the config says {boss.stage}; the log would allow {rung.stage}")
    raise_it = f"to raise it: magicloop boss stage {boss.email} {boss.stage} --reason ..."
    return Rung(rung.stage, f"the config says {boss.stage}, but {rung.why}; {raise_it}")


def _gate(trust: Trust, now: datetime) -> Rung:
    """Return the highest stage whose gate is open, whatever went wrong since."""
    kept = _count(trust.kept, "promise")
    if trust.overdue:
        return Rung("ask", f"{_count(trust.overdue, 'promise')} overdue")
    if trust.kept < KEPT_TO_SUGGEST:
        return Rung("ask", "no promise kept yet" if not trust.kept else f"{kept} kept, suggest needs two")
    lacks = []
    if trust.kept < KEPT_TO_INFORM:
        lacks.append(f"{KEPT_TO_INFORM - trust.kept} more kept")
    if trust.accepted < ACCEPTED_TO_INFORM:
        lacks.append(f"{_count(ACCEPTED_TO_INFORM - trust.accepted, 'more accepted suggestion')}")
    if trust.reversed_at is not None and now - trust.reversed_at < REVERSAL_COUNTS:
        lacks.append("90 days without a reversal")
    if lacks:
        return Rung("suggest", f"{kept} kept; inform needs {' and '.join(lacks)}")
    return Rung("inform", f"{kept} kept, {_count(trust.accepted, 'suggestion')} accepted")


def _lowered(gate: Rung, trust: Trust) -> Rung:
    """Return the stage after the setbacks since the last kept promise, one down for each."""
    if not trust.recent or gate.stage == "ask":
        return gate
    down = STAGES[max(0, STAGES.index(gate.stage) - len(trust.recent))]
    because = " and ".join(dict.fromkeys(words for _, words in trust.recent))
    return Rung(down, f"{because} since the last kept promise; before that {gate.stage}")


def _setbacks(promises: Sequence[Promise], answers: Sequence[Answer]) -> tuple[tuple[datetime, str], ...]:
    found = [
        (p.ended, "a promise was missed") for p in promises if p.state is PromiseState.MISSED and p.ended
    ]
    found += [(answer.at, SETBACKS[answer.kind]) for answer in answers if answer.kind in SETBACKS]
    return tuple(sorted(found))


def _choice(boss_id: str, choices: Sequence[StageChoice]) -> StageChoice | None:
    """Return the person's newest word on a boss's stage."""
    return next((choice for choice in reversed(choices) if choice.boss == boss_id), None)


def _above(one: str, other: str) -> bool:
    return STAGES.index(one) > STAGES.index(other)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

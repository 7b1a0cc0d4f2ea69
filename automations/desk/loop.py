"""What the person tells of the loop with a boss: answers, promises and how they ended, a stage, a pause."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automations.desk.outcome import carry_out
from automations.errors import BadValueError, RefusedError, UnknownNameError
from automations.model.loop import Answer, AnswerKind, Pause, Promise, PromiseState, StageChoice
from automations.model.records import LogEntry, Outcome, Problem
from automations.model.seen import Seen
from automations.model.text import plain
from automations.plan.ladder import STAGES, rung_with
from automations.plan.loop import went_out
from automations.plan.offers import offer_now
from automations.plan.withholding import Withheld
from automations.plan.zones import local, say_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from automations.apply import Bench
    from automations.model.policy import Boss, Policy
    from automations.model.records import Draft, Record, Recorded
    from automations.ports import Journal

    HolidaysOf = Callable[[tuple[int, ...]], Mapping[date, str]]

_BY = re.compile(r"^(?P<text>.*\S)\s+by\s+(?P<when>\S.*)$", re.IGNORECASE | re.DOTALL)
_FACTS = ("asked", "delivered", "effect", "left")


@dataclass(frozen=True, slots=True)
class Desk:
    """What an act by hand needs: the memory, what is in it, whose it is, and when it is.

    `read_date` turns words like `2026-12-04` or `Friday` into the local date they mean.
    """

    journal: Journal
    recorded: Recorded
    policy: Policy
    now: datetime
    read_date: Callable[[str], date]

    @property
    def today(self) -> date:
        """The local date."""
        return local(self.now, self.policy.me.zone).date()

    def record(self, kind: str, subject: str, detail: str, changes: Sequence[Record]) -> None:
        """Write records and their log line, as one transaction."""
        entry = LogEntry(self.policy.person, self.now, kind, subject, Outcome.DONE, detail)
        self.journal.record(entry, changes)


def find_boss(policy: Policy, name: str) -> Boss:
    """Return the boss whose address or name is `name`, or the only one it is a part of.

    :raises UnknownNameError: there is none, or more than one; it names those near.
    """
    wanted = name.strip().lower()
    exact = [boss for boss in policy.bosses if wanted in (boss.id, boss.name.lower())]
    partly = [boss for boss in policy.bosses if wanted and (wanted in boss.id or wanted in boss.name.lower())]
    found = exact or partly
    if len(found) == 1:
        return found[0]
    from difflib import get_close_matches

    names = {each: boss.email for boss in policy.bosses for each in (boss.id, *boss.name.lower().split())}
    close = [names[each] for each in get_close_matches(wanted, names, n=2)]
    near = (
        [boss.email for boss in found] or list(dict.fromkeys(close)) or [b.email for b in policy.bosses[:2]]
    )
    raise UnknownNameError("boss", name, near=near, fix="magicloop boss list")


def find_promise(recorded: Recorded, name: str) -> Promise:
    """Return the promise called `name` (`P3`, `p3` or `3`).

    :raises UnknownNameError: there is none.
    """
    wanted = name.upper() if name.upper().startswith("P") else f"P{name}"
    for promise in recorded.promises:
        if promise.id == wanted:
            return promise
    near = tuple(promise.id for promise in recorded.promises[-2:])
    raise UnknownNameError("promise", name, near=near, fix="magicloop promise list")


def new_promises(
    desk: Desk, boss: Boss, texts: Sequence[str], due: str = "", source: str = ""
) -> list[Promise]:
    """Return a promise for each text: `the vendor list by Friday`, or with `due` for its date.

    :raises BadValueError: no words, no date, a date that cannot be read or is over.
    """
    first = len(desk.recorded.promises) + 1
    return [
        _promise(desk, boss, text, due, source, f"P{number}")
        for number, text in enumerate(texts, start=first)
    ]


def _promise(desk: Desk, boss: Boss, text: str, due: str, source: str, promise_id: str) -> Promise:
    words, when = plain(text), plain(due)
    if not when and (split := _BY.match(words)):
        words, when = split["text"], split["when"]
    if not words or words.lower().startswith("by "):
        raise BadValueError("a promise says what you will do", fix='"the vendor list by 2026-12-04"')
    if not when:
        raise BadValueError(
            f"the promise {words!r} has no date", fix=f'"{words} by 2026-12-04"    (or --due 2026-12-04)'
        )
    day = desk.read_date(when)
    if day < desk.today:
        raise BadValueError(f"{say_day(day)} is over; a promise is for today or later", fix="--due tomorrow")
    return Promise(promise_id, desk.policy.person, boss.id, words, day, PromiseState.OPEN, desk.now, source)


def add_promise(desk: Desk, name: str, text: str, due: str = "") -> Promise:
    """Record a promise to the boss called `name`."""
    (promise,) = new_promises(desk, find_boss(desk.policy, name), [text], due)
    desk.record("add-promise", promise.id, f"{promise.text}, by {promise.due.isoformat()}", (promise,))
    return promise


def keep_promise(desk: Desk, promise_id: str, facts: Mapping[str, str]) -> Promise:
    """Record that a promise was kept, with the facts of its closing note (see `Promise`).

    A kept one takes facts that were missing.

    :raises RefusedError: it was missed or dropped, or it is kept and there is nothing to add.
    """
    promise = find_promise(desk.recorded, promise_id)
    given = {name: plain(facts.get(name, "")) for name in _FACTS}
    if promise.state is PromiseState.KEPT and not any(given.values()):
        raise RefusedError(f"{promise.id} is kept already", fix="magicloop promise list")
    if promise.state in (PromiseState.MISSED, PromiseState.DROPPED):
        raise _ended(promise)
    kept = replace(
        promise,
        state=PromiseState.KEPT,
        ended=promise.ended or desk.now,
        asked=given["asked"] or promise.asked,
        delivered=given["delivered"] or promise.delivered,
        effect=given["effect"] or promise.effect,
        left=given["left"] or promise.left,
        rev=promise.rev + 1,
    )
    desk.record("keep-promise", kept.id, kept.text, (kept,))
    return kept


def miss_promise(desk: Desk, name: str, reason: str, new_date: str = "") -> tuple[Promise, Promise | None]:
    """Record that a promise was not kept; with `new_date` it is promised anew.

    :raises RefusedError: it ended already.
    :raises BadValueError: the new date is over or cannot be read.
    """
    promise = find_promise(desk.recorded, name)
    if promise.state is not PromiseState.OPEN:
        raise _ended(promise)
    missed = replace(
        promise, state=PromiseState.MISSED, ended=desk.now, reason=plain(reason), rev=promise.rev + 1
    )
    again = None
    if new_date:
        number = len(desk.recorded.promises) + 1
        boss = _boss_of(desk.policy, promise)
        again = _promise(desk, boss, promise.text, new_date, promise.source, f"P{number}")
    changes = (missed,) if again is None else (missed, again)
    detail = f"{promise.text}{f'; again as {again.id} by {again.due.isoformat()}' if again else ''}"
    desk.record("miss-promise", promise.id, detail, changes)
    return missed, again


def drop_promise(desk: Desk, name: str, reason: str) -> Promise:
    """Record that a promise is no longer wanted; it counts neither as kept nor as missed.

    :raises RefusedError: it ended already.
    :raises BadValueError: no reason is given.
    """
    promise = find_promise(desk.recorded, name)
    if promise.state is not PromiseState.OPEN:
        raise _ended(promise)
    if not plain(reason):
        raise BadValueError(
            "say why it is dropped",
            fix=f'magicloop promise drop {promise.id} --reason "she no longer needs it"',
        )
    dropped = replace(
        promise, state=PromiseState.DROPPED, ended=desk.now, reason=plain(reason), rev=promise.rev + 1
    )
    desk.record("drop-promise", promise.id, f"{promise.text}: {dropped.reason}", (dropped,))
    return dropped


def answer(
    desk: Desk, name: str, kind: AnswerKind, text: str, promises: Sequence[str] = ()
) -> tuple[Answer, list[Promise]]:
    """Record what a boss answered, in their words, and what was promised with it, as one transaction.

    A yes needs their words or a promise. It is tied to the newest mail to them that went out or was handed over.

    :raises BadValueError: a yes without words and promises, or a promise that is none.
    """
    boss = find_boss(desk.policy, name)
    words = plain(text)
    if kind in (AnswerKind.YES, AnswerKind.NOT_SOLID) and not words and not promises:
        raise BadValueError(
            "say what they answered",
            fix=f'magicloop offer answer {boss.email} --text "please take the report"',
        )
    about = _answered(boss, kind, desk.recorded)
    about_key = about.key if about else ""
    made = new_promises(desk, boss, promises, source=about_key)
    number = len(desk.recorded.answers) + 1
    answered = Answer(f"A{number}", desk.policy.person, boss.id, about_key, kind, words, desk.now)
    detail = f"{boss.email}: {kind.value.replace('_', ' ')}{f': {words}' if words else ''}"
    promised = "".join(f"; {each.id} {each.text} by {each.due.isoformat()}" for each in made)
    desk.record("answer-offer", about_key or boss.email, detail + promised, (answered, *made))
    return answered, made


def _answered(boss: Boss, kind: AnswerKind, recorded: Recorded) -> Draft | None:
    """Return the mail to the boss that went last, or was handed over, of those an answer of this kind can be about."""
    prefix = "standing:" if kind in (AnswerKind.SOLID, AnswerKind.NOT_SOLID) else "offer:"
    mails = (draft for draft in reversed(recorded.drafts) if draft.key.startswith(f"{prefix}{boss.id}:"))
    gone = ((went_out(mail) or mail.handed_over, mail) for mail in mails)
    return max(
        ((at, mail) for at, mail in gone if at is not None), key=lambda each: each[0], default=(None, None)
    )[1]


def draft_offer(bench: Bench, holidays: HolidaysOf, name: str) -> Draft:
    """Draft this month's offer to a boss before it is due; return it.

    :raises RefusedError: there is one already, a rule forbids it, or a fact is missing; it says which.
    """
    now, policy, recorded = bench.world.clock.now(), bench.policy, bench.recorded
    boss = find_boss(policy, name)
    seen = Seen(holidays=holidays((now.year, now.year + 1)))
    decided = offer_now(boss, policy, now, seen, recorded)
    if decided is None:
        raise RefusedError(
            f"this month's offer to {boss.name} is there already", fix="magicloop draft list --all"
        )
    if isinstance(decided, Withheld):
        raise RefusedError(f"the offer to {boss.name} {decided.why}", fix=f"magicloop boss show {boss.email}")
    if isinstance(decided, Problem):
        raise RefusedError(decided.what, where=decided.where, fix=decided.fix)
    carry_out(bench, decided)
    drafts = bench.world.journal.load(policy.person).drafts
    return next(draft for draft in reversed(drafts) if draft.key == decided.key)


def choose_stage(desk: Desk, name: str, stage: str, reason: str) -> StageChoice:
    """Record that the person wants another stage than the log allows, and why.

    :raises BadValueError: no reason, or a stage that is none.
    """
    boss = find_boss(desk.policy, name)
    if stage not in STAGES:
        raise BadValueError(f"{plain(stage)!r} is no stage; use {', '.join(STAGES)}", fix="suggest")
    if not plain(reason):
        now = rung_with(boss, desk.now, desk.policy.me.zone, desk.recorded)
        raise BadValueError(
            f"say why: the log says {now.stage} ({now.why})",
            fix=f'magicloop boss stage {boss.email} {stage} --reason "she asked me to"',
        )
    number = len(desk.recorded.stage_choices) + 1
    choice = StageChoice(f"S{number}", desk.policy.person, boss.id, stage, plain(reason), desk.now)
    desk.record("choose-stage", boss.email, f"{stage}: {choice.reason}", (choice,))
    return choice


def pause_loop(desk: Desk, until: str, reason: str) -> Pause:
    """Record that no new offers are written up to the end of a local date.

    :raises BadValueError: the date is over or cannot be read.
    """
    day = desk.read_date(until)
    if day < desk.today:
        raise BadValueError(f"{say_day(day)} is over", fix="magicloop loop pause --until 2026-12-31")
    pause = Pause(f"Z{len(desk.recorded.pauses) + 1}", desk.policy.person, day, desk.now, plain(reason))
    desk.record(
        "pause-loop", "loop", f"until {day.isoformat()}{f': {pause.reason}' if reason else ''}", (pause,)
    )
    return pause


def resume_loop(desk: Desk) -> None:
    """End every pause that stands.

    :raises RefusedError: there is none.
    """
    standing = [p for p in desk.recorded.pauses if p.ended is None and p.until >= desk.today]
    if not standing:
        raise RefusedError("the loop is not paused", fix="magicloop boss list")
    ended = [replace(pause, ended=desk.now, rev=pause.rev + 1) for pause in standing]
    desk.record("resume-loop", "loop", "offers are written again", ended)


def _boss_of(policy: Policy, promise: Promise) -> Boss:
    return next((boss for boss in policy.bosses if boss.id == promise.boss), None) or find_boss(
        policy, promise.boss
    )


def _ended(promise: Promise) -> RefusedError:
    return RefusedError(
        f"{promise.id} is {promise.state.value} already", fix="magicloop promise list    (shows all)"
    )

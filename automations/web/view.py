"""What the page shows beside the card: who waits, what leaves when, what was promised, how the year went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automations.desk.card import build_card, title_of
from automations.desk.moments import moment
from automations.desk.status import status_of
from automations.model.loop import PromiseState
from automations.model.records import BlockState, DraftState
from automations.plan.incident_record import awaited
from automations.plan.lifecycle import FINAL
from automations.plan.sending import approved_to_send, stayed
from automations.plan.zones import local, say_day

if TYPE_CHECKING:
    from datetime import datetime

    from automations.desk.card import Card
    from automations.desk.moments import Moment
    from automations.model.policy import Policy
    from automations.model.records import Draft, Recorded
    from automations.model.sending import Approval

HISTORY = 8
"""How many ended drafts are listed."""

_MARKS = {
    BlockState.HELD: ("#", "kept"),
    BlockState.BOOKED: ("o", "booked"),
    BlockState.MOVED_BY_HAND: ("o", "booked, moved by you"),
    BlockState.SKIPPED: ("-", "skipped"),
    BlockState.MISSED: (".", "missed"),
    BlockState.OWED: ("?", "owed"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Item:
    """A draft in a list: its id, what it is, its subject, and when it expires, leaves or ended.

    `stayed` says why an approved mail did not leave in time, "" for no known reason; None where it did not stay.
    """

    id: str
    title: str
    subject: str
    state: str
    at: Moment | None
    seconds: int = 0
    stayed: str | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the year strip: its name, a mark and the same in words."""

    name: str
    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A promise, or an incident and its next promise: a name, what it is, and by when in words."""

    name: str
    words: str
    due: str
    late: bool


@dataclass(frozen=True, slots=True)
class View:
    """The whole page but the card's own acts."""

    now: Moment
    person: str
    waiting: tuple[Item, ...]
    queue: tuple[Item, ...]
    asked: tuple[Item, ...]
    history: tuple[Item, ...]
    promises: tuple[Line, ...]
    incidents: tuple[Line, ...]
    year: int
    months: tuple[Month, ...]
    problems: tuple[tuple[str, str, str], ...]
    card: Card | None


def build_view(recorded: Recorded, policy: Policy, now: datetime, shown: Draft | None) -> View:
    """Return what the page shows at `now`, with `shown` as its card."""
    zone = policy.me.zone
    status = status_of(recorded, now)

    def item(draft: Draft, at: datetime | None) -> Item:
        state = (
            "handed over" if draft.handed_over and draft.state is DraftState.APPROVED else draft.state.value
        )
        title = title_of(draft, recorded, policy)
        when = None if at is None else moment(at, zone, now)
        return Item(draft.id, title, draft.subject, state.replace("_", " "), when)

    def leaving(draft: Draft, approval: Approval) -> Item:
        seconds = max(0, round((approval.not_before - now).total_seconds()))
        queued = item(draft, approval.not_before)
        return replace(queued, seconds=seconds, stayed=stayed(approval, recorded, now))

    ended = [draft for draft in recorded.drafts if draft.state in FINAL][-HISTORY:]
    year = local(now, zone).year
    return View(
        now=moment(now, zone, now),
        person=policy.me.name,
        waiting=tuple(item(draft, draft.expires) for draft in status.waiting),
        queue=tuple(leaving(draft, approval) for draft, approval in approved_to_send(recorded)),
        asked=tuple(item(draft, draft.handed_over) for draft in status.unsure),
        history=tuple(item(draft, draft.handed_over) for draft in reversed(ended)),
        promises=_promises(recorded, policy, now),
        incidents=_incidents(recorded, zone, now),
        year=year,
        months=_year_strip(recorded, year),
        problems=tuple((one.what, one.where, one.fix) for one in recorded.problems),
        card=build_card(shown, recorded, policy, now) if shown is not None else None,
    )


def _promises(recorded: Recorded, policy: Policy, now: datetime) -> tuple[Line, ...]:
    names = {boss.id: boss.name for boss in policy.bosses}
    today = local(now, policy.me.zone).date()
    open_ones = sorted(
        (each for each in recorded.promises if each.state is PromiseState.OPEN), key=lambda each: each.due
    )
    return tuple(
        Line(names.get(each.boss, each.boss), each.text, say_day(each.due), each.due < today)
        for each in open_ones
    )


def _incidents(recorded: Recorded, zone: str, now: datetime) -> tuple[Line, ...]:
    lines = []
    for incident in recorded.incidents:
        if incident.resolved is not None:
            continue
        waited_for = awaited(recorded, incident)
        due = moment(waited_for[1], zone, now) if waited_for else None
        words = f"{due.short} ({due.away})" if due else "no time promised"
        late = waited_for is not None and waited_for[1] <= now
        lines.append(Line(incident.id, f"SEV{incident.severity} {incident.title}", words, late))
    return tuple(lines)


def _year_strip(recorded: Recorded, year: int) -> tuple[Month, ...]:
    newest = {block.month: block for block in sorted(recorded.blocks, key=lambda each: each.generation)}
    months = []
    for number, name in enumerate(_MONTHS, start=1):
        block = newest.get(f"{year}-{number:02}")
        mark, words = _MARKS[block.state] if block else (" ", "nothing")
        months.append(Month(name, mark, words))
    return tuple(months)

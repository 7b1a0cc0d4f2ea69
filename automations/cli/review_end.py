"""The end of a review: the approved mails wait out their undo time and leave, or are left to the next run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from automations.cli.keys import ENTER, QUIT, read_key
from automations.cli.output import paragraph, say
from automations.errors import LockHeldError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.desk.sending import Departures
    from automations.model.records import Draft, Recorded
    from automations.model.sending import Approval
    from automations.wiring import Session

STEP = 1.0
"""Seconds between two looks at the clock."""

EVERY = timedelta(minutes=15)
"""How far apart runs are where the scheduler is set up as documented."""


@dataclass(frozen=True, slots=True)
class SeenOff:
    """How the approved mails left: the id of one that was taken back, "" for none; whether one could not go."""

    undone: str = ""
    failed: bool = False


def leave(session: Session, approved: Sequence[str], *, stopped: bool) -> SeenOff:
    """See the approved mails off: sent when their undo time is over, or at once, or taken back.

    Who ends the review before its end leaves them to the next run.
    """
    from automations.desk.sending import Departures

    queued = _queued(session, approved)
    if queued and stopped:
        _left_to_the_run(session, queued)
        return SeenOff()
    departures = Departures()
    first, failed = True, False
    while queued:
        leaves = min(approval.not_before for _, approval in queued)
        left = (leaves - session.clock.now()).total_seconds()
        if left <= 0:
            try:
                failed |= _send(session, departures)
            except LockHeldError:
                say("A run is at work; what you approved leaves with it, or with the next one.")
                _left_to_the_run(session, _queued(session, approved))
                return SeenOff(failed=failed)
            queued = [pair for pair in _queued(session, approved) if pair[1].id not in departures.tried]
            continue
        prompt = f"{len(queued)} queued, sending in {left:.0f} s. u undo, Enter send now, q leave it to the next run "
        key = read_key(f"\r\n{prompt}" if first else f"\r{prompt}", seconds=min(left, STEP))
        first = False
        if key is None:
            continue
        say()
        first = True
        if key == QUIT:
            _left_to_the_run(session, queued)
            return SeenOff(failed=failed)
        undone = _obey(session, key, [draft for draft, _ in queued])
        if undone:
            return SeenOff(undone, failed)
        queued = _queued(session, approved)
    return SeenOff(failed=failed)


def _queued(session: Session, approved: Sequence[str]) -> list[tuple[Draft, Approval]]:
    """Return those approved in this sitting that are to be sent from here and did not go yet."""
    from automations.desk.card import Doing, doing_of
    from automations.plan.sending import approved_to_send

    if doing_of(session.policy) is not Doing.SEND:
        return []
    recorded = session.reading_journal().load(session.policy.person)
    return [pair for pair in approved_to_send(recorded) if pair[0].id in approved]


def _send(session: Session, departures: Departures) -> bool:
    """Send what may leave and say what became of each; tell whether one could not go."""
    from automations.cli.sent_words import one_stayed, sent_lines

    click.echo()
    with session.bench() as bench:
        results = departures.send_due(bench)
        recorded = bench.world.journal.load(session.policy.person)
    for line in sent_lines(results, recorded):
        paragraph(line)
    return one_stayed(results)


def _obey(session: Session, key: str, queued: Sequence[Draft]) -> str:
    """Do what a key of the countdown says; return the id of a mail that was taken back."""
    try:
        if key == ENTER:
            _release(session, [draft.id for draft in queued])
        elif key == "u":
            return _undo(session, queued[-1])
    except LockHeldError:
        say("A run is at work; nothing was done. Press the key again.")
    return ""


def _release(session: Session, ids: Sequence[str]) -> None:
    from automations.desk.sending import end_undo_time

    with session.bench() as bench:
        end_undo_time(bench, ids)


def _undo(session: Session, draft: Draft) -> str:
    from automations.desk import review

    with session.bench() as bench:
        back = review.undo(bench, review.find_draft(bench.recorded, draft.id))
    say(f"Taken back: {back.subject}")
    return back.id


def _left_to_the_run(session: Session, queued: Sequence[tuple[Draft, Approval]]) -> None:
    """Say when the next run sends them, and what would be late by then; nothing where none is left."""
    from automations.desk.card import build_card
    from automations.desk.status import status_of

    if not queued:
        return
    recorded = session.reading_journal().load(session.policy.person)
    now = session.clock.now()
    look = status_of(recorded, now).last_look
    soon = max(pair[1].not_before for pair in queued)
    run = _next_run(look, soon, now)
    number = len(queued)
    say(f"{number} queued; {_when_it_comes(session, run)}.")
    say("Or at once, when their undo time is over: magicloop draft send --wait")
    for draft, _ in queued:
        due = build_card(draft, recorded, session.policy, now).due
        if due is not None and (run is None or run > due.at):
            say(f"! {draft.subject} was promised by {due.words}: that run may come too late.")


def _next_run(look: datetime | None, soon: datetime, now: datetime) -> datetime | None:
    """Return when the next run after `soon` is to be expected, None where none came by of late."""
    if look is None or now - look > 2 * EVERY:
        return None
    run = look + EVERY
    while run < soon:
        run += EVERY
    return run


def _when_it_comes(session: Session, run: datetime | None) -> str:
    from automations.plan.zones import say_when

    if run is None:
        return "the next run sends them, but none came by of late (magicloop doctor)"
    when = say_when(run, session.policy.me.zone, with_zone=True)
    return f"the next run sends them, about {when} if runs come every 15 minutes"


def what_comes_next(session: Session, recorded: Recorded) -> tuple[str, ...]:
    """Return lines that say what was put off, what goes next, and when the next thing is due."""
    from automations.desk.status import status_of
    from automations.plan.sending import approved_to_send
    from automations.plan.waiting import put_off_until
    from automations.plan.zones import say_when

    zone, now = session.policy.me.zone, session.clock.now()
    lines = []
    for draft in recorded.drafts:
        until = put_off_until(draft, now)
        if until is not None:
            when = say_when(until, zone, with_zone=True)
            lines.append(f"Put off until {when}: {draft.subject} (magicloop review {draft.id[:6]})")
    queued = len(approved_to_send(recorded))
    if queued:
        lines.append(f"{queued} approved and on the way out: magicloop draft send --wait")
    found = status_of(recorded, now)
    if found.due is not None and found.due > now:
        lines.append(f"The next thing is due {say_when(found.due, zone, with_zone=True)}.")
    lines.extend(
        f"Your next invention time: {say_when(block.span, zone, with_zone=True)}."
        for block in found.next_blocks[:1]
        if block.span is not None
    )
    if not lines:
        lines.append("The next run looks again: magicloop plan shows what it would do.")
    return tuple(lines)

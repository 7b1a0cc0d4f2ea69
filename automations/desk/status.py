"""What waits, what is overdue, what stands in the way: the answer to one look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.model.records import DraftState
from automations.plan.incident_record import overdue_promise, updates_of
from automations.plan.sending import approved_to_send, stayed
from automations.plan.silence import silence_of, stopped_problem
from automations.plan.waiting import in_reading_order, waits

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automations.model.records import Block, Draft, Incident, Problem, Recorded, Run, Update
    from automations.model.sending import Approval
    from automations.model.uptime import Uptime


@dataclass(frozen=True, slots=True)
class Status:
    """`waiting` are drafts to read, in their order, `unsure` those handed over whose going nobody confirmed.

    `leaving` are those that are approved and still to be sent from here, each with why it `stayed` (None: it did not).
    `last_look` is when a run last came by, even if nothing was due: the sign that the scheduler is alive.
    `overdue` pairs an open incident with the instant its next mail was due.
    """

    waiting: tuple[Draft, ...]
    unsure: tuple[Draft, ...]
    leaving: tuple[tuple[Draft, Approval, str | None], ...]
    overdue: tuple[tuple[Incident, datetime], ...]
    next_blocks: tuple[Block, ...]
    last_run: Run | None
    last_look: datetime | None
    due: datetime | None
    problems: tuple[Problem, ...]


def status_of(recorded: Recorded, now: datetime) -> Status:
    """Return where everything stands at `now`."""
    waiting = in_reading_order(draft for draft in recorded.drafts if waits(draft, now))
    unsure = tuple(
        draft
        for draft in recorded.drafts
        if draft.state is DraftState.UNKNOWN
        or (draft.state is DraftState.APPROVED and draft.handed_over is not None)
    )
    blocks = [block for block in recorded.blocks if block.state.live and block.span and block.span.end > now]
    return Status(
        waiting=waiting,
        unsure=unsure,
        leaving=tuple(
            (draft, approval, stayed(approval, recorded, now))
            for draft, approval in approved_to_send(recorded)
        ),
        overdue=overdue_updates(recorded, now),
        next_blocks=tuple(sorted(blocks, key=lambda block: block.span.start if block.span else now)),
        last_run=recorded.last_run,
        last_look=recorded.last_look,
        due=recorded.due,
        problems=recorded.problems,
    )


def ongoing_silence(
    recorded: Recorded, now: datetime, uptime: Uptime | None, zone: str, mends: Callable[[], str]
) -> tuple[Problem, ...]:
    """Return the problem of a schedule that calls no more, where that is certain.

    `uptime` is the machine's; `mends` returns what to type where the schedule does not call, "" where there is none,
    and is asked only when runs were missed.
    """
    silence = silence_of(recorded, now, uptime)
    fix = mends() if silence is not None and silence.stopped else ""
    if silence is None or not fix:
        return ()
    return (stopped_problem(recorded.person, silence, zone, fix, over=False),)


def newest_update(recorded: Recorded, incident: Incident) -> Update | None:
    """Return the last numbered update of an incident."""
    return max(updates_of(recorded, incident), key=lambda update: update.number, default=None)


def overdue_updates(recorded: Recorded, now: datetime) -> tuple[tuple[Incident, datetime], ...]:
    """Return the open incidents of which a mail was due at an instant that has passed."""
    late = ((each, overdue_promise(recorded, each, now)) for each in recorded.incidents)
    return tuple((incident, waited_for[1]) for incident, waited_for in late if waited_for is not None)

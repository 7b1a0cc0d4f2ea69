"""Putting a time to talk in person on the person's calendar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automations.apply.carrying import carry_out
from automations.ports import BlockEvent

if TYPE_CHECKING:
    from automations.apply.carrying import Bench, Result
    from automations.model.aftermath import IncidentNote
    from automations.model.seen import SeenBlock
    from automations.plan.actions import ProposeTalk


def propose_talk(bench: Bench, action: ProposeTalk) -> Result:
    """Record the time, then put the event there. Its id is the note's: a second try finds the first."""
    summary, description = bench.world.renderer.render_event("talk", action.facts)
    event = BlockEvent(
        id=action.id,
        span=action.span,
        zone=bench.policy.me.zone,
        summary=summary,
        description=description,
        sequence=0,
        stamp=bench.world.clock.now(),
    )

    def placed(seen: SeenBlock) -> tuple[IncidentNote]:
        note = action.note
        return (replace(note, fields={**note.fields, "event": seen.id}, rev=note.rev + 1),)

    return carry_out(
        bench,
        action,
        before=() if action.known else (action.note,),
        effect=lambda: bench.world.calendar.book(event),
        done=placed,
        span=action.span,
    )

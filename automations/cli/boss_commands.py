"""`boss`: the people the loop is run with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.output import emit_json, listing, say

if TYPE_CHECKING:
    from automations.wiring import Session


@click.group()
def boss() -> None:
    """See where the loop with each boss stands."""


@boss.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_bosses(session: Session, *, as_json: bool) -> None:
    """List your bosses, the stage of the next offer, and why."""
    from automations.plan.loop import standing_with
    from automations.plan.offers import withheld

    policy, now = session.policy, session.clock.now()
    recorded = session.reading_journal().load(policy.person)
    loops = [standing_with(each, now, policy.me.zone, recorded) for each in policy.bosses]
    waits = {each.id: incident for each, incident in withheld(policy, now, recorded)}
    if as_json:
        emit_json(
            {
                "bosses": [
                    {
                        "name": loop.boss.name,
                        "email": loop.boss.email,
                        "stage": loop.stage,
                        "why": loop.why,
                        "kept": loop.kept,
                        "missed": loop.missed,
                        "waits_for": waits.get(loop.boss.id),
                        "cycle": {"month": loop.month, "step": loop.step},
                    }
                    for loop in loops
                ]
            }
        )
        return
    if not loops:
        say("No boss in the config. Add one: magicloop config edit")
        return
    listing(
        [
            (loop.boss.name, loop.boss.email, loop.step, f"next offer: {loop.stage} ({loop.why})")
            for loop in loops
        ]
    )
    for loop in loops:
        if loop.boss.id in waits:
            say(f"The offer to {loop.boss.name} waits until {waits[loop.boss.id]} is resolved.")

"""`boss`: the people the loop is run with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import emit_json, heading, listing, prose, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automations.plan.loop import Standing, Step
    from automations.plan.withholding import Withheld
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
    waits = {each.id: rule for each, rule in withheld(policy, now, recorded)}
    if as_json:
        emit_json({"bosses": [_boss_json(session, each, waits) for each in loops]})
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
        if loop.overdue:
            late = "1 promise is" if loop.overdue == 1 else f"{loop.overdue} promises are"
            say(f"OVERDUE: {late} late to {loop.boss.name}; see magicloop promise list")
        if loop.boss.id in waits:
            say(f"The offer to {loop.boss.name} {waits[loop.boss.id].why}.")


@boss.command()
@click.argument("name", metavar="BOSS")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(session: Session, name: str, *, as_json: bool) -> None:
    """Show the loop with one boss: stage, steps, promises."""
    from automations.cli.loop_commands import promise_json, state_of
    from automations.desk.loop import find_boss
    from automations.plan.loop import standing_with, steps_of
    from automations.plan.offers import withheld
    from automations.plan.reciprocity import reciprocity_with
    from automations.plan.zones import say_day, say_month, say_when

    policy, now = session.policy, session.clock.now()
    zone, found = policy.me.zone, find_boss(policy, name)
    recorded = session.reading_journal().load(policy.person)
    loop = standing_with(found, now, zone, recorded)
    promises = [promise for promise in recorded.promises if promise.boss == found.id]
    back = reciprocity_with(found.id, now, recorded)
    months = [cycle.month for cycle in recorded.cycles if cycle.boss == found.id]
    history = [(month, steps_of(found, month, now, zone, recorded)) for month in months]
    if as_json:
        waits = {each.id: rule for each, rule in withheld(policy, now, recorded)}
        shown = _boss_json(session, loop, waits)
        shown["promises"] = [promise_json(session, promise) for promise in promises]
        shown["cycles"] = [{"month": month, "steps": _steps_json(steps, zone)} for month, steps in history]
        shown["reciprocity"] = {
            "given": [promise.text for promise in back.given],
            "received": [{"text": favour.text, "goal": favour.goal or None} for favour in back.received],
            "warning": back.warning or None,
        }
        emit_json(shown)
        return
    heading(f"{found.name} <{found.email}>")
    prose([("stage", f"{loop.stage}: {loop.why}"), ("promises", f"{loop.kept} kept, {loop.missed} missed")])
    say()
    heading(say_month(loop.month))
    prose(
        [(step.name, say_when(step.at, zone) if step.at else f"not yet: {step.gap}") for step in loop.steps]
    )
    if promises:
        say()
        heading("Promises")
        listing([(p.id, state_of(session, p), say_day(p.due), p.text) for p in promises])
    if back.received:
        say()
        heading("What came back")
        listing([(f.id, f.text, f"goal: {f.goal}" if f.goal else "") for f in back.received])
    if back.warning:
        say()
        say(f"{back.warning[0].upper()}{back.warning[1:]}.")


@boss.command()
@click.argument("name", metavar="BOSS")
@click.argument("text")
@click.option("--goal", default="", metavar="TEXT", help="The goal of the config that it moved.")
@click.pass_obj
def received(session: Session, name: str, text: str, goal: str) -> None:
    """Record what came back from a boss."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.catalogue import receive

    with loop_desk(session) as desk:
        favour = receive(desk, name, text, goal)
    say(f"{favour.id} kept: {favour.text}.")


@boss.command()
@click.argument("name", metavar="BOSS")
@click.argument("stage")
@click.option("--reason", default="", metavar="TEXT", help="Why; it is logged.")
@click.pass_obj
def stage(session: Session, name: str, stage: str, reason: str) -> None:
    """Raise the stage above what the log allows, with a reason."""
    from automations.cli.loop_desk import loop_desk
    from automations.desk.loop import choose_stage, find_boss
    from automations.plan.loop import standing_with

    with loop_desk(session) as desk:
        choose_stage(desk, name, stage, reason)
    policy = session.policy
    recorded = session.journal().load(policy.person)
    loop = standing_with(find_boss(policy, name), session.clock.now(), policy.me.zone, recorded)
    say(f"Next offer to {loop.boss.name}: {loop.stage} ({loop.why}).")


def _boss_json(session: Session, loop: Standing, waits: Mapping[str, Withheld]) -> dict[str, Any]:
    rule = waits.get(loop.boss.id)
    return {
        "name": loop.boss.name,
        "email": loop.boss.email,
        "stage": loop.stage,
        "why": loop.why,
        "kept": loop.kept,
        "missed": loop.missed,
        "overdue": loop.overdue,
        "waits_for": rule.subject if rule else None,
        "withheld": {"code": rule.code, "why": rule.why} if rule else None,
        "cycle": {
            "month": loop.month,
            "step": loop.step,
            "steps": _steps_json(loop.steps, session.policy.me.zone),
        },
    }


def _steps_json(steps: Iterable[Step], zone: str) -> list[dict[str, Any]]:
    from automations.cli.wording import local_iso

    return [{"name": step.name, "at": local_iso(step.at, zone), "gap": step.gap} for step in steps]

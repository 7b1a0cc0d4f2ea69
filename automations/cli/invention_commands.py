"""`invention`: the blocks of invention time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import emit_json, prose, say, table

if TYPE_CHECKING:
    from automations.model.records import Block
    from automations.wiring import Session


@click.group()
def invention() -> None:
    """See and steer the two hours a month."""


@invention.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_blocks(session: Session, *, as_json: bool) -> None:
    """List the blocks, why they are there, and where else they could be."""
    from automations.desk.invention import listed_blocks

    recorded = session.reading_journal().load(session.policy.person)
    blocks = listed_blocks(session.policy, session.clock.now(), recorded)
    if as_json:
        emit_json({"blocks": [block_json(session, block) for block in blocks]})
        return
    for block in blocks:
        _print_block(session, block)


def block_json(session: Session, block: Block) -> dict[str, Any]:
    """Return a block as the contract's fields."""
    from automations.cli.wording import local_iso
    from automations.plan.placing import possible_alternatives

    zone = session.policy.me.zone
    return {
        "month": block.month,
        "state": block.state.value,
        "start": local_iso(block.span.start if block.span else None, zone),
        "end": local_iso(block.span.end if block.span else None, zone),
        "provider_id": block.id,
        "moves": block.moves,
        "reason": block.reason,
        "problem": block.problem,
        "combine": list(block.pair),
        "alternatives": [
            {"number": number, "start": local_iso(span.start, zone), "end": local_iso(span.end, zone)}
            for number, span in possible_alternatives(session.policy, session.clock.now(), block)
        ],
    }


def _print_block(session: Session, block: Block) -> None:
    """Print where a block stands and why, and where else it could be."""
    from automations.cli.wording import reason_alone
    from automations.plan.placing import possible_alternatives
    from automations.plan.zones import say_when

    zone, state = session.policy.me.zone, block.state.value.replace("_", " ")
    if block.span is None:
        prose([(block.month, f"{state}: {block.reason}" if block.reason else state)])
        return
    rows = [(block.month, f"{say_when(block.span, zone, with_zone=True)}: {state}")]
    rows.append(("", reason_alone(block.reason, block.span, zone)))
    if block.problem and block.state.live:
        rows.append(("", f"to think about: {block.problem}"))
    prose(rows)
    if block.state.live:
        table(
            (
                " " * 7,
                f"or {say_when(span, zone, with_year=False)}",
                f"magicloop invention choose {block.month} {n}",
            )
            for n, span in possible_alternatives(session.policy, session.clock.now(), block)
        )


@invention.command()
@click.argument("month")
@click.argument("number", type=click.IntRange(1, 9))
@click.pass_obj
def choose(session: Session, month: str, number: int) -> None:
    """Move a month's block to one of its alternatives.

    NUMBER is that of `magicloop invention list`, 1 for the first.
    """
    from automations.desk import invention as desk

    with session.bench() as bench:
        block = desk.choose(bench, session.ground().holidays, month, number)
    _say_where(session, block, "It stays there; no run moves it.")


@invention.command()
@click.argument("month")
@click.option("--not-held", is_flag=True, help="The block is over but did not happen; it stays owed.")
@click.pass_obj
def skip(session: Session, month: str, *, not_held: bool) -> None:
    """Have no block in a month, or say that one did not happen."""
    from automations.desk import invention as desk

    with session.bench() as bench:
        block = desk.not_held(bench, month) if not_held else desk.skip(bench, month)
    if not_held and block.state.value == "missed":
        say(f"{block.month}: not held; it is too late to make it up, so the month counts as missed.")
    elif not_held:
        say(f"{block.month}: not held; the next run looks for another time.")
    else:
        say(f"{block.month}: skipped. Changed your mind? magicloop invention hold {block.month}")


@invention.command()
@click.argument("month")
@click.pass_obj
def hold(session: Session, month: str) -> None:
    """Book a month's block now, also one that was skipped or deleted."""
    from automations.desk import invention as desk

    with session.bench() as bench:
        block = desk.hold(bench, session.ground().holidays, month)
    _say_where(session, block, block.reason)


def _say_where(session: Session, block: Block, more: str) -> None:
    from automations.plan.zones import say_when

    when = say_when(block.span, session.policy.me.zone, with_zone=True) if block.span else "nowhere yet"
    say(f"{block.month}: {when}")
    say(more)

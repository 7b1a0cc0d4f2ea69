"""`promise`, `offer` and `loop`: what you told your boss you would do, what they answered, and a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from automations.cli.loop_desk import draft_now, loop_desk
from automations.cli.offer_idea_commands import idea
from automations.cli.output import emit_json, listing, say
from automations.errors import BadValueError

if TYPE_CHECKING:
    from automations.model.loop import Promise
    from automations.wiring import Session

LATE_STATE = "overdue"


@click.group()
def promise() -> None:
    """Keep what you told your boss you would do, each with its date.

    Kept promises are what lets the loop suggest and inform.
    """


@promise.command("add")
@click.argument("boss")
@click.argument("text")
@click.option("--due", default="", metavar="DATE", help="By when, if the text does not end in 'by DATE'.")
@click.pass_obj
def add(session: Session, boss: str, text: str, due: str) -> None:
    """Record a promise: TEXT is like "the vendor list by Friday"."""
    from automations.desk.loop import add_promise

    with loop_desk(session) as desk:
        made = add_promise(desk, boss, text, due)
    _say_made(made)


@promise.command("done")
@click.argument("name", metavar="ID")
@click.option("--asked-for", "asked", default="", metavar="TEXT", help="What your boss wanted by it.")
@click.option("--delivered", default="", metavar="TEXT", help="What is there now.")
@click.option("--effect", default="", metavar="TEXT", help="What it changed, with one number.")
@click.option("--left", default="", metavar="TEXT", help="What is left to do, if anything.")
@click.pass_obj
def done(session: Session, /, name: str, **facts: str) -> None:
    """Say that a promise is kept, and draft the note that says so."""
    from automations.desk.loop import keep_promise

    with loop_desk(session) as desk:
        kept = keep_promise(desk, name, facts)
    say(f"{kept.id} is kept: {kept.text}.")
    draft_now(session, "promises")


@promise.command("miss")
@click.argument("name", metavar="ID")
@click.option("--reason", default="", metavar="TEXT", help="Why; only for your own record.")
@click.option("--new-date", default="", metavar="DATE", help="Promise it anew for this date.")
@click.pass_obj
def miss(session: Session, name: str, reason: str, new_date: str) -> None:
    """Say that a promise was not kept; the loop goes down one stage."""
    from automations.desk.loop import miss_promise

    with loop_desk(session) as desk:
        missed, again = miss_promise(desk, name, reason, new_date)
    say(f"{missed.id} is missed: {missed.text}.")
    if again is not None:
        _say_made(again)


@promise.command("drop")
@click.argument("name", metavar="ID")
@click.option("--reason", default="", metavar="TEXT", help="Why it is no longer wanted.")
@click.pass_obj
def drop(session: Session, name: str, reason: str) -> None:
    """Say that a promise is no longer wanted; it counts neither way."""
    from automations.desk.loop import drop_promise

    with loop_desk(session) as desk:
        dropped = drop_promise(desk, name, reason)
    say(f"{dropped.id} is dropped: {dropped.text}.")


@promise.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_promises(session: Session, *, as_json: bool) -> None:
    """List your promises, open ones first."""
    from automations.plan.zones import say_day

    policy = session.policy
    promises = session.reading_journal().load(policy.person).promises
    ordered = sorted(promises, key=lambda each: (each.ended is not None, each.due))
    if as_json:
        emit_json({"promises": [promise_json(session, each) for each in ordered]})
        return
    if not ordered:
        say('No promise yet. The first: magicloop promise add BOSS "the vendor list by Friday"')
        return
    listing([(p.id, state_of(session, p), say_day(p.due), p.boss, p.text) for p in ordered])


def promise_json(session: Session, promise: Promise) -> dict[str, Any]:
    """Return a promise as the contract's fields."""
    from automations.cli.wording import local_iso

    zone = session.policy.me.zone
    return {
        "id": promise.id,
        "boss": promise.boss,
        "text": promise.text,
        "due": promise.due.isoformat(),
        "state": state_of(session, promise),
        "made": local_iso(promise.made, zone),
        "ended": local_iso(promise.ended, zone),
        "source": promise.source,
        "effect": promise.effect,
    }


def state_of(session: Session, promise: Promise) -> str:
    """Return how a promise stands: open, overdue, kept, missed or dropped."""
    from automations.plan.ladder import is_overdue
    from automations.plan.zones import local

    today = local(session.clock.now(), session.policy.me.zone).date()
    return LATE_STATE if is_overdue(promise, today) else promise.state.value


def _say_made(made: Promise) -> None:
    from automations.plan.zones import say_day

    say(f"{made.id}, due {say_day(made.due)}: {made.text}.")


@click.group()
def offer() -> None:
    """Offer help, and tell what came of it."""


offer.add_command(idea)


@offer.command("new")
@click.argument("boss")
@click.pass_obj
def new_offer(session: Session, boss: str) -> None:
    """Draft this month's offer now, if no rule forbids it."""
    from automations.desk.loop import draft_offer

    with session.bench() as bench:
        draft = draft_offer(bench, session.ground().holidays, boss)
    say(f'Drafted "{draft.subject}" to {", ".join(draft.to)}: magicloop draft show {draft.id[:6]}')


@offer.command()
@click.argument("boss")
@click.option("--text", default="", metavar="TEXT", help="What they said, in their words.")
@click.option("--promise", "promises", multiple=True, metavar="TEXT", help='"the vendor list by Friday".')
@click.option("--no-need", "kind", flag_value="no_need", help="They need nothing.")
@click.option("--later", "kind", flag_value="later", help="Not now.")
@click.option("--check-first", "kind", flag_value="check_first", help="They want to be asked first.")
@click.option("--reversed", "kind", flag_value="reversed", help="They undid what you did.")
@click.option("--solid", "kind", flag_value="solid", help="They say your work is solid.")
@click.option(
    "--not-solid", "kind", flag_value="not_solid", help="They want something of your own job better."
)
@click.option(
    "--yes", "kind", flag_value="yes", default=True, help="They take it (what is meant if none is said)."
)
@click.pass_obj
def answer(session: Session, boss: str, kind: str, text: str, promises: tuple[str, ...]) -> None:
    """Record what your boss answered, and what you promised with it."""
    from automations.desk.loop import answer as record_answer
    from automations.model.loop import AnswerKind

    if promises and kind in ("no_need", "reversed"):
        raise BadValueError(
            f"--{kind.replace('_', '-')} and --promise do not go together",
            fix='magicloop promise add BOSS "the vendor list by Friday"',
        )
    with loop_desk(session) as desk:
        answered, made = record_answer(desk, boss, AnswerKind(kind or "yes"), text, promises)
    said = answered.kind.value.replace("_", " ")
    say(
        f"{answered.boss}: {said}."
        if answered.about
        else f"{answered.boss}: {said} (to no mail that went out)."
    )
    for each in made:
        _say_made(each)


@click.group("loop")
def loop_group() -> None:
    """Pause the offers of help, and go on with them."""


@loop_group.command()
@click.option("--until", required=True, metavar="DATE", help="The last day without new offers.")
@click.option("--reason", default="", metavar="TEXT", help="Why; only for your own record.")
@click.pass_obj
def pause(session: Session, until: str, reason: str) -> None:
    """Write no new offers up to the end of a day."""
    from automations.desk.loop import pause_loop
    from automations.plan.zones import say_day

    with loop_desk(session) as desk:
        paused = pause_loop(desk, until, reason)
    say(f"No new offers until the end of {say_day(paused.until)}. Sooner: magicloop loop resume")


@loop_group.command()
@click.pass_obj
def resume(session: Session) -> None:
    """Write offers again."""
    from automations.desk.loop import resume_loop

    with loop_desk(session) as desk:
        resume_loop(desk)
    say("Offers are written again from the next run on.")

"""`review`: go through the mails that wait, one card at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.output import emit_json, is_interactive, say
from automations.errors import ExitCode

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.records import Draft, Recorded
    from automations.wiring import Session


@click.command()
@click.argument("name", metavar="[ID]", required=False)
@click.option("--only", metavar="KIND", help="Only mails of this kind, such as offer or incident.")
@click.option("--plain", "plain_words", is_flag=True, help="No boxes, a label a line: for screen readers.")
@click.option("--json", "as_json", is_flag=True, help="Print the cards as one JSON object; ask nothing.")
@click.pass_context
def review(
    ctx: click.Context, name: str | None, only: str | None, *, plain_words: bool, as_json: bool
) -> None:
    """Go through the drafts that wait: read each, then press a key.

    y approves exactly what is shown, e edits, s skips, z puts off, x discards, d shows what
    changed, ? tells all keys. Enter does nothing. Nothing leaves that you did not approve.
    """
    session: Session = ctx.obj
    recorded = session.reading_journal().load(session.policy.person)
    drafts = waiting_drafts(recorded, session.clock.now(), name, only)
    if as_json:
        emit_json({"cards": [_json(session, draft, recorded) for draft in drafts]})
        return
    if not drafts:
        _nothing_waits(session, recorded)
        return
    if not is_interactive():
        from automations.cli.group import WrongCallError

        raise WrongCallError(
            f"{len(drafts)} drafts wait, and a review needs a terminal to ask at",
            fix=f"magicloop review --json, then magicloop draft approve {drafts[0].id[:6]} --hash HASH",
        )
    import sys

    from automations.cli.output import color_wanted
    from automations.cli.review_card import Screen
    from automations.cli.review_sitting import Sitting

    color = color_wanted()
    simple = plain_words or color_is_dumb() or not sys.stdout.isatty()
    screen = Screen(plain_words=simple, color=color is not False and not simple)
    if not Sitting(session, screen, [draft.id for draft in drafts]).go():
        ctx.exit(ExitCode.PARTIAL)


def color_is_dumb() -> bool:
    """Tell whether the terminal can only write lines."""
    import os

    return os.environ.get("TERM") == "dumb"


def waiting_drafts(
    recorded: Recorded, now: datetime, name: str | None = None, only: str | None = None
) -> tuple[Draft, ...]:
    """Return the drafts to be read, those that expire first before others; the one of a name, also put off.

    :raises UnknownNameError: no draft has that name, or no waiting one is of that kind.
    """
    from automations.desk.review import find_draft
    from automations.desk.status import status_of

    if name is not None:
        return (find_draft(recorded, name),)
    waiting = status_of(recorded, now).waiting
    kinds = {draft.kind for draft in waiting}
    if only is not None and only not in kinds and waiting:
        from automations.errors import UnknownNameError

        raise UnknownNameError(
            "kind of draft that waits", only, near=sorted(kinds), fix="magicloop draft list"
        )
    return tuple(draft for draft in waiting if only in (None, draft.kind))


def _json(session: Session, draft: Draft, recorded: Recorded) -> dict[str, object]:
    from automations.cli.card_json import card_json
    from automations.cli.draft_commands import draft_json
    from automations.desk.card import build_card

    card = build_card(draft, recorded, session.policy, session.clock.now())
    return {**draft_json(session, draft, recorded), **card_json(card, session.policy.me.zone)}


def _nothing_waits(session: Session, recorded: Recorded) -> None:
    """Say so, and what comes next."""
    from automations.cli.review_end import what_comes_next

    say("Nothing waits for you.")
    for line in what_comes_next(session, recorded):
        say(line)

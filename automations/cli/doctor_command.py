"""`doctor`: what is wrong, and the exact cure of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.output import emit_json, say
from automations.errors import ExitCode

if TYPE_CHECKING:
    from automations.wiring import Session


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check the config and your accounts, and name each cure.

    It exits with 1 when something is wrong.
    """
    session: Session = ctx.obj
    session.config()
    found = tuple(session.google_account().checks())
    if as_json:
        emit_json(
            {"checks": [{"name": one.name, "ok": one.ok, "what": one.what, "fix": one.fix} for one in found]}
        )
    else:
        say(f"ok     config: {session.places.config}")
        for one in found:
            say(f"{'ok  ' if one.ok else 'wrong'}{'   ' if one.ok else '  '}{one.name}: {one.what}")
            if one.fix:
                say(f"       fix: {one.fix}")
    if not all(one.ok for one in found):
        ctx.exit(ExitCode.ERROR)

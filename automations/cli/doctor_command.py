"""`doctor`: what is wrong, and the exact cure of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automations.cli.output import emit_json, record, whisper
from automations.errors import ExitCode

if TYPE_CHECKING:
    from automations.model.health import Row
    from automations.wiring import Session


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--online", is_flag=True, help="Also ask the servers that your config names.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool, online: bool) -> None:
    """Look at everything a run needs, and name each cure.

    Nothing is changed. It exits with 1 when something stands in the way of a run.
    """
    from automations.cli.checkup import Checkup, rows_of
    from automations.model.health import State

    session: Session = ctx.obj
    debug = ctx.find_root().params.get("debug")
    checkup = Checkup(session, online, session.clock.now())
    rows = tuple(rows_of(checkup, _show_where if debug else _pass_over))
    if as_json:
        emit_json(
            {
                "rows": [
                    {"name": one.name, "state": one.state.value, "what": one.what, "fix": one.fix}
                    for one in rows
                ]
            }
        )
    else:
        _print(rows)
    if any(one.state is State.ERROR for one in rows):
        ctx.exit(ExitCode.ERROR)


def _show_where(error: Exception) -> None:
    """Say where a check broke down, for a report of it."""
    import traceback

    whisper("".join(traceback.format_exception(error)).rstrip())


def _pass_over(error: Exception) -> None:
    """Leave it at the row, which says enough."""
    del error


def _print(rows: tuple[Row, ...]) -> None:
    width = max(len(one.name) for one in rows)
    for one in rows:
        hanging = len(f" {one.state.value:<7}  {one.name:<{width}}  ")
        record(f" {one.state.value:<7}  {one.name:<{width}}  {one.what}", hanging=hanging)
        if one.fix:
            record(f"{'':{hanging}}fix: {one.fix}", hanging=hanging + len("fix: "))

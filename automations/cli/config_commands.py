"""`magicloop config`: check it, show how it acts, where it is, and what it may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import click

from automations.cli.output import emit_json, say, whisper
from automations.errors import ConfigError

if TYPE_CHECKING:
    from automations.config.places import Places


class HasPlaces(Protocol):
    """What these commands need of the session."""

    @property
    def places(self) -> Places:
        """Where config and data are."""


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def config() -> None:
    """Check the config and show how it acts."""


@config.command()
@json_option
@click.pass_context
def check(ctx: click.Context, *, as_json: bool) -> None:
    """Check the config and list every problem (exit code 10)."""
    from automations.config.load import load

    places = _places(ctx)
    try:
        notes = load(places.config, places.data).notes
    except ConfigError as error:
        _show_problems(error, as_json=as_json)
        ctx.exit(error.exit_code)
    if as_json:
        emit_json({"path": places.config, "ok": True, "problems": [], "notes": notes})
        return
    for note in notes:
        say(f"note: {note}")
    say(f"ok: {places.config}")


@config.command()
@click.option("--origin", is_flag=True, help="Say which values the file sets and which are defaults.")
@json_option
@click.pass_context
def show(ctx: click.Context, *, origin: bool, as_json: bool) -> None:
    """Show every key as it acts, defaults filled in and paths made whole."""
    from automations.config.effective import effective
    from automations.config.load import load

    places = _places(ctx)
    found = effective(load(places.config, places.data))
    if as_json:
        rows = [{"key": one.key, "value": one.value, "origin": one.origin} for one in found]
        emit_json({"path": places.config, "sample": places.sample, "settings": rows})
        return
    for one in found:
        say(f"{one}  # {one.origin}" if origin else str(one))


@config.command()
def sample() -> None:
    """Print a config with every key, its meaning and its default."""
    from automations.config.sample import sample_text

    click.echo(sample_text(), nl=False)


@config.command()
@json_option
@click.pass_context
def path(ctx: click.Context, *, as_json: bool) -> None:
    """Print where the config is."""
    places = _places(ctx)
    if as_json:
        emit_json(
            {
                "path": places.config,
                "data": places.data,
                "sample": places.sample,
                "explicit": places.explicit,
            }
        )
        return
    say(places.config)


@config.command()
def schema() -> None:
    """Print the JSON Schema of the config, for editors."""
    from automations.config.schema import schema_text

    click.echo(schema_text(), nl=False)


def _places(ctx: click.Context) -> Places:
    session: HasPlaces = ctx.obj
    return session.places


def _show_problems(error: ConfigError, *, as_json: bool) -> None:
    if as_json:
        rows = [{"key": one.key, "what": one.what} for one in error.problems]
        emit_json({"path": error.path, "ok": False, "problems": rows, "fix": error.fix})
        return
    say(str(error))
    # The default cure is the very command that was typed.
    if error.fix != "magicloop config check":
        whisper(f"fix: {error.fix}")

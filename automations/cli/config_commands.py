"""`magicloop config`: check it, show how it acts, where it is, and what it may hold."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Protocol

import click

from automations.cli.output import emit_json, is_interactive, say, whisper
from automations.errors import ConfigError, RefusedError

if TYPE_CHECKING:
    from automations.config.load import Loaded
    from automations.config.places import Places

SAMPLE_NOTE = "the sample a first run works on; no config was made yet (magicloop init makes yours)"


class HasConfig(Protocol):
    """What these commands need of the session."""

    @property
    def places(self) -> Places:
        """Where config and data are."""

    def config(self) -> Loaded:
        """Return the checked config; the sample's where none was made yet."""


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def config() -> None:
    """Check the config and show how it acts."""


@config.command()
@json_option
@click.pass_context
def check(ctx: click.Context, *, as_json: bool) -> None:
    """Check the config and list every problem (exit code 10)."""
    _check(ctx, as_json=as_json)


def _check(ctx: click.Context, *, as_json: bool = False) -> None:
    places = _places(ctx)
    try:
        notes = _load(ctx).notes
    except ConfigError as error:
        _show_problems(error, as_json=as_json)
        ctx.exit(error.exit_code)
    unmade = _unmade(places)
    if as_json:
        emit_json(
            {"path": places.config, "ok": True, "sample": places.sample, "problems": [], "notes": notes}
        )
        return
    for note in notes:
        say(f"note: {note}")
    say(f"ok: {SAMPLE_NOTE if unmade else places.config}")


@config.command()
@click.option("--origin", is_flag=True, help="Say which values the file sets and which are defaults.")
@json_option
@click.pass_context
def show(ctx: click.Context, *, origin: bool, as_json: bool) -> None:
    """Show every key as it acts, with defaults and whole paths."""
    from automations.config.effective import effective

    places = _places(ctx)
    found = effective(_load(ctx))
    if as_json:
        rows = [{"key": one.key, "value": one.value, "origin": one.origin} for one in found]
        emit_json({"path": places.config, "sample": places.sample, "settings": rows})
        return
    if _unmade(places):
        say(f"# {SAMPLE_NOTE}")
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


@config.command()
@click.pass_context
def edit(ctx: click.Context) -> None:
    """Open the config in your editor, then check it."""
    places = _places(ctx)
    if not os.path.lexists(places.config):
        raise RefusedError("there is no config to edit yet", where=places.config, fix="magicloop init")
    if not is_interactive():
        raise RefusedError(
            "there is no terminal for an editor; change the file, then check it",
            where=places.config,
            fix="magicloop config check",
        )
    if places.sample:
        say("This is the sample; for your own: magicloop init")
    from automations.cli.kept_words import open_editor

    open_editor(places.config, again="magicloop config edit")
    _check(ctx)


def _places(ctx: click.Context) -> Places:
    session: HasConfig = ctx.obj
    return session.places


def _unmade(places: Places) -> bool:
    return places.sample and not os.path.lexists(places.config)


def _load(ctx: click.Context) -> Loaded:
    """Return the config as it stands in the file now; the sample's where none was made yet."""
    from automations.config.load import load

    session: HasConfig = ctx.obj
    places = session.places
    return session.config() if _unmade(places) else load(places.config, places.data)


def _show_problems(error: ConfigError, *, as_json: bool) -> None:
    if as_json:
        rows = [{"key": one.key, "what": one.what} for one in error.problems]
        emit_json({"path": error.path, "ok": False, "problems": rows, "fix": error.fix})
        return
    say(str(error))
    # The default cure is the very command that was typed.
    if error.fix != "magicloop config check":
        whisper(f"fix: {error.fix}")

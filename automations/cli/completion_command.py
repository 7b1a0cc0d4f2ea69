"""`completion`: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    Put `eval "$(magicloop completion zsh)"` into the shell's start file.
    """
    completion_class = get_completion_class(shell)
    assert completion_class is not None, "click knows each of the choices"
    root = ctx.find_root().command
    click.echo(completion_class(root, {}, "magicloop", "_MAGICLOOP_COMPLETE").source())

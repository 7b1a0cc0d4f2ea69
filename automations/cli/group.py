"""The command group: loads a command's module when it is called, and ends every error well."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from automations.cli.output import show_error
from automations.errors import ExitCode, MagicloopError

if TYPE_CHECKING:
    from collections.abc import Mapping


_AS_JSON = "magicloop.as_json"


class LazyGroup(click.Group):
    """A group whose commands are named as `module:attribute` and imported when needed."""

    def __init__(self, *args: Any, lazy: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order a newcomer meets them."""
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its module."""
        target = self._lazy.get(cmd_name)
        if target is None:
            return super().get_command(ctx, cmd_name)
        module, attribute = target.split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; where there is none of that name, say which was meant."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            near = get_close_matches(name, self.list_commands(ctx), n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)


class RootGroup(LazyGroup):
    """The whole program: one boundary for errors, an exit code for each class of them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as usual; remember whether errors are wanted as JSON too."""
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no error a person can cause ends in a traceback."""
        try:
            return super().invoke(ctx)
        except MagicloopError as error:
            if ctx.params.get("debug"):
                raise
            show_error(error, as_json=ctx.meta[_AS_JSON])
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo(
                "interrupted; nothing is half done: what was begun is finished by the next run", err=True
            )
            ctx.exit(ExitCode.INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            bug = MagicloopError(
                f"a bug in magicloop: {type(error).__name__}: {error}",
                where=_deepest(error),
                fix="run the same command with `magicloop --debug ...` and report what it prints",
            )
            show_error(bug, as_json=ctx.meta[_AS_JSON])
            ctx.exit(ExitCode.ERROR)


def _deepest(error: BaseException) -> str:
    """Return the file and line of ours where it happened."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "automations" in code.co_filename:
            where = f"{code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where

"""The command group: loads a command's module when it is called, and ends every error well."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from automations.cli import stopping
from automations.cli.output import is_interactive, show_error, whisper
from automations.cli.streams import ready_streams
from automations.errors import ExitCode, MagicloopError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "magicloop"


class WrongCallError(MagicloopError):
    """A command line that cannot be understood."""

    exit_code = ExitCode.USAGE


class StoppedError(MagicloopError):
    """The person pressed Ctrl-C, ended the input at a question, or sent a signal to stop."""

    exit_code: int = ExitCode.INTERRUPTED


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
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)


class RootGroup(LazyGroup):
    """The whole program: one boundary for errors, an exit code for each class of them."""

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out the command; told to stop, it lets go of what it holds."""
        with stopping.told_to_stop():
            return super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT002 - click's own signature
        **extra: Any,
    ) -> Any:
        """Run the program and exit; no error a person can cause ends in a traceback."""
        del prog_name, standalone_mode
        words = [str(word) for word in (sys.argv[1:] if args is None else args)]
        ready_streams()
        try:
            code = super().main(words, NAME, complete_var, standalone_mode=False, **extra)
        except click.exceptions.Exit as done:
            code = done.exit_code
        except (KeyboardInterrupt, click.Abort):
            if is_interactive() and "--json" not in words:
                whisper("")  # the terminal shows ^C in the line of the question
            code = _show_stopped(as_json="--json" in words)
        except stopping.ToldToStop as stop:
            _show_stopped(as_json="--json" in words, code=stop.exit_code)
            stopping.die_of(stop)
        except click.ClickException as error:
            code = _show_wrong_call(error, as_json="--json" in words)
        except MagicloopError as error:
            if "--debug" in words:
                raise
            error.fix = error.fix or _place_to_look(words)
            show_error(error, as_json="--json" in words)
            code = error.exit_code
        except Exception as error:
            if "--debug" in words:
                raise
            show_error(bug_in(error, words), as_json="--json" in words)
            code = ExitCode.ERROR
        sys.exit(code if isinstance(code, int) else ExitCode.DONE)


def _show_stopped(*, as_json: bool, code: int = ExitCode.INTERRUPTED) -> int:
    stopped = StoppedError("interrupted; nothing is lost: the next run finishes what was begun")
    stopped.exit_code = code
    show_error(stopped, as_json=as_json)
    return code


def _show_wrong_call(error: click.ClickException, *, as_json: bool) -> int:
    """Say what click says of a wrong call, in the form of all other errors; return the exit code."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
        error.show()
        return error.exit_code
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else NAME
    wrong = WrongCallError(error.format_message(), fix=f"{path} --help")
    show_error(wrong, as_json=as_json)
    return wrong.exit_code


def _place_to_look(words: Sequence[str]) -> str:
    """Return the command that shows what there is, for an error that names no cure of its own."""
    from automations.cli import main

    named = [word for word in words if not word.startswith("-")]
    group = main.get_command(click.Context(main), named[0]) if named else None
    if isinstance(group, click.Group) and "list" in group.commands:
        return f"{NAME} {named[0]} list"
    return f"{NAME} status" if group is not None else f"{NAME} --help"


def bug_in(error: Exception, words: Sequence[str]) -> MagicloopError:
    """Return what to say of an error that is our own fault: what, where, and how to see more."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "automations" in code.co_filename:
            where = f"{code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    again = " ".join([NAME, "--debug", *words])
    return MagicloopError(
        f"a bug in magicloop: {type(error).__name__}: {error}",
        where=where,
        fix=f"type {again} and report what it prints",
    )

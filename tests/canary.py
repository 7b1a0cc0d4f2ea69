"""Looks for planted secrets in everything the product says and keeps, over every command there is."""

import gzip
import traceback

import click
from click.testing import CliRunner

from automations.cli import main

LEFT_OUT = {"web", "schedule install"}
"""What goes on for ever, or would change this machine's scheduler: their own tests look at what they say."""
LAST = ("restore", "disconnect google", "uninstall")
"""Commands that take away what the others need."""


def every_command():
    """Yield (path, command) of every command that does something, those that take away last."""
    found = dict(_walk(main, click.Context(main), ()))
    first = [path for path in found if path not in LAST]
    for path in (*first, *(path for path in LAST if path in found)):
        yield path, found[path]


def _walk(command, context, path):
    if not isinstance(command, click.Group) or (path and command.invoke_without_command):
        yield " ".join(path), command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if " ".join((*path, name)) not in LEFT_OUT:
                yield from _walk(command.get_command(context, name), context, (*path, name))


def _call_of(command, given):
    """Return words that call a command: what it must have, as far as a name or a type tells, and no prompt."""
    words = []
    for one in command.params:
        if isinstance(one, click.Option):
            if one.name == "yes":
                words.append("--yes")
            if one.required:
                words += [one.opts[-1], _value(one, given)]
    words += [_value(one, given) for one in command.params if isinstance(one, click.Argument)]
    return words


def _value(parameter, given):
    if isinstance(parameter.type, click.Choice):
        return str(parameter.type.choices[0])
    return given.get(parameter.name, "1")


def sweep(given, *, json=False):
    """Call every command with --debug; return (command, all it said) of each. `given` are values by name."""
    said = []
    for path, command in every_command():
        words = ["--debug", *path.split(), *_call_of(command, given)]
        if json and any("--json" in one.opts for one in command.params):
            words.append("--json")
        done = CliRunner().invoke(main, words)
        # With --debug a real process would print the traceback.
        told = "".join(traceback.format_exception(done.exception)) if done.exception else ""
        said.append((" ".join(words), done.stdout + done.stderr + told, done.exit_code))
    return said


def leaks(said, folder, secrets, *, apart_from=()):
    """Return where a secret stands: in what was said, or in a file below a folder, unpacked or not."""
    found = [f"{words}: {secret}" for words, told, _ in said for secret in secrets if secret in told]
    for path in folder.rglob("*"):
        if path.is_file() and path not in apart_from:
            data = path.read_bytes()
            if data[:2] == b"\x1f\x8b":
                data = gzip.decompress(data)
            found += [f"{path}: {secret}" for secret in secrets if secret.encode() in data]
    return found

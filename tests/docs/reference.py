"""What the docs are held to: the command tree and the config table, made by the code."""

import re
from functools import cache
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md")
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


@cache
def command_tree():
    """Return every command, path -> click command; the root's path is the empty text."""
    from automations.cli import main

    return dict(_walk(main, click.Context(main, info_name="magicloop"), ()))


def _walk(command, context, path):
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from _walk(below, click.Context(below, info_name=name, parent=context), (*path, name))


def shown(command):
    """Tell whether a command is listed in the help."""
    return not command.hidden


def acts(command):
    """Tell whether a command does something itself, as a group does that needs no command after it."""
    return not isinstance(command, click.Group) or command.invoke_without_command


def commands():
    """Return the command list as a table: each command that does something, and its one line."""
    rows = ["| command | what it does |", "|---|---|"]
    for path, command in command_tree().items():
        if path and shown(command) and acts(command):
            rows.append(f"| `magicloop {path}` | {command.get_short_help_str(limit=200)} |")
    return "\n".join(rows)


def config():
    """Return the table of config keys."""
    from automations.config.schema import config_table

    return config_table().strip()


GENERATED = {"commands": commands, "config": config}


def regenerated(text):
    """Return a page with each block between `<!-- generated: name -->` and `<!-- end -->` made anew."""
    return _BLOCK.sub(lambda match: f"{match[1]}{GENERATED[match[2]]()}\n{match[3]}", text)


def generated_names(text):
    """Return the names of the generated blocks of a page."""
    return [match[2] for match in _BLOCK.finditer(text)]

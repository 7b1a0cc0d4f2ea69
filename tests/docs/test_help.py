"""Every command explains itself and its flags."""

import click
from reference import command_tree


def test_there_is_a_command_tree():
    assert {"run", "plan", "status", "config check"} <= set(command_tree())


def test_every_command_has_a_sentence_of_help():
    silent = [
        path
        for path, command in command_tree().items()
        if not (command.help or "").strip().endswith((".", "?"))
    ]

    assert silent == []


def test_every_option_says_what_it_does():
    silent = [
        f"{path} {parameter.opts[-1]}"
        for path, command in command_tree().items()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden and not parameter.help
    ]

    assert silent == []


def test_every_short_help_fits_its_line():
    cut = [
        path
        for path, command in command_tree().items()
        if path and command.get_short_help_str(limit=200).endswith("...")
    ]

    assert cut == []

"""What an error tells to type exists: every command and flag named by a text of the program."""

import ast
import re
from pathlib import Path

import click
import pytest

import automations
from automations.cli import main

PACKAGE = Path(automations.__file__).parent
CALL = re.compile(r"magicloop((?:[ ]+(?:\"[^\"]*\"|[^\s\"'`,;()]+))*)")
# The product's name in a sentence, followed by these words, is no command to type.
PROSE = {"again", "can", "covers", "is", "journal", "keeps", "makes", "that", "was", "works"}
WITHOUT_FIX_ASKED = {"Problem", "standing"}


def texts(path):
    """Yield (line, text) of each string of a module but its docstrings; an expression in it reads X."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped, inner = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        if isinstance(node, ast.JoinedStr):
            inner.update(node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(p.value if isinstance(p, ast.Constant) else "X" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped | inner:
            yield node.lineno, node.value


def calls(text):
    """Yield the words after each `magicloop` that is meant to be typed."""
    for match in CALL.finditer(text):
        words = [word.rstrip(".:") for word in match[1].split()]
        if words and words[0] not in PROSE:
            yield words


def fault(words):
    """Return what is wrong with a call, "" when it could be typed."""
    command, context, path = main, click.Context(main), "magicloop"
    options = set(names(main))
    for word in words:
        if word.startswith("-"):
            if word.split("=")[0] not in (*options, "--X"):  # X: a name that is only known when it is said
                return f"{path} has no {word}"
        elif isinstance(command, click.Group) and re.fullmatch("[a-z-]+", word):
            command = command.get_command(context, word)
            if command is None:
                return f"{path} has no command {word}"
            path = f"{path} {word}"
            options |= names(command)
    return ""


def names(command):
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}


MODULES = sorted(PACKAGE.rglob("*.py"))


def test_every_command_and_flag_named_by_the_program_exists():
    named, wrong = 0, []
    for path in MODULES:
        for line, text in texts(path):
            for words in calls(text):
                named += 1
                if fault(words):
                    wrong.append(f"{path.relative_to(PACKAGE)}:{line}: {fault(words)}")

    assert wrong == []
    assert named > 50


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("fix: magicloop no-such-command", "magicloop has no command no-such-command"),
        ("magicloop draft burn X", "magicloop draft has no command burn"),
        ("magicloop draft discard X --now", "magicloop draft discard has no --now"),
        ("type magicloop draft discard X --yes, please", ""),
        ("magicloop --debug status", ""),
        ("magicloop schedule install --X", ""),
    ],
)
def test_a_wrong_name_is_seen(text, found):
    (words,) = calls(text)
    assert fault(words) == found


def test_every_standing_problem_names_its_cure():
    lacking = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in WITHOUT_FIX_ASKED:
                continue
            given = {keyword.arg for keyword in node.keywords}
            if "code" in given and "fix" not in given:
                lacking.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")

    assert lacking == []


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["invention", "hold", "2020-01"], "magicloop invention list"),
        (["draft", "show", "nope"], "magicloop draft list"),
        (["nonsense"], "magicloop --help"),
        (["draft", "nonsense"], "magicloop draft --help"),
        (["run", "--nonsense"], "magicloop run --help"),
    ],
)
def test_an_error_without_a_cure_of_its_own_says_where_to_look(frozen, own, magicloop, words, fix):
    done = magicloop(*words)

    assert done.stderr.splitlines()[-1] == f"fix:   {fix}"

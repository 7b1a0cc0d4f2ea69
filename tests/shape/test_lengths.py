"""A module is read in one sitting, a function on one screen."""

import ast

MODULE_LINES = 400
FUNCTION_LINES = 60
DRAWERS = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}


def functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def test_no_module_is_longer_than_400_lines(texts):
    lengths = {name: text.count("\n") for name, text in texts.items() if name.endswith(".py")}

    assert "automations/errors.py" in lengths
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_60_lines(modules):
    long = {
        f"{module}:{name}": lines
        for module, text in modules.items()
        for name, lines in functions(text)
        if lines > FUNCTION_LINES
    }

    assert long == {}


def test_the_measure_counts_a_functions_lines():
    assert list(functions("def f():\n    a = 1\n    return a\n")) == [("f", 3)]


def test_no_module_is_a_drawer(modules):
    assert [name for name in modules if DRAWERS & set(name.removesuffix(".py").split("/"))] == []


def test_every_module_says_what_it_is(texts):
    python = {name: text for name, text in texts.items() if name.endswith(".py")}

    assert [name for name, text in python.items() if not ast.get_docstring(ast.parse(text))] == []

"""A module is read in one sitting, a function on one screen."""

import ast

MODULE_LINES = 400
TEST_LINES = 600
FUNCTION_LINES = 60
DRAWERS = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}


def functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def too_long(texts, limit):
    return {name: lines for name, text in texts.items() if (lines := text.count("\n")) > limit}


def test_no_module_is_longer_than_400_lines(modules):
    assert "automations/errors.py" in modules
    assert too_long(modules, MODULE_LINES) == {}


def test_no_test_file_is_longer_than_600_lines(texts):
    tests = {name: text for name, text in texts.items() if name.startswith("tests/") and name.endswith(".py")}

    assert "tests/conftest.py" in tests
    assert too_long(tests, TEST_LINES) == {}
    assert too_long({"long.py": "\n" * 601, "short.py": "\n" * 600}, TEST_LINES) == {"long.py": 601}


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


def test_every_module_says_what_it_is(modules):
    assert [name for name, text in modules.items() if not ast.get_docstring(ast.parse(text))] == []

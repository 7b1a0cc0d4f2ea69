"""SECURITY.md: every threat names tests that hold it, and each of them exists."""

import ast
import re

from reference import ROOT

TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def threats(text):
    """Return (threat, its tests) of each row of the table."""
    table = text.partition("## Threats")[2]
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| ")]
    return [(cells[0].strip(), TEST.findall(cells[2])) for cells in rows[1:]]


def functions(path):
    return {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if hasattr(node, "name")
    }


def missing(named):
    return [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).exists() or name not in functions(ROOT / file)
    ]


def test_every_threat_is_held_by_tests_that_exist():
    found = threats((ROOT / "SECURITY.md").read_text(encoding="utf-8"))

    assert len(found) >= 20
    assert [threat for threat, tests in found if not tests] == []
    assert missing([test for _, tests in found for test in tests]) == []


def test_a_test_that_is_not_there_is_seen():
    assert missing([("tests/docs/test_security.py", "test_no_such"), ("tests/none.py", "test_x")]) == [
        "tests/docs/test_security.py::test_no_such",
        "tests/none.py::test_x",
    ]
    assert threats("## Threats\n| threat | control | tests |\n|---|---|---|\n| a | b | c |\n") == [("a", [])]

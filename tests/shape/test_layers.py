"""Imports run downward only, and the check of it does see a breach."""

import shutil
import subprocess
import sys

import pytest


def lint(folder, environment=None):
    command = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )


def test_the_layers_are_kept(root):
    done = lint(root)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("plan/actions.py", "import sqlite3", "decisions and values do not touch the world"),
        ("plan/actions.py", "import automations.ports", "imports run downward only"),
        ("clock.py", "import rich", "what every command loads stays light"),
        ("drawer.py", "import json", "imports run downward only"),
    ],
)
def test_a_breach_is_seen(root, tmp_path, module, line, contract):
    shutil.copytree(
        root / "automations", tmp_path / "automations", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(root / "pyproject.toml", tmp_path)
    with (tmp_path / "automations" / module).open("a") as file:
        file.write(f"\n{line}\n")

    done = lint(tmp_path)

    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout

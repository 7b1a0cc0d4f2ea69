"""What the shape tests look at: the checkout's own files."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE = {".git", ".venv", "__pycache__", "build", "dist", "htmlcov", "_data", ".hypothesis"}


def own_files():
    """Return every file people write: what git knows or would add; without git, all but what is made."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        names = done.stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = list(_walked())
    return sorted(ROOT / name for name in set(names) if name and (ROOT / name).is_file())


def _walked():
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in MADE and not name.endswith("_cache")]
        for name in names:
            yield os.path.relpath(Path(folder, name), ROOT)


@pytest.fixture
def root():
    """Return the top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def texts():
    """Return every text file of the checkout: relative path -> content."""
    result = {}
    for path in own_files():
        try:
            result[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return result


@pytest.fixture(scope="session")
def modules(texts):
    """Return the Python files that are shipped or measured: relative path -> content."""
    return {
        name: text
        for name, text in texts.items()
        if name.endswith(".py") and name.startswith(("automations/", "benchmarks/"))
    }

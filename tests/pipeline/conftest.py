"""Makes the small world beside the tests importable, and gives it twice: on files and in memory."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from worlds import FileLife, MemoryLife


@pytest.fixture(params=["files", "memory"])
def life(request, tmp_path):
    """Return a person's world: on real files and SQLite, then on the memory twins."""
    made = FileLife(tmp_path) if request.param == "files" else MemoryLife()
    yield made
    made.journal.close()


@pytest.fixture
def filed(tmp_path):
    """Return a person's world on real files and SQLite."""
    made = FileLife(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def kept():
    """Return a person's world in memory."""
    return MemoryLife()

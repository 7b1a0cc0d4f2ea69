"""A year of two worlds against the oracle, and mutants of the program that must be found; `make soak` lives ten."""

import ast
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from decade import OMAR, PRIYA, Decade, World
from person import Habits
from soak_mutants import MUTANTS

from in_memory import IN_MEMORY

HERE = Path(__file__).parent
BUSY = Habits(meddles=0.03, incidents=0.003, leaves=2)
LEAVING = Habits(incidents=0.2, leaves=1)
CARELESS = Habits(sends=0.2, edits=0.1, hands_over=0, discards=0, deletes=0.6, meddles=0, incidents=0)
EAGER = Habits(sends=0.45, edits=0.2, hands_over=0.05, discards=0.2, deletes=0.05, meddles=0, incidents=0)

SHORT = {
    "Lord Howe": World(
        "Lord Howe",
        "Australia/Lord_Howe",
        "AU",
        seed=5,
        habits=BUSY,
        nights=True,
        weekly=False,
        travels=(("2026-05-11", "Asia/Kolkata"), ("2026-06-12", "Australia/Lord_Howe")),
    ),
    "New York": World(
        "New York",
        "America/New_York",
        "US",
        seed=7,
        bosses=(PRIYA, OMAR),
        goals=True,
        nights=True,
        weekly=False,
        off=(("2026-03-06", "2026-03-09"), ("2026-10-30", "2026-11-03")),
        offline=(("2026-08-20T11:00", "2026-08-20T22:00"),),
        habits=Habits(incidents=0.003, leaves=2),
    ),
}


@pytest.fixture
def place(tmp_path):
    """Return a folder in memory, where there is one: a hundred thousand runs are a hundred thousand writes."""
    with tempfile.TemporaryDirectory(prefix="soak-", dir=IN_MEMORY or tmp_path) as folder:
        yield Path(folder)


@pytest.mark.parametrize("name", SHORT)
def test_a_year_comes_to_what_the_oracle_says(name, place):
    found = Decade(SHORT[name], place, 1).live()

    assert found.broken == []
    assert found.figures["months"] == 14
    assert found.figures["held"] >= 8
    assert found.figures["drafts"] >= 30
    assert found.figures["promises"] >= 5
    assert found.figures["quick"] > 10 * found.figures["whole"]


def test_files_that_are_deleted_all_at_once_are_asked_about(place):
    bosses = (PRIYA, OMAR)
    world = World("x", "America/New_York", "US", 32, bosses, habits=CARELESS, nights=True, weekly=False)
    life = Decade(world, place, 1)
    life.end = life.machine.clock.instant + timedelta(days=64)

    found = life.live()

    assert found.broken == []
    assert found.acts["said that files were deleted"] > 1


@pytest.mark.parametrize("name", MUTANTS)
def test_the_soak_finds_a_program_that(name, place, monkeypatch, capsys):
    change, says = MUTANTS[name]
    change(monkeypatch.setattr)
    # A machine that is off at night looks at everything in the morning, which hides a wake that is wrong.
    nights = not name.startswith("sleeps")
    habits = LEAVING if "nobody_reads" in name else EAGER
    world = World(name, "America/New_York", "US", seed=31, habits=habits, nights=nights, weekly=False)
    life = Decade(world, place, 1)
    life.end = life.machine.clock.instant + timedelta(days=64)
    found = life.live()

    assert any(says in what for what in found.broken), found.broken
    with capsys.disabled():
        sys.stdout.write(f"\n{name.replace('_', ' ')}: {found.broken[0]}")


def test_the_same_world_without_a_mutant_breaks_nothing(place):
    life = Decade(
        World("sound", "America/New_York", "US", seed=31, habits=EAGER, nights=True, weekly=False), place, 1
    )
    life.end = life.machine.clock.instant + timedelta(days=64)

    assert life.live().broken == []
    assert {"made a promise", "kept a promise", "edited a draft", "discarded a draft"} <= set(
        life.person.acts
    )


def test_the_oracle_knows_nothing_of_the_program():
    tree = ast.parse((HERE / "oracle.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert names == {"__future__", "dataclasses", "datetime", "zoneinfo"}

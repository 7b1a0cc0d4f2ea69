"""Killed for real at a spread of points; `make crash` takes every point, and every pair on the send paths."""

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from scenarios import SCENARIOS

HERE = Path(__file__).parent
EVERY = int(os.environ.get("MAGICLOOP_CRASH_EVERY", "29"))
"""Every so many points; 1 for all of them, which takes minutes."""


def printed(script, *words):
    done = subprocess.run(
        [sys.executable, str(HERE / script), "--jobs", "1", *words],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


QUICK = (
    "sends_before_it_writes_that_down",
    "moves_a_block_before_it_writes_that_down",
    "forgets_what_was_interrupted",
    "claims_a_send_but_uses_its_approval_up_only_afterwards",
    "commits_each_statement_by_itself",
    "writes_mails_in_place",
    "hands_the_crontab_over_by_a_pipe",
)
"""Those of the mutants that are found soon; `make crash` tries them all."""


def test_whatever_is_killed_the_next_run_puts_right_once_and_for_all():
    figures = printed("matrix.py", "--every", str(EVERY), "--no-pairs")
    total = re.search(r"(\d+) points, (\d+) kills, (\d+) violations", figures)

    assert int(total[3]) == 0, figures
    assert int(total[2]) >= 60, figures
    assert "VIOLATION" not in figures
    kills = dict(re.findall(r"^(\S.*?) +\d+ points, +(\d+) kills", figures, re.MULTILINE))
    assert set(kills) == set(SCENARIOS), figures
    assert all(int(count) >= 1 for name, count in kills.items() if "schedule" not in name), figures
    assert "never called" in figures, "a command killed at once was never called"
    assert " done" in figures
    asking = {line.split(":")[0] for line in figures.splitlines() if "asked (" in line}
    assert asking <= {"smtp"}, "only a mail server that cannot be asked leaves a question"


def test_the_matrix_finds_each_fault_that_is_built_in(capsys):
    shown = printed("crash_mutants.py", *QUICK)
    with capsys.disabled():
        sys.stdout.write(f"\n{shown}")

    assert re.findall("^(\\w+): found in ", shown, re.MULTILINE) == list(QUICK)

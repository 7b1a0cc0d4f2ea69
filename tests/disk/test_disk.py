"""A disk that loses power, is full or broken, and a program told to stop; `make disk` tries all of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tap import missing

HERE = Path(__file__).parent
EVERY = int(os.environ.get("MAGICLOOP_DISK_EVERY", "1"))
"""How much of the short form is tried: a larger number tries less."""

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

TOTAL = re.compile(r"(\d+) [a-z ]+, (\d+) disks -> .*; lost (\d+), doubled (\d+), unexplained (\d+)")


def printed(name, *words, code=0):
    """Return what a matrix printed, and the numbers of its last line."""
    done = subprocess.run(
        [sys.executable, str(HERE / "tapped.py"), name, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == code, done.stdout[-4000:] + done.stderr[-4000:]
    total = TOTAL.search(done.stdout)
    return done.stdout, [int(number) for number in total.groups()] if total else []


def only(*worlds):
    return [word for world in worlds for word in ("--only", world)]


def test_after_a_power_cut_what_was_done_is_there_and_the_rest_is_put_right():
    told, (cuts, disks, *wrong) = printed(
        "power",
        *only("init", "draft discard", "approved mail is sent", "restore"),
        *("--every", 90 * EVERY, "--parts", 1),
    )

    assert wrong == [0, 0, 0], told
    assert cuts >= 15
    assert disks >= 40
    assert {"done", "never called"} <= set(re.findall(r"\d+ (done|never called)", told))


def test_a_disk_that_fails_is_named_and_nothing_is_lost_or_doubled():
    told, (calls, disks, *wrong) = printed(
        "faults",
        *only("draft approve", "approved mail is sent"),
        *("--trouble", "full", "--trouble", "broken once", "--every", 16 * EVERY),
    )

    assert wrong == [0, 0, 0], told
    assert calls == disks >= 18
    assert {"0", "1"} <= set(re.findall(r"\d+ ended (\d+)", told)), "some acts fail and some do not"


def test_a_journal_whose_making_the_disk_broke_is_not_taken_for_one():
    told, (calls, _, *wrong) = printed(
        "faults", *only("first run"), "--trouble", "broken once", "--every", 56 * EVERY
    )

    assert wrong == [0, 0, 0], told
    assert calls >= 6


def test_a_sync_that_fails_as_a_backup_is_put_back_is_told():
    told, (calls, _, *wrong) = printed(
        "faults", *only("restore"), "--trouble", "one sync fails", "--every", 2
    )

    assert wrong == [0, 0, 0], told
    assert calls >= 4


def test_a_disk_that_takes_no_writes_any_more_is_named_as_a_backup_is_put_back():
    told, (calls, _, *wrong) = printed("faults", *only("restore"), "--trouble", "read-only", "--every", 2)

    assert wrong == [0, 0, 0], told
    assert calls >= 30


def test_whoever_is_told_to_stop_stops_and_leaves_nothing_half_done():
    told, (points, _, *wrong) = printed("signals", *only("draft edit"), "--every", 12 * EVERY)

    assert wrong == [0, 0, 0], told
    assert points >= 9


def test_whoever_is_told_to_stop_as_it_sends_sends_and_asks_nobody():
    told, (points, _, *wrong) = printed("signals", *only("approved mail is sent"), "--every", 12 * EVERY)

    assert wrong == [0, 0, 0], told
    assert points >= 9


def test_broken_promises_are_found():
    mutants = [
        "does_not_sync_the_folder_of_a_config",
        "tells_sqlite_not_to_sync_each_commit",
        "takes_a_commit_that_failed_for_one_that_did_not",
        "goes_on_when_told_to_stop",
        "stops_between_a_send_and_its_record",
    ]
    told, _ = printed("prove", *only(*mutants))

    assert "5 of 5 mutants found" in told
    assert all(f"{each.replace('_', ' ')}: found after" in told for each in mutants), told


def test_there_are_enough_of_them():
    names = re.findall(r"^def ([a-z]\w+)\(put\):", (HERE / "disk_mutants.py").read_text(), re.MULTILINE)

    assert len(names) == len(set(names)) >= 15

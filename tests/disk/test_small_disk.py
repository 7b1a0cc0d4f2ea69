"""A real file system with no room on it: the system's own refusals, SQLite's included."""

import os
import subprocess
import sys

import pytest

from automations.store.chain import verify_log
from config_texts import ANN, OFFERS, PRIYA

SIZE = 2 * 1024 * 1024
CONFIG = ANN + PRIYA + OFFERS


@pytest.fixture
def small(tmp_path):
    """A file system of 2 MB in memory; it is taken down afterwards."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "magicloop-test", str(place)],
        capture_output=True,
        text=True,
        check=False,
    ) if os.geteuid() == 0 and sys.platform == "linux" else None  # fmt: skip
    if mounted is None or mounted.returncode:
        pytest.skip(
            f"no file system can be mounted here: {mounted.stderr if mounted else 'not root, not Linux'}"
        )
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def magicloop(small, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)

    def call(*words):
        return subprocess.run(
            [sys.executable, "-m", "automations", "--config", str(config), *words],
            capture_output=True,
            text=True,
            env={**os.environ, "MAGICLOOP_DATA": str(small / "data")},
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    return call


def leave(place, room):
    """Fill a file system until so many bytes are free."""
    free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
    filler = place / "filler"
    filler.write_bytes(bytes(free - room))
    return filler


@pytest.mark.parametrize("room", [0, 286_720])
def test_a_first_run_on_a_full_disk_says_so_and_the_next_one_does_it_all(small, magicloop, room):
    filler = leave(small, room)

    done = magicloop("run")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "full" in done.stderr
    assert "fix:" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr

    filler.unlink()
    assert magicloop("run").returncode == 0
    assert len(list((small / "data" / "drafts").glob("*.eml"))) == 1
    assert '"actions": []' in magicloop("run", "--json").stdout
    assert verify_log(str(small / "data" / "journal.db")) is None


def test_an_act_on_a_full_disk_is_refused_and_can_be_made_later(small, magicloop):
    assert magicloop("run").returncode == 0
    filler = leave(small, 0)
    add = ("idea", "add", "A release that nobody has to watch")

    refused = magicloop(*add)

    assert refused.returncode == 1, refused.stdout
    assert "full" in refused.stderr
    filler.unlink()
    assert "release" not in magicloop("idea", "list").stdout
    assert magicloop(*add).returncode == 0
    assert magicloop("idea", "list").stdout.count("release") == 1

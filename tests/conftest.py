"""No test touches the person's own folders, clock zone, colours or settings.

Every test gets an empty HOME. The machine's zone is an odd one (UTC+12:45), so that code which reads
it instead of the config's zone is wrong by hours, and the locale is the bare one cron gives.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import freezegun
import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # for google_emulator, which several kinds of tests use

from matrices import THIN, count_cells, tell_cells, thin_out

DROPPED = (
    "BROWSER",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "DISPLAY",
    "EDITOR",
    "FORCE_COLOR",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LANG",
    "LANGUAGE",
    "LINES",
    "NO_COLOR",
    "PAGER",
    "SSH_CONNECTION",
    "TERM_PROGRAM",
    "VISUAL",
    "WAYLAND_DISPLAY",
)

settings.register_profile("quick", max_examples=50, deadline=None, database=None)
# pytest's own timing goes on in real time, so that --durations tells the truth.
freezegun.configure(extend_ignore_list=["_pytest.timing", "_pytest.runner"])

# The same cases every time, so that a red CI means changed code.
settings.register_profile("ci", max_examples=50, deadline=None, database=None, derandomize=True)
settings.register_profile(
    "long", max_examples=10_000, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick"))


@pytest.fixture(scope="session", autouse=True)
def _bare_environment(tmp_path_factory):
    """Drop what the machine says about itself, also for fixtures that outlive a test.

    Signals that whoever started the tests ignores (nohup, a shell's `&`) are heard again by what they start.
    """
    for number, heard in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, heard)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name in DROPPED or name.startswith(("MAGICLOOP_", "XDG_", "LC_")):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TZ", "Pacific/Chatham")
        patch.setenv("LC_ALL", "C")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def home(_bare_environment, tmp_path_factory, monkeypatch):
    """Give the test an empty HOME of its own, and return that folder."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return Path(folder)


def pytest_addoption(parser):
    parser.addoption("--cells", type=int, default=THIN, help="of the matrices run every N-th cell; 1 for all")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    items[:], left_out = thin_out(items, config.getoption("--cells"))
    if left_out:
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter, config):
    found = count_cells(terminalreporter.stats)
    if found and config.getoption("--cells") == 1:
        terminalreporter.section("matrices of faults")
        tell_cells(found, terminalreporter.write_line)


@pytest.fixture
def pinned():
    """Return a function that lets a file be read but not removed, by root neither: it is mounted over itself.

    Skipped where this machine does not let us.
    """
    held = []

    def pin(path):
        try:
            subprocess.run(["mount", "--bind", path, path], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("cannot mount here")
        held.append(path)

    yield pin
    for path in held:
        subprocess.run(["umount", "-l", path], check=True)

"""The command starts fast: it loads little, and a run with nothing due loads less."""

import os
import resource
import subprocess
import sys
from statistics import median

import pytest

from ping_server import PingServer

HEAVY = {
    "dateparser",
    "flask",
    "google",
    "googleapiclient",
    "holidays",
    "http",
    "icalendar",
    "jinja2",
    "msgspec",
    "recurring_ical_events",
    "rich",
    "ssl",
}
HELP_LIMIT = 2.0
ROUNDS = 7


def call(*arguments):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def loaded(*arguments):
    """Return the outcome and the top names of every module a call of the command imports."""
    done = call("-X", "importtime", "-m", "automations", *arguments)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    modules = {line.rsplit("|", 1)[1].strip() for line in lines}
    return done, {module.split(".")[0] for module in modules}


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("--version",)])
def test_help_loads_none_of_the_heavy_libraries(arguments):
    done, modules = loaded(*arguments)

    assert done.returncode == 0, done.stderr
    assert "click" in modules
    assert modules & HEAVY == set()


def test_a_run_with_nothing_due_loads_none_of_the_heavy_libraries():
    first, busy = loaded("run")
    assert first.returncode == 0, first.stderr
    assert {"icalendar", "jinja2"} <= busy  # the measure does see them

    # The second run is the last to look around: it finds everything in place and goes to sleep.
    for _ in range(2):
        done, modules = loaded("run")
        assert done.returncode == 0, done.stderr

    assert "sqlite3" in modules
    assert modules & HEAVY == set()


def test_a_run_with_nothing_due_tells_its_monitor_by_the_standard_library_alone(home):
    config = home / "config.toml"
    config.write_text(
        '[me]\nname = "Sam Lee"\nemail = "sam@example.com"\ntimezone = "Europe/Berlin"\n'
        '[monitor]\nping_url = {file = "ping-url"}\n'
    )
    kept = home / "ping-url"
    with PingServer() as server:
        kept.write_text(f"{server.root}/x")
        kept.chmod(0o600)
        for _ in range(2):
            assert call("-m", "automations", "--config", str(config), "run").returncode == 0
        server.asked.clear()
        done, modules = loaded("--config", str(config), "run")
        assert done.returncode == 0, done.stderr
        assert server.asked == ["/x"]

    assert {"http", "ssl", "tomllib"} <= modules
    assert modules & (HEAVY - {"http", "ssl"}) == set()


def seconds_of_work(*arguments):
    """Return the processor time a call took: what else the machine does hardly counts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert call(*arguments).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def test_help_takes_at_most_twice_as_long_as_importing_click():
    rounds = [
        (seconds_of_work("-m", "automations", "--help"), seconds_of_work("-c", "import click"))
        for _ in range(ROUNDS)
    ]

    # The middle one of the rounds: a processor that is faster for one call makes a ratio wrong in either direction.
    assert median(ours / clicks for ours, clicks in rounds) <= HELP_LIMIT, rounds

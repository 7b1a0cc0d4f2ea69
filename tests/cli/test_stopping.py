"""Told to stop as the first process of a container, which signals of its own do not end."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from namespaces import why_not

REFUSED = why_not("--pid", "--fork")


@pytest.mark.skipif(bool(REFUSED), reason=f"nobody may make a process the first one here: {REFUSED}")
def test_the_first_process_of_a_container_ends_when_told_to_stop(own, magicloop):
    magicloop("run")
    words = [sys.executable, "-m", "automations", "log", "-f", "-n", "1"]
    outer = subprocess.Popen(
        ["unshare", "--pid", "--fork", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert outer.stdout.readline(), "it follows the log by now"
    (first,) = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()

    os.kill(int(first), signal.SIGTERM)

    _, said = outer.communicate(timeout=60)
    assert (outer.returncode, b"Traceback" in said) == (128 + signal.SIGTERM, False), said


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_the_code_that_is_told_is_the_one_a_shell_shows(own, magicloop, number, status):
    magicloop("run")
    words = [sys.executable, "-m", "automations", "log", "-f", "-n", "1", "--json"]
    following = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert following.stdout.readline(), "it follows the log by now"

    following.send_signal(number)

    _, said = following.communicate(timeout=60)
    assert following.returncode in (status, -number)
    assert json.loads(said)["error"]["exit_code"] == status

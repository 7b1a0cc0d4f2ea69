"""Told to stop as the first process of a container, which signals of its own do not end."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def may_unshare():
    tool = shutil.which("unshare")
    return tool and subprocess.run([tool, "--pid", "--fork", "true"], check=False).returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="this machine lets nobody make a process the first one")
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

"""Whether this machine lets a test make a world of its own: asked by trying, as being root does not tell."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def why_not(*namespaces, script="true"):
    """Return why a shell script in such namespaces fails, "" where it works. It stands in an empty folder."""
    tool = shutil.which("unshare")
    if tool is None:
        return "unshare is missing"
    if os.geteuid() != 0:
        return "not root"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [tool, *namespaces, "sh", "-ec", script],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (said[-1] if said else f"exit code {done.returncode}")


def writable_cgroups():
    """Return the roots of the control groups in which a group can be made."""
    roots = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup/systemd"))
    return [each for each in roots if (each / "cgroup.procs").exists() and os.access(each, os.W_OK)]

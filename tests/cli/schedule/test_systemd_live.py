"""A person's real systemd takes the units, runs them as they are hardened, and starts the timer by itself.

It runs in namespaces of its own, with a /run and a cgroup of this test, so that it works where the machine itself was
not started by systemd, and nothing of the machine is changed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from namespaces import why_not, writable_cgroups

HERE = str(Path(sys.executable).with_name("magicloop"))
SYSTEMD = shutil.which("systemd", path="/lib/systemd:/usr/lib/systemd")
CGROUPS = writable_cgroups()
REFUSED = why_not("--mount", "--pid", "--fork", "--mount-proc", script="mount -t tmpfs none /run")
MISSING = [
    name
    for name, there in (
        (f"leave to mount in namespaces of its own ({REFUSED})", not REFUSED),
        ("control groups that can be written to", CGROUPS),
        ("systemd", SYSTEMD and shutil.which("systemctl")),
    )
    if not there
]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
    pytest.mark.xdist_group("systemd"),
]
ENTER = """\
set -e
for group in "$@"; do echo $$ > "$group/cgroup.procs"; done
mount -t tmpfs none /run
mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
cd /
"$SYSTEMD" --user --log-target=console &
wait
"""
AT_ONCE = "[Timer]\nOnActiveSec=1ms\nAccuracySec=1ms\nRandomizedDelaySec=0\n"


class Manager:
    """A person's systemd: `ask` runs a command beside it, as that person's terminal would."""

    def __init__(self, home, outer, env):
        self.home, self.outer, self.env = home, outer, env

    @property
    def begun(self):
        return bool(Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text())

    @property
    def inner(self):
        """Return the process that is number 1 in there; whoever is left goes with it."""
        (inner,) = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
        return int(inner)

    def ask(self, *command, code=0):
        done = subprocess.run(
            ["nsenter", f"--target={self.inner}", "--mount", "--pid", *command],
            env=self.env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout if code is not None else done.returncode

    def until(self, condition):
        for _ in range(300):
            with suppress(subprocess.TimeoutExpired):
                self.outer.wait(0.1)
                pytest.fail("systemd ended by itself")
            if condition():
                return
        pytest.fail("systemd did not come so far within half a minute")

    def shown(self, unit, *names):
        words = [word for name in names for word in ("-p", name)]
        lines = self.ask("systemctl", "--user", "show", unit, *words).splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def runs(self):
        entries = json.loads(self.ask(HERE, "log", "--json"))["entries"]
        return [entry["outcome"] for entry in entries if entry["kind"] == "run"]


@pytest.fixture
def manager(own, home):
    """Start a systemd for the person of this test."""
    groups = [each / f"magicloop-test-{os.getpid()}" for each in CGROUPS]
    for each in groups:
        each.mkdir()
    env = {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": "/run/user/test",
        "PATH": "/usr/bin:/bin",
        "SYSTEMD": SYSTEMD,
    }
    namespaces = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    command = ["unshare", *namespaces, "sh", "-c", ENTER, "enter", *groups]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=env, **quiet) as outer:
        made = Manager(home, outer, env)
        try:
            made.until(lambda: made.begun)
            made.until(lambda: made.ask("systemctl", "--user", "is-system-running", code=None) == 0)
            yield made
        finally:
            os.kill(made.inner, signal.SIGKILL)
    for each in groups:
        for folder, _, _ in os.walk(each, topdown=False):
            Path(folder).rmdir()


def test_systemd_makes_the_runs_itself(manager):
    said = manager.ask(HERE, "schedule", "install", "--yes")
    (timer,) = (manager.home / ".config/systemd/user").glob("*.timer")
    service = timer.with_suffix(".service").name

    assert "Installed with systemd" in said
    assert "exit code 0, fine" in said
    assert "1 draft to read" in said
    assert manager.runs == ["ok"]
    held = manager.shown(
        service, "NoNewPrivileges", "RestrictNamespaces", "UMask", "Result", "ExecMainStatus"
    )
    assert held == {
        "NoNewPrivileges": "yes",
        "RestrictNamespaces": "yes",
        "UMask": "0077",
        "Result": "success",
        "ExecMainStatus": "0",
    }
    waits = manager.shown(timer.name, "ActiveState", "Persistent", "NextElapseUSecRealtime", "Triggers")
    assert (waits["ActiveState"], waits["Persistent"], waits["Triggers"]) == ("active", "yes", service)
    assert waits["NextElapseUSecRealtime"]
    assert timer.name in manager.ask("systemctl", "--user", "list-timers")
    manager.ask(HERE, "schedule", "status")

    (timer.parent / f"{timer.name}.d").mkdir()
    (timer.parent / f"{timer.name}.d/at-once.conf").write_text(AT_ONCE)
    manager.ask("systemctl", "--user", "daemon-reload")
    manager.ask("systemctl", "--user", "restart", timer.name)
    manager.until(lambda: len(manager.runs) > 1)  # nobody but the timer started it
    assert manager.runs == ["ok", "nothing"]
    assert manager.shown(timer.name, "LastTriggerUSec")["LastTriggerUSec"]


def test_a_timer_that_was_stopped_is_noticed_and_what_is_shown_starts_it(manager):
    manager.ask(HERE, "schedule", "install", "--yes")
    (timer,) = (manager.home / ".config/systemd/user").glob("*.timer")
    manager.ask("systemctl", "--user", "stop", timer.name)

    told = json.loads(manager.ask(HERE, "schedule", "status", "--json", code=1))

    (one,) = [each for each in told["schedulers"] if each["kind"] == "systemd"]
    assert one["trouble"] == "its timer is not active"
    manager.ask(*one["fix"].split())
    manager.ask(HERE, "schedule", "status")

    manager.ask(HERE, "schedule", "uninstall", "--yes")
    assert timer.name not in manager.ask("systemctl", "--user", "list-timers", "--all")
    assert manager.shown(timer.name, "LoadState") == {"LoadState": "not-found"}


def test_a_run_that_fails_is_told_with_its_code(manager):
    """The unit is started by systemd in another world than the terminal's: what it cannot do there shows at once."""
    manager.ask(HERE, "schedule", "install", "--yes")
    (service,) = (manager.home / ".config/systemd/user").glob("*.service")
    (service.parent / f"{service.name}.d").mkdir()
    wrong = "[Service]\nEnvironment=MAGICLOOP_CONFIG=/no/config.toml\n"
    (service.parent / f"{service.name}.d/wrong.conf").write_text(wrong)

    said = manager.ask(HERE, "schedule", "install", "--yes", code=1)

    assert "exit code 10, not well" in said
    assert "fix: magicloop doctor" in said

"""Schedulers of this test's own on the PATH: a crontab in a file, a systemctl and a launchctl that start what they hold."""

import shutil
import sys

import pytest

FAKE = """\
#!/bin/sh
# A crontab program that keeps its table in a file, as the real one does.
table="{table}"
echo "$*" >> "{calls}"
case "$1" in
-l) [ -z "{broken}" ] || {{ echo "crontab: {broken}" >&2; exit 1; }}
    [ -f "$table" ] || {{ echo "no crontab for sam" >&2; exit 1; }}
    cat "$table" ;;
-r) rm "$table" ;;
-) {write} ;;
*) echo "usage" >&2; exit 1 ;;
esac
"""


class Crontab:
    def __init__(self, folder):
        self.table, self.calls, self.folder = folder / "table", folder / "calls", folder / "bin"
        self.folder.mkdir()
        self.works()

    def works(self, write='cat > "$table"', broken=""):
        program = self.folder / "crontab"
        program.write_text(FAKE.format(table=self.table, calls=self.calls, write=write, broken=broken))
        program.chmod(0o755)

    def put(self, content):
        self.table.unlink(missing_ok=True)
        if content is not None:
            self.table.write_bytes(content)

    @property
    def content(self):
        return self.table.read_bytes() if self.table.exists() else None

    def writes(self):
        called = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [each for each in called if each != "-l"]


@pytest.fixture
def crontab(tmp_path, monkeypatch):
    """A crontab of this test's own, and no other scheduler."""
    made = Crontab(tmp_path)
    for name in ("cat", "rm", "sh", "env"):
        (made.folder / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(made.folder))
    return made


@pytest.fixture
def install(own, magicloop):
    return lambda *words: magicloop("schedule", "install", "--cron", "--yes", *words)


FAKE_SYSTEMCTL = """\
#!{python}
import configparser, os, subprocess, sys
words = sys.argv[1:]
with open({calls!r}, "a") as log:
    log.write(" ".join(words) + "\\n")
units = os.path.join(os.environ["HOME"], ".config/systemd/user")
if words[1] == "start":
    call = open(os.path.join(units, words[2])).read()
    exec_line = next(line for line in call.splitlines() if line.startswith("ExecStart="))
    env = dict(line.split("=", 1)[1].strip('"').split("=", 1) for line in call.splitlines() if line.startswith("Environment="))
    import shlex
    code = subprocess.run(shlex.split(exec_line.removeprefix("ExecStart=")), env=env | {{"HOME": os.environ["HOME"]}}).returncode
    open({code!r}, "w").write(str(code))
if words[1] == "show":
    print(open({code!r}).read())
"""


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """A stand-in for a person's systemd: it writes down its calls and starts what the unit says."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    calls, code = tmp_path / "systemctl-calls", tmp_path / "code"
    program = folder / "systemctl"
    program.write_text(FAKE_SYSTEMCTL.format(python=sys.executable, calls=str(calls), code=str(code)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return calls


FAKE_LAUNCHCTL = """\
#!{python}
import os, plistlib, subprocess, sys
words = sys.argv[1:]
with open({calls!r}, "a") as log:
    log.write(" ".join(words) + "\\n")
loaded = {calls!r} + "." + words[-1].split("/")[-1].removesuffix(".plist")
if words[0] == "bootstrap":
    os.symlink(words[2], loaded)
elif words[0] == "bootout":
    os.unlink(loaded)
elif not os.path.islink(loaded):
    sys.exit("Could not find service")
elif words[0] == "kickstart" and not {idle}:
    with open(loaded, "rb") as file:
        agent = plistlib.load(file)
    env = agent["EnvironmentVariables"] | {{"HOME": os.environ["HOME"]}}
    subprocess.Popen(agent["ProgramArguments"], env=env, stdin=subprocess.DEVNULL)
"""


@pytest.fixture
def launchctl(tmp_path, monkeypatch):
    """A stand-in for launchd: it loads an agent, and begins it without waiting; return what makes it, and its calls."""
    folder, calls = tmp_path / "bin", tmp_path / "launchctl-calls"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))

    def make(*, idle=False):
        program = folder / "launchctl"
        program.write_text(FAKE_LAUNCHCTL.format(python=sys.executable, calls=str(calls), idle=idle))
        program.chmod(0o755)
        return calls

    return make

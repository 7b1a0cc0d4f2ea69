"""The schedule files work as they stand, for any HOME."""

import configparser
import shutil
import subprocess

import pytest

CALL = ["--config", "{home}/.config/magicloop/config.toml", "run"]


@pytest.fixture
def recorder(tmp_path):
    """Return a HOME (with a space in it) whose magicloop writes down how it was called."""
    home = tmp_path / "a home"
    command = home / ".local/bin/magicloop"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$HOME/called"\n')
    command.chmod(0o755)
    return home


def test_the_crontab_is_one_line_every_quarter_of_an_hour(root, recorder):
    text = (root / "deploy/crontab").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 1
    assert text.endswith("\n")  # cron passes over a last line without one

    *fields, command = lines[0].split(maxsplit=5)
    assert fields == ["*/15", "*", "*", "*", "*"]
    assert "%" not in command  # cron reads it as a line end

    subprocess.run(
        ["/bin/sh", "-c", command],
        env={"HOME": str(recorder), "PATH": "/usr/bin:/bin"},
        check=True,
        timeout=30,
    )
    called = (recorder / "called").read_text().splitlines()
    assert called == [part.format(home=recorder) for part in CALL]


def unit(root, name):
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string((root / "deploy/systemd" / name).read_text())
    return parser


def test_the_systemd_units_say_when_and_what(root):
    timer = unit(root, "magicloop.timer")
    service = unit(root, "magicloop.service")

    assert timer["Timer"]["OnCalendar"] == "*:0/15"
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["ExecStart"].split() == [
        "%h/.local/bin/magicloop",
        *(part.format(home="%h") for part in CALL),
    ]
    assert service["Service"]["SuccessExitStatus"].split() == ["3", "8", "11"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_no_fault_in_the_units(root, tmp_path):
    home = tmp_path / "home"
    (home / ".local/bin").mkdir(parents=True)
    (home / ".local/bin/magicloop").symlink_to("/bin/true")
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    units = [root / f"deploy/systemd/magicloop.{kind}" for kind in ("service", "timer")]

    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *units],
        capture_output=True,
        text=True,
        timeout=60,
        env={"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "PATH": "/usr/bin:/bin"},
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")

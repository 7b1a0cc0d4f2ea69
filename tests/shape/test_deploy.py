"""The schedule files work as they stand, for any HOME."""

import configparser
import plistlib
import shutil
import subprocess

import pytest

from automations.compose.schedule import Call, agent_bytes, shipped_files

FOLDERS = {
    "MAGICLOOP_CONFIG": "{home}/.config/magicloop/config.toml",
    "MAGICLOOP_DATA": "{home}/.local/share/magicloop",
    "PATH": "{home}/.local/bin:/usr/local/bin:/usr/bin:/bin",
}


@pytest.fixture
def recorder(tmp_path):
    """Return a HOME (with a space in it) whose magicloop writes down how it was called."""
    home = tmp_path / "a home"
    command = home / ".local/bin/magicloop"
    command.parent.mkdir(parents=True)
    command.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" "$MAGICLOOP_CONFIG" "$MAGICLOOP_DATA" "$PATH" > "$HOME/called"\n'
    )
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
    assert called == ["run", *(each.format(home=recorder) for each in FOLDERS.values())]


@pytest.mark.parametrize("name", shipped_files())
def test_the_files_are_those_the_command_writes(root, name):
    """`make docs-write` writes them."""
    assert (root / "deploy" / name).read_bytes() == shipped_files()[name]


def test_the_launch_agent_calls_with_folders_of_any_home(root, recorder):
    agent = plistlib.loads((root / "deploy/launchd/org.magicloop.plist").read_bytes())
    assert [each["Minute"] for each in agent["StartCalendarInterval"]] == [0, 15, 30, 45]
    assert agent["Umask"] == 0o077

    environment = {"HOME": str(recorder), "PATH": "/usr/bin:/bin"}
    subprocess.run(agent["ProgramArguments"], env=environment, check=True, timeout=30)

    called = (recorder / "called").read_text().splitlines()
    support = f"{recorder}/Library/Application Support/magicloop"
    assert called[:3] == ["run", f"{support}/config.toml", support]


def test_the_agent_of_an_install_calls_the_program_itself(tmp_path):
    """No shell in between, whole paths, no way to run twice at once or to be kept alive; keys launchd knows."""
    call = Call((str(tmp_path / "a b/magicloop"),), "/c/config.toml", "/d")
    agent = plistlib.loads(agent_bytes(call))

    assert agent["Label"] == call.label
    assert agent["ProgramArguments"] == [*call.program, "run"]
    assert agent["ProgramArguments"][0].startswith("/")
    assert set(agent["EnvironmentVariables"]) == {"MAGICLOOP_CONFIG", "MAGICLOOP_DATA", "PATH"}
    assert all(type(value) is str for value in agent["EnvironmentVariables"].values())
    assert agent["StartCalendarInterval"] == [{"Minute": minute} for minute in (0, 15, 30, 45)]
    assert (agent["ProcessType"], agent["LowPriorityIO"], agent["Nice"]) == ("Background", True, 10)
    # RunAtLoad would make a run of its own at each login; launchd's own log files would never be cut.
    assert not {"KeepAlive", "RunAtLoad", "StartInterval", "WatchPaths", "Program"} & set(agent)
    assert {agent["StandardOutPath"], agent["StandardErrorPath"]} == {"/dev/null"}


def unit(root, name):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
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
        "run",
    ]
    text = (root / "deploy/systemd/magicloop.service").read_text()
    for key, value in FOLDERS.items():
        assert f"Environment={key}={value.format(home='%h')}\n" in text
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

"""A schedule that stands there and no longer fits: noticed by `status` and `doctor`, mended by installing again."""

import json
import sys
from pathlib import Path

import pytest

from automations.clock import SystemClock

HERE = str(Path(sys.executable).with_name("magicloop"))


@pytest.fixture(params=["cron", "systemd", "launchd"])
def standing(request, own, magicloop, home):
    """An installed schedule: its kind, and a function that swaps words in the file that holds it."""
    kind = request.param
    made = request.getfixturevalue({"cron": "crontab", "systemd": "systemctl", "launchd": "launchctl"}[kind])
    if kind == "launchd":
        made()
    assert magicloop("schedule", "install", f"--{kind}", "--yes").exit_code == 0
    if kind == "cron":
        path = made.table
    else:
        folder = {"systemd": ".config/systemd/user", "launchd": "Library/LaunchAgents"}[kind]
        (path,) = (each for each in (home / folder).iterdir() if each.suffix in {".service", ".plist"})

    def swap(old, new):
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new))

    return kind, path, swap


def problem_of(kind, magicloop):
    """Return the trouble that `status` tells; `doctor` has to tell the same, with the same cure."""
    done = magicloop("schedule", "status", "--json")
    (one,) = [each for each in json.loads(done.stdout)["schedulers"] if each["kind"] == kind]
    rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]
    told = [row for row in rows if row["name"] == "schedule" and row["state"] == "warning"]
    assert done.exit_code == (1 if one["trouble"] else 0)
    assert [(row["what"], row["fix"]) for row in told] == (
        [(f"{kind}: {one['trouble']}", one["fix"])] if one["trouble"] else []
    )
    assert one["installed"]
    return one["trouble"], one["fix"]


def test_a_schedule_that_fits_is_well(standing, magicloop):
    assert problem_of(standing[0], magicloop) == ("", "")


@pytest.mark.parametrize("case", ["gone", "moved", "config", "data", "unreadable"])
def test_what_no_longer_fits_is_noticed_and_installing_again_mends_it(standing, own, magicloop, case):
    kind, path, swap = standing
    whole = path.read_bytes()
    old, new, expected = {
        "gone": (HERE, "/gone/bin/magicloop", "it calls /gone/bin/magicloop, which is no longer there"),
        "moved": (HERE, "/bin/true", f"it calls /bin/true, and you {HERE}"),
        "config": (
            str(own.config),
            "/old/config.toml",
            f"it runs by the config /old/config.toml, and you by {own.config}",
        ),
        "data": (f"{own.data}", "/old/data", f"it keeps its data in /old/data, and you in {own.data}"),
        "unreadable": ("MAGICLOOP_DATA", "X", "what it calls cannot be read; was it changed by hand?"),
    }[case]
    swap(old, new)

    assert problem_of(kind, magicloop) == (expected, f"magicloop schedule install --{kind}")

    assert magicloop("schedule", "install", f"--{kind}", "--yes").exit_code == 0
    assert path.read_bytes() == whole
    assert problem_of(kind, magicloop) == ("", "")


def test_a_schedule_for_another_config_is_not_taken_for_none(standing, own, magicloop, monkeypatch, tmp_path):
    """As after MAGICLOOP_CONFIG was set in the shell's profile: the old schedule goes on, and nobody would know."""
    kind = standing[0]
    other = tmp_path / "other" / "config.toml"
    other.parent.mkdir()
    other.write_bytes(own.config.read_bytes())
    other.with_name("work.ics").write_bytes(own.calendar.read_bytes())
    monkeypatch.setenv("MAGICLOOP_CONFIG", str(other))

    told = magicloop("schedule", "status")
    rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]

    take_off = f"MAGICLOOP_CONFIG={own.config} MAGICLOOP_DATA={own.data} magicloop schedule uninstall"
    assert told.exit_code == 1
    said = " ".join(told.stdout.split())
    assert "There is no schedule. To make one: magicloop schedule install" in said
    assert f"{kind}: another schedule, by the config {own.config}, its data in {own.data}" in said
    assert take_off in said
    assert [row["fix"] for row in rows if row["name"] == "schedule" and row["state"] == "warning"] == [
        take_off
    ]

    assert magicloop("schedule", "install", f"--{kind}", "--yes").exit_code == 0
    both = json.loads(magicloop("schedule", "status", "--json").stdout)
    (one,) = [each for each in both["schedulers"] if each["kind"] == kind]
    assert (one["installed"], one["trouble"]) == (True, "")
    assert one["others"] == [{"config": str(own.config), "data": str(own.data)}]

    monkeypatch.delenv("MAGICLOOP_CONFIG")
    assert magicloop("schedule", "uninstall", "--yes").exit_code == 0
    monkeypatch.setenv("MAGICLOOP_CONFIG", str(other))
    assert magicloop("schedule", "status").exit_code == 0


@pytest.mark.parametrize("command", [["print"], ["install", "--yes"]])
def test_two_schedulers_at_once_are_refused(own, crontab, magicloop, command):
    done = magicloop("schedule", *command, "--systemd", "--cron")

    assert done.exit_code == 2
    assert "--systemd and --cron" in done.stderr
    assert f"fix:   magicloop schedule {command[0]} --systemd" in done.stderr
    assert crontab.content is None
    assert magicloop("schedule", "print", "--cron", "--cron").exit_code == 0


@pytest.mark.parametrize("content", [b"<plist", b"", "folder"])
def test_an_agent_that_cannot_be_read_breaks_nothing(own, launchctl, magicloop, home, content, monkeypatch):
    launchctl(idle=True)
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    magicloop("schedule", "install", "--launchd", "--yes")
    (path,) = (home / "Library/LaunchAgents").glob("*.plist")
    for each in (path, path.with_name("org.magicloop.abcdef.plist")):
        each.unlink(missing_ok=True)
        if content == "folder":
            each.mkdir()
        else:
            each.write_bytes(content)

    done = magicloop("schedule", "status", "--json")

    (one,) = json.loads(done.stdout)["schedulers"]
    assert (done.exit_code, one["installed"]) == (1, True)
    assert one["trouble"] == "what it calls cannot be read; was it changed by hand?"
    rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]
    assert [row["fix"] for row in rows if row["name"] == "schedule" and row["state"] == "warning"] == [
        one["fix"]
    ]


def test_half_a_block_of_another_config_does_not_hide_ones_own(own, crontab, install, magicloop):
    install()
    crontab.put(crontab.content + b"# BEGIN magicloop 0ther0\n")

    done = magicloop("schedule", "status", "--json")

    (cron,) = json.loads(done.stdout)["schedulers"]
    assert (cron["installed"], cron["others"]) == (True, [])


REFUSING = {
    "systemctl": '#!/bin/sh\n[ "$2" = {works} ] && exit 0\necho "no bus here" >&2\nexit 1\n',
    "launchctl": '#!/bin/sh\n[ "$1" = {works} ] && exit 0\necho "no bus here" >&2\nexit 5\n',
}


@pytest.mark.parametrize(
    ("kind", "program", "works"),
    [
        ("systemd", "systemctl", "nothing"),
        ("systemd", "systemctl", "show-environment"),
        ("launchd", "launchctl", "nothing"),
    ],
)
@pytest.mark.parametrize("before", [False, True], ids=["nothing before", "an older one before"])
def test_an_install_that_fails_leaves_what_was_there(
    request, own, magicloop, home, tmp_path, kind, program, works, before
):
    made = request.getfixturevalue(program)
    folder = home / {"systemd": ".config/systemd/user", "launchd": "Library/LaunchAgents"}[kind]
    if before:
        if kind == "launchd":
            made()
        assert magicloop("schedule", "install", f"--{kind}", "--yes").exit_code == 0
        for path in folder.iterdir():
            path.write_bytes(path.read_bytes() + b"\n")
    kept = {path.name: path.read_bytes() for path in folder.glob("*magicloop*")}
    assert bool(kept) is before
    fake = tmp_path / "bin" / program
    fake.unlink(missing_ok=True)
    fake.write_text(REFUSING[program].format(works=works))
    fake.chmod(0o755)

    done = magicloop("schedule", "install", f"--{kind}", "--yes")

    assert done.exit_code == 1
    assert "magicloop schedule print" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.glob("*magicloop*")} == kept
    listed = json.loads(magicloop("schedule", "status", "--json").stdout)["schedulers"]
    assert [one["installed"] for one in listed if one["kind"] == kind] == [before]


def test_a_scheduler_that_cannot_be_asked_is_told_of_and_not_taken_for_no_schedule(own, crontab, magicloop):
    crontab.works(broken="cannot open the spool")

    rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]
    told = magicloop("schedule", "status")

    (row,) = [row for row in rows if row["name"] == "schedule" and row["state"] == "warning"]
    assert "cannot open the spool" in row["what"]
    assert row["fix"] == "crontab -l"
    assert told.exit_code == 1
    assert "cannot open the spool" in told.stdout.replace("\n", " ")
    assert "There is no schedule" not in told.stdout

"""When nobody came: told once where the machine was awake and a schedule should have called, else only noted."""

import json
import os
import shutil
import sys

import pytest

from automations.clock import SystemClock
from automations.desk.schedule.cron import daemon_words
from automations.model.uptime import Uptime

HOUR = 3600.0
LOOK = "pgrep -l cron    (if it prints nothing, no cron daemon is at work)"


class Machine:
    """How long this machine has been awake since its start; `goes` lets time pass, some of it awake."""

    def __init__(self, frozen):
        self.frozen = frozen
        self.awake, self.boot = 5000.0, "first"

    def goes(self, seconds, *, awake=None):
        self.frozen.tick(seconds)
        self.awake += seconds if awake is None else awake

    def starts(self, *, awake, boot="second"):
        """It was started anew, and has been awake for so many seconds since."""
        self.awake, self.boot = awake, boot


@pytest.fixture
def machine(frozen, monkeypatch):
    made = Machine(frozen)
    monkeypatch.setattr(SystemClock, "uptime", lambda self: Uptime(made.awake, made.boot))
    return made


@pytest.fixture
def scheduled(machine, crontab, install, own, magicloop):
    """A schedule that calls, up to now."""
    assert install().exit_code == 0
    shutil.rmtree(own.data)  # of the trial, a process of its own in the time of this machine
    for _ in range(3):
        assert magicloop("run").output == ""
        machine.goes(15 * 60)
    return machine


def silences(magicloop):
    entries = json.loads(magicloop("log", "--json").stdout)["entries"]
    return [(one["outcome"], one["detail"]) for one in entries if one["kind"] == "silence"]


def problems(magicloop):
    return json.loads(magicloop("status", "--json").stdout)["problems"]


def schedule_row(magicloop):
    rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]
    return next(one for one in rows if one["name"] == "schedule")


def test_runs_that_come_leave_nothing_to_say(scheduled, magicloop):
    for seconds in (15 * 60, 16 * 60, 2 * 15 * 60):
        magicloop("run")
        scheduled.goes(seconds)
        assert problems(magicloop) == []
    assert magicloop("run").output == ""
    assert silences(magicloop) == []


def test_a_schedule_that_stopped_is_told_of_once_and_shown_for_a_day(scheduled, magicloop):
    scheduled.goes(5 * HOUR)
    (live,) = problems(magicloop)
    assert live["code"] == "runs-stopped"
    assert live["what"].startswith("no run since Tue 3 Nov")
    assert live["what"].endswith("though the machine was on for 5 h since then")
    assert live["fix"] == LOOK
    row = schedule_row(magicloop)
    assert (row["state"], row["fix"]) == ("warning", LOOK)

    told = magicloop("run")
    assert told.exit_code == 0
    assert told.stderr.startswith(
        "warning: no run between Tue 3 Nov 09:30 and Tue 3 Nov 14:45 CET, though the machine was on for"
    )
    assert "of that time" in " ".join(told.stderr.split())
    assert LOOK in told.stderr
    assert [outcome for outcome, _ in silences(magicloop)] == ["stopped"]
    for _ in range(2):
        scheduled.goes(15 * 60)
        assert magicloop("run").output == ""
        assert [one["code"] for one in problems(magicloop)] == ["runs-stopped"]
    for _ in range(48):
        scheduled.goes(30 * 60)
        assert magicloop("run").output == ""
    assert problems(magicloop) == []
    assert len(silences(magicloop)) == 1


@pytest.mark.parametrize("kind", ["systemd", "launchd"])
def test_the_cure_of_a_schedule_that_is_there_looks_at_the_scheduler(
    machine, own, magicloop, monkeypatch, request, kind
):
    if kind == "systemd":
        request.getfixturevalue("systemctl")
    else:
        request.getfixturevalue("launchctl")(idle=True)
        monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    magicloop("schedule", "install", f"--{kind}", "--yes")
    shutil.rmtree(own.data, ignore_errors=True)  # of the trial, as above
    magicloop("run")
    machine.goes(5 * HOUR)

    (live,) = problems(magicloop)

    name = json.loads(magicloop("schedule", "status", "--json").stdout)["id"]
    label = f"gui/{os.getuid()}/org.magicloop.{name}"
    shows = {
        "systemd": f"systemctl --user status magicloop-{name}.timer",
        "launchd": f"launchctl print {label}",
    }
    assert live["fix"] == shows[kind]
    assert schedule_row(magicloop)["fix"] == shows[kind]
    assert f"fix:   {shows[kind]}" in magicloop("run").stderr


def test_the_daemon_of_cron_is_looked_at_by_systemd_where_that_is(scheduled, request, magicloop):
    request.getfixturevalue("systemctl")
    scheduled.goes(5 * HOUR)

    (live,) = problems(magicloop)

    assert live["fix"] in {f"systemctl status {unit}" for unit in ("cron", "crond", "cronie", "dcron")}
    assert schedule_row(magicloop)["fix"] == live["fix"]


@pytest.mark.parametrize(
    ("files", "unit"),
    [(("cron",), "cron"), (("crond", "crond@"), "crond"), (("cronie",), "cronie"), (("sshd",), "cron")],
)
def test_the_daemon_of_cron_has_the_name_of_its_unit(request, monkeypatch, tmp_path, files, unit):
    request.getfixturevalue("systemctl")
    for name in files:
        (tmp_path / f"{name}.service").touch()
    monkeypatch.setattr("automations.desk.schedule.cron._UNITS", (tmp_path / "absent", tmp_path))

    assert daemon_words() == f"systemctl status {unit}"


def test_without_a_schedule_doctor_says_how_to_make_one(machine, crontab, own, magicloop):
    magicloop("run")
    machine.goes(5 * HOUR)
    assert schedule_row(magicloop)["fix"] == "magicloop schedule install"


def test_each_new_silence_is_told_of(scheduled, magicloop):
    for _ in range(2):
        scheduled.goes(2 * HOUR)
        assert "no run between" in magicloop("run").stderr
        scheduled.goes(15 * 60)
        assert magicloop("run").output == ""


@pytest.mark.parametrize("awake", [0.0, 10 * 60.0])
def test_a_night_asleep_is_one_line_in_the_log(scheduled, magicloop, awake):
    scheduled.goes(9 * HOUR, awake=awake)
    assert problems(magicloop) == []
    assert schedule_row(magicloop)["state"] == "info"
    assert magicloop("run").output == ""
    assert problems(magicloop) == []
    ((outcome, detail),) = silences(magicloop)
    assert outcome == "off"
    assert detail == "no run between Tue 3 Nov 09:30 and Tue 3 Nov 18:45 CET: the machine was off or asleep"


def test_a_machine_started_anew_counts_from_its_start(scheduled, magicloop):
    scheduled.frozen.tick(9 * HOUR)
    scheduled.starts(awake=5 * 60.0)
    assert magicloop("run").output == ""
    assert [outcome for outcome, _ in silences(magicloop)] == ["off"]

    scheduled.frozen.tick(9 * HOUR)
    scheduled.starts(awake=2 * 60.0, boot="third")
    scheduled.goes(2 * HOUR)  # on again, and nobody logs in to start the timer
    assert "though the machine was on for" in magicloop("run").stderr


def test_a_start_does_not_hide_the_time_that_the_machine_was_on_since(scheduled, magicloop):
    """Longer than it had been awake before: the two are counted from two starts, and their difference is nothing."""
    then = scheduled.awake
    assert magicloop("run").output == ""
    scheduled.frozen.tick(9 * HOUR)
    scheduled.starts(awake=then + 10.0)

    (live,) = problems(magicloop)

    assert "though the machine was on for 2 h since then" in live["what"]
    assert magicloop("status", "--alive").exit_code == 1
    assert "no run between" in magicloop("run").stderr


@pytest.mark.parametrize(
    ("minutes", "awake", "boot", "alive"),
    [
        (30, 30, "first", True),  # one call missed, or a container that is late
        (36, 36, "first", False),
        (9 * 60, 10, "first", True),  # a laptop that slept for a night
        (9 * 60, 60, "first", False),
        (9 * 60, 10, "second", True),  # off for a night
        (20, 30 * 24 * 60, "second", True),  # the next pod is on another node, which has been up for a month
        (60, 30 * 24 * 60, "second", False),
    ],
)
def test_a_monitor_is_told_by_the_time_awake(machine, own, magicloop, read, minutes, awake, boot, alive):
    magicloop("run")
    machine.frozen.tick(minutes * 60)
    machine.starts(awake=awake * 60.0 + (machine.awake if boot == machine.boot else 0), boot=boot)

    told = magicloop("status", "--alive")

    assert (told.exit_code, read("status", "--alive")["alive"]) == (0 if alive else 1, alive)
    assert told.stdout.startswith("a run last came by ")
    assert ("nothing calls it any more" in told.stdout) == (not alive)
    if not alive:
        assert schedule_row(magicloop)["state"] == "warning"


def test_a_monitor_of_a_system_that_does_not_tell_is_told_by_the_clock(frozen, own, magicloop, monkeypatch):
    monkeypatch.setattr(SystemClock, "uptime", lambda self: None)
    magicloop("run")
    frozen.tick(34 * 60)
    assert magicloop("status", "--alive").exit_code == 0
    frozen.tick(2 * 60)
    told = magicloop("status", "--alive")
    assert (told.exit_code, told.stdout) == (
        1,
        "a run last came by 36 min ago; was the machine off or asleep?\n",
    )


def test_without_a_schedule_nobody_was_to_come(machine, crontab, own, magicloop):
    magicloop("run")
    machine.goes(50 * HOUR)
    assert problems(magicloop) == []
    assert magicloop("run").output == ""
    assert silences(magicloop) == []


def test_a_system_that_does_not_tell_is_not_suspected(scheduled, magicloop, monkeypatch):
    monkeypatch.setattr(SystemClock, "uptime", lambda self: None)
    scheduled.goes(5 * HOUR)
    assert problems(magicloop) == []
    assert magicloop("run").output == ""
    assert [outcome for outcome, _ in silences(magicloop)] == ["off"]


def test_the_clock_of_this_machine_tells_how_long_it_was_awake():
    first, second = SystemClock().uptime(), SystemClock().uptime()
    assert first is not None
    assert second is not None
    assert 0 < first.awake <= second.awake <= SystemClock().boot_seconds()
    assert first.boot == second.boot
    if sys.platform == "linux":
        assert first.boot


def test_the_schedules_own_status_tells_of_a_silence_too(scheduled, magicloop):
    assert magicloop("schedule", "status").exit_code == 0
    scheduled.goes(90 * 60)

    told = magicloop("schedule", "status")

    assert told.exit_code == 1
    assert "But no run since" in told.stdout
    assert "next call" not in told.stdout
    seen = json.loads(magicloop("schedule", "status", "--json").stdout)
    assert (seen["silent"], seen["next_look"]) == (True, None)


def test_the_time_before_the_first_schedule_is_no_silence(machine, launchctl, own, magicloop, monkeypatch):
    launchctl(idle=True)  # the run that launchd begins is made below, in the time of this test
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    assert magicloop("run").exit_code == 0
    machine.goes(75 * 60)

    magicloop("schedule", "install", "--launchd", "--yes")

    assert problems(magicloop) == []
    assert magicloop("run").output == ""
    assert silences(magicloop) == []
    machine.goes(75 * 60)
    assert "no run between Tue 3 Nov 10:15 and Tue 3 Nov 11:30 CET" in magicloop("run").stderr


def test_installing_again_does_not_hide_a_silence(machine, launchctl, own, magicloop, monkeypatch):
    launchctl(idle=True)
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    magicloop("schedule", "install", "--launchd", "--yes")
    magicloop("run")
    machine.goes(75 * 60)

    magicloop("schedule", "install", "--launchd", "--yes")

    assert "no run between Tue 3 Nov 09:00 and Tue 3 Nov 10:15 CET" in magicloop("run").stderr


OWN_LINE = "*/15 * * * * /home/sam/.local/bin/magicloop run"


def test_a_line_of_ones_own_is_a_schedule(machine, crontab, own, magicloop):
    magicloop("run")
    crontab.put(f"MAILTO=sam\n# magicloop run\n{OWN_LINE}\n0 8 * * * magicloop status\n".encode())

    told = magicloop("schedule", "status")

    assert told.exit_code == 0
    assert "There is no schedule" not in told.stdout
    said = " ".join(told.stdout.split())
    assert f"cron: a schedule of your own, crontab: {OWN_LINE} to change it: crontab -e" in said
    assert said.count("a schedule of your own") == 1
    row = schedule_row(magicloop)
    assert (row["state"], row["fix"]) == ("info", "crontab -e")
    assert OWN_LINE in row["what"]
    (seen,) = json.loads(magicloop("schedule", "status", "--json").stdout)["schedulers"]
    assert (seen["installed"], seen["strays"]) == (False, [f"crontab: {OWN_LINE}"])


def test_installing_beside_a_line_of_ones_own_says_that_two_call_now(crontab, install):
    crontab.put(f"{OWN_LINE}\n".encode())

    done = install()

    assert done.exit_code == 0
    said = " ".join(done.stdout.split())
    assert f"It is also called by crontab: {OWN_LINE} to end that: crontab -e" in said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (OWN_LINE, True),
        ("* * * * * magicloop run", True),
        ("0,15,30,45 * * * * cd /srv && 'magicloop' run", True),
        ("@hourly magicloop run", False),  # how long a silence is for it, only the person knows
        ("0 * * * * magicloop run", False),
        ("*/15 8-18 * * * magicloop run", False),
        ("*/15 * * * * MAGICLOOP_CONFIG=/c MAGICLOOP_DATA=/d magicloop run", False),  # another's
        ("*/15 * * * * magicloop status", False),
        ("MAGICLOOP_DATA=/srv/magicloop run", False),
    ],
)
def test_a_line_of_ones_own_that_stopped_is_told_of_where_it_calls_as_often(
    machine, crontab, own, magicloop, line, told
):
    crontab.put(f"{line}\n".encode())
    magicloop("run")
    machine.goes(5 * HOUR)

    assert [one["fix"] for one in problems(magicloop)] == [LOOK] * told
    assert ("But no run since" in magicloop("schedule", "status").stdout) == told
    if told:
        assert magicloop("schedule", "status").exit_code == 1

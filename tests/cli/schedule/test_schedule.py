"""`schedule`: other people's crontab lines stay byte for byte, and what is installed runs."""

import json
import os
import plistlib
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from automations.compose.schedule import Call, agent_bytes, service_text, timer_text

OTHER = "# BEGIN magicloop 0ther0\n*/15 * * * * /srv/other/magicloop run\n# END magicloop 0ther0\n"
CRONTABS = {
    "none": None,
    "empty": b"",
    "one line": b"0 5 * * 1 tar -zcf /var/backups/home.tgz /srv/\n",
    "CRLF": b"0 5 * * 1 backup\r\n15 6 * * * other\r\n",
    "no final newline": b"0 5 * * 1 backup",
    "foreign markers": b"# BEGIN Ansible\n@daily x\n# END Ansible\n#BEGIN magicloop\n",
    "percent": b'0 5 * * 1 date +\\%F > "$HOME/a%b"\n',
    "comments": b"# m h  dom mon dow   command\n\n   # indented\n\t\n@reboot x\n",
    "env lines": b'MAILTO=sam@example.com\nPATH=/srv/bin:/bin\nFOO="a # b"\n* * * * * x\n',
    "two other blocks": (OTHER + OTHER.replace("0ther0", "0ther1") + "@daily y\n").encode(),
    "not UTF-8": b"0 5 * * 1 echo caf\xe9 \xff\x0b\x0c\x1c\n",
    "unlike lines": b"\n\n\n* * * * * a\n\n\n\n",
    "only a carriage return": b"# old\rMac\r\n\x85\n",
}


def without_ours(content):
    lines, kept, inside = content.split(b"\n"), [], False
    for line in lines:
        ours = b" magicloop " in line and b"0ther" not in line and line.startswith((b"# BEGIN", b"# END"))
        if not ours and not inside:
            kept.append(line)
        inside = line.startswith(b"# BEGIN") if ours else inside
    return b"\n".join(kept)


@pytest.mark.parametrize("name", CRONTABS)
def test_other_lines_stay_installing_thrice_is_installing_once_and_uninstalling_restores(
    own, crontab, install, magicloop, name
):
    before = CRONTABS[name]
    crontab.put(before)

    first = install()
    assert first.exit_code == 0, first.output
    once = crontab.content
    assert install().exit_code == 0
    assert install().exit_code == 0

    assert crontab.content == once
    assert crontab.writes() == ["-"]  # the second and third found nothing to change
    assert without_ours(once).rstrip(b"\n") == (before or b"").rstrip(b"\n")
    assert once.startswith(before or b"")
    copies = list(own.data.glob("crontab.before-*"))
    assert [each.read_bytes() for each in copies] == ([before] if before else [])
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in copies)

    gone = magicloop("schedule", "uninstall", "--yes")

    assert gone.exit_code == 0, gone.output
    assert (crontab.content or b"") == (before or b"")


def test_a_block_among_other_lines_is_brought_up_to_date_in_its_place(own, crontab, install):
    crontab.put(b"@daily before\n")
    install()
    whole = crontab.content
    crontab.put(whole.replace(b"*/15 * * * * ", b"*/15 * * * * OLD=1 ") + b"@daily after\n")

    install()

    assert crontab.content == whole + b"@daily after\n"


@pytest.mark.parametrize("kept", ["BEGIN", "END"])
def test_a_mark_without_its_other_half_stops_it(crontab, install, kept):
    install()
    lines = crontab.content.splitlines(keepends=True)
    crontab.put(b"".join(line for line in lines if kept.encode() in line) + b"@daily mine\n")
    before, writes = crontab.content, crontab.writes()

    done = install()

    assert done.exit_code == 1
    assert "without its other half" in done.stderr
    assert crontab.content == before
    assert crontab.writes() == writes


def test_a_crontab_that_cannot_be_read_is_not_taken_for_an_empty_one(crontab, install):
    crontab.put(b"@daily precious\n")
    crontab.works(broken="cannot open the spool")

    done = install()

    assert done.exit_code == 1
    assert "cannot open the spool" in done.stderr
    assert crontab.content == b"@daily precious\n"
    assert crontab.writes() == []


@pytest.mark.parametrize(
    "write",
    [
        'if [ -e "$table.once" ]; then cat > "$table"; else : > "$table.once"; cat > /dev/null; : > "$table"; fi',
        'if [ -e "$table.once" ]; then cat > "$table"; else : > "$table.once"; echo half > "$table"; exit 1; fi',
    ],
    ids=["it loses all", "it fails half way"],
)
def test_a_crontab_that_is_not_what_was_written_is_put_back(crontab, install, write):
    crontab.put(b"@daily precious\n")
    crontab.works(write=write)

    done = install()

    assert done.exit_code == 1
    assert crontab.content == b"@daily precious\n"


def test_it_asks_first_and_shows_what_it_will_write(own, crontab, magicloop, answer):
    refused = magicloop("schedule", "install", "--cron")

    assert refused.exit_code == 1
    assert "--yes" in refused.stderr
    assert crontab.content is None

    code, shown = answer(
        "schedule", "install", "--cron", answers=[("Install this?", "n\n")], PATH=os.environ["PATH"]
    )
    assert code == 0
    assert "# BEGIN magicloop" in shown
    assert crontab.content is None


def test_without_a_config_there_is_nothing_to_schedule(crontab, magicloop):
    done = magicloop("schedule", "install", "--cron", "--yes")

    assert done.exit_code == 1
    assert "magicloop init" in done.stderr
    assert crontab.content is None


def cron_line(content):
    (line,) = [line for line in content.decode().splitlines() if line.startswith("*/15")]
    return line.split(maxsplit=5)[5].replace("\\%", "%")


def test_the_line_runs_silently_in_crons_world(own, crontab, install, home):
    install()

    done = subprocess.run(
        ["/bin/sh", "-c", cron_line(crontab.content)],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "", "HOME": str(home)},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert own.journal.exists()


def test_strange_folders_reach_the_program_whole(tmp_path, crontab, magicloop, home, monkeypatch):
    """A config in XDG folders only the terminal knows, with a per cent sign, a quote and a space."""
    folder = tmp_path / "100% o'clock $HOME"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "d"))
    magicloop("init", "--name", "Sam", "--email", "sam@example.com", "--timezone", "Europe/Berlin")

    done = magicloop("schedule", "install", "--cron", "--yes")

    assert done.exit_code == 0, done.output
    assert "exit code 0" in done.stdout
    assert (folder / "d/magicloop/journal.db").exists()
    line = next(each for each in crontab.content.decode().splitlines() if each.startswith("*/15"))
    assert "%" not in line.replace("\\%", "")


def test_status_says_whether_it_is_there_and_what_it_calls(own, crontab, install, magicloop, read, frozen):
    assert magicloop("schedule", "status").exit_code == 1
    install()

    done = magicloop("schedule", "status", "--json")

    told = json.loads(done.stdout)
    (cron,) = told["schedulers"]
    assert done.exit_code == 0
    assert (cron["kind"], cron["installed"], cron["trouble"]) == ("cron", True, "")
    assert cron["calls"] == [str(Path(sys.executable).with_name("magicloop"))]
    assert told["next_look"] == "2026-11-03T09:15:00+01:00"


def test_a_program_that_moved_is_noticed_and_mended(own, crontab, install, magicloop):
    install()
    here = str(Path(sys.executable).with_name("magicloop"))
    whole = crontab.content
    crontab.put(whole.replace(here.encode(), b"/gone/bin/magicloop"))

    status = magicloop("schedule", "status")
    rows = json.loads(magicloop("doctor", "--json").stdout)["rows"]

    assert status.exit_code == 1
    assert "/gone/bin/magicloop, which is no longer there" in status.stdout.replace("\n", " ")
    (row,) = [row for row in rows if row["name"] == "schedule" and row["state"] == "warning"]
    assert row["fix"] == "magicloop schedule install --cron"

    install()
    assert crontab.content == whole


def test_print_gives_the_text_alone(own, crontab, magicloop, read):
    text = magicloop("schedule", "print", "--cron").stdout
    told = read("schedule", "print", "--cron")

    assert told["files"] == [{"path": "crontab", "text": text}]
    assert text.startswith(f"# BEGIN magicloop {told['id']}\n")
    assert crontab.content is None


def test_systemd_is_taken_where_it_answers_and_given_back(own, systemctl, magicloop, home):
    done = magicloop("schedule", "install", "--yes")

    assert done.exit_code == 0, done.output
    assert "Installed with systemd" in done.stdout
    assert "exit code 0, fine" in done.stdout
    assert "loginctl enable-linger" in done.stdout
    units = sorted((home / ".config/systemd/user").iterdir())
    assert [unit.suffix for unit in units] == [".service", ".timer"]
    assert f"--user enable --now {units[1].name}" in systemctl.read_text()
    assert own.journal.exists()
    before = [unit.read_bytes() for unit in units]

    assert magicloop("schedule", "install", "--yes").exit_code == 0
    assert [unit.read_bytes() for unit in units] == before
    assert magicloop("schedule", "status").exit_code == 0

    assert magicloop("schedule", "uninstall", "--yes").exit_code == 0
    assert list((home / ".config/systemd/user").glob("*magicloop*")) == []
    assert f"--user disable --now {units[1].name}" in systemctl.read_text()


def test_changing_the_scheduler_leaves_one(own, crontab, systemctl, magicloop):
    magicloop("schedule", "install", "--cron", "--yes")

    done = magicloop("schedule", "install", "--systemd", "--yes")

    assert "Taken off cron" in done.stdout
    assert not crontab.content


def test_launchd_is_asked_for_the_agent_and_what_it_began_is_waited_for(own, launchctl, magicloop, home):
    calls = launchctl()

    done = magicloop("schedule", "install", "--launchd", "--yes")

    assert done.exit_code == 0, done.output
    assert "A run was begun (launchctl kickstart" in done.stdout
    assert "1 draft to read" in done.stdout  # what the run did, though launchd says nothing of it
    assert own.journal.exists()
    (agent,) = (home / "Library/LaunchAgents").iterdir()
    value = plistlib.loads(agent.read_bytes())
    assert value["EnvironmentVariables"]["MAGICLOOP_CONFIG"] == str(own.config)
    assert value["Label"] == agent.stem
    asked = [line.split()[0] for line in calls.read_text().splitlines()]
    assert asked == ["print", "bootstrap", "kickstart"]

    assert magicloop("schedule", "status").exit_code == 0
    assert magicloop("schedule", "uninstall", "--yes").exit_code == 0
    assert list((home / "Library/LaunchAgents").iterdir()) == []


def test_an_agent_that_never_runs_is_no_success(own, launchctl, magicloop, monkeypatch):
    launchctl(idle=True)
    slept = []
    monkeypatch.setattr("automations.clock.SystemClock.sleep", lambda clock, seconds: slept.append(seconds))

    done = magicloop("schedule", "install", "--launchd", "--yes")

    assert done.exit_code == 1
    assert sum(slept) == 60
    assert f"it left no mark in {own.data}" in done.stdout
    assert "fix: magicloop doctor" in done.stdout


STRANGE = Call(
    ('/srv/o\'brien "x"/100%h/$USER\\bin/magicloop',),
    "/c %h/$X \\n/config.toml",
    '/d "q"/é',
    "/a b:/usr/bin",
)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_reads_strange_paths_as_they_are(tmp_path):
    program = tmp_path / 'o\'brien "x" 100%h $USER'
    program.mkdir()
    (program / "magicloop").symlink_to("/bin/true")
    call = Call((str(program / "magicloop"),), STRANGE.config, STRANGE.data, STRANGE.path)
    service, timer = tmp_path / f"{call.name}.service", tmp_path / f"{call.name}.timer"
    service.write_text(service_text(call), encoding="utf-8")
    timer.write_text(timer_text(call))
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", service, timer],
        capture_output=True,
        text=True,
        timeout=60,
        env={"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime), "PATH": "/usr/bin:/bin"},
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_agent_holds_strange_paths_as_they_are():
    value = plistlib.loads(agent_bytes(STRANGE))

    assert value["ProgramArguments"] == [*STRANGE.program, "run"]
    assert value["EnvironmentVariables"] == STRANGE.environment
    assert shlex.split(shlex.join(STRANGE.program)) == list(STRANGE.program)

"""A real cron daemon calls what `schedule` wrote, in its own world: its shell, its few variables, its mail.

It runs in namespaces of its own, with a spool, accounts and a mail program of this test, and nothing of the machine is
changed. Its clock is started two seconds before the minute that matters (libfaketime), so that the very line that
people get is tried, its `*/15` included; the runs it starts have the true time.
"""

import grp
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from namespaces import why_not

HERE = str(Path(sys.executable).with_name("magicloop"))
PRELOAD = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
REFUSED = why_not(
    *("--mount", "--pid", "--fork", "--mount-proc"),
    script="""
    mkdir sbin work
    mount -t overlay -o lowerdir=/usr/sbin,upperdir=sbin,workdir=work none /usr/sbin
    mount -t tmpfs none /run
    """,
)
MISSING = [
    name
    for name, there in (
        (f"leave to mount in namespaces of its own ({REFUSED})", not REFUSED),
        ("cron", shutil.which("cron", path="/usr/sbin:/usr/bin")),
        ("faketime", PRELOAD),
    )
    if not there
]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
    pytest.mark.xdist_group("cron"),
]
ENTER = """\
set -e
cd "$1"; shift
mount --bind passwd /etc/passwd
mount --bind spool /var/spool/cron/crontabs
mount --bind crontab /etc/crontab
mount -t tmpfs none /etc/cron.d
mount -t tmpfs none /run
mount -t overlay -o lowerdir=/usr/sbin,upperdir=sbin,workdir=work none /usr/sbin
mount --bind srv /srv
cd /
exec "$@"
"""
MAILER = '#!/bin/sh\ncat >> "$HOME/mails"; echo "--end--" >> "$HOME/mails"\n'
BY_OTHERS = b'# mine\nFOO="a # b"\n* * * * * touch "$HOME/minute"\n'


class World:
    """A machine with a cron daemon, as far as cron can see: `home` is /srv/sam in it."""

    def __init__(self, folder, config):
        self.folder, self.home = folder, folder / "srv/sam"
        for name in ("spool", "sbin", "work", "srv/sam/.config/magicloop"):
            (folder / name).mkdir(parents=True)
        shutil.copy(config, self.home / ".config/magicloop/config.toml")
        shutil.copy(config.with_name("work.ics"), self.home / ".config/magicloop/work.ics")
        os.chown(folder / "spool", 0, grp.getgrnam("crontab").gr_gid)
        (folder / "spool").chmod(0o1730)
        accounts = Path("/etc/passwd").read_text(encoding="utf-8")
        (folder / "passwd").write_text(f"sam:*:0:0:Sam:/srv/sam:/bin/sh\n{accounts}", encoding="utf-8")
        (folder / "passwd").chmod(0o644)
        (folder / "crontab").touch(mode=0o644)
        (folder / "sbin/sendmail").write_text(MAILER, encoding="utf-8")
        (folder / "sbin/sendmail").chmod(0o755)
        self.journal = self.home / ".local/share/magicloop/journal.db"

    def words(self, *command, **env):
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/srv/sam", "TZ": "UTC", **env}
        namespaces = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
        settings = [f"{key}={value}" for key, value in variables.items()]
        return [
            "unshare",
            *namespaces,
            "sh",
            "-c",
            ENTER,
            "enter",
            self.folder,
            "env",
            "-i",
            *settings,
            *command,
        ]

    def ask(self, *command, stdin=b""):
        done = subprocess.run(
            self.words(*command), input=stdin, capture_output=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tick(self, minute):
        """Have cron live through the start of one minute of an hour, and all that it starts then end."""
        marker = self.home / "minute"
        marker.unlink(missing_ok=True)
        hour, last = divmod(9 * 60 + minute - 1, 60)
        before = f"@2026-11-03 {hour:02d}:{last:02d}:58"
        command = self.words("cron", "-f", LD_PRELOAD=str(PRELOAD), FAKETIME=before)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as outer:
            quiet = 0
            for _ in range(600):
                with suppress(subprocess.TimeoutExpired):
                    outer.wait(0.1)
                    pytest.fail("cron ended by itself")
                quiet = quiet + 1 if marker.exists() and not self._jobs(outer.pid) else 0
                if quiet == 3:
                    break
            os.kill(self._cron(outer.pid), signal.SIGKILL)
        assert quiet == 3, "what cron started did not end within a minute"

    @staticmethod
    def _cron(outer):
        """Return the process of cron, which is number 1 in there; whoever is left goes with it."""
        (cron,) = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
        return int(cron)

    def _jobs(self, outer):
        """Return the processes that cron has started."""
        cron = self._cron(outer)
        return Path(f"/proc/{cron}/task/{cron}/children").read_text().split()

    def told(self, *words):
        return json.loads(self.ask(HERE, *words, "--json"))

    @property
    def runs(self):
        """Return the outcomes of the runs so far, in their order."""
        entries = sorted(self.told("log")["entries"], key=lambda entry: entry["run"])
        return [entry["outcome"] for entry in entries if entry["kind"] == "run"]

    @property
    def mails(self):
        path = self.home / "mails"
        return path.read_text().split("--end--\n")[:-1] if path.exists() else []


@pytest.fixture
def world(own, tmp_path):
    return World(tmp_path / "world", own.config)


def test_crons_own_run_does_the_job_in_silence_and_the_next_finds_it_done(world):
    printed = world.ask(HERE, "schedule", "print", "--cron")
    world.ask("crontab", "-", stdin=BY_OTHERS + printed)

    world.tick(8)
    assert not world.journal.exists()  # 09:08 is no quarter of an hour

    world.tick(15)
    blocks, drafts = world.told("invention", "list")["blocks"], world.told("draft", "list")["drafts"]
    assert [block["state"] for block in blocks].count("booked") >= 1
    assert [draft["state"] for draft in drafts] == ["waiting"]
    assert world.mails == []

    world.tick(30)
    assert world.told("invention", "list")["blocks"] == blocks
    assert world.told("draft", "list")["drafts"] == drafts
    assert world.runs == ["ok", "nothing"]
    assert world.mails == []


def test_what_needs_a_person_comes_by_crons_mail_once(world):
    (world.home / ".config/magicloop/work.ics").unlink()
    world.ask("crontab", "-", stdin=BY_OTHERS + world.ask(HERE, "schedule", "print", "--cron"))

    world.tick(15)
    world.tick(30)

    (mail,) = world.mails
    headers, _, body = mail.partition("\n\n")
    assert "To: sam\n" in headers
    assert "X-Cron-Env: <PATH=/usr/bin:/bin>" in headers  # cron's own world, none of this terminal's
    assert "work.ics" in body
    assert "fix:" in body
    assert len(body.splitlines()) <= 6


def test_installing_makes_one_run_and_cron_goes_on_from_there(world):
    world.ask("crontab", "-", stdin=BY_OTHERS)
    said = world.ask(HERE, "schedule", "install", "--cron", "--yes").decode()
    assert world.runs == ["ok"]

    world.tick(15)

    status = world.told("schedule", "status")
    assert "exit code 0, fine" in said
    assert world.runs == ["ok", "nothing"]
    assert [one["trouble"] for one in status["schedulers"] if one["kind"] == "cron"] == [""]
    assert world.mails == []

    world.ask(HERE, "schedule", "uninstall", "--yes")
    assert world.ask("crontab", "-l") == BY_OTHERS

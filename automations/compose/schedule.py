"""The texts by which a scheduler calls the program: systemd units, a launch agent, a crontab's block.

Pure: the call goes in, the text comes out. `deploy/` holds the same texts for any home folder.
"""

from __future__ import annotations

import plistlib
import shlex
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from automations.errors import ENDS_WELL, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTES = 15
"""How often a scheduler calls. What is due, and when, the program decides itself."""

STANDARD_PATH = "/usr/local/bin:/usr/bin:/bin"
_LONGEST_CRON_LINE = 900
"""Debian's cron takes commands of up to 998 characters."""

ENV_PROGRAM = "/usr/bin/env"
"""What calls the program where systemd would not take its path."""

_UNIT_PATH = "/._-+@% "
"""What systemd takes in the path of a program, beside letters and digits; in the words after it, anything."""


@dataclass(frozen=True, slots=True)
class Call:
    """How a scheduler calls: `program` is an absolute path with its first arguments, the others are absolute paths.

    :raises RefusedError: a path has a line break, which no schedule file can hold.
    """

    program: tuple[str, ...]
    config: str
    data: str
    path: str = STANDARD_PATH

    def __post_init__(self) -> None:
        for each in (*self.program, self.config, self.data, self.path):
            if not each.isprintable():
                raise RefusedError(f"a schedule cannot hold the path {each!r}", fix="choose a plain path")

    @property
    def id(self) -> str:
        """Six hex digits that stand for the config and the data folder: one schedule for each pair."""
        return sha256(f"{self.config}\0{self.data}".encode("utf-8", "surrogatepass")).hexdigest()[:6]

    @property
    def name(self) -> str:
        """What its units are called."""
        return f"magicloop-{self.id}"

    @property
    def label(self) -> str:
        """What launchd calls it."""
        return f"org.magicloop.{self.id}"

    @property
    def environment(self) -> dict[str, str]:
        """What the job is told: schedulers know neither XDG folders nor the PATH of a terminal."""
        return {"MAGICLOOP_CONFIG": self.config, "MAGICLOOP_DATA": self.data, "PATH": self.path}


# --- systemd -----------------------------------------------------------------------------------


def quote_unit(word: str) -> str:
    """Return a word as a unit file's quoted string: no specifier, no escape, no end of the string in it."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _quote_exec(word: str) -> str:
    return quote_unit(word).replace("$", "$$")


def _as_is(word: str) -> str:
    return word


def service_text(
    call: Call,
    name: str = "",
    *,
    quote: Callable[[str], str] = quote_unit,
    quote_exec: Callable[[str], str] = _quote_exec,
) -> str:
    """Return the systemd service that makes one run; `quote` as it is for paths with `%h` in them."""
    name = name or call.name
    variables = "\n".join(f"Environment={quote(f'{key}={value}')}" for key, value in call.environment.items())
    program, *words = call.program
    if not all(each.isalnum() or each in _UNIT_PATH for each in program):
        program, words = ENV_PROGRAM, [program, *words]
    command = " ".join([quote(program), *map(quote_exec, words), "run"])
    well = " ".join(str(int(code)) for code in ENDS_WELL if code)
    return _SERVICE.format(name=name, variables=variables, command=command, well=well)


def timer_text(call: Call, name: str = "") -> str:
    """Return the systemd timer that starts the service."""
    return _TIMER.format(name=name or call.name)


_SERVICE = """\
# One run of magicloop, for the systemd of a user (no root). Started by {name}.timer.
# On a server, so that it runs while you are logged out: loginctl enable-linger
# What happened: journalctl --user -u {name}, or magicloop log

[Unit]
Description=magicloop: one run (invention time, offers of help, incident updates)
Documentation=man:systemd.timer(5)

[Service]
Type=oneshot
{variables}
ExecStart={command}
# 3 partly done, 8 no network for now, 11 another run is at work: told by the program itself where it matters.
SuccessExitStatus={well}
TimeoutStartSec=10min
UMask=0077
Nice=10
# Only what a user's own systemd can enforce everywhere, also where user namespaces are switched off.
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
MemoryMax=1G
TasksMax=64
"""

_TIMER = """\
# Every 15 minutes, and once after the machine was off or asleep. See {name}.service.

[Unit]
Description=magicloop: look every 15 minutes what is due

[Timer]
OnCalendar=*:0/15
RandomizedDelaySec=60
Persistent=true

[Install]
WantedBy=timers.target
"""


# --- launchd -----------------------------------------------------------------------------------


def agent_bytes(call: Call, label: str = "") -> bytes:
    """Return the launch agent; runs missed in a sleep become one after it."""
    value = {
        "Label": label or call.label,
        "ProgramArguments": [*call.program, "run"],
        "EnvironmentVariables": call.environment,
        "StartCalendarInterval": [{"Minute": minute} for minute in range(0, 60, MINUTES)],
        "ProcessType": "Background",
        "LowPriorityIO": True,
        "Nice": 10,
        "Umask": 0o077,
        "StandardOutPath": "/dev/null",
        "StandardErrorPath": "/dev/null",
    }
    return plistlib.dumps(value, sort_keys=False)


# --- cron --------------------------------------------------------------------------------------


def cron_command(call: Call) -> str:
    """Return the line of shell that cron's `sh` runs; `%`, which cron would read as a line end, is not escaped yet."""
    line = _shell_line(call, call.path)
    if len(line) <= _LONGEST_CRON_LINE:
        return line
    return _shell_line(call, STANDARD_PATH)


def _shell_line(call: Call, path: str) -> str:
    variables = {**call.environment, "PATH": path}
    words = [f"{key}={shlex.quote(value)}" for key, value in variables.items()]
    return " ".join([*words, *map(shlex.quote, call.program), "run"])


def cron_block(call: Call) -> str:
    """Return the lines for a crontab between their marks."""
    command = cron_command(call).replace("%", "\\%")
    lines = (
        f"# BEGIN magicloop {call.id}",
        "# a healthy run prints nothing, so cron mails you only when something needs you",
        f"*/{MINUTES} * * * * {command}",
        f"# END magicloop {call.id}",
    )
    return "".join(f"{line}\n" for line in lines)


# --- for any home folder: what `deploy/` holds ---------------------------------------------------

_UNITS_HOW = """\
# Made by the same hand as `magicloop schedule install`, which is the shorter way. By hand:
#   cp magicloop.service magicloop.timer ~/.config/systemd/user/
#   systemctl --user daemon-reload && systemctl --user enable --now magicloop.timer
"""

_CRON_HOW = """\
# By cron, every 15 minutes; what is due, and when, the program decides itself.
# Runs missed while the machine sleeps are lost: on a laptop the systemd timer beside this file is better.
# `magicloop schedule install --cron` is the shorter way, and keeps a copy of what was there. By hand:
#   crontab -l > ~/crontab.before
#   cat ~/crontab.before crontab | crontab -
"""


def shipped_files() -> dict[str, bytes]:
    """Return the files of `deploy/` that are made from these texts: path below it -> content."""
    home = Call(
        ("%h/.local/bin/magicloop",),
        "%h/.config/magicloop/config.toml",
        "%h/.local/share/magicloop",
        f"%h/.local/bin:{STANDARD_PATH}",
    )
    service = service_text(home, "magicloop", quote=_as_is, quote_exec=_as_is)
    shell = (
        'MAGICLOOP_CONFIG="$HOME/.config/magicloop/config.toml" MAGICLOOP_DATA="$HOME/.local/share/magicloop" '
        f'PATH="$HOME/.local/bin:{STANDARD_PATH}" "$HOME/.local/bin/magicloop" run'
    )
    return {
        "systemd/magicloop.service": (_UNITS_HOW + service).encode(),
        "systemd/magicloop.timer": timer_text(home, "magicloop").encode(),
        "crontab": f"{_CRON_HOW}*/{MINUTES} * * * * {shell}\n".encode(),
        "launchd/org.magicloop.plist": _shipped_agent(),
    }


def _shipped_agent() -> bytes:
    """Return an agent for any home: launchd expands nothing, so a shell does."""
    folders = 'MAGICLOOP_CONFIG="$HOME/.config/magicloop/config.toml"'
    data = 'MAGICLOOP_DATA="$HOME/Library/Application Support/magicloop"'
    path = f'PATH="$HOME/.local/bin:{STANDARD_PATH}"'
    folders = folders.replace(".config/magicloop", "Library/Application Support/magicloop")
    value = plistlib.loads(agent_bytes(Call(("/bin/sh",), "/", "/"), "org.magicloop"))
    del value["EnvironmentVariables"]
    value["ProgramArguments"] = [
        "/bin/sh",
        "-c",
        f'{folders} {data} {path} exec "$HOME/.local/bin/magicloop" run',
    ]
    return plistlib.dumps(value, sort_keys=False)

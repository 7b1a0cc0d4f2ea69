"""Runs one command of the program in a child process and kills it at the k-th point, with SIGKILL.

Points are found by watching, not named: every system call that changes a file or folder (seen by
Python's audit hook before it happens, and by a wrapper after it), every statement that writes to
SQLite, before and after each commit, every connection, sending and answer on a network socket, and every
start and end of another program. The program knows nothing of it.
"""

import contextlib
import io
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import traceback

from automations.cli import main
from automations.clock import SystemClock

sys.dont_write_bytecode = True  # so that only the program's own files count

CHANGES = frozenset(
    [
        *(
            "os.rename",
            "os.link",
            "os.remove",
            "os.mkdir",
            "os.rmdir",
            "os.chmod",
            "os.truncate",
            "os.symlink",
        ),
        *("socket.connect", "subprocess.Popen"),
    ]
)
"""Audit events of calls that change the disk or reach out; `open` is one when it is for writing."""

AFTER = ("replace", "rename", "link", "unlink", "remove", "mkdir", "rmdir", "chmod", "symlink")
AROUND = ("fsync", "write", "truncate", "ftruncate")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_READING = ("SELECT", "PRAGMA")


class Points:
    """Counts the points passed and kills the process at number `kill_at` (0: never)."""

    def __init__(self, folder, kill_at):
        self.folder, self.kill_at = os.fspath(folder), kill_at
        self.passed = []

    def __call__(self, name):
        self.passed.append(name)
        if len(self.passed) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self):
        """Start watching; it lasts until the process ends."""
        sys.addaudithook(self._heard)
        for name in AFTER:
            setattr(os, name, self._told(getattr(os, name), name))
        for name in AROUND:
            setattr(os, name, self._told(getattr(os, name), name, before=True))
        for name in ("connect", "send", "sendall", "recv", "recv_into"):
            call = self._told(getattr(socket.socket, name), name, before=name.startswith("send"))
            setattr(socket.socket, name, call)
        for name in ("__init__", "communicate"):
            setattr(subprocess.Popen, name, self._told(getattr(subprocess.Popen, name), f"program {name}"))
        sqlite3.connect = self._connect

    def _heard(self, event, args):
        if event == "open":
            path, _, flags = args
            if flags & _WRITING and isinstance(path, str) and path.startswith(self.folder):
                self("before open")
        elif event in CHANGES:
            self(f"before {event}")

    def _told(self, call, name, *, before=False):
        def told(*args, **named):
            if before:
                self(f"before {name}")
            done = call(*args, **named)
            self(f"after {name}")
            return done

        return told

    def _connect(self, *args, **named):
        points = self

        class Watched(sqlite3.Connection):
            def execute(self, sql, *values):
                if sql.lstrip().upper().startswith(_READING):
                    return super().execute(sql, *values)
                points(f"before {sql.split()[0].upper()}")
                done = super().execute(sql, *values)
                points(f"after {sql.split()[0].upper()}")
                return done

            def executemany(self, sql, rows):
                points("before many")
                return super().executemany(sql, rows)

            def executescript(self, sql):
                points("before script")
                done = super().executescript(sql)
                points("after script")
                return done

        return sqlite3.dbapi2.connect(*args, factory=Watched, **named)


def in_child(work):
    """Do `work` in a forked process; return (what it returned as text, its wait status)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = work()
        except BaseException:  # noqa: BLE001 - whatever it is, the parent must read it
            answer = "TRACEBACK\n" + traceback.format_exc()
        with os.fdopen(writing, "w") as stream:
            stream.write(answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        answer = stream.read()
    return answer, os.waitpid(child, 0)[1]


def call(home, args, now):
    """Run one command in this process at the instant `now`; return (exit code, stdout, stderr)."""
    os.environ["MAGICLOOP_HOME"] = os.fspath(home)
    SystemClock.now = lambda self: now
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main.main(args=list(args), standalone_mode=False)
        except SystemExit as end:
            code = end.code
    return code or 0, out.getvalue(), err.getvalue()


def killed(home, args, now, kill_at):
    """Run a command that is killed at a point; return (whether it was, the points it passed if not)."""

    def work():
        points = Points(home, kill_at)
        points.watch()
        call(home, args, now)
        return "\n".join(points.passed)

    answer, status = in_child(work)
    if answer.startswith("TRACEBACK"):
        raise AssertionError(answer)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, answer.split("\n")

"""Lets many real processes of the program begin at one moment: over one data directory, with one clock for all.

    python tests/overlap/crowd.py FILE-OF-HOLDS [MUTANT]

It loads the program once and forks a process for each command, so that they meet instead of starting up one
after the other. It takes orders as lines of JSON on stdin and answers each by a line on stdout. In each child
the run lock is watched from outside: who asked for it, who had it, from when to when (lines of FILE-OF-HOLDS).
"""

import contextlib
import io
import json
import mmap
import os
import re
import selectors
import signal
import struct
import sys
import time
import traceback
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1] / "crash"))
sys.path.insert(0, str(Path(__file__).parent))

import overlap_mutants as mutants
from launcher import Points

import automations.apply
import automations.cli.draft_commands
import automations.cli.incident_commands
import automations.cli.keeping_commands
import automations.compose.lint
import automations.config.load
import automations.cycle
import automations.desk.review
import automations.providers.local.calendar
import automations.providers.smtp.dialogue
from automations import cli, wiring
from automations.clock import SystemClock
from automations.errors import LockHeldError
from automations.store.sqlite import SqliteJournal

WEB = {"Content-Type": "application/x-www-form-urlencoded"}


class SharedClock:
    """One clock for all processes: the real one, ahead by what is set. Boot time can be set ahead too."""

    def __init__(self):
        self._ahead = mmap.mmap(-1, 16)
        real_now, real_boot = SystemClock.now, SystemClock.boot_seconds
        SystemClock.now = lambda clock: real_now(clock) + timedelta(seconds=self._get(0))
        SystemClock.boot_seconds = lambda clock: real_boot(clock) + self._get(8)
        self._real_now = lambda: real_now(SystemClock())

    def _get(self, place):
        return struct.unpack_from("d", self._ahead, place)[0]

    def set(self, instant):
        struct.pack_into("d", self._ahead, 0, (instant - self._real_now()).total_seconds())

    def go(self, seconds, *, boot):
        struct.pack_into("d", self._ahead, 0, self._get(0) + seconds)
        if boot:
            struct.pack_into("d", self._ahead, 8, self._get(8) + seconds)


def watch_lock(place):
    """Write down each time the run lock is asked for: had or refused, when asked, from when to when, the wait allowed."""
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    real = wiring.Session.lock

    def note(*words):
        os.write(file, (json.dumps([os.getpid(), *words]) + "\n").encode())

    @contextlib.contextmanager
    def lock(session, *, wait=0.0):
        asked, began = time.monotonic(), None
        try:
            with real(session, wait=wait):
                began = time.monotonic()
                try:
                    yield
                finally:
                    note("held", wait, asked, began, time.monotonic())
        except LockHeldError:
            if began is None:
                note("refused", wait, asked, time.monotonic(), time.monotonic())
            raise

    wiring.Session.lock = lock


def call(actor):
    """Be one command of the program; return its exit code and what it said."""
    wait = actor.get("wait", 10.0)
    wiring.HAND_LOCK_SECONDS = wait
    for module in list(sys.modules.values()):
        if module.__name__.startswith("automations.cli") and hasattr(module, "LOCK_WAIT"):
            module.LOCK_WAIT = wait
    out, err = io.StringIO(), io.StringIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(actor.get("stdin", "").encode()))
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main.main(args=["--debug", *actor["args"]])
        except SystemExit as end:
            code = end.code or 0
        except automations.errors.MagicloopError as error:
            code = int(error.exit_code)
            err.write(f"error: {error}")
    return {"code": int(code), "out": out.getvalue(), "err": err.getvalue()}


def ask(page, verb, path, form=None):
    """Ask a page by its socket; return (status, headers, text)."""
    connection = HTTPConnection("127.0.0.1", page["port"], timeout=120)
    headers = {"Cookie": page["cookie"], "Origin": page["origin"], **(WEB if form else {})}
    connection.request(verb, path, body=urlencode(form) if form else None, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def post(actor):
    """Press a button of a page; return what it says then. Code 0: done, 11: somebody holds the lock, 1: refused."""
    page = actor["page"]
    status, headers, text = ask(page, "POST", actor["path"], {"csrf": page["csrf"], **actor["form"]})
    if status == 303:
        status, headers, text = ask(page, "GET", headers["Location"])
    said = re.search(r'<p class="said ([a-z]+)">(.*?)</p>', text, re.DOTALL)
    kind, words = said.groups() if said else ("none", text)
    code = 0 if kind == "done" else 11 if "another run is at work" in words else 1
    return {"code": code if status == 200 else 70, "out": f"{kind}: {words.strip()}", "err": ""}


class Child:
    """A forked process that does one thing and says by a pipe what came of it."""

    def __init__(self, work, *, gate=None):
        self.answer, said = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(said)
            return
        try:
            if gate is not None:
                gate()
            began = time.monotonic()
            result = work()
            result["seconds"] = time.monotonic() - began
        except BaseException:  # noqa: BLE001 - whatever it is, it is told
            result = {"code": 70, "out": "", "err": traceback.format_exc(), "seconds": 0.0}
        with os.fdopen(said, "w") as stream:
            json.dump(result, stream)
        os._exit(0)

    def ended(self, data):
        """Return what it said, or how it died."""
        os.close(self.answer)
        _, status = os.waitpid(self.pid, 0)
        if data:
            return json.loads(data)
        return {"code": -os.WTERMSIG(status), "out": "", "err": "", "seconds": 0.0}


def gather(children, limit):
    """Return what each child said, in order; one that is at work after `limit` seconds is killed: code -9."""
    watched, heard = selectors.DefaultSelector(), {child.pid: b"" for child in children}
    for child in children:
        watched.register(child.answer, selectors.EVENT_READ, child)
    until = time.monotonic() + limit
    while watched.get_map():
        ready = watched.select(max(0.0, until - time.monotonic()))
        if not ready:
            for key in list(watched.get_map().values()):
                os.kill(key.data.pid, signal.SIGKILL)
            until = time.monotonic() + limit
        for key, _ in ready:
            data = os.read(key.fd, 65536)
            heard[key.data.pid] += data
            if not data:
                watched.unregister(key.fd)
    return [child.ended(heard[child.pid]) for child in children]


class Stopper(Points):
    """Stops its own process with SIGSTOP at the k-th point."""

    def __call__(self, name):
        self.passed.append(name)
        if len(self.passed) == self.kill_at:
            os.kill(os.getpid(), signal.SIGSTOP)


class Orders:
    """What can be asked for; each method takes and returns what JSON carries."""

    def __init__(self, clock):
        self.clock = clock
        self.pages, self.stopped, self.waiting = [], {}, []

    def set(self, instant):
        self.clock.set(datetime.fromisoformat(instant))

    def go(self, seconds, boot):
        self.clock.go(seconds, boot=boot)

    def together(self, actors, limit):
        """Let all actors begin at one moment; return what came of each."""
        return gather(self._begun(actors), limit)

    def _begun(self, actors):
        ready_in, ready_out = os.pipe()
        gate_in, gate_out = os.pipe()

        def gate():
            os.close(gate_out)
            os.write(ready_out, b".")
            os.read(gate_in, 1)  # ends when the last writer closes it

        children = [Child(self._work(actor), gate=gate) for actor in actors]
        for _ in actors:
            os.read(ready_in, 1)
        for one in (gate_out, gate_in, ready_in, ready_out):
            os.close(one)
        return children

    def _work(self, actor):
        if "page" in actor:
            return lambda: post(actor)
        return lambda: call(actor)

    def wait_for_lock(self, actors):
        """Let actors begin and do not wait for them: see `waited`."""
        self.waiting = self._begun(actors)

    def waited(self, limit):
        """Return what came of those who were begun."""
        return gather(self.waiting, limit)

    def page(self):
        """Start `magicloop web`, come by its link, and return what its forms need."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.dup2(writing, 1)
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            sys.stdin, sys.stdout = open(0), open(1, "w", buffering=1)  # noqa: SIM115 - the process's own
            with contextlib.suppress(SystemExit):
                cli.main.main(args=["--debug", "web", "--no-open"])
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as said:
            link = said.readline().strip()
        self.pages.append(pid)
        origin, _, path = link.partition("/open")
        page = {"port": int(origin.rpartition(":")[2]), "origin": origin, "cookie": ""}
        _, headers, _ = ask(page, "GET", f"/open{path}")
        page["cookie"] = headers["Set-Cookie"].partition(";")[0]
        status, headers, text = ask(page, "GET", "/")
        if status == 303:
            _, _, text = ask(page, "GET", headers["Location"])
        return {**page, "csrf": re.search(r'name="csrf" value="([^"]+)"', text)[1]}

    def close_pages(self):
        for pid in self.pages:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self.pages = []

    def stop_at(self, actor, point, home):
        """Let one begin and stop it at its k-th point; return its pid, or what came of it when it has no such point."""

        def work():
            points = Stopper(home, point)
            points.watch()
            return call(actor) | {"points": points.passed}

        return self._stopped(Child(work))

    def stop_around(self, actor, method):
        """Let one begin and stop it right before or after its first claim; return its pid, or what came of it."""

        def work():
            real, stops = SqliteJournal.claim, [True]

            def claim(*args, **named):
                if method == "before" and stops:
                    stops.clear()
                    os.kill(os.getpid(), signal.SIGSTOP)
                made = real(*args, **named)
                if method == "after" and stops:
                    stops.clear()
                    os.kill(os.getpid(), signal.SIGSTOP)
                return made

            SqliteJournal.claim = claim
            return call(actor)

        return self._stopped(Child(work))

    def _stopped(self, child):
        """Wait until a child stands still or says something."""
        with selectors.DefaultSelector() as watched:
            watched.register(child.answer, selectors.EVENT_READ)
            while not watched.select(0.01):
                pid, status = os.waitpid(child.pid, os.WUNTRACED | os.WNOHANG)
                if pid and os.WIFSTOPPED(status):
                    self.stopped[child.pid] = child
                    return {"pid": child.pid}
        return gather([child], 60)[0]

    def go_on(self, pid, limit):
        """Let a stopped process go on; return what came of it."""
        os.kill(pid, signal.SIGCONT)
        return gather([self.stopped.pop(pid)], limit)[0]

    def kill(self, pid):
        """Kill a stopped process."""
        os.kill(pid, signal.SIGKILL)
        return gather([self.stopped.pop(pid)], 30)[0]


def main():
    place, mutant = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    orders = Orders(SharedClock())
    mutants.MUTANTS[mutant]() if mutant else None
    watch_lock(place)
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(orders, order.pop("do"))(**order)
        sys.__stdout__.write(json.dumps(answer) + "\n")
        sys.__stdout__.flush()
    orders.close_pages()


if __name__ == "__main__":
    main()

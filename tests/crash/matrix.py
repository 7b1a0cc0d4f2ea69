"""Kills real processes at every point of every kind of command, and looks what the next runs make of it.

    python tests/crash/matrix.py [--every N] [--only SCENARIO] [--no-pairs] [--jobs N]

For each scenario: a world is prepared, the command is killed at point k, ordinary runs follow until nothing
is left to wait for, then another. What must hold: the world is as if the command had been carried out or
had never been called (a run: carried out); nothing is doubled, no claim is open, the log's chain holds,
every file parses, and the last run changes nothing. A mail whose receiver can be asked nothing may end in a
question to the person, but only where it died between writing the send down and writing its outcome down.
k rises until no kill fires. On the send paths the runs that follow are killed as well, at every point of
each: every pair of deaths.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from far_sides import Scheduler, fingerprint
from launcher import call, in_child, killed
from scenarios import MEETINGS, NOW, SCENARIOS, TWICE

from automations.store.chain import verify_log
from automations.whole_files import UNFINISHED
from in_memory import IN_MEMORY

REMEMBERED = {
    "blocks": "SELECT month, generation, state, span, target, alternatives, moves FROM block",
    "drafts": "SELECT key, state, subject, body_text, hash, text_rev FROM draft",
    "approvals": "SELECT draft, state, hash FROM approval",
    "attempts": "SELECT draft, state FROM attempt WHERE state != 'not_sent'",
    "cycles": "SELECT boss, month, closed IS NULL FROM cycle",
    "incidents": "SELECT id, phase FROM incident",
    "updates": "SELECT incident, number FROM incident_update",
}
UNLOGGED = {
    "run": "SELECT id FROM run WHERE finished IS NOT NULL AND EXISTS"
    " (SELECT * FROM claim WHERE claim.run = run.id AND outcome = 'done')"
    " AND NOT EXISTS (SELECT * FROM log WHERE log.run = run.id AND log.kind = 'run')",
    "action": "SELECT kind, subject FROM claim WHERE outcome = 'done' AND NOT EXISTS"
    " (SELECT * FROM log WHERE log.kind = claim.kind AND log.subject = claim.subject AND log.at = claim.settled)",
}
"""Finds what ended without a line in the log."""
FLEETING = ("journal.db", "run.lock", "run.log", UNFINISHED)


@dataclass
class Figure:
    """What came of one scenario."""

    points: int = 0
    killed: int = 0
    states: int = 0
    ends: Counter = field(default_factory=Counter)
    violations: list = field(default_factory=list)


def remembered(home):
    """Return what the journal holds; fails when it is damaged or a claim is open."""
    path = home / "data" / "journal.db"
    assert verify_log(str(path)) is None, "the log's chain is broken"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        held = connection.execute("SELECT kind, subject FROM claim WHERE settled IS NULL").fetchall()
        assert held == [], f"open claims {held}"
        for what, query in UNLOGGED.items():
            missing = connection.execute(query).fetchall()
            assert missing == [], f"no log line of the {what} {missing}"
        return {name: sorted(connection.execute(query).fetchall()) for name, query in REMEMBERED.items()}


def files(home):
    """Return every file's fingerprint but the journal's, the lock's and what a kill left half-written."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.name.startswith(FLEETING)
    }


def differing(one, other):
    """Return the parts of two views that are not the same, side by side."""
    return {part: (one[part], other[part]) for part in one if one[part] != other[part]}


class Trial:
    """One scenario in one folder: the state it starts from, and the ends that are right."""

    def __init__(self, scenario, folder, far):
        self.scenario, self.far = scenario, far
        self.home, self.kept = folder / "home", folder / "kept"
        self.kept.mkdir()
        self._prepare()
        self.args = self._words(scenario.args)
        self.start = self.keep("start")
        self.ends = self._right_ends()

    # --- states ------------------------------------------------------------------------------------

    def keep(self, name):
        """Keep everything as it stands, here and on the far side, under a name."""
        shutil.copytree(self.home, self.kept / name)
        return name, self.far.keep()

    def put_back(self, state):
        name, far = state
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.kept / name, self.home)
        self.far.put_back(far)

    def drop(self, state):
        shutil.rmtree(self.kept / state[0])

    def meaning(self):
        """Return all that the program could see of the state, so that two which are the same are known."""
        halves = sum(path.name.startswith(UNFINISHED) for path in self.home.rglob("*"))
        seen = hashlib.sha256(fingerprint((files(self.home), halves, self.far.keep())).encode())
        path = self.home / "data" / "journal.db"
        if path.exists():
            copy = self.kept / "copy.db"
            for suffix in ("", "-wal"):
                beside = Path(f"{path}{suffix}")
                if beside.exists():
                    shutil.copyfile(beside, f"{copy}{suffix}")
            with closing(sqlite3.connect(copy)) as connection:
                for line in connection.iterdump():
                    seen.update(line.encode())
            for each in self.kept.glob("copy.db*"):
                each.unlink()
        return seen.hexdigest()

    # --- steps -------------------------------------------------------------------------------------

    def _prepare(self):
        self.home.mkdir()
        (self.home / "config.toml").write_text(self.far.config)
        (self.home / "work.ics").write_text(MEETINGS.replace("\n", "\r\n"))
        self.far.sign_in(self.home)
        if self.scenario.hand and not self.scenario.before:
            self.scenario.hand(self.home, self.far)
        for number, args in enumerate(self.scenario.before):
            self.do(self._words(args), NOW + timedelta(minutes=number))
        if self.scenario.hand and self.scenario.before:
            self.scenario.hand(self.home, self.far)

    def _words(self, args):
        return args(self.home, self.far) if callable(args) else args

    def do(self, args, now):
        """Carry out a command, alive; return its exit code and what it said."""
        answer, _ = in_child(lambda: json.dumps(call(self.home, args, now)))
        assert not answer.startswith("TRACEBACK"), answer
        code, out, err = json.loads(answer)
        assert "Traceback" not in err, err
        return code, out, err

    def carry_out(self):
        """Carry out what is killed elsewhere; it works, or the next runs would prove nothing."""
        code, out, err = self.do(self._words(self.scenario.args), self.scenario.now)
        assert code in (0, 3), out + err

    def instants(self):
        """Return when runs follow a death."""
        return [self.scenario.now + timedelta(minutes=wait) for wait in self.far.waits]

    def settle(self, first=0):
        """Make the runs from the `first` on; return the last one's report."""
        if self.scenario.again:
            self.carry_out()
        *before, last = self.instants()
        for instant in before[first:]:
            self.do(("run",), instant)
        stood, there = files(self.home), fingerprint(self.far.keep())
        _, out, err = self.do(("run", "--json"), last)
        assert files(self.home) == stood, "the last run changed a file"
        assert fingerprint(self.far.keep()) == there, "the last run changed the far side"
        report = json.loads(out)
        assert report["actions"] == [], report["actions"]
        return report["run"]["outcome"], err

    def view(self):
        return {**self.far.seen(self.home), **remembered(self.home)}

    def _right_ends(self):
        """Return the ends that are right: carried out, and for what a person does also never called."""
        ends = {}
        for name in ("done", "never called"):
            self.put_back(self.start)
            if name == "done" and not self.scenario.again:
                self.carry_out()
            if name == "done" or not self.scenario.again:
                outcome, _ = self.settle()
                ends[name] = {**self.view(), "outcome": outcome}
        if self.args in (("run",), ("draft", "send")):
            other = differing(ends["done"], ends.pop("never called"))
            assert other == {}, f"a later run does the same: {other}"
        elif not self.scenario.again:
            assert ends["done"] != ends["never called"], "the command does something"
        return ends

    def check(self, first=0):
        """Return which of the right ends it came to; fails when it is none of them."""
        outcome, _ = self.settle(first)
        ended = {**self.view(), "outcome": outcome}
        for name, end in self.ends.items():
            if ended == end:
                return name
        asked = self.far.asked(ended, self.ends["done"])
        assert asked, f"an end that is none: {differing(ended, self.ends['done'])}"
        return asked

    def kill(self, state, args, now, point):
        """Kill a command at a point of a state; return whether it died, and the points it passed if not."""
        self.put_back(state)
        fired, passed = killed(self.home, args, now, point)
        self.far.quiet()
        return fired, passed


def die_once(trial, figure, every, offset, *, first=False):
    """Kill the scenario's command at every n-th point, with `first` until there is a violation."""
    asked, ended = [], {}
    point = 1 + offset % every
    while not (first and figure.violations):
        fired, passed = trial.kill(trial.start, trial.args, trial.scenario.now, point)
        if not fired:
            figure.points = len(passed)
            break
        figure.killed += 1
        # A state that was met before is not lived through again.
        key = trial.meaning()
        if key not in ended:
            ended[key] = _end_of(trial, figure, 0, f"{point}")
        figure.ends[ended[key]] += 1
        asked += [point] if ended[key].startswith("asked") else []
        point += every
    figure.states = len(ended)
    if asked and every == 1 and not figure.violations:
        begin, end = passed[asked[0] - 1], passed[asked[-1] - 1]
        whole = len(asked) == 1 + asked[-1] - asked[0]
        if (begin, end, whole) != ("after COMMIT", "before COMMIT", True):
            figure.violations.append(f"asked from point {asked[0]} ({begin}) to {asked[-1]} ({end})")


def die_twice(trial, figure):
    """Kill the command at every point, and then each of the runs that follow at every point of its own."""
    met, ended, point = set(), {}, 0
    while True:
        point += 1
        fired, _ = trial.kill(trial.start, trial.args, trial.scenario.now, point)
        if not fired:
            return
        state = trial.keep("first")
        for number, instant in enumerate(trial.instants()[:-1]):
            if (number, trial.meaning()) in met:
                break  # from here on it is what was tried already
            met.add((number, trial.meaning()))
            second = 0
            while True:
                second += 1
                fired, passed = trial.kill(state, ("run",), instant, second)
                if not fired:
                    figure.points += len(passed)
                    break
                figure.killed += 1
                key = number, trial.meaning()
                if key not in ended:
                    figure.states += 1
                    ended[key] = _end_of(trial, figure, number, f"{point} and {second} of run {number + 1}")
                figure.ends[ended[key]] += 1
            trial.drop(state)  # the run that was not killed went to its end: on to the next
            state = trial.keep("first")
        trial.drop(state)


def _end_of(trial, figure, number, where):
    try:
        return trial.check(number)
    except Exception as wrong:  # noqa: BLE001 - a file that cannot be read is as wrong as any
        figure.violations.append(f"point {where}: {wrong}")
        return "wrong"


def try_scenario(name, *, every=1, twice=False, mutate=None, first=False):
    """Kill a scenario's command at every n-th point, or at every pair of points; return the figure.

    `mutate` is called once the right ends are known; with `first` it stops at the first violation.
    """
    figure, scenario = Figure(), SCENARIOS[name]
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as made:
        folder = Path(made)
        far = scenario.far(folder) if scenario.far is Scheduler else scenario.far()
        with far:
            trial = Trial(scenario, folder, far)
            if mutate:
                mutate()
            if twice:
                die_twice(trial, figure)
            else:
                die_once(trial, figure, every, list(SCENARIOS).index(name), first=first)
    return figure


def _job(job):
    name, every, twice = job
    warm_up(name)
    return try_scenario(name, every=every, twice=twice)


def warm_up(name):
    """Load all the modules a scenario needs, so that each child need not."""
    scenario = SCENARIOS[name]
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as made:
        folder = Path(made)
        far = scenario.far(folder) if scenario.far is Scheduler else scenario.far()
        with far:
            home = folder / "home"
            home.mkdir()
            (home / "config.toml").write_text(far.config)
            (home / "work.ics").write_text(MEETINGS.replace("\n", "\r\n"))
            far.sign_in(home)
            call(home, ("run",), NOW)


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tell(title, figure):
    ends = ", ".join(f"{count} {end}" for end, count in sorted(figure.ends.items()))
    say(f"{title:34} {figure.points:5} points, {figure.killed:5} kills, {figure.states:4} states: {ends}")
    for violation in figure.violations[:20]:
        say(f"    VIOLATION {violation}")


def main():
    options = argparse.ArgumentParser(description="Kill the program at every point.")
    options.add_argument("--every", type=int, default=1, help="only every n-th point")
    options.add_argument("--only", action="append", choices=SCENARIOS, help="only this scenario")
    options.add_argument("--no-pairs", action="store_true", help="no second deaths")
    options.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes side by side")
    given = options.parse_args()
    names = given.only or list(SCENARIOS)
    pairs = [] if given.no_pairs else [name for name in TWICE if name in names]
    jobs = [*((name, 1, True) for name in pairs), *((name, given.every, False) for name in names)]
    figures = []
    with ProcessPoolExecutor(given.jobs) as pool:
        for (name, _, twice), figure in zip(jobs, pool.map(_job, jobs), strict=True):
            tell(f"{name}, twice" if twice else name, figure)
            figures.append(figure)
    kills = sum(figure.killed for figure in figures)
    wrong = sum(len(figure.violations) for figure in figures)
    say(f"{sum(figure.points for figure in figures)} points, {kills} kills, {wrong} violations")
    return 1 if wrong or not kills else 0


if __name__ == "__main__":
    sys.exit(main())

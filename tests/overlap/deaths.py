"""The holder of the run lock dies or stands still, at any point; and decisions that somebody else got ahead of.

A process is stopped with SIGSTOP at a point it passes, by its k-th change of the disk or the journal. While it
stands still others must be turned away within their time. Then it is killed, and they must get the lock; or it
goes on after eight hours of sleep, and must not do late what it had decided.
"""

import fcntl
import os
import shutil
import time
from datetime import timedelta

import storm
import world as w

WAIT = 0.4
"""Seconds that those wait who are to be turned away."""
HOURS = 8

HOLDERS = {
    "run": ["run", "--json"],
    "send": ["draft", "send", "--json"],
    "edit": ["draft", "edit", "{waiting}", "--subject", "Another subject"],
    "discard": ["draft", "discard", "{waiting}", "--yes"],
    "incident": ["incident", "open", "It is slow", "--severity", "2", "--impact", "1,200 orders an hour",
                 "--now", "Rolling back.", "--next", "Watch it.", "--audience", "exec:priya@corp.test"],
    "hold": ["invention", "hold", "2026-11"],
}  # fmt: skip
"""What the holder is doing: each writes to the journal and to the world outside."""

ENDS = ("killed", "slept", "went on")


class Trials:
    """Each trial begins in a copy of one prepared world: a mail is approved, another waits, a month is owed its block."""

    def __init__(self, world):
        self.world = world
        self.tried, self.faults, self.waits = dict.fromkeys(ENDS, 0), [], []
        self.turned_away = self.got_it = 0
        world.do("run", "--json")
        world.do("invention", "skip", "2026-11")
        one, other = world.waiting()[:2]
        self.waiting = other.id
        done = world.do("draft", "approve", one.id, "--hash", one.hash)
        assert done["code"] == 0, done
        self.template = world.home.parent / "template"
        shutil.rmtree(self.template, ignore_errors=True)
        shutil.copytree(world.home, self.template)

    def again(self):
        """Put everything back as it was prepared."""
        shutil.rmtree(self.world.data)
        shutil.copytree(self.template / "data", self.world.data)
        self.world.post.mails.clear()
        self.world.order("set", instant=(w.START + timedelta(minutes=5)).isoformat())

    def actor(self, holder, **more):
        args = [self.waiting if word == "{waiting}" else word for word in HOLDERS[holder]]
        return {"args": args, **more}

    def points(self, holder):
        """Return the names of the points a holder passes when nobody stops it."""
        self.again()
        return self.stopped(holder, 0)["points"]

    def stopped(self, holder, point):
        return self.world.order("stop_at", actor=self.actor(holder), point=point, home=str(self.world.data))

    def trial(self, holder, point, end):
        """Stop a holder at a point, see that others are turned away, end it, see that they get the lock."""
        self.again()
        name = f"{holder} at point {point}, {end}"
        stopped = self.stopped(holder, point)
        if "pid" not in stopped:
            return
        self.tried[end] += 1
        held = self.lock_is_held()
        turned = self.world.together(
            self.adds("one", WAIT), {"args": ["run"], "wait": WAIT}, self.adds("two", WAIT), limit=WAIT + 10.0
        )
        for one in turned:
            allowed = (11,) if held else (0, 3, 11)
            self.check(
                one["code"] in allowed, f"{name}: who came meanwhile ended with {one['code']} {one['err']}"
            )
        self.turned_away += held
        self.world.order("wait_for_lock", actors=[self.adds("three", 20.0), self.adds("four", 20.0)])
        self.end(stopped["pid"], end, name)
        for one in self.world.order("waited", limit=40.0):
            self.check(one["code"] == 0, f"{name}: who waited ended with {one['code']} {one['err']}")
            self.got_it += one["code"] == 0
        self.settle(name, [one["code"] == 0 for one in (turned[0], turned[2])])

    def end(self, pid, end, name):
        if end == "killed":
            self.world.order("kill", pid=pid)
            return
        if end == "slept":
            self.world.order("go", seconds=HOURS * 3600.0, boot=True)
        result = self.world.order("go_on", pid=pid, limit=40.0)
        self.check(
            result["code"] in (0, 1, 3, 8, 11), f"{name}: it ended with {result['code']} {result['err']}"
        )

    def lock_is_held(self):
        with (self.world.data / "run.lock").open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def adds(self, words, wait):
        return {"args": ["idea", "add", f"idea {words}"], "wait": wait}

    def settle(self, name, early):
        """Let the next runs put it right, then see that nothing was doubled, lost or left behind."""
        for hours in (0, 2, 2):
            self.world.order("go", seconds=hours * 3600.0, boot=True)
            done = self.world.do("run", "--json")
            self.check(
                done["code"] in (0, 3), f"{name}: the next run ended with {done['code']} {done['err']}"
            )
        texts = sorted(idea.text for idea in self.world.recorded().ideas)
        added = [
            "idea four",
            *(["idea one"] if early[0] else []),
            "idea three",
            *(["idea two"] if early[1] else []),
        ]
        self.check(texts == added, f"{name}: ideas {texts}, acknowledged {added}")
        for fault in (
            *w.doubled_mails(self.world, unknown=True),
            *w.unsound_journal(self.world, killed=True),
        ):
            self.faults.append(f"{name}: {fault}")

    def check(self, holds, words):
        if not holds:
            self.faults.append(words)


def late_sends(trials):
    """Yield what went wrong where the holder slept for hours between its claim and the request."""
    for what, method in (("before its claim", "before"), ("between its claim and the request", "after")):
        trials.again()
        actor = trials.actor("run")
        stopped = trials.world.order("stop_around", actor=actor, method=method)
        if "pid" not in stopped:
            yield f"nobody could be stopped {what}: {stopped}"
            continue
        trials.world.order("go", seconds=HOURS * 3600.0, boot=True)
        trials.world.order("go_on", pid=stopped["pid"], limit=40.0)
        if trials.world.post.mails:
            yield f"a mail went {HOURS} hours late: it slept {what}"
        done = trials.world.do("run", "--json")
        if done["code"] not in (0, 3) or len(trials.world.post.mails) != 1:
            yield f"{what}: the next run ended with {done['code']}, {len(trials.world.post.mails)} mails went"
        yield from w.doubled_mails(trials.world)


RACES = {
    "two senders": (HOLDERS["send"], HOLDERS["send"]),
    "two editors": (HOLDERS["edit"], [*HOLDERS["edit"][:-1], "Yet another subject"]),
    "a sender and a run": (HOLDERS["send"], HOLDERS["run"]),
    "an editor and a discard": (HOLDERS["edit"], HOLDERS["discard"]),
    "two runs": (HOLDERS["run"], HOLDERS["run"]),
    "two who book": (HOLDERS["hold"], HOLDERS["hold"]),
}


def races(trials):
    """Yield what went wrong where one decided, another acted, and the first went on: with no lock between them.

    It cannot happen while the run lock is taken; where it is not, the journal alone must refuse the second.
    """
    for name, (first, second) in RACES.items():
        trials.again()
        began, then = (
            [trials.waiting if word == "{waiting}" else word for word in each] for each in (first, second)
        )
        before = next(each for each in trials.world.recorded().drafts if each.id == trials.waiting)
        stopped = trials.world.order("stop_around", actor={"args": began}, method="before")
        if "pid" not in stopped:
            yield f"{name}: the first could not be stopped: {stopped}"
            continue
        meanwhile = trials.world.do(*then)
        result = trials.world.order("go_on", pid=stopped["pid"], limit=40.0)
        if meanwhile["code"] == 11:
            yield f"{name}: there is a lock between them"
        after = next(each for each in trials.world.recorded().drafts if each.id == trials.waiting)
        done = [args for one, args in ((meanwhile, then), (result, began)) if one["code"] == 0]
        edits = [args[-1] for args in done if args[:2] == ["draft", "edit"]]
        if (
            after.text_rev - before.text_rev != len(edits)
            or after.subject not in [before.subject, *edits][-1:]
        ):
            yield f"{name}: acknowledged were {edits}; it has {after.subject!r}, {after.text_rev - before.text_rev} edits"
        for fault in (*w.doubled_mails(trials.world), *w.unsound_journal(trials.world)):
            yield f"{name}: {fault}"


def deaths(folder, *, every, holders=tuple(HOLDERS), mutant="", trials_at_most=10**6):
    """Try each end at every `every`-th point of each holder; return (what is wrong, the lines of figures)."""
    began = time.monotonic()
    with w.World(w.fresh(os.path.join(folder, "home")), mutant) as world:  # noqa: PTH118
        trials = Trials(world)
        number = 0
        for holder in holders:
            count = len(trials.points(holder))
            for point in range(every, count + 1, every):
                if number < trials_at_most and len(trials.faults) < (1 if mutant else 4):
                    trials.trial(holder, point, ENDS[number % len(ENDS)])
                    number += 1
        trials.faults += late_sends(trials)
        trials.faults += w.unbounded_waits(world, storm.SLACK)
        longest = max(
            (began - asked for _, what, _, asked, began, _ in world.locks() if what == "refused"), default=0.0
        )
        lines = [
            f"  {sum(trials.tried.values())} holders were stopped: "
            + ", ".join(f"{count} {end}" for end, count in trials.tried.items())
            + f"; {trials.turned_away} times with the lock in hand",
            f"  others were turned away after at most {longest:.2f} s where {WAIT} s were allowed",
            f"  {trials.got_it} got the lock once it was free; {time.monotonic() - began:.0f} s",
        ]
        return trials.faults, lines


def without_lock(folder, *, mutant="lock-not-taken"):
    """Return what goes wrong when the lock is not taken and one gets ahead of another; the journal must refuse it."""
    with w.World(w.fresh(os.path.join(folder, "home")), mutant) as world:  # noqa: PTH118
        return list(races(Trials(world)))

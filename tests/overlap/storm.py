"""Twenty processes and two pages at once over one data directory, round after round; then the reckoning."""

import hashlib
import json
import re
import sqlite3
import tarfile
from collections import Counter
from contextlib import closing
from datetime import timedelta

import world as w

from automations.model.records import DraftState

ALLOWED = {0: "done", 1: "refused", 3: "partly", 11: "locked out"}
ROUNDS = 3
"""Rounds in a season; each season is a month later and has pages of its own."""
SLACK = 3.0
"""Seconds a busy machine may be late to notice that a wait is over."""


class Storm:
    """Rounds of acts over one world. The same seed asks for the same acts; who comes first, the machine decides."""

    def __init__(self, world, seed):
        self.world, self.seed = world, seed
        self.acts, self.serial = [], 0
        self.month = 11

    def pick(self, among, what):
        """Choose one, the same for the same seed."""
        digest = hashlib.sha256(f"{self.seed}|{self.serial}|{what}".encode()).digest()
        return among[int.from_bytes(digest[:4], "big") % len(among)]

    def mark(self, what):
        self.serial += 1
        return f"{what} number {self.serial}"

    def season(self):
        """Begin a month: two pages, and a run that makes what is due."""
        year, month = divmod(self.month - 1, 12)
        self.instant = w.START.replace(year=2026 + year, month=month + 1)
        self.month += 1
        self.world.order("close_pages")
        self.world.order("set", instant=self.instant.isoformat())
        self.note([{"what": "run", "args": ["run", "--json"]}])
        for _ in range(3):
            self.note([self.incident(self.mark("Checkout fails"))])
        self.pages = [self.world.order("page"), self.world.order("page")]

    def note(self, acts):
        """Let acts happen together and keep what came of them."""
        for act, result in zip(acts, self.world.together(*acts), strict=True):
            self.acts.append((act, result))

    def round(self, wait):
        """One moment: everybody at once."""
        self.instant += timedelta(minutes=1)
        self.world.order("set", instant=self.instant.isoformat())
        acts = [*self.machinery(), *self.on_drafts(), *self.by_hand()]
        for act in acts:
            act.setdefault("wait", wait)
        self.note(acts)

    def machinery(self):
        backup = self.mark("backup").replace(" ", "-")
        path = self.world.home / f"{backup}.tar.gz"
        return [
            *({"what": "run", "args": ["run", "--json"]} for _ in range(3)),
            *({"what": "send", "args": ["draft", "send", "--json"]} for _ in range(2)),
            {"what": "backup", "args": ["backup", str(path)], "mark": str(path)},
            {"what": "status", "args": ["status", "--json"]},
        ]

    def on_drafts(self):
        """Several at the same draft; the others at one each."""
        waiting = self.world.waiting()
        urgent = [draft for draft in waiting if draft.kind != "offer"]
        one, two, three = (self.pick(urgent or waiting, what) for what in ("one", "two", "three"))
        put_off = self.pick([draft for draft in waiting if draft.kind == "offer"] or waiting, "four")
        edits = [self.mark("Noted") for _ in range(3)]
        later = self.instant + timedelta(hours=1, seconds=self.serial)
        return [
            *(self.approve(draft) for draft in (one, one, two, three)),
            *(self.press(page, one, "approve") for page in self.pages),
            *(self.edit(draft, mark) for draft, mark in zip((one, two, one), edits, strict=True)),
            self.discard(self.pick(waiting, "five"), self.mark("not needed")),
            {
                "what": "snooze",
                "args": [
                    "draft",
                    "snooze",
                    put_off.id,
                    "--until",
                    later.astimezone(w.ZONE).strftime("%Y-%m-%dT%H:%M:%S"),
                ],
                "mark": later.isoformat(),
                "draft": put_off.id,
            },
        ]

    def by_hand(self):
        recorded = self.world.recorded()
        month = self.pick(sorted({block.month for block in recorded.blocks})[-3:], "month")
        incident = recorded.incidents[-1].id
        changed = self.mark("Half of it is back")
        return [
            *(
                {"what": "idea", "args": ["idea", "add", mark], "mark": mark}
                for mark in (self.mark("An idea"), self.mark("An idea"))
            ),
            self.incident(self.mark("Search is slow")),
            {
                "what": "update",
                "args": [
                    "incident",
                    "update",
                    incident,
                    "--changed",
                    changed,
                    "--now",
                    "Rolling back.",
                    "--next",
                    "Watch it.",
                ],
                "mark": changed,
            },
            {"what": "skip", "args": ["invention", "skip", month]},
            {"what": "hold", "args": ["invention", "hold", month]},
        ]

    def incident(self, title):
        words = ["--impact", "1,200 orders an hour", "--now", "Rolling back.", "--next", "Watch the rate."]
        people = ["--audience", "exec:priya@corp.test", "--audience", "tactical:omar@corp.test"]
        args = ["incident", "open", title, "--severity", "2", *words, *people]
        return {"what": "incident", "args": args, "mark": title}

    def approve(self, draft):
        return {
            "what": "approve",
            "args": ["draft", "approve", draft.id, "--hash", draft.hash],
            "draft": draft.id,
        }

    def press(self, page, draft, button):
        path = f"/draft/{draft.id}/{button}"
        return {
            "what": "approve",
            "page": page,
            "path": path,
            "form": {"hash": draft.hash},
            "draft": draft.id,
        }

    def edit(self, draft, mark):
        body = re.sub(r"\n\nNoted number \d+\.$", "", draft.body_text.rstrip("\n"))
        text = f"{body}\n\n{mark}.\n"
        return {
            "what": "edit",
            "args": ["draft", "edit", draft.id, "--body-file", "-"],
            "stdin": text,
            "draft": draft.id,
        }

    def discard(self, draft, mark):
        args = ["draft", "discard", draft.id, "--yes", "--reason", mark]
        return {"what": "discard", "args": args, "mark": mark, "draft": draft.id}

    def end(self):
        """Close the pages, let what is approved go, and settle."""
        self.world.order("close_pages")
        self.note([{"what": "run", "args": ["run", "--json"]}])
        # In the calm after it one more mail is approved: in a short storm each may have been edited first.
        self.note([self.approve(draft) for draft in self.world.waiting() if draft.kind != "offer"][:1])
        self.note([{"what": "run", "args": ["run", "--json"]}])
        self.note([{"what": "run", "args": ["run", "--json"]}])

    # --- the reckoning ------------------------------------------------------------------------------

    def faults(self):
        """Return everything that is not as it must be."""
        found = [
            *self.breaks(),
            *self.acknowledged(),
            *w.doubled_mails(self.world),
            *w.unsound_journal(self.world),
        ]
        found += [*w.two_at_work(self.world), *w.unbounded_waits(self.world, SLACK), *self.backups()]
        if not self.world.post.mails:
            found.append("no mail went: nothing was tried")
        return found

    def breaks(self):
        for act, result in self.acts:
            said = result["out"] + result["err"]
            if result["code"] not in ALLOWED or "Traceback" in said or "a bug in magicloop" in said:
                yield f"{act['what']} ended with {result['code']}: {said[-300:]}"
            elif act["what"] in ("status", "run") and result["code"] in (0, 3):
                said = json.loads(result["out"])
                if said["schema"] != 1:
                    yield f"{act['what']} said {said}"

    def counted(self, what, done=True):
        return [act for act, result in self.acts if act["what"] == what and (result["code"] == 0) is done]

    def acknowledged(self):
        """Yield acts that were acknowledged and are not recorded once, or refused and left something."""
        recorded, log = self.world.recorded(), self.world.log()
        by_hand = [entry for entry in log if entry.run is None and entry.outcome == "done"]
        traces = {
            "idea": Counter(entry.detail for entry in by_hand if entry.kind == "add-idea"),
            "incident": Counter(each.title for each in recorded.incidents),
            "update": Counter(
                str(each.fields.get("changed", "")) for each in recorded.updates if not each.prepared
            ),
            "discard": Counter(entry.detail for entry in by_hand if entry.kind == "close-draft"),
            "snooze": Counter(
                entry.detail.removeprefix("until ") for entry in by_hand if entry.kind == "snooze-draft"
            ),
        }
        for what, trace in traces.items():
            for done in (True, False):
                for act in self.counted(what, done):
                    if trace[act["mark"]] != int(done):
                        yield f"{what} {act['mark']!r}: {'acknowledged' if done else 'refused'}, recorded {trace[act['mark']]} times"
        yield from self.acts_on_drafts(recorded, by_hand)
        yield from self.runs(log)

    def acts_on_drafts(self, recorded, by_hand):
        edits, approvals = (
            Counter(act["draft"] for act in self.counted(what)) for what in ("edit", "approve")
        )
        approved = Counter(entry.subject for entry in by_hand if entry.kind == "approve-draft")
        for draft in recorded.drafts:
            if draft.text_rev - 1 != edits[draft.id]:
                yield f"{draft.key}: {edits[draft.id]} edits were acknowledged, {draft.text_rev - 1} stand"
            if approved[draft.key] != approvals[draft.id]:
                yield f"{draft.key}: {approvals[draft.id]} approvals acknowledged, {approved[draft.key]} recorded"

    def runs(self, log):
        logged = Counter(entry.run for entry in log if entry.kind == "run")
        for act, result in self.acts:
            if act["what"] == "run" and result["code"] in (0, 3):
                run = json.loads(result["out"])["run"]["id"]
                if logged[run] > 1:
                    yield f"run {run} ended {logged[run]} times"

    def backups(self):
        """Yield backups that were acknowledged and hold no sound journal, or were refused and are there."""
        for act, result in self.acts:
            if act["what"] != "backup":
                continue
            if (result["code"] == 0) is not w.Path(act["mark"]).exists():
                yield f"backup {act['mark']}: ended with {result['code']}"
            elif result["code"] == 0 and not self.sound(act["mark"]):
                yield f"backup {act['mark']} holds no sound journal"

    def sound(self, archive):
        place = self.world.home / "from-backup.db"
        with tarfile.open(archive) as tar:
            name = next(one for one in tar.getnames() if one.endswith("journal.db"))
            place.write_bytes(tar.extractfile(name).read())
        with closing(sqlite3.connect(place)) as connection:
            return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def figures(self):
        """Return the lines that say what was tried and what came of it."""
        table = Counter((act["what"], ALLOWED.get(result["code"], "broke")) for act, result in self.acts)
        lines = []
        for what in sorted({what for what, _ in table}):
            ways = {how: table[what, how] for how in (*ALLOWED.values(), "broke") if table[what, how]}
            lines.append(
                f"  {what:<9} {sum(ways.values()):>4} tried: "
                + ", ".join(f"{n} {how}" for how, n in ways.items())
            )
        locks = self.world.locks()
        held = [ended - began for _, what, _, _, began, ended in locks if what == "held"]
        waits = [began - asked for _, what, _, asked, began, _ in locks if what == "held"]
        refused = [(wait, began - asked) for _, what, wait, asked, began, _ in locks if what == "refused"]
        late = max((took - wait for wait, took in refused), default=0.0)
        sent = sum(draft.state is DraftState.SENT for draft in self.world.recorded().drafts)
        lines.append(f"  {len(self.acts)} acts; {sent} mails went, {len(self.world.post.mails)} arrived")
        lines.append(
            f"  the lock was had {len(held)} times, at most {max(held):.2f} s long; waited for at most {max(waits):.2f} s;"
            f" {len(refused)} gave up, at most {late:.2f} s after what was allowed"
        )
        return lines


def storm(folder, *, seasons, rounds=ROUNDS, seed=1, wait=10.0, mutant=""):
    """Let a storm go over a new world; return (what is wrong, the lines of figures).

    `wait` is how long acts by hand wait for the lock, in seconds; in every third round they hardly do.
    """
    with w.World(w.fresh(folder), mutant) as world:
        one = Storm(world, seed)
        for season in range(seasons):
            one.season()
            for number in range(rounds):
                one.round(wait=0.2 if (season + number) % 3 == 1 else wait)
        one.end()
        return one.faults(), one.figures()

"""A person of habits, by a fixed seed: what they do with blocks, drafts, promises and incidents over the years.

They know only what they can see: the calendar, the waiting drafts, the list of promises. Each act goes through
the product's own desk or the file an outside program would write; what was done is told to the oracle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random  # noqa: TID251 - a person is no decision of the program's; the seed is fixed

from automations.compose.lint.rule import Level
from automations.desk import aftermath, ideas, incidents, invention, loop, review
from automations.desk.linting import lint_of
from automations.errors import RefusedError
from automations.model.loop import AnswerKind
from automations.model.records import Phase

LOOKS = ((9, 45), (12, 15), (16, 45))
NOTICE = timedelta(days=2)
FACTS = {"delivered": "the report", "effect": "saves 3 hours a week"}
REVIEW = {"root_cause": "A missing index.", "change": "Index every filter.", "owner": "Ann Smith"}


@dataclass(frozen=True)
class Habits:
    """How often a person does what, as parts of one, and how often a day they look.

    `leaves`: of so many incidents one is left alone for days, 0 for none.
    """

    looks: int = 3
    sends: float = 0.6
    edits: float = 0.15
    hands_over: float = 0.1
    discards: float = 0.06
    deletes: float = 0.05
    meddles: float = 0.012
    incidents: float = 0.008
    keeps: float = 0.75
    leaves: int = 0


@dataclass
class Person:
    """`away` are the spans in which the machine is off or offline for long: blocks are left alone before them."""

    machine: object
    oracle: object
    seed: int
    habits: Habits
    away: tuple = ()
    end: object = None
    acts: dict = field(default_factory=dict)
    refusals: list = field(default_factory=list)
    words: dict = field(default_factory=dict)
    bumped: set = field(default_factory=set)

    def __post_init__(self):
        self.dice = Random(self.seed)
        self.later = []
        self.landed = []
        self.incident = None
        self.word = 0

    # --- a day ----------------------------------------------------------------------------------

    def live(self, now):
        """Do what is done at this hour, if anything."""
        if self.incident is not None:
            self._attend(now)
        here = self.oracle.here(now)
        if here.weekday() > 4 or (here.hour, here.minute // 15 * 15) not in LOOKS[: self.habits.looks]:
            return
        if self.machine.online:
            self._come_back(now)
            self._go_through_drafts(now)
            self._see_to_blocks(now)
        self._see_to_promises(now)
        self._see_to_the_loop(now)
        self._see_to_ideas(now)
        if (
            self.incident is None
            and self.dice.random() < self.habits.incidents
            and self._steady(now, days=30)
        ):
            self._incident_begins(now)

    def chance(self, part):
        return self.dice.random() < part

    def did(self, act):
        self.acts[act] = self.acts.get(act, 0) + 1

    def _steady(self, now, *, days=45):
        """Tell whether the machine will be on for some time."""
        until = now + timedelta(days=days)
        if self.end is not None and until > self.end:
            return False
        return all(end <= now or start > until for start, end in self.away)

    def _wait(self, now, days, what):
        self.later.append((now + timedelta(days=days), what))

    def _come_back(self, now):
        due = [what for at, what in self.later if at <= now]
        self.later = [each for each in self.later if each[0] > now]
        for what in due:
            what(now)

    # --- drafts ---------------------------------------------------------------------------------

    def _waiting(self, state="waiting"):
        rows = self.machine.rows("SELECT key, provider_id FROM draft WHERE state = ? ORDER BY rowid", state)
        return [
            row for row in rows if not (self.incident and row[0].startswith(f"incident:{self.incident}:"))
        ]

    def _go_through_drafts(self, now):
        put_off = {key for _, what in self.later for key in (getattr(what, "key", None),)}
        asked = {
            key for (key,) in self.machine.rows("SELECT subject FROM problem WHERE code = 'draft-vanished'")
        }
        for key, copy in self._waiting():
            if key in asked:
                self._answer_deleted(key)
            elif key not in put_off:
                self._decide(key, copy, now)

    def _decide(self, key, copy, now):
        habits, roll = self.habits, self.dice.random()
        for part, act in (
            (habits.sends, self._send),
            (habits.edits, self._edit),
            (habits.hands_over, self._hand_over),
            (habits.discards, self._discard),
            (habits.deletes, self._delete),
        ):
            if roll < part:
                act(key, copy, now)
                return
            roll -= part
        self._put_off(key, now, self.dice.randint(2, 25))

    def _put_off(self, key, now, days):
        def again(later):
            """Come back to it."""

        again.key = key
        self.did("put a draft off")
        self._wait(now, days, again)

    def _approve(self, key):
        """Approve as the command does: read the copy first, go on despite what the lint finds."""
        with self.machine.bench() as bench:
            review.refreshed(bench, review.find_draft(bench.recorded, key))
        with self.machine.bench() as bench:
            draft = review.find_draft(bench.recorded, key)
            errors = [f.code for f in lint_of(draft, bench.recorded, bench.policy) if f.level is Level.ERROR]
            review.approve(
                bench, draft, draft.hash, despite=tuple(dict.fromkeys(errors)), reason="I read it."
            )

    def _say(self, key, *, sent):
        with self.machine.bench() as bench:
            review.resolve(bench, review.find_draft(bench.recorded, key), sent=sent)

    def _send(self, key, copy, now):
        if self._hand(key, now):
            self._say(key, sent=True)
            self.oracle.went(key)
            self.did("sent a draft")
            self._expect_an_answer(key, now)

    def _hand(self, key, now):
        try:
            self._approve(key)
        except RefusedError as refused:
            self.refusals.append((key, str(refused)))
            self._put_off(key, now, 3)
            return False
        self.oracle.handed_over(key, now)
        return True

    def _hand_over(self, key, copy, now):
        """Approve it, and say days later whether it went."""
        if not self._hand(key, now):
            return
        self.did("approved a draft, told late")

        def tell(later):
            went = self.chance(0.8)
            self._say(key, sent=went)
            if went:
                self.oracle.went(key)
                self._expect_an_answer(key, later)
            else:
                self.oracle.did_not_go(key)

        tell.key = key
        self._wait(now, self.dice.randint(1, 20), tell)

    def _edit(self, key, copy, now):
        """Write a word of their own into it, here or in an editor; it is sent another time."""
        self.word += 1
        word = f"zq{self.word}"
        if self.chance(0.5):
            self.machine.edit_copy(copy, word)
        else:
            with self.machine.bench() as bench:
                draft = review.find_draft(bench.recorded, key)
                review.edit(bench, draft, review.NewWords(body_text=f"{draft.body_text}\n{word}"))
        self.words.setdefault(key, []).append(word)
        self.did("edited a draft")
        self._put_off(key, now, 1)

    def _discard(self, key, copy, now):
        with self.machine.bench() as bench:
            review.discard(bench, review.find_draft(bench.recorded, key), "not now")
        self.oracle.threw_away(key)
        self.did("discarded a draft")

    def _delete(self, key, copy, now):
        self.machine.delete_copy(copy)
        self.oracle.deleted_copy(key, emptied=not self.machine.copies())
        self.did("deleted a draft's file")

    def _answer_deleted(self, key):
        """Say that a file was deleted, where it was asked: only where that was to be asked."""
        if key in self.oracle.asked:
            self._say(key, sent=False)
            self.oracle.threw_away(key)
            self.did("said that files were deleted")

    # --- answers, promises, the loop --------------------------------------------------------------

    def _expect_an_answer(self, key, now):
        kind, _, rest = key.partition(":")
        boss = rest.rpartition(":")[0]
        if kind == "offer" and self.chance(0.7):
            self._wait(now, self.dice.randint(1, 9), lambda later: self._answer(boss, later))
        if kind == "standing" and self.chance(0.7):
            self._wait(now, self.dice.randint(1, 9), lambda later: self._word(boss, later))

    def _answer(self, boss, now):
        kind = self.dice.choice([AnswerKind.YES, AnswerKind.YES, AnswerKind.NO_NEED, AnswerKind.LATER])
        texts = []
        if kind is AnswerKind.YES:
            due = self.oracle.here(now).date() + timedelta(days=self.dice.randint(3, 30))
            texts = [f"the report {self.dice.randint(1, 999)} by {due}"]
        with self.machine.desk() as desk:
            _, made = loop.answer(desk, boss, kind, "please do", texts)
        self.oracle.answered(boss)
        for promise in made:
            self._promised(promise, now)
        self.did("got an answer")

    def _word(self, boss, now):
        kind = AnswerKind.SOLID if self.chance(0.85) else AnswerKind.NOT_SOLID
        with self.machine.desk() as desk:
            loop.answer(desk, boss, kind, "as I said")
        self.oracle.said(boss, kind.value, now)
        self.did("heard how solid the work is")

    def _promised(self, promise, now):
        self.oracle.promised(promise.id, promise.boss, promise.due)
        left = (promise.due - self.oracle.here(now).date()).days
        days = self.dice.randint(1, max(left, 1)) if self.chance(0.8) else left + self.dice.randint(2, 40)
        self._wait(now, days, lambda later: self._end_promise(promise.id, later))
        self.did("made a promise")

    def _end_promise(self, name, now):
        with self.machine.desk() as desk:
            if self.chance(self.habits.keeps):
                loop.keep_promise(desk, name, FACTS)
                self.oracle.promise_ended(name, "kept")
                self.did("kept a promise")
            elif self.chance(0.6):
                day = self.oracle.here(now).date() + timedelta(days=10)
                _, again = loop.miss_promise(desk, name, "too much at once", day.isoformat())
                self.oracle.promise_ended(name, "missed")
                self._promised(again, now)
                self.did("missed a promise")
            else:
                loop.drop_promise(desk, name, "no longer needed")
                self.oracle.promise_ended(name, "dropped")
                self.did("dropped a promise")

    def _see_to_promises(self, now):
        if self.chance(0.02):
            boss = self.dice.choice(list(self.oracle.bosses))
            due = self.oracle.here(now).date() + timedelta(days=self.dice.randint(2, 40))
            with self.machine.desk() as desk:
                made = loop.add_promise(desk, boss, f"the list {self.dice.randint(1, 999)}", due.isoformat())
            self._promised(made, now)

    def _see_to_ideas(self, now):
        if not self.chance(0.01):
            return
        with self.machine.session() as session, session.lock():
            journal, known = session.journal(), session.journal().load(session.policy.person)
            if known.ideas and self.chance(0.6):
                name = self.dice.choice(known.ideas).id
                ideas.improve_idea(journal, known, now, name, f"half of it, {self.dice.randint(1, 99)}", None)
                self.oracle.improved_idea(name)
                self.did("improved an idea")
            else:
                made = ideas.add_idea(
                    journal, known, now, f"a queue without a queue, {self.dice.randint(1, 999)}"
                )
                self.oracle.had_idea(made.id)
                self.did("had an idea")

    def _see_to_the_loop(self, now):
        today = self.oracle.here(now).date()
        if self.chance(0.002):
            until = today + timedelta(days=self.dice.randint(5, 60))
            with self.machine.desk() as desk:
                loop.pause_loop(desk, until.isoformat(), "a holiday")
            self.oracle.paused(until)
            self.did("paused the loop")
        elif self.oracle.paused_until and today <= self.oracle.paused_until and self.chance(0.01):
            with self.machine.desk() as desk:
                loop.resume_loop(desk)
            self.oracle.resumed()
            self.did("resumed the loop")

    # --- blocks ---------------------------------------------------------------------------------

    def _see_to_blocks(self, now):
        if not self._steady(now):
            return
        blocks = self.machine.rows(
            "SELECT month, state, id, span FROM block b WHERE generation ="
            " (SELECT max(generation) FROM block o WHERE o.month = b.month) ORDER BY month DESC LIMIT 4"
        )
        for month, state, name, span in blocks:
            if not self.chance(self.habits.meddles):
                continue
            if state in ("booked", "moved_by_hand"):
                start, end = _instants(span)
                if start > now + timedelta(hours=1):
                    self._meddle(month, state, f"{name}@magicloop", start, end, now)
            elif (
                state == "held" and month not in self.bumped and now - _instants(span)[1] < timedelta(days=3)
            ):
                self._take_back(month)
            elif (
                state == "skipped"
                and month >= f"{self.oracle.here(now):%Y-%m}"
                and self.oracle.here(now).day <= 15
            ):
                self._hold(month)

    def _meddle(self, month, state, uid, start, end, now):
        if start - now < timedelta(hours=30):
            if month not in self.bumped:
                self._have_no_time(month, start)
            return
        roll = self.dice.random()
        if roll < 0.4:
            self._drag(uid, start, end, now)
        elif roll < 0.55:
            self.machine.delete_event(uid)
            self.oracle.block_ended(month)
            self.did("deleted a block")
        elif roll < 0.7:
            with self.machine.bench() as bench:
                invention.skip(bench, month)
            self.oracle.block_ended(month)
            self.did("skipped a month")
        elif state == "booked" and start - now > NOTICE + timedelta(days=1) and self.landed.count(month) < 2:
            self.landed.append(month)
            self.machine.meet(start + timedelta(minutes=30), end)
            self.did("let a meeting land on a block")

    def _have_no_time(self, month, start):
        """Let a meeting take it when it is too late to move it."""
        self.bumped.add(month)
        self.machine.meet(start, start + timedelta(hours=1), "Board")
        self.oracle.block_again(month)
        self.did("had no time for a block")

    def _drag(self, uid, start, end, now):
        """Put it on the Saturday after, where nobody meets."""
        here = self.oracle.here(start)
        day = here + timedelta(days=5 - here.weekday() if here.weekday() < 5 else 7)
        if f"{day:%Y-%m}" != f"{here:%Y-%m}":
            return
        new = day.replace(hour=13, minute=0).astimezone(start.tzinfo)
        self.machine.move_event(uid, new, new + (end - start))
        self.did("moved a block")

    def _take_back(self, month):
        self.bumped.add(month)
        with self.machine.bench() as bench:
            invention.not_held(bench, month)
        self.oracle.block_again(month)
        self.did("took a held block back")

    def _hold(self, month):
        with self.machine.bench() as bench:
            invention.hold(bench, self.machine.holidays, month)
        self.oracle.block_again(month)
        self.did("held a skipped month after all")

    # --- incidents ------------------------------------------------------------------------------

    def _incident_begins(self, now):
        with self.machine.desk() as desk:
            new = incidents.NewIncident(title="EU checkout errors", severity=2, impact="12% of orders fail")
            opened = incidents.open_incident(desk.journal, desk.policy, desk.recorded, now, new)
        self.incident = opened.id
        begin = end = now
        if self.habits.leaves and len(self.oracle.troubles) % self.habits.leaves == 0:
            begin = now + timedelta(minutes=15 * self.dice.randint(0, 12))
            end = begin + timedelta(hours=self.dice.randint(20, 60))
            self.did("left an incident alone")
        self.elsewhere = begin, end
        self.ends = end + timedelta(hours=self.dice.randint(2, 9))
        self.oracle.incident_opened(opened.id, now)
        self.did("opened an incident")

    def _attend(self, now):
        if self.elsewhere[0] <= now < self.elsewhere[1]:
            return
        name = self.incident
        waiting = self.machine.rows(
            "SELECT key FROM draft WHERE state = 'waiting' AND key LIKE ? ORDER BY rowid",
            f"incident:{name}:%",
        )
        for (key,) in waiting:
            self._approve(key)
            self.oracle.handed_over(key, now)
            self._say(key, sent=True)
            self.oracle.went(key)
            self.did("sent an incident update")
        if self.oracle.troubles[name].over:
            self.incident = None
        elif now >= self.ends:
            with self.machine.desk() as desk:
                fields = {"verified": "No error for an hour."}
                incidents.resolve_incident(desk.journal, desk.policy, desk.recorded, now, name, fields)
            self.oracle.incident_over(name, now)
            self.did("resolved an incident")
            self._after(name, now)
        elif self.chance(0.06):
            self._tell(name, now)

    def _tell(self, name, now):
        phase = Phase.MONITORING if self.chance(0.3) else None
        fields = {"changed": "Rolled back.", "now": "Watching.", "next": "Close it."}
        with self.machine.desk() as desk:
            incidents.update_incident(desk.journal, desk.policy, desk.recorded, now, name, phase, fields)
        self.oracle.incident_told(name, now, watching=phase is not None)
        self.did("wrote an incident update")

    def _after(self, name, now):
        if not self.chance(0.7):
            return

        def look_back(later):
            by = self.oracle.here(later).date() + timedelta(days=20)
            with self.machine.desk() as desk:
                aftermath.review_incident(desk, name, {**REVIEW, "by": by.isoformat()})
            self.oracle.reviewed(name, later)
            self.did("reviewed an incident")
            for week in range(self.dice.randint(0, 4)):
                self._wait(later, 6 + 8 * week, lambda then: self._progress(name))

        self._wait(now, self.dice.randint(1, 6), look_back)

    def _progress(self, name):
        with self.machine.desk() as desk:
            aftermath.note_progress(desk, name, "Half of it is done.")
        self.oracle.progressed(name)
        self.did("told of progress")


def _instants(span):
    from datetime import datetime

    return tuple(datetime.fromisoformat(part) for part in span.split("/"))

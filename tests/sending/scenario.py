"""One life of one draft on the real engine: a run makes it, the person approves it, runs send it.

Something may go wrong on the way: the process dies at a point, a call fails, the person acts. Points are found
by passing them: before and after every call of a port and every write of the journal.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from far_side import FarSide

from automations.apply import Bench, World
from automations.cycle import Ground, run_cycle
from automations.desk import review
from automations.errors import MagicloopError
from automations.model.policy import Boss, MailSettings, Me, Policy
from automations.model.records import DraftState
from automations.plan.lifecycle import FINAL
from automations.providers.memory import MemoryCalendar
from automations.providers.memory_mail import MemoryMailbox
from automations.store.memory import MemoryJournal
from automations.testing import sending_rules
from automations.testing.sending_rules import Given, Life, Move
from set_clock import SetClock

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
POLICY = Policy(
    me=Me("Ann Smith", "ann@corp.test", "Europe/Berlin"),
    bosses=(Boss("Priya Raman", "priya@corp.test"),),
    mail=MailSettings(mode="approve"),
)
GROUND = Ground("config", "1", lambda years: {}, lambda paths: ())
ONLY = frozenset({"sending"})

FAR_ACTS = ("send", "edit", "delete")
DESK_ACTS = ("undo", "discard", "rewrite")
WRITES = ("begin_run", "finish_run", "claim", "settle", "record")
CALLS = ("fetch_drafts", "find", "create", "update", "delete", "prepare", "send", "fetch_traces")


class Died(BaseException):
    """The process was killed."""


class Watched:
    """A port or journal whose named methods are points, before and after."""

    def __init__(self, inner, names, point):
        self._inner, self._names, self._point = inner, names, point

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if name not in self._names:
            return found

        def called(*args, **named):
            self._point(f"before {name}")
            answer = found(*args, **named)
            self._point(f"after {name}")
            return answer

        return called


@dataclass
class Plan:
    """What goes wrong: points at which the process dies, what the person does in the mail program at a point,
    and at the desk before a run; all count from 1.
    """

    deaths: tuple[int, ...] = ()
    acts: dict[int, str] = field(default_factory=dict)
    desk: dict[int, str] = field(default_factory=dict)
    fault: object = None
    searches: bool = True
    lag: timedelta = timedelta()
    pause: int = 0
    """Minutes in which nothing runs after the approval."""


class Scenario:
    """A life of one draft, from rendered to rest."""

    def __init__(self, plan, contents):
        self.plan = plan
        self.clock = SetClock(START)
        self.far = FarSide(self.clock.now, searches=plan.searches, lag=plan.lag, fault=plan.fault)
        self.inner = MemoryJournal()
        self.inner._now = contents.copy()
        self.given = []
        self.moves = []
        self.points = []
        self.waits = 0
        self.by_hand = False
        self.journal = Watched(self.inner, WRITES, self.point)
        port = Watched(self.far, CALLS, self.point)
        self.world = World(MemoryCalendar(), port, None, self.journal, self.clock, sender=port)
        self.states = {draft.id: draft.state for draft in self.recorded.drafts}

    @property
    def recorded(self):
        return self.inner.load(POLICY.person)

    @property
    def draft(self):
        return self.recorded.drafts[-1]

    def point(self, name):
        """Pass a point: see what was written, let the person act, die."""
        self.points.append(name)
        if name.startswith("after "):
            self._see_moves()
        here = len(self.points)
        if here in self.plan.acts:
            self.far.act(self.plan.acts[here])
        if name == "between runs":
            self.waits += 1
            if self.waits in self.plan.desk:
                self._at_the_desk(self.plan.desk[self.waits])
        if here in self.plan.deaths:
            raise Died

    def _see_moves(self):
        for draft in self.inner._now.records[type(self.draft)].values():
            old = self.states.get(draft.id)
            if old is not None and old is not draft.state:
                self.moves.append(Move(draft.id, old, draft.state, self.by_hand))
            self.states[draft.id] = draft.state

    # --- the person at the desk ----------------------------------------------------------------------

    def bench(self):
        return Bench(POLICY, self.world, self.recorded)

    def _at_the_desk(self, act):
        before, self.by_hand = self.by_hand, True
        try:
            with suppress(MagicloopError):
                if act == "undo":
                    review.undo(self.bench(), self.draft)
                    self._take_back()
                elif act == "discard":
                    review.discard(self.bench(), self.draft, "")
                    self._take_back()
                else:
                    words = review.NewWords(body_text=self.draft.body_text + "\nOne more line.\n")
                    review.edit(self.bench(), self.draft, words)
                    self._take_back()
        finally:
            self.by_hand = before

    def _take_back(self):
        now = self.clock.now()
        self.given = [replace(each, taken_back=each.taken_back or now) for each in self.given]

    def approve(self):
        """Approve what is shown, as the person does who reads it first; what fails is left for later."""
        self.by_hand = True
        try:
            shown, _ = review.refreshed(self.bench(), self.draft)
            review.approve(self.bench(), shown, shown.hash)
        except MagicloopError:
            return
        finally:
            self.by_hand = False
            self.note_approvals()

    def note_approvals(self):
        known = {each.approval.id for each in self.given}
        self.given += [Given(each) for each in self.recorded.approvals if each.id not in known]

    # --- the course of things ----------------------------------------------------------------------

    def run(self, minutes):
        self.clock.go(minutes=minutes)
        with suppress(Died):
            self.point("between runs")
            run_cycle(POLICY, self.world, GROUND, only=ONLY)
        self.far.runs += 1

    def play(self):
        """Live the whole life; return what is broken, one sentence each."""
        self.run(0)
        self.run(1)
        with suppress(Died):
            self.point("between runs")
            self.approve()
        self.note_approvals()
        for minutes in (self.plan.pause, 1, 1, 13, 15, 45, 120):
            self.run(minutes)
            if self.is_over():
                break
        self.far.fault = None
        for minutes in (15, 240, 360, 120):
            if self.is_over():
                break
            self.run(minutes)
        self.run(15)
        life = self.life()
        return sending_rules.broken_at_any_time(life) + sending_rules.broken_at_rest(life)

    def is_over(self):
        """Tell whether nothing that is planned can happen any more."""
        done = len(self.points) > max(self.plan.acts, default=0) and self.waits > max(
            self.plan.desk, default=0
        )
        draft = self.draft
        return (
            done
            and draft.state in FINAL
            and not draft.provider_id
            and not self.far.pending
            and not self.recorded.claims
        )

    def life(self):
        return Life(
            ledger=self.far.ledger(),
            recorded=self.recorded,
            given=tuple(self.given),
            moves=tuple(self.moves),
            touched=self.far.touched,
            overwritten=tuple(self.far.overwritten),
        )


def rendered():
    """Return a journal's contents with one offer rendered and not yet in place."""
    from jinja2 import FileSystemLoader

    from automations.compose.text import Composer
    from automations.errors import FaultClass, ProviderError
    from automations.model.policy import OffersPolicy
    from automations.resources import template_root

    box, journal, clock = MemoryMailbox(), MemoryJournal(), SetClock(START)
    box.fault = ProviderError("away", fault=FaultClass.TRANSIENT)
    world = World(MemoryCalendar(), box, Composer(FileSystemLoader(template_root())), journal, clock)
    offers = OffersPolicy(
        ideas=("take over the capacity report", "sit in for you in vendor calls"),
        on_track="The billing move is on plan.",
    )
    run_cycle(replace(POLICY, offers=offers), world, GROUND, only=frozenset({"offers"}))
    (draft,) = journal.load(POLICY.person).drafts
    assert draft.state is DraftState.RENDERED
    return journal._now

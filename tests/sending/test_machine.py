"""A draft's life in any order: runs, views, approvals, acts in the mail program and at the desk, time, faults."""

import sys
from contextlib import suppress
from pathlib import Path

from hypothesis import settings, target
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

sys.path.insert(0, str(Path(__file__).parent))

import exhaust
from far_side import KINDS, READS, Fault
from scenario import CALLS, DESK_ACTS, FAR_ACTS, Died, Plan, Scenario, rendered

from automations.desk import review
from automations.errors import MagicloopError
from automations.model.records import DraftState
from automations.testing import sending_rules

CONTENTS = rendered()
faults = st.none() | st.tuples(
    st.sampled_from(CALLS), st.integers(1, 2), st.sampled_from(sorted(KINDS)), st.booleans()
).map(lambda parts: Fault(*parts))
deaths = st.none() | st.integers(1, 20)


class DraftLife(RuleBasedStateMachine):
    """One draft, from any state on."""

    searches = True

    def __init__(self):
        super().__init__()
        self.life = Scenario(Plan(searches=self.searches), CONTENTS)
        self.views = []

    @initialize(start=st.sampled_from(["rendered", "waiting", "viewed", "approved", "sending", "unknown"]))
    def begin(self, start):
        """Start at every state there is, so that sends are not a rarity."""
        life = self.life
        if start == "rendered":
            return
        life.run(1)
        if start == "waiting":
            return
        self.view()
        if start == "viewed":
            return
        self.approve(0)
        if start == "approved":
            return
        life.far.fault = Fault("send", life.far.calls.get("send", 0) + 1, "timeout-before")
        life.run(1)
        life.far.fault = None
        if start == "unknown":
            life.far.act("delete")
            life.run(61)
            assert life.draft.state is DraftState.UNKNOWN

    @rule(fault=faults, death=deaths, minutes=st.integers(0, 40))
    def run(self, fault, death, minutes):
        life = self.life
        if fault is not None:
            fault.nth += life.far.calls.get(fault.method, 0)
            if fault.method in READS and fault.kind not in exhaust.READ_KINDS:
                fault = None
        life.far.fault = fault
        life.plan.deaths = (len(life.points) + death,) if death else ()
        life.run(minutes)
        life.far.fault, life.plan.deaths = None, ()

    @rule()
    def view(self):
        """Look at the draft: what is approved later may be any of these looks."""
        self.views.append(self.life.draft.hash)

    @rule(which=st.integers(0, 5))
    def approve(self, which):
        if not self.views:
            return
        life, shown = self.life, self.views[which % len(self.views)]
        life.by_hand = True
        with suppress(MagicloopError, Died):
            draft, _ = review.refreshed(life.bench(), life.draft)
            review.approve(life.bench(), draft, shown)
            assert draft.hash == shown, "only what was shown is approved"
        life.by_hand = False
        life.note_approvals()

    @rule(act=st.sampled_from(FAR_ACTS))
    def in_the_mail_program(self, act):
        if self.searches or act != "send":
            self.life.far.act(act)

    @rule(act=st.sampled_from(DESK_ACTS))
    def at_the_desk(self, act):
        self.life._at_the_desk(act)

    @rule(sent=st.booleans())
    def resolve(self, sent):
        """Say what became of a mail nobody can find: the truth, as a person who looked."""
        life = self.life
        if life.draft.state is not DraftState.UNKNOWN:
            return
        went = bool(life.far.messages)
        life.by_hand = True
        review.resolve(life.bench(), life.draft, sent=went)
        life.by_hand = False

    @rule(minutes=st.sampled_from([1, 9, 11, 61, 24 * 60, 73 * 60]))
    def time_passes(self, minutes):
        self.life.clock.go(minutes=minutes)

    @invariant()
    def holds(self):
        assert sending_rules.broken_at_any_time(self.life.life()) == []

    def teardown(self):
        life = self.life
        life.far.fault, life.plan.deaths = None, ()
        for minutes in (15, 70, 15, 12 * 60, 15):
            life.run(minutes)
        if life.draft.state is DraftState.APPROVED:
            life.run(73 * 60)
        target(float("after send" in life.points), label="reached a send")
        assert sending_rules.broken_at_rest(life.life()) == []


class DraftLifeOnFiles(DraftLife):
    """Where nobody can be asked what became of a mail."""

    searches = False


TestDraftLife = DraftLife.TestCase
TestDraftLifeOnFiles = DraftLifeOnFiles.TestCase
for case in (TestDraftLife, TestDraftLifeOnFiles):
    case.settings = settings(settings.default, stateful_step_count=25)

"""A small world for plans about invention blocks: a calendar, a journal, and a person who acts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from automations.model.records import Block, BlockState, Recorded, Run
from automations.model.seen import Busy, OwnBlocks, Seen, SeenBlock, Span, Unreadable
from automations.plan import actions as act
from automations.plan.invention import needed_busy, plan_invention


@dataclass
class World:
    """Applies actions to a calendar and a journal held in memory, as apply and the local provider do."""

    policy: object
    now: datetime
    busy: list[Busy] = field(default_factory=list)
    holidays: dict = field(default_factory=dict)
    events: dict[str, SeenBlock] = field(default_factory=dict)
    recorded: Recorded = None
    lost: bool = False
    unreadable: tuple[Unreadable, ...] = ()

    def __post_init__(self):
        if self.recorded is None:
            run = Run(1, self.policy.person, self.now, self.now)
            self.recorded = Recorded(self.policy.person, first_run=run, last_run=run)

    @property
    def seen(self):
        wanted = needed_busy(self.policy, self.now, self.recorded)
        busy = tuple(b for b in self.busy if wanted and b.span.overlaps(wanted))
        live = {b.id for b in self.recorded.blocks if b.state.live}
        found = {} if self.lost else {i: e for i, e in self.events.items() if i in live}
        return Seen(
            busy=busy,
            unreadable=self.unreadable,
            blocks=OwnBlocks(found, self.lost and bool(live)),
            holidays=self.holidays,
        )

    def plan(self):
        return plan_invention(self.policy, self.now, self.seen, self.recorded)

    def run(self):
        """Plan and apply; return what was decided."""
        decided = self.plan()
        for action in decided.actions:
            self.apply(action)
        self.recorded = replace(
            self.recorded,
            problems=decided.problems,
            last_run=Run(2, self.policy.person, self.now, self.now),
        )
        return decided

    def apply(self, action):
        block = action.block
        match action:
            case act.BookBlock():
                assert block.id not in self.events, "an id is never booked twice"
                assert block.state is BlockState.OWED
                assert block.span is None
                self._claim(block)
                self._put(block, block.target, BlockState.BOOKED)
            case act.MoveBlock():
                self._claim(block)
                state = BlockState.MOVED_BY_HAND if action.by_hand else block.state
                self._put(block, block.target, state)
            case act.RestoreBlock():
                self.lost = False
                old = self._known(block)
                self._put(replace(block, rev=old.rev), old.span, old.state)
            case act.CancelBlock():
                self.events.pop(block.id, None)
                self._claim(block)
            case act.AdoptBlock() | act.CloseBlock() | act.ReopenBlock():
                self._claim(block)
        months = [b.month for b in self.recorded.blocks if b.state.live]
        assert len(months) == len(set(months)), "one live block for a month"

    def _put(self, block, span, state):
        revision = f"r{block.sequence}"
        self.events[block.id] = SeenBlock(block.id, span, revision)
        self._claim(replace(block, span=span, target=None, state=state, revision=revision, rev=block.rev + 1))

    def _known(self, block):
        return next((b for b in self.recorded.blocks if b.id == block.id), None)

    def _claim(self, block: Block):
        old = self._known(block)
        assert block.rev == (old.rev + 1 if old else 1), "compare and swap"
        blocks = [b for b in self.recorded.blocks if b.id != block.id]
        self.recorded = replace(self.recorded, blocks=(*blocks, block))

    # --- what a person does -------------------------------------------------------------------

    def block(self, month):
        return max((b for b in self.recorded.blocks if b.month == month), key=lambda b: b.generation)

    def move_by_hand(self, block, span):
        self.events[block.id] = SeenBlock(block.id, span, self.events[block.id].revision + "+")

    def edit(self, block):
        self.events[block.id] = replace(self.events[block.id], revision="edited")

    def delete(self, block):
        del self.events[block.id]

    def invite(self, start, minutes, title="Surprise"):
        self.busy.append(Busy(Span(start, start + timedelta(minutes=minutes)), title))

    def at(self, *wall):
        self.now = datetime(*wall, tzinfo=UTC)
        return self


@pytest.fixture
def make_world():
    """Return the class of the small world."""
    return World

"""What a block is for: the problem of the month, two things to combine, the last idea.

All of it comes from the person's own lists and ledger, in turn and without chance.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from automations.plan.zones import say_month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Block, Month, Recorded

CAPTURE = 'magicloop idea add "..."'
"""What to type when the block is over and an idea is there."""


def problem_of(month: Month, problems: Sequence[str], blocks: Sequence[Block]) -> str:
    """Return the problem to think about: the month's own if it has one, else the one not seen for longest.

    Problems that never came up go first, in the order of the list. An empty list gives "".
    """
    listed = list(dict.fromkeys(problems))
    uses = [block for block in sorted(blocks, key=_age) if block.problem in listed]
    own = [block.problem for block in uses if block.month == month]
    if own:
        return own[-1]
    last_use = {block.problem: turn for turn, block in enumerate(uses)}
    return min(listed, key=lambda problem: last_use.get(problem, -1), default="")


def pair_of(combine: Sequence[str], blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return two things to combine, () when there are not two.

    No pair comes again before every pair had its turn, whichever way round it is written. Among the
    pairs whose turn it is, the one whose two things were away for longest.
    """
    listed = list(dict.fromkeys(combine))
    had: dict[frozenset[str], int] = {}
    last_use: dict[str, int] = {}
    for turn, block in enumerate(sorted(blocks, key=_age)):
        if block.pair:
            had[frozenset(block.pair)] = had.get(frozenset(block.pair), 0) + 1
            last_use.update(dict.fromkeys(block.pair, turn))

    def turn_of(pair: tuple[str, str]) -> tuple[int, int, int]:
        uses = [last_use.get(thing, -1) for thing in pair]
        return (had.get(frozenset(pair), 0), max(uses), sum(uses))

    return min(combinations(listed, 2), key=turn_of, default=())


def last_idea(recorded: Recorded, now: datetime) -> str:
    """Return the newest idea or improvement since the last block that began, "" when there is none."""
    begun = [block.span.start for block in recorded.blocks if block.span and block.span.start <= now]
    since = max(begun, default=None)
    entries = [
        entry
        for idea in recorded.ideas
        for entry in ((idea.created, idea.text), *idea.improvements)
        if since is None or entry[0] >= since
    ]
    return max(entries, key=lambda entry: entry[0], default=(now, ""))[1]


def event_facts(
    block: Block, minutes: int, policy: Policy, now: datetime, recorded: Recorded
) -> Mapping[str, object]:
    """Return what the event's text may state, as plain strings, numbers and lists."""
    return {
        "month": say_month(block.month),
        "minutes": minutes,
        "zone": block.zone,
        "problem": block.problem,
        "pair": list(block.pair),
        "last_idea": last_idea(recorded, now),
        "goals": [goal.text for goal in policy.goals],
        "capture": CAPTURE,
    }


def _age(block: Block) -> tuple[Month, int]:
    return (block.month, block.generation)

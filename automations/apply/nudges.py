"""Giving a notice; what it was about is remembered once it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.apply.carrying import carry_out, result_of
from automations.model.records import Outcome
from automations.model.sending import Nudge
from automations.plan.nudges import TITLE

if TYPE_CHECKING:
    from automations.apply.carrying import Bench, Result
    from automations.plan.actions import GiveNotice


def give_notice(bench: Bench, action: GiveNotice) -> Result:
    """Tell the person; one that may not have been seen is given again by the next run."""
    notifier = bench.world.notifier
    if notifier is None:
        return result_of(action, Outcome.SKIPPED, "nobody is to be told")
    person, now = bench.policy.person, bench.world.clock.now()
    return carry_out(
        bench,
        action,
        effect=lambda: notifier.notify(TITLE, action.body),
        done=lambda _: tuple(Nudge(person, subject, now) for subject in action.about),
    )

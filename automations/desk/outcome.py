"""What an act by hand makes of its results: done, or an error that says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from automations.apply import apply_action
from automations.errors import RefusedError
from automations.model.records import Outcome

if TYPE_CHECKING:
    from automations.apply import Bench, Result
    from automations.plan.actions import Action


@dataclass(frozen=True, slots=True)
class HandWork:
    """An act by hand that changes nothing outside, in the words of the log."""

    kind: str
    subject: str
    reason: str


def carry_out(bench: Bench, action: Action) -> None:
    """Apply an action a person asked for.

    :raises MagicloopError: it failed; the error is the provider's own.
    :raises RefusedError: it was not done because something changed meanwhile.
    """
    check_done(apply_action(bench, action))


def check_done(results: tuple[Result, ...]) -> None:
    """Return if all of it was done; raise as `carry_out` does where it was not."""
    for result in results:
        if result.error is not None:
            raise result.error
        if result.outcome is not Outcome.DONE:
            raise RefusedError(result.detail, where=result.subject, fix="magicloop run    (then try again)")

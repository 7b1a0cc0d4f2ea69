"""What a run found out by what failed in it: problems, and of which subjects it knows no more than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.errors import ProviderError
from automations.model.records import Outcome, Problem
from automations.plan.actions import SendDraft
from automations.plan.notices import failure_code
from automations.plan.sending import SENDING
from automations.plan.severities import severity_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.apply.carrying import Result


def fails_all_sends(result: Result) -> bool:
    """Tell whether a mail was not sent for a reason that is not its own: every other one would meet it too."""
    error = result.error
    return result.kind == SendDraft.kind and isinstance(error, ProviderError) and error.at_server


def failures(person: str, results: Sequence[Result], now: datetime) -> list[Problem]:
    """Turn each failed action into a problem that stands until it succeeds.

    What fails all sends is one problem, whichever mail met it: the next run may well begin with another.
    """
    return [
        Problem(
            person=person,
            code=failure_code(result.kind),
            subject=SENDING if fails_all_sends(result) else result.subject,
            severity=severity_of(result.error),
            what=result.error.what,
            where=result.error.where,
            fix=result.error.fix or "magicloop run",
            since=now,
        )
        for result in results
        if result.error is not None
    ]


def settled_subjects(results: Sequence[Result]) -> frozenset[str]:
    """Return of which subjects a run found out whether sending them fails, `SENDING` once one was tried."""
    tried = [result for result in results if result.outcome is not Outcome.SKIPPED]
    found = {result.subject for result in tried if not fails_all_sends(result)}
    return frozenset({*found, *(SENDING for result in tried if result.kind == SendDraft.kind)})


def mended(results: Sequence[Result]) -> frozenset[tuple[str, str]]:
    """Return (kind, subject) of what a run did; a mail that went also shows that sending works."""
    done = [result for result in results if result.outcome is Outcome.DONE]
    sent = [(SendDraft.kind, SENDING)] if any(each.kind == SendDraft.kind for each in done) else []
    return frozenset((*((each.kind, each.subject) for each in done), *sent))

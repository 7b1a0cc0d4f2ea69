"""How one action is carried out: claim, effect, outcome.

A claim is one transaction, then the effect happens outside any transaction, then one transaction
records the outcome. An effect that may or may not have happened leaves its claim open, and the
next run's recovery decides from what it finds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from automations.errors import ClaimOpenError, ConflictError, FaultClass, MagicloopError, ProviderError
from automations.model.records import LogEntry, Outcome
from automations.plan.notices import failure_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from automations.clock import Clock
    from automations.model.policy import Policy
    from automations.model.records import Record, Recorded
    from automations.model.seen import Span
    from automations.plan.actions import Action
    from automations.ports import Calendar, Journal, Mailbox, Monitor, Notifier, Renderer, Sender

T = TypeVar("T")

LATE_SECONDS = 60.0
"""An effect that would come this long after its claim does not happen: the machine slept."""

STALE_SECONDS = 600.0
"""What was decided from a memory older than this is not begun: the machine slept on it. More than a busy run takes."""

SLEPT = "the machine slept; the next run looks again"
CHANGED = "changed outside meanwhile; the next run looks again"


@dataclass(frozen=True, slots=True)
class World:
    """Everything a run may touch, as ports. `newline` is the line end of mail files here.

    Without a `sender` an approved mail is handed over to the person, and nothing here can send; without a
    `notifier` nobody is told outside the terminal, and without a `monitor` nobody watches over the runs.
    """

    calendar: Calendar
    mailbox: Mailbox
    renderer: Renderer
    journal: Journal
    clock: Clock
    newline: str = "\r\n"
    sender: Sender | None = None
    notifier: Notifier | None = None
    monitor: Monitor | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one action. `error` is set when it failed and a person should know why.

    `span` is the block's time where the action was about one.
    """

    kind: str
    subject: str
    outcome: Outcome
    reason: str
    detail: str = ""
    error: MagicloopError | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What an action is carried out with: one person, one memory, one run (None: by hand).

    `claimed` holds the claims that were made beforehand, by kind and subject. `read_at` is when the memory was
    read, in seconds of `Clock.boot_seconds`; None where its age does not matter.
    """

    policy: Policy
    world: World
    recorded: Recorded
    run: int | None = None
    claimed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    read_at: float | None = None


def result_of(
    action: Action,
    outcome: Outcome,
    detail: str = "",
    *,
    error: MagicloopError | None = None,
    span: Span | None = None,
) -> Result:
    """Return what became of `action`."""
    return Result(action.kind, action.subject, outcome, action.reason, detail, error, span)


def note(bench: Bench, action: Action, changes: tuple[Record, ...]) -> Result:
    """Carry out an action that touches only the journal."""
    bench.world.journal.record(entry_of(bench, action, Outcome.DONE, action.reason), changes)
    return result_of(action, Outcome.DONE)


class Described(Protocol):
    """What the log needs to know of an act."""

    @property
    def kind(self) -> str:
        """The verb and noun."""

    @property
    def subject(self) -> str:
        """What it is about."""


def entry_of(bench: Bench, action: Described, outcome: Outcome, detail: str) -> LogEntry:
    """Return the log line of an action that has no claim."""
    return LogEntry(
        person=bench.policy.person,
        at=bench.world.clock.now(),
        kind=action.kind,
        subject=action.subject,
        outcome=outcome,
        detail=detail,
        run=bench.run,
    )


def carry_out(
    bench: Bench,
    action: Action,
    *,
    effect: Callable[[], T],
    done: Callable[[T], tuple[Record, ...]],
    before: tuple[Record, ...] = (),
    undone: Callable[[ProviderError | None, str], tuple[Record, ...]] = lambda *_: (),
    span: Span | None = None,
    detail: Callable[[T], str] | None = None,
    until_done: bool = False,
) -> Result:
    """Claim with the records `before`, make the `effect`, record what `done` makes of it.

    `undone` returns the records when the effect certainly did not happen, from the error (None: it was not
    tried) and what was said of it. `detail` says how it went where
    the action's reason does not. With `until_done` the claim stays open when the effect failed, so that
    the next run makes it.
    """
    journal, clock = bench.world.journal, bench.world.clock
    claimed_at = clock.boot_seconds()
    stale = bench.read_at is not None and claimed_at - bench.read_at > STALE_SECONDS
    held = bench.claimed.get((action.kind, action.subject))
    if stale and held is None:
        return result_of(action, Outcome.SKIPPED, SLEPT)
    claim = held or _claim(bench, action, before)

    def settle(outcome: Outcome, detail: str, changes: tuple[Record, ...]) -> None:
        if outcome is Outcome.DONE or not until_done:
            journal.settle(claim, at=clock.now(), outcome=outcome, detail=detail, changes=changes)

    if stale or clock.boot_seconds() - claimed_at > LATE_SECONDS:
        settle(Outcome.SKIPPED, SLEPT, undone(None, SLEPT))
        return result_of(action, Outcome.SKIPPED, SLEPT)
    try:
        seen = effect()
    except ConflictError as error:
        settle(Outcome.SKIPPED, str(error), undone(None, str(error)))
        return result_of(action, Outcome.SKIPPED, CHANGED)
    except ProviderError as error:
        if error.fault is FaultClass.AMBIGUOUS:
            return result_of(action, Outcome.UNKNOWN, str(error), error=error)
        settle(Outcome.FAILED, str(error), undone(error, str(error)))
        return result_of(action, Outcome.FAILED, str(error), error=error)
    said = detail(seen) if detail else action.reason
    settle(Outcome.DONE, said, done(seen))
    return result_of(action, Outcome.DONE, said if detail else "", span=span)


def claim_ahead(bench: Bench, actions: Iterable[Action]) -> Bench:
    """Return a bench with a claim open for each of the actions, before any effect is made."""
    claimed = dict(bench.claimed)
    for action in actions:
        if (action.kind, action.subject) not in claimed:
            with suppress(ClaimOpenError):
                claimed[action.kind, action.subject] = _claim(bench, action)
    return replace(bench, claimed=claimed)


def _claim(bench: Bench, action: Action, before: tuple[Record, ...] = ()) -> int:
    return bench.world.journal.claim(
        bench.policy.person,
        run=bench.run,
        at=bench.world.clock.now(),
        kind=action.kind,
        subject=action.subject,
        changes=before,
    )


def failed_before(
    bench: Bench, action: Action, error: MagicloopError, changes: tuple[Record, ...] = ()
) -> Result:
    """Record a failure that came before anything was claimed, once as long as it stays the same.

    With `changes` it is recorded each time; a run that fails as before then adds no line to the log.
    """
    key = (failure_code(action.kind), action.subject)
    known = any(problem.key == key and problem.what == error.what for problem in bench.recorded.problems)
    if changes or not known:
        detail = f"{error.where}: {error.what}" if error.where else error.what
        bench.world.journal.record(entry_of(bench, action, Outcome.FAILED, detail), changes)
    return result_of(action, Outcome.FAILED, str(error), error=error)

"""One run: recover, observe, plan, apply, log. The caller holds the run lock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from automations.apply import Bench, Result, World, apply_all
from automations.apply.failures import failures, mended, settled_subjects
from automations.errors import ConflictError, ExitCode, PlanRefusedError, ProviderError
from automations.model.records import LogEntry, Outcome, Problem, RunOutcome, Severity
from automations.model.wake import Wake
from automations.observe import observe, observe_claims
from automations.plan.actions import GiveNotice
from automations.plan.clock_check import CLOCK_WRONG, as_seen_by, words_of_ahead
from automations.plan.cycle import plan_cycle, unlooked
from automations.plan.needs import plan_needs
from automations.plan.notices import Notices, next_reminder, plan_notices, still_unmended
from automations.plan.nudges import plan_nudge
from automations.plan.pings import PING_FAILED, counting, ping_problem, ping_status
from automations.plan.recovery import plan_recovery
from automations.plan.sending import still_failing
from automations.plan.severities import exit_code_of
from automations.plan.sign_in_end import plan_sign_in_end
from automations.plan.silence import SUBJECT, silence_of, still_shown, stopped_problem
from automations.plan.which_calendar import in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date, datetime

    from automations.model.policy import Policy
    from automations.model.records import Recorded, Run
    from automations.model.seen import SignInLife
    from automations.model.uptime import Uptime
    from automations.plan.actions import Action, Plan
    from automations.plan.needs import Needs
    from automations.plan.recovery import Settlement
    from automations.ports import Monitor


@dataclass(frozen=True, slots=True)
class Ground:
    """What a run stands on beside the world: how to tell later that nothing changed.

    `config` is the path of the config file; `sign_in` tells how long the sign-in lasts, where there is one;
    `uptime` is the machine's; `scheduled` what to type where the schedule does not call, "" where there is none that
    could have stopped.
    """

    config: str
    version: str
    holidays: Callable[[tuple[int, ...]], Mapping[date, str]]
    fingerprints: Callable[[Sequence[str]], tuple[tuple[str, str], ...]]
    sign_in: Callable[[], SignInLife | None] = lambda: None
    uptime: Callable[[], Uptime | None] = lambda: None
    scheduled: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. `plan` is None when it was refused."""

    run: Run
    outcome: RunOutcome
    results: tuple[Result, ...] = ()
    notices: Notices = field(default_factory=lambda: Notices((), (), ()))
    due: datetime | None = None
    refusal: PlanRefusedError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """What the refusal says, or what the problems say that stand at its end."""
        if self.refusal is not None:
            return self.refusal.exit_code
        return exit_code_of(problem.severity for problem in counting(self.notices.standing))


def preview(
    policy: Policy,
    world: World,
    ground: Ground,
    *,
    only: frozenset[str] = frozenset(),
    clock_is_right: bool = False,
) -> tuple[Plan, Recorded]:
    """Return what a run would do now, and the memory it was decided from. Nothing is changed."""
    now = world.clock.now()
    recorded = as_seen_by(now, world.journal.load(policy.person), clock_is_right=clock_is_right)
    needs = plan_needs(policy, now, recorded, only)
    seen = observe(needs, world.calendar, world.mailbox, ground.holidays)
    return plan_cycle(policy, now, seen, recorded, only=only), recorded


def run_cycle(
    policy: Policy,
    world: World,
    ground: Ground,
    *,
    only: frozenset[str] = frozenset(),
    clock_is_right: bool = False,
) -> Report:
    """Make one run and record it. Running again at once changes nothing.

    `clock_is_right`: a person says so, whatever time earlier runs were made at.
    """
    watch = _Watch(policy, world.monitor, world.monitor.start() if world.monitor else None)
    now, began = world.clock.now(), world.clock.boot_seconds()
    run = replace(world.journal.begin_run(policy.person, now), uptime=ground.uptime())
    loaded = world.journal.load(policy.person)
    try:
        before = as_seen_by(now, loaded, clock_is_right=clock_is_right)
        recovered, recorded = _recover(policy, world, before, run)
        recorded = as_seen_by(now, recorded, clock_is_right=clock_is_right)
        needs = plan_needs(policy, now, recorded, only)
        watched = _watched(world, ground, needs, recorded)
        seen = observe(needs, world.calendar, world.mailbox, ground.holidays)
        plan = plan_cycle(policy, now, seen, recorded, only=only)
    except PlanRefusedError as refusal:
        return _refuse(world, run, loaded, refusal, watch)
    if before is not loaded:
        entry = LogEntry(run.person, now, "clock", "", "believed", words_of_ahead(loaded), run.id)
        world.journal.record(entry)
    applied = apply_all(Bench(policy, world, recorded, run.id, read_at=began), plan.actions)
    told, held = _tell(policy, world, run, plan)
    results = (*recovered, *applied, *told)
    found, look = _found(policy, world, ground, run, before, plan, results, only)
    notices = watch.told(before.problems, found, now, done=mended(results))
    _log_notices(world, run, notices, now)
    plan = replace(plan, due=min(filter(None, (plan.due, held, look)), default=None))
    wake = None if only else _wake(policy, plan, results, notices, ground, watched)
    return _finish(world, run, plan, results, notices, wake)


def _found(
    policy: Policy,
    world: World,
    ground: Ground,
    run: Run,
    before: Recorded,
    plan: Plan,
    results: Sequence[Result],
    only: frozenset[str],
) -> tuple[list[Problem], datetime | None]:
    """Return every problem that stands now, whoever saw it, and when a run has to look for one that will come."""
    now = run.started
    ending, look = plan_sign_in_end(policy.person, ground.sign_in(), policy.me.zone, now)
    found = [
        *plan.problems,
        *failures(policy.person, results, now),
        *still_failing(before, settled_subjects(results)),
        *_untold(world, before, results, now),
        *(problem for problem in before.problems if unlooked(problem, only)),
        *plan.unsure,
        *ending,
        *_silence(policy, world, ground, run, before),
    ]
    return found, look


def _finish(
    world: World,
    run: Run,
    plan: Plan,
    results: tuple[Result, ...],
    notices: Notices,
    wake: Wake | None,
) -> Report:
    """Record how the run ended, and report it."""
    outcome, finished = run_outcome(results, notices.standing), world.clock.now()
    world.journal.finish_run(run, at=finished, outcome=outcome, problems=notices.standing, wake=wake)
    ended = replace(run, finished=finished, outcome=outcome)
    return Report(ended, outcome, results, notices, next_look(plan, notices.standing))


def _silence(policy: Policy, world: World, ground: Ground, run: Run, before: Recorded) -> list[Problem]:
    """Return what to tell of the time before this run, where the schedule should have called and did not.

    One of a machine that was off or asleep is a line in the log.
    """
    now, zone = run.started, policy.me.zone
    shown = still_shown(before.problems, now)
    refused = any(problem.code == CLOCK_WRONG for problem in before.problems)  # then runs did come
    silence = None if refused else silence_of(before, now, run.uptime)
    fix = ground.scheduled() if silence is not None else ""
    if silence is None or not fix:
        return shown
    outcome = "stopped" if silence.stopped else "off"
    entry = LogEntry(run.person, now, "silence", SUBJECT, outcome, silence.words(zone), run.id)
    world.journal.record(entry)
    return [*shown, stopped_problem(run.person, silence, zone, fix)] if silence.stopped else shown


def _tell(policy: Policy, world: World, run: Run, plan: Plan) -> tuple[tuple[Result, ...], datetime | None]:
    """Tell the person outside the terminal what waits by now; return what came of it, and when to tell the rest."""
    if world.notifier is None:
        return (), None
    recorded, now = world.journal.load(policy.person), world.clock.now()
    notice, held = plan_nudge(policy, now, recorded, plan.problems)
    return (apply_all(Bench(policy, world, recorded, run.id), (notice,)) if notice else ()), held


def _untold(world: World, before: Recorded, results: Sequence[Result], now: datetime) -> list[Problem]:
    """Return the failed notice that nothing was to be told of since, so that it may fail again."""
    if world.notifier is None or any(each.kind == GiveNotice.kind for each in results):
        return []
    return still_unmended(before.problems, GiveNotice.kind, now)


def _log_notices(world: World, run: Run, notices: Notices, now: datetime) -> None:
    """Log which problems began and which are over: a line each, not one a run."""
    for outcome, problems in (("standing", notices.begun), ("over", notices.ended)):
        for problem in problems:
            detail = f"{problem.code}: {problem.what}"
            entry = LogEntry(run.person, now, "problem", problem.subject, outcome, detail, run.id)
            world.journal.record(entry)


@dataclass(frozen=True, slots=True)
class _Watch:
    """The monitor over one run, and why it did not hear of the run's begin."""

    policy: Policy
    monitor: Monitor | None
    fault: ProviderError | None

    def told(
        self,
        before: Sequence[Problem],
        found: Sequence[Problem],
        now: datetime,
        status: ExitCode | None = None,
        done: Collection[tuple[str, str]] = (),
    ) -> Notices:
        """Tell the monitor how the run ends; return the notices, one that it was not reached among them.

        A run that is not the scheduler's does not ping, and leaves that problem as it was.
        """
        if self.monitor is None:
            kept = [each for each in before if each.code == PING_FAILED and self.policy.monitor]
            return plan_notices(before, [*found, *kept], now, done=done)
        if status is None:
            status = ping_status(plan_notices(before, found, now).standing)
        ended = self.monitor.end(status)
        problem = ping_problem(self.policy.person, self.fault, ended, now)
        return plan_notices(before, [*found, problem] if problem else found, now, done=done)


def _refuse(world: World, run: Run, before: Recorded, refusal: PlanRefusedError, watch: _Watch) -> Report:
    """Record that nothing was decided; everything else stands as it was, and the next run looks again."""
    now = run.started
    known = next((problem for problem in before.problems if problem.code == CLOCK_WRONG), None)
    if known is not None and now < known.since:
        known = None  # the clock was set again, and is another wrong one
    problem = Problem(
        person=run.person,
        code=CLOCK_WRONG,
        subject="clock",
        severity=Severity.ERROR,
        what=refusal.what,
        where=refusal.where,
        fix=refusal.fix,
        since=now,
    )
    others = [other for other in before.problems if other.code not in (CLOCK_WRONG, PING_FAILED)]
    pings = [other for other in before.problems if other.code == PING_FAILED]
    told = watch.told([*pings, *([known] if known else [])], [problem], now, refusal.exit_code)
    notices = Notices((*others, *told.standing), told.told, told.recovered)
    _log_notices(world, run, told, now)
    world.journal.finish_run(run, at=now, outcome=RunOutcome.REFUSED, problems=notices.standing, wake=None)
    return Report(
        replace(run, finished=now, outcome=RunOutcome.REFUSED), RunOutcome.REFUSED, (), notices, None, refusal
    )


def _recover(
    policy: Policy, world: World, recorded: Recorded, run: Run
) -> tuple[tuple[Result, ...], Recorded]:
    """Settle what an interrupted run left open, before anything else; return the memory as it then is."""
    if not recorded.claims:
        return (), recorded
    evidence = observe_claims(recorded, world.calendar, world.mailbox, world.sender, in_use(policy))
    settlements = plan_recovery(recorded, evidence, world.clock.now())
    results: list[Result] = []
    again: list[Action] = []
    claimed: dict[tuple[str, str], int] = {}
    for settlement in settlements:
        stands = True
        if settlement.outcome is None:
            claimed[settlement.claim.kind, settlement.claim.subject] = settlement.claim.id
        else:
            result, stands = _settle(world, settlement, settlement.outcome)
            results.append(result)
        if settlement.again is not None and stands:
            again.append(settlement.again)
    if again:
        fresh = world.journal.load(policy.person)
        results.extend(apply_all(Bench(policy, world, fresh, run.id, claimed), again))
    return tuple(results), world.journal.load(policy.person)


def _settle(world: World, settlement: Settlement, ended: Outcome) -> tuple[Result, bool]:
    """Record how an interrupted claim ended, and tell whether that went as decided.

    Where its records were written since, those stand and the decision does not.
    """
    claim, at = settlement.claim, world.clock.now()
    outcome = Outcome.DONE if ended is Outcome.DONE else Outcome.SKIPPED
    detail, stands = settlement.detail, True
    try:
        world.journal.settle(claim.id, at=at, outcome=ended, detail=detail, changes=settlement.changes)
    except ConflictError as error:
        outcome, detail = Outcome.SKIPPED, f"interrupted; what was recorded since stands ({error})"
        stands = False
        world.journal.settle(claim.id, at=at, outcome=Outcome.SKIPPED, detail=detail)
    return Result(claim.kind, claim.subject, outcome, "an earlier run was interrupted", detail), stands


def _watched(
    world: World, ground: Ground, needs: Needs, recorded: Recorded
) -> tuple[tuple[str, str], ...] | None:
    """Fingerprint what would make the next run look; taken before looking, so that no change is missed.

    Where only asking tells, every run asks for as long as there is something to watch: then None.
    """
    paths: list[str] = []
    asked = (
        (world.calendar, needs.busy is not None or bool(needs.blocks)),
        (world.mailbox, bool(needs.drafts)),
    )
    for port, watching in asked:
        watched = port.watched()
        if watched is not None:
            paths.extend(watched)
        elif watching or recorded.claims:
            return None
    return ground.fingerprints(paths)


def run_outcome(results: Sequence[Result], standing: Sequence[Problem]) -> RunOutcome:
    """Return how a run ended: nothing to do, all done, something left undone, or nothing achieved."""
    done = any(result.outcome is Outcome.DONE for result in results)
    failed = any(result.outcome in (Outcome.FAILED, Outcome.UNKNOWN) for result in results)
    undone = failed or any(problem.severity is not Severity.WARNING for problem in counting(standing))
    if failed and not done:
        return RunOutcome.FAILED
    if undone:
        return RunOutcome.PARTIAL
    return RunOutcome.OK if done else RunOutcome.NOTHING


def next_look(plan: Plan, standing: Sequence[Problem]) -> datetime | None:
    """Return when there will be something to do or to remind of, None when every run must look."""
    instants = [instant for instant in (plan.due, next_reminder(standing)) if instant is not None]
    return min(instants, default=None)


def _wake(
    policy: Policy,
    plan: Plan,
    results: Sequence[Result],
    notices: Notices,
    ground: Ground,
    watched: tuple[tuple[str, str], ...] | None,
) -> Wake | None:
    """Return when a run has something to do again; None: every run must look.

    After a change, or while a problem stands, the next run looks whatever the time: then the wake
    names no config, which none matches.
    """
    due = next_look(plan, notices.standing)
    if due is None or watched is None:
        return None
    restless = bool(results) or any(p.severity is not Severity.WARNING for p in notices.standing)
    config = "" if restless else ground.config
    return Wake(due, config, ground.version, watched, monitored=bool(policy.monitor))

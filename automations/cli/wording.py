"""Actions, results and problems in the words a person reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from automations.model.records import Outcome, Severity
from automations.plan.actions import CreateDraft
from automations.plan.zones import say_month, say_when

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from automations.apply import Result
    from automations.model.records import Draft, Problem, Run
    from automations.model.seen import Span
    from automations.plan.actions import Action

JUST_NOW = timedelta(minutes=1)

DONE = {
    "open-cycle": "opened",
    "close-cycle": "closed",
    "book-block": "booked",
    "move-block": "moved",
    "cancel-block": "cancelled",
    "restore-block": "restored",
    "adopt-block": "noted",
    "close-block": "noted",
    "reopen-block": "opened again",
    "propose-talk": "proposed",
    "create-draft": "drafted",
    "reopen-draft": "opened again",
    "restore-draft": "restored",
    "remove-copy": "tidied",
    "update-draft": "updated",
    "adopt-draft": "read in",
    "note-copy": "noted",
    "close-draft": "closed",
}
FUTURE = {
    "open-cycle": "open",
    "close-cycle": "close",
    "book-block": "book",
    "move-block": "move",
    "cancel-block": "cancel",
    "restore-block": "restore",
    "adopt-block": "note",
    "close-block": "note",
    "reopen-block": "open again",
    "propose-talk": "propose",
    "create-draft": "draft",
    "reopen-draft": "open again",
    "restore-draft": "restore",
    "remove-copy": "tidy",
    "update-draft": "update",
    "adopt-draft": "read in",
    "note-copy": "note",
    "close-draft": "close",
}


BOOKKEEPING = 2
"""The rank of what a person need not read first."""

Line = tuple[str, str]
"""What was done, or "" where the line above goes on; and to what."""


def rank_of(kind: str) -> int:
    """Return where an action stands in a report: blocks, mails, then the loop's bookkeeping."""
    ranks = {"block": 0, "talk": 0, "draft": 1, "copy": 1}
    return ranks.get(kind.rpartition("-")[2], BOOKKEEPING)


def what_of(kind: str, subject: str, drafts: Sequence[Draft] = ()) -> str:
    """Return what an action is about, in words; `drafts` tell what the mail of a key says."""
    if kind.endswith("-block"):
        return f"invention time for {say_month(subject)}"
    if kind.endswith("-talk"):
        return f"a talk in person after {subject.partition(' ')[0]}"
    if kind.endswith("-cycle"):
        boss, _, month = subject.rpartition(" ")
        return f"the loop with {boss}, {say_month(month)}"
    mail = next((draft for draft in reversed(drafts) if draft.key == subject), None)
    return f'"{mail.subject}" to {", ".join(mail.to)}' if mail else f"the mail {subject}"


def span_of(action: Action) -> Span | None:
    """Return the time a planned block takes, None for other actions."""
    block = getattr(action, "block", None)
    if block is None:
        return None
    span: Span | None = block.target or block.span
    return span


def action_json(action: Action, zone: str) -> dict[str, Any]:
    """Return a planned action as the contract's fields."""
    span = span_of(action)
    return {
        "kind": action.kind,
        "subject": action.subject,
        "reason": action.reason,
        "detail": say_when(span, zone, with_zone=True) if span else "",
    }


def result_json(result: Result, zone: str) -> dict[str, Any]:
    """Return a result as the contract's fields."""
    when = say_when(result.span, zone, with_zone=True) if result.span else ""
    return {
        "kind": result.kind,
        "subject": result.subject,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "detail": result.detail or when,
    }


def result_lines(results: Sequence[Result], zone: str, drafts: Sequence[Draft] = ()) -> list[Line]:
    """Return what was done: a line each and the reason below, the loop's bookkeeping last and in brief."""
    lines: list[Line] = []
    for result in sorted(results, key=lambda each: rank_of(each.kind)):
        done = result.outcome is Outcome.DONE
        verb = DONE.get(result.kind, "done") if done else result.outcome.value
        what = what_of(result.kind, result.subject, drafts)
        lines.extend(_entry(verb, result.kind, what, result.span, result.detail or result.reason, zone))
    return lines


def action_lines(actions: Sequence[Action], zone: str) -> list[Line]:
    """Return what would be done, in the form of `result_lines`."""
    lines: list[Line] = []
    for action in sorted(actions, key=lambda each: rank_of(each.kind)):
        what = _planned(action)
        lines.extend(_entry(FUTURE[action.kind], action.kind, what, span_of(action), action.reason, zone))
    return lines


def _planned(action: Action) -> str:
    """Return what a planned action is about; a mail still to be written has no subject yet."""
    draft: Draft | None = getattr(action, "draft", None)
    if isinstance(action, CreateDraft) and draft is None:
        return f"a mail to {', '.join(action.to)}"
    return what_of(action.kind, action.subject, () if draft is None else (draft,))


def _entry(verb: str, kind: str, what: str, span: Span | None, reason: str, zone: str) -> list[Line]:
    if rank_of(kind) == BOOKKEEPING:
        return [(verb, f"{what} ({reason})")]
    if span is None:
        return [(verb, what), ("", reason)]
    return [
        (verb, f"{say_when(span, zone, with_zone=True)}: {what}"),
        ("", reason_alone(reason, span, zone)),
    ]


def reason_alone(reason: str, span: Span, zone: str) -> str:
    """Return a reason without the time it begins with, where that time is shown beside it."""
    return reason.removeprefix(f"{say_when(span, zone, with_year=False)}: ")


def told_once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems without those of the same cause: one token file can hide drafts and calendar.

    Where it was noticed does not count when the cure is a sign-in, or names the file itself; an outage is
    told once with every place that it hides.
    """
    causes: dict[tuple[str, str, str], Problem] = {}
    for one in problems:
        passes = one.severity is Severity.TEMPORARY
        elsewhere = passes or one.severity is Severity.SIGN_IN or "/" in one.fix
        cause = (one.what, one.fix, "" if elsewhere else one.where)
        told = causes.setdefault(cause, one)
        if passes and one.where and one.where not in told.where.split(", "):
            causes[cause] = replace(told, where=", ".join(filter(None, (told.where, one.where))))
    return tuple(causes.values())


def problem_lines(problem: Problem, zone: str, now: datetime) -> list[str]:
    """Return what is wrong, since when, and what to do: three lines at most."""
    fresh = now - problem.since < JUST_NOW
    since = "" if fresh else f"  (since {say_when(problem.since, zone, with_year=False)})"
    lines = [f"{problem.severity.value.replace('_', ' ')}: {problem.what}{since}"]
    if problem.where:
        lines.append(f"  where: {problem.where}")
    if problem.fix:
        lines.append(f"  fix:   {problem.fix}")
    return lines


def problem_json(problem: Problem, zone: str) -> dict[str, Any]:
    """Return a standing problem as the contract's fields."""
    return {
        "code": problem.code,
        "subject": problem.subject,
        "severity": problem.severity.value,
        "what": problem.what,
        "where": problem.where,
        "since": local_iso(problem.since, zone),
        "fix": problem.fix,
    }


def run_json(run: Run, zone: str) -> dict[str, Any]:
    """Return a run as the contract's fields."""
    return {
        "id": run.id,
        "started": local_iso(run.started, zone),
        "finished": local_iso(run.finished, zone),
        "outcome": str(run.outcome),
    }


def local_iso(at: datetime | None, zone: str) -> str | None:
    """Return an instant as RFC 3339 with the offset of the person's zone."""
    from automations.plan.zones import local

    return None if at is None else local(at, zone).isoformat(timespec="seconds")

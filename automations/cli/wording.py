"""Actions, results and problems in the words a person reads."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from automations.model.records import Outcome
from automations.plan.zones import say_month, say_when

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.apply import Result
    from automations.model.records import Problem
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
    "create-draft": "drafted",
    "restore-draft": "restored",
    "remove-copy": "tidied",
    "update-draft": "updated",
    "adopt-draft": "read in",
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
    "create-draft": "draft",
    "restore-draft": "restore",
    "remove-copy": "tidy",
    "update-draft": "update",
    "adopt-draft": "read in",
    "close-draft": "close",
}


def what_of(kind: str, subject: str) -> str:
    """Return what an action is about, in words."""
    if kind.endswith("-block"):
        return f"invention time for {say_month(subject)}"
    if kind.endswith("-cycle"):
        boss, _, month = subject.rpartition(" ")
        return f"the loop with {boss} for {say_month(month)}"
    return f"draft {subject}"


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


def result_rows(results: Sequence[Result], zone: str) -> list[tuple[str, str]]:
    """Return a line a result, with its time and its reason below."""
    rows = []
    for result in results:
        verb = DONE[result.kind] if result.outcome is Outcome.DONE else result.outcome.value
        when = f"{say_when(result.span, zone, with_zone=True)}  " if result.span else ""
        rows.append((verb, f"{when}{what_of(result.kind, result.subject)}"))
        rows.append(("", result.detail or result.reason))
    return rows


def action_rows(actions: Sequence[Action], zone: str) -> list[tuple[str, str]]:
    """Return a line an action, with its time and its reason below."""
    rows = []
    for action in actions:
        span = span_of(action)
        when = f"{say_when(span, zone, with_zone=True)}  " if span else ""
        rows.append((FUTURE[action.kind], f"{when}{what_of(action.kind, action.subject)}"))
        rows.append(("", action.reason))
    return rows


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


def local_iso(at: datetime | None, zone: str) -> str | None:
    """Return an instant as RFC 3339 with the offset of the person's zone."""
    from automations.plan.zones import local

    return None if at is None else local(at, zone).isoformat(timespec="seconds")

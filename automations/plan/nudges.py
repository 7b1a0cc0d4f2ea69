"""When the person is told outside the terminal that something waits: each draft and each due thing once.

A notice says how much waits and where to go; no word of a mail, no name. What is not of an incident waits for
working hours, so that no telephone rings at night for a help mail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from automations.plan.actions import GiveNotice
from automations.plan.incident_record import awaited
from automations.plan.incidents import UPDATE_DUE, UPDATE_OVERDUE
from automations.plan.promises import OVERDUE
from automations.plan.waiting import waits
from automations.plan.windows import day_windows
from automations.plan.zones import local

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Problem, Recorded

TITLE: Final = "magicloop"
PRESSING: Final = "incident:"
"""What the keys of drafts begin with that are told of at any hour."""

_DAYS_AHEAD = 15
_WORDS: Final = {
    UPDATE_DUE: "{} is due.",
    UPDATE_OVERDUE: "{} is overdue.",
    OVERDUE: "A promise is overdue.",
}
"""What is said of a standing problem; its subject is an incident's number, never a name."""

NEAR: Final = timedelta(minutes=15)
"""How long before its promise an incident's next mail is told of."""


def plan_nudge(
    policy: Policy, now: datetime, recorded: Recorded, problems: Sequence[Problem]
) -> tuple[GiveNotice | None, datetime | None]:
    """Return the notice to give now, and when one that is held back for the night will be due.

    `recorded` is the memory after the run's own changes, `problems` those that stand.
    """
    told = {nudge.subject for nudge in recorded.nudges}
    drafts = [draft for draft in recorded.drafts if waits(draft, now) and f"draft:{draft.id}" not in told]
    opens = next_working_time(policy, now)
    held = [draft for draft in drafts if not draft.key.startswith(PRESSING) and opens > now]
    fresh = [draft for draft in drafts if draft not in held]
    due = [problem for problem in problems if problem.code in _WORDS and _subject_of(problem) not in told]
    nearing, later = _nearing(recorded, now)
    near = {subject: words for subject, words in nearing.items() if subject not in told}
    again = min([*later, *([opens] if held else [])], default=None)
    about = (*(f"draft:{each.id}" for each in fresh), *near, *(_subject_of(problem) for problem in due))
    if not about:
        return None, again
    said = [*near.values(), *(_WORDS[problem.code].format(problem.subject) for problem in due)]
    if fresh:
        waiting = sum(waits(draft, now) for draft in recorded.drafts)
        said.append(f"{waiting} {'mail waits' if waiting == 1 else 'mails wait'} for you.")
    body = " ".join([*said, "magicloop review"])
    return GiveNotice(about, body, " ".join(said)), again


def _nearing(recorded: Recorded, now: datetime) -> tuple[dict[str, str], list[datetime]]:
    """Return what to say of incidents whose next mail is due soon, and when others will be near."""
    near: dict[str, str] = {}
    later = []
    for incident in recorded.incidents:
        waited_for = awaited(recorded, incident)
        if waited_for is None or waited_for[1] <= now:
            continue
        due = waited_for[1]
        if due - now > NEAR:
            later.append(due - NEAR)
        else:
            minutes = max(1, round((due - now).total_seconds() / 60))
            near[f"near:{incident.id}:{due.isoformat()}"] = (
                f"{incident.id}: its next mail is due in {minutes} min."
            )
    return near, later


def next_working_time(policy: Policy, now: datetime) -> datetime:
    """Return `now` in working hours, else when they begin next; `now` also where there are none for two weeks."""
    zone = policy.me.zone
    today = local(now, zone).date()
    for ahead in range(_DAYS_AHEAD):
        for span in day_windows(today + timedelta(days=ahead), policy.invention.working_hours, zone):
            if span.end > now:
                return max(now, span.start)
    return now


def _subject_of(problem: Problem) -> str:
    """Return what a problem is told of by: again when it begins anew."""
    return f"{problem.code}:{problem.subject}:{problem.since.isoformat()}"

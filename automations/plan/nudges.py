"""When the person is told outside the terminal that something waits: each draft and each due thing once.

A draft that was approved, did not go and waits again is told of again. A notice says how much waits and where to
go; no word of a mail, no name. What is not of an incident waits for working hours, so that no telephone rings at
night for a help mail. An incident whose updates nobody reads rings once a day, in working hours too, whatever is due.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from automations.plan.actions import GiveNotice
from automations.plan.incident_record import awaited, forgotten
from automations.plan.incidents import UPDATE_DUE, UPDATE_OVERDUE
from automations.plan.promises import OVERDUE
from automations.plan.waiting import waits
from automations.plan.windows import next_working_day, next_working_time
from automations.plan.zones import local

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.model.records import Draft, Problem, Recorded

TITLE: Final = "magicloop"
PRESSING: Final = "incident:"
"""What the keys of drafts begin with that are told of at any hour."""

_WORDS: Final = {
    UPDATE_DUE: "{} is due.",
    UPDATE_OVERDUE: "{} is overdue.",
    OVERDUE: "A promise is overdue.",
}
"""What is said of a standing problem; its subject is an incident's number, never a name."""

_STILL_OPEN: Final = (
    "{0} still is open, and nobody reads its updates. To go on: magicloop incident update {0}; "
    "when it is over: magicloop incident resolve {0} --verified HOW."
)

NEAR: Final = timedelta(minutes=15)
"""How long before its promise an incident's next mail is told of."""


def plan_nudge(
    policy: Policy, now: datetime, recorded: Recorded, problems: Sequence[Problem]
) -> tuple[GiveNotice | None, datetime | None]:
    """Return the notice to give now, and when one that is held back for the night will be due.

    `recorded` is the memory after the run's own changes, `problems` those that stand.
    """
    told = {nudge.subject for nudge in recorded.nudges}
    left = {each.id for each in recorded.incidents if forgotten(recorded, each, now)}
    opens = next_working_time(policy, now)
    waiting = [draft for draft in recorded.drafts if waits(draft, now)]
    drafts = {_subject_of_draft(each, recorded): each for each in waiting if _incident_of(each) not in left}
    unheard = {subject: draft for subject, draft in drafts.items() if subject not in told}
    fresh = [subject for subject, draft in unheard.items() if _incident_of(draft) or opens <= now]
    nearing, later = _nearing(recorded, now)
    near = {subject: words for subject, words in nearing.items() if subject not in told}
    due = {
        _subject_of(each): _WORDS[each.code].format(each.subject) for each in problems if _is_due(each, left)
    }
    due = {subject: words for subject, words in due.items() if subject not in told}
    today = local(now, policy.me.zone).date()
    still = {f"open:{name}:{today}": name for name in sorted(left) if opens <= now}
    still = {subject: name for subject, name in still.items() if subject not in told}
    if len(fresh) < len(unheard) or (left and opens > now):
        later.append(opens)
    if left:
        later.append(next_working_day(policy, now))
    again = min(later, default=None)
    about = (*fresh, *near, *due, *still)
    if not about:
        return None, again
    said = [*near.values(), *due.values()]
    if fresh:
        said.append(f"{len(waiting)} {'mail waits' if len(waiting) == 1 else 'mails wait'} for you.")
    body = [
        *(_STILL_OPEN.format(name) for name in still.values()),
        *said,
        *(["magicloop review"] if said else []),
    ]
    reason = [*(f"{name} still is open." for name in still.values()), *said]
    return GiveNotice(about, " ".join(body), " ".join(reason)), again


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


def _incident_of(draft: Draft) -> str:
    """Return the incident that a draft is an update of, "" where it is none."""
    return draft.key.split(":")[1] if draft.key.startswith(PRESSING) else ""


def _is_due(problem: Problem, left: Collection[str]) -> bool:
    """Tell whether a problem is told of when it begins; of an incident that was `left` alone the daily words tell."""
    return problem.code in _WORDS and problem.subject.split()[0] not in left


def _subject_of_draft(draft: Draft, recorded: Recorded) -> str:
    """Return what a waiting draft is told of by: again once it was approved, did not go, and waits again."""
    spent = next((each.id for each in reversed(recorded.approvals) if each.draft == draft.id), "")
    return f"draft:{draft.id}:{spent}" if spent else f"draft:{draft.id}"


def _subject_of(problem: Problem) -> str:
    """Return what a problem is told of by: again when it begins anew."""
    return f"{problem.code}:{problem.subject}:{problem.since.isoformat()}"

"""After an incident: the review, the people let down, the junior, rest, and whether the new rule is held."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from automations.model.aftermath import NoteKind
from automations.model.records import DraftState, Phase, Severity
from automations.plan.actions import CreateDraft
from automations.plan.business_days import business_days_later
from automations.plan.decided import Decided, standing
from automations.plan.drafts import supersede
from automations.plan.incident_record import drafts_about, updates_of
from automations.plan.incidents import audiences_of, remote_thread_of, thread_of
from automations.plan.promises import working_weekdays
from automations.plan.talk import PREFIXES, plan_talk, talk_key, talk_slot
from automations.plan.withholding import open_incident
from automations.plan.zones import day_start, local, say_day, say_when

if TYPE_CHECKING:
    from datetime import datetime

    from automations.model.aftermath import IncidentNote
    from automations.model.policy import Policy
    from automations.model.records import Incident, Problem, Recorded
    from automations.model.seen import Seen, Span
    from automations.plan.actions import Action, CloseDraft

REST_AFTER = timedelta(hours=8)
REVIEW_WORKING_DAYS = 5
CHECK_DAYS = (30, 90)
TRUST_NOTES = 4
WEEK = timedelta(days=7)
REVIEW_DUE, RULE_CHECK, REST, TRUST_FACTS = "review-due", "rule-check", "incident-rest", "trust-needs-facts"
AFTERMATH_PROBLEMS = frozenset({REVIEW_DUE, RULE_CHECK, REST, TRUST_FACTS})
REVIEW_FACTS = ("root_cause", "change", "owner", "by")


def opened_again(recorded: Recorded, incident: Incident) -> tuple[int, datetime]:
    """Return which opening of an incident this is, from 1, and when it began: each has a review of its own."""
    count, began, over = 1, incident.opened, False
    for update in updates_of(recorded, incident):
        if over and update.phase is not Phase.RESOLVED:
            count, began = count + 1, update.at
        over = update.phase is Phase.RESOLVED
    return count, began


def notes_of(recorded: Recorded, incident: Incident, kind: NoteKind) -> tuple[IncidentNote, ...]:
    """Return the notes of one kind since an incident was opened last, oldest first."""
    _, began = opened_again(recorded, incident)
    return tuple(n for n in recorded.notes if n.incident == incident.id and n.kind is kind and n.at >= began)


def review_facts(recorded: Recorded, incident: Incident) -> dict[str, str]:
    """Return a review's facts as last given: by the review itself, else when the incident was resolved."""
    facts: dict[str, str] = {}
    _, began = opened_again(recorded, incident)
    for update in updates_of(recorded, incident):
        if update.phase is Phase.RESOLVED and update.at >= began:
            facts |= {name: update.fields[name] for name in REVIEW_FACTS if update.fields.get(name)}
    for note in notes_of(recorded, incident, NoteKind.REVIEW):
        facts |= note.fields
    return facts


def review_missing(recorded: Recorded, incident: Incident) -> tuple[str, ...]:
    """Return the facts that the review mail still needs."""
    facts = review_facts(recorded, incident)
    return tuple(name for name in REVIEW_FACTS if not facts.get(name))


def review_due(policy: Policy, seen: Seen, resolved: datetime) -> date:
    """Return the local date by which the review is promised: five working days after the end."""
    ended = local(resolved, policy.me.zone).date()
    return business_days_later(ended, REVIEW_WORKING_DAYS, seen.holidays, working_weekdays(policy))


def plan_aftermath(policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Draft what follows each incident and ask for what it still needs."""
    people = (_people(incident, policy, now, seen, recorded) for incident in recorded.incidents)
    # One incident's people a run: the time proposed to them is known to the next run, which takes another.
    parts: list[Decided] = [next((part for part in people if part.actions), Decided())]
    for incident in recorded.incidents:
        parts.append(Decided(_of_earlier_opening(incident, recorded)))
        if incident.resolved is None:
            parts.append(_rest(incident, policy, now, recorded))
            continue
        parts.append(_review(incident, incident.resolved, policy, now, seen, recorded))
        reviews = notes_of(recorded, incident, NoteKind.REVIEW)
        if reviews and not review_missing(recorded, incident):
            reviewed = reviews[0].at
            parts.append(_rule_checks(incident, reviewed, now, recorded))
            parts.append(_trust(incident, reviewed, policy, now, recorded))
    return Decided(
        tuple(action for part in parts for action in part.actions),
        tuple(problem for part in parts for problem in part.problems),
        tuple(instant for part in parts for instant in part.due),
    )


def _of_earlier_opening(incident: Incident, recorded: Recorded) -> tuple[CloseDraft, ...]:
    """Close the reviews and trust notes that tell of an end that was none."""
    count, began = opened_again(recorded, incident)
    if count == 1:
        return ()
    mails = (f"review:{incident.id}:", f"trust:{incident.id}:")
    return supersede(
        recorded,
        lambda draft: draft.key.startswith(mails) and draft.created < began,
        "the incident was opened again",
    )


def _ask(recorded: Recorded, now: datetime, code: str, subject: str, what: str, fix: str) -> Problem:
    severity = Severity.WARNING
    return standing(
        recorded, now, code=code, subject=subject, severity=severity, what=what, where=subject, fix=fix
    )


def _rest(incident: Incident, policy: Policy, now: datetime, recorded: Recorded) -> Decided:
    begins = incident.started + REST_AFTER
    if notes_of(recorded, incident, NoteKind.REST):
        return Decided()
    if now < begins:
        return Decided(due=(begins,))
    since = say_when(incident.started, policy.me.zone, with_zone=True)
    what = f"{incident.id} has been going on since {since}: who takes over, and when do you rest?"
    fix = f'magicloop incident rest {incident.id} --plan "..."'
    return Decided(problems=(_ask(recorded, now, REST, incident.id, what, fix),))


def _review(
    incident: Incident, resolved: datetime, policy: Policy, now: datetime, seen: Seen, recorded: Recorded
) -> Decided:
    missing = review_missing(recorded, incident)
    if missing or not notes_of(recorded, incident, NoteKind.REVIEW):
        due = review_due(policy, seen, resolved)
        over = day_start(due + timedelta(days=1), policy.me.zone)
        late = now >= over
        lacks = f"; it still needs {', '.join(name.replace('_', ' ') for name in missing)}" if missing else ""
        options = " ".join(f'--{name.replace("_", "-")} "..."' for name in missing) or '--learned "..."'
        what = f"the review of {incident.id} {'was' if late else 'is'} due {say_day(due)}{lacks}"
        problem = _ask(
            recorded, now, REVIEW_DUE, incident.id, what, f"magicloop incident review {incident.id} {options}"
        )
        return Decided(problems=(problem,), due=() if late else (over,))
    facts = review_facts(recorded, incident)
    mails = []
    for kind, to in audiences_of(policy, incident):
        count, _ = opened_again(recorded, incident)
        key = f"review:{incident.id}:{kind}" + (f":{count}" if count > 1 else "")
        if not _made(key, incident, recorded):
            mails.append(_review_mail(key, kind, to, incident, facts, policy, recorded))
    return Decided(tuple(mails))


def _review_mail(
    key: str,
    kind: str,
    to: tuple[str, ...],
    incident: Incident,
    facts: dict[str, str],
    policy: Policy,
    recorded: Recorded,
) -> CreateDraft:
    by = say_day(date.fromisoformat(facts["by"]), with_year=False)
    opening = updates_of(recorded, incident)[0].fields.get("severity", incident.severity)
    return CreateDraft(
        key=key,
        draft_kind="review",
        template="incident-review",
        facts={
            "id": incident.id,
            "title": incident.title,
            "opening": int(opening),
            "impact": incident.impact,
            "root_cause": facts["root_cause"],
            "change": facts["change"],
            "owner": facts["owner"],
            "by": by,
            "learned": facts.get("learned", ""),
            "my_first": policy.me.name.split()[0],
        },
        to=to,
        reason=f"the review of {incident.id} ({kind}): root cause, what changes, owner and date",
        thread=thread_of(incident, kind, recorded),
        remote_thread=remote_thread_of(incident, kind, recorded),
    )


def _people(incident: Incident, policy: Policy, now: datetime, seen: Seen, recorded: Recorded) -> Decided:
    """Put a time to talk with each person let down on the calendar, and draft a line to them and to the junior."""
    actions: list[Action] = []
    if seen.unreadable:
        return Decided()  # no time is known; the calendar that cannot be read is told of elsewhere
    for note in recorded.notes:
        if note.incident != incident.id or note.kind not in PREFIXES:
            continue
        talk = plan_talk(note, policy, now, seen, recorded)
        if _made(talk_key(note), incident, recorded):
            actions += [talk] if talk is not None and talk.known else []
            continue
        slot = talk.span if talk is not None else talk_slot(note)
        mail = _person_mail(note, policy, incident, slot)
        # One at a time: what this run proposes is known to the next, which proposes another time.
        actions += [talk, mail] if talk is not None else [mail]
        if talk is not None:
            break
    return Decided(tuple(actions))


def _person_mail(note: IncidentNote, policy: Policy, incident: Incident, slot: Span | None) -> CreateDraft:
    private = note.kind is NoteKind.JUNIOR
    when = say_when(slot, policy.me.zone, with_zone=True, with_year=False) if slot else ""
    return CreateDraft(
        key=talk_key(note),
        draft_kind="private" if private else "in-person",
        template="junior-note" if private else "in-person",
        facts={
            "first": note.fields["name"].split()[0],
            "title": incident.title,
            "slot": when,
            "thanks": note.fields.get("thanks", ""),
            "my_first": policy.me.name.split()[0],
        },
        to=(note.fields["address"],),
        expires=slot.start if slot else None,
        reason=f"{incident.id}: {'a private note' if private else 'face it in person'}, within two working days",
    )


def checks_answered(recorded: Recorded, incident: Incident) -> int:
    """Return how many of the checks of 30 and 90 days are answered; "held again" after a slip is none of them."""
    return sum("again" not in note.fields for note in notes_of(recorded, incident, NoteKind.CHECK))


def next_check_due(recorded: Recorded, incident: Incident) -> datetime | None:
    """Return when the next check is due, None where nothing was reviewed or all are answered."""
    reviews, answered = notes_of(recorded, incident, NoteKind.REVIEW), checks_answered(recorded, incident)
    if not reviews or answered >= len(CHECK_DAYS):
        return None
    return reviews[0].at + timedelta(days=CHECK_DAYS[answered])


def _rule_checks(incident: Incident, reviewed: datetime, now: datetime, recorded: Recorded) -> Decided:
    """Ask 30 and 90 days after the review whether the changed rule is held, until it is answered."""
    checks = notes_of(recorded, incident, NoteKind.CHECK)
    if checks and checks[-1].fields["held"] == "no":
        what = f"the change after {incident.id} slipped: put it right and tell those you promised it to"
        fix = f"magicloop incident check {incident.id} --held    (when it is held again)"
        return Decided(problems=(_ask(recorded, now, RULE_CHECK, incident.id, what, fix),))
    answered = checks_answered(recorded, incident)
    if answered >= len(CHECK_DAYS):
        return Decided()
    due = reviewed + timedelta(days=CHECK_DAYS[answered])
    if now < due:
        return Decided(due=(due,))
    change = review_facts(recorded, incident)["change"]
    what = f"{CHECK_DAYS[answered]} days after {incident.id}: is the change still held? {change}"
    fix = f"magicloop incident check {incident.id} --held    (or --slipped)"
    return Decided(problems=(_ask(recorded, now, RULE_CHECK, incident.id, what, fix),))


def _trust(
    incident: Incident, reviewed: datetime, policy: Policy, now: datetime, recorded: Recorded
) -> Decided:
    """Draft the week's note on the promised fix, four at most; none while something else is broken."""
    week = int((now - reviewed) / WEEK)
    count, began = opened_again(recorded, incident)
    prefix = f"trust:{incident.id}:" + (f"{count}." if count > 1 else "")
    made = [d for d in drafts_about(recorded, incident.id) if d.key.startswith(prefix) and d.created >= began]
    number = len({draft.key for draft in made}) + 1
    if number > TRUST_NOTES or week > 2 * TRUST_NOTES:
        return Decided()
    due = max([reviewed, *(draft.created for draft in made)]) + WEEK
    if now < due or open_incident(recorded):
        return Decided(due=(due,) if now < due else ())
    told = max((draft.created for draft in made), default=None)
    noted = notes_of(recorded, incident, NoteKind.PROGRESS)
    progress = [note for note in noted if (note.at > told if told else note.at >= reviewed)]
    if not progress:
        what = f"week {number} after {incident.id}: the trust note needs what was done since"
        fix = f'magicloop incident progress {incident.id} "..."'
        return Decided(problems=(_ask(recorded, now, TRUST_FACTS, incident.id, what, fix),))
    facts, (_, to) = review_facts(recorded, incident), audiences_of(policy, incident)[0]
    mail = CreateDraft(
        key=f"{prefix}{number}",
        draft_kind="trust",
        template="trust-note",
        facts={
            "id": incident.id,
            "title": incident.title,
            "number": number,
            "last": number == TRUST_NOTES,
            "change": facts["change"],
            "owner": facts["owner"],
            "by": say_day(date.fromisoformat(facts["by"]), with_year=False),
            "progress": [note.fields["text"] for note in progress],
            "my_first": policy.me.name.split()[0],
        },
        to=to,
        reason=f"{incident.id}: note {number} of {TRUST_NOTES} on the promised change",
        expires=now + WEEK,
    )
    return Decided((mail,))


def _made(key: str, incident: Incident, recorded: Recorded) -> bool:
    """Tell whether a mail was drafted; one whose time passed unread is made again."""
    drafts = drafts_about(recorded, incident.id)
    return any(draft.key == key and draft.state is not DraftState.EXPIRED for draft in drafts)

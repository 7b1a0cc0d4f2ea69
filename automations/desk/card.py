"""The card a draft is judged by: all that a person needs for a yes, worked out once for every face that shows it.

Text in it is as recorded: whoever shows it makes it safe for its medium.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from automations.compose.lint import Level, lint, word_limits
from automations.compose.words import count_words
from automations.desk.contacts import last_contacts
from automations.desk.differences import since_last_mail, since_seen
from automations.desk.linting import mail_of
from automations.desk.moments import Moment, moment
from automations.desk.pledges import pledges_of
from automations.model.mail_kinds import Audience, MailKind
from automations.model.records import DraftState
from automations.plan.approvals import live_approvals
from automations.plan.incident_record import promised_for, updates_of
from automations.plan.mail_kind import mail_kind_of, update_of
from automations.plan.recipients import new_recipients
from automations.plan.withholding import offer_forbidden

if TYPE_CHECKING:
    from datetime import datetime

    from automations.compose.lint import Finding
    from automations.desk.contacts import Contact
    from automations.desk.differences import Difference
    from automations.desk.pledges import Pledge
    from automations.model.policy import Policy
    from automations.model.records import Draft, Recorded
    from automations.model.sending import Approval

SHORT = 8
"""How many digits of a draft's hash a card shows; an approval needs six."""

_NAMES = {
    MailKind.LETTER: "Letter",
    MailKind.OFFER: "Help mail",
    MailKind.OFFER_ASK: "Help mail (ask)",
    MailKind.OFFER_SUGGEST: "Help mail (suggest)",
    MailKind.OFFER_DONE: "Help mail (done)",
    MailKind.OFFER_INTEND: "Help mail (intend)",
    MailKind.FOLLOW_UP: "Reminder",
    MailKind.CATCH_UP: "Word on a late promise",
    MailKind.CLOSING: "Closing note",
    MailKind.GOAL_TRADE: "Help that serves a goal,",
    MailKind.STANDING: "Standing check",
    MailKind.PAUSE_NOTE: "Pause note",
    MailKind.INCIDENT_FIRST: "Incident first notice",
    MailKind.INCIDENT_UPDATE: "Incident update",
    MailKind.INCIDENT_NO_CHANGE: "Incident update, no change",
    MailKind.INCIDENT_RESOLVED: "Incident resolved",
    MailKind.INCIDENT_REVIEW: "Incident review",
    MailKind.IN_PERSON: "Request for a talk",
    MailKind.JUNIOR_NOTE: "Private note",
    MailKind.TRUST_NOTE: "Note on a promised change",
}


class Doing(StrEnum):
    """What a yes does: the mail is sent from here, its file is handed over, or it stays in the drafts outside."""

    SEND = "send"
    HAND_OVER = "hand-over"
    STAY = "stay-in-drafts"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody the mail goes to. `header` is To or Cc; `name` is "" where nobody told it.

    `is_new`: not in the config, and never got a mail from here. `is_external`: another domain than the sender's.
    """

    header: str
    name: str
    address: str
    is_new: bool
    is_external: bool


@dataclass(frozen=True, slots=True)
class Length:
    """Words of the body against what such mails may have."""

    words: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval that stands: when it was given, until when it can be undone, when it lapses."""

    at: Moment
    undo_until: Moment
    expires: Moment


@dataclass(frozen=True, slots=True)
class Card:
    """A draft and what speaks for and against sending it.

    `due` is by when it should be out, `expires` from when on it cannot go. `hindrance` says why it cannot be
    approved at all, "" where it can; errors among `findings` can be gone on despite of. `raw` are the bytes
    of this revision (of an approved one those that leave). `since_seen` and `since_last_mail` are None where there is nothing to compare
    with; `since_seen` also where nothing changed.
    """

    id: str
    key: str
    hash: str
    text_rev: int
    state: DraftState
    kind: MailKind
    audience: Audience
    title: str
    why: str
    contacts: tuple[Contact, ...]
    created: Moment
    due: Moment | None
    expires: Moment | None
    snoozed_until: Moment | None
    handed_over: Moment | None
    sender_name: str
    sender: str
    account: str
    recipients: tuple[Recipient, ...]
    subject: str
    body_text: str
    body_html: str
    raw: bytes
    length: Length
    findings: tuple[Finding, ...]
    since_seen: Difference | None
    since_last_mail: Difference | None
    pledges: tuple[Pledge, ...]
    doing: Doing
    yes_does: str
    approved: Approved | None
    hindrance: str
    reason: str
    provider_id: str

    @property
    def short_hash(self) -> str:
        """The digits of the hash to show and to approve by."""
        return self.hash[:SHORT]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stand in the way of an approval."""
        return tuple(found for found in self.findings if found.level is Level.ERROR)

    @property
    def new_recipients(self) -> tuple[Recipient, ...]:
        """Those an approval has to name one by one where the mail is sent from here."""
        return tuple(each for each in self.recipients if each.is_new)


def build_card(draft: Draft, recorded: Recorded, policy: Policy, now: datetime) -> Card:
    """Return the card of a draft as it stands at `now`. Nothing is read, nothing changes."""
    kind, audience = mail_kind_of(draft, recorded)
    zone, doing = policy.me.zone, doing_of(policy)
    approval, mail = _approval(draft, recorded), mail_of(draft, recorded, policy)
    open_still = draft.state in (DraftState.RENDERED, DraftState.WAITING, DraftState.APPROVED)
    return Card(
        id=draft.id,
        key=draft.key,
        hash=draft.hash,
        text_rev=draft.text_rev,
        state=draft.state,
        kind=kind,
        audience=audience,
        title=title_of(draft, recorded, policy),
        why=draft.why,
        contacts=last_contacts(draft, recorded, zone, now),
        created=moment(draft.created, zone, now),
        due=_moment(_due(draft, recorded), zone, now),
        expires=_moment(draft.expires, zone, now),
        snoozed_until=_moment(draft.snoozed_until, zone, now),
        handed_over=_moment(draft.handed_over, zone, now),
        sender_name=policy.me.name,
        sender=draft.sender,
        account=_account(policy),
        recipients=_recipients(draft, policy, recorded),
        subject=draft.subject,
        body_text=draft.body_text,
        body_html=draft.body_html,
        raw=(approval.mime if approval else b"") or draft.mime,
        length=Length(count_words(draft.body_text), *word_limits(kind, audience)),
        findings=lint(mail) if open_still else (),
        since_seen=since_seen(draft, recorded, zone),
        since_last_mail=since_last_mail(draft, recorded, zone),
        pledges=pledges_of(draft, recorded, mail, zone, now),
        doing=doing,
        yes_does=_yes_does(doing, policy),
        approved=_approved(approval, zone, now),
        hindrance=_hindrance(draft, policy, recorded, now),
        reason=draft.reason,
        provider_id=draft.provider_id,
    )


def doing_of(policy: Policy) -> Doing:
    """Return what a yes does with the mailbox and the mode of the config."""
    if policy.sends_by:
        return Doing.SEND
    return Doing.STAY if policy.mail.provider == "google" else Doing.HAND_OVER


def title_of(draft: Draft, recorded: Recorded, policy: Policy) -> str:
    """Return what a draft is, in a few words: `Incident update #4: INC-212 checkout latency`."""
    kind, _ = mail_kind_of(draft, recorded)
    name = _NAMES[kind]
    update = update_of(draft, recorded)
    if update is not None:
        title = next((each.title for each in recorded.incidents if each.id == update.incident), "")
        number = "" if kind is MailKind.INCIDENT_FIRST else f" #{update.number}"
        return f"{name}{number}: {update.incident} {title}".rstrip()
    names = {boss.id: boss.name for boss in policy.bosses}
    return f"{name} to {', '.join(names.get(address.lower(), address) for address in draft.to)}"


def _recipients(draft: Draft, policy: Policy, recorded: Recorded) -> tuple[Recipient, ...]:
    names = {boss.id: boss.name for boss in policy.bosses} | {policy.me.email.lower(): policy.me.name}
    unknown = new_recipients(draft, policy, recorded)
    home = _domain(draft.sender)
    headers = [("To", address) for address in draft.to] + [("Cc", address) for address in draft.cc]
    return tuple(
        Recipient(
            header=header,
            name=names.get(address.lower(), ""),
            address=address,
            is_new=address in unknown,
            is_external=_domain(address) != home,
        )
        for header, address in headers
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _due(draft: Draft, recorded: Recorded) -> datetime | None:
    """Return by when an incident's mail is to be out: as promised to its readers, or for the first as the rules say."""
    update = update_of(draft, recorded)
    if update is None:
        return None
    incident = next((each for each in recorded.incidents if each.id == update.incident), None)
    told = promised_for(recorded, updates_of(recorded, incident), update) if incident is not None else None
    return told or update.promised


def _account(policy: Policy) -> str:
    sends = doing_of(policy) is Doing.SEND
    if policy.mail.provider == "google":
        return "Gmail, sent from here" if sends else "Gmail, drafts only"
    return f"sent by {policy.smtp.host}" if sends else "your own mail program"


def _yes_does(doing: Doing, policy: Policy) -> str:
    seconds = policy.mail.undo_seconds
    return {
        Doing.SEND: f"queued, can be undone for {seconds} s, then sent",
        Doing.HAND_OVER: "you send its file from your mail program",
        Doing.STAY: "you press Send in your Gmail drafts",
    }[doing]


def _approval(draft: Draft, recorded: Recorded) -> Approval | None:
    if draft.state is not DraftState.APPROVED:
        return None
    return next(iter(live_approvals(recorded, draft)), None)


def _approved(approval: Approval | None, zone: str, now: datetime) -> Approved | None:
    if approval is None:
        return None
    return Approved(
        moment(approval.at, zone, now),
        moment(approval.not_before, zone, now),
        moment(approval.expires, zone, now),
    )


def _hindrance(draft: Draft, policy: Policy, recorded: Recorded, now: datetime) -> str:
    """Return why a draft cannot be approved whatever is said, "" where it can."""
    if draft.state is not DraftState.WAITING:
        return f"it is {draft.state.value.replace('_', ' ')}"
    if any(claim.subject == draft.key for claim in recorded.claims):
        return "an interrupted change of it is not settled yet; the next run settles it"
    if draft.expires is not None and draft.expires <= now:
        return "it has expired; its time has passed"
    rule = offer_forbidden(draft, policy, now, recorded)
    return f"this offer {rule.why}" if rule is not None else ""


def _moment(at: datetime | None, zone: str, now: datetime) -> Moment | None:
    return None if at is None else moment(at, zone, now)

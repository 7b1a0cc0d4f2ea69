"""What a recorded draft is for and who reads it, told from its key and the records it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from automations.model.mail_kinds import Audience, MailKind
from automations.model.records import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automations.model.records import Draft, Recorded, Update

_BY_NAME: Final[Mapping[str, MailKind]] = {
    **{kind.value: kind for kind in MailKind},
    "pause": MailKind.PAUSE_NOTE,
    "review": MailKind.INCIDENT_REVIEW,
    "junior": MailKind.JUNIOR_NOTE,
    "private": MailKind.JUNIOR_NOTE,
    "trust": MailKind.TRUST_NOTE,
}
_INCIDENT_KEY_PARTS = 4
NO_NEWS: Final = "No change since the last update."
"""The sentence of an update that has nothing new; its mail is a line or two."""


def mail_kind_of(draft: Draft, recorded: Recorded) -> tuple[MailKind, Audience]:
    """Return what a draft is for and who reads it; a plain letter to a boss where its key is not known."""
    prefix, *rest = draft.key.split(":")
    if prefix == "incident":
        return _of_incident(draft, recorded)
    kind = _BY_NAME.get(draft.kind) or _BY_NAME.get(prefix, MailKind.LETTER)
    if kind is MailKind.OFFER:
        kind = _offer_stage(draft)
    if kind is MailKind.JUNIOR_NOTE or draft.kind == "private":
        return MailKind.JUNIOR_NOTE, Audience.PRIVATE
    if kind is MailKind.IN_PERSON:
        return kind, Audience.PRIVATE
    if kind is MailKind.INCIDENT_REVIEW:
        return kind, _audience(rest[1] if len(rest) > 1 else "", Audience.TACTICAL)
    return kind, Audience.BOSS


def update_of(draft: Draft, recorded: Recorded) -> Update | None:
    """Return the update an incident's mail tells of, None for other mails."""
    parts = draft.key.split(":")
    if parts[0] != "incident" or len(parts) != _INCIDENT_KEY_PARTS or not parts[3].isdecimal():
        return None
    incident, number = parts[1], int(parts[3])
    return next((u for u in recorded.updates if (u.incident, u.number) == (incident, number)), None)


def _of_incident(draft: Draft, recorded: Recorded) -> tuple[MailKind, Audience]:
    parts = draft.key.split(":")
    audience = _audience(parts[2] if len(parts) == _INCIDENT_KEY_PARTS else "", Audience.EXEC)
    update = update_of(draft, recorded)
    if update is not None and update.phase is Phase.RESOLVED:
        return MailKind.INCIDENT_RESOLVED, audience
    if update is not None and update.number == 1:
        return MailKind.INCIDENT_FIRST, audience
    if NO_NEWS in draft.body_text and "Need from you" not in draft.body_text:
        return MailKind.INCIDENT_NO_CHANGE, audience
    return MailKind.INCIDENT_UPDATE, audience


def _offer_stage(draft: Draft) -> MailKind:
    """Return the offer's stage as its template names it; an offer of any stage where it names none."""
    return _BY_NAME.get(draft.template, MailKind.OFFER)


def _audience(name: str, otherwise: Audience) -> Audience:
    return {each.value: each for each in Audience}.get(name, otherwise)

"""What a mail is for and who reads it: the two things its rules depend on."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """Who reads a mail."""

    BOSS = "boss"
    EXEC = "exec"
    TACTICAL = "tactical"
    CUSTOMER = "customer"
    PRIVATE = "private"


class MailKind(StrEnum):
    """What a mail is for."""

    LETTER = "letter"
    OFFER = "offer"
    OFFER_ASK = "offer-ask"
    OFFER_SUGGEST = "offer-suggest"
    OFFER_DONE = "offer-done"
    OFFER_INTEND = "offer-intend"
    FOLLOW_UP = "follow-up"
    CATCH_UP = "catch-up"
    CLOSING = "closing"
    GOAL_TRADE = "goal-trade"
    STANDING = "standing"
    PAUSE_NOTE = "pause-note"
    INCIDENT_FIRST = "incident-first"
    INCIDENT_UPDATE = "incident-update"
    INCIDENT_NO_CHANGE = "incident-no-change"
    INCIDENT_RESOLVED = "incident-resolved"
    INCIDENT_REVIEW = "incident-review"
    IN_PERSON = "in-person"
    JUNIOR_NOTE = "junior-note"
    TRUST_NOTE = "trust-note"

    @property
    def of_incident(self) -> bool:
        """Tell whether it is one of an incident's numbered mails or its review."""
        return self.value.startswith("incident-")

    @property
    def promises_next(self) -> bool:
        """Tell whether it must say when the next one comes."""
        return self in (MailKind.INCIDENT_FIRST, MailKind.INCIDENT_UPDATE, MailKind.INCIDENT_NO_CHANGE)

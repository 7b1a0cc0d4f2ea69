"""Google Calendar and Gmail, by Google's own client library. Nothing here is loaded before it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automations.errors import FaultClass, ProviderError

if TYPE_CHECKING:
    from automations.model.policy import Policy
    from automations.ports import Calendar, Mailbox, Sender
    from automations.providers.google.auth import SignIn


def build_calendar(policy: Policy) -> Calendar:
    """Return the person's Google Calendar; nothing is read yet."""
    from automations.clock import SystemClock
    from automations.providers.google.auth import DRAFTS_BY, EVENTS, EVENTS_BY, FREEBUSY, READS_BY
    from automations.providers.google.calendar import GoogleCalendar, Wishes
    from automations.providers.google.client import Caller, build_service
    from automations.providers.google.notes import Notes

    sign_in, settings = sign_in_of(policy), policy.google

    def connect() -> Any:
        sign_in.require(EVENTS_BY, "Google Calendar")
        return build_service(
            "calendar", sign_in.credentials((EVENTS, FREEBUSY)), endpoint=settings.api_endpoint
        )

    def address() -> str:
        """Return the account's address where a scope tells it."""
        if not sign_in.token().scopes or not sign_in.allows(DRAFTS_BY | READS_BY):
            return ""
        gmail = build_service("gmail", sign_in.credentials(()), endpoint=settings.api_endpoint)
        try:
            profile = gmail.users().getProfile(userId="me")
            return str(Caller("Gmail", SystemClock()).read(profile).get("emailAddress", ""))
        except ProviderError as error:
            if error.fault is FaultClass.PERMANENT:  # an account without Gmail has a calendar all the same
                return ""
            raise
        finally:
            gmail.close()

    def check_account(calendar_name: str) -> None:
        sign_in.saw_calendar(calendar_name)
        sign_in.check_account(address)

    wishes = Wishes(
        person=policy.person,
        zone=policy.me.zone,
        calendars=policy.calendar.calendars,
        event_type=policy.calendar.event_type,
        private=policy.calendar.visibility == "private",
    )
    return GoogleCalendar(connect, wishes, Notes(settings.notes), SystemClock(), check_account)


def build_mailbox(policy: Policy) -> Mailbox:
    """Return the person's Gmail drafts; nothing is read yet."""
    from automations.clock import SystemClock
    from automations.providers.google.mail import GoogleMailbox

    settings = policy.google
    return GoogleMailbox(
        sign_in_of(policy),
        SystemClock(),
        known=settings.known_drafts,
        notes=settings.mail_notes,
        endpoint=settings.api_endpoint,
    )


def build_sender(policy: Policy, mailbox: Mailbox) -> Sender:
    """Return what sends the drafts of `mailbox`, which is a Gmail one."""
    from automations.providers.google.mail import GoogleMailbox
    from automations.providers.google.sending import GmailSender

    del policy
    if not isinstance(mailbox, GoogleMailbox):
        raise TypeError("Gmail sends only its own drafts")
    return GmailSender(mailbox)


def sign_in_of(policy: Policy) -> SignIn:
    """Return the person's sign-in; calendar and mail share it by its file."""
    from automations.clock import SystemClock
    from automations.providers.google.auth import SignIn

    return SignIn(policy.google, policy.me.email, SystemClock())

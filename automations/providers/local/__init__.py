"""Calendar and mail as files on this machine; no account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automations.model.policy import Policy
    from automations.ports import Calendar, Mailbox


def build_calendar(policy: Policy) -> Calendar:
    """Return the calendar on the files the config names."""
    from automations.providers.local.calendar import LocalCalendar

    settings = policy.calendar
    return LocalCalendar(
        settings.busy,
        settings.file,
        policy.me.zone,
        private=settings.visibility == "private",
        me=policy.me.email,
    )


def build_mailbox(policy: Policy) -> Mailbox:
    """Return the folder of drafts the config names."""
    from automations.providers import newline_here
    from automations.providers.local.mail import LocalMailbox

    return LocalMailbox(policy.mail.folder, newline_here())

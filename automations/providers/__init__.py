"""Implementations of the ports, named in a lazy index; they never import each other.

A new provider is a folder here with a `build_calendar`, `build_mailbox` or `build_sender` of this shape, one line
in the index, and the contract suite of `automations.testing`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automations.model.policy import Policy
    from automations.ports import Calendar, Mailbox, Sender

CALENDARS = {"local": "automations.providers.local", "google": "automations.providers.google"}
MAILBOXES = {"local": "automations.providers.local", "google": "automations.providers.google"}
SENDERS = {"google": "automations.providers.google", "smtp": "automations.providers.smtp"}


def build_calendar(policy: Policy) -> Calendar:
    """Return the calendar that `policy.calendar.provider` names; nothing is read yet."""
    module = import_module(CALENDARS[policy.calendar.provider])
    calendar: Calendar = module.build_calendar(policy)
    return calendar


def build_mailbox(policy: Policy) -> Mailbox:
    """Return the mailbox that `policy.mail.provider` names; nothing is read yet."""
    module = import_module(MAILBOXES[policy.mail.provider])
    mailbox: Mailbox = module.build_mailbox(policy)
    return mailbox


def sender_of(policy: Policy) -> str:
    """Return what approved mails go by, a key of `SENDERS`; "" where the person sends every mail themselves."""
    if policy.mail.mode != "approve":
        return ""
    if policy.mail.provider in SENDERS:
        return policy.mail.provider
    return "smtp" if policy.smtp.host else ""


def build_sender(policy: Policy, mailbox: Mailbox) -> Sender | None:
    """Return what lets an approved mail go; None where the person sends every mail themselves.

    Gmail sends its own drafts; those of any other mailbox go by the mail server of [smtp].
    """
    name = sender_of(policy)
    if not name:
        return None
    module = import_module(SENDERS[name])
    sender: Sender = module.build_sender(policy, mailbox)
    return sender


def newline_here() -> str:
    """Return the line end that mail files need here: macOS shows CRLF files without their body."""
    return "\n" if sys.platform == "darwin" else "\r\n"

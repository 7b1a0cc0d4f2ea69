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


def build_sender(policy: Policy, mailbox: Mailbox) -> Sender | None:
    """Return what lets an approved mail go; None where the person sends every mail themselves."""
    if not policy.sends_by:
        return None
    module = import_module(SENDERS[policy.sends_by])
    sender: Sender = module.build_sender(policy, mailbox)
    return sender


def newline_here() -> str:
    """Return the line end that mail files need here: macOS shows CRLF files without their body."""
    return "\n" if sys.platform == "darwin" else "\r\n"

"""Sending by a mail server of the person's own. Nothing here is loaded before something may be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automations.model.policy import Policy
    from automations.ports import Mailbox, Sender


def build_sender(policy: Policy, mailbox: Mailbox) -> Sender:
    """Return what hands approved mails to the server the config names; `mailbox` holds their copies."""
    from automations.providers.smtp.sending import SmtpSender

    return SmtpSender(policy.smtp, mailbox)

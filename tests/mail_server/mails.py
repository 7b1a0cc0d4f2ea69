"""Mails to send, and the password of who sends them."""

from dataclasses import replace

from automations.compose.mime import build_mime
from automations.ports import Outgoing
from automations.testing.mail_contract import LETTER

PASSWORD = "grün und\u00a0gut"
PATIENCE = 10.0


def mail_of(letter=LETTER, **changes):
    """Return a letter as it is handed to a sender."""
    mail = Outgoing(
        ref=letter.ref,
        sender=letter.sender,
        recipients=(*letter.to, *letter.cc),
        mime=build_mime(letter, unsent=False),
    )
    return replace(mail, **changes)

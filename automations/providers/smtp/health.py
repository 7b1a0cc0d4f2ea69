"""What `doctor` finds out about the mail server: whether there is a password, and whether it lets us in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.config.secrets import fetch_secret
from automations.errors import FaultClass, ProviderError
from automations.model.health import LOOK_AT_CONNECTION, Row, State

if TYPE_CHECKING:
    from automations.model.policy import SmtpSettings

_NAME = "mail server"


def server_row(settings: SmtpSettings, *, online: bool) -> Row:
    """Return how it stands with the server; only `online` is it asked, and a program run for the password."""
    where = f"{settings.host}:{settings.port}"
    if settings.password.command and not online:
        return Row(_NAME, State.INFO, f"{where} was not asked", "magicloop doctor --online")
    try:
        password = fetch_secret(settings.password, "smtp.password") if settings.user else ""
    except ProviderError as error:
        # The schedule may well have variables that this terminal has not.
        state = State.WARNING if settings.password.env else State.ERROR
        return Row(_NAME, state, f"{error.what} ({error.where})", error.fix)
    if not online:
        return Row(_NAME, State.OK, f"{where}, to be asked by magicloop doctor --online")
    from automations.providers.smtp.dialogue import try_out

    try:
        try_out(settings, password)
    except ProviderError as error:
        state = State.WARNING if error.fault is FaultClass.TRANSIENT else State.ERROR
        fix = error.fix or LOOK_AT_CONNECTION
        return Row(_NAME, state, f"{where}: {error.what}", fix)
    return Row(_NAME, State.OK, f"{where} lets you in")

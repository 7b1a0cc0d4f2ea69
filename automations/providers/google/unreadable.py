"""Why a calendar could not tell its busy times, and what the person can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.errors import FaultClass
from automations.model.seen import Unreadable
from automations.providers.google.failures import scrub

if TYPE_CHECKING:
    from automations.errors import ProviderError

WHERE = "Google Calendar"
TAKE_OUT = "have it shared with you, or take it out of calendar.calendars: magicloop config edit"


def unreadable_by(name: str, error: ProviderError) -> Unreadable:
    """Return why a calendar could not be read, from the fault."""
    fix = error.fix or ("" if error.fault is FaultClass.TRANSIENT else TAKE_OUT)
    return Unreadable(name, error.what, f"{WHERE}: {name}", fix or "magicloop run", error.fault)


def untold(name: str, reason: str) -> Unreadable:
    """Return why a calendar of somebody else could not tell its busy times."""
    if reason in ("internalError", "notAnswered"):
        what, fault = "Google could not tell its busy times", FaultClass.TRANSIENT
        return Unreadable(name, what, f"{WHERE}: {name}", "magicloop run", fault)
    what = "there is no such calendar, or it is not shared with you"
    if reason != "notFound":
        what = f"Google does not tell its busy times ({scrub(reason)})"
    return Unreadable(name, what, f"{WHERE}: {name}", TAKE_OUT)

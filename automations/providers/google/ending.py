"""When a sign-in will end by itself, as far as Google and the token's file tell. Nobody is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from automations.errors import ProviderError
from automations.model.seen import SignInLife
from automations.providers.google.auth import read_token
from automations.providers.google.cures import AUDIENCE, CONNECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automations.model.policy import Policy
    from automations.providers.google.auth import Token

TESTING = timedelta(days=8)
"""A sign-in that is made for less was made while the project's publishing status was Testing: 7 days."""

_LONGEST = timedelta(days=3650)


def told_end(answer: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return when the sign-in ends by the token endpoint's answer, None when it says nothing of an end."""
    seconds = answer.get("refresh_token_expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    if not 0 < seconds <= _LONGEST.total_seconds():
        return None
    return (now + timedelta(seconds=seconds)).replace(microsecond=0)


def life_of(policy: Policy) -> SignInLife | None:
    """Return how long the sign-in lasts that the config uses; None where it uses none, or it cannot be read."""
    uses = "google" in (policy.calendar.provider, policy.mail.provider)
    if not uses or policy.google.service_account:
        return None
    try:
        token = read_token(policy.google.token_file)
    except ProviderError:
        return None  # told by whatever needs it
    return life_of_token(token, policy.google.token_file)


def life_of_token(token: Token, path: str) -> SignInLife:
    """Return how long a sign-in lasts. It was last used when its access token was made, which is good for an hour."""
    used = token.expiry - timedelta(hours=1) if token.expiry else None
    short = token.dies is not None and token.made is not None and token.dies - token.made < TESTING
    cure = f"press Publish app at {AUDIENCE}, then: {CONNECT}" if short else CONNECT
    return SignInLife(token.dies, used, path, cure)

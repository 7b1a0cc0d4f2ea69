"""Who may ask the page anything: the person whose browser brought the link that was printed, and nobody else.

Any other page in the same browser, another account of this machine, and a name that was bent to point here
are all turned away: by the exact Host, a cookie that only the printed link gives, and for every act also by
its Origin and a field that no other page can know.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

COOKIE = "magicloop"
IDLE = timedelta(minutes=15)
"""How long the page stays without a request of the person's."""

TRIES = 5
"""Wrong links in a minute, after which none is looked at until that minute is over."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with none at all a browser says nothing of where our own forms come from
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries beside its content policy."""


def content_policy(nonce: str) -> str:
    """Return the policy of a page: nothing from outside, our own style and script, mails in a shut frame."""
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; form-action 'self'; "
        "frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@dataclass(slots=True)
class Visitor:
    """The person's browser: what its forms carry, and what it is told with the next page."""

    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    messages: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, kind: str, words: str) -> None:
        """Say something once; `kind` is done, note or error."""
        self.messages.append((kind, words))

    def told(self) -> list[tuple[str, str]]:
        """Return what was to be said, and forget it."""
        said, self.messages = self.messages, []
        return said


class Guard:
    """The page's door. One link, good once; the cookie it gives is good as long as the page stands."""

    def __init__(self, host: str, now: datetime) -> None:
        self.host = host
        self.link_token = secrets.token_urlsafe(32)
        self._visitors: dict[str, Visitor] = {}
        self._tries: list[datetime] = []
        self._last = now

    @property
    def origin(self) -> str:
        """The page's own origin."""
        return f"http://{self.host}"

    def right_host(self, asked: str) -> bool:
        """Tell whether a request named this page, and nothing that only leads here."""
        return hmac.compare_digest(asked.encode(), self.host.encode())

    def enter(self, token: str, now: datetime) -> str | None:
        """Return the cookie for the link's token, which is then used up; None for any other.

        After a few wrong ones nothing is looked at for the rest of the minute.
        """
        self._tries = [at for at in self._tries if now - at < timedelta(minutes=1)]
        if len(self._tries) >= TRIES:
            return None
        if not self.link_token or not hmac.compare_digest(token.encode(), self.link_token.encode()):
            self._tries.append(now)
            return None
        self.link_token = ""
        cookie = secrets.token_urlsafe(32)
        self._visitors[cookie] = Visitor()
        self._last = now
        return cookie

    def visitor(self, cookie: str, now: datetime) -> Visitor | None:
        """Return who has this cookie, None for nobody; somebody's request keeps the page open."""
        for known, visitor in self._visitors.items():
            if hmac.compare_digest(known.encode(), cookie.encode()):
                self._last = now
                return visitor
        return None

    def may_act(self, visitor: Visitor, headers: Mapping[str, str], csrf: str) -> bool:
        """Tell whether a form came from our own page."""
        site = headers.get("Sec-Fetch-Site", "same-origin")
        same = headers.get("Origin", "") == self.origin and site == "same-origin"
        return same and hmac.compare_digest(csrf.encode(), visitor.csrf.encode())

    def is_idle(self, now: datetime) -> bool:
        """Tell whether nobody has asked for anything for so long that the page closes."""
        return now - self._last >= IDLE

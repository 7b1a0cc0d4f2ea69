"""How the consent page's code becomes a token: over the transport of all other calls, which ends in time.

The sign-in library's own has no time limit at all.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from automations.providers.google.client import TIMEOUT, SingleShot
from automations.providers.google.failures import CAUGHT

if TYPE_CHECKING:
    from google_auth_oauthlib.flow import InstalledAppFlow


def exchange_in_time(flow: InstalledAppFlow, *, direct: bool) -> None:
    """Let the flow ask Google over `SingleShot`; `direct` is meant for the loopback, without a proxy."""
    for scheme in ("https://", "http://"):
        flow.oauth2session.mount(scheme, _Exchange(direct=direct))


class _Exchange(BaseAdapter):
    """Hands a request of the library over, and the answer back."""

    def __init__(self, *, direct: bool) -> None:
        super().__init__()
        self._http = SingleShot(TIMEOUT, direct=direct)

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Return the answer.

        :raises requests.ConnectionError: there is none, or not in time.
        """
        # Which encodings are understood is the transport's own matter.
        headers = {
            name: value for name, value in request.headers.items() if name.lower() != "accept-encoding"
        }
        try:
            reply, content = self._http.request(
                request.url, request.method, body=request.body, headers=headers
            )
        except CAUGHT as error:
            raise requests.ConnectionError(type(error).__name__) from None
        finally:
            self._http.close()
        answer = requests.Response()
        answer.status_code, answer.headers = int(reply.status), CaseInsensitiveDict(reply)
        answer.raw, answer.url, answer.request = io.BytesIO(content), str(request.url), request
        return answer

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

"""What can go wrong on the way, to be put on a method by its discovery id."""

from dataclasses import dataclass
from fnmatch import fnmatch

from google_emulator.discovery import ApiError


@dataclass
class Fault:
    """One thing that goes wrong.

    `kind`: "close" (no byte), "reset" (RST), "slow" (past any patience), "truncated", "html" (a 200 that is
    no JSON), "empty" (a 200 without a body), "error"; and what drips in without end: "drip" (the body), "drip-open" (one
    of which only the connection's end tells that it is whole), "drip-headers". With `applied` the change is made first, and only
    the answer suffers. `status`, `reason` and `retry_after` are those of an "error".
    """

    kind: str
    applied: bool = False
    status: int = 503
    reason: str = "backendError"
    retry_after: int | None = None
    html: bool = False

    @classmethod
    def error(cls, status, reason="backendError", **more):
        return cls("error", status=status, reason=reason, **more)

    def answer(self):
        """Return (status, headers, body) of an error."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.html:
            return self.status, {**headers, "Content-Type": "text/html"}, b"<!DOCTYPE html><p>502 Bad Gateway"
        return self.status, headers, ApiError(self.status, self.reason, f"Trouble: {self.reason}").body()


EVERY = {
    "close-before": Fault("close"),
    "close-after": Fault("close", applied=True),
    "reset-before": Fault("reset"),
    "reset-after": Fault("reset", applied=True),
    "slow-before": Fault("slow"),
    "slow-after": Fault("slow", applied=True),
    "truncated": Fault("truncated", applied=True),
    "html-200": Fault("html", applied=True),
    "empty-200": Fault("empty", applied=True),
    "429": Fault.error(429, "rateLimitExceeded", retry_after=7),
    "403-rate": Fault.error(403, "userRateLimitExceeded"),
    "403-quota": Fault.error(403, "quotaExceeded"),
    "403-scope": Fault.error(403, "insufficientPermissions"),
    "500-before": Fault.error(500),
    "500-after": Fault.error(500, applied=True),
    "502-html": Fault.error(502, html=True),
    "503-after": Fault.error(503, applied=True),
}
"""Every fault there is, by name: the rows of a matrix."""


class Faults:
    """The faults that are due, by pattern of method id."""

    def __init__(self):
        self._due = []

    def put(self, method, fault, *, times=1, after=0):
        """Let the calls of `method` (a pattern) fail `times` times, once `after` of them went well."""
        self._due.append([method, fault, times, after])

    def clear(self):
        self._due.clear()

    def take(self, method):
        for entry in self._due:
            pattern, fault, times, after = entry
            if not fnmatch(method, pattern) or times == 0:
                continue
            if after:
                entry[3] -= 1
                continue
            entry[2] -= 1
            return fault
        return None

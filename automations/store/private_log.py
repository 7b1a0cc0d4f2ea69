"""A log file that grows only so far, and that its owner alone can read from its first byte."""

from __future__ import annotations

import os
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import io


class PrivateLog(RotatingFileHandler):
    """The standard library's, but mode 0600, through no link, and without a word when it cannot write."""

    def __init__(self, path: str, *, maxBytes: int, backupCount: int) -> None:  # noqa: N803 - the library's names
        super().__init__(path, maxBytes=maxBytes, backupCount=backupCount, encoding="utf-8", delay=True)

    def _open(self) -> io.TextIOWrapper:
        return open(self.baseFilename, "a", encoding="utf-8", opener=_private)

    def handleError(self, record: Any) -> None:  # noqa: N802 - the library's name
        """Leave it out: a full disk is told of by what needs the room."""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

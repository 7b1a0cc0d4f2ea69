"""stdout and stderr as all that speaks may rely on them: open, and with an error in words where they cannot be written.

A reader that left early (EPIPE) is click's business. What every command loads: only what is light.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from automations.errors import MagicloopError

if TYPE_CHECKING:
    from collections.abc import Callable

REASONS = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


class OutputError(MagicloopError):
    """What is printed to stdout cannot be written: the disk it goes to is full, say."""


def ready_streams() -> None:
    """Make stdout and stderr ready to be spoken to: each is there, takes any letter, and fails in words."""
    _open_closed()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, _Guarded):
            continue
        # A letter that cannot be written is a question mark, rather than an error.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")
        setattr(sys, name, cast("TextIO", _Guarded(stream, name)))


class _Guarded:
    """A stream that raises `OutputError` once where it cannot be written; all that is said after goes nowhere.

    Of stderr nothing can be told: the exit code has to do.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def write(self, text: str) -> int:
        if text != "":  # click tries a stream with nothing, and swallows what comes of it
            self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except BrokenPipeError:
            raise
        except OSError as error:
            self._send_nowhere()
            if self._name == "stdout":
                raise _unwritten(error) from error

    def _send_nowhere(self) -> None:
        """Let what is still to be written vanish, or Python would complain of it once more at its end."""
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def _unwritten(error: OSError) -> OutputError:
    reason = REASONS.get(error.errno or 0) or error.strerror or str(error)
    return OutputError(
        f"the output could not be written: {reason}",
        where="stdout",
        fix="send it where it can be written; what was done by now stands: magicloop status",
    )


def _open_closed() -> None:
    """Open what was closed (`>&-`) on nothing: the next file would take its number, and be written into."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    while (place := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - stdin, stdout and stderr
        os.set_inheritable(place, True)  # noqa: FBT003 - the system's own signature
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(place, "w", encoding="utf-8", closefd=False))

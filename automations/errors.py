"""What can go wrong, as classes that carry facts; the sentence stands beside the fields.

Every error says what happened, where, and what to type to cure it, and carries the exit
code of the command-line contract. Nothing here touches the world.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class ExitCode(IntEnum):
    """Exit codes of the command line; people script against them."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    PARTIAL = 3
    SIGN_IN = 4
    TEMPORARY = 8
    CONFIG = 10
    LOCKED = 11
    WAITING = 20
    INTERRUPTED = 130


ENDS_WELL: Final = (ExitCode.DONE, ExitCode.PARTIAL, ExitCode.TEMPORARY, ExitCode.LOCKED)
"""How a run may end of which a scheduler need not tell: the program itself does, where it matters."""


class MagicloopError(Exception):
    """An error meant for a person: `what` happened, `where`, and the `fix` to type."""

    exit_code: int = ExitCode.ERROR

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        return self.what


class ConfigProblem(NamedTuple):
    """One thing wrong in a config file. `what` never holds the value of a secret."""

    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what}" if self.key else self.what


class ConfigError(MagicloopError):
    """The config cannot be used; carries every problem found, not only the first."""

    exit_code = ExitCode.CONFIG

    def __init__(self, path: str, problems: Sequence[ConfigProblem], *, fix: str = "") -> None:
        self.path = path
        self.problems = tuple(problems)
        lines = "\n".join(f"{path}: {problem}" for problem in self.problems)
        super().__init__(lines, fix=fix or "magicloop config check")


class UnknownNameError(MagicloopError):
    """A name or id given on the command line that nothing answers to."""

    exit_code = ExitCode.USAGE

    def __init__(self, noun: str, name: str, *, near: Sequence[str] = (), fix: str = "") -> None:
        self.noun = noun
        self.name = name
        self.near = tuple(near)
        hint = f"; did you mean {' or '.join(self.near)}?" if self.near else ""
        super().__init__(f"no {noun} called {name!r}{hint}", fix=fix)


class RefusedError(MagicloopError):
    """The person asked for something the rules do not allow (an illegal move, a stale hash)."""


class BadValueError(RefusedError):
    """What the person wrote on the command line is missing, or is no such thing (a time, a severity)."""

    exit_code = ExitCode.USAGE


class StoreError(MagicloopError):
    """The journal cannot be used: corrupt, newer than this program, or not writable."""


class ConflictError(MagicloopError):
    """A record was changed by somebody else since it was read; nothing was written."""


class ClaimOpenError(ConflictError):
    """Another run holds an open claim on the same action; nothing was written."""


class LockHeldError(MagicloopError):
    """Another run is at work on the same data directory."""

    exit_code = ExitCode.LOCKED


class PlanRefusedError(MagicloopError):
    """The world looks wrong (a clock far off, say), so nothing was planned or touched."""

    exit_code = ExitCode.TEMPORARY


class TemplateFaultError(MagicloopError):
    """A template could not be rendered. `where` is `file:line`."""


class HeaderFaultError(MagicloopError):
    """A header value or address that may not stand in a mail. `where` names the header."""


class FaultClass(StrEnum):
    """Whether trying a failed call again can help, and whether it may have gone through."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    AMBIGUOUS = "ambiguous"
    NEEDS_SIGN_IN = "needs_sign_in"


class ProviderError(MagicloopError):
    """A provider's call failed.

    `fault` says if it may be tried again: `transient` and `permanent` calls certainly had no
    effect, an `ambiguous` one may have. `retry_after` is how long the far side asked us to wait.
    `at_server` tells that it is the server's, the network's or the sign-in's and not that of what was asked: the
    next call would meet it too.
    """

    def __init__(
        self,
        what: str,
        *,
        fault: FaultClass,
        where: str = "",
        fix: str = "",
        retry_after: timedelta | None = None,
        at_server: bool = False,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.fault = fault
        self.retry_after = retry_after
        self.at_server = at_server or fault is FaultClass.NEEDS_SIGN_IN

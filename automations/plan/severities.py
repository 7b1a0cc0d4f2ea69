"""How bad it is that something failed, and the exit code that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from automations.errors import ExitCode, FaultClass, ProviderError
from automations.model.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automations.errors import MagicloopError

SEVERITIES: Final = {
    FaultClass.TRANSIENT: Severity.TEMPORARY,
    FaultClass.AMBIGUOUS: Severity.TEMPORARY,
    FaultClass.PERMANENT: Severity.ERROR,
    FaultClass.NEEDS_SIGN_IN: Severity.SIGN_IN,
}
"""How bad it is that a provider failed, by whether trying again can help."""


def severity_of(error: MagicloopError) -> Severity:
    """Return how bad it is that something ended by this error."""
    return SEVERITIES[error.fault] if isinstance(error, ProviderError) else Severity.ERROR


def exit_code_of(severities: Iterable[Severity]) -> ExitCode:
    """Return how a command ends that leaves these behind.

    Sign-in needed says so first; then what was left undone; then what only has to wait.
    """
    found = frozenset(severities)
    if Severity.SIGN_IN in found:
        return ExitCode.SIGN_IN
    if found & {Severity.ERROR, Severity.ASK}:
        return ExitCode.PARTIAL
    return ExitCode.TEMPORARY if Severity.TEMPORARY in found else ExitCode.DONE

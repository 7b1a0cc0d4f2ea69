"""The lint: what a reader of a mail would stumble over, found before anybody approves it. Pure and linear."""

from __future__ import annotations

from automations.compose.lint.honesty import HONESTY
from automations.compose.lint.leftovers import LEFTOVERS
from automations.compose.lint.mail import Finding, Level, Mail, Mark
from automations.compose.lint.shape import SHAPE, word_limits
from automations.compose.lint.tone import TONE

__all__ = ["RULES", "Finding", "Level", "Mail", "Mark", "lint", "word_limits"]

RULES = (*LEFTOVERS, *HONESTY, *SHAPE, *TONE)
"""Every rule; each code stands once."""

_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.HINT: 2}


def lint(mail: Mail) -> tuple[Finding, ...]:
    """Return what is to be mended in a mail, errors first; at most one finding per code."""
    found = [finding for rule in RULES for finding in rule.findings(mail)]
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.level]))

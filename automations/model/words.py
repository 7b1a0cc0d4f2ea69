"""The words of one mail, as they were rendered and before they are mail bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A rendered mail: a one-line subject and two bodies of the same content."""

    subject: str
    body_text: str
    body_html: str

"""Instants as text: one format, UTC, always 27 characters, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime


def instant_to_text(at: datetime) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ` in UTC.

    :raises ValueError: the instant has no zone, so it names no instant.
    """
    if at.tzinfo is None:
        raise ValueError(f"an instant needs a zone: {at!r}")
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def text_to_instant(text: str) -> datetime:
    """Return the aware UTC instant; ValueError when the text is none."""
    return datetime.fromisoformat(text).astimezone(UTC)

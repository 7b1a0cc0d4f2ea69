"""The product's Google Calendar, on the emulator."""

from datetime import UTC, datetime

from automations.providers.google.calendar import GoogleCalendar, Wishes
from automations.providers.google.client import build_service
from automations.providers.google.notes import Notes
from google_emulator.signing_in import credentials_for

PATIENCE = 0.3
"""Seconds until a call times out: loopback answers come at once."""


class QuickClock:
    """Stands still until it is set; waits only move it."""

    def __init__(self, now=datetime(2026, 3, 2, 8, tzinfo=UTC)):
        self.instant = now
        self.waits = []

    def now(self):
        return self.instant

    def boot_seconds(self):
        return 0.0

    def sleep(self, seconds):
        self.waits.append(seconds)


def google_calendar(emulator, folder, *, clock=None, connect=None, **wishes):
    """Return the provider, with the person's wishes."""
    wanted = Wishes(**{"person": "ann@corp.test", "zone": "Europe/Berlin", **wishes})

    def connected():
        return build_service("calendar", credentials_for(emulator), endpoint=emulator.url, timeout=PATIENCE)

    notes = Notes(str(folder / "google-calendar.json"))
    return GoogleCalendar(connect or connected, wanted, notes, clock or QuickClock())

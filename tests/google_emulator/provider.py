"""The product's Google Calendar and Gmail, on the emulator."""

import json
from datetime import UTC, datetime

from automations.model.policy import GoogleSettings
from automations.providers.google.auth import SignIn
from automations.providers.google.calendar import GoogleCalendar, Wishes
from automations.providers.google.client import build_service
from automations.providers.google.mail import GoogleMailbox
from automations.providers.google.notes import Notes
from google_emulator.signing_in import credentials_for

PATIENCE = 10.0
"""Seconds until a call times out: far more than the loopback takes."""

IMPATIENCE = 0.2
"""The same, where the answer is known to come too late."""


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


def google_calendar(emulator, folder, *, clock=None, timeout=PATIENCE, **wishes):
    """Return the provider, with the person's wishes."""
    wanted = Wishes(**{"person": "ann@corp.test", "zone": "Europe/Berlin", **wishes})

    def connected():
        return build_service("calendar", credentials_for(emulator), endpoint=emulator.url, timeout=timeout)

    notes = Notes(str(folder / "google-calendar.json"))
    return GoogleCalendar(connected, wanted, notes, clock or QuickClock())


def token_file(emulator, path, **changed):
    """Write the person's sign-in as a file; None leaves a field out."""
    held = {
        "token": "first-token",
        "refresh_token": "refresh-me",
        "token_uri": emulator.token_uri,
        "client_id": "client.test",
        "client_secret": "not-a-secret",
        "scopes": sorted(emulator.tokens.get("first-token", ())),
        "expiry": "2100-01-01T00:00:00Z",
        **changed,
    }
    path.write_text(json.dumps({name: value for name, value in held.items() if value is not None}))
    path.chmod(0o600)
    return path


def google_mailbox(emulator, folder, *, email="ann@corp.test", clock=None, timeout=PATIENCE):
    """Return the provider as the config makes it, with a token file in `folder`, made where there is none."""
    path = folder / "token.json"
    if not path.exists():
        token_file(emulator, path)
    clock = clock or QuickClock()
    settings = GoogleSettings(token_file=str(path), api_endpoint=emulator.url)
    sign_in = SignIn(settings, email, clock)
    files = {"known": str(folder / "known.json"), "notes": str(folder / "notes.json")}
    return GoogleMailbox(sign_in, clock, **files, endpoint=emulator.url, timeout=timeout)

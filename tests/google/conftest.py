import pytest

from google_emulator import CalendarApi, Emulator


@pytest.fixture
def calendar_api():
    return CalendarApi()


@pytest.fixture
def emulator(calendar_api):
    """Return a Google with one account, on the loopback."""
    with Emulator(calendar_api) as running:
        yield running

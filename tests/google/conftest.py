import sys
from pathlib import Path

import pytest

from google_emulator import CalendarApi, Emulator

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

from lives import GoogleLife

from google_emulator.provider import IMPATIENCE, PATIENCE


@pytest.fixture
def calendar_api():
    return CalendarApi()


@pytest.fixture
def emulator(calendar_api):
    """Return a Google with one account, on the loopback."""
    with Emulator(calendar_api) as running:
        yield running


@pytest.fixture
def timeout(request):
    """Return the seconds a call may take: few where the test is about an answer that does not come."""
    return IMPATIENCE if "slow" in request.node.name else PATIENCE


@pytest.fixture
def life(emulator, calendar_api, tmp_path, timeout):
    """Return a person's world whose calendar is on Google."""
    made = GoogleLife(emulator, calendar_api, tmp_path)
    made.timeout = timeout
    yield made
    made.close()

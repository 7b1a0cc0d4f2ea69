"""A Google whose answers drip in without end: each request ends, as one that was not answered in time."""

import json
import threading
import time

import pytest

from automations.errors import ExitCode, FaultClass
from automations.providers.google import client
from automations.providers.google.client import TRIES, Caller, build_service
from automations.providers.google.failures import GoogleError
from google_emulator import Fault
from google_emulator.provider import IMPATIENCE, PATIENCE, QuickClock
from google_emulator.signing_in import credentials_for

DRIPS = ["drip", "drip-open", "drip-headers"]
EVENT = {
    "id": "abcde01234",
    "start": {"dateTime": "2026-03-10T09:00:00Z"},
    "end": {"dateTime": "2026-03-10T11:00:00Z"},
}
LISTING, INSERT = "calendar.events.list", "calendar.events.insert"
LONG = 4.0
"""Seconds that nothing takes here; the drips go on for longer."""


class OnceClock(QuickClock):
    """After the first wait it is too late for another try."""

    def boot_seconds(self):
        return 3600.0 * len(self.waits)


@pytest.fixture
def timeout():
    return IMPATIENCE


@pytest.fixture
def service(emulator, timeout):
    with build_service("calendar", credentials_for(emulator), endpoint=emulator.url, timeout=timeout) as made:
        yield made


@pytest.fixture(autouse=True)
def in_time():
    """See that the whole test ends in time, and that no timer is left."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < LONG
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]


def listing(service):
    return service.events().list(calendarId="primary")


def insert(service):
    return service.events().insert(calendarId="primary", sendUpdates="none", body=dict(EVENT))


@pytest.mark.parametrize("kind", DRIPS)
def test_a_read_is_transient(emulator, service, kind):
    emulator.faults.put(LISTING, Fault(kind, applied=True))
    with pytest.raises(GoogleError, match="did not answer in time") as caught:
        Caller("Google Calendar", OnceClock()).read(listing(service))
    assert caught.value.fault is FaultClass.TRANSIENT


@pytest.mark.parametrize("kind", DRIPS)
def test_a_read_is_made_again_over_another_connection(emulator, service, kind):
    caller = Caller("Google Calendar", QuickClock())
    assert caller.read(listing(service))["items"] == []
    emulator.faults.put(LISTING, Fault(kind, applied=True))
    assert caller.read(listing(service))["items"] == []
    assert emulator.log == [LISTING] * 3


@pytest.mark.parametrize("applied", [True, False], ids=["done", "not-done"])
@pytest.mark.parametrize("kind", DRIPS)
def test_a_change_may_have_happened_and_is_made_once(emulator, service, kind, applied):
    emulator.faults.put(INSERT, Fault(kind, applied=applied))
    with pytest.raises(GoogleError, match="did not answer in time") as caught:
        Caller("Google Calendar", QuickClock()).change(insert(service))
    assert caught.value.fault is FaultClass.AMBIGUOUS
    assert emulator.log == [INSERT]


@pytest.mark.parametrize("kind", DRIPS)
def test_a_renewal_of_the_sign_in_ends_too(emulator, service, kind):
    emulator.expire()
    emulator.faults.put("token", Fault(kind, applied=True))
    with pytest.raises(GoogleError, match="in time") as caught:
        Caller("Google Calendar", OnceClock()).read(listing(service))
    assert caught.value.fault is FaultClass.TRANSIENT
    assert emulator.log == [LISTING], "the one that was refused; with a new token nothing was asked"


# --- whole runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [LISTING, INSERT])
def test_a_run_ends_and_the_next_ones_book_each_month_once(life, method):
    life.timeout = 0.12
    life.emulator.faults.put(method, Fault("drip", applied=True), times=TRIES)
    assert life.run().exit_code is ExitCode.TEMPORARY
    life.emulator.faults.clear()
    life.timeout = PATIENCE
    for _ in range(3):
        life.later()
    assert {block: len(events) for block, events in life.ours().items()} == {
        block.id: 1 for block in life.recorded.blocks
    }
    assert (len(life.recorded.blocks), life.recorded.claims, life.problems()) == (2, (), set())


def test_the_lock_is_free_after_a_run_that_was_held_up(account, monkeypatch):
    account.google.faults.put(INSERT, Fault("drip", applied=True))
    monkeypatch.setattr(client, "WHOLE", 0.03)  # of the 20 seconds that a real call is given
    account.call("run")
    assert account.call("run").exit_code != ExitCode.LOCKED
    assert len(account.calendar.live) == 1


def test_a_sign_in_that_could_not_be_taken_back_in_time_stays(account, monkeypatch):
    account.google.faults.put("revoke", Fault("drip"))
    monkeypatch.setattr(client, "WHOLE", 0.03)
    done = account.call("disconnect", "google", "--yes")
    assert (done.exit_code, account.token.exists()) == (ExitCode.ERROR, True)
    assert "was not taken back" in done.stderr


def test_a_sign_in_whose_code_is_not_redeemed_in_time_says_so(account, home, monkeypatch):
    account.token.unlink()
    client_file = home / "client.json"
    kept = {
        "client_id": "client.test",
        "client_secret": "not-a-secret",
        "token_uri": account.google.token_uri,
    }
    client_file.write_text(json.dumps({"installed": {**kept, "auth_uri": f"{account.google.url}/auth"}}))
    begun = account.call(
        "connect", "google", "--no-browser", "--published", "--client-file", str(client_file)
    )
    url = next(line for line in begun.stdout.splitlines() if "/auth?" in line)
    account.google.faults.put("token", Fault("drip", applied=True))
    monkeypatch.setattr(client, "WHOLE", 0.03)
    done = account.call("connect", "google", "--paste", account.google.consent(url))
    assert (done.exit_code, account.token.exists()) == (ExitCode.ERROR, False)
    assert "cannot be reached" in done.stderr

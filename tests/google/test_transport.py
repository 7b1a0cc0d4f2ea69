"""How calls go out and what their failures mean: the real client over real sockets."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from automations.errors import FaultClass
from automations.providers.google.client import BUDGET, TRIES, Caller, build_service
from automations.providers.google.failures import GoogleError, read_reason, scrub
from google_emulator import Fault
from google_emulator.faults import EVERY
from google_emulator.signing_in import credentials_for

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
EVENT = {
    "id": "abcde01234",
    "start": {"dateTime": "2026-03-10T09:00:00Z"},
    "end": {"dateTime": "2026-03-10T11:00:00Z"},
}
LISTING, INSERT = "calendar.events.list", "calendar.events.insert"


class CountedClock:
    """Stands still; waits are only written down."""

    def __init__(self):
        self.waits = []

    def now(self):
        return NOW

    def boot_seconds(self):
        return 0.0

    def sleep(self, seconds):
        self.waits.append(seconds)


@pytest.fixture
def clock():
    return CountedClock()


@pytest.fixture
def caller(clock):
    return Caller("Google Calendar", clock, "ann@corp.test")


@pytest.fixture
def service(emulator, timeout):
    with build_service("calendar", credentials_for(emulator), endpoint=emulator.url, timeout=timeout) as made:
        yield made


def listing(service):
    return service.events().list(calendarId="primary")


def insert(service):
    return service.events().insert(calendarId="primary", sendUpdates="none", body=dict(EVENT))


MEANINGS = {
    "close-before": FaultClass.AMBIGUOUS,
    "close-after": FaultClass.AMBIGUOUS,
    "reset-before": FaultClass.AMBIGUOUS,
    "reset-after": FaultClass.AMBIGUOUS,
    "slow-before": FaultClass.AMBIGUOUS,
    "slow-after": FaultClass.AMBIGUOUS,
    "truncated": FaultClass.AMBIGUOUS,
    "html-200": FaultClass.AMBIGUOUS,
    "empty-200": FaultClass.AMBIGUOUS,
    "429": FaultClass.TRANSIENT,
    "403-rate": FaultClass.TRANSIENT,
    "403-quota": FaultClass.TRANSIENT,
    "403-scope": FaultClass.NEEDS_SIGN_IN,
    "500-before": FaultClass.AMBIGUOUS,
    "500-after": FaultClass.AMBIGUOUS,
    "502-html": FaultClass.AMBIGUOUS,
    "503-after": FaultClass.AMBIGUOUS,
}


@pytest.mark.parametrize("name", EVERY)
def test_a_change_is_sent_once_and_its_failure_says_whether_it_may_have_happened(
    emulator, service, caller, clock, name
):
    emulator.faults.put(INSERT, EVERY[name], times=99)
    with pytest.raises(GoogleError) as caught:
        caller.change(insert(service))
    assert caught.value.fault is MEANINGS[name]
    retried = name in ("429", "403-rate")  # refused for sure, so it may come again
    assert emulator.log == [INSERT] * (1 + len(clock.waits))
    assert bool(clock.waits) is retried
    assert caught.value.where == "Google Calendar"
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize(
    "name", [name for name, meaning in MEANINGS.items() if meaning is FaultClass.AMBIGUOUS]
)
def test_a_read_that_breaks_is_transient_and_tried_again_with_growing_waits(
    emulator, service, caller, clock, name
):
    emulator.faults.put(LISTING, EVERY[name], times=TRIES - 1 if "close" not in name else 1)
    assert caller.read(listing(service))["items"] == []
    assert clock.waits == sorted(clock.waits)


def test_a_read_that_stays_broken_is_transient_and_ends(emulator, service, caller, clock):
    emulator.faults.put(LISTING, Fault.error(503), times=99)
    with pytest.raises(GoogleError) as caught:
        caller.read(listing(service))
    assert caught.value.fault is FaultClass.TRANSIENT
    assert len(emulator.log) == TRIES
    assert len(clock.waits) == TRIES - 1
    assert 7 <= sum(clock.waits) <= BUDGET


def test_waits_take_no_longer_than_the_budget_of_a_run(emulator, service, caller, clock):
    emulator.faults.put(LISTING, Fault.error(429, "rateLimitExceeded", retry_after=20), times=99)
    for _ in range(5):
        with pytest.raises(GoogleError) as caught:
            caller.read(listing(service))
        assert caught.value.retry_after == timedelta(seconds=20)
    assert sum(clock.waits) <= BUDGET


def test_tries_that_take_long_use_up_the_budget_too(emulator, service):
    class LateClock(CountedClock):
        looks = 0

        def boot_seconds(self):
            self.looks += 1
            return 8.0 * self.looks

    clock = LateClock()
    caller = Caller("Google Calendar", clock)
    emulator.faults.put(LISTING, Fault.error(503), times=99)
    for _ in range(2):
        with pytest.raises(GoogleError):
            caller.read(listing(service))
    assert len(emulator.log) < 2 * TRIES - 1
    assert sum(clock.waits) < BUDGET / 2


def test_nothing_is_tried_again_once_the_machine_slept(emulator, service):
    class SleepyClock(CountedClock):
        def boot_seconds(self):
            return 3600.0 * len(self.waits)

    emulator.faults.put(INSERT, Fault.error(503))
    with pytest.raises(GoogleError):
        Caller("Google Calendar", SleepyClock()).change(insert(service), again=True)
    assert emulator.log == [INSERT]


def test_a_change_that_can_be_sent_twice_is_sent_again(emulator, service, caller):
    emulator.faults.put(INSERT, EVERY["close-before"])
    assert caller.change(insert(service), again=True)["id"] == EVENT["id"]
    assert emulator.log == [INSERT, INSERT]


def test_a_used_up_quota_stops_the_api_for_the_day(emulator, service, caller):
    emulator.faults.put(LISTING, EVERY["403-quota"])
    for _ in range(3):
        with pytest.raises(GoogleError, match="quota") as caught:
            caller.read(listing(service))
    assert emulator.log == [LISTING]
    assert caught.value.fault is FaultClass.TRANSIENT
    assert caller.stopped_until == datetime(2026, 3, 3, 8, tzinfo=UTC)  # midnight in California


def test_an_expired_token_is_refreshed_in_the_middle(emulator, service, caller):
    caller.read(listing(service))
    emulator.expire()
    assert caller.change(insert(service))["id"] == EVENT["id"]
    assert [form["grant_type"] for form in emulator.token_calls] == ["refresh_token"]
    assert emulator.log == [LISTING, INSERT, INSERT]  # the first was refused, so nothing happened twice


def test_a_taken_back_access_needs_a_new_sign_in(emulator, service, caller, clock):
    emulator.revoke()
    with pytest.raises(GoogleError, match="revoked") as caught:
        caller.change(insert(service))
    assert caught.value.fault is FaultClass.NEEDS_SIGN_IN
    assert caught.value.fix == "magicloop connect google"
    assert clock.waits == []


def test_nobody_there_is_transient_even_for_a_change(emulator, clock):
    credentials = credentials_for(emulator)
    service = build_service("calendar", credentials, endpoint="http://127.0.0.1:9", timeout=0.3)
    with pytest.raises(GoogleError, match="cannot be reached") as caught:
        Caller("Google Calendar", clock).change(insert(service))
    assert caught.value.fault is FaultClass.TRANSIENT
    service.close()


def test_a_proxy_of_the_environment_is_not_asked_for_the_loopback(emulator, caller, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with build_service("calendar", credentials_for(emulator), endpoint=emulator.url) as service:
        assert caller.read(listing(service))["items"] == []


@pytest.mark.parametrize(
    ("request_of", "says"),
    [
        (lambda events: events.list(calendarId="primary", orderBy="startTime"), "ordering"),
        (lambda events: events.insert(calendarId="primary", body={**EVENT, "colour": "red"}), "colour"),
        (lambda events: events.insert(calendarId="primary", body={**EVENT, "id": "UPPER"}), "resource id"),
        (lambda events: events.list(calendarId="nobody@corp.test"), "Not Found"),
    ],
)
def test_what_google_refuses_is_permanent_and_says_why(emulator, service, caller, request_of, says):
    with pytest.raises(GoogleError, match=says) as caught:
        caller.change(request_of(service.events()))
    assert caught.value.fault is FaultClass.PERMANENT
    assert len(emulator.log) == 1


def test_a_parameter_that_does_not_exist_is_refused_by_the_emulator(emulator, service, caller):
    request = listing(service)
    request.uri += "&unheard=1"
    with pytest.raises(GoogleError, match="unheard"):
        caller.read(request)


@freeze_time(NOW)
def test_a_token_that_lacks_the_scope_names_the_box(emulator, service, caller):
    emulator.tokens["first-token"] = frozenset({"https://www.googleapis.com/auth/gmail.compose"})
    with pytest.raises(GoogleError, match="box") as caught:
        caller.read(listing(service))
    assert caught.value.fault is FaultClass.NEEDS_SIGN_IN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"error": {"errors": [{"reason": "a"}, {"reason": "b"}], "message": "m"}}', "a"),
        (
            b'{"error": {"details": [{"reason": "RATE_LIMIT_EXCEEDED"}], "status": "X"}}',
            "RATE_LIMIT_EXCEEDED",
        ),
        (b'{"error": {"status": "PERMISSION_DENIED"}}', "PERMISSION_DENIED"),
        (b'{"error": "invalid_grant"}', ""),
        (b"<html>", ""),
        (b"", ""),
        (b"\xff", ""),
        (b'{"error": {"errors": ["odd"]}}', ""),
    ],
)
def test_the_machine_word_of_an_error_is_read_from_any_shape(content, reason):
    assert read_reason(content)[0] == reason


def test_foreign_text_is_scrubbed_before_it_is_shown():
    secret = "ya29." + "x" * 80
    shown = scrub(f"see https://evil.test/?token=1\x1b[31m and {secret}\nagain")
    assert "evil.test" not in shown
    assert secret not in shown
    assert "\x1b" not in shown
    assert "\n" not in shown

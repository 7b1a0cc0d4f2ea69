"""A sign-in that ended is told of at once and once a day; a Google out of reach only after a day. Both end in one line."""

import errno
import http.client

import httplib2
import pytest
from freezegun import freeze_time

from automations.providers.google.failures import explain
from google_emulator.faults import Fault


def at(instant):
    return freeze_time(instant, ignore=["google_emulator"])


def test_a_sign_in_that_ended(account):
    account.google.expire()
    account.google.refusal = "invalid_grant"
    first = account.call("run")
    assert first.exit_code == 4
    assert 1 <= len(first.stderr.splitlines()) <= 6
    assert "magicloop connect google" in first.stderr
    with at("2026-11-03T08:15:00Z"):
        again = account.call("run")
        assert (again.exit_code, again.output) == (4, "")
    with at("2026-11-04T08:15:00Z"):
        assert "(since Tue 3 Nov 09:00)" in account.call("run").stderr
    account.google.refusal = None
    with at("2026-11-04T08:30:00Z"):
        well = account.call("run")
        assert well.exit_code == 0
        assert [line[:6] for line in well.stderr.splitlines()] == ["over: "]
    with at("2026-11-04T08:45:00Z"):
        assert account.call("run").output == ""


@pytest.mark.usefixtures("no_waits")
def test_a_google_out_of_reach(account):
    account.google.faults.put("*", Fault("reset"), times=10_000)
    for instant in ("2026-11-03T08:00:00Z", "2026-11-03T12:00:00Z", "2026-11-04T07:45:00Z"):
        with at(instant):
            done = account.call("run")
            assert (done.exit_code, done.output) == (8, "")
    with at("2026-11-04T08:00:00Z"):
        told = account.call("run")
        assert told.exit_code == 8
        assert 1 <= len(told.stderr.splitlines()) <= 6
    with at("2026-11-04T08:15:00Z"):
        assert account.call("run").output == ""


BROKE = "the connection to Google broke"


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (
            ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
            f"{BROKE} off before the answer was there",
        ),
        (http.client.RemoteDisconnected("closed"), f"{BROKE} off before the answer was there"),
        (http.client.IncompleteRead(b"{"), f"{BROKE} off before the answer was there"),
        (http.client.BadStatusLine("SSH-2.0"), BROKE),
        (httplib2.RedirectLimit("too many", {}, b""), BROKE),
        (OSError(errno.ENOBUFS, "No buffer space available"), f"{BROKE}: no buffer space available"),
        (TimeoutError("timed out"), "Google did not answer in time"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "Google cannot be reached from here"),
    ],
)
def test_a_broken_connection_is_told_in_words(error, what):
    assert explain(error, where="Gmail", changes=False).what == what

"""Pings over real sockets: what is asked in each style, and what comes of every bad answer."""

import time

import pytest

from automations.errors import FaultClass, ProviderError
from automations.model.policy import MonitorSettings, SecretPlace
from automations.providers.monitor import LOOK, START, PingMonitor, monitor_row, target_of
from mail_server import Certificate
from ping_server import CLOSE, DRIP, HOLD, PingServer

PATIENCE = 10.0
IMPATIENCE = 0.3
SECRET = "CANARY-4f1c"


@pytest.fixture
def server():
    with PingServer() as running:
        yield running


def monitor_of(server, *, style="healthchecks", seconds=PATIENCE, query=""):
    return PingMonitor(MonitorSettings(f"{server.root}/{SECRET}{query}", style=style), seconds=seconds)


def fault_of(monitor, signal=0):
    error = monitor.ping(signal)
    assert isinstance(error, ProviderError)
    assert SECRET not in f"{error.what}{error.where}{error.fix}{error!r}"
    assert error.__cause__ is None
    return error


UUID, KUMA = "https://hc.test/4f1c", "https://kuma.test/api/push/4f1c?status=up&msg=OK&ping="


@pytest.mark.parametrize(
    ("address", "style", "signal", "target"),
    [
        (UUID, "auto", START, "/4f1c/start"),
        (UUID, "auto", 0, "/4f1c"),
        (UUID, "auto", 4, "/4f1c/4"),
        (UUID, "auto", LOOK, "/4f1c/log"),
        (f"{UUID}/", "healthchecks", 0, "/4f1c/"),
        (f"{UUID}/", "healthchecks", START, "/4f1c/start"),
        (f"{UUID}?create=1&a=%20b", "healthchecks", START, "/4f1c/start?create=1&a=%20b"),
        (f"{UUID}?create=1", "healthchecks", 0, "/4f1c?create=1"),
        ("https://hc.test", "healthchecks", 0, "/"),
        ("https://hc.test", "healthchecks", 3, "/3"),
        (KUMA, "auto", START, None),
        (KUMA, "auto", LOOK, None),
        (KUMA, "auto", 0, "/api/push/4f1c?status=up&msg=OK"),
        (KUMA, "auto", 4, "/api/push/4f1c?status=down&msg=exit+4"),
        ("https://kuma.test/api/push/4f1c", "auto", 0, "/api/push/4f1c?status=up&msg=OK"),
        ("https://kuma.test/x?team=a", "uptime-kuma", 1, "/x?team=a&status=down&msg=exit+1"),
        (KUMA, "healthchecks", 4, "/api/push/4f1c/4?status=up&msg=OK&ping="),
        (UUID, "plain", START, None),
        (UUID, "plain", 0, "/4f1c"),
        (f"{UUID}?a=1", "plain", 0, "/4f1c?a=1"),
        (UUID, "plain", 3, None),
        (UUID, "plain", LOOK, None),
    ],
)
def test_what_is_asked_in_each_style(address, style, signal, target):
    assert target_of(address, style, signal) == target


def test_a_ping_is_one_request_without_a_word_more(server):
    monitor = monitor_of(server)
    assert [monitor.start(), monitor.end(0), monitor.end(3)] == [None, None, None]

    assert server.asked == [f"/{SECRET}/start", f"/{SECRET}", f"/{SECRET}/3"]
    names = {line.partition(":")[0] for line in server.heard[0].splitlines()[1:] if line}
    assert names == {"Host", "Accept-Encoding", "User-Agent", "Connection"}
    assert "User-Agent: magicloop\n" in server.heard[0].replace("\r", "")


@pytest.mark.parametrize(
    ("answer", "fault", "said"),
    [
        ((404, {}, b"not found"), FaultClass.PERMANENT, "404"),
        ((400, {}, b"invalid url format"), FaultClass.PERMANENT, "400"),
        ((200, {}, b"OK (not found)"), FaultClass.PERMANENT, "no check"),
        ((429, {}, b""), FaultClass.TRANSIENT, "429"),
        ((500, {}, SECRET.encode()), FaultClass.TRANSIENT, "500"),
        (CLOSE, FaultClass.TRANSIENT, "cannot be reached"),
    ],
)
def test_an_answer_that_is_none_of_success_is_told_in_our_words(server, answer, fault, said):
    server.answers[SECRET] = answer
    error = fault_of(monitor_of(server))
    assert error.fault is fault
    assert said in error.what


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server, status):
    with PingServer() as elsewhere:
        server.answers[SECRET] = (status, {"Location": f"{elsewhere.root}/{SECRET}"}, b"")
        error = fault_of(monitor_of(server))
        assert elsewhere.asked == []
    assert error.fault is FaultClass.PERMANENT
    assert str(status) in error.what
    assert server.asked == [f"/{SECRET}"]


@pytest.mark.parametrize("answer", [HOLD, DRIP])
def test_no_answer_is_waited_for_longer_than_the_bound(server, answer):
    server.answers[SECRET] = answer
    begin = time.monotonic()
    error = fault_of(monitor_of(server, seconds=IMPATIENCE))
    assert time.monotonic() - begin < PATIENCE
    assert error.fault is FaultClass.TRANSIENT
    assert "did not answer within 0.3 seconds" in error.what


def test_nobody_at_the_address_is_temporary():
    with PingServer() as gone:
        root = gone.root
    error = fault_of(PingMonitor(MonitorSettings(f"{root}/{SECRET}")))
    assert error.fault is FaultClass.TRANSIENT


def test_over_https_with_a_certificate_that_fits(tmp_path, monkeypatch):
    made = Certificate(tmp_path / "certs", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))
    with PingServer(made) as server:
        monitor_of(server).end(0)
        assert server.asked == [f"/{SECRET}"]


@pytest.mark.parametrize("name", ["127.0.0.1", "elsewhere.test"])
def test_a_certificate_that_does_not_fit_hears_nothing(tmp_path, monkeypatch, name):
    made = Certificate(tmp_path / "certs", name)
    if name != "127.0.0.1":
        monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))
    with PingServer(made) as server:
        error = fault_of(monitor_of(server))
        assert server.asked == []
    assert error.fault is FaultClass.TRANSIENT
    assert error.what == (
        "the monitor's certificate is not trusted (or the clock is wrong), so nothing was said"
    )


def test_where_no_private_connection_comes_about_nothing_is_said(server):
    address = f"{server.root.replace('http:', 'https:')}/{SECRET}"
    error = fault_of(PingMonitor(MonitorSettings(address), seconds=PATIENCE))
    assert error.fault is FaultClass.TRANSIENT
    assert error.what == "no private connection to the monitor came about, so nothing was said"
    assert server.asked == []


@pytest.fixture(params=["env", "file", "command"])
def place(request, tmp_path, monkeypatch):
    """Return a function that keeps an address in one of the three ways, and returns where."""

    def keep(address):
        kept = tmp_path / "address"
        kept.write_text(f"{address}\n")
        kept.chmod(0o600)
        monkeypatch.setenv("PING_ADDRESS", address)
        value = {"env": "PING_ADDRESS", "file": str(kept), "command": f"cat {kept}"}[request.param]
        return SecretPlace(**{request.param: value})

    return keep


def test_an_address_that_is_kept_elsewhere_is_fetched_for_each_ping(server, place):
    monitor = PingMonitor(MonitorSettings(place=place(f"{server.root}/{SECRET}")))
    monitor.end(0)
    assert server.asked == [f"/{SECRET}"]


@pytest.mark.parametrize(
    "address",
    [
        f"http://monitor.test/{SECRET}",
        f"http://127.0.0.2/{SECRET}",
        f"http://localhost.evil.test/{SECRET}",
        f"ftp://monitor.test/{SECRET}",
        f"https://user:{SECRET}@monitor.test/",
        f"https://monitor.test/{SECRET}#x",
        f"https:///{SECRET}",
        f"file:///{SECRET}",
        f"https://[::1/{SECRET}",
        f"https://monitor.test:99999/{SECRET}",
        f"https://monitor.test/{SECRET} HTTP/1.1",
        f"https://monitor.test/\t{SECRET}",
        SECRET,
    ],
)
def test_an_address_that_may_not_be_pinged_is_refused_wherever_it_is_kept(address, place):
    error = fault_of(PingMonitor(MonitorSettings(place=place(address))))
    assert error.fault is FaultClass.PERMANENT
    assert error.where == "monitor.ping_url"


def test_a_variable_that_is_not_set_is_called_an_address():
    error = fault_of(PingMonitor(MonitorSettings(place=SecretPlace(env="PING_NOT_SET"))))
    assert "holds the address" in error.what
    assert error.fault is not FaultClass.TRANSIENT


@pytest.mark.parametrize("style", ["healthchecks", "uptime-kuma", "plain"])
def test_doctor_says_neither_that_all_is_well_nor_that_it_is_not(server, style):
    settings = MonitorSettings(f"{server.root}/{SECRET}", style=style)
    assert monitor_row(settings, online=False).state == "ok"
    assert server.asked == []

    row = monitor_row(settings, online=True)

    assert row.state == "ok"
    assert server.asked == ([f"/{SECRET}/log"] if style == "healthchecks" else [])


def test_doctor_names_the_cure_of_a_monitor_that_does_not_answer(server):
    server.answers["log"] = (404, {}, b"")
    row = monitor_row(MonitorSettings(f"{server.root}/{SECRET}"), online=True)
    assert (row.state, row.fix) == ("error", "magicloop config edit")
    assert SECRET not in row.what

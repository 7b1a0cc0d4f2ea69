"""A monitor's address shows up in nothing that is said or kept, however it answers and wherever it is kept."""

import pytest
from click.testing import CliRunner

from automations.cli import main
from canary import leaks, sweep
from ping_server import CLOSE, PingServer

SECRET = "CANARY-4f1c2e"
CONFIG = """\
[me]
name = "Sam Lee"
email = "sam@example.com"
timezone = "Europe/Berlin"

[[boss]]
name = "Priya Raman"
email = "priya@example.com"

[monitor]
ping_url = {ping_url}
"""
GIVEN = {"title": "EU checkout errors", "boss": "priya@example.com", "month": "2026-11", "draft_id": "offer"}


@pytest.fixture(params=["plain", "env", "file", "command"])
def planted(request, home, monkeypatch):
    """A config with a monitor, and the files that may hold its address."""
    kept = home / "address"
    config = home / ".config/magicloop/config.toml"
    config.parent.mkdir(parents=True)
    with PingServer() as server:
        address = f"{server.root}/{SECRET}?team={SECRET}"
        kept.write_text(address)
        kept.chmod(0o600)
        monkeypatch.setenv("PING_ADDRESS", address)
        value = {
            "plain": f'"{address}"',
            "env": '{env = "PING_ADDRESS"}',
            "file": f'{{file = "{kept}"}}',
            "command": f'{{command = "cat {kept}"}}',
        }[request.param]
        config.write_text(CONFIG.format(ping_url=value))
        yield server, (kept, config)


REDIRECT = (302, {"Location": f"http://127.0.0.1:9/{SECRET}"}, SECRET.encode())


@pytest.mark.parametrize("answer", [None, (404, {}, SECRET.encode()), REDIRECT, CLOSE])
def test_over_every_command(planted, home, answer):
    server, kept = planted
    if answer is not None:
        server.answers[SECRET] = server.answers["start"] = server.answers["log"] = answer
    CliRunner().invoke(main, ["run"])
    assert server.asked == [f"/{SECRET}/start?team={SECRET}", f"/{SECRET}?team={SECRET}"]

    said = sweep({**GIVEN, "file": str(home / "kept.tar.gz")})

    assert len(said) > 60
    assert (home / "kept.tar.gz").exists()
    assert leaks(said, home, {SECRET}, apart_from=kept) == []


@pytest.mark.parametrize("spoil", ["hc-ping.com/", "http://hc-ping.com/", "https://x@hc-ping.com/", "ftp://"])
def test_an_address_that_is_wrong_is_not_repeated(planted, home, spoil):
    _, kept = planted
    config = kept[1]
    config.write_text(CONFIG.format(ping_url=f'"{spoil}{SECRET}"'))

    said = sweep(GIVEN)

    assert any(code == 10 for _, _, code in said)
    assert leaks(said, home, {SECRET}, apart_from=kept) == []


def test_a_backup_keeps_the_address_only_when_asked_to(planted, home):
    _, kept = planted
    CliRunner().invoke(main, ["run"])
    plain = SECRET in kept[1].read_text()
    for words, held in (([], False), (["--with-secrets"], True)):
        target = home / f"kept{len(words)}.tar.gz"
        assert CliRunner().invoke(main, ["backup", str(target), *words]).exit_code == 0
        found = leaks([], target.parent, {SECRET}, apart_from=kept)
        # A variable and a command stay where they are.
        in_a_file = plain or "file =" in kept[1].read_text()
        assert [str(target) in each for each in found] == ([True] if held and in_a_file else [])


def test_a_config_from_a_backup_can_be_used_without_the_address(planted, home):
    _, (_, config) = planted
    before = config.read_text()
    CliRunner().invoke(main, ["run"])
    CliRunner().invoke(main, ["backup", str(home / "kept.tar.gz")])

    assert CliRunner().invoke(main, ["restore", str(home / "kept.tar.gz"), "--force"]).exit_code == 0

    assert CliRunner().invoke(main, ["config", "check"]).exit_code == 0
    changed = config.read_text()
    assert (changed != before) is (SECRET in before)
    assert SECRET not in changed

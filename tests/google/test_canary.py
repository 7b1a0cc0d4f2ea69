"""Planted secrets of a Google sign-in show up in nothing that is said or kept, whatever goes wrong."""

import json
import os

import pytest

from canary import every_command, leaks, sweep
from google_emulator.faults import Fault
from google_emulator.provider import token_file

ACCESS, REFRESH, CLIENT = "ya29.CANARY-access", "1//CANARY-refresh", "GOCSPX-CANARY-client"


@pytest.fixture
def planted(account, home, no_waits):
    """The account, signed in with secrets that are easy to find, after one run."""
    google = account.google
    google.tokens[ACCESS] = google.tokens.pop("first-token")
    google.refresh_tokens[REFRESH] = google.refresh_tokens.pop("refresh-me")
    token_file(google, account.token, token=ACCESS, refresh_token=REFRESH, client_secret=CLIENT)
    held = json.loads(account.token.read_text())
    assert held["scopes"] == []  # none named: all are tried
    assert account.call("run").exit_code == 0
    return account


def secrets(account):
    return {ACCESS, REFRESH, CLIENT, *account.google.tokens}


def given(account, home):
    drafts = account.drafts()
    return {
        "draft_id": drafts[0]["id"] if drafts else "1",
        "file": str(home / "kept.tar.gz"),
        "boss": "priya@corp.test",
        "month": "2026-11",
        "text": "the vendor list by Friday",
    }


@pytest.mark.parametrize("json_too", [False, True], ids=["plain", "json"])
def test_over_every_command_while_all_is_well(planted, home, json_too):
    said = sweep(given(planted, home), json=json_too)

    assert len(said) > 60
    assert sum(code == 0 for _, _, code in said) > 20
    assert (home / "kept.tar.gz").exists()
    assert leaks(said, home, secrets(planted), apart_from=(planted.token,)) == []


def test_what_is_learnt_of_google_is_for_its_owner_alone(account, home):
    before = os.umask(0)
    try:
        for _ in range(2):
            assert account.call("run").exit_code == 0
            account.google.expire()
    finally:
        os.umask(before)

    made = [path for path in (home / ".local").rglob("*") if path.name != "token.json"]
    assert {"google-drafts.json", "journal.db"} <= {path.name for path in made}
    made += [account.token, account.token.with_name("token.json.lock")]
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def fault(kind, **more):
    return lambda account: account.google.faults.put("*", Fault(kind, **more), times=10_000)


def refused(account):
    account.google.expire()
    account.google.refusal = "invalid_grant"


def cut_short(account):
    text = account.token.read_text()
    account.token.write_text(text[: text.index("client_secret") + 40])


FAILURES = {
    "revoked": refused,
    "expired": lambda account: account.google.expire(),
    "500": fault("error", status=500),
    "401": fault("error", status=401, reason="authError"),
    "403": fault("error", status=403, reason="insufficientPermissions"),
    "reset": fault("reset"),
    "html": fault("html"),
    "truncated": fault("truncated"),
    "nobody there": lambda account: account.config.write_text(
        account.config.read_text().replace(account.google.url, "http://127.0.0.1:9")
    ),
    "token cut short": cut_short,
    "token read by others": lambda account: account.token.chmod(0o644),
    "token in the config": lambda account: account.config.write_text(
        account.config.read_text() + f'\n[me2]\nx = "{REFRESH}"\n'
    ),
    "journal damaged": lambda account: next(
        account.config.parents[2].glob(".local/share/magicloop/journal.db")
    ).write_bytes(b"nonsense" * 500),
}


@pytest.mark.parametrize("spoil", FAILURES.values(), ids=FAILURES)
def test_over_every_command_when_something_fails(planted, home, spoil):
    known = given(planted, home)
    spoil(planted)

    said = sweep(known)

    assert any(code != 0 for _, _, code in said)
    assert leaks(said, home, secrets(planted), apart_from=(planted.token, planted.config)) == []


def test_the_sweep_knows_every_command_and_sees_a_leak(tmp_path):
    paths = [path for path, _ in every_command()]
    assert {"run", "log", "log verify", "connect google", "doctor", "backup"} <= set(paths)
    assert paths[-1] in ("disconnect google", "uninstall")
    assert not {"web", "schedule install"} & set(paths)
    (tmp_path / "x").write_bytes(b"ab CANARY cd")

    assert len(leaks([("run", "CANARY", 0)], tmp_path, {"CANARY"})) == 2

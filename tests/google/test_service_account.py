"""A service account with delegation: for fleets, where an administrator signs in for everybody."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SCOPES = ("calendar.events.owned", "calendar.freebusy", "gmail.compose")
WHO = "loop@fleet.test"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def fleet(account, key, tmp_path):
    """Put a key file in place of the sign-in, and let the administrator delegate."""
    account.token.unlink()
    held = {
        "type": "service_account",
        "client_email": WHO,
        "private_key_id": "1",
        "private_key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "token_uri": account.google.token_uri,
    }
    account.key = tmp_path / "key.json"
    account.key.write_text(json.dumps(held))
    account.key.chmod(0o600)
    config = account.config.read_text().replace(
        "token_file =", f'service_account = "{account.key}"\ntoken_file ='
    )
    account.config.write_text(config)
    account.google.service_accounts[WHO] = key.public_key()
    delegate(account, *SCOPES)
    return account


def delegate(account, *names):
    scopes = frozenset(f"https://www.googleapis.com/auth/{name}" for name in names)
    account.google.delegated["ann@corp.test"] = scopes


def test_a_fleet_runs_without_a_sign_in(fleet):
    done = fleet.call("run")
    assert done.exit_code == 0, done.output
    assert len(fleet.mail.drafts) == len(fleet.calendar.live) == 1
    assert {form["grant_type"] for form in fleet.google.token_calls} == {
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    }
    fleet.google.date = "Tue, 03 Nov 2026 08:00:00 GMT"
    assert fleet.call("doctor").exit_code == 0, fleet.call("doctor").output


def test_it_asks_for_no_more_than_the_config_uses(fleet):
    assert fleet.call("run").exit_code == 0
    made = [scopes for token, scopes in fleet.google.tokens.items() if token.startswith("delegated")]
    asked = {name.rpartition("/")[2] for scopes in made for name in scopes}
    assert asked == set(SCOPES)


def test_without_delegation_the_cure_names_the_administrator(fleet):
    fleet.google.delegated.clear()
    done = fleet.call("run")
    assert done.exit_code == 4
    assert "admin.google.com" in done.output
    assert fleet.mail.drafts == {}


def test_a_key_that_others_can_read_is_not_used(fleet):
    fleet.key.chmod(0o644)
    done = fleet.call("run")
    assert f"chmod 600 {fleet.key}" in done.output
    assert fleet.google.token_calls == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"type": "service_account"}'])
def test_what_is_no_key_says_where_to_get_one(fleet, content):
    fleet.key.write_text(content)
    done = fleet.call("run")
    assert done.exit_code != 0
    assert "key" in done.output
    assert fleet.google.token_calls == []


def test_a_key_that_would_sign_in_unencrypted_elsewhere_is_refused(fleet):
    held = json.loads(fleet.key.read_text())
    fleet.key.write_text(json.dumps({**held, "token_uri": "http://evil.test/token"}))
    assert "neither https nor on this machine" in fleet.call("run").output


def test_it_needs_no_sign_in_and_says_so(fleet):
    assert "needs no sign-in" in fleet.call("connect", "google", "--published").output

"""Signing in and out and the doctor, by the command, against a token endpoint that checks the proof."""

import json
import os
import threading
import urllib.request
from datetime import UTC, datetime

import pytest

from automations.providers.google import consent

NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
GOOGLE = "https://www.googleapis.com/auth/"


@pytest.fixture
def client_file(account, home):
    """Put a downloaded Desktop client where browsers put it, and take the sign-in away."""
    account.token.unlink()
    folder = home / "Downloads"
    folder.mkdir()
    path = folder / "client_secret_2.json"
    write_client(path, account.google)
    write_client(folder / "client_secret_1.json", account.google, client_id="old.test")
    older = path.stat().st_mtime - 100
    os.utime(folder / "client_secret_1.json", (older, older))
    return path


def write_client(path, google, *, kind="installed", **changed):
    client = {
        "client_id": "client.test",
        "client_secret": "not-a-secret",
        "auth_uri": f"{google.url}/auth",
        "token_uri": google.token_uri,
        **changed,
    }
    path.write_text(json.dumps({kind: client}))
    return path


def begin(account, *words):
    """Begin a sign-in without a browser; return the consent page's address."""
    done = account.call("connect", "google", "--no-browser", "--published", *words)
    assert done.exit_code == 0, done.output
    return next(line for line in done.stdout.splitlines() if "/auth?" in line)


def test_signing_in_by_paste_keeps_a_private_file_that_the_next_run_works_with(account, client_file):
    url = begin(account)
    asked = urllib.request.unquote(url)
    assert f"{GOOGLE}calendar.events.owned" in asked
    assert f"{GOOGLE}gmail.compose" in asked
    assert "gmail.readonly" not in asked
    assert "client_id=client.test" in asked

    done = account.call("connect", "google", "--paste", account.google.consent(url))

    assert done.exit_code == 0, done.output
    assert "Signed in as ann@corp.test" in done.stdout
    assert account.token.stat().st_mode & 0o777 == 0o600
    held = json.loads(account.token.read_text())
    assert held["account"] == "ann@corp.test"
    assert held["refresh_token"] in account.google.refresh_tokens
    assert list(account.token.parent.glob("*.begun")) == []
    assert account.call("run").exit_code == 0
    assert len(account.mail.drafts) == len(account.calendar.live) == 1


def test_reading_mail_is_asked_for_only_when_wanted(account, client_file):
    assert "gmail.readonly" in begin(account, "--read-mail")


def test_only_the_features_switched_on_are_asked_for(account, client_file):
    account.config.write_text(
        account.config.read_text().replace('[mail]\nprovider = "google"', '[mail]\nprovider = "local"')
    )

    assert "gmail" not in begin(account)


def test_an_unticked_box_is_named_with_the_feature_that_lacks_it(account, client_file):
    url = begin(account)

    done = account.call(
        "connect", "google", "--paste", account.google.consent(url, untick=[f"{GOOGLE}gmail.compose"])
    )

    assert done.exit_code == 0, done.output
    assert "Not granted: drafts in Gmail" in done.stdout


def test_signing_in_as_somebody_else_keeps_nothing(account, client_file):
    account.mail.account = "other@corp.test"
    url = begin(account)

    done = account.call("connect", "google", "--paste", account.google.consent(url))

    assert done.exit_code == 1
    assert "that of other@corp.test" in done.stderr
    assert not account.token.exists()


def test_the_address_of_another_sign_in_is_refused(account, client_file):
    first, _ = begin(account), begin(account)

    done = account.call("connect", "google", "--paste", account.google.consent(first))

    assert done.exit_code == 1
    assert "another sign-in" in done.stderr
    assert not account.token.exists()


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        ("access_denied", "Publish app"),
        ("admin_policy_enforced", "administrator"),
        ("org_internal", "Internal"),
    ],
)
def test_a_refusal_on_the_consent_page_names_its_cure(account, client_file, error, cure):
    state = dict(part.split("=") for part in begin(account).split("?")[1].split("&"))["state"]

    done = account.call("connect", "google", "--paste", f"http://127.0.0.1:1?error={error}&state={state}")

    assert done.exit_code == 1
    assert cure in done.stderr


def test_a_browser_on_this_machine_comes_back_by_itself(account, client_file):
    browsers = []

    def browse(url):
        address = account.google.consent(url)

        def go():
            # The listener is up before the address is shown.
            urllib.request.urlopen(address, timeout=5).close()

        browsers.append(threading.Thread(target=go))
        browsers[-1].start()

    token = consent.by_browser(
        consent.read_client(str(client_file)), (f"{GOOGLE}gmail.compose",), NOW, browse, hint="ann@corp.test"
    )

    browsers[0].join()
    assert token.refresh in account.google.refresh_tokens
    assert token.scopes == (f"{GOOGLE}gmail.compose",)


CLIENTS = {
    "web": ({"web": {"client_id": "x"}}, "Web application"),
    "service account": ({"type": "service_account"}, "service account"),
    "something else": ({"a": 1}, "no OAuth client of type Desktop"),
    "a list": ([], "no OAuth client of type Desktop"),
}


@pytest.mark.parametrize(("content", "what"), CLIENTS.values(), ids=CLIENTS)
def test_a_client_file_of_another_type_is_refused_with_the_page_to_make_one(account, tmp_path, content, what):
    path = tmp_path / "client.json"
    path.write_text(json.dumps(content))

    done = account.call("connect", "google", "--published", "--client-file", path)

    assert done.exit_code == 1
    assert what in done.stderr
    assert "https://console.cloud.google.com/auth/clients" in done.stderr


def test_without_a_client_each_console_page_is_named(account):
    done = account.call("connect", "google", "--published")

    assert done.exit_code == 1
    assert "console.cloud.google.com/projectcreate" in done.stderr
    assert "--client-file" in done.stderr


def test_publishing_is_insisted_on(account, client_file):
    done = account.call("connect", "google", "--no-browser")

    assert done.exit_code == 1
    assert "7 days" in done.stderr
    assert "Publish app" in done.stderr


def test_a_config_without_google_has_nothing_to_sign_in_to(account):
    account.config.write_text(account.config.read_text().replace('provider = "google"', 'provider = "local"'))

    done = account.call("connect", "google", "--published")

    assert done.exit_code == 1
    assert "magicloop config edit" in done.stderr


def test_disconnecting_takes_the_sign_in_back_and_deletes_its_file(account):
    done = account.call("disconnect", "google", "--yes")

    assert done.exit_code == 0, done.output
    assert account.google.refresh_tokens == {}
    assert not account.token.exists()


def test_a_file_that_cannot_be_deleted_is_named_after_the_sign_in_is_taken_back(account, pinned):
    pinned(account.token)

    done = account.call("disconnect", "google", "--yes")

    assert (done.exit_code, done.stdout) == (1, "Taken back at Google.\n")
    assert "the file of the sign-in cannot be deleted" in done.stderr
    assert f"fix:   rm {account.token}\n" in done.stderr
    assert account.google.refresh_tokens == {}


def test_disconnecting_asks_and_without_a_terminal_needs_the_flag(account):
    assert account.call("disconnect", "google").exit_code == 1
    assert account.token.exists()


# --- doctor -----------------------------------------------------------------------------------------


def rows(account, code, *words):
    done = account.call("doctor", "--json", *words)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)["rows"]


def the(found, name):
    (row,) = [one for one in found if one["name"] == name]
    return row


def clocks(found):
    return [one for one in found if one["name"] == "clock"]


def test_the_doctor_is_content_with_a_good_account(account):
    account.google.date = "Tue, 03 Nov 2026 08:00:30 GMT"

    found = rows(account, 0, "--online")

    assert not [one for one in found if one["state"] in ("error", "warning")]
    assert the(found, "gmail")["what"] == "answers for ann@corp.test"
    assert {"sign-in", "scope", "google calendar"} <= {one["name"] for one in found}
    assert [one["state"] for one in clocks(found)] == ["ok", "ok", "ok"]
    assert "agrees with Google's" in clocks(found)[1]["what"]


def test_the_doctor_asks_nobody_unless_told_to(account):
    found = rows(account, 0)

    assert account.google.log == account.google.token_calls == []
    assert the(found, "sign-in")["state"] == "ok"
    assert "gmail" not in {one["name"] for one in found}
    assert the(found, "network")["fix"] == "magicloop doctor --online"


def test_the_doctor_sees_a_wrong_clock(account):
    account.google.date = "Tue, 03 Nov 2026 09:00:00 GMT"

    wrong = clocks(rows(account, 1, "--online"))[1]

    assert (wrong["state"], wrong["fix"]) == ("error", "timedatectl set-ntp true")
    assert "60 minutes off Google's" in wrong["what"]


@pytest.mark.usefixtures("no_waits")
def test_without_a_network_the_doctor_sends_nobody_to_the_config(account, home):
    config = home / ".config/magicloop/config.toml"
    config.write_text(config.read_text().replace(account.google.url, "http://127.0.0.1:1"))

    found = rows(account, 0, "--online")

    for name in ("gmail", "google calendar"):
        row = the(found, name)
        assert (row["state"], row["what"]) == ("warning", "Google cannot be reached from here")
        assert row["fix"] == "look at the connection, then: magicloop doctor --online"


SIGN_INS = {
    "revoked": ("invalid_grant", None, "revoked", "magicloop connect google"),
    "testing": ("invalid_grant", "2026-10-27T08:00:00Z", "Testing", "Publish app"),
    "too old for testing": ("invalid_grant", "2026-10-20T08:00:00Z", "revoked", "magicloop connect google"),
    "client deleted": ("deleted_client", None, "deleted", "Desktop client"),
    "secret wrong": ("invalid_client", None, "secret is wrong", "download the client again"),
    "admin": ("admin_policy_enforced", None, "administrator", "admin.google.com"),
    "session control": ("invalid_rapt", None, "organisation", "magicloop connect google"),
}


@pytest.mark.parametrize(("error", "made", "what", "fix"), SIGN_INS.values(), ids=SIGN_INS)
def test_the_doctor_names_the_cure_of_each_end_of_a_sign_in(account, error, made, what, fix):
    held = {**json.loads(account.token.read_text()), "made": made}
    account.token.write_text(json.dumps(held))
    account.google.expire()
    account.google.refusal = error

    gmail = the(rows(account, 1, "--online"), "gmail")

    assert what in gmail["what"]
    assert fix in gmail["fix"]
    done = account.call("run", "--json")
    assert done.exit_code == 4
    assert any(fix in one["fix"] for one in json.loads(done.stdout)["problems"])


def test_the_doctor_tells_the_age_of_a_sign_in(account):
    held = {**json.loads(account.token.read_text()), "made": "2026-10-27T08:00:00Z"}
    account.token.write_text(json.dumps(held))

    assert the(rows(account, 0), "sign-in")["what"].endswith("token.json, 7 days old")


def test_the_doctor_names_an_api_that_is_not_switched_on(account):
    account.mail.deny(403, "accessNotConfigured")

    assert "enable it" in the(rows(account, 1, "--online"), "gmail")["fix"]


def test_the_doctor_names_a_missing_scope(account):
    account.scoped("calendar.events.owned", "calendar.freebusy")

    found = {one["what"]: one for one in rows(account, 1) if one["name"] == "scope"}

    assert found["blocks in Google Calendar: granted"]["state"] == "ok"
    lacking = found["drafts in Gmail: not granted, a box was left unticked"]
    assert lacking["state"] == "error"
    assert lacking["fix"].startswith("magicloop connect google")


def test_the_doctor_names_a_token_file_others_can_read(account):
    account.token.chmod(0o644)

    sign_in = the(rows(account, 1, "--online"), "sign-in")
    assert sign_in["state"] == "error"
    assert sign_in["fix"].startswith("chmod 600")
    assert account.google.log == []


def test_the_doctor_names_a_sign_in_that_is_not_there(account):
    account.token.unlink()

    assert the(rows(account, 1), "sign-in")["fix"] == "magicloop connect google"


@pytest.mark.parametrize(
    ("content", "mode", "what", "fix"),
    [
        (None, 0o600, "is not there", "google.service_account"),
        ("{}", 0o600, "no key file", "JSON key"),
        ("{}", 0o644, "read by others", "chmod 600 "),
    ],
)
def test_the_doctor_reads_the_key_of_a_service_account(account, tmp_path, content, mode, what, fix):
    key = tmp_path / "key.json"
    if content is not None:
        key.write_text(content)
        key.chmod(mode)
    account.config.write_text(account.config.read_text() + f'service_account = "{key}"\n')

    row = the(rows(account, 1), "sign-in")

    assert (row["state"], what in row["what"], fix in row["fix"]) == ("error", True, True)


def test_pasting_without_having_begun_is_refused(account):
    done = account.call("connect", "google", "--paste", "http://127.0.0.1:1?code=1&state=2")

    assert done.exit_code == 1
    assert "magicloop connect google --no-browser" in done.stderr


def test_pasting_something_else_is_a_wrong_call_and_the_sign_in_can_go_on(account, client_file):
    url = begin(account)

    assert account.call("connect", "google", "--paste", "https://example.com/").exit_code == 2
    assert account.call("connect", "google", "--paste", account.google.consent(url)).exit_code == 0

"""A sign-in that will end by itself is told of two days before, by runs, `status` and `doctor`."""

import json

import pytest
from freezegun import freeze_time

WEEK = 604_799
"""What Google answers for a project in Testing, in seconds."""


def change(account, **fields):
    held = {**json.loads(account.token.read_text()), **fields}
    account.token.write_text(json.dumps(held))


def connect(account, home):
    """Sign in anew, by paste."""
    folder = home / "Downloads"
    folder.mkdir(exist_ok=True)
    client = {
        "client_id": "client.test",
        "client_secret": "not-a-secret",
        "auth_uri": f"{account.google.url}/auth",
        "token_uri": account.google.token_uri,
    }
    (folder / "client_secret_1.json").write_text(json.dumps({"installed": client}))
    begun = account.call("connect", "google", "--no-browser", "--published")
    url = next(line for line in begun.stdout.splitlines() if "/auth?" in line)
    done = account.call("connect", "google", "--paste", account.google.consent(url))
    assert done.exit_code == 0, done.output


def at(instant):
    return freeze_time(instant, ignore=["google_emulator"])


def problems(account):
    return json.loads(account.call("status", "--json").stdout)["problems"]


def sign_in_row(account):
    rows = json.loads(account.call("doctor", "--json").stdout)["rows"]
    return next(one for one in rows if one["name"] == "sign-in")


def test_one_that_was_made_for_a_week_is_told_of_from_the_fifth_day(account, home):
    account.google.lifetime = WEEK
    connect(account, home)
    assert json.loads(account.token.read_text())["dies"] == "2026-11-10T07:59:59Z"
    account.call("run")
    account.google.lifetime = None  # an answer that says nothing of the end changes nothing of it
    with at("2026-11-08T07:45:00Z"):
        account.google.expire()
        assert account.call("run").output == ""
        assert problems(account) == []
        assert sign_in_row(account)["state"] == "ok"
        assert "Tue 10 Nov 2026" in sign_in_row(account)["what"]
    with at("2026-11-08T08:15:00Z"):
        told = account.call("run")
        assert told.exit_code == 0
        assert told.stderr.startswith("warning: Google ends the sign-in Tue 10 Nov 2026, 08:59")
        assert "then: magicloop connect google" in told.stderr
        (problem,) = problems(account)
        assert problem["code"] == "sign-in-ends"
        row = sign_in_row(account)
        assert (row["state"], row["fix"]) == ("warning", problem["fix"])
    with at("2026-11-08T08:30:00Z"):
        assert account.call("run").output == ""
    with at("2026-11-09T08:30:00Z"):
        assert "Google ends the sign-in" in account.call("run").stderr
        connect(account, home)
        account.call("run")
        assert problems(account) == []
        assert sign_in_row(account)["state"] == "ok"


def test_a_run_that_has_nothing_else_to_do_wakes_to_tell_of_it(account, home):
    account.google.lifetime = WEEK
    connect(account, home)
    account.call("run")
    due = json.loads(account.call("run", "--json").stdout)["next_due"]
    assert due <= "2026-11-08T08:59:59+01:00"


def test_what_google_says_of_the_end_when_it_renews_counts(account):
    account.google.lifetime = 86_400
    account.google.expire()
    told = account.call("run")
    assert "Google ends the sign-in Wed 4 Nov 2026, 09:00" in told.stderr
    assert json.loads(account.token.read_text())["dies"] == "2026-11-04T08:00:00Z"


@pytest.mark.parametrize("nonsense", [-5, 0, True, "soon", None, [], 1e300])
def test_nonsense_about_the_end_is_no_end(account, nonsense):
    account.google.lifetime = nonsense
    account.google.expire()
    done = account.call("run")
    assert (done.exit_code, done.output) == (0, "")
    assert json.loads(account.token.read_text())["dies"] is None


def test_one_that_was_not_used_for_half_a_year_is_told_of(account):
    change(account, expiry="2026-05-08T09:00:00Z")  # renewed no later than an hour before
    row = sign_in_row(account)
    assert row["state"] == "warning"
    assert "unused since Fri 8 May 2026" in row["what"]
    # The run itself uses it, which is the cure.
    account.call("run")
    assert problems(account) == []
    assert sign_in_row(account)["state"] == "ok"


def test_at_the_age_at_which_testing_ends_one_doctor_says_so(account):
    change(account, made="2026-10-28T08:00:00Z")
    row = sign_in_row(account)
    assert row["state"] == "info"
    assert "Testing" in row["what"]
    assert "console.cloud.google.com" in row["fix"]
    assert account.call("run").output == "", "it may well last"


def test_a_service_account_has_no_end(account, tmp_path):
    change(account, dies="2026-11-04T08:00:00Z")
    with account.config.open("a") as file:
        file.write(f'service_account = "{tmp_path}/key.json"\n')
    account.call("run")
    codes = [one["code"] for one in problems(account)]
    assert codes
    assert "sign-in-ends" not in codes

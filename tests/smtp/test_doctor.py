"""What `doctor` says of the mail server, and that asking it sends nothing."""

import json

import pytest
from click.testing import CliRunner

from mail_server import CLOSE
from mail_server.mails import PASSWORD

CONFIG = """\
[me]
name = "Sam Lee"
email = "sam@corp.test"
timezone = "Europe/Berlin"

[mail]
mode = "approve"

[smtp]
host = "127.0.0.1"
port = {port}
user = "sam@corp.test"
password = {{{password}}}
ca_file = "{ca}"
timeout = 10
"""


@pytest.fixture
def look(home, server, certificate):
    """Return the row of the mail server, by `doctor` with these options and this place of the password."""
    from automations.cli import main

    path = home / ".config/magicloop/config.toml"
    path.parent.mkdir(parents=True)

    def call(password, *options):
        text = CONFIG.format(port=server.port, password=password, ca=certificate.ca)
        path.write_text(text, encoding="utf-8")
        done = CliRunner().invoke(main, ["doctor", "--json", *options])
        assert PASSWORD not in done.output
        return next(row for row in json.loads(done.stdout)["rows"] if row["name"] == "mail server")

    return call


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_the_server_is_asked_only_online_and_gets_no_mail(look, server, kept):
    quiet = look(f'file = "{kept}"')
    assert (quiet["state"], server.connections) == ("ok", 0)

    asked = look(f'file = "{kept}"', "--online")

    assert (asked["state"], asked["what"]) == ("ok", f"127.0.0.1:{server.port} lets you in")
    verbs = [line.split()[0].upper() for line in server.said]
    assert verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]


def test_a_program_for_the_password_runs_only_online(look, server, kept, tmp_path):
    ran = tmp_path / "ran"
    command = f"command = \"sh -c 'touch {ran}; cat {kept}'\""
    assert (look(command)["state"], ran.exists()) == ("info", False)
    assert (look(command, "--online")["state"], ran.exists()) == ("ok", True)


def test_a_password_others_can_read_is_named_with_its_cure(look, kept):
    kept.chmod(0o644)
    row = look(f'file = "{kept}"')
    assert (row["state"], row["fix"]) == ("error", f"chmod 600 {kept}")


def test_a_variable_that_only_the_schedule_has_is_a_warning(look, monkeypatch):
    assert look('env = "MAIL_PASSWORD"')["state"] == "warning"
    monkeypatch.setenv("MAIL_PASSWORD", "wrong")
    row = look('env = "MAIL_PASSWORD"', "--online")
    assert (row["state"], "does not accept" in row["what"]) == ("error", True)


def test_a_server_that_is_away_is_a_warning(look, server, kept):
    server.answers["EHLO"] = CLOSE
    row = look(f'file = "{kept}"', "--online")
    assert (row["state"], "connection" in row["fix"]) == ("warning", True)

"""The [smtp] section: what it becomes, what is refused, and that no password is ever shown."""

import pytest

from automations.config.effective import MASK, effective
from automations.config.load import parse
from automations.config.reader import value_fault
from automations.config.spec import Config
from automations.errors import ConfigError
from automations.model.policy import SecretPlace, SmtpSettings

ME = '[me]\nname = "Sam"\nemail = "sam@example.com"\ntimezone = "Europe/Berlin"\n'
SERVER = '[smtp]\nhost = "smtp.example.com"\n'
SIGNED = SERVER + 'user = "sam"\n'
HIDDEN = "hunter2"


def loaded(text):
    return parse(f"{ME}{text}".encode(), "/c/config.toml", "/d")


def problems(text):
    with pytest.raises(ConfigError) as caught:
        loaded(text)
    assert HIDDEN not in str(caught.value)
    return {problem.key: problem.what for problem in caught.value.problems}


def test_a_host_is_enough_and_without_it_there_is_no_server():
    assert loaded(SERVER).policy.smtp == SmtpSettings(host="smtp.example.com")
    assert loaded("").policy.smtp == SmtpSettings()


def test_every_key_reaches_the_policy():
    found = loaded(
        """[smtp]
        host = "smtp.example.com"
        port = 2525
        user = "sam@example.com"
        password = {file = "secrets/mail"}
        security = "tls"
        ca_file = "ca.pem"
        timeout = 5
        """
    )
    assert found.policy.smtp == SmtpSettings(
        host="smtp.example.com",
        port=2525,
        user="sam@example.com",
        password=SecretPlace(file="/c/secrets/mail"),
        security="tls",
        timeout=5,
        ca_file="/c/ca.pem",
    )
    shown = {row.key: row.value for row in effective(found)}
    assert (shown["smtp.password.file"], shown["smtp.ca_file"]) == ("/c/secrets/mail", "/c/ca.pem")


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_the_port_follows_the_security(security, port):
    found = loaded(f'{SERVER}security = "{security}"\n')
    assert found.policy.smtp.port == port
    assert {row.key: row.value for row in effective(found)}["smtp.port"] == port


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "::1"])
def test_no_privacy_is_for_this_machine_only(host):
    settings = loaded(f'[smtp]\nhost = "{host}"\nsecurity = "none"\n').policy.smtp
    assert (settings.host, settings.security, settings.port) == (host, "none", 25)


@pytest.mark.parametrize(
    "host", ["smtp.example.com", "localhost.evil.test", "127.0.0.1.evil.test", "10.0.0.1", "::2"]
)
def test_no_privacy_on_the_way_to_another_machine_is_refused(host):
    assert "starttls" in problems(f'[smtp]\nhost = "{host}"\nsecurity = "none"\n')["smtp.security"]


@pytest.mark.parametrize(
    "host", ["smtp://example.com", "smtp.example.com:587", "a b", "a..b", "-a", "a@b", "a/b"]
)
def test_a_host_is_a_bare_name(host):
    assert "write it alone" in problems(f'[smtp]\nhost = "{host}"\n')["smtp.host"]


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('[smtp]\nuser = "sam"\npassword = {env = "P"}\n', "smtp.host", "is missing beside smtp.password.env"),
        (SIGNED, "smtp.password", "is missing beside smtp.user; write where it is kept"),
        (f'{SERVER}password = {{env = "P"}}\n', "smtp.user", "is missing beside smtp.password"),
        (f'{SIGNED}password = {{env = "P", file = "f"}}\n', "smtp.password", "names env and file; keep one"),
        (f'{SIGNED}password = "{HIDDEN}"\n', "smtp.password", "is text; write where it is kept: password = {env"),
        (f'{SIGNED}password = {{env = "{HIDDEN}!"}}\n', "smtp.password.env", "not the name of a variable"),
        (f"{SIGNED}password = {{command = \"say '{HIDDEN}\"}}\n", "smtp.password.command", "quote"),
        (f'{SIGNED}password = {{command = ["{HIDDEN}"]}}\n', "smtp.password.command", "is a list"),
        (f'{SIGNED}password = {{env = "P", {HIDDEN}x = 1}}\n'.replace(HIDDEN, "word"), "smtp.password.wordx", "unknown"),
        (f"{SERVER}timeout = 0\n", "smtp.timeout", "from 1 to 600"),
        (f"{SERVER}port = 70000\n", "smtp.port", "from 0 to 65535"),
        (f'{SERVER}security = "ssl"\n', "smtp.security", '"starttls", "tls"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_cure(text, key, said):
    assert said in problems(text)[key]


def test_a_program_that_tells_the_password_is_not_shown():
    """Its arguments may be the password."""
    found = loaded(f'{SIGNED}password = {{command = "echo {HIDDEN}"}}\n')
    shown = {row.key: row.value for row in effective(found)}
    assert shown["smtp.password.command"] == MASK
    assert found.policy.smtp.password == SecretPlace(command=f"echo {HIDDEN}")


@pytest.mark.parametrize("text", ["", "[calendar]\nprovider = 'google'\n"])
def test_sending_needs_something_to_send_by(text):
    what = problems(f'[mail]\nmode = "approve"\n{text}')["mail.mode"]
    for cure in ("smtp.host", 'mail.provider = "google"', 'mode = "draft-only"'):
        assert cure in what


@pytest.mark.parametrize("text", ['provider = "google"\n', SERVER])
def test_either_way_to_send_will_do(text):
    assert loaded(f'[mail]\nmode = "approve"\n{text}').policy.mail.mode == "approve"


def test_a_host_that_is_wrong_is_one_problem_and_not_two():
    assert set(problems('[mail]\nmode = "approve"\n[smtp]\nhost = "a b"\n')) == {"smtp.host"}


def test_one_value_can_be_checked_alone():
    assert value_fault(Config, "smtp.password.env", "MAIL_PASSWORD") == ""
    assert "line break" in value_fault(Config, "smtp.user", "a\nb")

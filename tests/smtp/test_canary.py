"""A planted mail password shows up in nothing that is said or kept, wherever the config points for it."""

import pytest

from canary import leaks, sweep
from config_texts import APPROVING, AT_ONCE, INCIDENTS, MAIL_SERVER, SAM
from mail_server import CLOSE, MailServer

SECRET = "hunter2-CANARY"
SIGNED_IN = """\
user = "sam"
password = {password}
timeout = 5
"""
CONFIG = SAM + INCIDENTS + APPROVING + AT_ONCE + MAIL_SERVER + SIGNED_IN
GIVEN = {
    "title": "EU checkout errors",
    "boss": "priya@example.com",
    "month": "2026-11",
    "draft_id": "incident",
}


@pytest.fixture(params=["env", "file", "command"])
def planted(request, home, monkeypatch):
    """A config with a mail server that knows the password, and one mail approved."""
    from click.testing import CliRunner

    from automations.cli import main

    kept = home / "password"
    kept.write_text(SECRET)
    kept.chmod(0o600)
    monkeypatch.setenv("MAIL_SECRET", SECRET)
    place = {"env": "MAIL_SECRET", "file": str(kept), "command": f"cat {kept}"}[request.param]
    config = home / ".config/magicloop/config.toml"
    config.parent.mkdir(parents=True)
    with MailServer(users={"sam": SECRET}) as server:
        config.write_text(CONFIG.format(port=server.port, password=f'{{{request.param} = "{place}"}}'))
        opened = CliRunner().invoke(
            main, ["incident", "open", "EU errors", "--severity", "2", "--impact", "12% of orders fail"]
        )
        assert opened.exit_code == 0, opened.output
        yield server, kept, config


@pytest.mark.parametrize("answer", [None, b"535 5.7.8 no\r\n", b"500 hunter2-CANARY\r\n", CLOSE])
def test_over_every_command(planted, home, answer):
    server, kept, _ = planted
    if answer is not None:
        server.answers["AUTH"] = answer

    said = sweep({**GIVEN, "file": str(home / "kept.tar.gz")})

    assert len(said) > 60
    assert (home / "kept.tar.gz").exists() or answer is not None
    assert leaks(said, home, {SECRET}, apart_from=(kept,)) == []


def test_a_password_put_where_its_place_belongs_is_not_repeated(planted, home):
    _, kept, config = planted
    text = config.read_text()
    start = text.index("password =")
    config.write_text(f'{text[:start]}password = "{SECRET}"\n')

    said = sweep(GIVEN)

    assert any(code == 10 for _, _, code in said)
    assert leaks(said, home, {SECRET}, apart_from=(kept, config)) == []

"""Mail servers on real sockets, with and without a private line, and what is sent to them."""

import pytest

from automations.model.policy import SecretPlace, SmtpSettings
from automations.providers.smtp.sending import SmtpSender
from mail_server import Certificate, MailServer
from mail_server.mails import PASSWORD, PATIENCE


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificates"), "localhost", "127.0.0.1")


@pytest.fixture
def server(certificate):
    """A server as people have it: STARTTLS, then a sign-in."""
    with MailServer(certificate=certificate, users={"sam@corp.test": PASSWORD}) as one:
        yield one


@pytest.fixture
def settings(server, certificate, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    return SmtpSettings(
        host="127.0.0.1",
        port=server.port,
        user="sam@corp.test",
        password=SecretPlace(env="MAIL_PASSWORD"),
        timeout=PATIENCE,
        ca_file=str(certificate.ca),
    )


@pytest.fixture
def sender(settings):
    return SmtpSender(settings)


@pytest.fixture
def plain():
    """A server on this machine without privacy or sign-in, and a sender for it."""
    with MailServer() as one:
        yield one


@pytest.fixture
def plain_sender(plain):
    return SmtpSender(SmtpSettings(host="127.0.0.1", port=plain.port, security="none", timeout=PATIENCE))

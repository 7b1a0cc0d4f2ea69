"""What goes over the wire: the approved bytes, to everybody named, in the manners the server asked for."""

import base64
import re
from dataclasses import replace

import pytest

from automations.compose.mime import build_mime, message_id_for
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.policy import SecretPlace, SmtpSettings
from automations.ports import MailCopy
from automations.providers.local.mail import LocalMailbox
from automations.providers.smtp.sending import SmtpSender
from automations.testing.mail_contract import FIRST, LETTER
from mail_server import CLOSE, Certificate, MailServer
from mail_server.mails import PASSWORD, mail_of

MAIL = mail_of()
DOTS = replace(LETTER, body_text="Hi.\n\n.\n..\n.hidden\nend.\n", body_html="")


def failed(sender, mail=MAIL):
    with pytest.raises(ProviderError) as caught:
        sender.send(mail)
    return caught.value


def test_the_bytes_arrive_as_they_were_approved(sender, server):
    mail = mail_of(DOTS)
    assert b"\r\n.\r\n" in mail.mime
    sender.prepare(mail)
    sender.send(mail)
    assert server.mails == [(mail.sender, set(mail.recipients), mail.mime)]


def test_the_final_message_id_is_the_one_in_the_bytes(sender):
    own = message_id_for(LETTER.ref, LETTER.sender)
    assert sender.send(mail_of(replace(LETTER, message_id=own))).message_id == own


@pytest.mark.parametrize("ending", [b"\n", b"\r"])
def test_a_lone_line_end_cannot_end_the_mail_early(sender, server, ending):
    """Two servers may read it differently; a second mail could hide behind it."""
    smuggled = MAIL.mime + ending.join(
        [b"", b".", b"MAIL FROM:<x@corp.test>", b"RCPT TO:<y@corp.test>", b"DATA", b"Subject: no", b"", b"."]
    )
    sender.send(replace(MAIL, mime=smuggled))
    ((_, recipients, data),) = server.mails
    assert recipients == set(MAIL.recipients)
    assert data == re.sub(rb"\r\n|\r|\n", b"\r\n", smuggled) + b"\r\n"


def test_the_password_goes_over_the_private_line_only(sender, server):
    sender.send(MAIL)
    verbs = [line.split()[0].upper() for line in server.said]
    assert verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "RCPT", "DATA", "QUIT"]
    assert server.said[0].upper() == "EHLO [127.0.0.1]"


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "CRAM-MD5 LOGIN PLAIN"])
@pytest.mark.parametrize("asks", [False, True])
def test_each_way_to_sign_in_carries_any_password(sender, server, mechanisms, asks):
    server.mechanisms = mechanisms
    if asks:
        server.answers["AUTH PLAIN"] = "334"
    sender.send(MAIL)
    assert len(server.mails) == 1


def test_a_wrong_password_is_tried_once_and_not_said_back(settings, server, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2")
    error = failed(SmtpSender(settings))
    assert error.fault is FaultClass.NEEDS_SIGN_IN
    assert "hunter2" not in f"{error.what} {error.fix} {error.where}"
    assert base64.b64encode(b"hunter2").decode() not in error.what
    assert [line.split()[0] for line in server.said].count("AUTH") == 1


@pytest.mark.parametrize(
    ("mechanisms", "said"), [("XOAUTH2", "only XOAUTH2"), ("", "no sign-in by password")]
)
def test_a_server_without_a_sign_in_by_password_is_told_of(sender, server, mechanisms, said):
    server.mechanisms = mechanisms
    error = failed(sender)
    assert (error.fault, said in error.what) == (FaultClass.NEEDS_SIGN_IN, True)
    assert "smtp.user" in error.fix


def test_tls_from_the_start(settings, certificate):
    with MailServer(certificate=certificate, implicit=True, users={"sam@corp.test": PASSWORD}) as server:
        SmtpSender(replace(settings, port=server.port, security="tls")).send(MAIL)
        assert [data for _, _, data in server.mails] == [MAIL.mime]
        assert not any(line.startswith("STARTTLS") for line in server.said)


def test_a_server_that_offers_no_privacy_gets_neither_password_nor_mail(settings):
    with MailServer(users={"sam@corp.test": PASSWORD}) as server:
        error = failed(SmtpSender(replace(settings, port=server.port)))
        assert error.fault is FaultClass.PERMANENT
        assert "STARTTLS" in error.what
        assert [line.split()[0].upper() for line in server.said] == ["EHLO"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("case", ["another name", "unknown authority"])
def test_a_certificate_that_does_not_fit_gets_neither_password_nor_mail(settings, tmp_path, security, case):
    other = Certificate(tmp_path / "other", "elsewhere.corp.test")
    trusted = str(other.ca) if case == "another name" else settings.ca_file
    with MailServer(
        certificate=other, implicit=security == "tls", users={"sam@corp.test": PASSWORD}
    ) as server:
        error = failed(SmtpSender(replace(settings, port=server.port, security=security, ca_file=trusted)))
        assert error.fault is FaultClass.PERMANENT
        assert "certificate is not trusted" in error.what
        assert "smtp.ca_file" in error.fix
        assert not any(line.startswith(("AUTH", "MAIL")) for line in server.said)


@pytest.mark.parametrize("words", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_named(settings, tmp_path, words):
    path = tmp_path / "ca.pem"
    if words is not None:
        path.write_text(words)
    error = failed(SmtpSender(replace(settings, ca_file=str(path))))
    assert (error.fault, error.where) == (FaultClass.PERMANENT, str(path))


def test_a_server_that_speaks_plainly_where_tls_is_meant_is_told_of(plain, settings):
    error = failed(SmtpSender(replace(settings, port=plain.port, security="tls")))
    assert error.fault is FaultClass.TRANSIENT
    assert "smtp.security" in error.fix


def test_a_server_on_this_machine_needs_no_privacy(plain, plain_sender):
    plain_sender.send(MAIL)
    assert [line.split()[0].upper() for line in plain.said] == [
        "EHLO",
        "MAIL",
        "RCPT",
        "RCPT",
        "RCPT",
        "DATA",
        "QUIT",
    ]


# --- what the server can carry ---------------------------------------------------------------------------


def test_a_mail_larger_than_the_server_takes_is_not_offered(plain, plain_sender):
    plain.extensions = [f"SIZE {len(MAIL.mime) - 1}"]
    error = failed(plain_sender)
    assert error.fault is FaultClass.PERMANENT
    assert f"{len(MAIL.mime)} bytes" in error.what
    assert not any(line.startswith("MAIL") for line in plain.said)


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE x", f"SIZE {len(MAIL.mime)}"])
def test_a_limit_that_is_none_or_just_fits(plain, plain_sender, size):
    plain.extensions = [size]
    plain_sender.send(MAIL)
    assert f"MAIL FROM:<{MAIL.sender}> SIZE={len(MAIL.mime)}" in plain.said


def test_a_limit_once_heard_of_is_known_before_the_next_send(plain, plain_sender):
    plain.extensions = [f"SIZE {len(MAIL.mime)}"]
    plain_sender.send(MAIL)
    with pytest.raises(ProviderError, match="the mail server takes") as caught:
        plain_sender.prepare(replace(MAIL, mime=MAIL.mime + b"more\r\n"))
    assert (caught.value.fault, plain.connections) == (FaultClass.PERMANENT, 1)


def test_other_letters_go_as_they_are_or_not_at_all(plain, plain_sender):
    wide = replace(MAIL, mime=MAIL.mime + "Grüße\r\n".encode())
    plain_sender.send(wide)
    assert plain.mails[0][2] == wide.mime
    assert any(line.startswith("MAIL") and line.endswith("BODY=8BITMIME") for line in plain.said)

    plain.extensions = []
    error = failed(plain_sender, wide)
    assert (error.fault, "8BITMIME" in error.what, len(plain.mails)) == (FaultClass.PERMANENT, True, 1)


def test_plain_letters_need_no_extension(plain, plain_sender):
    plain.extensions = []
    plain_sender.send(MAIL)
    assert f"MAIL FROM:<{MAIL.sender}>" in plain.said


@pytest.mark.parametrize("missing", ["SMTPUTF8", "8BITMIME"])
def test_an_address_in_other_letters_goes_only_where_it_can(plain, plain_sender, missing):
    mail = replace(MAIL, recipients=("jörg@corp.test",))
    plain_sender.send(mail)
    assert plain.mails[0][1] == {"jörg@corp.test"}
    assert any(line.endswith("BODY=8BITMIME SMTPUTF8") for line in plain.said)

    plain.extensions.remove(missing)
    error = failed(plain_sender, mail)
    assert (error.fault, missing in error.what, len(plain.mails)) == (FaultClass.PERMANENT, True, 1)


@pytest.mark.parametrize(
    "address", ["", "a b@corp.test", "a@corp.test>\r\nRCPT TO:<b@corp.test", "<a@corp.test>", "nobody"]
)
def test_what_is_no_address_is_not_said_to_the_server(plain, plain_sender, address):
    for mail in (replace(MAIL, recipients=(MAIL.recipients[0], address)), replace(MAIL, sender=address)):
        for call in (plain_sender.prepare, plain_sender.send):
            with pytest.raises(ProviderError) as caught:
                call(mail)
            assert caught.value.fault is FaultClass.PERMANENT
    assert plain.connections == 0


def test_a_mail_to_nobody_is_not_sent(plain, plain_sender):
    assert failed(plain_sender, replace(MAIL, recipients=())).fault is FaultClass.PERMANENT
    assert plain.connections == 0


# --- before the send -------------------------------------------------------------------------------------


def test_looking_asks_nothing_of_the_server(sender, server):
    assert sender.prepare(MAIL) == ""
    assert server.connections == 0


def test_without_a_password_nothing_is_tried(settings, server, monkeypatch):
    monkeypatch.delenv("MAIL_PASSWORD")
    sender = SmtpSender(settings)
    for call in (sender.prepare, sender.send):
        with pytest.raises(ProviderError) as caught:
            call(MAIL)
        assert caught.value.fault is FaultClass.NEEDS_SIGN_IN
    assert server.connections == 0


def test_a_program_that_tells_the_password_runs_once_for_each_mail(settings, server, tmp_path):
    ran = tmp_path / "ran"
    program = tmp_path / "tell"
    program.write_text(f"#!/bin/sh\necho x >> {ran}\necho '{PASSWORD}'\n")
    program.chmod(0o700)
    sender = SmtpSender(replace(settings, password=SecretPlace(command=str(program))))
    for _ in range(2):
        sender.prepare(MAIL)
        sender.send(MAIL)
    assert ran.read_text() == "x\nx\n"
    assert len(server.mails) == 2


@pytest.mark.parametrize("change", ["edited", "deleted", "none"])
def test_a_copy_that_was_changed_stops_the_send(plain, tmp_path, change):
    mailbox = LocalMailbox(str(tmp_path / "drafts"))
    seen = mailbox.create(FIRST)
    copy = next((tmp_path / "drafts").iterdir())
    if change == "edited":
        copy.write_bytes(copy.read_bytes().replace(b"off your plate", b"to share"))
    elif change == "deleted":
        copy.unlink()
    settings = SmtpSettings(host="127.0.0.1", port=plain.port, security="none")
    sender = SmtpSender(settings, mailbox)
    mail = replace(MAIL, provider_id=seen.provider_id, revision=seen.revision)
    if change == "none":
        assert sender.prepare(mail) == ""
    else:
        with pytest.raises(ConflictError, match="nothing was sent"):
            sender.prepare(mail)


def test_sending_leaves_the_copy_where_it_is(plain, tmp_path):
    mailbox = LocalMailbox(str(tmp_path / "drafts"))
    seen = mailbox.create(
        MailCopy(FIRST.key, FIRST.ref, FIRST.subject, FIRST.created, build_mime(LETTER, unsent=True))
    )
    sender = SmtpSender(SmtpSettings(host="127.0.0.1", port=plain.port, security="none"), mailbox)
    plain.answers["DOT"] = CLOSE
    mail = replace(MAIL, provider_id=seen.provider_id, revision=seen.revision)
    sender.prepare(mail)
    failed(sender, mail)
    assert seen.provider_id in mailbox.fetch_drafts((seen.provider_id,)).found
    assert b"X-Unsent" not in plain.mails[0][2]

"""What can go wrong at each step of a send: what is known afterwards, and that nothing is said twice."""

from dataclasses import replace

import pytest

from automations.errors import FaultClass, ProviderError
from automations.providers.smtp.sending import SmtpSender
from mail_server import CLOSE, RESET, SILENCE, STEPS, MailServer
from mail_server.mails import mail_of

MAIL = mail_of()
FAULTS = {
    "close": (CLOSE, FaultClass.TRANSIENT),
    "reset": (RESET, FaultClass.TRANSIENT),
    "silence": (SILENCE, FaultClass.TRANSIENT),
    "421": ("421 4.3.2 shutting down", FaultClass.TRANSIENT),
    "451": ("451 4.3.0 try later", FaultClass.TRANSIENT),
    "550": ("550 5.7.1 no", FaultClass.PERMANENT),
    "530": ("530 5.7.0 sign in first", FaultClass.NEEDS_SIGN_IN),
    "garbage": ("HTTP/1.1 400 Bad Request", FaultClass.PERMANENT),
}


def failed(sender, mail=MAIL):
    with pytest.raises(ProviderError) as caught:
        sender.send(mail)
    return caught.value


@pytest.mark.matrix
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_before_the_mail_flows_it_certainly_did_not_go(settings, server, step, fault):
    answer, expected = FAULTS[fault]
    server.answers[step] = answer
    if answer == SILENCE:
        settings = replace(settings, timeout=0.3)
    if step == "AUTH" and fault == "550":
        expected = FaultClass.NEEDS_SIGN_IN

    error = failed(SmtpSender(settings))

    assert error.fault is expected
    assert (server.mails, server.connections) == ([], 1)
    assert error.where == f"127.0.0.1:{server.port}"
    assert [line.split()[0] for line in server.said].count("DATA") == (step == "DATA")
    late = fault == "silence"
    assert ("in time" in error.what) == late


@pytest.mark.matrix
@pytest.mark.parametrize("takes", [True, False], ids=["taken", "not-taken"])
@pytest.mark.parametrize("answer", [CLOSE, RESET, SILENCE, "garbage", "354 go ahead", "25"])
def test_after_the_last_dot_only_an_answer_tells(settings, server, takes, answer):
    """Whether it was taken cannot be seen from here: it is left open and handed over once."""
    server.answers["DOT"] = answer
    server.takes = takes
    sender = SmtpSender(replace(settings, timeout=0.3 if answer == SILENCE else settings.timeout))
    sender.prepare(MAIL)

    error = failed(sender)

    assert error.fault is FaultClass.AMBIGUOUS
    assert "may have gone" in error.what
    assert (len(server.mails), server.connections) == (takes, 1)
    assert [line.split()[0] for line in server.said].count("DATA") == 1


@pytest.mark.parametrize("answer", [CLOSE, RESET])
def test_a_connection_lost_while_the_mail_flows_leaves_it_open(sender, server, answer):
    server.answers["BODY"] = answer
    huge = replace(MAIL, mime=MAIL.mime + b"And so on.\r\n" * 70_000)
    assert failed(sender, huge).fault is FaultClass.AMBIGUOUS
    assert (server.mails, server.connections) == ([], 1)


def test_an_answer_of_several_lines_that_breaks_off_is_no_answer(sender, server):
    server.answers["DOT"] = "250-2.0.0 queued"
    server.answers["QUIT"] = CLOSE
    settings = replace(sender._settings, timeout=0.3)
    assert failed(SmtpSender(settings)).fault is FaultClass.AMBIGUOUS


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("450 4.2.0 later", FaultClass.TRANSIENT),
        ("421 4.3.2 shutting down", FaultClass.TRANSIENT),
        ("554 5.7.1 spam", FaultClass.PERMANENT),
        ("552 5.3.4 too large", FaultClass.PERMANENT),
    ],
)
def test_a_no_to_the_mail_itself_is_certain(sender, server, answer, fault):
    server.answers["DOT"] = answer
    server.takes = False
    error = failed(sender)
    assert error.fault is fault
    assert answer in error.what


@pytest.mark.parametrize("answer", [CLOSE, RESET, "500 what?"])
def test_what_was_agreed_stands_whatever_becomes_of_the_goodbye(sender, server, answer):
    server.answers["QUIT"] = answer
    assert sender.send(MAIL).message_id == ""
    assert len(server.mails) == 1


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    ("answer", "fault"),
    [("550 5.1.1 unknown", FaultClass.PERMANENT), ("450 4.7.1 greylisted", FaultClass.TRANSIENT)],
)
def test_one_refused_recipient_means_that_nobody_gets_it(sender, server, place, answer, fault):
    """A second try would reach the others twice."""
    address = MAIL.recipients[place]
    server.answers[f"RCPT:{address}"] = answer

    error = failed(sender)

    assert error.fault is fault
    assert f"1 of 3 recipients ({answer[:3]}), so nobody got it: {address}" in error.what
    assert server.mails == []
    assert [line.split()[0] for line in server.said[-2:]] == ["RSET", "QUIT"]


def test_a_recipient_refused_for_good_decides_over_one_refused_for_now(sender, server):
    server.answers[f"RCPT:{MAIL.recipients[0]}"] = "550 5.1.1 unknown"
    server.answers[f"RCPT:{MAIL.recipients[2]}"] = "450 4.7.1 greylisted"
    server.answers["RSET"] = CLOSE
    assert failed(sender).fault is FaultClass.PERMANENT


def test_nothing_listens_there(settings):
    with MailServer() as gone:
        port = gone.port
    error = failed(SmtpSender(replace(settings, port=port)))
    assert (error.fault, error.what) == (
        FaultClass.TRANSIENT,
        "the mail server cannot be reached, or hung up",
    )


def test_a_server_that_shuts_down_between_recipients_is_not_asked_further(sender, server):
    """That some were refused before says nothing of a mail it could not finish with."""
    server.answers[f"RCPT:{MAIL.recipients[0]}"] = "550 5.1.1 unknown"
    server.answers[f"RCPT:{MAIL.recipients[1]}"] = "421 4.3.2 shutting down"
    assert failed(sender).fault is FaultClass.TRANSIENT
    assert server.said[-1] == f"RCPT TO:<{MAIL.recipients[1]}>"

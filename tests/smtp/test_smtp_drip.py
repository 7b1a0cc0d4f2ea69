"""A mail server whose answers drip in without end: one deadline ends the conversation, and what is known is told."""

import json
import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from click.testing import CliRunner

from automations.errors import ExitCode, FaultClass, ProviderError
from automations.providers.smtp import dialogue
from automations.providers.smtp.dialogue import seconds_for, try_out
from automations.providers.smtp.sending import SmtpSender
from config_texts import APPROVING, AT_ONCE, INCIDENTS, MAIL_SERVER, SAM
from mail_server import DRIP_BYTES, DRIP_LINES, SLOW, STEPS, MailServer
from mail_server.mails import PASSWORD, mail_of

MAIL = mail_of()
IMPATIENCE = 0.15
TO_THE_END = 0.35
"""The same, where all steps before the mail have to be done in twice that time."""
LONG = 4.0
"""Seconds that no conversation takes here; the drips go on for twice as long."""


def ended(call):
    """Return the error of a call that ends by itself, in time, and leaves no thread behind."""
    begin = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        call()
    assert time.monotonic() - begin < LONG
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    return caught.value


@pytest.mark.matrix
@pytest.mark.parametrize("drip", [DRIP_LINES, DRIP_BYTES])
@pytest.mark.parametrize("step", STEPS)
def test_before_the_mail_flows_it_certainly_did_not_go_and_goes_once_with_the_next_try(
    settings, server, step, drip
):
    server.answers[step] = drip
    sender = SmtpSender(replace(settings, timeout=IMPATIENCE))

    error = ended(lambda: sender.send(MAIL))

    assert (error.fault, error.what) == (FaultClass.TRANSIENT, "the mail server did not answer in time")
    assert (server.mails, server.connections) == ([], 1)
    server.answers.clear()
    SmtpSender(settings).send(MAIL)
    assert len(server.mails) == 1


@pytest.mark.parametrize("drip", [DRIP_LINES, DRIP_BYTES])
@pytest.mark.parametrize("takes", [True, False], ids=["taken", "not-taken"])
def test_after_the_last_dot_it_may_have_gone(settings, server, takes, drip):
    server.answers["DOT"] = drip
    server.takes = takes

    error = ended(lambda: SmtpSender(replace(settings, timeout=TO_THE_END)).send(MAIL))

    assert (error.fault, "may have gone" in error.what) == (FaultClass.AMBIGUOUS, True)
    assert (len(server.mails), server.connections) == (takes, 1)


@pytest.mark.parametrize("drip", [DRIP_LINES, DRIP_BYTES])
def test_what_was_agreed_stands_though_the_goodbye_drips(settings, server, drip):
    server.answers["QUIT"] = drip
    begin = time.monotonic()
    SmtpSender(replace(settings, timeout=TO_THE_END)).send(MAIL)
    assert time.monotonic() - begin < LONG
    assert len(server.mails) == 1


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "DATA", "DOT"])
def test_a_line_that_is_private_from_the_start_ends_too(settings, certificate, step):
    with MailServer(certificate=certificate, implicit=True, users={"sam@corp.test": PASSWORD}) as server:
        server.answers[step] = DRIP_LINES
        private = replace(settings, port=server.port, security="tls", timeout=TO_THE_END)
        error = ended(lambda: SmtpSender(private).send(MAIL))
    assert error.fault is (FaultClass.AMBIGUOUS if step == "DOT" else FaultClass.TRANSIENT)


def test_a_refused_recipient_is_told_though_the_rest_drips(settings, server):
    """What was known before stays known."""
    server.answers.update({"RCPT": "550 5.1.1 unknown", "RSET": DRIP_LINES, "QUIT": DRIP_LINES})
    error = ended(lambda: SmtpSender(replace(settings, timeout=IMPATIENCE)).send(MAIL))
    assert (error.fault, "refused 3 of 3" in error.what) == (FaultClass.PERMANENT, True)


def test_steps_that_are_slow_one_by_one_leave_the_mail_the_time_for_its_answer(settings, server):
    """It is not begun where less is left: what went without an answer, nobody could know of."""
    server.answers.update(dict.fromkeys(("EHLO", "EHLO2", "MAIL"), SLOW))
    error = ended(lambda: SmtpSender(replace(settings, timeout=TO_THE_END)).send(MAIL))
    assert (error.fault, server.mails) == (FaultClass.TRANSIENT, [])
    assert "in time" in error.what


def test_a_name_with_many_addresses_where_nobody_answers_ends_too(settings, monkeypatch):
    """A network that swallows the port leaves each of them to its own timeout."""
    look_up = socket.getaddrinfo

    def many(host, *args, **named):
        return (
            look_up("127.0.0.1", *args, **named) * 60
            if host == "many.test"
            else look_up(host, *args, **named)
        )

    monkeypatch.setattr(socket, "getaddrinfo", many)  # no name of this machine has that many
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as callers:
        for _ in range(4):  # they fill its queue, so that later ones hear nothing at all
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        dead = replace(settings, host="many.test", port=full.getsockname()[1], timeout=IMPATIENCE)
        error = ended(lambda: SmtpSender(dead).send(MAIL))
    assert (error.fault, "in time" in error.what) == (FaultClass.TRANSIENT, True)


def test_the_doctors_look_ends_too(settings, server):
    server.answers["EHLO"] = DRIP_LINES
    error = ended(lambda: try_out(replace(settings, timeout=IMPATIENCE), PASSWORD))
    assert error.fault is FaultClass.TRANSIENT


@pytest.mark.parametrize(("timeout", "seconds"), [(1, 3), (60, 180), (150, 450), (600, 900)])
def test_the_whole_is_bounded_and_the_mail_flows_within_five_minutes(settings, timeout, seconds):
    patient = replace(settings, timeout=timeout)
    assert seconds_for(patient) == seconds
    assert seconds_for(patient) - timeout <= 300


# --- whole runs ------------------------------------------------------------------------------------------

CONFIG = SAM + INCIDENTS + APPROVING + AT_ONCE + MAIL_SERVER + "timeout = 1\n"


@pytest.fixture
def magicloop(home, plain):
    from automations.cli import main

    path = home / ".config/magicloop/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(CONFIG.format(port=plain.port), encoding="utf-8")

    def call(*words):
        done = CliRunner().invoke(main, [*words])
        assert "Traceback" not in done.output
        return done

    opened = ("EU checkout errors", "--severity", "2", "--impact", "12% of EU orders fail")
    assert call("incident", "open", *opened).exit_code == 0
    assert call("run").exit_code == 0
    draft = the_draft(call)
    assert call("draft", "approve", draft["id"], "--hash", draft["hash"]).exit_code == 0
    return call


def the_draft(call):
    drafts = json.loads(call("draft", "list", "--json", "--all").stdout)["drafts"]
    return next(one for one in drafts if one["key"] == "incident:INC-1:exec:1")


@pytest.mark.parametrize(("step", "state"), [("CONNECT", "sent"), ("DOT", "unknown")])
def test_a_run_lets_go_of_its_lock_and_the_next_sends_once_or_asks(
    magicloop, plain, monkeypatch, step, state
):
    plain.answers[step] = DRIP_LINES
    with monkeypatch.context() as patch:
        patch.setattr(dialogue, "LONGEST_BEFORE", 0.5)  # no config allows less than a second for a step
        begin = time.monotonic()
        magicloop("run")
        assert time.monotonic() - begin < LONG
    assert the_draft(magicloop)["state"] != "sent"
    plain.answers.clear()
    for _ in range(2):
        assert magicloop("run").exit_code != ExitCode.LOCKED
    assert (the_draft(magicloop)["state"], len(plain.mails)) == (state, 1)

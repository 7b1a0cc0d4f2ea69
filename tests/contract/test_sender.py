"""Every sender passes one suite."""

from dataclasses import replace

import pytest

from automations.compose.reading import read_mime, revision_of
from automations.errors import FaultClass, ProviderError
from automations.model.policy import SmtpSettings
from automations.providers.google.sending import GmailSender
from automations.providers.memory_mail import MemoryMailbox, MemorySender
from automations.providers.smtp.sending import SmtpSender
from automations.testing.mail_contract import FIRST
from automations.testing.sender_contract import SenderContract
from google_emulator import Emulator, Fault, GmailApi
from google_emulator.provider import google_mailbox
from mail_server import CLOSE, MailServer


class TestMemorySender(SenderContract):
    def make_sender(self, tmp_path):
        self.mailbox = MemoryMailbox()
        return MemorySender(self.mailbox)

    def place(self, sender, mail):
        seen = self.mailbox.create(FIRST)
        return replace(mail, provider_id=seen.provider_id, revision=seen.revision)

    def arrived(self, sender):
        return [(set(mail.recipients), mail.mime) for mail in sender.sent]

    def refuse(self, sender):
        def refused(mail):
            del sender.send
            raise ProviderError("no", fault=FaultClass.PERMANENT)

        sender.send = refused

    def lose_answer(self, sender):
        sender.loses_answer = True

    def edit_by_hand(self, sender, mail):
        data = self.mailbox.files[mail.provider_id].replace(b"off your plate", b"to share")
        self.mailbox.files[mail.provider_id] = data
        assert revision_of(data) != mail.revision
        return True

    def break_place(self, sender):
        sender.fault = ProviderError("no network", fault=FaultClass.TRANSIENT)


class TestMemorySenderWithoutMailbox(TestMemorySender):
    """As SMTP is: no copy is taken away, and nothing can be looked up."""

    def make_sender(self, tmp_path):
        return MemorySender()

    def place(self, sender, mail):
        return mail

    def edit_by_hand(self, sender, mail):
        return False


class GmailRules(SenderContract):
    """Over real sockets, on a Gmail that may keep the ids of drafts, and for two sets of scopes."""

    scopes = ("gmail.compose", "gmail.readonly")

    @pytest.fixture(autouse=True)
    def google(self):
        self.api = GmailApi(account="sam@corp.test")
        self.api.write("Lunch?")
        with Emulator(self.api) as self.emulator:
            allowed = frozenset(f"https://www.googleapis.com/auth/{name}" for name in self.scopes)
            self.emulator.tokens["first-token"] = self.emulator.refresh_tokens["refresh-me"] = allowed
            yield
            self.mailbox.close()

    def make_sender(self, tmp_path):
        self.mailbox = google_mailbox(self.emulator, tmp_path, email="sam@corp.test")
        return GmailSender(self.mailbox)

    def place(self, sender, mail):
        seen = self.mailbox.create(FIRST)
        return replace(mail, provider_id=seen.provider_id, revision=seen.revision)

    def arrived(self, sender):
        found = []
        for message in self.api.sent:
            read = read_mime(message["raw"])
            found.append(({*read.to, *read.cc, *read.bcc}, message["raw"]))
        return found

    def refuse(self, sender):
        self.emulator.faults.put("gmail.users.drafts.send", Fault.error(400, "invalidArgument"))

    def lose_answer(self, sender):
        self.emulator.faults.put("gmail.users.drafts.send", Fault("close", applied=True))

    def edit_by_hand(self, sender, mail):
        self.api.edit(mail.provider_id, text="Anything to share?")
        return True

    def break_place(self, sender):
        self.api.deny()


class TestGmailSender(GmailRules):
    pass


class TestGmailSenderWithoutReading(GmailRules):
    """With the scope for drafts alone, sent mails cannot be looked at."""

    scopes = ("gmail.compose",)


class TestSmtpSender(SenderContract):
    """To a mail server on real sockets; the copy is none of its business."""

    @pytest.fixture(autouse=True)
    def server(self):
        with MailServer() as self.mail_server:
            yield

    def make_sender(self, tmp_path):
        return SmtpSender(SmtpSettings(host="127.0.0.1", port=self.mail_server.port, security="none"))

    def place(self, sender, mail):
        return mail

    def arrived(self, sender):
        return [(recipients, data) for _, recipients, data in self.mail_server.mails]

    def refuse(self, sender):
        self.mail_server.answers["RCPT"] = "550 5.1.1 unknown"

    def lose_answer(self, sender):
        self.mail_server.answers["DOT"] = CLOSE

    def edit_by_hand(self, sender, mail):
        return False

    def break_place(self, sender):
        self.mail_server.close()

"""The sender on memory passes the suite that every sender passes."""

from dataclasses import replace

from automations.compose.reading import revision_of
from automations.errors import FaultClass, ProviderError
from automations.providers.memory_mail import MemoryMailbox, MemorySender
from automations.testing.mail_contract import FIRST
from automations.testing.sender_contract import SenderContract


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

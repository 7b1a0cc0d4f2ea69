import shutil
from pathlib import Path

from automations.errors import FaultClass, ProviderError
from automations.providers.local.mail import LocalMailbox
from automations.providers.memory_mail import MemoryMailbox
from automations.testing.mail_contract import MailContract


class LocalRules(MailContract):
    newline = "\r\n"

    def make_mailbox(self, tmp_path):
        return LocalMailbox(str(tmp_path / "drafts"), self.newline)

    def edit_by_hand(self, mailbox, provider_id, change):
        path = Path(mailbox.watched()[0], provider_id)
        path.write_bytes(change(path.read_bytes()))

    def delete_by_hand(self, mailbox, provider_id):
        Path(mailbox.watched()[0], provider_id).unlink()

    def lose_all(self, mailbox):
        shutil.rmtree(mailbox.watched()[0])

    def break_place(self, mailbox):
        self.lose_all(mailbox)
        Path(mailbox.watched()[0]).write_bytes(b"a file where the folder was")


class TestLocalMailbox(LocalRules):
    pass


class TestLocalMailboxWithLineFeeds(LocalRules):
    newline = "\n"


class TestMemoryMailbox(MailContract):
    def make_mailbox(self, tmp_path):
        return MemoryMailbox()

    def edit_by_hand(self, mailbox, provider_id, change):
        mailbox.files[provider_id] = change(mailbox.files[provider_id])

    def delete_by_hand(self, mailbox, provider_id):
        del mailbox.files[provider_id]

    def lose_all(self, mailbox):
        mailbox.files = None

    def break_place(self, mailbox):
        mailbox.fault = ProviderError("out of order", fault=FaultClass.PERMANENT, fix="mend it")

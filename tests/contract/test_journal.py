from automations.store.memory import MemoryJournal
from automations.store.sqlite import SqliteJournal
from automations.testing.journal_contract import JournalContract


class TestSqliteJournal(JournalContract):
    def make_journal(self, tmp_path):
        return SqliteJournal.open(str(tmp_path / "data" / "journal.db"))

    def wake_of(self, journal):
        return journal.pulse().wake


class TestMemoryJournal(JournalContract):
    def make_journal(self, tmp_path):
        return MemoryJournal()

    def wake_of(self, journal):
        return journal.pulse().wake

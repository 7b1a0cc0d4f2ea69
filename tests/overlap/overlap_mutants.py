"""What would have to go wrong for things to be doubled or held for ever; each must turn the proof red.

Applied in the processes that are tested, never in the program's source. Names are told by the proof.
"""

import os
import sqlite3
import time
from pathlib import Path

import filelock

import automations.apply.carrying
from automations.store.sqlite import SqliteJournal
from automations.store.table import Table

_CONNECT = sqlite3.connect


def lock_not_taken():
    """Nobody waits for anybody."""
    filelock.FileLock = type("NoLock", (_Kept,), {"acquire": lambda *_, **__: None})


def lock_let_go_early():
    """The lock is taken, and let go before the work begins."""

    class Early(_Kept):
        def acquire(self, timeout=0.0):
            self.real.acquire(timeout=timeout)
            self.real.release()

    filelock.FileLock = Early


def waits_for_ever():
    """Who waits for the lock waits until it comes."""

    class Patient(_Kept):
        def acquire(self, timeout=0.0):
            self.real.acquire(timeout=-1 if timeout else 0.0)

    filelock.FileLock = Patient


def lock_outlives_its_holder():
    """The lock is a file that is there or not, instead of the system's lock on one."""

    class File(_Kept):
        def __init__(self, path, mode=0o600, **_):
            self.path, self.mode = f"{path}.there", mode

        def acquire(self, timeout=0.0):
            until = time.monotonic() + timeout
            while True:
                try:
                    os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, self.mode))
                except FileExistsError:
                    if time.monotonic() >= until:
                        raise filelock.Timeout(self.path) from None
                    time.sleep(0.02)
                else:
                    return

        def release(self):
            Path(self.path).unlink()

    filelock.FileLock = File


def no_compare_and_swap():
    """A record is replaced whatever its revision is by then. The lock is off, or nobody could come between."""
    lock_not_taken()
    _forget_revisions()


def no_one_send_index():
    """The database no longer refuses a second send of a draft."""
    _drop("DROP INDEX IF EXISTS attempt_one_send")


def no_guard_at_all():
    """No lock, no compare-and-swap, and a database that refuses nothing."""
    lock_not_taken()
    _forget_revisions()
    real = Table.insert.func
    Table.insert = property(lambda table: real(table).replace("INSERT", "INSERT OR REPLACE"))
    SqliteJournal._refuse_second_claim = lambda *_: None
    _drop(
        "DROP INDEX IF EXISTS attempt_one_send; DROP INDEX IF EXISTS claim_one_open;"
        " DROP TRIGGER IF EXISTS draft_moves; DROP TRIGGER IF EXISTS draft_sends"
    )


def never_late():
    """What was claimed hours ago is done all the same."""
    automations.apply.carrying.LATE_SECONDS = float("inf")


class _Kept:
    """The real lock, kept to be used otherwise."""

    def __init__(self, path, mode=0o600, **_):
        self.real = _FILE_LOCK(path, mode=mode)

    def release(self):
        self.real.release()


_FILE_LOCK = filelock.FileLock


def _forget_revisions():
    real = Table.update.func
    Table.update = property(lambda table: real(table).replace("AND rev = ?", "AND ? IS NOT NULL"))


def _drop(script):
    def connect(*args, **named):
        connection = _CONNECT(*args, **named)
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempt'").fetchone()
        if there and "mode=ro" not in str(args[0]):
            connection.executescript(script)
        return connection

    sqlite3.connect = connect


MUTANTS = {
    each.__name__.replace("_", "-"): each
    for each in (
        lock_not_taken,
        lock_let_go_early,
        waits_for_ever,
        lock_outlives_its_holder,
        no_compare_and_swap,
        no_one_send_index,
        no_guard_at_all,
        never_late,
    )
}

"""The program with one promise to the disk broken, under the name of what it forgets. Each must be found.

A mutant is put in place in the forked child that is tried, by a function that is given `put(thing, name, new)`.
`POWER`, `FAULTS` and `SIGNALS` say which of the matrices finds it, and in which world.
"""

import os
import signal
import sqlite3
import stat
from contextlib import contextmanager, nullcontext, suppress

from automations import whole_files
from automations.apply import blocks, carrying, drafts, sending
from automations.cli import stopping
from automations.config import newfile
from automations.providers.local import files, mail
from automations.store import migrate, sqlite
from automations.store.keeping import archive, backup, restore

MUTANTS, POWER, FAULTS, SIGNALS = {}, {}, {}, {}


def mutant(matrix, *worlds):
    def register(change):
        MUTANTS[change.__name__] = change
        matrix[change.__name__] = worlds
        return change

    return register


class _Os:
    """The module os with one call put in the place of another, for the module that is given it."""

    def __init__(self, **calls):
        self.__dict__.update(calls)

    def __getattr__(self, name):
        return getattr(os, name)


def _only_folders(handle):
    if stat.S_ISDIR(os.fstat(handle).st_mode):
        os.fsync(handle)


@mutant(POWER, "first run")
def does_not_sync_the_bytes_of_a_draft(put):
    put(whole_files, "os", _Os(fsync=_only_folders))


@mutant(POWER, "init")
def does_not_sync_the_bytes_of_a_new_config(put):
    put(whole_files, "os", _Os(fsync=_only_folders))


@mutant(POWER, "backup")
def does_not_sync_the_bytes_of_a_backup(put):
    put(whole_files, "os", _Os(fsync=_only_folders))


@mutant(POWER, "draft discard")
def does_not_sync_the_folder_of_a_draft(put):
    put(whole_files, "sync_folder", lambda folder: None)


@mutant(POWER, "init")
def does_not_sync_the_folder_of_a_config(put):
    put(whole_files, "sync_folder", lambda folder: None)


@mutant(POWER, "restore")
def does_not_sync_the_folder_of_a_restored_journal(put):
    put(restore, "sync_folder", lambda folder: None)


@mutant(POWER, "draft edit")
def renames_before_the_bytes_are_synced(put):
    late = []

    def kept_back(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            os.fsync(handle)
        else:
            late.append(os.dup(handle))

    def named_first(folder):
        while late:
            os.fsync(late[0])
            os.close(late.pop(0))
        whole(folder)

    whole = whole_files.sync_folder
    put(whole_files, "os", _Os(fsync=kept_back))
    put(whole_files, "sync_folder", named_first)


@mutant(POWER, "draft edit")
def writes_into_the_file_that_is_there(put):
    def written(path, data, expected):
        if expected is None:
            return whole(path, data, expected)
        with path.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        return None

    whole = files.replace_if
    put(mail, "replace_if", written)


def _pragmas(put, **changed):
    """Let SQLite be told something else than the program tells it."""

    class Told(sqlite3.Connection):
        def execute(self, sql, *values):
            done = super().execute(sql, *values)
            if sql.startswith("PRAGMA synchronous") and "synchronous" in changed:
                super().execute(f"PRAGMA synchronous={changed['synchronous']}")
            if sql == "PRAGMA synchronous=FULL" and "journal_mode" in changed:
                super().execute(f"PRAGMA journal_mode={changed['journal_mode']}")
            return done

    connect = sqlite3.connect
    put(sqlite3, "connect", lambda *args, **named: connect(*args, **{**named, "factory": Told}))


@mutant(POWER, "draft approve")
def tells_sqlite_not_to_sync_at_all(put):
    _pragmas(put, synchronous="OFF")


@mutant(POWER, "approved mail is sent")
def tells_sqlite_not_to_sync_each_commit(put):
    _pragmas(put, synchronous="NORMAL")


@mutant(POWER, "draft edit")
def keeps_the_way_back_of_a_transaction_in_memory(put):
    _pragmas(put, journal_mode="MEMORY")


@mutant(POWER, "draft edit")
def keeps_no_way_back_of_a_transaction(put):
    _pragmas(put, journal_mode="OFF")


@mutant(POWER, "first run")
def books_and_drafts_before_it_writes_that_down(put):
    whole = carrying.carry_out

    def carried(bench, action, *, effect, **more):
        made = effect()
        return whole(bench, action, effect=lambda: made, **more)

    for module in (blocks, drafts):
        put(module, "carry_out", carried)


@mutant(POWER, "approved mail is sent")
def sends_before_it_writes_that_down(put):
    whole = carrying.carry_out

    def carried(bench, action, *, effect, **more):
        made = effect()
        return whole(bench, action, effect=lambda: made, **more)

    put(sending, "carry_out", carried)


def _swallowing(put, methods):
    """Let these methods of the journal go on as if all was well when the database refuses."""
    for name in methods:
        whole = getattr(sqlite.SqliteJournal, name)

        def gone_on(self, *args, whole=whole, **named):
            with suppress(Exception):
                return whole(self, *args, **named)
            return 1

        put(sqlite.SqliteJournal, name, gone_on)


@mutant(FAULTS, "draft approve")
def takes_a_commit_that_failed_for_one_that_did_not(put):
    _swallowing(put, ["record"])


@mutant(FAULTS, "approved mail is sent")
def sends_though_the_claim_was_not_written(put):
    _swallowing(put, ["claim"])


@mutant(FAULTS, "init")
def says_it_is_written_when_the_disk_is_full(put):
    whole = newfile.place_new_file

    def placed(target, content):
        with suppress(OSError):
            return whole(target, content)
        return True

    put(newfile, "place_new_file", placed)


@mutant(FAULTS, "first run")
def shows_the_systems_error_as_it_is(put):
    @contextmanager
    def bare(verb, path):
        yield

    put(files, "_refusing", bare)


@mutant(FAULTS, "backup")
def leaves_half_a_backup_under_its_name(put):
    def written(target, manifest, contents, *, stamp):
        with target.open("xb") as stream:
            half = target.with_name(".ml-half.new")
            whole(half, manifest, contents, stamp=stamp)
            stream.write(half.read_bytes())
            half.unlink()

    whole = archive.write_archive
    put(backup, "write_archive", written)


@mutant(FAULTS, "draft edit")
def passes_over_a_folder_that_cannot_be_synced(put):
    whole = whole_files.sync_folder

    def synced(folder):
        with suppress(OSError):
            whole(folder)

    put(whole_files, "sync_folder", synced)


@mutant(FAULTS, "first run")
def takes_a_new_journal_for_whole_when_it_is_closed(put):
    put(migrate, "gather", lambda *_: None)


@mutant(FAULTS, "restore")
def takes_a_restored_journal_for_whole_when_it_is_closed(put):
    put(sqlite.SqliteJournal, "gather", lambda self: None)


@mutant(SIGNALS, "draft edit")
def dies_where_it_stands_when_told_to_stop(put):
    put(stopping, "told_to_stop", nullcontext)


@mutant(SIGNALS, "draft edit")
def goes_on_when_told_to_stop(put):
    @contextmanager
    def deaf():
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, lambda *_: None)
        yield

    put(stopping, "told_to_stop", deaf)


@mutant(SIGNALS, "approved mail is sent")
def stops_between_a_send_and_its_record(put):
    put(sending, "unbroken", nullcontext)

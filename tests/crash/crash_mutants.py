"""The program with one fault built in, under the name of what it does; the matrix must find each.

    python tests/crash/crash_mutants.py [NAME ...]

A mutant is a function given `put(owner, name, new)`, in a process of its own; the product's files stay.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from launcher import in_child
from matrix import say, try_scenario, warm_up

from automations import cycle
from automations.apply import blocks, sending
from automations.desk.schedule import programs
from automations.model.records import LogEntry, Outcome
from automations.plan import recovery
from automations.plan.recovery import Settlement
from automations.providers.google import auth
from automations.providers.google.mail import GoogleMailbox
from automations.providers.local import mail as local_mail
from automations.providers.local import own
from automations.store import logbook
from automations.store.sqlite import SqliteJournal

MUTANTS = {}


def mutant(*scenarios):
    """Register a fault, with the scenarios in which it must be found."""

    def registered(change):
        MUTANTS[change.__name__] = (scenarios, change)
        return change

    return registered


def _effect_first(module):
    """Let a module make its effects before it writes down that it will."""
    whole = module.carry_out

    def carried(bench, action, *, effect, **more):
        done = effect()
        return whole(bench, action, effect=lambda: done, **more)

    return module, "carry_out", carried


@mutant("smtp: send by a run")
def sends_before_it_writes_that_down(put):
    put(*_effect_first(sending))


@mutant("google: send by a run")
def sends_by_gmail_before_it_writes_that_down(put):
    put(*_effect_first(sending))


@mutant("meeting lands on a block")
def moves_a_block_before_it_writes_that_down(put):
    put(*_effect_first(blocks))


@mutant("edited outside", "meeting lands on a block")
def forgets_what_was_interrupted(put):
    put(cycle, "_recover", lambda policy, world, recorded, run: ((), recorded))


@mutant("smtp: send by a run")
def takes_an_interrupted_send_for_one_that_never_was(put):
    def settled(claim, draft, attempt, recorded, _, now):
        approval = recovery.approval_of(attempt, recorded)
        back = recovery.not_sent(draft, attempt, approval, now, "again", again=True)
        return Settlement(claim, Outcome.FAILED, "again", back)

    put(recovery, "_settle_send", settled)


@mutant("google: incident update")
def makes_a_draft_again_without_looking_for_the_first(put):
    whole = recovery._settle_draft
    put(recovery, "_settle_draft", lambda claim, draft, _, *more: whole(claim, draft, None, *more))
    put(recovery, "_may_come", lambda *_: False)
    put(GoogleMailbox, "_standing", lambda *_: None)


@mutant("smtp: send by a run")
def claims_a_send_but_uses_its_approval_up_only_afterwards(put):
    whole_claim, whole_settle = SqliteJournal.claim, SqliteJournal.settle
    held = {}

    def claim(self, person, *, changes=(), **more):
        made = whole_claim(self, person, **more)
        held[made] = (person, changes)
        return made

    def settle(self, claim, *, at, **more):
        person, changes = held.pop(claim, ("", ()))
        if changes:
            self.record(LogEntry(person, at, "late", "", Outcome.DONE), changes)
        whole_settle(self, claim, at=at, **more)

    put(SqliteJournal, "claim", claim)
    put(SqliteJournal, "settle", settle)


@mutant("edited outside", "draft edit", "incident update")
def writes_the_outcome_and_its_records_in_two_transactions(put):
    whole = SqliteJournal.settle

    def settle(self, claim, *, at, outcome, detail, changes=()):
        whole(self, claim, at=at, outcome=outcome, detail=detail)
        if changes:
            person = changes[0].person
            self.record(LogEntry(person, at, "late", "", outcome, detail), changes)

    put(SqliteJournal, "settle", settle)


@mutant("invention skip", "draft discard", "incident update")
def commits_each_statement_by_itself(put):
    whole = SqliteJournal._transaction
    put(SqliteJournal, "_transaction", lambda self, begin: whole(_Loose(self), begin))


class _Loose:
    """A journal whose transactions begin nothing and so are none."""

    def __init__(self, journal):
        self._journal, self.path, self._db = journal, journal.path, self

    def execute(self, sql, *values):
        if sql.startswith(("BEGIN", "COMMIT")):
            return self._journal._db.execute("SELECT 1")
        return self._journal._db.execute(sql, *values)

    def _roll_back(self):
        pass


@mutant("draft edit", "first run")
def writes_mails_in_place(put):
    def written(path, data, *_):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            os.write(file.fileno(), data[: len(data) // 2])
            os.write(file.fileno(), data[len(data) // 2 :])

    for name in ("create_new", "replace_if"):
        put(local_mail, name, written)


@mutant("meeting lands on a block", "month turns")
def writes_the_calendar_in_place(put):
    def written(path, data, *_):
        with path.open("wb") as file:
            os.write(file.fileno(), data[: len(data) // 2])
            os.write(file.fileno(), data[len(data) // 2 :])

    put(own, "replace_if", written)


@mutant("google: renewed sign-in")
def writes_the_sign_in_in_place(put):
    def written(path, text):
        with Path(path).open("w") as file:
            os.write(file.fileno(), text[:40].encode())
            os.write(file.fileno(), text[40:].encode())

    put(auth, "write_private", written)


@mutant("schedule install")
def hands_the_crontab_over_by_a_pipe(put):
    whole = programs.subprocess.run

    def run(words, *, stdin, **more):
        return whole(words, input=stdin.read(), **more)

    put(programs.subprocess, "run", run)


@mutant("meeting lands on a block")
def writes_log_lines_without_their_transaction(put):
    whole = logbook.append_run

    def append_run(db, *line):
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")
        whole(db, *line)

    put(logbook, "append_run", append_run)


def find(name):
    """Return the scenario, the kills it took and the first violation by which a mutant was found, or None."""
    scenarios, change = MUTANTS[name]
    for scenario in scenarios:
        warm_up(scenario)
        figure = try_scenario(scenario, mutate=lambda: change(setattr), first=True)
        if figure.violations:
            return scenario, figure.killed, figure.violations[0]
    return None


def _found(name):
    answer, _ = in_child(lambda: json.dumps(find(name)))
    return name, answer


def main():
    options = argparse.ArgumentParser(description="Show that the matrix can fail.")
    options.add_argument("names", nargs="*", choices=[[], *MUTANTS])
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    given = options.parse_args()
    missed = 0
    with ProcessPoolExecutor(given.jobs) as pool:
        for name, answer in pool.map(_found, given.names or MUTANTS):
            found = None if answer.startswith("TRACEBACK") else json.loads(answer)
            missed += not found
            words = (
                f"found in {found[0]!r} by kill {found[1]}: {found[2][:90]}" if found else f"MISSED {answer}"
            )
            say(f"{name}: {words}")
    say(f"{len(given.names or MUTANTS) - missed} of {len(given.names or MUTANTS)} mutants found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

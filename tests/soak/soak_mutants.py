"""The program with one fault built in, under the name of what goes wrong. The harness must find each.

A mutant is given `put(module, name, new)`.
"""

from dataclasses import replace

from automations import cycle
from automations.desk import loop as desk_loop
from automations.model.loop import Promise
from automations.model.records import BlockState, LogEntry
from automations.plan import drafts as plan_drafts
from automations.plan import invention, next_update, offers, promises
from automations.plan.actions import UpdateDraft
from automations.plan.generations import newest_blocks

MUTANTS = {}


def mutant(finds):
    """Name what the harness must say of it."""

    def known(change):
        MUTANTS[change.__name__] = (change, finds)
        return change

    return known


@mutant("blocks of ")
def books_a_month_twice(put):
    whole = invention.months_to_book

    def owed(newest, policy, now, recorded):
        held = [month for month, block in newest_blocks(recorded).items() if block.state is BlockState.HELD]
        again = [(month, f"{now:%Y-%m}") for month in held if month == f"{now:%Y-%m}"]
        return (*again, *whole(newest, policy, now, recorded))

    put(invention, "months_to_book", owed)


@mutant("key drafted 2 times: offer:")
def makes_a_draft_again_that_was_thrown_away(put):
    whole = offers.offers_to

    def made(boss, recorded):
        return tuple(draft for draft in whole(boss, recorded) if draft.state != "discarded")

    put(offers, "offers_to", made)


@mutant("promise P")
def loses_a_promise(put):
    whole = desk_loop.Desk.record

    def recorded(desk, kind, subject, detail, changes):
        kept = [each for each in changes if not (isinstance(each, Promise) and each.rev == 1)]
        whole(desk, kind, subject, detail, kept)

    put(desk_loop.Desk, "record", recorded)


@mutant("draft closing:")
def forgets_the_closing_note_of_a_kept_promise(put):
    put(promises, "_closing", lambda *_: None)


@mutant("edit lost: ")
def writes_over_what_the_person_wrote(put):
    put(
        plan_drafts,
        "AdoptDraft",
        lambda draft, seen, reason: UpdateDraft(replace(draft, remote=seen.revision), reason),
    )


@mutant("draft incident:")
def goes_on_with_updates_that_nobody_reads(put):
    put(next_update, "forgotten", lambda *_: False)


@mutant("log lines")
def logs_what_it_looked_at(put):
    whole = cycle._log_notices

    def noted(world, run, notices, now):
        for number in range(40):
            world.journal.record(LogEntry(run.person, now, "look", f"calendar {number}", "done", "", run.id))
        whole(world, run, notices, now)

    put(cycle, "_log_notices", noted)


@mutant("draft offer:")
def sleeps_over_the_beginning_of_a_month(put):
    whole = cycle.next_look

    def later(plan, standing):
        due = whole(plan, standing)
        return due and due.replace(day=28, hour=23)

    put(cycle, "next_look", later)

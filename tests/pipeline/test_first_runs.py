"""Runs from the first one on: what they make, and that a second one makes nothing more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from worlds import OMAR, POLICY, PRIYA, FileLife, MemoryLife

from automations.errors import ExitCode
from automations.model.records import DraftState, RunOutcome
from automations.plan.zones import add_months


def kinds(report):
    return [result.kind for result in report.results]


def test_the_first_run_books_drafts_opens_the_cycle_and_logs_each(life):
    report = life.run()

    assert report.outcome is RunOutcome.OK
    assert report.exit_code is ExitCode.DONE
    assert sorted(kinds(report)) == ["book-block", "book-block", "create-draft", "open-cycle"]
    assert [block.month for block in life.recorded.blocks] == ["2026-03", "2026-04"]
    assert len(life.events()) == 2
    assert life.waiting() == [f"offer:{PRIYA.id}:2026-03"]
    assert len(life.copies()) == 1
    assert [(c.boss, c.month, c.closed) for c in life.recorded.cycles] == [(PRIYA.id, "2026-03", None)]
    logged = {(entry.kind, entry.subject, entry.outcome) for entry in life.log}
    assert {(r.kind, r.subject, "done") for r in report.results} <= logged
    assert ("run", "", "ok") in logged


def test_a_plan_says_what_the_run_then_does_and_changes_nothing_itself(life):
    before = life.everything()
    planned = [(action.kind, action.subject) for action in life.plan().actions]

    assert life.everything() == before
    assert planned == [(result.kind, result.subject) for result in life.run().results]
    assert life.plan().actions == ()


def test_a_second_and_a_third_run_change_nothing(life):
    life.run()
    before = life.everything()

    for _ in range(2):
        life.clock.go(minutes=15)
        report = life.run()
        assert report.outcome is RunOutcome.NOTHING
        assert report.results == ()

    assert life.everything() == before
    assert [entry.outcome for entry in life.log if entry.kind == "run"] == ["ok", "nothing"]


def test_the_month_turns_and_the_cycle_and_the_next_block_with_it(life):
    life.run()
    life.clock.go(days=31)
    report = life.run()

    subjects = {(result.kind, result.subject) for result in report.results}
    assert ("close-cycle", f"{PRIYA.id} 2026-03") in subjects
    assert ("open-cycle", f"{PRIYA.id} 2026-04") in subjects
    assert ("book-block", "2026-05") in subjects
    assert ("close-block", "2026-03") in subjects
    assert life.draft(f"offer:{PRIYA.id}:2026-03").state is DraftState.EXPIRED
    assert life.waiting() == [f"offer:{PRIYA.id}:2026-04"]
    assert len(life.copies()) == 1
    assert life.run().results == ()


def a_year(life, **days):
    """Run once in each of twelve months, after the first working day."""
    for number in range(12):
        life.clock.go(days=31 if number else 3)
        year, month = (int(part) for part in add_months("2026-03", number).split("-"))
        life.clock.instant = datetime(year, month, 5, 8, tzinfo=UTC)
        yield number
        life.run()
        assert life.run().results == (), f"month {number} comes to rest in one run"


@pytest.mark.parametrize("twin", ["files", "memory"])
def test_a_year_of_monthly_runs_gives_twelve_blocks_and_twelve_offers_a_boss(twin, tmp_path):
    life = FileLife(tmp_path) if twin == "files" else MemoryLife()
    life.change(bosses=(PRIYA, OMAR))
    for _ in a_year(life):
        pass

    months = [add_months("2026-03", n) for n in range(12)]
    assert [block.month for block in life.recorded.blocks][:12] == months
    assert len(life.recorded.blocks) == len(life.events()) == 13  # the month ahead is booked too
    for boss in (PRIYA, OMAR):
        offers = [d for d in life.recorded.drafts if d.key.startswith(f"offer:{boss.id}:")]
        assert [offer.key.rsplit(":", 1)[1] for offer in offers] == months
        cycles = [cycle for cycle in life.recorded.cycles if cycle.boss == boss.id]
        assert [cycle.month for cycle in cycles] == months
        assert [cycle.closed is None for cycle in cycles] == [False] * 11 + [True]
    assert len(life.copies()) == 2
    life.journal.close()


def test_bosses_come_and_go_during_the_year(kept):
    for month in a_year(kept):
        if month == 3:
            kept.change(bosses=(PRIYA, OMAR))
        if month == 7:
            kept.change(bosses=(OMAR,))

    offers = [draft.key for draft in kept.recorded.drafts]
    assert sum(PRIYA.id in key for key in offers) == 7
    assert sum(OMAR.id in key for key in offers) == 9
    open_ones = [cycle for cycle in kept.recorded.cycles if cycle.closed is None]
    assert [(cycle.boss, cycle.month) for cycle in open_ones] == [(OMAR.id, "2027-02")]


def test_a_boss_taken_out_by_mistake_and_put_back_has_their_cycle_and_offer_again(life):
    life.run()
    life.change(bosses=())
    life.run()
    assert life.recorded.cycles[0].closed is not None
    life.change(bosses=(PRIYA,))

    report = life.run()

    assert kinds(report) == ["open-cycle", "create-draft"]
    assert [(c.boss, c.month, c.closed) for c in life.recorded.cycles] == [(PRIYA.id, "2026-03", None)]
    assert life.run().results == ()


def test_a_clock_set_back_over_the_turn_of_the_month_repeats_and_closes_nothing(life):
    life.clock.go(days=29, hours=15)  # 1 April, 01:00 in Berlin
    life.run()
    assert [cycle.month for cycle in life.recorded.cycles] == ["2026-04"]
    life.clock.go(hours=-2)
    life.run()
    assert [(c.month, c.closed) for c in life.recorded.cycles if c.month == "2026-04"] == [("2026-04", None)]
    after = life.everything()
    assert life.run().results == ()
    assert life.everything() == after
    life.clock.go(hours=2)
    life.run()

    assert [c.month for c in life.recorded.cycles if c.closed is None] == ["2026-04"]
    assert len([b for b in life.recorded.blocks if b.month == "2026-04"]) == 1


def test_a_run_limited_to_one_automation_leaves_the_others_alone(life):
    report = life.run("offers")
    assert sorted(kinds(report)) == ["create-draft", "open-cycle"]
    report = life.run("invention")
    assert kinds(report) == ["book-block", "book-block"]
    assert life.run().results == ()


def test_a_run_limited_to_one_automation_forgets_its_own_problems_and_keeps_the_others(life):
    life.change(offers=type(POLICY.offers)())
    life.open_incident(severity=1)
    life.clock.go(minutes=31)
    assert "update-overdue" in (life.run(), life.problems())[1]
    life.update_incident()
    life.resolve_incident()
    life.run("offers")
    assert life.problems() == {"offer-needs-facts", "update-overdue"}

    life.run("incidents")
    assert life.problems() == {"offer-needs-facts"}
    life.change(offers=POLICY.offers)
    life.run("invention")
    assert life.problems() == {"offer-needs-facts"}
    life.run("offers")
    assert life.problems() == set()


def test_what_wakes_the_next_run_is_the_first_thing_that_will_be_due(life):
    life.run()
    life.run()
    first = life.block("2026-03").span
    assert life.recorded.due == first.end
    life.clock.instant = first.end - timedelta(minutes=1)
    assert life.run().results == ()
    life.clock.instant = first.end
    assert kinds(life.run()) == ["close-block"]


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        ("Pacific/Auckland", "it is March 2026 still in Europe/Berlin"),
        (None, "this boss is in the config again"),
    ],
)
def test_a_cycle_that_goes_on_says_why_it_was_closed(kept, zone, why):
    kept.clock.go(days=29, hours=3) if zone else None  # 31 March: April in Auckland, not in Berlin
    kept.run()
    kept.change(**({"me": replace(kept.policy.me, zone=zone)} if zone else {"bosses": ()}))
    kept.run()
    assert [c.closed is None for c in kept.recorded.cycles if c.month == "2026-03"] == [False]
    kept.change(me=replace(kept.policy.me, zone="Europe/Berlin"), bosses=(PRIYA,))

    kept.run()

    assert [c.closed is None for c in kept.recorded.cycles if c.month == "2026-03"] == [True]
    assert [entry.detail for entry in kept.log if entry.kind == "open-cycle"][-1] == why

"""Every fault at every calendar call of a run, then runs without faults: one block a month, and a true log."""

from contextlib import suppress

import pytest

from automations.desk import invention
from automations.errors import ExitCode, MagicloopError
from automations.model.records import BlockState
from google_emulator.faults import EVERY


def check_rest(life, months=("2026-03", "2026-04")):
    """Check that each month has one block, standing on Google as it is recorded, and nothing is left open."""
    for _ in range(5):
        life.clock.go(days=1)  # a used-up quota is over
        life.run()
        if not life.recorded.claims and life.problems() == set():
            break
    recorded = {block.id: block for block in life.recorded.blocks}
    assert [block.month for block in recorded.values()] == list(months)
    assert {block.state for block in recorded.values()} == {BlockState.BOOKED}
    assert {block: len(events) for block, events in life.ours().items()} == dict.fromkeys(recorded, 1)
    for block, (event,) in life.ours().items():
        span = life.api._busy_span(event)
        assert span == (recorded[block].span.start, recorded[block].span.end)
    assert (life.recorded.claims, life.problems()) == ((), set())
    assert life.run().results == ()
    return recorded


def booked(life):
    """Return how often the log says that each month was booked."""
    done = [entry.subject for entry in life.log if (entry.kind, entry.outcome) == ("book-block", "done")]
    return {month: done.count(month) for month in done}


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("times", [1, 99], ids=["once", "all-run"])
@pytest.mark.parametrize(("method", "after"), [("list", 0), ("insert", 0), ("insert", 1)])
def test_the_first_run_survives_every_fault_at_every_call(life, name, times, method, after):
    life.emulator.faults.put(f"calendar.events.{method}", EVERY[name], times=times, after=after)
    report = life.run()
    assert report.exit_code in {*ExitCode} - {ExitCode.ERROR}
    life.emulator.faults.clear()

    check_rest(life)

    assert booked(life) == {"2026-03": 1, "2026-04": 1}


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_move_survives_every_fault(life, name, method):
    life.run()
    block = life.block("2026-04")
    life.api.meet(block.span.start, block.span.end, "All hands")
    life.emulator.faults.put(f"calendar.events.{method}", EVERY[name], times=99)
    life.later()
    life.emulator.faults.clear()

    recorded = check_rest(life)

    moved = recorded[block.id]
    assert not moved.span.overlaps(block.span)
    done = [e for e in life.log if (e.kind, e.outcome) == ("move-block", "done")]
    assert len(done) == 1
    assert moved.moves == 1


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_block_the_person_skips_is_off_google_whatever_fails(life, name, method):
    life.run()
    life.begin()
    block = life.block("2026-03")
    life.emulator.faults.put(f"calendar.events.{method}", EVERY[name], times=99)
    with suppress(MagicloopError):
        invention.skip(life.bench, "2026-03")
    life.emulator.faults.clear()
    life.later(days=1)  # settles what nobody knew the end of
    if life.block("2026-03").state is BlockState.BOOKED:
        assert block.id in life.ours(), "what is recorded as booked stands"
        invention.skip(life.bench, "2026-03")

    assert life.block("2026-03").state is BlockState.SKIPPED
    assert block.id not in life.ours()
    assert life.recorded.claims == ()
    assert len(life.ours()) == 1


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
def test_a_run_that_only_watches_tells_a_fault_from_a_deleted_block(life, name):
    life.run()
    life.run()
    before = life.recorded.blocks
    life.emulator.faults.put("calendar.*", EVERY[name], times=99)
    report = life.later()
    assert report.results == ()
    assert life.recorded.blocks == before, "what could not be read is not gone"
    expected = ExitCode.SIGN_IN if name == "403-scope" else ExitCode.TEMPORARY
    assert report.exit_code is expected
    life.emulator.faults.clear()
    check_rest(life)


@pytest.mark.parametrize("name", ["close-before", "reset-before", "502-html", "slow-before", "truncated"])
def test_a_fault_at_the_token_endpoint_leaves_everything_for_the_next_run(life, name):
    life.emulator.expire()
    life.emulator.faults.put("token", EVERY[name], times=99)
    assert life.run().exit_code is ExitCode.TEMPORARY
    assert life.ours() == {}
    life.emulator.faults.clear()
    check_rest(life)


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("times", [1, 99], ids=["once", "all-run"])
@pytest.mark.parametrize("method", ["calendar.freebusy.query", "calendar.events.list"])
def test_a_fault_at_the_calendars_of_others_never_makes_them_free(life, name, times, method):
    team = "team@corp.test"
    life.api.lend(team)
    life.wishes["calendars"] = ("primary", team)
    life.run()
    block = life.block("2026-04")
    life.api.meet(block.span.start, block.span.end, calendar=team)
    life.emulator.faults.put(method, EVERY[name], times=times)
    life.later()
    life.emulator.faults.clear()

    recorded = check_rest(life)

    assert not recorded[block.id].span.overlaps(block.span)
    assert [e.outcome for e in life.log if e.kind == "move-block"] == ["done"]

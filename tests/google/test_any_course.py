"""Any course of faults and of the person's hand over several runs: each month ends with one block or a skip."""

import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lives import GoogleLife

from automations.model.records import BlockState
from google_emulator import CalendarApi, Emulator
from google_emulator.faults import EVERY

SOON_OVER = [name for name in EVERY if "slow" not in name and "quota" not in name]
METHODS = ("list", "get", "insert", "patch", "*")

faults = st.tuples(st.sampled_from(SOON_OVER), st.sampled_from(METHODS), st.integers(1, 5), st.integers(0, 2))
hands = st.sampled_from(["nothing", "delete", "move", "shorten", "meet"])
courses = st.lists(st.tuples(st.none() | faults, hands, st.integers(0, 1)), min_size=1, max_size=4)


def act(life, hand, number):
    """Do what a person does to a block in the web interface."""
    events = sorted(life.ours().items())
    if number >= len(events):
        return
    ((event,),) = [events[number][1]]
    start, end = life.api._busy_span(event)
    if hand == "delete":
        life.api.delete(event["id"])
    elif hand == "move":
        life.api.move(event["id"], start + timedelta(days=1), end + timedelta(days=1))
    elif hand == "shorten":
        life.api.move(event["id"], start, end - timedelta(minutes=30))
    elif hand == "meet":
        life.api.meet(start, end, "All hands")


@settings(max_examples=20)
@given(courses)
def test_each_month_ends_with_one_block_that_is_where_it_is_recorded_or_a_skip(course):
    api = CalendarApi(page=3, empty_pages=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Emulator(api) as google,
        closing(GoogleLife(google, api, Path(folder))) as life,
    ):
        deleted = 0
        for fault, hand, number in course:
            if fault is not None:
                name, method, times, after = fault
                google.faults.put(f"calendar.events.{method}", EVERY[name], times=times, after=after)
            life.later()
            google.faults.clear()
            before = len(life.ours())
            act(life, hand, number)
            deleted += before - len(life.ours())
        for _ in range(3):
            life.later()

        assert life.recorded.claims == ()
        assert life.run().results == ()
        live = {block.id: block.span for block in life.recorded.blocks if block.state.live}
        standing = {mark: [api._busy_span(one) for one in events] for mark, events in life.ours().items()}
        assert standing == {block: [(span.start, span.end)] for block, span in live.items()}
        states = [block.state for block in life.recorded.blocks]
        assert len(states) == 2
        assert states.count(BlockState.SKIPPED) == deleted

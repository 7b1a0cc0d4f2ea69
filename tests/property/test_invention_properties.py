"""Rules that hold for every calendar: checked on 10,000 generated ones, by a second, plainer reading.

A calendar is a string of bytes, three for each event, so that ten thousand of them are quick to
make and small ones are found first. Each of ten zones gets a thousand; `CALENDARS` counts them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from automations.model.policy import InventionPolicy, Me, OnConflict, Policy, WeekWindow
from automations.model.records import BlockState, Recorded
from automations.model.seen import Busy, BusyKind, OwnBlocks, Seen, Span, Unreadable
from automations.plan.busy_times import BusyTimes
from automations.plan.conflicts import smallest_conflict
from automations.plan.invention import needed_busy, plan_invention
from automations.plan.slots import Search, Wish, _best_of, choose_slot, longest_free
from automations.plan.windows import working_days

QUICK = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

# Each zone with a month in which its clocks change (or do something odd), and hours around that change.
ODD = {
    "America/New_York": (2026, 3, 1),
    "Europe/Berlin": (2026, 10, 20),
    "Europe/London": (2026, 3, 20),
    "Australia/Lord_Howe": (2026, 4, 1),
    "Africa/Cairo": (2026, 4, 20),
    "America/Santiago": (2026, 4, 1),
    "Africa/Casablanca": (2026, 2, 10),
    "Pacific/Chatham": (2026, 9, 20),
    "Pacific/Apia": (2011, 12, 20),
    "Asia/Kathmandu": (2026, 12, 20),
}
CALENDARS = 1_000
PER_EXAMPLE = 4

HOURS = (
    ((9, 17),),
    ((9, 12), (13, 17)),
    ((0, 6), (22, 0)),
    ((8, 12), (12, 16)),
    ((0, 0),),
    ((1, 3), (5, 9)),
)


def windows(hours, days):
    return tuple(WeekWindow(day, time(start), time(end)) for day in days for start, end in hours)


@st.composite
def settings_of_a_person(draw, zone):
    hours = draw(st.sampled_from(HOURS))
    days = draw(st.sampled_from((range(5), range(7), (1, 3), (5, 6))))
    minutes = draw(st.sampled_from((30, 60, 90, 120)))
    return Policy(
        me=Me("Ada", "ada@example.org", zone),
        invention=InventionPolicy(
            minutes=minutes,
            floor_minutes=draw(st.sampled_from((15, 20, minutes))),
            months_ahead=draw(st.sampled_from((0, 1, 2))),
            working_hours=windows(hours, days),
            prefer=draw(st.sampled_from(((), windows(((9, 11),), (1, 3))))),
            buffer_minutes=draw(st.sampled_from((0, 5, 15, 60))),
            notice_days=draw(st.sampled_from((0, 1, 2, 10))),
            on_conflict=draw(st.sampled_from(OnConflict)),
            problems=("one", "two"),
            combine=("a", "b", "c"),
        ),
    )


REPEATS = {"once": (1, 1), "weekly": (10, 7), "daily": (70, 1)}


def events_of(data, since, repeat="once"):
    """Return three bytes' worth of event each: day, start, length; odd minutes and seconds among them.

    A weekly calendar repeats each event ten times, a daily one repeats the first twelve seventy times.
    """
    kinds = tuple(BusyKind)
    count, step = REPEATS[repeat]
    found = []
    for day, at, length in zip(data[0::3], data[1::3], data[2::3], strict=False):
        start = since + timedelta(days=day % 75, minutes=at * 5 + day // 75, seconds=7 * (at % 3))
        minutes = (length % 64) * 7 + 1
        for n in range(count if repeat != "daily" or len(found) < 12 * count else 1):
            first = start + timedelta(days=n * step) - timedelta(days=day % 75 if repeat == "daily" else 0)
            span = Span(first, first + timedelta(minutes=minutes))
            found.append(Busy(span, f"event {at}", kinds[length % len(kinds)], "work"))
    return found


def in_working_hours(span, policy):
    """Read the wall clock every five minutes of the block and look it up in the working hours."""
    here = ZoneInfo(policy.me.zone)
    count = (span.end - span.start) // timedelta(minutes=5)
    walls = [(span.start + timedelta(minutes=5 * n)).astimezone(here) for n in range(count)]
    walls.append((span.end - timedelta(seconds=1)).astimezone(here))
    return len({wall.date() for wall in walls}) == 1 and all(
        any(
            window.weekday == wall.weekday()
            and window.start <= wall.time()
            and (window.end == time(0) or wall.time() < window.end)
            for window in policy.invention.working_hours
        )
        for wall in walls
    )


def check_place(span, policy, blocked, now, holidays):
    """Check every rule for the place of a block that we chose; `blocked` has the buffer on both sides."""
    rules = policy.invention
    assert [event for event in blocked if event[0] < span.end and span.start < event[1]] == []
    assert in_working_hours(span, policy), span
    assert span.start >= now + timedelta(days=rules.notice_days)
    assert span.start.astimezone(ZoneInfo(policy.me.zone)).date() not in holidays
    length = (span.end - span.start) / timedelta(minutes=1)
    assert rules.floor_minutes <= length <= rules.minutes


@pytest.mark.parametrize("zone", ODD)
def test_no_block_overlaps_anything_or_leaves_working_hours(zone):
    count = booked = without = events = 0

    @settings(QUICK, max_examples=CALENDARS // PER_EXAMPLE)
    @given(
        policy=settings_of_a_person(zone),
        calendars=st.lists(st.binary(min_size=24, max_size=120), min_size=PER_EXAMPLE, max_size=PER_EXAMPLE),
        repeat=st.sampled_from(tuple(REPEATS)),
        minute=st.integers(0, 14 * 24 * 60),
        off=st.sets(st.integers(0, 60), max_size=6),
    )
    def check(policy, calendars, repeat, minute, off):
        nonlocal count, booked, without, events
        now = datetime(*ODD[zone], tzinfo=UTC) + timedelta(minutes=minute)
        holidays = {date(*ODD[zone]) + timedelta(days=n): "off" for n in off}
        for data in calendars:
            busy = events_of(data, now, repeat)
            decided = plan_invention(
                policy, now, Seen(busy=tuple(busy), holidays=holidays), Recorded(policy.person)
            )
            check_plan(decided, policy, busy, now, holidays)
            count += 1
            events += len(busy)
            booked += len(decided.actions)
            without += len(decided.problems)

    check()
    assert count >= CALENDARS
    # The calendars are crowded, but not closed: otherwise nothing would be shown by them.
    assert events > 20 * count
    assert booked > count // 4
    assert without > count // 100


def check_plan(decided, policy, busy, now, holidays):
    buffer = timedelta(minutes=policy.invention.buffer_minutes)
    blocked = [(event.span.start - buffer, event.span.end + buffer) for event in busy]
    for action in decided.actions:
        for span in (action.block.target, *action.block.alternatives):
            check_place(span, policy, blocked, now, holidays)
    targets = sorted(action.block.target for action in decided.actions)
    assert all(one.end + buffer <= other.start for one, other in pairwise(targets))


def plain_stretches(search, day, busy):
    """Try every minute of a day, the plain way: the stretches that keep clear of everything, in order."""
    buffer, minute = search.times.buffer, timedelta(minutes=1)
    taken = [*(event.span for event in busy), *search.taken]
    found = []
    for window in day.spans:
        begun = None
        for n in range((window.end - window.start) // minute + 1):
            at = window.start + n * minute
            clear = search.earliest <= at < window.end and all(
                span.end + buffer <= at or at + minute + buffer <= span.start for span in taken
            )
            if clear and begun is None:
                begun = at
            if not clear and begun is not None:
                found.append(Span(begun, at))
                begun = None
    return found


@settings(QUICK, max_examples=150)
@given(data=st.binary(min_size=12, max_size=90), minutes=st.sampled_from((45, 90, 120)))
def test_a_block_is_as_long_as_the_calendar_allows(data, minutes):
    since = datetime(2026, 12, 1, tzinfo=UTC)
    busy = [
        Busy(
            Span(
                event.span.start.replace(second=0, day=1 + index % 3),
                event.span.start.replace(second=0, day=1 + index % 3) + event.span.length,
            )
        )
        for index, event in enumerate(events_of(data, since))
    ]
    hours = windows(((9, 12), (13, 15)), range(5))
    days = working_days("2026-12", hours, "Europe/Berlin", {})[:3]
    wish = Wish(minutes, 20, "Europe/Berlin")
    search = Search(days, BusyTimes(busy, 5), (), since + timedelta(hours=9), wish)
    choice = choose_slot(search)
    stretches = [stretch.length for day in days for stretch in plain_stretches(search, day, busy)]
    longest = max(stretches, default=timedelta(0))
    if longest < timedelta(minutes=wish.floor_minutes):
        assert choice is None
    else:
        assert choice is not None
        assert choice.span.length == min(longest, timedelta(minutes=minutes))


def crowded_search(data, minutes, floor, *, prefer=(), habits=(), own=(), buffer=5):
    """Return events on three working days of December 2026, and a search among some of them.

    Some events have no length, some last for days.
    """
    busy = []
    for day, at, length in zip(data[0::3], data[1::3], data[2::3], strict=False):
        start = datetime(2026, 12, 1 + day % 3, 7, tzinfo=UTC) + timedelta(minutes=2 * at)
        lasts = 5 + length % 100 if length % 10 else (0, 0, 1500)[length % 3]
        busy.append(Busy(Span(start, start + timedelta(minutes=lasts)), f"event {length % 2}"))
    days = working_days("2026-12", windows(((9, 12), (13, 17)), range(5)), "Europe/Berlin", {})[:3]
    wish = Wish(minutes, floor, "Europe/Berlin", prefer, habits)
    return busy, lambda left: Search(
        days, BusyTimes(left, buffer), own, datetime(2026, 12, 1, 9, tzinfo=UTC), wish
    )


OWN = Span(datetime(2026, 12, 2, 9, tzinfo=UTC), datetime(2026, 12, 2, 10, tzinfo=UTC))


@settings(QUICK, max_examples=300)
@given(
    data=st.binary(min_size=3, max_size=90),
    own=st.sampled_from(((), (OWN,))),
    buffer=st.sampled_from((0, 5, 30)),
)
def test_what_is_free_is_every_minute_that_keeps_clear_of_everything(data, own, buffer):
    busy, make = crowded_search(data, 60, 60, own=own, buffer=buffer)
    search = make(busy)
    plain = [plain_stretches(search, day, busy) for day in search.days]
    assert [[stretch.span for stretch in search.free(day)] for day in search.days] == plain
    longest = max((span for spans in plain for span in spans), key=lambda span: span.length, default=None)
    assert longest_free(search) == longest


@settings(QUICK, max_examples=300)
@given(
    data=st.binary(min_size=66, max_size=120),
    times=st.sampled_from((1, 1, 2, 3)),
    own=st.sampled_from(((), (OWN,))),
    buffer=st.sampled_from((0, 5, 30)),
    minutes=st.sampled_from((100, 180)),
)
def test_the_smallest_conflict_is_the_shortest_event_without_which_there_is_a_slot(
    data, times, own, buffer, minutes
):
    busy, search = crowded_search(data, minutes, 90, own=own, buffer=buffer)
    busy = busy * times
    assume(choose_slot(search(busy)) is None)
    expected = [
        (event.span.length, event.span.start)
        for event in busy
        if choose_slot(search([e for e in busy if (e.span, e.title) != (event.span, event.title)]))
    ]
    found = smallest_conflict(search(busy))
    event("named" if expected else "none")
    if not expected:
        assert found is None
        return
    assert (found.event.span.length, found.event.span.start) == min(expected)
    rest = [e for e in busy if (e.span, e.title) != (found.event.span, found.event.title)]
    assert search(rest).times.near(found.slot) == ()
    assert timedelta(minutes=90) <= found.slot.length <= timedelta(minutes=minutes)


@settings(QUICK, max_examples=300)
@given(
    data=st.binary(min_size=9, max_size=120),
    prefer=st.sampled_from(((), windows(((9, 11), (14, 15)), (1, 3)))),
    habits=st.sampled_from(((), ((2, time(10)), (2, time(10)), (3, time(15, 15))))),
)
def test_days_that_are_not_looked_at_could_not_have_won(data, prefer, habits):
    busy, make = crowded_search(data, 60, 60, prefer=prefer, habits=habits)
    search = make(busy)
    of_days = [_best_of(day, search.free(day), search.wish) for day in search.days]
    ranked = sorted((slot for slot in of_days if slot), key=lambda slot: (-slot.score.total, slot.span.start))
    choice = choose_slot(search)
    assert ([choice.span, *choice.alternatives] if choice else []) == [slot.span for slot in ranked[:3]]


ACTS = ("nothing", "move", "shorten", "delete", "edit", "meeting", "wait", "month", "lose", "unreadable")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo"])
def test_planning_again_changes_nothing(zone, make_world):
    taken = set()

    @settings(QUICK, max_examples=250)
    @given(
        policy=settings_of_a_person(zone),
        data=st.binary(min_size=12, max_size=90),
        repeat=st.sampled_from(tuple(REPEATS)),
        acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 255)), min_size=1, max_size=8),
    )
    def check(policy, data, repeat, acts):
        now = datetime(*ODD[zone], tzinfo=UTC)
        world = make_world(policy, now, events_of(data, now, repeat))
        settle(world)
        for name, value in acts:
            before = world.recorded.blocks
            do(world, name, value)
            decided = settle(world)
            taken.update((name, action.kind) for action in decided.actions)
            check_history(before, world.recorded.blocks)

    check()
    for expected in (
        ("move", "adopt-block"),
        ("delete", "close-block"),
        ("meeting", "move-block"),
        ("wait", "close-block"),
        ("month", "book-block"),
        ("lose", "restore-block"),
    ):
        assert expected in taken, f"{expected} never happened, so nothing was shown about it"


def settle(world):
    """Run once, and show that a second plan has no action and the same problems.

    Two things need one more look, because the first run could not have seen what lies there: a restored
    block, and a block that the person moved out of the range that was asked for.
    """
    lost, asked = world.lost, needed_busy(world.policy, world.now, world.recorded)
    decided = world.run()
    needed = needed_busy(world.policy, world.now, world.recorded)
    if lost or (asked and needed and needed.end > asked.end):
        later = world.run()
        assert lost or later.actions == ()
    again = world.plan()
    assert again.actions == ()
    assert {problem.key for problem in again.problems} == {problem.key for problem in world.recorded.problems}
    return decided


def do(world, name, value):
    live = [block for block in world.recorded.blocks if block.state.live]
    block = live[value % len(live)] if live else None
    world.unreadable = ()
    if name == "wait":
        world.now += timedelta(hours=value)
    elif name == "month":
        world.now += timedelta(days=20 + value % 30)
    elif name == "lose":
        world.lost = bool(world.events)
    elif name == "unreadable":
        world.unreadable = (Unreadable("work", "it is cut off", "work.ics:3", "export it again"),)
    elif block is not None:
        act_on(world, block, name, value)


def act_on(world, block, name, value):
    if name == "move":
        shift = timedelta(minutes=15 * (value - 100))
        world.move_by_hand(block, Span(block.span.start + shift, block.span.end + shift))
    elif name == "shorten":
        world.move_by_hand(block, Span(block.span.start, block.span.start + timedelta(minutes=10)))
    elif name == "delete":
        world.delete(block)
    elif name == "edit":
        world.edit(block)
    elif name == "meeting":
        world.invite(block.span.start + timedelta(minutes=value % 10), 20)


def check_history(before, after):
    """No record vanishes, none that ended comes back to life, and no generation is used twice."""
    ended = (BlockState.SKIPPED, BlockState.HELD, BlockState.MISSED)
    now_known = {block.id: block for block in after}
    for block in before:
        assert block.id in now_known
        if block.state in ended:
            assert now_known[block.id] == block
    numbers = [(block.month, block.generation) for block in after]
    assert len(numbers) == len(set(numbers))


@settings(QUICK, max_examples=100)
@given(policy=settings_of_a_person("Europe/Berlin"), data=st.binary(min_size=30, max_size=120))
def test_the_same_values_give_the_same_plan_whatever_the_order_of_events(policy, data):
    now = datetime(2026, 10, 20, tzinfo=UTC)
    busy = tuple(events_of(data, now))
    one = plan_invention(policy, now, Seen(busy=busy), Recorded(policy.person))
    other = plan_invention(policy, now, Seen(busy=busy[::-1], blocks=OwnBlocks()), Recorded(policy.person))
    assert one == other

"""Which slot is taken, why, and what is said when there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from automations.model.policy import WeekWindow
from automations.model.seen import Busy, BusyKind, Span
from automations.plan.busy_times import BusyTimes
from automations.plan.conflicts import no_slot_words, quoted, smallest_conflict
from automations.plan.slots import Search, Wish, choose_slot
from automations.plan.windows import working_days

BERLIN = "Europe/Berlin"
TUESDAY, THURSDAY = 1, 3


def at(day, hour, minute=0):
    """Return an instant of December 2026, in Berlin's wall time. The 1st is a Tuesday."""
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def event(day, start, end, title="meeting", kind=BusyKind.BUSY):
    return Busy(Span(at(day, *start), at(day, *end)), title, kind)


def search(
    *busy,
    minutes=120,
    floor=90,
    days=(TUESDAY,),
    hours=(9, 17),
    prefer=(),
    habits=(),
    taken=(),
    earliest=None,
):
    work = tuple(WeekWindow(day, time(hours[0]), time(hours[1])) for day in days)
    return Search(
        days=working_days("2026-12", work, BERLIN, {}),
        times=BusyTimes(busy, 15),
        taken=tuple(taken),
        earliest=earliest or at(1, 0),
        wish=Wish(minutes, floor, BERLIN, tuple(prefer), tuple(habits)),
    )


def full(day, *, but=()):
    """Fill a day but for some (start, end) hours."""
    edges = [9, *(edge for hours in but for edge in hours), 17]
    return [
        event(day, (start,), (end,))
        for start, end in zip(edges[0::2], edges[1::2], strict=True)
        if start < end
    ]


TUESDAYS = (1, 8, 15, 22, 29)


def test_a_preferred_window_wins_over_everything_else():
    choice = choose_slot(search(prefer=(WeekWindow(TUESDAY, time(9), time(12)),)))
    assert choice.span == Span(at(1, 10), at(1, 12))
    assert choice.reason == (
        "Tue 1 Dec 10:00-12:00: in a preferred window, 60 min clear on both sides, early in the month"
    )


def test_without_wishes_the_earliest_day_and_an_hour_of_air_win():
    choice = choose_slot(search())
    assert choice.span == Span(at(1, 10), at(1, 12))
    assert choice.reason == "Tue 1 Dec 10:00-12:00: 60 min clear on both sides, early in the month"


def test_alternatives_are_the_best_of_two_other_days():
    choice = choose_slot(search())
    assert choice.alternatives == (Span(at(8, 10), at(8, 12)), Span(at(15, 10), at(15, 12)))


def test_there_may_be_fewer_alternatives():
    busy = [event for day in TUESDAYS[2:] for event in full(day)]
    assert len(choose_slot(search(*busy)).alternatives) == 1


def test_a_habit_wins_over_an_earlier_day():
    choice = choose_slot(search(days=(TUESDAY, THURSDAY), habits=((THURSDAY, time(10)),)))
    assert choice.span.start == at(3, 10)
    assert choice.reason.endswith("at the usual time")


def test_air_on_both_sides_wins_over_the_edge_of_a_meeting():
    busy = [event(1, (12,), (17,)), *(event for day in TUESDAYS[1:] for event in full(day))]
    choice = choose_slot(search(*busy, minutes=60, floor=60))
    assert choice.span == Span(at(1, 10), at(1, 11))


def test_a_slot_may_begin_where_a_meeting_ends_though_it_is_no_quarter_hour():
    busy = [event(1, (9,), (9, 50)), event(1, (12, 20), (17,))]
    busy += [event for day in TUESDAYS[1:] for event in full(day)]
    choice = choose_slot(search(*busy))
    assert choice.span == Span(at(1, 10, 5), at(1, 12, 5))


def test_the_end_of_the_notice_is_no_reason_to_begin_at_an_odd_minute():
    choice = choose_slot(search(earliest=at(1, 9, 7)))
    assert choice.span.start.minute % 15 == 0


def test_but_it_is_when_no_quarter_hour_fits():
    busy = [event(1, (16, 55), (17,)), *(event for day in TUESDAYS[1:] for event in full(day))]
    choice = choose_slot(search(*busy, earliest=at(1, 14, 40)))
    assert choice.span == Span(at(1, 14, 40), at(1, 16, 40))


def test_a_full_length_anywhere_wins_over_a_better_short_one():
    busy = [*full(1, but=((9, 11),)), *full(8), *full(15), *full(22)]
    choice = choose_slot(search(*busy, prefer=(WeekWindow(TUESDAY, time(9), time(11)),)))
    assert choice.span.start >= at(29, 9)
    assert choice.span.length == timedelta(minutes=120)


def test_without_a_full_length_the_longest_stretch_is_taken_whole():
    busy = [*full(1, but=((9, 11),)), *full(8, but=((11, 13),)), *full(15), *full(22), *full(29)]
    choice = choose_slot(search(*busy))
    assert choice.span == Span(at(1, 9), at(1, 10, 45))
    assert "only 105 min, the longest free stretch" in choice.reason
    assert choice.alternatives == (Span(at(8, 11, 15), at(8, 12, 45)),)


def test_nothing_shorter_than_the_floor_is_taken_and_nothing_is_split():
    busy = [event for day in TUESDAYS for event in full(day, but=((10, 11), (12, 13)))]
    assert choose_slot(search(*busy, minutes=60, floor=31)) is None
    assert choose_slot(search(*busy, minutes=60, floor=30)).span == Span(at(1, 10, 15), at(1, 10, 45))


@pytest.mark.parametrize("kind", BusyKind)
def test_every_kind_of_busy_time_is_kept_clear(kind):
    whole_days = [event(day, (0,), (23,), kind=kind) for day in TUESDAYS]
    assert choose_slot(search(*whole_days)) is None


# --- no slot ------------------------------------------------------------------------------------


def crowded(*extra, open_day=8, but=((9, 12),)):
    """Fill every Tuesday, but for one whose free time `extra` takes."""
    days = [found for day in TUESDAYS if day != open_day for found in full(day)]
    return [*days, *full(open_day, but=but), *extra]


def test_the_smallest_conflict_is_named_with_what_it_would_free():
    busy = crowded(event(8, (10,), (10, 30), "Weekly sync"))
    what, meeting = no_slot_words("2026-12", search(*busy))
    assert (
        what == 'no two free hours in December 2026; "Weekly sync", Tue 8 Dec 10:00, would free 09:00-11:00'
    )
    assert meeting == '"Weekly sync"'


def test_of_several_the_shortest_is_named_then_the_earliest():
    busy = crowded(event(8, (10,), (11,), "Long"), but=((9, 12),))
    busy = [e for e in busy if e.span.start.day != 15] + [
        *full(15, but=((9, 12),)),
        event(15, (10,), (10, 45), "Short"),
    ]
    assert smallest_conflict(search(*busy)).event.title == "Short"
    busy = [e for e in busy if e.span.start.day != 29]
    busy += [*full(29, but=((9, 12),)), event(29, (10,), (10, 45), "Late")]
    assert smallest_conflict(search(*busy)).event.title == "Short"


def test_a_meeting_under_another_does_not_free_anything():
    busy = crowded(event(8, (10,), (10, 30), "Under"), event(8, (9, 30), (11, 30), "Over"))
    conflict = smallest_conflict(search(*busy))
    assert conflict is None or conflict.event.title != "Under"
    alone = crowded(event(8, (9, 30), (11, 30), "Over"))
    assert smallest_conflict(search(*alone)).event.title == "Over"


def test_the_same_meeting_in_two_calendars_is_one():
    twice = [Busy(Span(at(8, 10), at(8, 10, 30)), "Sync", calendar=name) for name in ("work", "team")]
    assert smallest_conflict(search(*crowded(*twice))).event.title == "Sync"


def test_our_own_block_of_another_month_never_has_to_go():
    busy = crowded(but=((9, 12),))
    assert choose_slot(search(*busy)) is not None
    mine = Span(at(8, 10), at(8, 10, 30))
    nothing = search(*busy, taken=(mine,))
    assert choose_slot(nothing) is None
    assert smallest_conflict(nothing).event.title == "meeting"


def test_the_freed_time_is_checked_against_the_notice():
    busy = crowded(event(8, (10,), (10, 30), "Too soon"))
    found = smallest_conflict(search(*busy, earliest=at(8, 11)))
    assert found is None or found.event.title != "Too soon"


def test_where_no_single_meeting_helps_the_longest_free_stretch_is_named():
    busy = crowded(event(8, (9,), (10,), "a"), event(8, (9,), (11,), "b"), but=((9, 12),))
    for day in TUESDAYS:
        busy += full(day)
    busy = [found for found in busy if found.span.start.day != 22] + [
        event(22, (9,), (12,)),
        event(22, (9,), (12, 5), "x"),
        event(22, (13,), (17,)),
        event(22, (13,), (17, 5), "y"),
    ]
    doubled = busy + [Busy(found.span, found.title + "'") for found in busy]
    what, meeting = no_slot_words("2026-12", search(*doubled))
    assert (
        what
        == "no two free hours in December 2026; the longest free stretch is 25 min, Tue 22 Dec 12:20-12:45"
    )
    assert meeting == ""


def test_an_all_day_event_is_named_by_its_day():
    days = [
        Busy(Span(at(day, 0), at(day, 0) + timedelta(days=1)), f"Fair {day}", BusyKind.ALL_DAY)
        for day in TUESDAYS
    ]
    what, _ = no_slot_words("2026-12", search(*days))
    assert '"Fair 1", all day Tue 1 Dec, would free 09:00-11:00' in what


def test_nothing_free_at_all_is_said():
    covered = [Busy(Span(at(1, 0), at(31, 23)), name) for name in ("Sabbatical", "Also away")]
    assert no_slot_words("2026-12", search(*covered))[0].endswith("; nothing is free at all")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Weekly sync", '"Weekly sync"'),
        ("", "an event without a title"),
        ("\x1b]0;evil\x07\r\nsync", '"]0;evil sync"'),
        ("a\u202eb\u200bc", '"a b c"'),
        ('say "hi"', "\"say 'hi'\""),
        ("x" * 80, '"' + "x" * 59 + '…"'),
    ],
)
def test_a_foreign_title_is_shown_on_one_plain_line(title, shown):
    assert quoted(Busy(Span(at(1, 9), at(1, 10)), title)) == shown


def test_a_preferred_window_reached_only_in_part_is_said_so():
    choice = choose_slot(search(prefer=(WeekWindow(TUESDAY, time(9), time(10)),), minutes=120))
    assert "partly in a preferred window" in choice.reason
    other = choose_slot(search(prefer=(WeekWindow(THURSDAY, time(9), time(10)),)))
    assert "outside the preferred windows" in other.reason


def test_a_day_without_free_time_does_not_hide_the_others():
    away = [Busy(Span(at(1, 0), at(15, 0)), "Away")]
    assert choose_slot(search(*away)).span.start >= at(15, 9)
    assert date(2026, 12, 15) == choose_slot(search(*away)).span.start.date()


def test_what_a_meeting_would_free_begins_on_the_quarter_hour_after_the_notice():
    sync = event(8, (12,), (12, 30), "Weekly sync")
    odd = at(8, 10, 1) + timedelta(seconds=20)

    def words(closed_from):
        busy = crowded(sync, event(8, closed_from, (17,)), but=((9, 17),))
        return no_slot_words("2026-12", search(*busy, earliest=odd))[0]

    assert "would free 10:15-12:15" in words((13,))
    assert "would free 10:01-12:01" in words((12, 16)), "a whole one does not fit from the quarter hour on"

"""Whole runs with Google Calendar: what they ask, what they notice, what the person did there."""

from datetime import UTC, date, datetime, timedelta

import pytest
from lives import GoogleLife

from automations.errors import ConflictError, ExitCode, FaultClass, ProviderError
from automations.model.records import BlockState
from automations.model.seen import BusyKind, Span
from automations.providers.google.wire_calendar import event_ids, read_freebusy, read_span
from automations.testing.calendar_contract import some_event
from google_emulator import CalendarApi, Emulator, Fault
from google_emulator.provider import google_calendar

MARCH = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
TEAM = "team@corp.test"


def at(day, hour, minutes=60):
    start = datetime(2026, 3, day, hour, tzinfo=UTC)
    return start, start + timedelta(minutes=minutes)


def test_the_first_run_takes_a_call_a_block_and_one_listing_and_the_next_runs_one_listing(life):
    life.run()
    assert life.asked == ["events.list", "events.insert", "events.insert"]
    life.later()
    assert life.asked == ["events.list"]
    life.clock.go(days=30)
    life.run()
    assert life.asked.count("events.insert") == 1
    assert len(life.asked) <= 3


def test_nothing_owed_and_nothing_watched_asks_nothing(life):
    life.run()
    for block in life.recorded.blocks:
        life.api.delete(block.id)
    life.run()
    assert {block.state for block in life.recorded.blocks} == {BlockState.SKIPPED}
    life.run()
    assert life.asked == []
    assert life.recorded.due is not None, "so that the next runs do not even load the calendar"


def test_where_the_listing_failed_nothing_more_is_asked(life):
    life.run()
    life.emulator.faults.put("calendar.events.list", Fault.error(403, "forbidden"), times=99)
    report = life.later()
    assert life.asked == ["events.list"]
    assert {problem.code for problem in report.notices.standing} == {"calendar-unreadable"}
    life.emulator.faults.clear()
    assert life.later().notices.standing == ()


def test_every_run_looks_while_a_block_is_watched(life):
    life.run()
    life.run()
    assert life.recorded.due is None


def test_a_block_on_google_invites_nobody_tells_nobody_and_declines_nothing(life):
    life.run()
    ((event,), _) = life.ours().values()
    assert event["eventType"] == "focusTime"
    assert event["focusTimeProperties"] == {"autoDeclineMode": "declineNone"}
    assert not {"attendees", "conferenceData", "transparency"} & set(event)
    inserts = [call for call in life.emulator.calls if call.method == "calendar.events.insert"]
    assert all(call.one("sendUpdates") == "none" for call in inserts)
    assert event["start"]["timeZone"] == "Europe/Berlin"


@pytest.mark.parametrize("refuses", [False, "silent"], ids=["refused", "made-default"])
def test_an_account_without_focus_time_gets_plain_events_and_that_is_remembered(life, refuses):
    life.api.focus_time = refuses
    life.run()
    assert {event["eventType"] for (event,) in life.ours().values()} == {"default"}
    assert life.asked.count("events.insert") == (3 if refuses is False else 2), "only the first one is tried"
    life.clock.go(days=31)
    life.run()
    assert life.asked.count("events.insert") == 1


def test_a_person_who_wants_focus_time_only_hears_that_there_is_none(emulator, calendar_api, tmp_path):
    calendar_api.focus_time = False
    calendar = google_calendar(emulator, tmp_path, event_type="focus")
    with pytest.raises(ProviderError) as caught:
        calendar.book(some_event())
    assert caught.value.fault is FaultClass.PERMANENT
    assert calendar_api.live == []
    calendar.close()


# --- the person's hand ---------------------------------------------------------------------------------


def test_a_block_dragged_elsewhere_or_made_shorter_is_taken_over(life):
    life.run()
    first, second = life.recorded.blocks
    life.api.move(first.id, *at(20, 13, 120))
    life.api.move(second.id, second.span.start, second.span.start + timedelta(minutes=45))
    life.later()
    first, second = life.recorded.blocks
    assert (first.state, second.state) == (BlockState.MOVED_BY_HAND, BlockState.MOVED_BY_HAND)
    assert first.span == Span(*at(20, 13, 120))
    assert "shortened by hand to 45 min" in second.reason
    assert life.later().results == ()


def test_a_block_dragged_far_out_of_sight_is_found(life):
    life.run()
    block = life.block("2026-03")
    far = datetime(2026, 9, 1, 9, tzinfo=UTC)
    life.api.move(block.id, far, far + timedelta(hours=2))
    life.later()
    assert life.block("2026-03").span.start == far


def test_a_deleted_block_is_skipped_and_never_made_again(life):
    life.run()
    life.api.delete(life.block("2026-03").id)
    life.later()
    assert life.block("2026-03").state is BlockState.SKIPPED
    life.settle()
    assert len(life.ours()) == 1


def test_a_block_deleted_while_nobody_knew_of_it_is_recorded_as_skipped(life):
    """The insert went through without an answer, and the person deleted it before the next run."""
    life.emulator.faults.put("calendar.events.insert", Fault("close", applied=True), times=99)
    life.emulator.faults.put("calendar.events.get", Fault.error(503), times=99)
    life.run()
    life.emulator.faults.clear()
    for event in life.api.live:
        life.api.delete(event["id"])
    life.later()
    life.settle()
    assert {block.state for block in life.recorded.blocks} == {BlockState.SKIPPED}
    assert {block.reason for block in life.recorded.blocks} == {
        "it was deleted by hand before, so it is not made again"
    }
    assert (life.ours(), life.recorded.claims) == ({}, ())


def test_a_lost_journal_finds_its_blocks_again(life, emulator, calendar_api, tmp_path):
    life.run()
    (tmp_path / "new").mkdir()
    anew = GoogleLife(emulator, calendar_api, tmp_path / "new")
    anew.run()
    assert {block.id: block.span for block in anew.recorded.blocks} == {
        block.id: block.span for block in life.recorded.blocks
    }
    assert all(len(events) == 1 for events in life.ours().values())
    anew.close()


def test_a_reminder_or_colour_of_the_persons_own_is_no_edit_and_stays(life):
    life.run()
    block = life.block("2026-04")
    life.api.change(block.id, colorId="5", reminders={"useDefault": False})
    assert life.later().results == ()
    life.api.meet(block.span.start, block.span.end, "All hands")
    (moved,) = life.later().results
    assert (moved.kind, moved.outcome.value) == ("move-block", "done")
    ((event,),) = [events for mark, events in life.ours().items() if mark == block.id]
    assert (event["colorId"], event["reminders"]) == ("5", {"useDefault": False})


def test_a_change_between_reading_and_writing_wins(life):
    life.begin()
    booked = life.calendar.book(some_event("abcde"))
    original = life.api.handlers["calendar.events.patch"]

    def changed_first(call):
        life.api.move("abcde", *at(17, 9, 90))
        return original(call)

    life.emulator.handlers["calendar.events.patch"] = changed_first
    with pytest.raises(ConflictError):
        life.calendar.move(some_event("abcde", day=12), revision=booked.revision)
    assert life.calendar.fetch_blocks(["abcde"]).found["abcde"].span == Span(*at(17, 9, 90))


def test_a_version_that_changes_without_the_person_does_not_stop_a_move(life):
    life.begin()
    booked = life.calendar.book(some_event("abcde"))
    original = life.api.handlers["calendar.events.patch"]

    def recoloured_first(call):
        life.emulator.handlers["calendar.events.patch"] = original
        life.api.change("abcde", colorId="7")
        return original(call)

    life.emulator.handlers["calendar.events.patch"] = recoloured_first
    moved = life.calendar.move(some_event("abcde", day=12), revision=booked.revision)
    assert moved.span.start.day == 12


def test_a_block_made_all_day_by_hand_can_be_moved_by_hand_again(life):
    life.begin()
    life.calendar.book(some_event("abcde"))
    life.api.change("abcde", start={"date": "2026-03-29"}, end={"date": "2026-03-30"})
    seen = life.calendar.fetch_blocks(["abcde"]).found["abcde"]
    assert seen.span.length == timedelta(hours=23), "the clocks go forward in Berlin that night"
    moved = life.calendar.move(some_event("abcde", day=12), revision=seen.revision)
    assert moved.span == some_event(day=12).span


def test_an_id_that_somebody_else_has_is_passed_over(life):
    life.run()
    ids = [block.id for block in life.recorded.blocks]
    life.api.calendars["ann@corp.test"].clear()
    life.api.meet(*at(5, 9), "Not ours", id=ids[0])
    life.begin()
    booked = life.calendar.book(some_event(ids[0]))
    assert booked.span == some_event().span
    assert life.calendar.fetch_blocks(ids).found == {ids[0]: booked}
    assert life.calendar.fetch_busy(MARCH, own=ids).busy[0].title == "Not ours"
    life.calendar.cancel(ids[0], revision=booked.revision)
    assert [event["summary"] for event in life.api.live] == ["Not ours"]


# --- busy times ---------------------------------------------------------------------------------------


def busy_of(life):
    return [(one.title, one.kind) for one in life.calendar.fetch_busy(MARCH, own=()).busy]


def test_what_counts_as_busy(life):
    mine = {"self": True, "email": "ann@corp.test"}
    meet = life.api.meet
    meet(*at(3, 8), "accepted", attendees=[{**mine, "responseStatus": "accepted"}])
    meet(*at(4, 8), "declined", attendees=[{**mine, "responseStatus": "declined"}])
    meet(*at(5, 8), "perhaps", attendees=[{**mine, "responseStatus": "tentative"}])
    meet(*at(6, 8), "free", transparency="transparent")
    meet(*at(7, 8), "gone", status="cancelled")
    meet(*at(8, 8), "home", eventType="workingLocation")
    meet(*at(9, 8), "away", eventType="outOfOffice")
    meet(*at(10, 8), "own focus", eventType="focusTime")
    meet(date(2026, 3, 11), date(2026, 3, 12), "offsite")
    meet(date(2026, 3, 12), date(2026, 3, 13), "birthday", transparency="transparent", eventType="birthday")
    meet(*at(13, 8, 0), "a moment")
    assert busy_of(life) == [
        ("accepted", BusyKind.BUSY),
        ("perhaps", BusyKind.TENTATIVE),
        ("away", BusyKind.OUT_OF_OFFICE),
        ("own focus", BusyKind.FOCUS),
        ("offsite", BusyKind.ALL_DAY),
    ]


def test_an_all_day_event_is_a_day_of_the_calendars_own_zone(life):
    life.api.zone = "America/New_York"
    life.api.meet(date(2026, 3, 8), date(2026, 3, 9), "offsite")
    (busy,) = life.calendar.fetch_busy(MARCH, own=()).busy
    assert busy.span == Span(datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC))


def test_a_time_without_an_offset_is_one_of_its_zone():
    edges = {"start": "2026-03-29T02:30:00", "end": "2026-03-29T03:30:00"}
    item = {name: {"dateTime": text, "timeZone": "Europe/Berlin"} for name, text in edges.items()}
    assert read_span(item, "UTC").start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert read_span({name: {"dateTime": text} for name, text in edges.items()}, "UTC").start.hour == 2


def test_a_calendar_of_ten_thousand_events_is_read_whole_page_by_page(tmp_path):
    api = CalendarApi(page=250, empty_pages=True)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(10_000):
        begin = start + timedelta(minutes=4 * number)
        api.meet(begin, begin + timedelta(minutes=3), f"event {number}")
    with Emulator(api) as emulator:
        calendar = google_calendar(emulator, tmp_path, timeout=30)
        report = calendar.fetch_busy(MARCH, own=())
        assert len(report.busy) == 10_000
        assert len(emulator.log) == 80
        calendar.close()


def test_pages_that_lead_in_a_circle_are_not_read_for_ever(life):
    life.emulator.handlers["calendar.events.list"] = lambda call: {"items": [], "nextPageToken": "again"}
    (unreadable,) = life.calendar.fetch_busy(MARCH, own=()).unreadable
    assert unreadable.fault is FaultClass.TRANSIENT
    assert len(life.emulator.log) == 2


OWN = "projects@group.calendar.google.com"


def test_the_persons_other_calendars_are_listed_as_their_first_one_is(emulator, calendar_api, tmp_path):
    """Titles are there, what was declined or is free does not count, nor where one works."""
    calendar_api.meet(*at(3, 8), "Design review", calendar=OWN)
    calendar_api.meet(*at(4, 8), "Free", transparency="transparent", calendar=OWN)
    declined = [{"email": "ann@corp.test", "self": True, "responseStatus": "declined"}]
    calendar_api.meet(*at(5, 8), "Declined", attendees=declined, calendar=OWN)
    calendar_api.meet(*at(6, 8), "Home", eventType="workingLocation", transparency="opaque", calendar=OWN)
    calendar_api.page, calendar_api.empty_pages = 2, True
    calendar = google_calendar(emulator, tmp_path, calendars=("primary", OWN))
    report = calendar.fetch_busy(MARCH, own=())
    assert [(one.title, one.calendar) for one in report.busy] == [("Design review", OWN)]
    assert report.unreadable == ()
    assert "calendar.freebusy.query" not in emulator.log
    calendar.close()


@pytest.mark.parametrize(("status", "reason"), [(404, "notFound"), (403, "forbidden")])
def test_a_calendar_that_is_not_the_persons_is_found_out_once(
    emulator, calendar_api, tmp_path, status, reason
):
    calendar_api.meet(*at(3, 8), "secret", calendar=TEAM)
    calendar_api.lend(TEAM, status, reason)
    for asked in (1, 0):
        emulator.log.clear()
        calendar = google_calendar(emulator, tmp_path, calendars=(TEAM,))
        (busy,) = calendar.fetch_busy(MARCH, own=()).busy
        assert (busy.title, busy.calendar) == ("", TEAM)
        assert emulator.log.count("calendar.events.list") == asked
        assert set(emulator.log) - {"calendar.events.list"} == {"calendar.freebusy.query"}
        calendar.close()


def test_others_are_asked_for_free_and_busy_in_short_ranges(emulator, calendar_api, tmp_path):
    calendar_api.lend(TEAM)
    calendar_api.meet(*at(3, 8), "secret", calendar=TEAM)
    calendar_api.meet(
        datetime(2026, 5, 20, 8, tzinfo=UTC), datetime(2026, 5, 20, 9, tzinfo=UTC), calendar=TEAM
    )
    calendar = google_calendar(emulator, tmp_path, calendars=("primary", TEAM))
    report = calendar.fetch_busy(Span(MARCH.start, datetime(2026, 6, 1, tzinfo=UTC)), own=())
    assert [(one.title, one.calendar, one.span.start.month) for one in report.busy] == [
        ("", TEAM, 3),
        ("", TEAM, 5),
    ]
    assert report.unreadable == ()
    queries = [call.body for call in emulator.calls if call.method == "calendar.freebusy.query"]
    for body in queries:
        low, high = (datetime.fromisoformat(body[name]) for name in ("timeMin", "timeMax"))
        assert high - low <= timedelta(days=31)
    calendar.close()


def test_a_calendar_that_does_not_exist_is_unknown_with_a_cure_and_the_rest_goes_on(life):
    life.wishes["calendars"] = ("primary", "nobody@corp.test")
    report = life.run()
    (problem,) = report.notices.standing
    assert (problem.code, problem.subject) == ("calendar-unreadable", "nobody@corp.test")
    assert "config edit" in problem.fix
    assert report.exit_code is ExitCode.PARTIAL
    assert life.ours() == {}, "nothing is booked on a guess"
    assert life.waiting(), "the offer is drafted all the same"


@pytest.mark.parametrize(
    "reply",
    [{}, {"calendars": {}}, {"calendars": {TEAM: {"errors": [{"reason": "groupTooBig"}], "busy": []}}}],
)
def test_a_calendar_with_errors_or_without_an_answer_is_unknown(reply):
    busy, unknown = read_freebusy(reply, [TEAM])
    assert (busy, list(unknown)) == ([], [TEAM])


@pytest.mark.parametrize(
    "item",
    [{}, {"start": {}, "end": {}}, {"start": {"dateTime": "x"}, "end": {"dateTime": "y"}}, {"start": 1}],
)
def test_an_event_without_a_time_makes_the_calendar_unreadable_not_free(life, item):
    with pytest.raises(ValueError, match="time"):
        read_span(item, "UTC")
    life.emulator.handlers["calendar.events.list"] = lambda call: {"items": [{"id": "x", **item}]}
    report = life.calendar.fetch_busy(MARCH, own=())
    assert len(report.unreadable) == 1


def test_a_read_only_calendar_is_one_clear_error_and_other_actions_go_on(life):
    life.emulator.faults.put("calendar.events.insert", Fault.error(403, "requiredAccessLevel"), times=99)
    report = life.run()
    assert report.exit_code is ExitCode.PARTIAL
    codes = {problem.code for problem in report.notices.standing}
    assert codes == {"book-block-failed"}
    assert all("requiredAccessLevel" in problem.what for problem in report.notices.standing)
    assert life.waiting()


def test_a_used_up_quota_is_remembered_between_runs_and_over_the_next_day(life):
    life.emulator.faults.put("calendar.events.list", Fault.error(403, "quotaExceeded"))
    assert life.run().exit_code is ExitCode.TEMPORARY
    assert life.later().exit_code is ExitCode.TEMPORARY
    assert life.asked == []
    life.later(hours=25)
    assert len(life.ours()) == 2


@pytest.mark.parametrize("block_id", ["b1", "UPPER", "w-x_y.z", "ä", "abcdefghijklmnopqrstuv0123"])
def test_any_id_becomes_a_legal_one_and_no_two_the_same(block_id):
    ids = event_ids(block_id)
    assert len(set(ids)) == len(ids)
    assert all(set(one) <= set("abcdefghijklmnopqrstuv0123456789") and 5 <= len(one) <= 1024 for one in ids)
    assert not set(ids) & set(event_ids(block_id + "x"))

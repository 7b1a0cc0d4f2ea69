"""What a right config becomes: windows of the week, zones, whole paths, a policy."""

from datetime import time
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.config.load import parse
from automations.config.windows import (
    WindowError,
    find_overlap,
    longest_stretch,
    minutes_of,
    parse_windows,
    touches,
    window_words,
)
from automations.config.zones import local_timezone, zone_fault
from automations.model.policy import (
    Audience,
    Boss,
    Cadence,
    Goal,
    IncidentsPolicy,
    InventionPolicy,
    Me,
    OffersPolicy,
    OnConflict,
    Policy,
    WeekWindow,
)

ME = '[me]\nname = "Sam"\nemail = "sam@example.com"\ntimezone = "Europe/Berlin"\n'
WEEK = tuple(WeekWindow(day, time(9), time(17, 30)) for day in range(5))


def policy(text):
    return parse(text.encode(), "/home/sam/conf/config.toml", "/data").policy


def test_three_lines_are_enough_and_the_rest_are_the_policys_own_defaults():
    found = policy(ME)

    assert found.me == Me("Sam", "sam@example.com", "Europe/Berlin")
    assert found.bosses == found.goals == ()
    assert found.invention == InventionPolicy(working_hours=WEEK)
    assert found.offers == OffersPolicy()
    assert found.incidents == IncidentsPolicy()
    assert (found.calendar.file, found.calendar.busy) == ("/data/invention.ics", ())
    assert found.mail.folder == "/data/drafts"
    assert found.sample is False


def test_every_key_reaches_the_policy(home):
    found = policy(
        """sample = true
        me = {name = "Åsa 王", email = "asa@example.com", timezone = "Asia/Kathmandu"}
        [[boss]]
        name = "Priya Raman"
        email = "Priya@example.com"
        cadence = "quarterly"
        stage = "suggest"
        offers = ["one", "two"]
        [[goal]]
        text = "more pay"
        kind = "pay"
        [invention]
        hours = 1.5
        floor_minutes = 45
        months_ahead = 3
        working_hours = ["Mon,Wed 08:00-12:00", "Fri 13:00-24:00"]
        prefer = "mon 8:00-10:00"
        buffer_minutes = 0
        notice_days = 5
        on_conflict = "ask"
        max_moves = 0
        holidays = "DE-BY"
        problems = ["why"]
        combine = ["a", "b"]
        [offers]
        due_day = 3
        ideas = ["idea"]
        on_track = "fact"
        hours = 6
        [incidents]
        exec = ["vp@example.com"]
        tactical = ["a@example.com", "b@example.com"]
        sev2 = {active = 7, monitoring = 0, first = 9, long_after = 5, long = 6}
        sev4 = {working_hours = false}
        quiet_hours = "23:30-6:00"
        [calendar]
        provider = "local"
        busy = ["~/cal", "here.ics", "/there.ics", "../up.ics"]
        file = "own.ics"
        visibility = "private"
        calendars = ["primary", "team@example.com"]
        event_type = "focus"
        [mail]
        provider = "google"
        folder = "~/Drafts"
        [google]
        client_file = "client.json"
        token_file = "~/token.json"
        service_account = "/robot.json"
        api_endpoint = "http://127.0.0.1:8085/"
        """
    )

    assert found == Policy(
        me=Me("Åsa 王", "asa@example.com", "Asia/Kathmandu"),
        bosses=(Boss("Priya Raman", "Priya@example.com", 3, "suggest", ("one", "two")),),
        goals=(Goal("more pay", "pay"),),
        invention=InventionPolicy(
            minutes=90,
            floor_minutes=45,
            months_ahead=3,
            working_hours=(
                WeekWindow(0, time(8), time(12)),
                WeekWindow(2, time(8), time(12)),
                WeekWindow(4, time(13), time(0)),
            ),
            prefer=(WeekWindow(0, time(8), time(10)),),
            buffer_minutes=0,
            notice_days=5,
            on_conflict=OnConflict.ASK,
            max_moves=0,
            country="DE",
            region="BY",
            problems=("why",),
            combine=("a", "b"),
        ),
        offers=OffersPolicy(3, ("idea",), "fact", 6),
        incidents=IncidentsPolicy(
            {
                1: Cadence(30, 60, first=15, long_after=120, long=60),
                2: Cadence(7, 0, first=9, long_after=5, long=6),
                3: Cadence(240, 1440, first=120, long_after=1440, long=1440, working=True),
                4: Cadence(0, 0, first=0, long_after=0, long=10_080),
            },
            (time(23, 30), time(6)),
            (Audience("exec", ("vp@example.com",)), Audience("tactical", ("a@example.com", "b@example.com"))),
        ),
        calendar=type(found.calendar)(
            busy=(f"{home}/cal", "/home/sam/conf/here.ics", "/there.ics", "/home/sam/conf/../up.ics"),
            file="/home/sam/conf/own.ics",
            visibility="private",
            calendars=("primary", "team@example.com"),
            event_type="focus",
        ),
        mail=type(found.mail)(provider="google", folder=f"{home}/Drafts"),
        google=type(found.google)(
            client_file="/home/sam/conf/client.json",
            token_file=f"{home}/token.json",
            service_account="/robot.json",
            api_endpoint="http://127.0.0.1:8085",
            known_drafts="/data/google-drafts.json",
            notes="/data/google-calendar.json",
            mail_notes="/data/google-mail.json",
        ),
        sample=True,
    )


def test_a_short_block_lowers_the_floor_that_nobody_asked_for():
    assert policy(f"{ME}[invention]\nhours = 1\n").invention.floor_minutes == 60


def test_the_bytes_of_the_file_are_its_fingerprint_and_a_byte_order_mark_is_harmless():
    plain = parse(ME.encode(), "/c", "/d")
    marked = parse(b"\xef\xbb\xbf" + ME.replace("\n", "\r\n").encode(), "/c", "/d")

    assert marked.policy == plain.policy
    assert marked.sha256 != plain.sha256
    assert parse(ME.encode(), "/elsewhere", "/d").sha256 == plain.sha256
    assert plain.given == {"me", "me.name", "me.email", "me.timezone"}


@pytest.mark.parametrize(
    ("zone", "note"),
    [
        ("Etc/GMT+5", "is UTC-5, all year"),
        ("EST", "has no summer time"),
        ("Europe/Berlin", ""),
        ("UTC", ""),
        ("Etc/GMT+0", ""),
    ],
)
def test_a_zone_that_surprises_is_taken_with_a_note(zone, note):
    found = parse(ME.replace("Europe/Berlin", zone).encode(), "/c", "/d")

    assert found.policy.me.zone == zone
    assert note in "".join(found.notes)
    assert bool(found.notes) == bool(note)


def test_every_zone_that_is_a_place_is_taken():
    names = available_timezones() - {"localtime", "Factory", "posixrules"}

    assert [name for name in sorted(names) if zone_fault(name)] == []
    assert all(ZoneInfo(name) for name in names)


@given(st.text(max_size=20))
def test_any_other_text_is_no_zone_and_gets_a_sentence(text):
    if text not in available_timezones():
        assert zone_fault(text)


@pytest.mark.parametrize(
    ("env", "text", "link", "zone"),
    [
        ({"TZ": "Asia/Tokyo"}, "Europe/Paris\n", None, "Asia/Tokyo"),
        ({"TZ": ":/usr/share/zoneinfo/Asia/Tokyo"}, None, None, "Asia/Tokyo"),
        ({"TZ": ":Asia/Tokyo"}, None, None, "Asia/Tokyo"),
        ({"TZ": "CET-1CEST"}, "Europe/Paris\n", None, "Europe/Paris"),
        ({"TZ": ""}, None, "/usr/share/zoneinfo/America/Indiana/Knox", "America/Indiana/Knox"),
        ({}, None, "/var/db/timezone/zoneinfo/Europe/Rome", "Europe/Rome"),
        ({}, "nonsense", "../usr/share/zoneinfo/posix/UTC", "UTC"),
        ({}, "../../etc/passwd", "/etc/passwd", "UTC"),
        ({}, None, None, "UTC"),
    ],
)
def test_the_machines_zone_is_found_where_the_system_keeps_it(env, text, link, zone):
    def reader(answer):
        def read(_path):
            if answer is None:
                raise FileNotFoundError
            return answer

        return read

    assert local_timezone(env, reader(link), reader(text)) == zone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mon-Fri 09:00-17:30", ["Mon", "Tue", "Wed", "Thu", "Fri"]),
        ("monday, WED 9:00 - 17:30", ["Mon", "Wed"]),
        ("Sat-Mon 09:00\u201317:30", ["Mon", "Sat", "Sun"]),
        ("Thu: 09:00-17:30", ["Thu"]),
    ],
)
def test_days_are_written_in_many_ways(text, words):
    assert [window_words(one) for one in parse_windows(text)] == [f"{day} 09:00-17:30" for day in words]


def test_a_day_may_have_a_break_and_end_at_midnight():
    assert [window_words(one) for one in parse_windows("Sun 13:00-24:00, 00:00-12:00")] == [
        "Sun 00:00-12:00",
        "Sun 13:00-24:00",
    ]


def test_windows_that_touch_are_one_stretch_on_their_day_only():
    windows = parse_windows("Mon 09:00-12:00 12:00-15:00") + parse_windows("Tue 15:00-20:00")

    assert longest_stretch(windows) == 360
    assert longest_stretch(windows[1:]) == 300
    assert find_overlap(windows) is None


minutes = st.integers(0, 1440)
spans = st.tuples(st.integers(0, 6), minutes, minutes)


def written(day, start, end):
    name = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day]
    return f"{name} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


@given(spans)
def test_a_window_is_read_back_as_it_was_written_unless_it_is_empty_or_turned(span):
    _, start, end = span
    if start < end:
        (window,) = parse_windows(written(*span))
        assert minutes_of(window) == (start, end)
        assert window_words(window) == written(*span)
    else:
        with pytest.raises(WindowError):
            parse_windows(written(*span))


@given(st.lists(spans.filter(lambda span: span[1] < span[2]), max_size=6))
def test_overlap_and_longest_stretch_agree_with_counting_minutes(found):
    windows = [window for span in found for window in parse_windows(written(*span))]
    counted = [
        [sum(day == at and start <= one < end for day, start, end in found) for one in range(1440)]
        for at in range(7)
    ]

    overlap = max((count for day in counted for count in day), default=0) > 1
    assert (find_overlap(windows) is not None) == overlap
    longest = max(
        len(run) for day in counted for run in "".join("x" if count else " " for count in day).split(" ")
    )
    assert longest_stretch(windows) == longest
    for place, window in enumerate(windows):
        day, start, end = found[place]
        others = windows[:place] + windows[place + 1 :]
        assert touches(window, others) == any(counted[day][one] > 1 for one in range(start, end))


def test_busy_files_that_google_does_not_read_are_told_of():
    text = f'{ME}[calendar]\nprovider = "google"\nbusy = ["work.ics"]\n'

    (note,) = parse(text.encode(), "/c", "/d").notes

    assert note.startswith("calendar.busy: is not read")

"""Starting an old rule near the time asked for changes none of its occurrences there."""

from datetime import UTC, date, datetime, timedelta

from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from automations.model.seen import Span
from automations.providers.local.calendar import LocalCalendar

weekdays = st.sets(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), max_size=4)


@st.composite
def rules(draw):
    days = draw(weekdays)
    parts = [f"FREQ={draw(st.sampled_from(['DAILY', 'WEEKLY']))}", f"INTERVAL={draw(st.integers(1, 5))}"]
    parts += [f"BYDAY={','.join(sorted(days))}"] if days else []
    parts += draw(st.sampled_from([[], ["WKST=SU"], ["WKST=MO"]]))
    parts += draw(st.sampled_from([[], ["UNTIL=20260320T000000Z"], ["COUNT=400"]]))
    return ";".join(parts)


@given(rules(), st.dates(date(2015, 1, 1), date(2026, 3, 31)), st.integers(0, 23), st.integers(1, 60 * 80))
def test_an_old_rule_gives_what_it_gives_from_its_start(tmp_path_factory, rule, first, hour, minutes):
    folder = tmp_path_factory.mktemp("rule")
    start = datetime(first.year, first.month, first.day, hour, tzinfo=UTC)
    (folder / "a.ics").write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:PT{minutes}M\nRRULE:{rule}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    span = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    report = LocalCalendar((str(folder),), str(folder / "own"), "UTC").fetch_busy(span, own=())
    assert report.unreadable == ()
    length = timedelta(minutes=minutes)
    # A start that its own rule leaves out is an occurrence all the same; one after UNTIL is none, which
    # is how programs write a series whose every meeting was taken away.
    stands = "UNTIL" not in rule or start <= datetime(2026, 3, 20, tzinfo=UTC)
    expected = {
        *rrulestr(rule, dtstart=start).between(span.start - length, span.end),
        *([start] if stands else []),
    }
    assert {busy.span.start for busy in report.busy} == {
        each for each in expected if each < span.end and each + length > span.start
    }

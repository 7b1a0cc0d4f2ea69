"""Incidents of every severity over three days in which the clocks change, with a run every quarter of an hour."""

from datetime import UTC, datetime, timedelta

import pytest
from worlds import POLICY, MemoryLife

from automations.model.policy import Me
from automations.model.records import DraftState, Phase
from automations.plan.cadence import lead
from automations.plan.incident_record import Tally, gone_at, tally, told, updates_of
from automations.plan.zones import local

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
# Saturday 10:00 there; the clocks go back in the night that follows.
START = {
    BERLIN: datetime(2026, 10, 24, 8, 0, tzinfo=UTC),
    NEW_YORK: datetime(2026, 10, 31, 14, 0, tzinfo=UTC),
}
QUARTER = timedelta(minutes=15)
DAYS = timedelta(days=3)


class Diligent:
    """A person who reads the drafts after every run and sends each that is due within `ahead` minutes."""

    def __init__(self, life, ahead=40):
        self.life = life
        self.ahead = timedelta(minutes=ahead)
        self.waited = {}

    def come_by(self):
        now = self.life.clock.now()
        for draft in self.life.drafts(DraftState.WAITING):
            if draft.kind == "incident":
                self.waited.setdefault(draft.key, now)
                if draft.expires is None or draft.expires - now <= self.ahead or draft.key.endswith(":1"):
                    self.life.send(draft.key)


def live_through(severity, zone, ahead=40, begin=timedelta(0), acts=()):
    """Return a life and its person after three days; `acts` pairs hours with what the person does then."""
    life = MemoryLife(POLICY, START[zone] + begin)
    life.change(me=Me("Ann Smith", "ann@corp.test", zone))
    life.open_incident(severity=severity)
    person = Diligent(life, ahead)
    left = sorted(acts, key=lambda act: act[0])
    end = life.clock.now() + DAYS
    while life.clock.now() < end:
        while left and life.clock.now() >= START[zone] + begin + timedelta(hours=left[0][0]):
            left.pop(0)[1](life)
        life.run("incidents")
        person.come_by()
        life.clock.go(minutes=15)
    return life, person


def promises(life, zone):
    """Return the promises that went out, as the clocks there show them."""
    (incident,) = life.recorded.incidents
    made = [
        u.next_due for u in updates_of(life.recorded, incident) if gone_at(life.recorded, u) and u.next_due
    ]
    return [f"{local(at, zone):%a %H:%M %z}" for at in made]


def every(minutes, first, until, zone):
    found = []
    while first <= until:
        found.append(f"{local(first, zone):%a %H:%M %z}")
        first += timedelta(minutes=minutes)
    return found


def expected(severity, zone):
    start, offset = START[zone], {BERLIN: "+0100", NEW_YORK: "-0500"}[zone]
    end = start + DAYS + timedelta(minutes=40)
    if severity == 1:
        half_hours = every(30, start + timedelta(minutes=30), start + timedelta(hours=2), zone)
        return half_hours + every(60, start + timedelta(hours=3), end + timedelta(hours=1), zone)
    if severity == 2:
        hours = every(60, start + timedelta(hours=1), start + timedelta(hours=4), zone)
        return hours + every(120, start + timedelta(hours=6), end + timedelta(hours=2), zone)
    if severity == 3:
        return [f"Mon 13:00 {offset}", f"Tue 10:00 {offset}"]
    return []


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_every_promised_minute_is_met_by_a_waiting_draft_and_kept(severity, zone):
    life, person = live_through(severity, zone)
    (incident,) = life.recorded.incidents
    table = expected(severity, zone)

    got = promises(life, zone)
    assert got[: len(table) - 2] == table[: len(table) - 2]
    assert table == got or got == table[: len(got)]
    assert len(table) - len(got) <= 1, "the last one may lie ahead"
    now = life.clock.now()
    due = [u for u in updates_of(life.recorded, incident) if u.next_due and gone_at(life.recorded, u)]
    due = [u for u in due if u.next_due < now or f"incident:INC-1:exec:{u.number + 1}" in person.waited]
    for update in due:
        key = f"incident:INC-1:exec:{update.number + 1}"
        assert person.waited[key] <= update.next_due - lead(severity), "it waits ahead of its time"
    assert tally(life.recorded, incident, now) == Tally(len(due), 0)
    assert {each.state for each in told(life.recorded, incident, now)[1:]} <= {"kept", "waiting"}
    assert (len(due) > 20) == (severity < 3), "there was something to keep"


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize(
    ("severity", "asked"), [(1, "every 60 minutes"), (2, "every 2 hours"), (3, "every working morning")]
)
def test_the_longer_pace_is_announced_once_in_the_mail_before_it(severity, asked, zone):
    life, _ = live_through(severity, zone)
    told_so = [d.key for d in life.drafts(DraftState.SENT_ELSEWHERE) if "From now on" in d.body_text]
    (key,) = told_so
    assert f"From now on {asked}." in life.draft(key).body_text
    number = int(key.rpartition(":")[2])
    updates = {u.number: u for u in life.recorded.updates}
    before, after = updates[number - 1], updates[number]
    assert after.pace > before.pace
    assert after.at - life.recorded.incidents[0].opened >= timedelta(hours=1)


def test_mails_without_news_have_at_most_forty_words_and_name_only_what_was_ruled_out():
    acts = [
        (1.5, lambda life: life.update_incident(changed="Traffic moved.", ruled_out="the provider " * 30))
    ]
    life, _ = live_through(2, BERLIN, acts=acts)
    quiet = [
        d for d in life.drafts(DraftState.SENT_ELSEWHERE) if "No change since the last update." in d.body_text
    ]
    assert len(quiet) > 30
    assert max(len(d.body_text.split()) for d in quiet) == 40
    before = [d for d in quiet if int(d.key.rpartition(":")[2]) < 3]
    assert before
    assert all("Ruled out" not in d.body_text for d in before)
    assert "Ruled out: the provider the provider" in quiet[-1].body_text


def test_all_mails_of_an_incident_are_one_thread_with_one_subject():
    acts = [
        (1.5, lambda life: life.update_incident(phase=Phase.IDENTIFIED, changed="Found.", now="b", next="c")),
        (5, lambda life: life.resolve_incident()),
    ]
    life, _ = live_through(2, BERLIN, acts=acts)
    sent = [d for d in life.drafts(DraftState.SENT_ELSEWHERE) if d.kind == "incident"]
    assert len(sent) > 5
    assert {d.subject for d in sent} == {"[SEV2] EU checkout errors (INC-1)"}
    ids = [d.message_id for d in sent]
    assert len(set(ids)) == len(ids)
    for number, draft in enumerate(sent):
        assert draft.thread == tuple(ids[:number])
        head = draft.mime.partition(b"\r\n\r\n")[0].decode()
        assert f"Message-ID: {draft.message_id}" in head
        assert (f"In-Reply-To: {ids[number - 1]}" in head) == (number > 0)
        assert ("References:" in head) == (number > 0)


def test_who_comes_too_late_finds_the_draft_expired_and_the_next_one_owning_up():
    life = MemoryLife(POLICY, START[BERLIN])
    life.open_incident()
    life.run("incidents")
    life.send("incident:INC-1:exec:1")
    for _ in range(6):
        life.clock.go(minutes=15)
        life.run("incidents")
    (incident,) = life.recorded.incidents
    table = [(each.update.number, each.state) for each in told(life.recorded, incident, life.clock.now())]
    assert table == [(1, "sent"), (2, "missed"), (3, "waiting"), (4, "waiting")]
    assert life.draft("incident:INC-1:exec:2").state is DraftState.EXPIRED
    assert "Promised for 11:00 CEST; it is late." in life.draft("incident:INC-1:exec:3").body_text
    assert "update-overdue" in life.problems()

    life.send("incident:INC-1:exec:3")
    life.clock.go(minutes=15)
    life.run("incidents")

    after = told(life.recorded, incident, life.clock.now())
    assert [each.state for each in after] == ["sent", "missed", "late", "superseded", "waiting"]
    assert after[2].promised == START[BERLIN] + timedelta(hours=1)
    assert after[2].sent == START[BERLIN] + timedelta(minutes=90)
    count = tally(life.recorded, incident, life.clock.now())
    assert (count.kept, count.missed) == (0, 1)
    assert "update-overdue" not in life.problems()


def test_an_update_that_no_run_drafted_before_its_promise_is_told_with_the_delay_owned_up():
    life = MemoryLife(POLICY, START[BERLIN])
    life.open_incident()
    life.run("incidents")
    life.send("incident:INC-1:exec:1")
    life.clock.go(minutes=58)
    life.update_incident(changed="Found it.", now="rolling back", next="watch")
    life.clock.go(minutes=7)

    life.run("incidents")

    (key,) = [key for key in life.waiting() if key.startswith("incident:")]
    said = life.draft(key).body_text
    assert "Promised for 11:00 CEST; it is late." in said
    assert "Now: rolling back." in said
    assert life.run("incidents").results == ()

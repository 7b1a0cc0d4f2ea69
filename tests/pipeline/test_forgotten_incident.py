"""An incident that nobody comes back to: one update and one notice a day, and the whole pace again at the first act."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from worlds import START, MemoryLife

from automations.desk import incidents, review
from automations.desk.looks import note_look
from automations.desk.status import status_of
from automations.model.records import DraftState
from automations.plan.incident_record import UNREAD_IN_A_ROW, forgotten
from automations.plan.zones import local

ZONE = "Europe/Berlin"
WEEK = ["2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09"]
"""The working days after the one it begins on, up to the Monday that follows."""


class Bell:
    """A notifier; `rings` are when, in local time, and what."""

    def __init__(self, life):
        self.life = life
        self.rings = []

    def notify(self, title, body):
        self.rings.append((local(self.life.clock.now(), ZONE), body))


@pytest.fixture
def left():
    """Return a life in which an incident was opened on Monday morning."""
    life = MemoryLife()
    life.notifier = Bell(life)
    life.run()
    life.open_incident()
    return life


def go_on(life, until, act=None, step=15):
    """Run every `step` minutes, with `act` after each run."""
    while life.clock.now() < until:
        life.run("incidents")
        if act is not None:
            act(life)
        life.clock.go(minutes=step)


def days(instants):
    return Counter(f"{local(at, ZONE):%Y-%m-%d}" for at in instants)


def waiting_update(life):
    found = [d for d in life.drafts(DraftState.WAITING) if d.kind == "incident"]
    return found[0] if found else None


def until_an_update_waits(life):
    """Go on to the daily update: nobody came since Monday."""
    go_on(life, START + timedelta(days=1, hours=-1))
    while waiting_update(life) is None:
        life.run("incidents")
        life.clock.go(minutes=15)
    (incident,) = life.recorded.incidents
    assert forgotten(life.recorded, incident, life.clock.now())
    return waiting_update(life)


def test_it_is_written_and_told_of_once_a_day_by_day(left):
    go_on(left, START + timedelta(hours=15))
    go_on(left, START + timedelta(days=8, hours=-10), step=30)

    made = days(d.created for d in left.drafts() if d.kind == "incident")
    first = made.pop("2026-03-02")
    assert UNREAD_IN_A_ROW <= first <= UNREAD_IN_A_ROW + 2
    assert made == dict.fromkeys(WEEK, 1)
    rings = [ring for ring in left.notifier.rings if f"{ring[0]:%Y-%m-%d}" != "2026-03-02"]
    assert [f"{at:%Y-%m-%d %H:%M}" for at, _ in rings] == [f"{day} 09:00" for day in WEEK]
    assert len(left.notifier.rings) - len(rings) <= 2 * UNREAD_IN_A_ROW
    (said,) = {body for _, body in rings}
    assert said == (
        "INC-1 still is open, and nobody reads its updates. To go on: magicloop incident update INC-1; "
        "when it is over: magicloop incident resolve INC-1 --verified HOW."
    )


def test_nothing_of_it_is_lost(left):
    first = left.recorded.updates[0]
    go_on(left, START + timedelta(days=3))

    now = left.clock.now()
    ((incident, due),) = status_of(left.recorded, now).overdue
    assert (incident.id, due) == ("INC-1", first.promised)
    (problem,) = [each for each in left.recorded.problems if each.code == "update-overdue"]
    assert problem.what.startswith("INC-1 still is open, and nobody reads its updates: the first notice")
    assert "magicloop incident update INC-1 --changed" in problem.fix
    assert "magicloop incident resolve INC-1 --verified" in problem.fix
    assert problem.reported >= now - timedelta(days=1), "told daily"


def test_the_run_that_is_idle_wakes_for_the_daily_one(left):
    left.notifier = None
    go_on(left, START + timedelta(hours=14))
    assert left.run().due <= datetime(2026, 3, 3, 8, 0, tzinfo=UTC), "09:00 in Berlin"


def send(life, draft):
    life.send(draft.key)


def edit(life, draft):
    life.rewrite(draft.key, body_text="My own words.")


def put_off(life, draft):
    review.snooze(life.bench, draft, life.clock.now() + timedelta(minutes=30))


def record(life, draft):
    life.update_incident()


@pytest.mark.parametrize("act", [send, edit, put_off, record])
def test_whatever_the_person_does_about_it_brings_the_pace_back(left, act):
    draft = until_an_update_waits(left)
    act(left, draft)
    since = left.clock.now()
    go_on(left, since + timedelta(hours=6))

    made = [d for d in left.drafts() if d.kind == "incident" and d.created >= since]
    assert len(made) >= 3
    assert made[0].created - since <= timedelta(hours=2)
    rings = [body for at, body in left.notifier.rings if at > since]
    assert len(rings) >= 3
    assert not [body for body in rings if "still is open" in body]


def test_one_that_is_over_is_told_of_and_no_more(left):
    until_an_update_waits(left)
    left.resolve_incident()
    left.run()
    assert waiting_update(left).template == "incident-resolved"
    rings = len(left.notifier.rings)
    go_on(left, START + timedelta(days=3))
    assert not [body for _, body in left.notifier.rings[rings:] if "still is open" in body]


def test_who_reads_the_updates_is_at_the_desk(left):
    def read(life):
        for draft in life.drafts(DraftState.WAITING):
            note_look(life.bench, draft)

    go_on(left, START + timedelta(days=1), read)
    assert len([d for d in left.drafts() if d.kind == "incident"]) > 15


def test_a_look_alone_does_not_bring_the_pace_back(left):
    note_look(left.bench, until_an_update_waits(left))
    go_on(left, START + timedelta(days=3, hours=-1))
    made = days(d.created for d in left.drafts() if d.kind == "incident")
    assert [made[day] for day in WEEK[:2]] == [1, 1]


def test_two_audiences_ring_once(left):
    both = ("exec:cto@corp.test", "tactical:team@corp.test")
    desk = (left.journal, left.policy, left.recorded, left.clock.now())
    incidents.update_incident(*desk, "1", None, {"now": "looking"}, both)
    go_on(left, START + timedelta(days=3, hours=-1))
    assert days(d.created for d in left.drafts() if d.kind == "incident")["2026-03-03"] == 2
    rings = days(at for at, _ in left.notifier.rings)
    assert (rings["2026-03-03"], rings["2026-03-04"]) == (1, 1)


def test_another_incident_rings_as_ever_beside_it(left):
    go_on(left, START + timedelta(hours=19))
    before = len(left.notifier.rings)
    left.open_incident(title="Login fails")
    go_on(left, left.clock.now() + timedelta(hours=1))
    rings = left.notifier.rings[before:]
    assert len(rings) >= 2, "at four in the morning"
    assert not [body for _, body in rings if "INC-1" in body]

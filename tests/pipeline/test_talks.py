"""A time to talk in person: on the calendar once, whatever interrupts it, and never with a junior's name."""

from datetime import date, timedelta

import pytest
from worlds import START, MemoryLife

from automations.desk import aftermath
from automations.desk.loop import Desk
from automations.errors import FaultClass, ProviderError

KEYS = ["in-person:INC-1:1", "in-person:INC-1:2", "private:INC-1:3"]


@pytest.fixture
def life():
    life = MemoryLife()
    life.run()
    life.open_incident()
    life.clock.go(hours=1)
    life.resolve_incident()
    life.settle()
    return life


def desk(life):
    return Desk(life.journal, life.recorded, life.policy, life.clock.now(), date.fromisoformat)


def talks(life):
    return [event for event in life.calendar.events if "alk" in event.summary]


def test_each_person_gets_another_quarter_of_an_hour_around_the_meetings(life):
    life.meet(START + timedelta(days=1), 30)
    aftermath.face_person(desk(life), "1", "Omar Diaz", "omar@corp.test")
    aftermath.face_person(desk(life), "1", "Lea Wolf", "lea@corp.test")
    aftermath.note_junior(desk(life), "1", "Kim Poe", "kim@corp.test", "")
    life.settle()

    assert [(event.span.start - START, event.summary) for event in talks(life)] == [
        (timedelta(days=1, minutes=30), "Talk with Omar"),
        (timedelta(days=1, minutes=45), "Talk with Lea"),
        (timedelta(days=1, minutes=60), "A talk in person"),
    ]
    assert [key for key in life.waiting() if key in KEYS] == KEYS
    assert "Tue 3 Mar 09:30-09:45 CET" in life.draft(KEYS[0]).body_text
    assert not [entry for entry in life.log if "Kim" in f"{entry.subject}{entry.detail}"]


@pytest.mark.parametrize("happened", [True, False], ids=["it was booked", "it was not"])
def test_a_booking_whose_answer_was_lost_stands_once(life, monkeypatch, happened):
    book = life.calendar.book

    def lose(event):
        if happened:
            book(event)
        raise ProviderError("the answer was lost", fault=FaultClass.AMBIGUOUS)

    aftermath.face_person(desk(life), "1", "Omar Diaz", "omar@corp.test")
    monkeypatch.setattr(life.calendar, "book", lose)
    life.run()
    assert [claim.kind for claim in life.recorded.claims] == ["propose-talk"]
    monkeypatch.undo()
    life.settle()

    assert len(talks(life)) == 1
    assert life.recorded.claims == ()
    assert life.recorded.notes[0].fields["event"] == talks(life)[0].id
    assert [d.key for d in life.drafts()].count(KEYS[0]) == 1


def test_a_time_that_passed_unread_is_proposed_anew(life):
    aftermath.face_person(desk(life), "1", "Omar Diaz", "omar@corp.test")
    life.settle()
    life.clock.go(days=2)
    life.settle()

    assert [draft.state.value for draft in life.drafts() if draft.key == KEYS[0]] == ["expired", "waiting"]
    assert "Thu 5 Mar 09:00-09:15 CET" in life.draft(KEYS[0]).body_text


def test_where_the_calendar_refuses_the_mail_still_goes_and_the_run_says_so(life, monkeypatch):
    def refuse(event):
        raise ProviderError("the calendar is read-only", fault=FaultClass.PERMANENT, fix="ask for its rights")

    aftermath.face_person(desk(life), "1", "Omar Diaz", "omar@corp.test")
    monkeypatch.setattr(life.calendar, "book", refuse)
    life.run()

    assert KEYS[0] in life.waiting()
    assert "propose-talk-failed" in life.problems()

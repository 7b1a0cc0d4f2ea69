"""Years of the loop under a set clock: what each month's mails are, for bosses and people of every kind."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from worlds import OMAR, PRIYA, MemoryLife

from automations.desk import loop as desk
from automations.model.loop import AnswerKind
from automations.model.records import DraftState
from automations.plan.lifecycle import LIVE
from automations.plan.loop import standing_with
from automations.plan.promises import overdue_promises
from automations.plan.zones import month_of

JANUARY = datetime(2027, 1, 4, 8, tzinfo=UTC)
ZONE = "Europe/Berlin"


@pytest.fixture
def life():
    return MemoryLife(now=JANUARY)


def hand(life):
    return desk.Desk(life.journal, life.recorded, life.policy, life.clock.now(), date.fromisoformat)


def day_of(life):
    return life.clock.now().date()


def live(life, days, act=lambda life: None):
    """Run once a day, send what waits, then let the person act; check what must hold on every day."""
    for _ in range(days):
        life.run()
        for draft in life.drafts(DraftState.WAITING):
            life.send(draft.key)
        act(life)
        check(life)
        life.clock.go(days=1)


def check(life):
    keys = [draft.key for draft in life.drafts(*LIVE)]
    assert len(keys) == len(set(keys))
    late = {promise.boss for promise in overdue_promises(life.recorded, life.clock.now(), ZONE)}
    today = life.clock.now() - timedelta(hours=1)
    assert not [d.key for d in life.drafts() if d.kind == "offer" and d.created > today and d.to[0] in late]


def months_of(life, boss=PRIYA):
    """Return, month by month, the kinds of the mails that were drafted for a boss."""
    found = {}
    for draft in life.drafts():
        if boss.email in draft.to:
            found.setdefault(month_of(draft.created, ZONE), []).append(draft.kind)
    return found


def stage(life, boss=PRIYA):
    return standing_with(boss, life.clock.now(), ZONE, life.recorded).stage


def test_a_boss_who_never_answers_gets_an_offer_and_one_reminder_a_month(life):
    live(life, 360)

    months = months_of(life)
    assert len(months) == 12
    assert all(kinds == ["offer", "follow-up"] for kinds in months.values())
    assert stage(life) == "ask"
    bodies = [draft.body_text for draft in life.drafts() if draft.kind == "offer"]
    assert all(body not in bodies[max(0, n - 3) : n] for n, body in enumerate(bodies))


def test_a_boss_who_needs_nothing_is_not_reminded(life):
    def say_no(life):
        for draft in life.drafts(DraftState.SENT_ELSEWHERE):
            if draft.kind == "offer" and all(a.about != draft.key for a in life.recorded.answers):
                desk.answer(hand(life), PRIYA.email, AnswerKind.NO_NEED, "")

    live(life, 115, say_no)

    assert all(kinds == ["offer"] for kinds in months_of(life).values())
    assert len(life.recorded.answers) == 4


def test_a_boss_who_answers_every_third_month_gets_what_was_promised(life):
    def third(life):
        today = day_of(life)
        if today.month % 3 == 1 and today.day == 7:
            desk.answer(
                hand(life), "priya", AnswerKind.YES, "yes please", [f"the report by {today.replace(day=20)}"]
            )
        if today.day == 19:
            for promise in life.recorded.promises:
                if promise.ended is None:
                    desk.keep_promise(
                        hand(life), promise.id, {"delivered": "the report", "effect": "saves 3 hours"}
                    )

    live(life, 200, third)

    months = months_of(life)
    answered = [kinds for month, kinds in months.items() if int(month[-2:]) % 3 == 1]
    silent = [kinds for month, kinds in months.items() if int(month[-2:]) % 3 != 1]
    assert all(kinds == ["offer", "closing"] for kinds in answered)
    assert all(kinds == ["offer", "follow-up"] for kinds in silent)


def test_an_overdue_promise_is_owned_up_to_before_anything_is_offered(life):
    desk.add_promise(hand(life), "priya", "the vendor list by 2027-01-15")
    live(life, 60)

    assert months_of(life) == {"2027-01": ["offer", "follow-up", "catch-up"]}
    assert "promise-overdue" in life.problems()
    assert stage(life) == "ask"

    desk.keep_promise(hand(life), "P1", {"delivered": "the list", "effect": "12 vendors less to read"})
    live(life, 3)

    assert months_of(life)["2027-03"] == ["closing", "offer"]
    assert "promise-overdue" not in life.problems()


def test_an_unsent_catch_up_note_goes_when_the_promise_is_dealt_with(life):
    desk.add_promise(hand(life), "priya", "the vendor list by 2027-01-05")
    life.clock.go(days=3)
    life.run()
    assert "catch-up:P1" in life.waiting()

    desk.miss_promise(hand(life), "P1", "too much at once", "2027-01-20")
    life.run()

    assert life.draft("catch-up:P1").state is DraftState.SUPERSEDED
    assert [promise.state.value for promise in life.recorded.promises] == ["missed", "open"]


def test_two_bosses_stand_at_their_own_stages(life):
    life.change(bosses=(PRIYA, OMAR))
    for number in range(2):
        desk.add_promise(hand(life), "omar", f"thing {number} by 2027-01-08")
        desk.keep_promise(hand(life), f"P{number + 1}", {"delivered": "it", "effect": "1 hour less"})

    assert (stage(life, PRIYA), stage(life, OMAR)) == ("ask", "suggest")


def test_a_new_boss_in_the_middle_of_the_year_starts_at_ask(life):
    live(life, 40)
    life.change(bosses=(OMAR,))
    live(life, 40)

    assert months_of(life, OMAR)
    assert max(months_of(life, PRIYA)) == "2027-02"
    closed = [cycle for cycle in life.recorded.cycles if cycle.boss == PRIYA.id]
    assert closed
    assert all(cycle.closed is not None for cycle in closed)


def test_over_capacity_the_months_mail_says_what_is_in_hand(life):
    life.change(bosses=(replace(PRIYA, capacity=2),))
    for number in range(2):
        desk.add_promise(hand(life), "priya", f"thing {number} by 2027-03-20")
    live(life, 55)

    assert months_of(life) == {"2027-01": ["pause-note"], "2027-02": ["pause-note"]}


def test_a_paused_loop_offers_nothing_and_goes_on_by_itself(life):
    desk.pause_loop(hand(life), "2027-02-10", "holiday")
    live(life, 37)
    assert months_of(life) == {}
    assert life.plan().due is not None

    live(life, 3)

    assert months_of(life) == {"2027-02": ["offer"]}


def test_who_is_told_to_do_better_does_not_offer_more_for_a_quarter(life):
    desk.answer(hand(life), "priya", AnswerKind.NOT_SOLID, "answer the tickets first")
    live(life, 89)
    assert months_of(life) == {}

    live(life, 5)

    assert [kinds[0] for kinds in months_of(life).values()] == ["offer"]

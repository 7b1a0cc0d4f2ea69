"""Years of the loop under a set clock: what each month's mails are, for bosses and people of every kind."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from worlds import OMAR, PRIYA, MemoryLife

from automations.desk import catalogue
from automations.desk import loop as desk
from automations.model.loop import AnswerKind, Door
from automations.model.policy import Goal
from automations.model.records import DraftState
from automations.model.similarity import too_similar
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


SILENT = {
    "2027-01": "offer follow-up",
    "2027-02": "offer follow-up standing-check",
    "2027-03": "offer follow-up",
    "2027-04": "offer follow-up standing-check",
    "2027-05": "offer follow-up",
    "2027-06": "offer follow-up",
    "2027-07": "offer follow-up standing-check",
    "2027-08": "offer follow-up",
    "2027-09": "offer follow-up",
    "2027-10": "offer follow-up standing-check",
    "2027-11": "offer follow-up",
    "2027-12": "offer follow-up",
}


def table(life, boss=PRIYA):
    return {month: " ".join(kinds) for month, kinds in months_of(life, boss).items()}


def test_a_boss_who_never_answers_gets_an_offer_and_one_reminder_a_month(life):
    live(life, 360)

    assert table(life) == SILENT
    assert stage(life) == "ask"
    ends = [entry.detail for entry in life.log if entry.kind == "close-cycle"]
    assert ends == [f"{month} is over; no answer to its offer" for month in SILENT][:-1]
    bodies = [draft.body_text for draft in life.drafts() if draft.kind == "offer"]
    assert not any(too_similar(body, bodies[:number]) for number, body in enumerate(bodies))


def test_a_boss_who_needs_nothing_is_not_reminded(life):
    def say_no(life):
        for draft in life.drafts(DraftState.SENT_ELSEWHERE):
            if draft.kind == "offer" and all(a.about != draft.key for a in life.recorded.answers):
                desk.answer(hand(life), PRIYA.email, AnswerKind.NO_NEED, "")

    live(life, 115, say_no)

    assert table(life) == {
        month: kinds.replace(" follow-up", "") for month, kinds in SILENT.items() if month <= "2027-04"
    }
    assert len(life.recorded.answers) == 4


def take_it(life, day, *, every=1):
    """Answer yes with a promise on a day of every so many months, and keep it twelve days later."""
    today = day_of(life)
    if today.day == day and today.month % every == 1 % every:
        due = today + timedelta(days=13)
        desk.answer(hand(life), "priya", AnswerKind.YES, "yes please", [f"the report by {due}"])
    for promise in life.recorded.promises:
        if promise.ended is None and promise.due - today <= timedelta(days=1):
            facts = {"delivered": "the report", "effect": "saves 3 hours"}
            desk.keep_promise(hand(life), promise.id, facts)


def test_a_boss_who_answers_every_third_month_gets_what_was_promised(life):
    live(life, 200, lambda life: take_it(life, 7, every=3))

    assert table(life) == {
        "2027-01": "offer closing",
        "2027-02": "offer follow-up standing-check",
        "2027-03": "offer follow-up",
        "2027-04": "offer standing-check closing",
        "2027-05": "offer follow-up",
        "2027-06": "offer follow-up",
        "2027-07": "offer standing-check closing",
    }
    assert stage(life) == "suggest"


def test_a_boss_who_always_answers_takes_the_loop_up_the_whole_ladder(life):
    life.change(goals=(Goal("lead a project across two teams", "scope"),))
    for number in range(6):
        catalogue.add_offer_idea(
            hand(life),
            f"cut the delay of release {number}",
            kind="improvement",
            door=Door.TWO_WAY,
            boss="",
            facts={
                "noticed": f"Release {number} waits {number + 2} days.",
                "cost": "three days of mine",
                "by": "2027-12-01",
                "changes": "you no longer chase it",
                **(
                    {"done": "The queue is gone.", "result": "one day", "undo": "a switch"}
                    if number > 2
                    else {}
                ),
            },
        )

    live(life, 270, lambda life: take_it(life, 7))

    templates = [draft.template for draft in life.drafts() if draft.kind == "offer"]
    assert templates == [
        "offer-ask",
        "offer-ask",
        "offer-suggest",
        "offer-suggest",
        "offer-suggest",
        "offer-done",
        "offer-done",
        "offer-done",
        "offer-ask",  # the catalogue is empty
    ]
    assert [idea.state.value for idea in life.recorded.offer_ideas] == ["used"] * 6
    assert {draft.key for draft in life.drafts() if draft.kind == "goal-trade"} == {
        f"goal-trade:{PRIYA.id}:2027-Q{quarter}" for quarter in (1, 2, 3)
    }


def test_a_one_way_door_is_suggested_where_others_would_be_told_of(life):
    for number in range(5):
        desk.add_promise(hand(life), "priya", f"thing {number} by 2027-01-08")
        desk.keep_promise(hand(life), f"P{number + 1}", {"delivered": "it", "effect": "1 hour"})
    desk.choose_stage(hand(life), "priya", "inform", "she wants to be told only")
    catalogue.add_offer_idea(
        hand(life),
        "switch the old billing off",
        kind="strategic",
        door=Door.ONE_WAY,
        boss="priya",
        facts={
            "noticed": "It costs 4000 a month.",
            "cost": "a week",
            "by": "2027-02-01",
            "changes": "one system less",
            "starting": "2027-01-20",
            "stop_by": "2027-01-19",
            "undo": "not possible",
        },
    )
    life.run()

    offer = life.draft(f"offer:{PRIYA.id}:2027-01")
    assert offer.template == "offer-suggest"
    assert "cannot be undone" in offer.why
    assert "cannot be taken back" in offer.body_text


INTENT = {
    "noticed": "Releases wait 3 days.",
    "starting": "2027-01-20",
    "stop_by": "2027-01-19",
    "undo": "a switch brings it back",
}


def intend(life, **facts):
    """Trust the person to inform, with one thing they intend."""
    for number in range(5):
        desk.add_promise(hand(life), "priya", f"thing {number} by 2027-01-08")
        desk.keep_promise(hand(life), f"P{number + 1}", {"delivered": "it", "effect": "1 hour"})
    desk.choose_stage(hand(life), "priya", "inform", "she wants to be told only")
    catalogue.add_offer_idea(
        hand(life),
        "drop the queue",
        kind="improvement",
        door=Door.TWO_WAY,
        boss="",
        facts={**INTENT, **facts},
    )


def test_an_intent_names_its_last_day_and_does_not_outlive_it(life):
    intend(life)
    life.run()
    offer = life.draft(f"offer:{PRIYA.id}:2027-01")
    assert offer.template == "offer-intend"
    assert "Tue 19 Jan" in offer.body_text
    assert offer.expires == datetime(2027, 1, 18, 23, tzinfo=UTC)  # the 19th begins in Berlin

    life.clock.instant = datetime(2027, 1, 19, 8, tzinfo=UTC)
    life.run()

    assert life.draft(offer.key).state is DraftState.EXPIRED


@pytest.mark.parametrize("stop_by", ["2027-01-04", "2027-01-21"], ids=["today", "after the start"])
def test_an_intent_nobody_could_stop_any_more_is_not_written(life, stop_by):
    intend(life, stop_by=stop_by)
    life.run()

    assert not [draft for draft in life.drafts() if draft.kind == "offer"]
    (problem,) = [each for each in life.recorded.problems if each.code == "offer-needs-facts"]
    assert "lacks stop-by" in problem.what


def test_what_is_done_already_is_not_asked_about(life):
    catalogue.add_offer_idea(
        hand(life), "fix the nightly job", kind="maintenance", door=Door.TWO_WAY, boss="priya",
        facts={"noticed": "It failed 4 times.", "done": "It runs."},
    )  # fmt: skip
    life.run()

    assert "fix the nightly job" not in life.draft(f"offer:{PRIYA.id}:2027-01").body_text


def test_an_entry_that_lacks_a_fact_blocks_the_offer_and_says_which_command_supplies_it(life):
    desk.choose_stage(hand(life), "priya", "suggest", "she asked for proposals")
    made = catalogue.add_offer_idea(
        hand(life),
        "cut it",
        kind="improvement",
        door=Door.TWO_WAY,
        boss="",
        facts={"noticed": "It takes long.", "cost": "a day"},
    )
    life.run()

    (problem,) = [each for each in life.recorded.problems if each.code == "offer-needs-facts"]
    assert "O1 (cut it) lacks noticed (with one number), by, changes" in problem.what
    assert problem.fix.startswith(f"magicloop offer idea change {made.id} --noticed")
    assert not [draft for draft in life.drafts() if draft.kind == "offer"]


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

    desk.keep_promise(hand(life), "P1", {"delivered": "the list", "effect": "12 vendors less"})
    life.run()

    assert life.draft("catch-up:P1").state is DraftState.SUPERSEDED
    assert "closing:P1" in life.waiting()


def test_a_missed_promise_is_still_owned_up_to(life):
    desk.add_promise(hand(life), "priya", "the vendor list by 2027-01-05")
    life.clock.go(days=3)
    life.run()

    desk.miss_promise(hand(life), "P1", "too much at once", "2027-01-20")
    life.run()

    assert "catch-up:P1" in life.waiting()
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
    assert not [d for d in life.drafts(*LIVE) if PRIYA.email in d.to]
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

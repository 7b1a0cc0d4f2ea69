"""The ladder: which stage the log of promises and answers allows, and why."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.model.loop import Answer, AnswerKind, Promise, PromiseState, StageChoice
from automations.model.policy import Boss
from automations.model.records import Draft, DraftState, Recorded
from automations.plan.ladder import STAGES, rung_with, trust_in

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
ZONE = "Europe/Berlin"
BOSS = Boss("Priya Raman", "priya@corp.test")


def ago(days):
    return NOW - timedelta(days=days)


def promise(state, days_ago=0, due=date(2026, 6, 1), boss=BOSS.id):
    ended = None if state is PromiseState.OPEN else ago(days_ago)
    return Promise("P", "ann", boss, "the list", due, state, ago(100), ended=ended)


def kept(count, days_ago=10, boss=BOSS.id):
    return [promise(PromiseState.KEPT, days_ago, boss=boss)] * count


def suggestion(number):
    return Draft(
        id=str(number),
        person="ann",
        key=f"offer:{BOSS.id}:2026-0{number}",
        kind="offer",
        state=DraftState.SENT_ELSEWHERE,
        sender="ann",
        to=(BOSS.email,),
        subject="",
        body_text="",
        hash="",
        mime=b"",
        why="",
        created=ago(40),
        template="offer-suggest",
    )


def answer(kind, days_ago=5, about=""):
    return Answer("A", "ann", BOSS.id, about, kind, "", ago(days_ago))


def accepted(count):
    return [answer(AnswerKind.YES, 30, f"offer:{BOSS.id}:2026-0{number}") for number in range(1, count + 1)]


def recorded(promises=(), answers=(), choices=()):
    drafts = tuple(suggestion(number) for number in range(1, 5))
    return Recorded(
        "ann", drafts=drafts, promises=tuple(promises), answers=tuple(answers), stage_choices=tuple(choices)
    )


OVERDUE = promise(PromiseState.OPEN, due=date(2026, 6, 14))
DUE_TODAY = promise(PromiseState.OPEN, due=date(2026, 6, 15))
ROWS = {
    "nothing yet": ([], [], "ask"),
    "one kept": (kept(1), [], "ask"),
    "two kept": (kept(2), [], "suggest"),
    "two kept to somebody else": (kept(2, boss="omar@corp.test"), [], "ask"),
    "two kept, one overdue": ([*kept(2), OVERDUE], [], "ask"),
    "two kept, one due today": ([*kept(2), DUE_TODAY], [], "suggest"),
    "five kept, no suggestion accepted": (kept(5), [], "suggest"),
    "five kept, one accepted": (kept(5), accepted(1), "suggest"),
    "five kept, one accepted twice": (kept(5), accepted(1) * 2, "suggest"),
    "five kept, two accepted": (kept(5), accepted(2), "inform"),
    "four kept, two accepted": (kept(4), accepted(2), "suggest"),
    "a yes to no suggestion": (kept(5), [answer(AnswerKind.YES)] * 3, "suggest"),
    "inform, then missed": ([*kept(5), promise(PromiseState.MISSED, 3)], accepted(2), "suggest"),
    "inform, then missed twice": ([*kept(5), *[promise(PromiseState.MISSED, 3)] * 2], accepted(2), "ask"),
    "suggest, then missed": ([*kept(2), promise(PromiseState.MISSED, 3)], [], "ask"),
    "missed before the last kept": ([promise(PromiseState.MISSED, 30), *kept(2)], [], "suggest"),
    "check with me first": (kept(5), [*accepted(2), answer(AnswerKind.CHECK_FIRST)], "suggest"),
    "check first, then kept": (kept(5, 1), [*accepted(2), answer(AnswerKind.CHECK_FIRST)], "inform"),
    "reversed lately, kept since": (kept(5, 1), [*accepted(2), answer(AnswerKind.REVERSED, 89)], "suggest"),
    "reversed long ago": (kept(5, 1), [*accepted(2), answer(AnswerKind.REVERSED, 90)], "inform"),
    "dropped counts neither way": ([*kept(2), promise(PromiseState.DROPPED, 1)], [], "suggest"),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_stage_follows_from_the_log(row):
    promises, answers, stage = ROWS[row]

    rung = rung_with(BOSS, NOW, ZONE, recorded(promises, answers))

    assert rung.stage == stage
    assert rung.why


def test_a_new_address_is_a_new_boss_and_starts_at_ask():
    again = Boss("Priya Raman", "priya.raman@corp.test")
    assert rung_with(again, NOW, ZONE, recorded(kept(5), accepted(2))).stage == "ask"


def test_the_config_may_lower_the_stage_and_says_what_the_log_would_allow():
    rung = rung_with(Boss("P", BOSS.email, stage="ask"), NOW, ZONE, recorded(kept(2)))
    assert (rung.stage, rung.why) == ("ask", "the config says ask; the log would allow suggest")


def test_the_config_alone_does_not_raise_it_and_names_the_command_that_does():
    rung = rung_with(Boss("P", BOSS.email, stage="inform"), NOW, ZONE, recorded(kept(2)))
    assert rung.stage == "suggest"
    assert f"magicloop boss stage {BOSS.email} inform --reason" in rung.why


def test_a_reason_raises_it_until_something_goes_wrong():
    choice = StageChoice("S1", "ann", BOSS.id, "suggest", "she asked for proposals", ago(20))
    raised = rung_with(BOSS, NOW, ZONE, recorded(choices=[choice]))
    after = rung_with(BOSS, NOW, ZONE, recorded([promise(PromiseState.MISSED, 3)], choices=[choice]))
    before = rung_with(BOSS, NOW, ZONE, recorded([promise(PromiseState.MISSED, 30)], choices=[choice]))

    assert (raised.stage, raised.why) == ("suggest", "you raised it: she asked for proposals")
    assert after.stage == "ask"
    assert before.stage == "suggest"
    kept_since = rung_with(
        BOSS, NOW, ZONE, recorded([promise(PromiseState.MISSED, 3), *kept(1, 1)], choices=[choice])
    )
    assert kept_since.stage == "ask"


STATES = st.sampled_from(list(PromiseState))
PROMISES = st.lists(
    st.builds(promise, STATES, st.integers(0, 200), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
)
ANSWERS = st.lists(st.builds(answer, st.sampled_from(list(AnswerKind)), st.integers(0, 200)))


@given(PROMISES, ANSWERS)
def test_no_course_of_events_passes_a_gate_or_hides_an_overdue_promise(promises, answers):
    found = recorded(promises, [*answers, *accepted(2)])
    trust, rung = trust_in(BOSS.id, NOW, ZONE, found), rung_with(BOSS, NOW, ZONE, found)

    assert rung.stage in STAGES
    if trust.overdue or trust.kept < 2:
        assert rung.stage == "ask"
    if rung.stage == "inform":
        assert trust.kept >= 5
        assert not trust.recent


@given(PROMISES, ANSWERS)
def test_one_more_kept_promise_never_lowers_the_stage(promises, answers):
    before = rung_with(BOSS, NOW, ZONE, recorded(promises, answers)).stage
    after = rung_with(BOSS, NOW, ZONE, recorded([*promises, *kept(1, 0)], answers)).stage
    assert STAGES.index(after) >= STAGES.index(before)

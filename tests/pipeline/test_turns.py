"""Whose turn it is where more mails are approved than a run may send, and some of them fail again and again."""

from dataclasses import replace
from math import ceil

from hypothesis import given
from hypothesis import strategies as st
from worlds import POLICY, PRIYA, MemoryLife

from automations.errors import ExitCode, FaultClass, ProviderError
from automations.model.sending import AttemptState

FULL = ProviderError("mailbox full", fault=FaultClass.TRANSIENT)
AWAY = ProviderError("no network", fault=FaultClass.TRANSIENT, at_server=True)
TOO_LARGE = ProviderError("too large", fault=FaultClass.PERMANENT)


def to_many(life, number, limit):
    """Approve a mail to each of so many people; return who they are, by the time of the approval."""
    life.let_send()
    people = [replace(PRIYA, name=f"Boss {n}", email=f"b{n}@corp.test") for n in range(number)]
    life.change(bosses=tuple(people), mail=replace(life.policy.mail, mails_per_run=limit))
    life.change(offers=replace(life.policy.offers, hours=3))
    life.run()
    for person in people:
        life.approve(f"offer:{person.id}:2026-03")
        life.clock.go(seconds=1)
    life.clock.go(minutes=1)
    return [person.email for person in people]


def spoil(life, name, errors):
    """Let a step of a send fail for those who have an error; return the list of everybody it is tried for."""
    whole, asked = getattr(life.sender, name), []

    def spoilt(mail):
        (to,) = mail.recipients
        asked.append(to)
        if to in errors:
            raise errors[to]
        return whole(mail)

    setattr(life.sender, name, spoilt)
    return asked


@given(
    number=st.integers(1, 7),
    limit=st.integers(1, 5),
    bad=st.frozensets(st.integers(0, 6)),
    step=st.sampled_from(["prepare", "send"]),
    error=st.sampled_from([FULL, AWAY, TOO_LARGE]),
)
def test_each_approved_mail_has_its_turn(number, limit, bad, step, error):
    life = MemoryLife(POLICY)
    people = to_many(life, number, limit)
    failing = {people[n]: error for n in bad if n < number}
    asked = spoil(life, step, failing)
    # A fault of the server ends what one run tries; else each is full.
    in_time = number if error is AWAY else ceil(number / limit)
    for _ in range(in_time):
        before = len(asked)
        life.run()
        assert len(asked) - before <= limit
    assert set(asked) == set(people)
    assert {to for mail in life.sender.sent for to in mail.recipients} == set(people) - set(failing)


def test_the_failures_of_those_whose_turn_it_is_not_stand_and_are_told_once(life):
    people = to_many(life, 6, 2)
    asked = spoil(life, "send", dict.fromkeys(people, FULL))
    for _ in range(3):
        life.run()
    assert asked == people
    known = life.recorded.problems
    assert {problem.code for problem in known} == {"send-draft-failed"}
    assert len(known) == 6
    life.clock.go(hours=25)
    assert len(life.run().notices.told) == 6
    for _ in range(6):
        report = life.run()
        assert (report.notices.told, report.notices.recovered) == ((), ())
        assert (len(report.notices.standing), report.exit_code) == (6, ExitCode.TEMPORARY)


def test_a_fault_of_the_server_is_one_problem_beside_what_is_known_of_each_mail(life):
    people = to_many(life, 3, 5)
    errors = {people[0]: FULL}
    spoil(life, "send", errors)
    spoil(life, "prepare", dict.fromkeys(people[1:], TOO_LARGE))
    life.run()
    known = {problem.subject for problem in life.recorded.problems}
    assert known == {f"offer:{to}:2026-03" for to in people}
    errors[people[0]] = AWAY
    for _ in range(4):
        assert [result.outcome.value for result in life.run().results].count("failed") >= 1
        assert {problem.subject for problem in life.recorded.problems} >= known
    assert {problem.subject for problem in life.recorded.problems} == {*known, "sending"}
    errors.clear()
    life.run()
    assert {problem.subject for problem in life.recorded.problems} == known - {f"offer:{people[0]}:2026-03"}


def test_tries_that_fail_alike_leave_one_row_and_those_that_end_otherwise_their_own(life):
    (person,) = to_many(life, 1, 5)
    errors = {person: FULL}
    spoil(life, "send", errors)
    for _ in range(5):
        life.run()
    (kept,) = life.recorded.attempts
    assert (kept.state, kept.detail, kept.ended) == (
        AttemptState.NOT_SENT,
        "mailbox full",
        life.clock.now(),
    )
    errors[person] = ProviderError("later", fault=FaultClass.TRANSIENT)
    for _ in range(2):
        life.run()
    assert [attempt.detail for attempt in life.recorded.attempts] == ["mailbox full", "later"]
    errors.clear()
    life.run()
    assert [attempt.state for attempt in life.recorded.attempts] == [
        *[AttemptState.NOT_SENT] * 2,
        AttemptState.SENT,
    ]
    assert len({attempt.id for attempt in life.recorded.attempts}) == 3

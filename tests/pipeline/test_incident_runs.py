"""Incidents over several runs: each update drafted once an audience, and the promise of the next kept in sight."""

from datetime import timedelta

import pytest
from worlds import PRIYA

from automations.desk import incidents as desk
from automations.errors import ExitCode
from automations.model.policy import Audience, IncidentsPolicy
from automations.model.records import DraftState, Phase, RunOutcome

FIRST, SECOND, THIRD = (f"incident:INC-1:exec:{number}" for number in (1, 2, 3))
BOTH = ("exec:vp@corp.test", "tactical:oncall@corp.test,support@corp.test")


def mails(life):
    return [draft.key for draft in life.recorded.drafts if draft.kind == "incident"]


def test_each_update_is_drafted_once_for_each_audience(life):
    life.open_incident(audiences=BOTH)
    life.run()
    life.run()
    assert mails(life) == [FIRST, "incident:INC-1:tactical:1"]
    assert life.draft("incident:INC-1:tactical:1").to == ("oncall@corp.test", "support@corp.test")
    life.clock.go(minutes=20)
    life.update_incident(phase=Phase.IDENTIFIED)

    life.run()

    assert mails(life)[2:] == [SECOND, "incident:INC-1:tactical:2"]
    assert sorted(life.waiting()) == sorted(mails(life)[2:])
    assert life.run().results == ()


def test_a_newer_update_takes_the_place_of_one_that_still_waits(life):
    life.open_incident()
    life.run()
    life.clock.go(minutes=10)
    life.update_incident()

    life.run()

    assert life.draft(FIRST).state is DraftState.SUPERSEDED
    assert life.waiting() == [SECOND]
    assert len(life.copies()) == 1
    assert life.run().results == ()


def test_an_update_that_was_edited_when_its_successor_comes_is_over_and_its_file_stays(life):
    life.open_incident()
    life.run()
    life.edit_copy(life.draft(FIRST), "I own this", "We own this")
    life.clock.go(minutes=10)
    life.update_incident()

    life.run()

    assert life.draft(FIRST).state is DraftState.SUPERSEDED
    assert len(life.copies()) == 2
    assert any(b"We own this" in data for data in life.copies().values())
    assert life.run().results == ()


def test_an_update_that_was_handed_over_stays_until_the_person_says_it_went(life):
    life.open_incident()
    life.run()
    life.approve(FIRST)
    life.clock.go(minutes=10)
    life.update_incident()

    life.run()

    assert life.draft(FIRST).state is DraftState.APPROVED
    assert life.waiting() == [SECOND]


def test_an_update_expires_at_the_time_it_promised_the_next_for(life):
    life.open_incident()
    life.run()
    due = life.recorded.updates[0].next_due
    life.clock.instant = due - timedelta(seconds=1)
    life.run()
    assert life.waiting() == [FIRST, SECOND]
    life.clock.instant = due

    life.run()

    assert life.draft(FIRST).state is DraftState.EXPIRED
    assert life.draft(SECOND).state is DraftState.EXPIRED
    assert life.waiting() == [THIRD]
    assert life.run().results == ()


def test_a_run_that_comes_after_the_promised_time_drafts_what_is_true_now_and_asks(life):
    life.open_incident()
    life.clock.go(hours=5)

    report = life.run()

    assert mails(life) == [SECOND]
    said = life.draft(SECOND).body_text
    assert "14:00 CET" in said, "the time it is written at"
    assert "late" not in said, "nobody was promised anything"
    assert [problem.code for problem in report.notices.standing] == ["update-overdue"]
    assert life.run().results == ()


def test_the_next_update_is_asked_for_before_it_is_due_and_is_overdue_after(life):
    life.open_incident(severity=1)
    life.run()
    life.send(FIRST)
    due = life.recorded.updates[0].next_due
    life.clock.instant = due - timedelta(minutes=11)
    assert life.run().exit_code is ExitCode.DONE
    life.clock.instant = due - timedelta(minutes=10)
    report = life.run()
    assert [problem.code for problem in report.notices.told] == ["update-due"]
    assert report.exit_code is ExitCode.PARTIAL
    life.clock.instant = due
    report = life.run()
    assert [problem.code for problem in report.notices.told] == ["update-overdue"]
    assert report.notices.recovered == (), "that it is overdue is no recovery from being due"
    assert report.outcome is RunOutcome.PARTIAL
    life.clock.go(minutes=1)
    written = life.update_incident()
    life.run()
    key = f"incident:INC-1:exec:{written.number}"
    assert "Promised for 09:30 CET; it is late." in life.draft(key).body_text
    life.send(key)

    report = life.run()

    assert [problem.code for problem in report.notices.ended] == ["update-overdue"]
    assert report.notices.recovered == ()
    assert report.notices.standing == ()
    assert report.exit_code is ExitCode.DONE


def test_the_end_of_an_incident_is_told_and_nothing_is_promised_after_it(life):
    life.open_incident()
    life.run()
    life.clock.go(minutes=30)
    life.resolve_incident()
    life.run()

    assert life.waiting() == [SECOND, f"offer:{PRIYA.id}:2026-03"]
    assert life.draft(SECOND).expires is None
    life.clock.go(days=3)
    assert [problem.code for problem in life.run().notices.standing] == ["review-due"]
    life.update_incident()
    life.run()
    assert THIRD in life.waiting()


def test_an_incident_nobody_would_hear_of_is_asked_about(life):
    life.change(bosses=())
    life.open_incident()

    report = life.run()

    assert [problem.code for problem in report.notices.told] == ["incident-needs-audience"]
    assert mails(life) == []


OWNED = "I own this and its repair."


def test_the_first_mail_that_goes_out_says_who_owns_it_and_no_later_one(life):
    life.open_incident()
    life.run()
    assert OWNED in life.draft(FIRST).body_text
    life.clock.go(minutes=10)
    life.update_incident()
    life.run()
    assert OWNED in life.draft(SECOND).body_text, "the first notice was never sent"
    life.approve(SECOND)
    life.clock.go(minutes=10)
    life.update_incident()

    life.run()

    assert OWNED not in life.draft(THIRD).body_text


def test_another_owner_is_named(life):
    life.open_incident(owner="Bob Lee")
    life.run()
    assert "Bob Lee owns the repair; I answer for it." in life.draft(FIRST).body_text
    assert OWNED not in life.draft(FIRST).body_text


def test_the_plan_goes_on_until_another_is_given_and_one_never_given_is_announced(life):
    life.open_incident()
    life.run()
    assert "Now: investigating; the plan follows in the next update." in life.draft(FIRST).body_text
    life.update_incident(phase=Phase.IDENTIFIED, changed="A release did it.")
    life.run()
    assert "Now: the plan follows in the next update." in life.draft(SECOND).body_text
    life.update_incident(now="rolling back", next="watch the rate")
    life.update_incident(changed="The rate fell.")
    life.run()

    said = life.draft("incident:INC-1:exec:4").body_text
    assert "Now: rolling back." in said
    assert "Next: watch the rate." in said


def test_an_update_with_nothing_new_says_so_and_one_with_a_new_phase_says_that(life):
    life.open_incident(audiences=BOTH)
    life.update_incident(phase=Phase.IDENTIFIED, now="rolling back")
    life.run()
    said = life.draft("incident:INC-1:tactical:2").body_text
    assert "Changed: the phase, from investigating to identified." in said
    life.update_incident(changed=" ")
    life.run()

    for kind in ("exec", "tactical"):
        assert life.draft(f"incident:INC-1:{kind}:3").body_text.count("No change since the last update.") == 1


def test_the_subject_stays_when_the_severity_changes(life):
    life.open_incident()
    life.run()
    args = (life.journal, life.policy, life.recorded, life.clock.now(), "1", None, {"now": "paging"})
    desk.update_incident(*args, severity=1)
    life.run()

    assert life.draft(SECOND).subject == life.draft(FIRST).subject
    assert "Update 2 · now SEV1" in life.draft(SECOND).body_text


def test_who_reads_both_kinds_gets_the_tactical_mail_alone(life):
    life.open_incident(audiences=("exec:vp@corp.test,OnCall@corp.test", "tactical:oncall@corp.test"))
    life.run()

    assert life.draft(FIRST).to == ("vp@corp.test",)
    assert life.draft("incident:INC-1:tactical:1").to == ("oncall@corp.test",)


@pytest.mark.parametrize("bosses", [(), (PRIYA,)])
def test_a_new_audience_does_not_hear_of_incidents_that_are_over(life, bosses):
    life.change(bosses=bosses)
    life.open_incident()
    life.run()
    life.resolve_incident()
    life.run()
    before = mails(life)
    assert "incident-needs-audience" not in life.problems()
    life.clock.go(days=2)
    life.change(incidents=IncidentsPolicy(audiences=(Audience("tactical", ("new@corp.test",)),)))

    life.run()

    assert mails(life) == before


def test_a_late_promise_is_named_with_its_day(life):
    life.open_incident()
    life.run()
    life.send(FIRST)
    life.clock.go(hours=2)
    (problem,) = life.run().notices.standing
    assert "promised for Mon 2 Mar 2026, 10:00 CET" in problem.what


def test_a_review_that_is_late_for_weeks_does_not_keep_every_run_from_being_idle(life):
    life.open_incident()
    life.run()
    life.resolve_incident()
    for days in (1, 7, 30):
        life.clock.go(days=days)
        life.settle()
        assert life.plan().due > life.clock.now()

    assert "was due" in next(p.what for p in life.recorded.problems if p.code == "review-due")

"""An approved mail goes out once: on time, as it was approved, whatever is lost on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from worlds import PRIYA, MemoryLife

from automations.compose.reading import read_mime
from automations.desk import review, sending
from automations.errors import ConflictError, ExitCode, FaultClass, ProviderError, RefusedError
from automations.model.records import DraftState
from automations.model.sending import ApprovalState, AttemptState
from automations.plan.sending import T_QUIET, T_SETTLE

OFFER = f"offer:{PRIYA.id}:2026-03"
LOST = ProviderError("the answer was lost", fault=FaultClass.AMBIGUOUS)
AWAY = ProviderError("no network", fault=FaultClass.TRANSIENT)


@pytest.fixture
def started(life):
    life.let_send()
    life.run()
    return life


def dead_after_the_claim(life):
    """A run that dies between writing the send down and making it."""

    def died(mail):
        raise SystemExit("killed")

    whole, life.sender.send = life.sender.send, died
    with pytest.raises(SystemExit):
        life.run()
    life.sender.send = whole


def test_an_approved_mail_waits_for_its_undo_time_and_goes_with_the_next_run(started):
    approved = started.approve(OFFER)
    assert (approved.state, approved.handed_over) == (DraftState.APPROVED, None)
    started.clock.go(seconds=29)
    assert started.run().results == ()
    assert started.sender.sent == []
    started.clock.go(seconds=1)

    report = started.run()

    assert [result.kind for result in report.results] == ["send-draft", "remove-copy"]
    assert report.results[0].detail == "sent to priya@corp.test"
    draft = started.draft(OFFER)
    assert (draft.state, draft.provider_id, started.copies()) == (DraftState.SENT, "", {})
    assert draft.handed_over == started.clock.now()
    assert [approval.state for approval in started.recorded.approvals] == [ApprovalState.CONSUMED]
    assert [attempt.state for attempt in started.recorded.attempts] == [AttemptState.SENT]
    assert len(started.sender.sent) == 1
    assert started.run().results == ()


def test_what_goes_are_the_approved_bytes_without_the_mark_of_a_draft(started):
    draft = started.approve(OFFER)
    started.clock.go(minutes=15)
    started.run()
    (mail,) = started.sender.sent
    read = read_mime(mail.mime)
    assert (read.subject, read.body_text, read.body_html) == (
        draft.subject,
        draft.body_text,
        draft.body_html,
    )
    assert (read.sender, read.to, mail.recipients) == (draft.sender, draft.to, draft.to)
    assert not read.unsent
    assert b"X-Unsent" not in mail.mime
    assert started.recorded.approvals[0].mime == mail.mime


def test_undo_takes_the_approval_back_until_it_goes(started):
    started.approve(OFFER)
    review.undo(started.bench, started.draft(OFFER))
    started.clock.go(minutes=15)
    assert started.run().results == ()
    assert started.draft(OFFER).state is DraftState.WAITING
    assert started.sender.sent == []
    started.approve(OFFER)
    started.clock.go(minutes=15)
    started.run()
    with pytest.raises(RefusedError, match="sent; there is no approval"):
        review.undo(started.bench, started.draft(OFFER))


def test_what_is_waiting_at_a_terminal_is_sent_when_its_time_comes(started):
    started.approve(OFFER)
    leaves = sending.next_leave(started.recorded)
    assert leaves == started.clock.now() + timedelta(seconds=30)
    assert sending.send_due(started.bench) == ()
    started.clock.go(seconds=30)
    results = sending.send_due(started.bench)
    assert [result.kind for result in results] == ["send-draft", "remove-copy"]
    assert sending.next_leave(started.recorded) is None
    assert started.run().results == ()


def test_an_edit_outside_between_approval_and_send_is_read_in_and_nothing_goes(started):
    started.approve(OFFER)
    started.edit_copy(started.draft(OFFER), "on plan", "done!")
    started.clock.go(minutes=1)
    results = sending.send_due(started.bench)
    assert results[0].kind == "adopt-draft"
    assert (started.draft(OFFER).state, started.sender.sent) == (DraftState.WAITING, [])


def test_a_mail_that_expires_before_its_undo_time_is_over_does_not_go(started):
    draft = started.approve(OFFER)
    started.clock.instant = draft.expires
    started.run()
    assert (started.draft(OFFER).state, started.sender.sent) == (DraftState.EXPIRED, [])


def test_a_mail_goes_when_the_network_is_back_while_its_approval_lasts(started):
    started.approve(OFFER)
    started.clock.go(minutes=15)
    started.sender.fault = AWAY
    report = started.run()
    assert (report.exit_code, started.draft(OFFER).state) == (ExitCode.TEMPORARY, DraftState.APPROVED)
    started.sender.fault = None
    started.run()
    assert (started.draft(OFFER).state, len(started.sender.sent)) == (DraftState.SENT, 1)


def test_a_fault_of_the_send_itself_that_certainly_did_nothing_is_tried_again(started):
    started.approve(OFFER)
    started.clock.go(minutes=15)
    whole = started.sender.send
    started.sender.send = lambda mail: (_ for _ in ()).throw(AWAY)
    started.run()
    assert started.draft(OFFER).state is DraftState.APPROVED
    assert [a.state for a in started.recorded.attempts] == [AttemptState.NOT_SENT]
    started.sender.send = whole
    started.run()
    assert [a.state for a in started.recorded.attempts] == [AttemptState.NOT_SENT, AttemptState.SENT]
    assert len(started.sender.sent) == 1


def test_a_refused_mail_waits_for_a_new_approval(started):
    started.approve(OFFER)
    started.clock.go(minutes=15)
    refused = ProviderError("no such user", fault=FaultClass.PERMANENT, fix="look at the address")
    started.sender.send = lambda mail: (_ for _ in ()).throw(refused)
    report = started.run()
    draft = started.draft(OFFER)
    assert (draft.state, draft.reason) == (DraftState.WAITING, "no such user")
    assert report.exit_code is ExitCode.PARTIAL
    assert started.run().results == ()
    assert started.approve(OFFER).state is DraftState.APPROVED


def test_a_lost_answer_is_found_among_the_sent_mails_and_never_sent_again(kept):
    kept.let_send()
    kept.run()
    kept.approve(OFFER)
    kept.clock.go(minutes=15)
    kept.sender.loses_answer = True
    kept.run()
    assert kept.draft(OFFER).state is DraftState.SENDING
    report = kept.run()
    assert kept.draft(OFFER).state is DraftState.SENT
    assert kept.draft(OFFER).message_id == "<sent-1@memory.test>"
    assert "found among the sent mails" in report.results[0].detail
    assert len(kept.sender.sent) == 1


def test_a_lost_answer_that_nobody_can_look_up_is_asked(filed):
    filed.let_send()
    filed.run()
    filed.approve(OFFER)
    filed.clock.go(minutes=15)
    filed.sender.loses_answer = True
    filed.run()
    filed.run()
    draft = filed.draft(OFFER)
    assert draft.state is DraftState.UNKNOWN
    report = filed.run()
    assert (report.exit_code, filed.problems()) == (ExitCode.PARTIAL, {"send-unknown"})
    assert "--sent" in report.notices.standing[0].fix
    filed.clock.go(days=40)
    filed.run()
    assert (filed.draft(OFFER).state, len(filed.sender.sent)) == (DraftState.UNKNOWN, 1)
    review.resolve(filed.bench, filed.draft(OFFER), sent=True)
    assert filed.draft(OFFER).state is DraftState.SENT
    assert filed.recorded.attempts[0].state is AttemptState.SENT
    filed.run()
    assert "send-unknown" not in filed.problems()


def test_an_unknown_send_that_did_not_go_ends_discarded(filed):
    filed.let_send()
    filed.run()
    filed.approve(OFFER)
    filed.clock.go(minutes=15)
    dead_after_the_claim(filed)
    filed.run()
    review.resolve(filed.bench, filed.draft(OFFER), sent=False)
    assert filed.draft(OFFER).state is DraftState.DISCARDED
    assert filed.recorded.attempts[0].state is AttemptState.NOT_SENT
    assert filed.sender.sent == []


def test_a_run_that_died_before_the_request_sends_after_the_quiet_time(kept):
    kept.let_send()
    kept.run()
    kept.approve(OFFER)
    kept.clock.go(minutes=15)
    dead_after_the_claim(kept)
    kept.clock.go(seconds=T_QUIET.total_seconds() - 1)
    report = kept.run()
    assert (kept.draft(OFFER).state, report.exit_code) == (DraftState.SENDING, ExitCode.TEMPORARY)
    kept.clock.go(seconds=1)
    kept.run()
    assert (kept.draft(OFFER).state, len(kept.sender.sent)) == (DraftState.SENT, 1)
    assert [a.state for a in kept.recorded.attempts] == [AttemptState.NOT_SENT, AttemptState.SENT]


def test_a_draft_deleted_while_its_send_was_unclear_is_asked_once_it_cannot_turn_up_any_more(kept):
    kept.let_send()
    kept.run()
    kept.approve(OFFER)
    kept.clock.go(minutes=15)
    dead_after_the_claim(kept)
    kept.delete_copy(kept.draft(OFFER))
    kept.clock.go(seconds=T_SETTLE.total_seconds() - 1)
    kept.run()
    assert kept.draft(OFFER).state is DraftState.SENDING
    kept.clock.go(seconds=1)
    kept.run()
    assert (kept.draft(OFFER).state, kept.sender.sent) == (DraftState.UNKNOWN, [])


def test_a_lookup_that_fails_proves_nothing(kept):
    kept.let_send()
    kept.run()
    kept.approve(OFFER)
    kept.clock.go(minutes=15)
    kept.sender.loses_answer = True
    kept.run()
    kept.sender.fault = AWAY
    kept.clock.go(days=3)
    kept.run()
    assert (kept.draft(OFFER).state, kept.problems()) == (DraftState.SENDING, {"send-unsettled"})
    kept.sender.fault = None
    kept.run()
    assert (kept.draft(OFFER).state, len(kept.sender.sent)) == (DraftState.SENT, 1)


def test_an_unclear_send_is_asked_when_sending_was_switched_off_meanwhile(kept):
    kept.let_send()
    kept.run()
    kept.approve(OFFER)
    kept.clock.go(minutes=15)
    kept.sender.loses_answer = True
    kept.run()
    kept.sender = None
    kept.run()
    assert kept.draft(OFFER).state is DraftState.UNKNOWN


def test_an_approval_given_before_sending_was_switched_off_does_not_count(started):
    started.approve(OFFER)
    started.policy = replace(started.policy, mail=replace(started.policy.mail, mode="draft-only"))
    started.clock.go(minutes=15)
    started.run()
    assert (started.draft(OFFER).state, started.sender.sent) == (DraftState.WAITING, [])
    assert started.recorded.approvals[0].state is ApprovalState.VOID


def test_an_offer_that_a_rule_forbids_meanwhile_does_not_go(started):
    started.approve(OFFER)
    started.open_incident()
    started.clock.go(minutes=15)
    started.run()
    offer = started.draft(OFFER)
    assert offer.state is DraftState.WAITING
    assert "waits until INC-1 is resolved" in offer.reason
    assert started.sender.sent == []


def test_one_run_sends_no_more_than_the_limit_and_the_next_the_rest(kept):
    kept.let_send()
    kept.policy = replace(
        kept.policy,
        mail=replace(kept.policy.mail, mails_per_run=1),
        bosses=(PRIYA, replace(PRIYA, name="Omar Diaz", email="omar@corp.test")),
    )
    kept.run()
    for draft in kept.recorded.drafts:
        kept.approve(draft.key)
        kept.clock.go(seconds=1)
    kept.clock.go(minutes=15)
    kept.run()
    assert [mail.recipients for mail in kept.sender.sent] == [("priya@corp.test",)]
    kept.run()
    assert len(kept.sender.sent) == 2


def test_a_recipient_nobody_knows_has_to_be_named(started):
    started.rewrite(OFFER, to=("priya@corp.test", "stranger@other.test"))
    draft = started.draft(OFFER)
    with pytest.raises(RefusedError, match=r"stranger@other\.test never got a mail"):
        review.approve(started.bench, draft, draft.hash)
    review.approve(started.bench, draft, draft.hash, new_recipients=("Stranger@other.test",))
    started.clock.go(minutes=15)
    started.run()
    assert set(started.sender.sent[0].recipients) == {"priya@corp.test", "stranger@other.test"}
    named = [entry.detail for entry in started.log if entry.kind == "approve-draft"]
    assert "to stranger@other.test for the first time" in named[0]


def test_bytes_that_are_not_what_was_approved_are_not_sent(started):
    """The approval in the journal was tampered with: another recipient in its bytes."""
    started.approve(OFFER)
    (approval,) = started.recorded.approvals
    forged = approval.mime.replace(b"To: priya@corp.test", b"To: eve@corp.test")
    assert forged != approval.mime
    entry = replace(started.log[0], kind="test")
    started.journal.record(entry, (replace(approval, mime=forged, rev=approval.rev + 1),))
    started.clock.go(minutes=15)
    report = started.run()
    assert started.sender.sent == []
    assert started.draft(OFFER).state is DraftState.APPROVED
    assert "not what was approved" in report.results[0].detail


def test_a_machine_that_slept_between_the_claim_and_the_request_sends_nothing_late(started):
    started.approve(OFFER)
    started.clock.go(minutes=15)
    started.clock.naps = [0.0, 0.0, 3600.0]
    started.run()
    assert started.sender.sent == []
    assert started.draft(OFFER).state is DraftState.APPROVED


def test_a_machine_that_slept_between_the_decision_and_the_claim_sends_nothing_late(started):
    """The approval ran out while it slept; what was decided before must not go by it."""
    started.approve(OFFER)
    started.clock.go(minutes=15)
    started.clock.naps = [0.0, 73 * 3600.0]
    started.run()
    assert started.sender.sent == []
    started.clock.go(hours=73)
    started.run()
    assert started.sender.sent == []
    assert started.draft(OFFER).state is DraftState.WAITING


def test_nothing_is_sent_without_the_claim(kept):
    """Somebody else wrote the draft meanwhile: the claim is refused and no request is made."""
    kept.let_send()
    kept.run()
    kept.approve(OFFER)
    kept.clock.go(minutes=15)
    stale = kept.bench
    review.undo(kept.bench, kept.draft(OFFER))
    results = sending.send_due(stale)
    assert [result.outcome.value for result in results] == ["skipped"]
    assert kept.sender.sent == []


def test_without_a_sender_an_approval_hands_over_and_no_path_sends(kept):
    assert isinstance(kept, MemoryLife)
    kept.run()
    handed = kept.approve(OFFER)
    assert handed.handed_over == kept.clock.now()
    assert kept.recorded.approvals[0].mime == b""
    assert sending.send_due(kept.bench) == ()
    kept.clock.go(days=2)
    kept.run()
    assert kept.recorded.attempts == ()


def test_a_draft_on_its_way_can_neither_be_edited_nor_discarded_nor_approved(kept):
    kept.let_send()
    kept.run()
    kept.approve(OFFER)
    kept.clock.go(minutes=15)
    kept.sender.loses_answer = True
    kept.run()
    draft = kept.draft(OFFER)
    for act in (
        lambda: review.discard(kept.bench, draft, ""),
        lambda: kept.rewrite(OFFER, body_text="Other\n"),
        lambda: review.approve(kept.bench, draft, draft.hash),
        lambda: review.undo(kept.bench, draft),
        lambda: review.resolve(kept.bench, draft, sent=True),
    ):
        with pytest.raises((RefusedError, ConflictError)):
            act()
    assert kept.draft(OFFER) == draft

"""Drafts and the person's hand: edits, deletions, approvals, and what a run makes of them."""

import pytest
from worlds import OMAR, PRIYA

from automations.compose.reading import read_mime
from automations.desk import review
from automations.errors import ExitCode, FaultClass, HeaderFaultError, ProviderError, RefusedError
from automations.model.records import DraftState, RunOutcome
from automations.model.sending import ApprovalState

OFFER = f"offer:{PRIYA.id}:2026-03"
OTHER = f"offer:{OMAR.id}:2026-03"


def copy_of(life, key):
    return life.copies()[life.draft(key).provider_id]


def shown(life, key):
    return read_mime(copy_of(life, key))


def test_what_was_edited_outside_is_the_new_revision_and_voids_the_approval(life):
    life.let_send()
    life.run()
    life.approve(OFFER)
    old = life.draft(OFFER)
    life.edit_copy(old, "The billing move is on plan.", "The billing move is done!")

    report = life.run()

    new = life.draft(OFFER)
    assert [result.kind for result in report.results] == ["adopt-draft", "update-draft"]
    assert (new.state, new.text_rev) == (DraftState.WAITING, old.text_rev + 1)
    assert "is done!" in new.body_text
    assert new.previous_text == old.body_text
    assert new.hash != old.hash
    assert [approval.state for approval in life.recorded.approvals] == [ApprovalState.VOID]
    assert life.run().results == ()


def test_the_html_part_follows_the_text_that_was_edited(life):
    life.run()
    life.edit_copy(life.draft(OFFER), "The billing move is on plan.", "The billing move is done!")
    life.run()

    assert "is done!" in shown(life, OFFER).body_html
    assert "on plan" not in shown(life, OFFER).body_html
    assert shown(life, OFFER).parts_agree
    assert shown(life, OFFER).body_html == life.draft(OFFER).body_html


ON_PLAN, DONE = b"The billing move is on plan.", b"The billing move is done!"


def in_html_alone(data):
    head, _, html = data.rpartition(b"Content-Type: text/html")
    assert ON_PLAN in html
    return head + b"Content-Type: text/html" + html.replace(ON_PLAN, DONE)


def with_a_file(data):
    end = b"--" + data.rpartition(b"\r\n--")[2].strip()
    assert end.endswith(b"--")
    part = end[:-2] + b"\r\nContent-Type: text/csv; name=rota.csv\r\n\r\na,b\r\n"
    return data.replace(end, part + end)


UNSHOWN = {
    "bcc": (lambda data: data.replace(b"Subject:", b"Bcc: me@x.test\r\nSubject:", 1), "a Bcc to me@x.test"),
    "reply": (
        lambda data: data.replace(b"Subject:", b"Reply-To: me@x.test\r\nSubject:", 1),
        "a Reply-To of me@x.test",
    ),
    "sender": (lambda data: data.replace(b"<ann@corp.test>", b"<me@x.test>", 1), "another sender, me@x.test"),
    "html": (in_html_alone, "an HTML part that says other things"),
    "attachment": (with_a_file, "an attachment, rota.csv"),
}


@pytest.mark.parametrize("change", UNSHOWN)
def test_a_copy_with_what_no_approval_shows_is_left_alone_and_not_approved(life, change):
    spoil, said = UNSHOWN[change]
    life.run()
    before, draft = copy_of(life, OFFER), life.draft(OFFER)
    data = spoil(before)
    assert data != before
    life.write_copy(draft, data)

    with pytest.raises(RefusedError, match=said) as refused:
        review.refreshed(life.bench, draft)
    assert f"magicloop draft approve {draft.id[:6]}" in refused.value.fix
    report = life.run()

    assert (report.results, report.exit_code) == ((), ExitCode.PARTIAL)
    assert [(p.code, said in p.what) for p in report.notices.told] == [("draft-unreviewable", True)]
    assert (copy_of(life, OFFER), life.draft(OFFER)) == (data, draft)
    assert life.run().notices.told == ()
    life.write_copy(draft, before)
    report = life.run()
    assert (report.results, report.notices.standing) == ((), ())
    assert review.refreshed(life.bench, draft) == (draft, None)


def test_a_doubt_about_a_copy_stands_while_the_copy_cannot_be_read(life):
    life.run()
    data = UNSHOWN["bcc"][0](copy_of(life, OFFER))
    life.write_copy(life.draft(OFFER), data)
    life.run()

    life.write_copy(life.draft(OFFER), b"no mail")
    assert life.run().notices.recovered == ()
    assert life.problems() == {"draft-unreviewable", "drafts-unreadable"}
    life.write_copy(life.draft(OFFER), data)
    fetch = life.mailbox.fetch_drafts

    def refuse(ids, refs=None):
        raise ProviderError("no permission", fault="permanent")

    life.mailbox.fetch_drafts = refuse
    life.run()
    assert "draft-unreviewable" in life.problems()
    life.mailbox.fetch_drafts = fetch
    assert life.run().results == ()


def test_words_edited_beside_a_blind_copy_are_read_in_when_it_is_taken_out(life):
    life.run()
    data = copy_of(life, OFFER).replace(ON_PLAN, DONE, 1)
    life.write_copy(life.draft(OFFER), UNSHOWN["bcc"][0](data))
    life.run()
    assert "is done!" not in life.draft(OFFER).body_text

    life.write_copy(life.draft(OFFER), data)
    life.run()

    assert "is done!" in life.draft(OFFER).body_text
    assert shown(life, OFFER).parts_agree
    assert "is done!" in shown(life, OFFER).body_html
    assert life.run().results == ()


def test_a_sender_in_other_case_or_html_that_says_the_same_stands_in_no_way(life):
    life.run()
    data = copy_of(life, OFFER).replace(b"<ann@corp.test>", b"<Ann@corp.test>", 1)
    life.write_copy(life.draft(OFFER), data.replace(b"<p>The billing", b"<p><b>The</b> billing"))

    report = life.run()

    assert [result.kind for result in report.results] == ["adopt-draft"]
    assert (report.notices.standing, "<b>" in life.draft(OFFER).body_html) == ((), True)
    assert life.run().results == ()


def test_what_no_approval_shows_voids_the_approval_of_a_mail_that_is_still_to_be_sent(life):
    life.let_send()
    life.run()
    life.approve(OFFER)
    life.write_copy(life.draft(OFFER), UNSHOWN["bcc"][0](copy_of(life, OFFER)))

    life.run()

    assert life.draft(OFFER).state is DraftState.WAITING
    assert [approval.state for approval in life.recorded.approvals] == [ApprovalState.VOID]
    assert life.run().results == ()
    assert life.problems() == {"draft-unreviewable"}


def test_a_deleted_file_is_a_discarded_draft(life):
    life.run()
    life.delete_copy(life.draft(OFFER))

    life.run()

    assert (life.draft(OFFER).state, life.draft(OFFER).reason) == (
        DraftState.DISCARDED,
        "its copy was deleted by hand",
    )
    assert life.run().results == ()


def test_a_deleted_folder_is_no_decision_and_its_drafts_are_written_again(life):
    life.change(bosses=(PRIYA, OMAR))
    life.run()
    before = life.copies()
    life.lose_copies()

    report = life.run()

    assert [result.kind for result in report.results] == ["restore-draft"] * 2
    assert life.copies() == before
    assert sorted(life.waiting()) == sorted([OFFER, OTHER])
    assert life.run().results == ()


@pytest.mark.parametrize(
    "wreck",
    [b"", b"not a mail", b"To: nonsense\r\nSubject: x\r\n\r\nhello\r\n", b"\xff\xfe\x00"],
    ids=["empty", "text", "address", "bytes"],
)
def test_a_file_that_is_no_mail_any_more_is_a_problem_and_stops_nothing_else(life, wreck):
    life.change(bosses=(PRIYA, OMAR))
    life.run()
    life.write_copy(life.draft(OFFER), wreck)
    life.edit_copy(life.draft(OTHER), "The billing move is on plan.", "The billing move is done!")

    report = life.run()

    assert report.exit_code is ExitCode.PARTIAL
    assert [p.code for p in report.notices.told] == ["drafts-unreadable"]
    assert copy_of(life, OFFER) == wreck
    assert life.draft(OFFER).state is DraftState.WAITING
    assert "is done!" in life.draft(OTHER).body_text
    with pytest.raises(RefusedError, match=r"no mail|cannot be read"):
        review.refreshed(life.bench, life.draft(OFFER))


def without_recipients(life):
    life.run()
    data = copy_of(life, OFFER).replace(b"To: priya@corp.test\r\n", b"", 1)
    life.write_copy(life.draft(OFFER), data)
    return data


def test_an_edit_that_no_mail_can_be_made_of_is_told_once_and_left_alone(life):
    data = without_recipients(life)

    report = life.run()

    assert (report.outcome, report.exit_code) == (RunOutcome.FAILED, ExitCode.PARTIAL)
    assert [problem.code for problem in report.notices.told] == ["adopt-draft-failed"]
    assert copy_of(life, OFFER) == data
    before = life.memory()
    assert life.run().notices.told == ()
    assert life.memory() == before, "the same failure is not logged again"
    with pytest.raises(HeaderFaultError, match="nobody"):
        review.refreshed(life.bench, life.draft(OFFER))


def test_an_edit_that_no_mail_can_be_made_of_is_over_with_its_time(life):
    data = without_recipients(life)
    life.run()
    life.clock.go(days=31)

    life.run()

    assert life.draft(OFFER).state is DraftState.EXPIRED
    assert data in life.copies().values()
    assert life.run().results == ()


def test_the_file_of_an_expired_draft_goes_but_not_when_it_was_edited(life):
    life.change(bosses=(PRIYA, OMAR))
    life.run()
    kept = life.draft(OTHER)
    life.edit_copy(kept, "The billing move is on plan.", "The billing move is done!")
    life.clock.go(days=31)

    life.run()

    assert {life.draft(key).state for key in (OFFER, OTHER)} == {DraftState.EXPIRED}
    names = set(life.copies())
    assert kept.provider_id in names
    assert life.draft(OFFER).provider_id not in names
    assert life.run().results == ()
    left = [entry for entry in life.log if entry.kind == "remove-copy" and entry.subject == OTHER]
    assert [(entry.outcome, "so it stays" in entry.detail) for entry in left] == [("done", True)]


def test_an_approval_that_was_not_used_runs_out_after_72_hours(life):
    life.let_send()
    life.run()
    life.approve(OFFER)
    life.sender.fault = ProviderError("no network", fault=FaultClass.TRANSIENT)
    life.clock.go(hours=72, seconds=-1)
    life.run()
    assert life.draft(OFFER).state is DraftState.APPROVED
    life.clock.go(seconds=1)

    life.run()

    assert life.draft(OFFER).state is DraftState.WAITING
    assert [approval.state for approval in life.recorded.approvals] == [ApprovalState.VOID]
    assert len(life.copies()) == 1
    assert life.run().results == ()


def test_an_approval_that_runs_out_while_the_folder_is_gone_settles_in_one_run(life):
    life.let_send()
    life.run()
    life.approve(OFFER)
    life.clock.go(hours=73)
    life.lose_copies()

    report = life.run()

    assert [result.kind for result in report.results][:2] == ["close-draft", "restore-draft"]
    assert (life.draft(OFFER).state, len(life.copies())) == (DraftState.WAITING, 1)
    assert life.run().results == ()


def test_a_draft_that_was_handed_over_waits_for_the_persons_word_whatever_becomes_of_its_file(life):
    life.run()
    life.approve(OFFER)
    life.delete_copy(life.draft(OFFER))
    life.clock.go(days=40)

    life.run()

    assert life.draft(OFFER).state is DraftState.APPROVED
    review.resolve(life.bench, life.draft(OFFER), sent=True)
    assert life.draft(OFFER).state is DraftState.SENT_ELSEWHERE
    life.settle()


def test_words_edited_while_the_file_cannot_be_written_reach_it_later(filed):
    filed.run()
    old = copy_of(filed, OFFER)

    def refuse(*args, **named):
        raise ProviderError("no permission", fault="permanent")

    filed.mailbox.update = refuse
    with pytest.raises(ProviderError, match="no permission"):
        filed.rewrite(OFFER, body_text="Quite other words.")
    assert filed.draft(OFFER).body_text == "Quite other words.\n"
    assert copy_of(filed, OFFER) == old
    with pytest.raises(ProviderError, match="no permission"):
        review.refreshed(filed.bench, filed.draft(OFFER))
    assert filed.run().outcome is RunOutcome.FAILED
    del filed.mailbox.update

    report = filed.run()

    assert [result.kind for result in report.results] == ["update-draft"]
    assert shown(filed, OFFER).body_text == "Quite other words.\n"
    assert filed.run().results == ()


def test_words_edited_at_the_same_time_as_the_file_are_kept_as_the_revision_before(life):
    life.run()
    update = life.mailbox.update

    def meanwhile(provider_id, copy, *, revision):
        life.edit_copy(life.draft(OFFER), "The billing move is on plan.", "Edited in the mail program.")
        return update(provider_id, copy, revision=revision)

    life.mailbox.update = meanwhile
    with pytest.raises(RefusedError, match="changed outside meanwhile"):
        life.rewrite(OFFER, body_text="Edited at the desk.")
    del life.mailbox.update
    life.run()

    assert "Edited in the mail program." in life.draft(OFFER).body_text
    assert life.draft(OFFER).previous_text == "Edited at the desk.\n"
    assert life.run().results == ()


def test_an_edit_at_the_desk_changes_words_file_and_hash_and_voids_the_approval(life):
    life.let_send()
    life.run()
    life.approve(OFFER)
    old = life.draft(OFFER)

    life.rewrite(OFFER, body_text="Hello\r\n\r\nthere   \r\n", to=("boss@corp.test",))

    new = life.draft(OFFER)
    assert (new.state, new.to, new.body_text) == (DraftState.WAITING, ("boss@corp.test",), "Hello\n\nthere\n")
    assert new.hash != old.hash
    assert (shown(life, OFFER).to, shown(life, OFFER).body_text) == (new.to, new.body_text)
    assert life.recorded.approvals[0].state is ApprovalState.VOID
    assert life.run().results == ()


def test_a_discarded_draft_whose_file_was_edited_is_discarded_and_the_file_stays(life):
    life.run()
    life.edit_copy(life.draft(OFFER), "The billing move is on plan.", "The billing move is done!")
    review.discard(life.bench, life.draft(OFFER), "")

    assert life.draft(OFFER).state is DraftState.DISCARDED
    assert len(life.copies()) == 1
    assert life.run().results == ()


def test_a_draft_that_was_handed_over_and_edited_is_not_ended_by_its_time(life):
    life.run()
    life.approve(OFFER)
    life.edit_copy(life.draft(OFFER), "The billing move is on plan.", "Saved so by the mail program.")
    life.clock.go(days=40)

    life.run()

    assert (life.draft(OFFER).state, life.draft(OFFER).text_rev) == (DraftState.APPROVED, 1)
    assert any(b"Saved so by the mail program." in data for data in life.copies().values())
    assert life.run().results == ()
    (problem,) = life.recorded.problems
    assert (problem.code, problem.subject) == ("draft-edited-late", OFFER)
    assert f"magicloop draft resolve {life.draft(OFFER).id[:6]} --sent" in problem.fix
    review.resolve(life.bench, life.draft(OFFER), sent=True)
    life.settle()
    assert life.problems() == set()

"""Copies that all went at once, were renamed, were saved in other bytes, or are kept elsewhere: no decision of the person's."""

from email import message_from_bytes, policy

import pytest
from worlds import OMAR, PRIYA

from automations.desk import review
from automations.model.policy import Boss
from automations.model.records import DraftState
from automations.model.sending import ApprovalState
from automations.providers.local.mail import LocalMailbox
from automations.providers.memory_mail import MemoryMailbox

OFFER = f"offer:{PRIYA.id}:2026-03"
OTHER = f"offer:{OMAR.id}:2026-03"


def states(life):
    return {draft.key: draft.state for draft in life.recorded.drafts}


def asked(life):
    """Return what is asked about: the draft's key and the command for one that was deleted."""
    return {p.subject: p.fix for p in life.recorded.problems if p.code == "draft-vanished"}


def empty(life):
    """Take every copy out of the place, as a disk does that is not mounted; return them."""
    copies = life.copies()
    for draft in life.recorded.drafts:
        if draft.provider_id in copies:
            life.delete_copy(draft)
    return copies


def put_back(life, copies):
    for name, data in copies.items():
        life.write_named(name, data)


@pytest.fixture
def two(life):
    life.change(bosses=(PRIYA, OMAR))
    life.run()
    return life


def test_drafts_that_all_went_at_once_are_asked_about_and_wait_on(two):
    before = two.recorded.drafts
    copies = empty(two)

    first, again = two.run(), two.run()

    assert (first.results, again.results, two.recorded.drafts) == ((), (), before)
    assert set(asked(two)) == {OFFER, OTHER}
    assert f"magicloop draft discard {two.draft(OFFER).id[:6]} --yes" in asked(two)[OFFER]
    assert (len(first.notices.told), again.notices.told) == (2, ())
    put_back(two, copies)
    assert (two.run().results, two.problems()) == ((), set())


def test_what_was_asked_stays_asked_when_another_draft_is_put_there(two):
    empty(two)
    two.run()
    two.change(bosses=(PRIYA, OMAR, Boss("Kim Lee", "kim@corp.test")))
    two.run()
    assert two.copies(), "something of ours is there again"

    two.run()

    assert {states(two)[key] for key in (OFFER, OTHER)} == {DraftState.WAITING}
    assert set(asked(two)) == {OFFER, OTHER}


def test_the_persons_word_ends_what_was_asked_each_by_itself(two):
    empty(two)
    two.run()

    review.discard(two.bench, two.draft(OFFER), "")
    two.run()

    assert (states(two)[OFFER], states(two)[OTHER]) == (DraftState.DISCARDED, DraftState.WAITING)
    assert set(asked(two)) == {OTHER}
    review.resolve(two.bench, two.draft(OTHER), sent=True)
    two.settle()
    assert (states(two)[OTHER], two.problems()) == (DraftState.SENT_ELSEWHERE, set())


def test_the_time_of_a_mail_that_is_asked_about_ends_all_the_same(two):
    empty(two)
    two.run()
    two.clock.go(days=31)

    two.run()

    assert {states(two)[key] for key in (OFFER, OTHER)} == {DraftState.EXPIRED}
    assert asked(two) == {}


def test_an_approved_mail_whose_copy_was_the_last_is_neither_sent_nor_discarded(life):
    sender = life.let_send()
    life.run()
    life.approve(OFFER)
    copies = empty(life)
    life.clock.go(minutes=15)

    life.run()
    life.run()

    assert (states(life)[OFFER], sender.sent, set(asked(life))) == (DraftState.APPROVED, [], {OFFER})
    put_back(life, copies)
    life.clock.go(minutes=15)
    life.settle()
    assert (states(life)[OFFER], len(sender.sent), life.copies()) == (DraftState.SENT, 1, {})


def test_an_approval_that_ran_out_while_it_was_asked_about_sends_nothing(life):
    sender = life.let_send()
    life.run()
    life.approve(OFFER)
    copies = empty(life)
    life.run()
    life.clock.go(hours=73)
    life.run()
    put_back(life, copies)

    life.settle()

    assert (states(life)[OFFER], sender.sent) == (DraftState.WAITING, [])


def test_one_deleted_file_is_a_decision_beside_others_and_beside_those_that_were_handed_over(two):
    two.approve(OTHER)
    two.delete_copy(two.draft(OTHER))
    two.delete_copy(two.draft(OFFER))

    two.run()

    assert (states(two)[OFFER], states(two)[OTHER]) == (DraftState.DISCARDED, DraftState.APPROVED)
    assert two.problems() == set()


# A copy under another name


def rename(life, key, name, change=lambda data: data):
    draft = life.draft(key)
    data = life.copies()[draft.provider_id]
    life.delete_copy(draft)
    life.write_named(name, change(data))


def test_a_renamed_copy_is_the_same_draft(two):
    rename(two, OFFER, "Mail to Priya.eml")

    report = two.run()

    assert [(result.kind, result.subject) for result in report.results] == [("note-copy", OFFER)]
    assert (two.draft(OFFER).provider_id, states(two)[OFFER]) == ("Mail to Priya.eml", DraftState.WAITING)
    assert two.run().results == ()
    rename(two, OFFER, "Once more.eml", lambda data: data.replace(b"on plan.", b"done!", 1))
    two.settle()
    assert "done!" in two.draft(OFFER).body_text
    assert b"done!" in two.copies()["Once more.eml"]


def test_an_approved_mail_goes_from_a_renamed_copy_which_goes_with_it(life):
    sender = life.let_send()
    life.run()
    life.approve(OFFER)
    rename(life, OFFER, "Mail to Priya.eml")
    life.clock.go(minutes=15)

    life.settle()

    assert (states(life)[OFFER], len(sender.sent), life.copies()) == (DraftState.SENT, 1, {})


@pytest.mark.parametrize("end", ["discard", "expire"])
def test_a_renamed_copy_of_a_draft_that_ends_is_taken_away(two, end):
    rename(two, OFFER, "Mail to Priya.eml")

    if end == "discard":
        review.discard(two.bench, two.draft(OFFER), "")
    else:
        two.clock.go(days=31)
        two.run()

    assert "Mail to Priya.eml" not in two.copies()
    assert states(two)[OFFER] in (DraftState.DISCARDED, DraftState.EXPIRED)


# A copy in other bytes


def in_base64(data):
    message = message_from_bytes(data, policy=policy.SMTP)
    for part in message.walk():
        if part.get_content_maintype() == "text":
            part.set_content(part.get_content(), subtype=part.get_content_subtype(), cte="base64")
    return message.as_bytes()


SAVED_ANEW = {
    "line feeds": lambda data: data.replace(b"\r\n", b"\n"),
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "base64": in_base64,
}


@pytest.mark.parametrize("way", SAVED_ANEW)
def test_an_approval_stands_when_only_the_bytes_of_its_copy_changed(life, way):
    sender = life.let_send()
    life.run()
    life.approve(OFFER)
    (approval,) = life.recorded.approvals
    before = life.copies()[life.draft(OFFER).provider_id]
    life.write_copy(life.draft(OFFER), SAVED_ANEW[way](before))
    assert life.copies()[life.draft(OFFER).provider_id] != before

    report = life.run()

    assert [result.kind for result in report.results] == ["note-copy"]
    assert (states(life)[OFFER], life.draft(OFFER).text_rev) == (DraftState.APPROVED, 1)
    assert life.recorded.approvals == (approval,)
    life.clock.go(minutes=15)
    life.settle()
    assert [mail.mime for mail in sender.sent] == [approval.mime]
    assert (states(life)[OFFER], life.copies()) == (DraftState.SENT, {})


def test_a_mail_that_was_handed_over_stays_so_when_a_program_saves_it_anew(life):
    life.run()
    handed = life.approve(OFFER)
    life.write_copy(handed, in_base64(life.copies()[handed.provider_id]))
    life.clock.go(days=40)

    life.run()

    assert (states(life)[OFFER], life.draft(OFFER).handed_over) == (DraftState.APPROVED, handed.handed_over)
    assert life.problems() == set()


def test_looking_at_a_copy_that_was_saved_anew_voids_no_approval(life):
    life.let_send()
    life.run()
    life.approve(OFFER)
    life.write_copy(life.draft(OFFER), in_base64(life.copies()[life.draft(OFFER).provider_id]))

    draft, read_in = review.refreshed(life.bench, life.draft(OFFER))

    assert (draft.state, read_in) == (DraftState.APPROVED, None)
    assert [approval.state for approval in life.recorded.approvals] == [ApprovalState.LIVE]


# A copy in the mailbox that was named before


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "a folder"])
def test_a_draft_in_the_mailbox_of_before_is_not_sent_discarded_or_written_here(filed, there):
    filed.mailbox = MemoryMailbox()
    sender = filed.let_send()
    filed.run()
    filed.approve(OFFER)
    filed.mailbox.files.clear()  # it was sent by hand there
    filed.mailbox = LocalMailbox(str(filed.drafts_folder))
    if there:
        filed.drafts_folder.mkdir()
    before = filed.draft(OFFER)

    first, again = filed.run(), filed.run()

    assert (first.results, again.results, sender.sent, filed.copies()) == ((), (), [], {})
    assert filed.draft(OFFER) == before
    (problem,) = filed.recorded.problems
    assert "in Gmail" in problem.what
    assert 'mail.provider = "google"' in problem.fix

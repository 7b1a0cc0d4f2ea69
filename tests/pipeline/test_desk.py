"""What the person does at the desk, and what the desk refuses."""

from datetime import timedelta

import pytest
from worlds import PRIYA, START, MemoryLife

from automations.desk import incidents, review
from automations.desk import invention as desk_invention
from automations.desk.card import build_card
from automations.desk.looks import note_look
from automations.desk.status import status_of
from automations.errors import HeaderFaultError, RefusedError, UnknownNameError
from automations.model.records import BlockState, DraftState
from automations.model.seen import Span
from automations.model.sending import ApprovalState
from automations.store.memory import MemoryJournal

OFFER = f"offer:{PRIYA.id}:2026-03"


@pytest.fixture
def started(kept):
    kept.run()
    return kept


def test_an_approval_binds_to_the_words_that_were_shown(started):
    draft = started.draft(OFFER)
    for wrong in ("", draft.hash[:5], "0" * 8, draft.hash + "0"):
        with pytest.raises(RefusedError, match=r"digits|changed since"):
            review.approve(started.bench, draft, wrong)
    assert started.recorded.approvals == ()

    review.approve(started.bench, draft, draft.hash[:6].upper())

    (approval,) = started.recorded.approvals
    assert (approval.hash, approval.text_rev, approval.recipients) == (draft.hash, 1, ("priya@corp.test",))
    assert approval.state is ApprovalState.CONSUMED, "the file was handed over with it"
    assert started.draft(OFFER).handed_over == started.clock.now()
    with pytest.raises(RefusedError, match="approved already"):
        started.approve(OFFER)


def test_an_expired_draft_is_not_approved_even_before_a_run_ends_it(started):
    started.clock.go(days=31)
    with pytest.raises(RefusedError, match="expired"):
        started.approve(OFFER)
    started.run()
    with pytest.raises(RefusedError, match="final"):
        started.approve(OFFER)


def test_what_changed_since_a_look_is_on_the_card_until_it_is_looked_at_again(started):
    def card():
        return build_card(started.draft(OFFER), started.recorded, started.policy, started.clock.now())

    note_look(started.bench, started.draft(OFFER))
    assert card().since_seen is None
    for words in ("First thoughts.\n", "Second thoughts.\n"):
        started.rewrite(OFFER, body_text=words)

    changed = card().since_seen
    assert "+Second thoughts." in changed.unified
    assert "First" not in changed.unified, "that was never shown"

    for _ in range(2):
        note_look(started.bench, started.draft(OFFER))
    assert card().since_seen is None
    assert [line.kind for line in started.log if line.kind == "show-draft"] == ["show-draft"] * 2, (
        "once a revision"
    )


def test_a_draft_is_found_by_key_and_by_the_start_of_its_id(started):
    draft = started.draft(OFFER)
    assert review.find_draft(started.recorded, OFFER) == draft
    assert review.find_draft(started.recorded, draft.id[:4]) == draft
    with pytest.raises(UnknownNameError, match=draft.id[:6]):
        review.find_draft(started.recorded, "nothing")
    with pytest.raises(UnknownNameError):
        review.find_draft(started.recorded, "")


@pytest.mark.parametrize("words", [{"to": ()}, {"to": ("no address",)}, {"subject": "\u200b"}])
def test_an_edit_that_makes_no_mail_changes_nothing(started, words):
    before = started.everything()
    with pytest.raises((RefusedError, HeaderFaultError)):
        started.rewrite(OFFER, **words)
    after = started.everything()
    assert (after[0], after[1][0]) == (before[0], before[1][0])


def test_odd_characters_in_pasted_words_are_cleaned_not_refused(started):
    started.rewrite(
        OFFER, subject="One\u200b question\r\nBcc: x@y.test", body_text="Hi\u202e Priya,\x00\n\n\n\nhi\r\n"
    )

    draft = started.draft(OFFER)
    assert (draft.subject, draft.body_text) == ("One question Bcc: x@y.test", "Hi Priya,\n\n\n\nhi\n")
    assert (draft.to, draft.cc) == (("priya@corp.test",), ())


def test_an_edit_that_says_the_same_is_none(started):
    before = started.everything()
    assert started.rewrite(OFFER, body_text=started.draft(OFFER).body_text).text_rev == 1
    assert started.everything() == before


def test_a_snoozed_draft_is_out_of_sight_until_then_and_keeps_its_expiry(started):
    draft = started.draft(OFFER)
    until = started.clock.now() + timedelta(days=2)
    assert [d.key for d in status_of(started.recorded, started.clock.now()).waiting] == [OFFER]
    review.snooze(started.bench, draft, until)
    assert status_of(started.recorded, started.clock.now()).waiting == ()
    assert [d.key for d in status_of(started.recorded, until).waiting] == [OFFER]
    assert started.draft(OFFER).expires == draft.expires
    for late in (started.clock.now(), draft.expires):
        with pytest.raises(RefusedError):
            review.snooze(started.bench, started.draft(OFFER), late)


def test_what_was_handed_over_is_asked_about_until_it_is_settled(started):
    with pytest.raises(RefusedError, match="nothing to resolve"):
        review.resolve(started.bench, started.draft(OFFER), sent=True)
    started.approve(OFFER)
    assert [d.key for d in status_of(started.recorded, started.clock.now()).unsure] == [OFFER]
    review.resolve(started.bench, started.draft(OFFER), sent=False)
    assert started.waiting() == [OFFER]
    started.approve(OFFER)
    review.resolve(started.bench, started.draft(OFFER), sent=True)
    assert started.draft(OFFER).state is DraftState.SENT_ELSEWHERE
    assert started.copies() == {}
    assert started.run().results == ()


@pytest.mark.parametrize(
    "facts",
    [
        {"severity": 0},
        {"severity": 5},
        {"title": " \n"},
        {"audiences": ("boss:x@y.test",)},
        {"audiences": ("exec:",)},
    ],
)
def test_an_incident_that_cannot_be_so_is_not_opened(kept, facts):
    with pytest.raises(RefusedError):
        kept.open_incident(**facts)
    assert kept.recorded.incidents == ()


def test_an_incident_did_not_start_in_the_future(kept):
    with pytest.raises(RefusedError, match="future"):
        kept.open_incident(started=kept.clock.now() + timedelta(minutes=1))


def test_an_incident_is_resolved_once_and_with_how_that_was_verified(kept):
    kept.open_incident()
    args = (kept.journal, kept.policy, kept.recorded, kept.clock.now(), "1")
    with pytest.raises(RefusedError, match="verified"):
        incidents.resolve_incident(*args, {"verified": "  "})
    kept.resolve_incident()
    with pytest.raises(RefusedError, match="already"):
        kept.resolve_incident()
    with pytest.raises(UnknownNameError, match="INC-1"):
        kept.update_incident("7")


def test_an_update_after_the_end_opens_the_incident_again_and_the_log_says_so(kept):
    kept.open_incident()
    kept.resolve_incident()
    kept.update_incident()
    assert kept.recorded.incidents[0].resolved is None
    assert [entry.kind for entry in kept.log] == ["open-incident", "resolve-incident", "reopen-incident"]
    assert [update.number for update in kept.recorded.updates] == [1, 2, 3]


def test_a_block_edited_by_hand_is_skipped_when_the_person_says_so(filed):
    filed.run()
    block = filed.block("2026-03")
    file = filed.own_file
    file.write_bytes(file.read_bytes().replace(b"SUMMARY:", b"SUMMARY:Mine: ", 2))

    assert desk_invention.skip(filed.bench, "2026-03").state is BlockState.SKIPPED

    assert len(filed.events()) == 1
    filed.run()
    assert filed.block("2026-03").state is BlockState.SKIPPED
    assert filed.block("2026-03").id == block.id


def test_a_block_that_stood_before_the_journal_was_lost_is_said_where_it_stands(life):
    life.run()
    old = life.block("2026-04")
    moved = Span(old.span.start + timedelta(days=2), old.span.end + timedelta(days=2))
    life.move_event(old, moved)
    life.journal.close()
    life.journal = MemoryJournal()

    report = life.run()

    result = next(each for each in report.results if each.subject == "2026-04")
    stood = life.block("2026-04")
    assert (stood.state, stood.span, result.span) == (BlockState.BOOKED, moved, moved)
    assert stood.reason == result.reason == result.detail
    assert stood.reason.startswith("found on the calendar at ")
    assert not [other for other in stood.alternatives if other.overlaps(moved)]
    other = next(each for each in report.results if each.subject == "2026-03" and each.kind == "book-block")
    assert (other.detail, other.span) == ("", life.block("2026-03").span)


def test_the_list_says_why_a_month_has_no_block(kept):
    for day in range(31):
        kept.meet(START.replace(day=1, hour=6) + timedelta(days=day), 720, "Offsite")
    kept.run()
    kept.delete_event(kept.block("2026-04"))
    (march, _) = desk_invention.listed_blocks(kept.policy, kept.clock.now(), kept.recorded)
    (problem,) = (each for each in kept.recorded.problems if each.subject == "2026-03")
    assert (march.state, march.reason) == (BlockState.OWED, problem.what)

    new = MemoryLife(now=START.replace(day=30))
    march, april = desk_invention.listed_blocks(new.policy, new.clock.now(), new.recorded)
    assert march.reason == "no working time left this month after the notice of 2 days"
    assert april.reason == "to be booked by the next run"


@pytest.mark.parametrize("severity", [None, 1])
def test_who_updates_from_an_older_memory_gets_the_next_number_and_both_are_kept(kept, severity):
    kept.open_incident()
    old = kept.recorded
    kept.update_incident(changed="from the one")
    made = incidents.update_incident(
        kept.journal,
        kept.policy,
        old,
        kept.clock.now(),
        "1",
        None,
        {"changed": "from the other"},
        (),
        severity,
    )
    assert made.number == 3
    updates = kept.recorded.updates
    assert [each.fields.get("changed") for each in updates] == [None, "from the one", "from the other"]
    incidents.open_incident(
        kept.journal, kept.policy, old, kept.clock.now(), incidents.NewIncident("Another", 3, "few")
    )
    again = incidents.open_incident(
        kept.journal, kept.policy, old, kept.clock.now(), incidents.NewIncident("A third", 3, "few")
    )
    assert again.id == "INC-3"
    assert [each.title for each in kept.recorded.incidents][1:] == ["Another", "A third"]

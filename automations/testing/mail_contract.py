"""What every `ports.Mailbox` must do. A mailbox proves itself by subclassing `MailContract`.

    class TestMine(MailContract):
        def make_mailbox(self, tmp_path): return MyMailbox(...)
        def edit_by_hand(self, mailbox, provider_id, change): ...
        def delete_by_hand(self, mailbox, provider_id): ...
        def lose_all(self, mailbox): ...
        def break_place(self, mailbox): ...
        def send_by_hand(self, mailbox, provider_id): ...

The last five play the person and the disk. What a mailbox says it cannot do is not asked of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from automations.compose.mime import Letter, build_mime
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import SentMail
from automations.ports import AlreadySentError, MailCopy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from automations.ports import Mailbox

LETTER = Letter(
    sender="sam@corp.test",
    sender_name="Sam Lee",
    to=("dana@corp.test", "kim@corp.test"),
    cc=("lou@corp.test",),
    subject="Anything off your plate?",
    body_text="Hi Dana,\n\nAll is on track · 14:00.\n\nSam\n",
    body_html="<p>Hi Dana,</p>\n<p>All is on track · 14:00.</p>\n<p>Sam</p>\n",
    date=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    ref="3f9a1c0b77de",
)


def copy_of(letter: Letter) -> MailCopy:
    """Return a letter as a mailbox is handed it."""
    return MailCopy(
        key=f"offer:{letter.ref}",
        ref=letter.ref,
        subject=letter.subject,
        created=letter.date,
        mime=build_mime(letter, unsent=True),
    )


FIRST = copy_of(LETTER)
OTHER = copy_of(replace(LETTER, ref="a0a0a0a0a0a0", subject="Where can I help?"))
REWORDED = copy_of(replace(LETTER, body_text="Hi Dana,\n\nShorter.\n\nSam\n", body_html=""))
UNKNOWN_REVISION = "0" * 64


class MailContract:
    """The tests every mailbox passes. Each `:raises:` of `ports.Mailbox` is one of them."""

    def make_mailbox(self, tmp_path: Path) -> Mailbox:
        """Return an empty mailbox that keeps what it keeps below `tmp_path`."""
        raise NotImplementedError

    def edit_by_hand(self, mailbox: Mailbox, provider_id: str, change: Callable[[bytes], bytes]) -> None:
        """Change a draft as the person would, in another program."""
        raise NotImplementedError

    def delete_by_hand(self, mailbox: Mailbox, provider_id: str) -> None:
        """Delete a draft as the person would."""
        raise NotImplementedError

    def lose_all(self, mailbox: Mailbox) -> None:
        """Take away the place that holds every draft."""
        raise NotImplementedError

    def break_place(self, mailbox: Mailbox) -> None:
        """Leave the place there, but such that it can be neither read nor written."""
        raise NotImplementedError

    def send_by_hand(self, mailbox: Mailbox, provider_id: str) -> None:
        """Send a draft as the person would; only asked of a mailbox that tells sent from deleted."""
        raise NotImplementedError

    @pytest.fixture
    def mailbox(self, tmp_path: Path) -> Mailbox:
        """Give each test an empty mailbox."""
        return self.make_mailbox(tmp_path)

    # Putting a draft there and reading it back

    def test_a_created_draft_reads_back_as_it_was_written(self, mailbox: Mailbox) -> None:
        """By its id, by its ref and as the answer of the call."""
        seen = mailbox.create(FIRST)
        assert seen.subject == LETTER.subject
        assert (set(seen.to), set(seen.cc)) == (set(LETTER.to), set(LETTER.cc))
        assert (seen.body_text, seen.body_html) == (LETTER.body_text, LETTER.body_html)
        fetched = mailbox.fetch_drafts([seen.provider_id])
        assert dict(fetched.found) == {seen.provider_id: seen}
        assert not fetched.lost
        assert not fetched.unreadable
        assert mailbox.find(LETTER.ref) == seen

    def test_creating_the_same_ref_again_changes_nothing(self, mailbox: Mailbox) -> None:
        """Even with other words: what stands is returned."""
        first = mailbox.create(FIRST)
        assert mailbox.create(REWORDED) == first
        assert dict(mailbox.fetch_drafts([first.provider_id]).found) == {first.provider_id: first}

    def test_creating_again_returns_what_the_person_made_of_it(self, mailbox: Mailbox) -> None:
        """An edit made between two tries wins."""
        first = mailbox.create(FIRST)
        self.edit_by_hand(
            mailbox, first.provider_id, lambda data: data.replace(b"off your plate", b"to share")
        )
        again = mailbox.create(FIRST)
        assert again.subject == "Anything to share?"
        assert again.provider_id == first.provider_id

    def test_creating_raises_already_sent_once_the_mail_of_the_ref_went(self, mailbox: Mailbox) -> None:
        """Another machine may have sent it; nothing is written."""
        if not mailbox.capabilities.tells_sent_from_deleted:
            pytest.skip("it cannot tell")
        self.send_by_hand(mailbox, mailbox.create(FIRST).provider_id)
        with pytest.raises(AlreadySentError) as gone:
            mailbox.create(FIRST)
        assert mailbox.find(LETTER.ref) == gone.value.sent
        assert isinstance(gone.value.sent, SentMail)
        assert mailbox.create(OTHER).subject == OTHER.subject

    def test_drafts_of_one_subject_and_day_are_kept_apart(self, mailbox: Mailbox) -> None:
        """Refs that begin alike do not mix either."""
        twin = copy_of(replace(LETTER, ref=LETTER.ref[:6] + "ffffff", body_text="Twin.\n", body_html=""))
        first, second = mailbox.create(FIRST), mailbox.create(twin)
        found = mailbox.fetch_drafts([first.provider_id, second.provider_id]).found
        assert [found[seen.provider_id].body_text for seen in (first, second)] == [
            LETTER.body_text,
            "Twin.\n",
        ]

    def test_find_says_none_for_a_ref_that_is_not_there(self, mailbox: Mailbox) -> None:
        """Before there is anything, and beside others."""
        assert mailbox.find(LETTER.ref) is None
        mailbox.create(OTHER)
        assert mailbox.find(LETTER.ref) is None

    def test_asking_for_nothing_finds_nothing_and_loses_nothing(self, mailbox: Mailbox) -> None:
        """Also before the first draft."""
        answer = mailbox.fetch_drafts([])
        assert (dict(answer.found), answer.lost) == ({}, False)

    # What the person does outside

    def test_an_edit_by_hand_is_read_and_changes_the_revision(self, mailbox: Mailbox) -> None:
        """So that a plan can tell it from our own words."""
        before = mailbox.create(FIRST)
        self.edit_by_hand(mailbox, before.provider_id, lambda data: data.replace(b"dana@", b"Robin@"))
        after = mailbox.fetch_drafts([before.provider_id]).found[before.provider_id]
        assert set(after.to) == {"Robin@corp.test", "kim@corp.test"}
        assert after.revision != before.revision

    def test_a_draft_deleted_by_hand_is_missing_and_the_others_are_not(self, mailbox: Mailbox) -> None:
        """Which is not the same as everything being lost."""
        gone, kept = mailbox.create(FIRST), mailbox.create(OTHER)
        self.delete_by_hand(mailbox, gone.provider_id)
        answer = mailbox.fetch_drafts([gone.provider_id, kept.provider_id])
        assert (set(answer.found), answer.lost) == ({kept.provider_id}, False)
        assert mailbox.find(LETTER.ref) is None

    def test_a_place_that_is_gone_is_lost_and_takes_a_draft_again(self, mailbox: Mailbox) -> None:
        """Losing the place is not the person deleting each draft."""
        seen = mailbox.create(FIRST)
        self.lose_all(mailbox)
        answer = mailbox.fetch_drafts([seen.provider_id])
        assert (dict(answer.found), answer.lost) == ({}, True)
        assert mailbox.create(FIRST).revision == seen.revision
        assert not mailbox.fetch_drafts([seen.provider_id]).lost

    def test_a_draft_that_is_no_mail_any_more_is_unreadable_beside_readable_ones(
        self, mailbox: Mailbox
    ) -> None:
        """It is neither found nor missing, and says why."""
        broken, sound = mailbox.create(FIRST), mailbox.create(OTHER)
        self.edit_by_hand(mailbox, broken.provider_id, lambda _: b"")
        answer = mailbox.fetch_drafts([broken.provider_id, sound.provider_id])
        assert set(answer.found) == {sound.provider_id}
        assert set(answer.unreadable) == {broken.provider_id}
        assert "no mail" in answer.unreadable[broken.provider_id].what
        assert answer.unreadable[broken.provider_id].fix

    # Changing a draft

    def test_update_replaces_the_words_and_keeps_the_id(self, mailbox: Mailbox) -> None:
        """The answer carries the new revision."""
        before = mailbox.create(FIRST)
        after = mailbox.update(before.provider_id, REWORDED, revision=before.revision)
        assert (after.provider_id, after.body_text, after.body_html) == (
            before.provider_id,
            "Hi Dana,\n\nShorter.\n\nSam\n",
            "",
        )
        assert after.revision != before.revision
        assert mailbox.find(LETTER.ref) == after

    def test_update_raises_conflict_when_the_draft_was_edited(self, mailbox: Mailbox) -> None:
        """The person's words stay."""
        seen = mailbox.create(FIRST)
        self.edit_by_hand(
            mailbox, seen.provider_id, lambda data: data.replace(b"off your plate", b"to share")
        )
        with pytest.raises(ConflictError, match="changed"):
            mailbox.update(seen.provider_id, REWORDED, revision=seen.revision)
        found = mailbox.fetch_drafts([seen.provider_id]).found
        assert found[seen.provider_id].subject == "Anything to share?"

    def test_update_raises_conflict_when_the_draft_was_deleted(self, mailbox: Mailbox) -> None:
        """A deleted draft does not come back, and a lost place does not look found."""
        seen = mailbox.create(FIRST)
        self.delete_by_hand(mailbox, seen.provider_id)
        with pytest.raises(ConflictError, match="deleted"):
            mailbox.update(seen.provider_id, REWORDED, revision=seen.revision)
        assert mailbox.find(LETTER.ref) is None
        self.lose_all(mailbox)
        with pytest.raises(ConflictError, match="deleted"):
            mailbox.update(seen.provider_id, REWORDED, revision=seen.revision)
        assert mailbox.fetch_drafts([seen.provider_id]).lost

    def test_delete_removes_the_draft_and_is_fine_twice(self, mailbox: Mailbox) -> None:
        """Gone already is what was wanted; the others stay."""
        seen, other = mailbox.create(FIRST), mailbox.create(OTHER)
        mailbox.delete(seen.provider_id, revision=seen.revision)
        mailbox.delete(seen.provider_id, revision=seen.revision)
        assert set(mailbox.fetch_drafts([seen.provider_id, other.provider_id]).found) == {other.provider_id}

    def test_delete_raises_conflict_when_the_draft_was_edited(self, mailbox: Mailbox) -> None:
        """It stays, byte for byte."""
        seen = mailbox.create(FIRST)
        with pytest.raises(ConflictError, match="changed"):
            mailbox.delete(seen.provider_id, revision=UNKNOWN_REVISION)
        assert mailbox.find(LETTER.ref) == seen

    # A place that cannot be used

    def test_every_call_raises_permanent_when_the_place_cannot_be_used(self, mailbox: Mailbox) -> None:
        """Nothing was written, nothing is taken for deleted, and the fault says what to do."""
        seen = mailbox.create(FIRST)
        self.break_place(mailbox)
        for call in (
            lambda: mailbox.fetch_drafts([seen.provider_id]),
            lambda: mailbox.find(LETTER.ref),
            lambda: mailbox.create(OTHER),
            lambda: mailbox.update(seen.provider_id, REWORDED, revision=seen.revision),
            lambda: mailbox.delete(seen.provider_id, revision=seen.revision),
        ):
            with pytest.raises(ProviderError) as caught:
                call()
            assert caught.value.fault is FaultClass.PERMANENT
            assert caught.value.fix

    def test_create_raises_permanent_for_bytes_that_are_no_mail(self, mailbox: Mailbox) -> None:
        """Before anything is written."""
        with pytest.raises(ProviderError) as caught:
            mailbox.create(replace(FIRST, mime=b"no mail at all"))
        assert caught.value.fault is FaultClass.PERMANENT
        assert mailbox.find(LETTER.ref) is None

    def test_watched_names_what_can_change_an_answer(self, mailbox: Mailbox) -> None:
        """Absolute paths, or None where only asking tells."""
        watched = mailbox.watched()
        assert watched is None or all(path.startswith("/") for path in watched)

"""What every `ports.Sender` must do. A sender proves itself by subclassing `SenderContract`.

    class TestMine(SenderContract):
        def make_sender(self, tmp_path): return MySender(...)
        def place(self, sender, mail): ...            # a copy in the mailbox, if sends need one
        def arrived(self, sender): ...                # what the far side took: (recipients, bytes)
        def refuse(self, sender): ...                 # the far side says no to the next send
        def lose_answer(self, sender): ...            # the next send goes, its answer does not come
        def edit_by_hand(self, sender, mail): ...     # the person changes the copy
        def break_place(self, sender): ...            # nothing can be asked

The far side may rewrite headers it owns (Message-ID, Date); subject, bodies and recipients must arrive
as they were approved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from automations.compose.mime import build_mime
from automations.compose.reading import read_mime
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import CopyNow
from automations.ports import Outgoing
from automations.testing.mail_contract import LETTER

if TYPE_CHECKING:
    from pathlib import Path

    from automations.ports import Sender

MAIL = Outgoing(
    ref=LETTER.ref,
    sender=LETTER.sender,
    recipients=(*LETTER.to, *LETTER.cc),
    mime=build_mime(LETTER, unsent=False),
)
"""The mail the tests send."""


class SenderContract:
    """The tests every sender passes. Each `:raises:` of `ports.Sender` is one of them."""

    def make_sender(self, tmp_path: Path) -> Sender:
        """Return a sender whose far side took nothing yet."""
        raise NotImplementedError

    def place(self, sender: Sender, mail: Outgoing) -> Outgoing:
        """Return the mail with its copy in the mailbox where a send needs one, else as it is."""
        raise NotImplementedError

    def arrived(self, sender: Sender) -> list[tuple[set[str], bytes]]:
        """Return what the far side took, oldest first: everybody it goes to, and the bytes."""
        raise NotImplementedError

    def refuse(self, sender: Sender) -> None:
        """Let the far side say no to the next send, certainly and for good."""
        raise NotImplementedError

    def lose_answer(self, sender: Sender) -> None:
        """Let the next send go through and its answer not arrive."""
        raise NotImplementedError

    def edit_by_hand(self, sender: Sender, mail: Outgoing) -> bool:
        """Change the mail's copy as the person would; tell whether there is one."""
        raise NotImplementedError

    def break_place(self, sender: Sender) -> None:
        """Leave the far side such that it cannot be asked anything."""
        raise NotImplementedError

    @pytest.fixture
    def sender(self, tmp_path: Path) -> Sender:
        """Give each test a sender."""
        return self.make_sender(tmp_path)

    def test_a_mail_arrives_once_as_it_was_approved(self, sender: Sender) -> None:
        """The same subject, bodies and recipients, and nobody else."""
        mail = self.place(sender, MAIL)
        sender.prepare(mail)
        sender.send(mail)
        [(recipients, data)] = self.arrived(sender)
        read = read_mime(data)
        assert recipients == set(MAIL.recipients)
        assert (set(read.to), set(read.cc)) == (set(LETTER.to), set(LETTER.cc))
        assert (read.subject, read.body_text, read.body_html) == (
            LETTER.subject,
            LETTER.body_text,
            LETTER.body_html,
        )

    def test_the_approved_bytes_go_and_not_what_stands_in_the_mailbox(self, sender: Sender) -> None:
        """An edit made after the last look goes nowhere."""
        mail = self.place(sender, MAIL)
        sender.prepare(mail)
        self.edit_by_hand(sender, mail)
        sender.send(mail)
        [(_, data)] = self.arrived(sender)
        read = read_mime(data)
        assert (read.subject, read.body_text) == (LETTER.subject, LETTER.body_text)

    def test_prepare_raises_conflict_when_the_copy_was_edited(self, sender: Sender) -> None:
        """Nothing goes; where there is no copy there is nothing to compare."""
        mail = self.place(sender, MAIL)
        if self.edit_by_hand(sender, mail):
            with pytest.raises(ConflictError):
                sender.prepare(mail)
        assert self.arrived(sender) == []

    def test_prepare_raises_conflict_when_the_copy_is_gone(self, sender: Sender) -> None:
        """Sent or deleted by the person: nothing goes."""
        mail = self.place(sender, MAIL)
        if mail.provider_id:
            with pytest.raises(ConflictError):
                sender.prepare(replace(mail, provider_id=f"{mail.provider_id}0"))
        assert self.arrived(sender) == []

    def test_a_refused_mail_certainly_did_not_go(self, sender: Sender) -> None:
        """The fault is none of those that leave it open, and the traces do not contradict it."""
        mail = self.place(sender, MAIL)
        evidence = sender.prepare(mail)
        self.refuse(sender)
        with pytest.raises(ProviderError) as caught:
            sender.send(mail)
        assert caught.value.fault is FaultClass.PERMANENT
        assert self.arrived(sender) == []
        traces = sender.fetch_traces(mail, evidence)
        assert traces.sent is None
        assert traces.copy is (CopyNow.THERE if mail.provider_id else CopyNow.UNTOLD)

    def test_a_lost_answer_is_ambiguous_and_sends_once(self, sender: Sender) -> None:
        """It is never tried again; where the far side can be searched the mail is found there."""
        mail = self.place(sender, MAIL)
        evidence = sender.prepare(mail)
        self.lose_answer(sender)
        with pytest.raises(ProviderError) as caught:
            sender.send(mail)
        assert caught.value.fault is FaultClass.AMBIGUOUS
        assert len(self.arrived(sender)) == 1
        traces = sender.fetch_traces(mail, evidence)
        assert traces.searched == (traces.sent is not None)
        assert traces.copy is (CopyNow.GONE if mail.provider_id else CopyNow.UNTOLD)

    def test_a_mail_that_was_never_sent_leaves_no_traces(self, sender: Sender) -> None:
        """Its copy stands, and no other mail is taken for it."""
        mail = self.place(sender, MAIL)
        traces = sender.fetch_traces(mail, sender.prepare(mail))
        assert traces.sent is None
        assert traces.copy is (CopyNow.THERE if mail.provider_id else CopyNow.UNTOLD)

    def test_an_edited_copy_shows_in_the_traces(self, sender: Sender) -> None:
        """So that the person's words are not taken for the approved ones."""
        mail = self.place(sender, MAIL)
        evidence = sender.prepare(mail)
        if self.edit_by_hand(sender, mail):
            assert sender.fetch_traces(mail, evidence).copy is CopyNow.CHANGED

    def test_nothing_is_sent_where_nothing_can_be_asked(self, sender: Sender) -> None:
        """No call claims that it may have gone, and none takes silence for an answer."""
        mail = self.place(sender, MAIL)
        evidence = sender.prepare(mail)
        self.break_place(sender)
        with pytest.raises(ProviderError) as caught:
            sender.send(mail)
        assert caught.value.fault is not FaultClass.AMBIGUOUS
        if mail.provider_id:
            with pytest.raises(ProviderError):
                sender.fetch_traces(mail, evidence)
        assert self.arrived(sender) == []

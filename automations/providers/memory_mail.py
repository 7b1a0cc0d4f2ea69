"""A mailbox and its sender that live as long as the process: for dry runs and tests, with the manners of real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automations.compose.reading import read_mime, revision_of, seen_draft
from automations.errors import ConflictError, FaultClass, HeaderFaultError, ProviderError
from automations.model.seen import CopyNow, OwnDrafts, SeenDraft, SendTraces, SentMail, Unreadable
from automations.ports import MailCapabilities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automations.ports import MailCopy, Outgoing


class MemoryMailbox:
    """Implements `ports.Mailbox` in memory.

    A test may play the person or the disk: `files` maps provider ids to bytes, None in its place is a
    place that is lost, and `fault`, when set, is what every call raises before it does anything.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] | None = {}
        self.fault: ProviderError | None = None

    @property
    def capabilities(self) -> MailCapabilities:
        """What this provider can do."""
        return MailCapabilities(
            drafts=True,
            find_by_key=True,
            tells_sent_from_deleted=False,
            keeps_message_id=False,
            threads=False,
            writes_late=False,
        )

    def fetch_drafts(self, provider_ids: Sequence[str], refs: Mapping[str, str] | None = None) -> OwnDrafts:
        """Return those of our drafts that are still there, decoded; see `ports.Mailbox`."""
        self._check()
        if self.files is None:
            return OwnDrafts(lost=bool(provider_ids))
        found: dict[str, SeenDraft] = {}
        unreadable: dict[str, Unreadable] = {}
        for provider_id in provider_ids:
            if provider_id in self.files:
                try:
                    found[provider_id] = seen_draft(provider_id, self.files[provider_id])
                except HeaderFaultError as fault:
                    unreadable[provider_id] = Unreadable(provider_id, fault.what, provider_id, fault.fix)
            elif refs and provider_id in refs and (seen := self.find(refs[provider_id])):
                found[provider_id] = seen
        emptied = "memory" if provider_ids and not self.files else ""
        return OwnDrafts(found, unreadable=unreadable, emptied=emptied)

    def find(self, ref: str) -> SeenDraft | None:
        """Return our draft with this `ref`, None when there is none; see `ports.Mailbox`."""
        self._check()
        for provider_id, data in (self.files or {}).items():
            try:
                if read_mime(data).ref == ref:
                    return seen_draft(provider_id, data)
            except HeaderFaultError:
                continue
        return None

    def create(self, copy: MailCopy) -> SeenDraft:
        """Put a draft there, or return the one of this `ref` that stands; see `ports.Mailbox`."""
        standing = self.find(copy.ref)
        if standing is not None:
            return standing
        seen = _decoded(f"memory-{copy.ref}", copy.mime)
        self.files = {**(self.files or {}), seen.provider_id: copy.mime}
        return seen

    def update(self, provider_id: str, copy: MailCopy, *, revision: str) -> SeenDraft:
        """Replace our draft's bytes if it still has `revision`; see `ports.Mailbox`."""
        self._check()
        standing = (self.files or {}).get(provider_id)
        if self.files is None or standing is None or revision_of(standing) != revision:
            raise ConflictError(f"{provider_id} was changed or deleted by somebody else; nothing was written")
        seen = _decoded(provider_id, copy.mime)
        self.files[provider_id] = copy.mime
        return seen

    def delete(self, provider_id: str, *, revision: str) -> None:
        """Remove our draft if it still has `revision`; gone already is fine; see `ports.Mailbox`."""
        self._check()
        standing = (self.files or {}).get(provider_id)
        if self.files is None or standing is None:
            return
        if revision_of(standing) != revision:
            raise ConflictError(f"{provider_id} was changed by somebody else since it was read; it stays")
        del self.files[provider_id]

    def watched(self) -> tuple[str, ...]:
        """Return nothing: no file changes an answer here."""
        return ()

    def _check(self) -> None:
        if self.fault is not None:
            raise self.fault


class MemorySender:
    """Implements `ports.Sender`, like Gmail over a `MemoryMailbox`, like SMTP without one.

    The one takes the copy away with the send and can search the mails that went; the other leaves it, and
    nothing can be found out afterwards. A test may play the far side: `fault`, when set, is raised by every call before it does anything;
    with `loses_answer` a mail goes and nobody is told. `sent` is everything that went.
    """

    def __init__(self, mailbox: MemoryMailbox | None = None) -> None:
        self._mailbox = mailbox
        self.sent: list[Outgoing] = []
        self.fault: ProviderError | None = None
        self.loses_answer = False

    def prepare(self, mail: Outgoing) -> str:
        """Look before the send; see `ports.Sender`."""
        self._check()
        if self._copy(mail) in (CopyNow.CHANGED, CopyNow.GONE):
            raise ConflictError(
                f"{mail.provider_id} was changed or deleted by somebody else; nothing was sent"
            )
        return str(len(self.sent))

    def send(self, mail: Outgoing) -> SentMail:
        """Send exactly these bytes, once; see `ports.Sender`."""
        self._check()
        self.sent.append(mail)
        if self._mailbox is not None and self._mailbox.files is not None:
            self._mailbox.files.pop(mail.provider_id, None)
        if self.loses_answer:
            raise ProviderError("the answer was lost", fault=FaultClass.AMBIGUOUS)
        return _named(len(self.sent))

    def fetch_traces(self, mail: Outgoing, evidence: str) -> SendTraces:
        """Look for what became of a send; see `ports.Sender`."""
        self._check()
        if self._mailbox is None:
            return SendTraces()
        found = [
            _named(number)
            for number, each in enumerate(self.sent, start=1)
            if each.ref == mail.ref and number > int(evidence or 0)
        ]
        return SendTraces(found[0] if found else None, searched=True, copy=self._copy(mail))

    def _copy(self, mail: Outgoing) -> CopyNow:
        if self._mailbox is None or not mail.provider_id:
            return CopyNow.UNTOLD
        standing = (self._mailbox.files or {}).get(mail.provider_id)
        if standing is None:
            return CopyNow.GONE
        return CopyNow.THERE if revision_of(standing) == mail.revision else CopyNow.CHANGED

    def _check(self) -> None:
        if self.fault is not None:
            raise self.fault


def _named(number: int) -> SentMail:
    return SentMail(f"sent-{number}", f"<sent-{number}@memory.test>", f"thread-{number}")


def _decoded(provider_id: str, data: bytes) -> SeenDraft:
    try:
        return seen_draft(provider_id, data)
    except HeaderFaultError as fault:
        raise ProviderError(
            f"{provider_id} cannot be read as mail: {fault.what}", fault=FaultClass.PERMANENT, fix=fault.fix
        ) from fault

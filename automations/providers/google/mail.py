"""The Gmail mailbox: our drafts among the person's own, which they may edit, send or discard at any time.

Gmail knows no condition on a write: before each update and delete the draft is read, compared with what
was last seen, and checked to be a draft still, because deleting the id of a sent one destroys the mail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automations.compose.reading import read_mime
from automations.errors import ConflictError, FaultClass, HeaderFaultError, ProviderError
from automations.model.seen import OwnDrafts, SeenDraft, SentMail, Unreadable
from automations.ports import MailCapabilities
from automations.providers.google import others
from automations.providers.google.client import TIMEOUT
from automations.providers.google.departed import (
    Departed,
    find_sent,
    in_thread,
    mail_of,
    read_headers,
    what_became,
)
from automations.providers.google.failures import GoogleError
from automations.providers.google.gmail import ME, WHERE, GmailAccount
from automations.providers.google.known import Begun, Known, KnownDrafts
from automations.providers.google.wire_mail import (
    differs_only_in_form,
    from_raw,
    is_draft,
    mail_for_gmail,
    may_be_edit_of,
    ref_of,
    seen_in_gmail,
    to_raw,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automations.clock import Clock
    from automations.ports import MailCopy
    from automations.providers.google.auth import SignIn

_PAGE = 500
_BAD_REQUEST, _NOT_FOUND = 400, 404


class GoogleMailbox:
    """Implements `ports.Mailbox` on the Gmail account that `sign_in` belongs to.

    `known` and `notes` are files for what saves calls in the next run; `endpoint` is that of an emulator.
    """

    def __init__(
        self,
        sign_in: SignIn,
        clock: Clock,
        *,
        known: str = "",
        notes: str = "",
        endpoint: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        self.account = GmailAccount(sign_in, clock, notes=notes, endpoint=endpoint, timeout=timeout)
        self.known = KnownDrafts(known)
        self._clock = clock
        self._not_ours: dict[str, str] = {}
        self._last_listed: dict[str, str] = {}

    @property
    def capabilities(self) -> MailCapabilities:
        """What this provider can do; whether it tells sent from deleted depends on the boxes that were ticked."""
        return MailCapabilities(
            drafts=True,
            find_by_key=True,
            tells_sent_from_deleted=self.account.reads_all(),
            keeps_message_id=False,
            threads=True,
            writes_late=True,
        )

    def fetch_drafts(self, provider_ids: Sequence[str], refs: Mapping[str, str] | None = None) -> OwnDrafts:
        """Return those of our drafts that are still there, decoded: one call where nothing changed.

        :raises ProviderError: Gmail does not answer, or not to us.
        """
        del refs  # the id of a draft in Gmail never changes
        if not provider_ids:
            return OwnDrafts()
        # For several drafts one listing tells which of them changed; a single one is asked for itself.
        listed = self.listed() if len(provider_ids) > 1 else {}
        found: dict[str, SeenDraft] = {}
        unreadable: dict[str, Unreadable] = {}
        departed: dict[str, SentMail | Departed] = {}
        for draft_id in provider_ids:
            if draft_id.endswith(".eml"):
                unreadable[draft_id] = _kept_elsewhere(draft_id)
                continue
            known = self.known.get(draft_id)
            try:
                if known is not None and listed.get(draft_id) == known.message:
                    found[draft_id] = seen_in_gmail(draft_id, from_raw(known.raw))
                    continue
                seen = self.look(draft_id)
                if isinstance(seen, SeenDraft):
                    found[draft_id] = seen
                else:
                    departed[draft_id] = seen or what_became(self.account, known)
            except (HeaderFaultError, ValueError) as fault:
                unreadable[draft_id] = _no_mail(draft_id, fault)
        return OwnDrafts(
            found,
            unreadable=unreadable,
            sent={one: became for one, became in departed.items() if isinstance(became, SentMail)},
            unsure=frozenset(one for one, became in departed.items() if became is Departed.UNKNOWN),
        )

    def find(self, ref: str) -> SeenDraft | SentMail | None:
        """Return our draft with this `ref`, or the mail it became; None when nothing of the person's is it.

        :raises ProviderError: Gmail does not answer, or not to us: nothing follows from that.
        """
        listed = self.listed()
        known = [draft_id for draft_id in self.known.of_ref(ref) if draft_id in listed]
        for draft_id in (*known, *(one for one in listed if one not in known)):
            if draft_id not in known and self.ref_in(draft_id, listed[draft_id]) != ref:
                continue
            seen = self.readable(draft_id)
            if seen is not None:
                return seen
        return self._found_edited(ref, listed) or find_sent(self.account, ref)

    def _found_edited(self, ref: str, listed: dict[str, str]) -> SeenDraft | None:
        """Return the draft whose making was begun and that lost our header since, in the web composer.

        It was not there before, goes to the same people, and has the subject or says the same.
        """
        begun = self.known.begun(ref)
        if begun is None:
            return None
        made = seen_in_gmail("", from_raw(begun.raw))
        for draft_id in listed:
            known = self.known.get(draft_id)
            if draft_id in begun.before or (known is not None and known.ref):
                continue
            seen = self.readable(draft_id)
            if seen is not None and may_be_edit_of(made, seen):
                known = self.known.get(draft_id)
                if known is not None:
                    self.known.put(draft_id, replace(known, ref=ref))
                return seen
        return None

    def create(self, copy: MailCopy) -> SeenDraft:
        """Put a draft there, or return the one of this `ref` that stands.

        An interrupted try is settled by `find` before another is made. What is looked up here are mails
        of an earlier life of the journal, or of another machine, by the recipients.

        :raises AlreadySentError: its mail went already.
        :raises ProviderError: permanent, nothing was written; ambiguous, it may have been.
        """
        data = mail_for_gmail(copy.mime)
        _decoded("the new draft", data)
        standing = others.standing(self, copy)
        if standing is not None:
            return standing
        thread, before = self._thread_for(copy)
        self.known.begin(copy.ref, Begun(to_raw(data), tuple(self._last_listed)))
        try:
            reply = self._created(data, thread)
        except GoogleError as error:
            raise _with_cure(error, copy) from None
        return self._remember(reply, data, changed=True, before=before)

    def _thread_for(self, copy: MailCopy) -> tuple[str, tuple[str, ...]]:
        """Return the thread a new draft goes to, and the messages in it; a thread that is gone counts as none."""
        messages = in_thread(self.account, copy.thread) if copy.thread else None
        return ("", ()) if messages == {} else (copy.thread, tuple(messages or ()))

    def _created(self, data: bytes, thread: str) -> dict[str, Any]:
        message = {"raw": to_raw(data), **({"threadId": thread} if thread else {})}
        drafts = self.account.api.users().drafts()
        try:
            return self.account.change(drafts.create(userId=ME, body={"message": message}))
        except GoogleError as error:
            if not thread or error.status != _NOT_FOUND:
                raise
            # The thread is no more, and nothing was made: it begins one of its own.
            del message["threadId"]
            return self.account.change(drafts.create(userId=ME, body={"message": message}))

    def update(self, provider_id: str, copy: MailCopy, *, revision: str) -> SeenDraft:
        """Replace our draft's bytes if it still has `revision`; it stays in its thread.

        :raises ConflictError: somebody changed, sent or deleted it; nothing was written.
        :raises ProviderError: permanent, nothing was written; ambiguous, it may have been.
        """
        data = mail_for_gmail(copy.mime)
        _decoded(provider_id, data)
        seen = self.readable(provider_id)
        if seen is None:
            raise _conflict(provider_id, "was sent or deleted by somebody else; nothing was written")
        if seen.revision != revision:
            raise _conflict(provider_id, "was changed by somebody else; nothing was written")
        known = self.known.get(provider_id)
        thread = known.thread if known else copy.thread
        message = {"raw": to_raw(data), **({"threadId": thread} if thread else {})}
        request = (
            self.account.api.users().drafts().update(userId=ME, id=provider_id, body={"message": message})
        )
        try:
            reply = self.account.change(request, again=True)
        except GoogleError as error:
            if error.status == _NOT_FOUND or "not a draft" in error.what.lower():
                raise _conflict(provider_id, "was sent or deleted by somebody else meanwhile") from None
            raise _with_cure(error, copy) from None
        return self._remember(reply, data, changed=True)

    def delete(self, provider_id: str, *, revision: str) -> None:
        """Remove our draft if it still has `revision`. Gone or sent already is fine: then nothing is touched.

        :raises ConflictError: somebody changed it; it stays.
        :raises ProviderError: permanent, it stays; ambiguous, it may be gone.
        """
        if provider_id.endswith(".eml"):
            return
        seen = self.readable(provider_id)
        if seen is None:
            return
        if seen.revision != revision:
            raise _conflict(provider_id, "was changed by somebody else since it was read; it stays")
        request = self.account.api.users().drafts().delete(userId=ME, id=provider_id)
        try:
            self.account.change(request, again=True, empty=True)
        except GoogleError as error:
            if error.status != _NOT_FOUND:
                raise
        self.known.forget(provider_id)

    def watched(self) -> None:
        """Return None: only asking Gmail tells."""

    def close(self) -> None:
        """Let go of the connections."""
        self.account.close()

    # --- calls --------------------------------------------------------------------------------------

    def listed(self, query: str = "") -> dict[str, str]:
        """Return the id of each draft in the account and that of its message; pages may be short or empty."""
        drafts = self.account.api.users().drafts()
        more = {"q": query} if query else {}
        request = drafts.list(userId=ME, maxResults=_PAGE, **more)
        listed: dict[str, str] = {}
        while request is not None:
            page = self.account.read(request)
            for one in page.get("drafts", ()):
                listed[str(one["id"])] = str(one.get("message", {}).get("id", ""))
            request = drafts.list_next(request, page)
        self._last_listed = listed
        return listed

    def listed_none(self) -> None:
        """Note that there is no draft to the people of the next one."""
        self._last_listed = {}

    def look(self, draft_id: str) -> SeenDraft | SentMail | Departed | None:
        """Return a draft; the mail it became where its id answers with that; None when nothing answers.

        :raises HeaderFaultError: it is no mail any more.
        :raises ValueError: what came is no mail at all.
        """
        reply = self._get(draft_id, "raw")
        if reply is None:
            return None
        message = reply.get("message", {})
        if not is_draft(message):
            went = "SENT" in message.get("labelIds", ())
            return mail_of(self._headed(message)) if went else Departed.UNKNOWN
        return self._remember(reply, from_raw(str(message.get("raw", ""))), changed=False)

    def _headed(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a sent message with its headers where they can be read."""
        readable = self.account.reads_all() and message.get("id")
        return {**message, **read_headers(self.account, str(message["id"]))} if readable else message

    def _get(self, draft_id: str, form: str) -> dict[str, Any] | None:
        request = self.account.api.users().drafts().get(userId=ME, id=draft_id, format=form)
        try:
            return self.account.read(request)
        except GoogleError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def readable(self, draft_id: str) -> SeenDraft | None:
        """Return a draft, None when it was sent or is gone.

        :raises ProviderError: as a call, or permanent: it is no mail any more.
        """
        if draft_id.endswith(".eml"):
            return None
        try:
            seen = self.look(draft_id)
        except (HeaderFaultError, ValueError) as fault:
            told = _no_mail(draft_id, fault)
            raise ProviderError(
                told.what, fault=FaultClass.PERMANENT, where=told.where, fix=told.fix
            ) from fault
        return seen if isinstance(seen, SeenDraft) else None

    def ref_in(self, draft_id: str, message: str) -> str:
        """Return the ref a draft carries, "" for none; one that was looked at is not asked for again."""
        if message not in self._not_ours:
            reply = self._get(draft_id, "metadata")
            self._not_ours[message] = ref_of(reply.get("message", {})) if reply else ""
        return self._not_ours[message]

    def _remember(
        self, reply: dict[str, Any], data: bytes, *, changed: bool, before: tuple[str, ...] = ()
    ) -> SeenDraft:
        """Return what is seen of a draft, and note it; unless `changed` by us, a mere rewrap is no news."""
        draft_id, message = str(reply.get("id", "")), reply.get("message", {})
        seen = _decoded(draft_id, data) if changed else seen_in_gmail(draft_id, data)
        last = self.known.get(draft_id)
        ref = read_mime(data).ref or (last.ref if last else "")
        if last is not None and not changed:
            was = seen_in_gmail(draft_id, from_raw(last.raw))
            if differs_only_in_form(was, seen):
                seen, data = was, from_raw(last.raw)
        known = Known(
            message=str(message.get("id", "")),
            thread=str(message.get("threadId", "")),
            ref=ref,
            raw=to_raw(data),
            at=self._clock.now().timestamp(),
            before=before or (last.before if last else ()),
        )
        if last is None or (last.message, last.thread, last.raw) != (
            known.message,
            known.thread,
            known.raw,
        ):
            self.known.put(draft_id, known)
        return seen


def _decoded(draft_id: str, data: bytes) -> SeenDraft:
    try:
        return seen_in_gmail(draft_id, data)
    except HeaderFaultError as fault:
        raise ProviderError(
            f"{draft_id} cannot be read as mail: {fault.what}",
            fault=FaultClass.PERMANENT,
            where=WHERE,
            fix=fault.fix or "magicloop draft list",
        ) from fault


def _conflict(draft_id: str, what: str) -> ConflictError:
    return ConflictError(f"{draft_id} {what}", where=WHERE, fix="magicloop run")


def _no_mail(draft_id: str, fault: Exception) -> Unreadable:
    why = getattr(fault, "what", "it is no mail")
    fix = "put it right in Gmail, or discard it there; its words as they were: magicloop draft list"
    return Unreadable(draft_id, why, WHERE, fix)


def _kept_elsewhere(draft_id: str) -> Unreadable:
    what = "the draft is a file from before mail.provider became google"
    fix = 'send or discard it first: mail.provider = "local", then magicloop draft list'
    return Unreadable(draft_id, what, draft_id, fix)


def _with_cure(error: GoogleError, copy: MailCopy) -> GoogleError:
    """Return an error whose cure is about this draft: what Gmail refuses of a mail are mostly its recipients."""
    if error.status == _BAD_REQUEST:
        error.fix = f"look at the addresses: magicloop draft edit {copy.ref[:6]} --to ADDRESS"
    return error

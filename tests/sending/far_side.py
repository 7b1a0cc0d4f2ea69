"""A mailbox and a sender that keep a ledger and fail on demand, with the manners of Gmail or of SMTP.

Like Gmail: sending consumes the draft, sent mails can be searched (perhaps late), a request whose answer was
lost may be carried out up to five minutes later. Like SMTP and files (`searches=False`): copies stay, and
nobody can be asked what became of a mail, also of one that the person sent from its file.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from automations.compose.reading import read_mime, revision_of, seen_draft
from automations.errors import ConflictError, FaultClass, ProviderError
from automations.model.seen import CopyNow, OwnDrafts, SendTraces, SentMail
from automations.ports import MailCapabilities
from automations.testing.sending_rules import Ledger, Message

LATE = timedelta(minutes=5)
"""How long after a lost answer a request may still be carried out: less than the time it is waited for."""

KINDS = {
    "refused": (FaultClass.TRANSIENT, "no"),
    "rate": (FaultClass.TRANSIENT, "no"),
    "permanent": (FaultClass.PERMANENT, "no"),
    "sign-in": (FaultClass.NEEDS_SIGN_IN, "no"),
    "reset-before": (FaultClass.AMBIGUOUS, "no"),
    "reset-after": (FaultClass.AMBIGUOUS, "yes"),
    "timeout-before": (FaultClass.AMBIGUOUS, "no"),
    "timeout-after": (FaultClass.AMBIGUOUS, "yes"),
    "garbage": (FaultClass.AMBIGUOUS, "yes"),
    "late": (FaultClass.AMBIGUOUS, "late"),
}
"""How a call fails, and whether the request is carried out all the same; a read is never ambiguous."""

READS = frozenset({"fetch_drafts", "find", "prepare", "fetch_traces"})


@dataclass
class Fault:
    """The `nth` call of a method (from 1) fails, and with `lasts` those after it too."""

    method: str
    nth: int
    kind: str
    lasts: bool = False


@dataclass
class FarSide:
    """The far side of both ports. `now` is the clock's; `lag` is how long a sent mail cannot be found."""

    now: object
    searches: bool = True
    lag: timedelta = timedelta()
    fault: Fault | None = None
    files: dict = field(default_factory=dict)
    messages: list = field(default_factory=list)
    calls: dict = field(default_factory=dict)
    pending: list = field(default_factory=list)
    touched: bool = False
    edits: list = field(default_factory=list)
    overwritten: list = field(default_factory=list)
    runs: int = 0
    made: int = 0
    late: bool = False

    def ledger(self):
        self._catch_up()
        copies, edited = {}, set()
        for draft_id, data in self.files.items():
            ref = read_mime(data).ref
            copies[ref] = copies.get(ref, 0) + 1
            edited |= {ref} if any(where == draft_id for where, *_ in self.edits) else set()
        return Ledger(tuple(self.messages), copies, frozenset(edited), self.searches)

    # --- the person's hand -------------------------------------------------------------------------

    def act(self, name):
        """Do to the newest copy what a person does in the mail program; nothing where there is none."""
        self._catch_up()
        if not self.files:
            return
        self.touched = True
        draft_id, data = list(self.files.items())[-1]
        if name == "send":
            self._gone(read_mime(data).ref, data, from_here=False)
            del self.files[draft_id]
        elif name == "delete":
            del self.files[draft_id]
        elif name == "edit":
            mark = f"edit {len(self.edits)}"
            self.files[draft_id] = data.replace(b"Hi Priya", f"Hi Priya, {mark}".encode())
            self.edits.append((draft_id, mark, self.runs))

    # --- the mailbox -------------------------------------------------------------------------------

    @property
    def capabilities(self):
        return MailCapabilities(
            drafts=True,
            find_by_key=True,
            tells_sent_from_deleted=self.searches,
            keeps_message_id=False,
            threads=False,
            writes_late=self.searches,
        )

    def watched(self):
        return None

    def fetch_drafts(self, provider_ids, refs=None):
        self._called("fetch_drafts")
        found, sent = {}, {}
        for each in provider_ids:
            if each in self.files:
                found[each] = seen_draft(each, self.files[each])
            elif self.searches and (message := self._sent_as(each)):
                sent[each] = SentMail(message_id="<x@far.test>", at=message.at)
        return OwnDrafts(found, sent=sent)

    def find(self, ref):
        self._called("find")
        for draft_id, data in self.files.items():
            if read_mime(data).ref == ref:
                return seen_draft(draft_id, data)
        found = next((each for each in self.messages if each.ref == ref), None) if self.searches else None
        return SentMail(message_id="<x@far.test>", at=found.at) if found else None

    def create(self, copy):
        return self._change("create", lambda: self._created(copy))

    def update(self, provider_id, copy, *, revision):
        self._check(provider_id, revision)
        return self._change("update", lambda: self._updated(provider_id, copy.mime))

    def delete(self, provider_id, *, revision):
        if provider_id in self.files:
            self._check(provider_id, revision)
            self._change("delete", lambda: self.files.pop(provider_id, None))

    # --- the sender --------------------------------------------------------------------------------

    def prepare(self, mail):
        self._called("prepare")
        if self.searches and self._copy(mail) is not CopyNow.THERE:
            raise ConflictError("the copy was changed")
        return str(len(self.messages))

    def send(self, mail):
        return self._change("send", lambda: self._sent(mail))

    def fetch_traces(self, mail, evidence):
        self._called("fetch_traces")
        if not self.searches:
            return SendTraces()
        new = self.messages[int(evidence) :]
        found = [each for each in new if each.ref == mail.ref and self.now() - each.at >= self.lag]
        sent = SentMail("m", "<x@far.test>", "t") if found else None
        return SendTraces(sent, searched=True, copy=self._copy(mail))

    # --- what happens ------------------------------------------------------------------------------

    def _copy(self, mail):
        data = self.files.get(mail.provider_id)
        if data is None:
            return CopyNow.GONE
        return CopyNow.THERE if revision_of(data) == mail.revision else CopyNow.CHANGED

    def _sent_as(self, draft_id):
        return next((each for each in self.messages if f"draft-{each.ref}" in draft_id), None)

    def _check(self, provider_id, revision):
        if provider_id not in self.files or revision_of(self.files[provider_id]) != revision:
            raise ConflictError("changed or deleted by somebody else")

    def _created(self, copy):
        self.made += 1
        return self._written(f"draft-{copy.ref}-{self.made}", copy.mime)

    def _updated(self, draft_id, data):
        if draft_id not in self.files:  # one that comes late finds its draft sent or deleted
            raise ProviderError("there is no such draft", fault=FaultClass.PERMANENT)
        return self._written(draft_id, data)

    def _written(self, draft_id, data):
        self._check_edits(draft_id, data)
        self.files[draft_id] = data
        return seen_draft(draft_id, data)

    def _sent(self, mail):
        if self.searches:
            if mail.provider_id not in self.files:
                raise ProviderError("the draft is gone", fault=FaultClass.AMBIGUOUS)
            self._check_edits(mail.provider_id, mail.mime)
            del self.files[mail.provider_id]
        self._gone(mail.ref, mail.mime, from_here=True)
        return SentMail("m", "<x@far.test>", "t")

    def _gone(self, ref, data, *, from_here):
        self.messages.append(Message(ref, from_here, data, self.now()))

    def _check_edits(self, draft_id, data):
        """Note an edit of the person's that is written over although a whole run had time to see it."""
        for where, mark, run in self.edits:
            standing = self.files.get(where, b"")
            lost = mark.encode() in standing and mark.encode() not in data
            if where == draft_id and lost and not self.late and self.runs > run + 1:
                self.overwritten.append(f"{mark} of {draft_id} was written over")

    # --- faults ------------------------------------------------------------------------------------

    def _catch_up(self):
        due = [one for one in self.pending if one[0] <= self.now()]
        self.pending = [one for one in self.pending if one[0] > self.now()]
        self.late = True  # it was asked for before an edit that it now writes over: nobody could have known
        for _, change in due:
            with suppress(ProviderError):
                change()
        self.late = False

    def _called(self, method):
        self._catch_up()
        self.calls[method] = nth = self.calls.get(method, 0) + 1
        fault = self.fault
        if (
            fault is None
            or fault.method != method
            or nth < fault.nth
            or (nth > fault.nth and not fault.lasts)
        ):
            return "fine"
        kind, applied = KINDS[fault.kind]
        if method in READS:
            kind = FaultClass.TRANSIENT if kind is FaultClass.AMBIGUOUS else kind
            raise ProviderError(fault.kind, fault=kind)
        return applied

    def _change(self, method, change):
        applied = self._called(method)
        if applied == "fine":
            return change()
        if applied == "late":
            self.pending.append((self.now() + LATE, change))
        elif applied == "yes":
            change()
        raise ProviderError(self.fault.kind, fault=KINDS[self.fault.kind][0])

"""Gmail v1: the drafts, sent mails and threads of one account, with what Gmail does to them by itself."""

import base64
import email
import email.policy
import itertools
import re
import textwrap
from html import escape

from google_emulator.discovery import ApiError

ME = "ann@corp.test"
NOW_MS = 1_800_000_000_000


class GmailApi:
    """The mail of one account.

    `page` is the most a page of a listing holds, `empty_pages` puts an empty one before each. `search` tells
    whether searches by words see what is there (they lag by minutes). Assumptions, to be run both ways:
    `keeps_headers` (our X- header survives an edit in the web composer) and `keeps_ids` (a draft sent from
    the web goes on answering to its id). Addresses in `rejected` are refused.
    """

    def __init__(
        self, *, account=ME, page=100, empty_pages=False, search=True, keeps_headers=True, keeps_ids=False
    ):
        self.account = account
        self.page, self.empty_pages, self.search = page, empty_pages, search
        self.keeps_headers, self.keeps_ids = keeps_headers, keeps_ids
        self.rejected = set()
        self.denied = None
        self.drafts = {}
        self.left_behind = {}
        self.messages = {}
        self._numbers = itertools.count(1)
        self.handlers = {
            "gmail.users.getProfile": self._profile,
            "gmail.users.drafts.create": self._create,
            "gmail.users.drafts.get": self._get,
            "gmail.users.drafts.list": self._list,
            "gmail.users.drafts.update": self._update,
            "gmail.users.drafts.delete": self._delete,
            "gmail.users.drafts.send": self._send,
            "gmail.users.messages.list": self._messages,
            "gmail.users.messages.get": self._message,
            "gmail.users.threads.get": self._thread,
        }

    # --- the person's hand -------------------------------------------------------------------------

    def raw(self, draft_id):
        """Return a draft's bytes."""
        return self.messages[self.drafts[draft_id]]["raw"]

    @property
    def sent(self):
        return [one for one in self.messages.values() if "SENT" in one["labelIds"]]

    def write(self, subject="Lunch?", to="kim@corp.test", body="See you."):
        """Write a draft of the person's own; return its id."""
        data = f"From: {ME}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{body}\r\n"
        return self._new_draft(data.encode(), None)

    def replace(self, draft_id, data):
        """Change a draft's bytes by another program; its message gets a new id."""
        old = self.messages.pop(self.drafts[draft_id])
        self.drafts[draft_id] = self._store(data, old["threadId"], ["DRAFT"])

    def edit(self, draft_id, *, subject=None, text=None, to=None):
        """Edit a draft in the web composer: HTML in a div, the text wrapped, perhaps no header of ours."""
        old = self.messages.pop(self.drafts[draft_id])
        message = email.message_from_bytes(old["raw"], policy=email.policy.SMTP)
        page = message.get_body(("html",))
        shown = page.get_content() if page else None
        words = message.get_body(("plain",)).get_content() if text is None else text
        if text is not None or shown is None:
            shown = "<br>".join(escape(line) for line in words.splitlines())
        made = email.message.EmailMessage(policy=email.policy.SMTP)
        made["From"], made["To"] = str(message["From"]), to or str(message["To"])
        if message["Cc"]:
            made["Cc"] = str(message["Cc"])
        made["Subject"] = subject or str(message["Subject"])
        if self.keeps_headers and message["X-Magicloop-Ref"]:
            made["X-Magicloop-Ref"] = str(message["X-Magicloop-Ref"])
        made.set_content("\n".join(textwrap.fill(line, 70) for line in words.splitlines()) + "\n")
        made.add_alternative(f'<div dir="ltr">{shown}</div>\n', subtype="html")
        thread = None if subject else old["threadId"]
        self.drafts[draft_id] = self._store(made.as_bytes(), thread, ["DRAFT"])

    def send(self, draft_id):
        """Press Send in the web interface."""
        sent = self._sent(draft_id)
        if self.keeps_ids:
            self.left_behind[draft_id] = sent
        return sent

    def discard(self, draft_id):
        """Press the bin."""
        del self.messages[self.drafts.pop(draft_id)]

    def deny(self, status=403, reason="domainPolicy"):
        """Let every call fail, as an administrator can."""
        self.denied = (status, reason)

    # --- methods -----------------------------------------------------------------------------------

    def _check(self, call):
        if call.path["userId"] not in ("me", self.account):
            raise ApiError(403, "forbidden", "Delegation denied")
        if self.denied:
            raise ApiError(*self.denied, "Denied")

    def _profile(self, call):
        self._check(call)
        return {"emailAddress": self.account, "messagesTotal": len(self.messages), "historyId": "1"}

    def _create(self, call):
        self._check(call)
        data, thread = self._written(call.body)
        draft_id = self._new_draft(data, thread)
        return {"id": draft_id, "message": self._shown(self.messages[self.drafts[draft_id]], "minimal")}

    def _update(self, call):
        self._check(call)
        draft_id = call.path["id"]
        if draft_id in self.left_behind:
            raise ApiError(400, "invalidArgument", "Message not a draft")
        self._known(draft_id)
        data, thread = self._written(call.body)
        del self.messages[self.drafts[draft_id]]
        self.drafts[draft_id] = self._store(data, thread, ["DRAFT"])
        return {"id": draft_id, "message": self._shown(self.messages[self.drafts[draft_id]], "minimal")}

    def _get(self, call):
        self._check(call)
        draft_id = call.path["id"]
        form = call.one("format", "full")
        if draft_id in self.left_behind:
            return {"id": draft_id, "message": self._shown(self.messages[self.left_behind[draft_id]], form)}
        return {"id": draft_id, "message": self._shown(self.messages[self._known(draft_id)], form)}

    def _list(self, call):
        self._check(call)
        wanted = re.findall(r"to:(\S+)", call.one("q", ""))
        found = [
            {"id": draft_id, "message": {"id": message, "threadId": self.messages[message]["threadId"]}}
            for draft_id, message in reversed(self.drafts.items())
            if not call.one("q")
            or (self.search and all(one.encode() in self.messages[message]["raw"] for one in wanted))
        ]
        return self._page(call, "drafts", found)

    def _delete(self, call):
        self._check(call)
        draft_id = call.path["id"]
        if draft_id in self.left_behind:
            del self.messages[self.left_behind.pop(draft_id)]  # what really happens: the sent mail is gone
            return
        del self.messages[self._known(draft_id)]
        del self.drafts[draft_id]

    def _send(self, call):
        self._check(call)
        draft_id = call.body.get("id", "")
        message = self._known(draft_id)
        if "raw" in call.body.get("message", {}):
            data, thread = self._written(
                call.body
            )  # replaces everything, so without a thread it leaves its own
            del self.messages[message]
            self.drafts[draft_id] = message = self._store(data, thread, ["DRAFT"])
        if not re.search(rb"^To:\s*\S", self.messages[message]["raw"], re.MULTILINE | re.IGNORECASE):
            raise ApiError(400, "invalidArgument", "Recipient address required")
        return self._shown(self.messages[self._sent(draft_id)], "minimal")

    def _messages(self, call):
        self._check(call)
        labels, wanted = set(call.query.get("labelIds", [])), re.findall(r"to:(\S+)", call.one("q", ""))
        found = [
            {"id": one["id"], "threadId": one["threadId"]}
            for one in reversed(self.messages.values())
            if labels <= set(one["labelIds"])
            and (
                not call.one("q")
                or (self.search and all(address.encode() in one["raw"] for address in wanted))
            )
        ]
        return self._page(call, "messages", found)

    def _message(self, call):
        self._check(call)
        if call.path["id"] not in self.messages:
            raise ApiError(404, "notFound", "Requested entity was not found.")
        wanted = {name.lower() for name in call.query.get("metadataHeaders", [])}
        return self._shown(self.messages[call.path["id"]], call.one("format", "full"), wanted)

    def _thread(self, call):
        self._check(call)
        found = [one for one in self.messages.values() if one["threadId"] == call.path["id"]]
        if not found:
            raise ApiError(404, "notFound", "Requested entity was not found.")
        form = call.one("format", "full")
        wanted = {name.lower() for name in call.query.get("metadataHeaders", [])}
        return {"id": call.path["id"], "messages": [self._shown(one, form, wanted) for one in found]}

    # --- what Gmail does by itself -----------------------------------------------------------------

    def _known(self, draft_id):
        if draft_id not in self.drafts:
            raise ApiError(404, "notFound", "Requested entity was not found.")
        return self.drafts[draft_id]

    def _written(self, body):
        """Return the bytes and the thread a draft is written with."""
        message = body.get("message", {})
        raw = message.get("raw", "")
        if not re.fullmatch(r"[A-Za-z0-9_=-]+", raw):
            raise ApiError(400, "invalidArgument", "Invalid raw")
        data = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
        if any(one.encode() in data for one in self.rejected):
            raise ApiError(400, "invalidArgument", "Invalid To header")
        thread = message.get("threadId")
        if thread is not None and all(one["threadId"] != thread for one in self.messages.values()):
            raise ApiError(404, "notFound", "Requested entity was not found.")
        if thread is not None and _subject(data) not in {
            _subject(one["raw"]) for one in self.messages.values() if one["threadId"] == thread
        }:
            thread = None  # another subject is another conversation
        return data, thread

    def _new_draft(self, data, thread):
        draft_id = f"r-{5_471_000_000_000 + next(self._numbers)}"
        self.drafts[draft_id] = self._store(data, thread, ["DRAFT"])
        return draft_id

    def _sent(self, draft_id):
        old = self.messages.pop(self.drafts.pop(draft_id))
        return self._store(old["raw"], old["threadId"], ["SENT"])

    def _store(self, data, thread, labels):
        """Keep a message under a new id, with a Message-ID of Gmail's own."""
        number = next(self._numbers)
        message_id = f"{0x19A0000000000000 + number:016x}"
        head, gap, body = data.partition(b"\r\n\r\n")
        head = re.sub(rb"(?im)^message-id:.*\r\n", b"", head + b"\r\n").rstrip(b"\r\n")
        if head:
            head += f"\r\nMessage-ID: <CA{number}@mail.gmail.com>".encode()
        self.messages[message_id] = {
            "id": message_id,
            "threadId": thread or message_id,
            "labelIds": labels,
            "raw": head + gap + body,
            "internalDate": str(NOW_MS + number),
        }
        return message_id

    def _shown(self, message, form, wanted=()):
        shown = {name: message[name] for name in ("id", "threadId", "labelIds", "internalDate")}
        if form == "raw":
            return {**shown, "raw": base64.urlsafe_b64encode(message["raw"]).decode().rstrip("=")}
        if form in ("metadata", "full"):
            parsed = email.message_from_bytes(message["raw"], policy=email.policy.compat32)
            headers = [{"name": name, "value": str(value)} for name, value in parsed.items()]
            kept = [one for one in headers if not wanted or one["name"].lower() in wanted]
            return {**shown, "payload": {"headers": kept}}
        return shown

    def _page(self, call, name, found):
        first, _, empty = call.one("pageToken", "0").partition("-")
        first, size = int(first), min(self.page, int(call.one("maxResults", 100)), 500)
        if self.empty_pages and not empty:
            return {"nextPageToken": f"{first}-e", "resultSizeEstimate": 201}
        reply = {"resultSizeEstimate": 201}
        if found[first : first + size]:
            reply[name] = found[first : first + size]
        if first + size < len(found):
            reply["nextPageToken"] = str(first + size)
        return reply


def _subject(data):
    subject = str(email.message_from_bytes(data, policy=email.policy.default)["Subject"])
    return re.sub(r"^(re: *)+", "", subject, flags=re.IGNORECASE)

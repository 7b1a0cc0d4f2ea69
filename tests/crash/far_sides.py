"""The worlds in which the program is killed: what it runs on, what stands there, and how it is put back.

A far side is a context. `config` is the person's config for it, `waits` the minutes after a death at which
runs follow, `keep()` and `put_back(kept)` save and restore what is there, `quiet()` waits until it has served
whoever died, and `seen(home)` returns what stands there: a thing that stands twice is a failure at once.
"""

import contextlib
import ctypes
import json
import os
import shutil
import sys
from copy import deepcopy
from datetime import UTC, datetime

import icalendar

from automations.compose.reading import read_mime
from config_texts import ANN, APPROVING, AT_ONCE, GOOGLE, INVENTION, MAIL_SERVER, OFFERS, ON_GOOGLE, PRIYA
from google_emulator import CalendarApi, Emulator, GmailApi
from google_emulator.provider import token_file
from mail_server import MailServer

ALONE = ANN + PRIYA + OFFERS + INVENTION
BY_SERVER = APPROVING + AT_ONCE + MAIL_SERVER + "timeout = 20\n"
IN_FILES = ALONE + '\n[calendar]\nbusy = ["work.ics"]\n'


class Files:
    """Calendar and drafts are files."""

    waits = (1, 2)
    config = IN_FILES

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def sign_in(self, home):
        """Give the person what the config alone does not."""

    def keep(self):
        return None

    def put_back(self, kept):
        pass

    def quiet(self):
        pass

    def seen(self, home):
        return {"events": events(home), "mails": letters(home)}

    def asked(self, ended, done):
        """Return the end of a mail nobody can tell about; None where there is no such end."""
        return


class Mailed(Files):
    """Files, and a mail server that takes what is sent and can be asked nothing."""

    def __init__(self):
        self.server = MailServer()
        self.config = IN_FILES + BY_SERVER.format(port=self.server.port)

    def __exit__(self, *_):
        self.server.close()

    def keep(self):
        return list(self.server.mails)

    def put_back(self, kept):
        self.server.mails[:] = kept

    def quiet(self):
        self.server.quiet()

    def seen(self, home):
        return {**super().seen(home), "sent": once(raw for _, _, raw in self.server.mails)}

    def asked(self, ended, done):
        """The mail may have gone or not: the person is asked, and nothing else differs."""
        told = ("drafts", "attempts", "sent", "mails", "outcome")
        other = [part for part in ended if part not in told and ended[part] != done[part]]
        if other or not ended["sent"].items() <= done["sent"].items():
            return None
        if [state for *_, state in ended["attempts"]] != ["unknown"]:
            return None
        states = {state for _, state, *_ in ended["drafts"]}
        gone = "it went" if ended["sent"] else "it did not go"
        return f"asked ({gone})" if "unknown" in states and "sent" not in states else None


class Google(Files):
    """Calendar and drafts are in a Google account."""

    waits = (1, 12, 62, 75, 76)
    sends = False

    def __init__(self):
        self.calendar, self.mail = CalendarApi(), GmailApi()
        self.emulator = Emulator(self.calendar, self.mail)

    def __enter__(self):
        self.emulator.__enter__()
        google = GOOGLE.format(url=self.emulator.url, token="data/google-token.json")
        mail = 'mode = "approve"\n' + AT_ONCE if self.sends else ""
        self.config = ALONE + ON_GOOGLE + mail + google
        return self

    def __exit__(self, *_):
        self.emulator.__exit__()

    def sign_in(self, home):
        (home / "data").mkdir(mode=0o700)
        token_file(self.emulator, home / "data" / "google-token.json")

    def keep(self):
        emulator = {name: getattr(self.emulator, name) for name in ("tokens", "refresh_tokens", "codes")}
        return deepcopy((*(_state(api) for api in (self.calendar, self.mail)), emulator))

    def put_back(self, kept):
        for one, state in zip((self.calendar, self.mail, self.emulator), deepcopy(kept), strict=True):
            vars(one).update(state)

    def quiet(self):
        self.emulator.quiet()

    def seen(self, home):
        """Return our events and mails; whoever else's there are, none of ours looks like them."""
        booked = [
            (event["extendedProperties"]["private"]["magicloop"], _span(event))
            for event in self.calendar.live
            if "extendedProperties" in event
        ]
        assert len({mark for mark, _ in booked}) == len(booked), "an event stands twice"
        drafts = (self.mail.raw(each) for each in self.mail.drafts)
        sent = (each["raw"] for each in self.mail.sent)
        token = home / "data" / "google-token.json"
        if token.exists():
            held = json.loads(token.read_text())
            assert token.stat().st_mode & 0o077 == 0, "the sign-in can be read by others"
            assert held["refresh_token"] in self.emulator.refresh_tokens, "the sign-in is good for nothing"
        signed_in = {"signed in": token.exists(), "half a sign-in": [*map(str, token.parent.glob("*.begun"))]}
        return {"events": dict(booked), "mails": once(drafts), "sent": once(sent), **signed_in}


class GoogleSending(Google):
    """The same, where approved mails are sent."""

    sends = True


def _state(api):
    return {name: value for name, value in vars(api).items() if name != "handlers"}


def _span(event):
    return tuple(
        datetime.fromisoformat(event[end]["dateTime"]).astimezone(UTC).isoformat() for end in ("start", "end")
    )


def events(home):
    """Return the events of our own file, uid to (start, end); fails when one stands twice."""
    path = home / "data" / "invention.ics"
    if not path.exists():
        return {}
    found = icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    spans = {
        str(event["UID"]): tuple(event[name].dt.astimezone(UTC) for name in ("DTSTART", "DTEND"))
        for event in found
    }
    assert len(spans) == len(found), "an event stands twice"
    return spans


def letters(home):
    """Return the drafts' files, ref to what their reader sees; fails when one is there twice."""
    return once(path.read_bytes() for path in (home / "data" / "drafts").glob("*.eml"))


def once(raws):
    """Return mails by their ref, as their reader sees them; fails when one is there twice."""
    read = [read_mime(raw) for raw in raws]
    shown = {each.ref: (each.to, each.subject, each.body_text, each.body_html) for each in read}
    assert len(shown) == len(read), "a mail is there twice"
    return shown


CRONTAB = """\
#!/bin/sh
# A crontab program that keeps its table in a file and changes it in one step, as the real one does.
table="{table}"
case "$1" in
-l) if [ -f "$table" ]; then cat "$table"; else echo "no crontab for ann" >&2; exit 1; fi ;;
-r) rm "$table" ;;
-) cat > "$table.$$" && mv "$table.$$" "$table" ;;
esac
"""


class Scheduler(Files):
    """Files, and a crontab with somebody else's line."""

    other = "0 5 * * 1 tar -zcf /var/backups/home.tgz /srv/\n"

    def __init__(self, folder):
        self.bin = folder / "bin"
        self.table = folder / "table"
        self.bin.mkdir()
        program = self.bin / "crontab"
        program.write_text(CRONTAB.format(table=self.table))
        program.chmod(0o755)
        for name in ("cat", "mv", "rm", "sh"):
            (self.bin / name).symlink_to(shutil.which(name))
        called = self.bin / "magicloop"  # what installing tries out; it ends as a run without a network
        called.write_text("#!/bin/sh\nexit 8\n")
        called.chmod(0o755)
        self.table.write_text(self.other)

    def __enter__(self):
        self._found = os.environ["PATH"], sys.argv[0]
        os.environ["PATH"], sys.argv[0] = str(self.bin), str(self.bin / "magicloop")
        adopt_orphans()
        return self

    def __exit__(self, *_):
        os.environ["PATH"], sys.argv[0] = self._found

    def keep(self):
        return self.table.read_text()

    def put_back(self, kept):
        self.table.write_text(kept)

    def quiet(self):
        """Wait until the crontab programs of whoever died have ended, whatever they make of it."""
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()

    def seen(self, home):
        table = self.table.read_text()
        assert self.other in table, "somebody else's line is lost"
        return {**super().seen(home), "crontab": table}


def adopt_orphans():
    """Let the programs of a process that died become children of this one, to be waited for."""
    set_child_subreaper = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl(2)
    assert ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0) == 0


def fingerprint(kept):
    """Return what a far side holds as text, to compare two of them."""
    return json.dumps(kept, default=repr, sort_keys=True)

"""What is done before a death, what is killed, and on which far side."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from far_sides import Files, Google, GoogleSending, Mailed, Scheduler, events
from launcher import call, in_child

NOW = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)
"""A Friday evening: the notice of two days ends on a Sunday, so that an hour or two change no choice."""
LATER = datetime(2026, 4, 3, 20, 0, tzinfo=UTC)
OFFER = "offer:priya@corp.test:2026-03"

MEETINGS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//office//EN
BEGIN:VEVENT
UID:sync@corp.test
DTSTAMP:20260101T000000Z
DTSTART:20260105T100000Z
DTEND:20260105T110000Z
RRULE:FREQ=WEEKLY;BYDAY=MO,WE
SUMMARY:Weekly sync
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True)
class Scenario:
    """What is done before, the command that is killed, and when.

    `before` may hold words, or functions of the home that return some; `hand` follows it, with the home and
    the far side. `args` are words, or a function of (home, far side). With `again` the person types the
    command once more after a death, as nothing else puts it right.
    """

    args: object
    before: tuple = ()
    hand: object = None
    now: datetime = field(default=NOW + timedelta(minutes=15))
    far: object = Files
    again: bool = False


def approval(home, *_):
    """Return the words that approve the one draft as it stands."""
    with closing(sqlite3.connect(home / "data" / "journal.db")) as connection:
        (digest,) = connection.execute("SELECT hash FROM draft").fetchone()
    return ("draft", "approve", OFFER, "--hash", digest)


def edit_outside(home, _):
    (path,) = (home / "data" / "drafts").glob("*.eml")
    path.write_bytes(path.read_bytes().replace(b"on plan", b"done"))


def edit_in_gmail(_, far):
    (draft,) = far.mail.drafts
    far.mail.edit(draft, text="The billing move is done. I can take over the report.\n")


def meeting_on_block(home, _):
    (first, *_) = sorted(events(home).values())
    text = MEETINGS.replace(
        "END:VCALENDAR",
        f"BEGIN:VEVENT\nUID:budget@corp.test\nDTSTAMP:20260101T000000Z\nDTSTART:{first[0]:%Y%m%dT%H%M%SZ}\n"
        f"DTEND:{first[1]:%Y%m%dT%H%M%SZ}\nSUMMARY:Budget\nEND:VEVENT\nEND:VCALENDAR",
    )
    (home / "work.ics").write_text(text.replace("\n", "\r\n"))


def meeting_in_google(_, far):
    event = min(far.calendar.live, key=lambda each: each["start"]["dateTime"])
    start, end = (datetime.fromisoformat(event[name]["dateTime"]) for name in ("start", "end"))
    far.calendar.meet(start, end, "Budget")


def lose_everything_outside(home, _):
    shutil.rmtree(home / "data" / "drafts")
    (home / "data" / "invention.ics").unlink()


def run_on_another_file(home, *_):
    """Let the first run keep the blocks in a file that is not in use later."""
    config = (home / "config.toml").read_text()
    (home / "config.toml").write_text(
        config.replace('provider = "google"\n', "", 1).replace(
            "[calendar]\n", '[calendar]\nfile = "old.ics"\n'
        )
    )
    return ("run",)


def keep_the_usual_calendar(home, far):
    """Set the config back; the usual file is there, without a block."""
    (home / "config.toml").write_text(far.config)
    (home / "data" / "invention.ics").write_bytes((home / "work.ics").read_bytes())


def consented(home, far):
    """Begin a sign-in, tick the boxes, and return the words that bring the answer back."""

    def work():
        code, out, err = call(home, ("connect", "google", "--no-browser", "--published"), NOW)
        return json.dumps([code, out, err])

    code, out, err = json.loads(in_child(work)[0])
    assert code == 0, out + err
    url = next(line for line in out.splitlines() if "/auth?" in line)
    return ("connect", "google", "--paste", far.emulator.consent(url.strip()))


def outlived(home, far):
    """Let the sign-in's hour be over, so that the next run renews it."""
    far.emulator.expire()
    path = home / "data" / "google-token.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "expiry": "2026-03-06T19:00:00Z"}))


def with_client(home, far):
    """Put the console's client file beside the config, and take the sign-in away."""
    (home / "data" / "google-token.json").unlink()
    client = {
        "client_id": "client.test",
        "client_secret": "not-a-secret",
        "auth_uri": f"{far.emulator.url}/auth",
        "token_uri": far.emulator.token_uri,
    }
    path = home / "client.json"
    path.write_text(json.dumps({"installed": client}))
    path.chmod(0o600)
    config = (home / "config.toml").read_text()
    (home / "config.toml").write_text(config.replace("[google]\n", f'[google]\nclient_file = "{path}"\n'))


OPEN = ("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of orders fail")
CHANGED = ("--changed", "Rolled back.", "--now", "Watching.", "--next", "Close.")
UPDATE = ("incident", "update", "INC-1", *CHANGED)
RUN = (("run",),)
EDIT = ("draft", "edit", OFFER, "--subject", "Other words")
DISCARD = ("draft", "discard", OFFER, "--yes")
APPROVED = (*RUN, approval)
CRON = ("schedule", "install", "--cron", "--yes")

SCENARIOS = {
    "first run": Scenario(("run",), now=NOW),
    "month turns": Scenario(("run",), RUN, now=LATER),
    "edited outside": Scenario(("run",), RUN, edit_outside),
    "meeting lands on a block": Scenario(("run",), RUN, meeting_on_block),
    "files deleted": Scenario(("run",), RUN, lose_everything_outside),
    "another calendar file": Scenario(("run",), (run_on_another_file,), keep_the_usual_calendar),
    "draft edit": Scenario(EDIT, RUN),
    "draft approve": Scenario(approval, RUN),
    "draft discard": Scenario(DISCARD, RUN),
    "invention skip": Scenario(("invention", "skip", "2026-03"), RUN),
    "invention choose": Scenario(("invention", "choose", "2026-03", "1"), RUN),
    "invention hold": Scenario(("invention", "hold", "2026-03"), (*RUN, ("invention", "skip", "2026-03"))),
    "incident open": Scenario(OPEN, RUN),
    "incident update": Scenario(UPDATE, (*RUN, OPEN)),
    "schedule install": Scenario(CRON, RUN, far=Scheduler, again=True),
    "schedule uninstall": Scenario(
        ("schedule", "uninstall", "--yes"), (*RUN, CRON), far=Scheduler, again=True
    ),
    "smtp: send by a run": Scenario(("run",), APPROVED, far=Mailed),
    "smtp: draft send": Scenario(("draft", "send"), APPROVED, far=Mailed),
    "smtp: draft undo": Scenario(("draft", "undo", OFFER), APPROVED, far=Mailed),
    "google: first run": Scenario(("run",), now=NOW, far=Google),
    "google: month turns": Scenario(("run",), RUN, now=LATER, far=Google),
    "google: edited in Gmail": Scenario(("run",), RUN, edit_in_gmail, far=Google),
    "google: meeting on a block": Scenario(("run",), RUN, meeting_in_google, far=Google),
    "google: after a file": Scenario(("run",), (run_on_another_file,), keep_the_usual_calendar, far=Google),
    "google: draft edit": Scenario(EDIT, RUN, far=Google),
    "google: draft approve": Scenario(approval, RUN, far=GoogleSending),
    "google: draft discard": Scenario(DISCARD, RUN, far=Google),
    "google: invention skip": Scenario(("invention", "skip", "2026-03"), RUN, far=Google),
    "google: incident update": Scenario(UPDATE, (*RUN, OPEN), far=Google),
    "google: send by a run": Scenario(("run",), APPROVED, far=GoogleSending),
    "google: draft send": Scenario(("draft", "send"), APPROVED, far=GoogleSending),
    "google: renewed sign-in": Scenario(("run",), RUN, outlived, now=LATER, far=Google),
    "google: connect": Scenario(consented, (), with_client, now=NOW, far=Google, again=True),
}
"""Every command that changes something, where it changes it."""

TWICE = ("smtp: send by a run", "google: send by a run")
"""The send paths, on which the runs that follow a death die too."""

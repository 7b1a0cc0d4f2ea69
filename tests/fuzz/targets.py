"""What is fed with inputs from outside: each target reads them as the product does, and may only refuse in words.

A target's `read` returns whether the input was taken; it raises `WrongError`, or anything else, where a fault was found.
"""

import gzip
import io
import re
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

from automations.compose import crontab, schedule, schedule_reading
from automations.compose.reading import read_mime
from automations.compose.text import Composer, TemplateFaultError
from automations.config import load as config_load
from automations.errors import MagicloopError
from automations.model.seen import Span
from automations.providers.local import busy, source
from automations.store.keeping import archive

ROOT = Path(__file__).parents[2]
CALL = schedule.Call(("/srv/a b/magicloop",), "/c/config.toml", "/d %/é")


class WrongError(Exception):
    """An input was neither taken nor refused in words."""


@dataclass(frozen=True)
class Target:
    """`share` of all cases goes to it; `words` are those of the language that `corpus` is written in."""

    share: float
    corpus: tuple[bytes, ...]
    words: tuple[bytes, ...]
    read: object


def words_of(*texts):
    found = {word for text in texts for word in re.findall(rb"[A-Za-z_-]{2,}[:=;]?|[^\sA-Za-z0-9]+", text)}
    return tuple(sorted(found))


# --- config ---------------------------------------------------------------------------------------


CONFIGS = (
    b'[me]\nname = "Sam"\nemail = "sam@corp.test"\ntimezone = "Europe/Berlin"\n',
    (
        b'[me]\nname = "Sam"\nemail = "sam@corp.test"\ntimezone = "Asia/Kathmandu"\n[[boss]]\nname = "Priya"\n'
        b'email = "priya@corp.test"\nlanguage = "en"\n[invention]\nhours = 2\nprefer = ["tue 09:00"]\n[smtp]\n'
        b'host = "mail.corp.test"\nport = 587\npassword = { env = "X" }\n[mail]\nmode = "approve"\n'
    ),
)


def read_config(data):
    try:
        config_load.parse(data, "/c/config.toml", "/d")
    except MagicloopError as error:
        if not error.what or "Traceback" in str(error):
            raise WrongError("it was refused without a word") from error
        return False
    return True


# --- calendars ------------------------------------------------------------------------------------

SPAN = Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))
BERLIN = ZoneInfo("Europe/Berlin")


def read_calendar(data):
    path = Path("/c/work.ics")
    try:
        file = busy.CalendarFile.read(source.scan(path, source.decode(path, data)), BERLIN)
        found = [it for it in file.busy(busy.Window.around(SPAN), (), "") if it.span.overlaps(SPAN)]
    except MagicloopError:
        return False
    if any(it.span.start.tzinfo is not UTC or it.span.end < it.span.start for it in found):
        raise WrongError(f"a stretch of time that is none: {found[:1]}")
    return True


# --- mails ----------------------------------------------------------------------------------------


def read_mail(data):
    try:
        letter = read_mime(data)
    except MagicloopError:
        return False
    head = re.split(rb"\r?\n\r?\n|\r\r", data, maxsplit=1)[0]
    if len(re.findall(rb"^to:", head, re.IGNORECASE | re.MULTILINE)) > 1:
        raise WrongError("two headers say to whom, and one of them was believed")
    if any(mark in each for each in (letter.subject, *letter.to, *letter.cc) for mark in "\r\n\x1b\u202e"):
        raise WrongError("a header holds what moves a terminal's cursor")
    return True


# --- crontabs and the other schedule files ---------------------------------------------------------

BLOCK = schedule.cron_block(CALL)
MARKS = (
    b"# BEGIN magicloop abcdef",
    b"# END magicloop abcdef",
    b"\r# BEGIN magicloop abcdef\n",
    CALL.id.encode(),
)


def read_crontab(data):
    schedule_reading.call_in_unit(data.decode("utf-8", "replace"))
    schedule_reading.call_in_agent(data)
    try:
        for each in crontab.ids_in(data):
            if not any(line.startswith(f"# BEGIN magicloop {each}".encode()) for line in data.split(b"\n")):
                raise WrongError("what cron takes for the rest of a line was taken for a mark")
            schedule_reading.call_in_block(crontab.block_in(data, each))
        whole = crontab.with_block(data, BLOCK, CALL.id)
        again = crontab.with_block(whole, BLOCK, CALL.id)
        without = crontab.without_block(whole, CALL.id)
        before = crontab.without_block(data, CALL.id)
    except MagicloopError:
        return False
    if again != whole:
        raise WrongError("adding the block twice is not adding it once")
    if crontab.block_in(data, CALL.id) == "" and without != data:
        raise WrongError("taking the block out does not give back what was there")
    if without.rstrip(b"\n") != before.rstrip(b"\n"):
        raise WrongError("other people's lines changed")
    if schedule_reading.call_in_block(crontab.block_in(whole, CALL.id)) != CALL:
        raise WrongError("the block is not read as it was written")
    return True


# --- templates ------------------------------------------------------------------------------------

FACTS = {
    "me": {"name": "Sam"},
    "boss": {"name": "Priya"},
    "ideas": ["a", "b"],
    "n": 3,
    "yes": True,
    "text": "x <b>",
}


def read_template(data):
    text = data.decode("utf-8", "replace")
    if re.search(r"\*\*|\*\s*\d{3}|range|\d{5}", text):
        return False  # what only takes long is ended by the limits of its own process, in tests/local
    paths = {f"email/x/{name}.j2": text for name in ("subject", "body.txt", "body.html")}
    try:
        Composer(jinja2.DictLoader(paths)).render_mail("x", FACTS)
    except (MagicloopError, TemplateFaultError):
        return False
    return True


# --- backups --------------------------------------------------------------------------------------


def a_backup():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "b.tar.gz")
        content = b"[me]\nname = 'Sam'\n"
        import hashlib
        import json

        told = {
            "name": "files/0",
            "kind": "config",
            "path": "/c",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        archive.write_archive(path, json.dumps({"files": [told]}).encode(), [("files/0", content)], stamp=0)
        return path.read_bytes()


def archives():
    """Return backups as they are packed, and as tar files: those are packed again after they were changed."""
    packed = a_backup()
    loose = io.BytesIO()
    with tarfile.open(fileobj=loose, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("manifest.json", "../../x", "ä" * 120):
            info = tarfile.TarInfo(name)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"{}\n"))
    return packed, gzip.decompress(packed), loose.getvalue()


SCRATCH = Path(tempfile.gettempdir())


def read_archive(data):
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        path, into = Path(folder, "b"), Path(folder, "into")
        path.write_bytes(data if data[:2] == b"\x1f\x8b" else gzip.compress(data, 1, mtime=0))
        into.mkdir()
        try:
            archive.unpack(str(path), into)
        except MagicloopError:
            taken = False
        else:
            taken = True
        names = sorted(each.relative_to(folder).as_posix() for each in Path(folder).rglob("*"))
        if [name for name in names if not re.fullmatch(r"b|into|into/\d+", name)]:
            raise WrongError("a name of the archive reached the disk")
        return taken


# --- the page -------------------------------------------------------------------------------------

REQUESTS = tuple(
    line.encode()
    for line in (
        "GET / HTTP/1.1\nHost: 127.0.0.1:1\nCookie: magicloop=COOKIE\n\n",
        "GET /draft/1 HTTP/1.1\nHost: 127.0.0.1:1\nCookie: magicloop=COOKIE\n\n",
        "GET /draft/DRAFT HTTP/1.1\nHost: 127.0.0.1:1\nCookie: magicloop=COOKIE\n\n",
        "GET /draft/DRAFT/edit HTTP/1.1\nHost: 127.0.0.1:1\nCookie: magicloop=COOKIE\n\n",
        "GET /open?token=abc HTTP/1.1\nHost: 127.0.0.1:1\n\n",
        *(
            f"POST /draft/DRAFT/{act} HTTP/1.1\nHost: 127.0.0.1:1\nCookie: magicloop=COOKIE\nOrigin: http://127.0.0.1:1\n"
            f"Content-Type: application/x-www-form-urlencoded\n\ncsrf=CSRF&hash=abc&{rest}"
            for act, rest in (
                ("approve", "rev=1"),
                ("edit", "subject=Hello&body_text=One%0Atwo&to=priya%40corp.test"),
                ("snooze", "until=2026-12-01"),
                ("discard", "reason=no"),
                ("undo", ""),
                ("resolve", "sent=1"),
            )
        ),
    )
)


class Door:
    """The page over a journal of its own, and a person who is let in."""

    made = None

    def __init__(self):
        from automations.config.places import find_places
        from automations.cycle import run_cycle
        from automations.web.app import create_app
        from automations.web.guard import Guard
        from automations.wiring import Session

        self.home = tempfile.TemporaryDirectory(prefix="fuzz-")
        places = find_places({"MAGICLOOP_HOME": self.home.name}, None)
        config = '[me]\nname = "Sam"\nemail = "sam@corp.test"\ntimezone = "Europe/Berlin"\n[[boss]]\nname = "Priya"\nemail = "priya@corp.test"\n'
        config += '[offers]\ndue_day = 1\nideas = ["the capacity report", "the vendor call"]\non_track = "It is on plan."\nhours = 3\n'
        Path(self.home.name, "config.toml").write_text(config)
        places = find_places({"MAGICLOOP_HOME": self.home.name}, None)
        with closing(Session(places)) as session, session.lock():
            run_cycle(session.policy, session.world(), session.ground())
            drafts = session.journal().load("sam@corp.test").drafts
        self.draft = drafts[0].id if drafts else "1"
        self.guard = Guard("127.0.0.1:1", datetime.now(UTC))  # noqa: TID251 - a clock beside that of the session
        app = create_app(lambda: Session(places), self.guard)
        app.testing = True  # so that a fault comes out as itself, not as a page about it
        self.client = app.test_client(use_cookies=False)
        self.cookie = self.guard.enter(self.guard.link_token, datetime.now(UTC))  # noqa: TID251 - as above
        self.csrf = self.guard._visitors[self.cookie].csrf


def read_request(data):
    Door.made = door = Door.made or Door()
    text = data.decode("latin-1")
    for name, value in (("COOKIE", door.cookie), ("CSRF", door.csrf), ("DRAFT", door.draft)):
        text = text.replace(name, value)
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n") or [""]
    verb, path, *_ = [*first.split(" "), "", ""]
    environ = {"REQUEST_METHOD": verb or "GET", "HTTP_HOST": ""}
    for line in lines:
        name, _, value = line.partition(":")
        key = name.strip().upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.strip()
    try:
        path = path if path.startswith("/") else f"/{path}"
        answer = door.client.open(
            path.encode("latin-1").decode("utf-8", "replace"),
            method=environ["REQUEST_METHOD"],
            data=body.encode("latin-1"),
            environ_overrides=environ,
        )
    except (UnicodeError, ValueError) as error:
        if "automations" in str(error.__traceback__ and _deepest(error)):
            raise
        return False  # the test client itself cannot say this
    if answer.status_code >= 500:
        raise WrongError(f"status {answer.status_code}: {answer.get_data(as_text=True)[-300:]}")
    if verb == "POST" and door.csrf not in text and answer.status_code == 303:
        raise WrongError("an act without the form's secret")
    return answer.status_code < 400


def _deepest(error):
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename


# --- all of them ------------------------------------------------------------------------------------


def files(pattern, most=40):
    return tuple(path.read_bytes() for path in sorted(ROOT.glob(pattern))[:most] if path.is_file())


def targets():
    """Return every target by its name."""
    sample = files("config/magicloop.example.toml")
    calendars = tuple(each for each in files("tests/local/calendars/**/*.ics") if len(each) < 20_000)
    mails = files("tests/golden/*.eml")
    tabs = (
        b"",
        b"0 5 * * 1 backup\n",
        b"MAILTO=x\r\n@daily y",
        f"a\n{BLOCK}@hourly z\n".encode(),
        BLOCK.encode()[:-1],
        schedule.service_text(CALL).encode(),
        schedule.agent_bytes(CALL),
    )
    pages = files("templates/email/*/*.j2") + files("templates/event/*/*.j2")
    packed = archives()
    return {
        "config": Target(0.15, (*sample, *CONFIGS, *CONFIGS), words_of(*sample), read_config),
        "calendar": Target(0.10, calendars, words_of(*calendars)[:400], read_calendar),
        "mail": Target(0.20, mails, words_of(*mails[:8])[:400], read_mail),
        "schedule": Target(0.40, tabs, (*words_of(*tabs), *MARKS), read_crontab),
        "template": Target(
            0.05,
            pages,
            (*words_of(*pages), b"{{", b"}}", b"{%", b"%}", b"|join", b"boss.name", b".__class__"),
            read_template,
        ),
        "backup": Target(
            0.06,
            packed,
            (b"manifest.json", b"files/0", b'"size": ', b"ustar", b"0000644", b"../"),
            read_archive,
        ),
        "page": Target(
            0.04,
            REQUESTS,
            (*words_of(*REQUESTS), b"%00", b"%ff", b"%C3%A9", b"..", b"&", b"COOKIE", b"CSRF", b"DRAFT"),
            read_request,
        ),
    }

"""A page on a real port over real files, a mail server behind it, and a browser before it."""

import http.client
import os
import re
import shutil
from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from automations.config.places import find_places
from automations.cycle import run_cycle
from automations.web.serve import Page
from automations.wiring import Session
from config_texts import APPROVING, MAIL_SERVER, OFFERS, OMAR, PRIYA, SAM
from mail_server import MailServer
from set_clock import SetClock

START = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)

CONFIG = SAM + PRIYA + OMAR + OFFERS + "hours = 3\n" + APPROVING + MAIL_SERVER

CHROMIUM = next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))
    ),
    None,
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def post():
    """The mail server that approved mails go to."""
    with MailServer() as server:
        yield server


@pytest.fixture
def desk(home, post):
    """A person with two offers that wait, and their page."""
    folder = home / ".config/magicloop"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(port=post.port))
    clock, places = SetClock(START), find_places(os.environ, None)

    def opened():
        return Session(places, clock)

    def run():
        session = opened()
        with session.lock():
            report = run_cycle(session.policy, session.world(), session.ground())
        session.close()
        return report

    def recorded():
        session = opened()
        found = session.journal().load("sam@corp.test")
        session.close()
        return found

    run()
    with Page(opened) as page:
        yield SimpleNamespace(
            page=page,
            clock=clock,
            post=post,
            run=run,
            opened=opened,
            recorded=recorded,
            drafts=lambda: {draft.to[0].partition("@")[0]: draft for draft in recorded().drafts},
            folder=home / ".local/share/magicloop/drafts",
        )


class Asker:
    """Asks the page over a socket, with exactly the headers that are given."""

    def __init__(self, page):
        self.page = page
        self.cookie = ""

    def ask(self, verb, path, *, body=None, host=None, cookie=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.page.port, timeout=10)
        connection.putrequest(verb, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", self.page.guard.host if host is None else host)
        cookie = self.cookie if cookie is None else cookie
        if cookie:
            connection.putheader("Cookie", f"magicloop={cookie}")
        data = body if isinstance(body, bytes) else urlencode(body or {}).encode()
        if verb == "POST" and "Content-Type" not in headers:
            connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return SimpleNamespace(status=answer.status, headers=dict(answer.getheaders()), text=text)

    def enter(self):
        """Come by the printed link; return the form field that acts need."""
        answer = self.ask("GET", self.page.link.removeprefix(self.page.guard.origin))
        self.cookie = re.search(r"magicloop=([^;]+)", answer.headers["Set-Cookie"])[1]
        return self.csrf()

    def csrf(self):
        page = self.ask("GET", "/")
        if page.status == 303:
            page = self.ask("GET", page.headers["Location"])
        return re.search(r'name="csrf" value="([^"]+)"', page.text)[1]

    def act(self, path, form, **headers):
        return self.ask("POST", path, body=form, **{"Origin": self.page.guard.origin, **headers})


@pytest.fixture
def asker(desk):
    return Asker(desk.page)


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium; a machine without one is told how to get it, and CI always has it."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium: apt-get install chromium")
        pytest.skip("no Chromium was found; to run the browser tests: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium, desk):
    """A tab at the person's page; whatever its console complains of fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(8000)
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
    page.goto(desk.page.link)
    yield page
    context.close()
    assert said == []

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from automations.clock import SystemClock
from config_texts import ANN, GOOGLE, INVENTION, OFFERS, ON_GOOGLE, PRIYA
from google_emulator import CalendarApi, Emulator, GmailApi

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))

from lives import GmailLife, GoogleLife

from google_emulator.provider import IMPATIENCE, PATIENCE, token_file

CONFIG = ANN + PRIYA + OFFERS + INVENTION + "months_ahead = 0\n" + ON_GOOGLE + GOOGLE


@pytest.fixture
def calendar_api():
    return CalendarApi()


@pytest.fixture
def emulator(calendar_api):
    """Return a Google with one account, on the loopback."""
    with Emulator(calendar_api) as running:
        yield running


@pytest.fixture
def timeout(request):
    """Return the seconds a call may take: few where the test is about an answer that does not come."""
    return IMPATIENCE if "slow" in request.node.name else PATIENCE


@pytest.fixture
def life(emulator, calendar_api, tmp_path, timeout):
    """Return a person's world whose calendar is on Google."""
    made = GoogleLife(emulator, calendar_api, tmp_path)
    made.timeout = timeout
    yield made
    made.close()


@pytest.fixture
def mail_life(tmp_path, timeout):
    """Return a person's world whose drafts are in Gmail."""
    api = GmailApi()
    with Emulator(api) as running:
        made = GmailLife(running, api, tmp_path)
        made.timeout = timeout
        yield made
        made.close()


@pytest.fixture
def account(home):
    """A person with a Google account who is signed in, and the command."""
    from automations.cli import main

    calendar, mail = CalendarApi(), GmailApi()
    with Emulator(calendar, mail) as google, freeze_time("2026-11-03T08:00:00Z", ignore=["google_emulator"]):
        folder = home / ".config/magicloop"
        folder.mkdir(parents=True)
        token = token_file(google, folder / "token.json")
        config = folder / "config.toml"
        config.write_text(CONFIG.format(url=google.url, token=token))

        def call(*words, **options):
            done = CliRunner().invoke(main, [str(word) for word in words], **options)
            assert "Traceback" not in done.output
            assert "a bug in magicloop" not in done.output, done.output
            return done

        def scoped(*names):
            scopes = frozenset(f"https://www.googleapis.com/auth/{name}" for name in names)
            google.tokens["first-token"] = google.refresh_tokens["refresh-me"] = scopes
            token_file(google, token)

        def drafts():
            return json.loads(call("draft", "list", "--json").stdout)["drafts"]

        yield SimpleNamespace(
            google=google,
            calendar=calendar,
            mail=mail,
            token=token,
            config=config,
            call=call,
            scoped=scoped,
            drafts=drafts,
        )


@pytest.fixture
def no_waits(monkeypatch):
    """Spare the waits between two tries of a call."""
    monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: None)

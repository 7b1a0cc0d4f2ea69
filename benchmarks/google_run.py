"""How long the first run with Google takes, next to a straight script that makes the same calls.

Both talk to the emulator of the tests, in turn, each round with a new account. Also printed: the calls.
Usage: python benchmarks/google_run.py [--rounds 15]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from google_emulator import CalendarApi, Emulator, GmailApi  # noqa: E402
from google_emulator.provider import token_file  # noqa: E402

BUDGET, FIRST_CALLS, LATER_CALLS = 1.15, 4, 2

CONFIG = """\
[me]
name = "Ann Smith"
email = "ann@corp.test"
timezone = "Europe/Berlin"

[[boss]]
name = "Priya Raman"
email = "priya@corp.test"

[offers]
ideas = ["put together the capacity report", "sit in for you in the vendor call", "tidy the rota"]
on_track = "The billing move is on plan."

[calendar]
provider = "google"

[mail]
provider = "google"

[google]
api_endpoint = "{url}"
token_file = "{token}"
"""

STRAIGHT = """\
import base64, json, sys
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

url, path = sys.argv[1:]
held = json.load(open(path))
who = Credentials(held["token"], refresh_token=held["refresh_token"], token_uri=held["token_uri"],
                  client_id=held["client_id"], client_secret=held["client_secret"])
calendar = build("calendar", "v3", credentials=who, client_options={"api_endpoint": url + "/calendar/v3/"},
                 cache_discovery=False)
gmail = build("gmail", "v1", credentials=who, client_options={"api_endpoint": url}, cache_discovery=False)
now = datetime.now(timezone.utc)
calendar.events().list(calendarId="primary", timeMin=now.isoformat(), maxResults=2500, singleEvents=True,
                       timeMax=(now + timedelta(days=60)).isoformat()).execute()
for day in (10, 40):
    start = now + timedelta(days=day)
    calendar.events().insert(calendarId="primary", sendUpdates="none", body={
        "summary": "Invention time", "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": (start + timedelta(hours=2)).isoformat()}}).execute()
mail = EmailMessage()
mail["From"], mail["To"], mail["Subject"] = "ann@corp.test", "priya@corp.test", "This month"
mail.set_content("How can I help?")
mail.add_alternative("<p>How can I help?</p>", subtype="html")
raw = base64.urlsafe_b64encode(mail.as_bytes()).decode()
gmail.users().drafts().create(userId="me", body={"message": {"raw": raw}}).execute()
"""

RUN = "from automations.cli import main; main()"


def seconds(arguments: list[str], folder: str) -> float:
    environment = {"HOME": folder, "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.perf_counter() - begin
    if done.returncode != 0:
        sys.exit(f"it ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return taken


def one_round(taken: dict[str, list[float]]) -> dict[str, list[str]]:
    """Measure each once, the script and the runs on a new account each; return the calls each made."""
    calls: dict[str, list[str]] = {}
    for names in (("script",), ("first", "settling", "later")):
        with tempfile.TemporaryDirectory() as folder, Emulator(CalendarApi(), GmailApi()) as google:
            token = token_file(google, Path(folder, "token.json"))
            config = Path(folder, "config.toml")
            config.write_text(CONFIG.format(url=google.url, token=token))
            for name in names:
                google.log.clear()
                script = ["-c", STRAIGHT, google.url, str(token)]
                run = ["-c", RUN, "--config", str(config), "run"]
                taken[name].append(seconds(script if name == "script" else run, folder))
                calls[name] = list(google.log)
    return calls


def measure(rounds: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in ("script", "first", "settling", "later")}
    for _ in range(rounds):
        calls = one_round(taken)
    median = {name: statistics.median(values) for name, values in taken.items()}
    ratio = median["first"] / median["script"]
    verdict = "kept" if ratio <= BUDGET else "MISSED"
    rows = (
        ("script", "straight script", ""),
        ("first", "first run of all", f", budget {FIRST_CALLS}"),
        ("later", "a run that watches", f", budget {LATER_CALLS}"),
    )
    for name, words, budget in rows:
        methods = ", ".join(method.partition(".")[2] for method in calls[name])
        print(f"{words:<20}  {median[name] * 1000:7.1f} ms   {len(calls[name])} calls{budget}: {methods}")
    print(f"first run / script    {ratio:7.2f}      budget {BUDGET} {verdict}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is measured")
    measure(parser.parse_args().rounds)

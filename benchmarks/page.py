"""How long the page takes with 500 drafts and five years of log, next to an empty Flask route.

Both are asked for in turn in one run, without a socket, so that the ratio means the same on any machine.
Usage: python benchmarks/page.py [--rounds 15]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask

from automations.clock import SystemClock
from automations.config.places import find_places
from automations.model.records import Draft, DraftState, LogEntry
from automations.web.app import create_app
from automations.web.guard import COOKIE, Guard
from automations.wiring import Session

BUDGET_MS = 50.0
DRAFTS, YEARS = 500, 5
HOST = "127.0.0.1:1"
CONFIG = """\
[me]
name = "Sam Lee"
email = "sam@corp.test"
timezone = "Europe/Berlin"

[[boss]]
name = "Priya Raman"
email = "priya@corp.test"
"""


def draft(number: int, now: datetime) -> Draft:
    """Return one of many drafts: most ended, the last ten wait."""
    words = f"Hi Priya,\n\nThe billing move is on plan, step {number}.\n\nSam\n"
    return Draft(
        id=f"{number:012x}",
        person="sam@corp.test",
        key=f"offer:priya@corp.test:{number}",
        kind="offer",
        state=DraftState.WAITING,
        sender="sam@corp.test",
        to=("priya@corp.test",),
        subject=f"Anything off your plate? {number}",
        body_text=words,
        body_html=f"<p>{words}</p>",
        hash=f"{number:064x}",
        mime=words.encode(),
        why="the month began",
        created=now - timedelta(days=3 * (DRAFTS - number)),
        template="offer-ask",
    )


def fill(session: Session, now: datetime) -> None:
    """Write the drafts and the log of five years of days."""
    journal = session.journal()
    entry = LogEntry("sam@corp.test", now, "test", "subject", "done")
    for number in range(DRAFTS):
        made = draft(number, now)
        journal.record(entry, (made,))
        if number < DRAFTS - 10:
            from dataclasses import replace

            journal.record(entry, (replace(made, state=DraftState.DISCARDED, rev=2),))
    for day in range(YEARS * 365):
        journal.record(LogEntry("sam@corp.test", now - timedelta(days=day), "run", "", "nothing"))


def main() -> None:
    """Print the medians, and whether the budget was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        os.environ.clear()
        os.environ["HOME"] = home
        folder = Path(home, ".config/magicloop")
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(CONFIG)
        places, clock = find_places(os.environ, None), SystemClock()
        now = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
        session = Session(places, clock)
        fill(session, now)
        session.close()
        guard = Guard(HOST, clock.now())
        app = create_app(lambda: Session(places, clock), guard)
        empty = flask.Flask("empty")
        empty.add_url_rule("/", view_func=lambda: "")
        page, bare = app.test_client(), empty.test_client()
        cookie = guard.enter(guard.link_token, clock.now()) or ""
        page.set_cookie(COOKIE, cookie, domain="127.0.0.1")
        # An ended draft: what is read anew outside is the mailbox's time, not the page's.
        where = f"/draft/{DRAFTS // 2:012x}"
        taken: dict[str, list[float]] = {"page": [], "empty": []}
        for _ in range(rounds + 2):
            for name, client, path in (("page", page, where), ("empty", bare, "/")):
                begin = time.perf_counter()
                answer = client.get(path, headers={"Host": HOST})
                taken[name].append(1000 * (time.perf_counter() - begin))
                if answer.status_code != 200:
                    sys.exit(f"{path} answered {answer.status_code}")
    median = {name: statistics.median(values[2:]) for name, values in taken.items()}
    verdict = "kept" if median["page"] <= BUDGET_MS else "MISSED"
    print(
        f"page with {DRAFTS} drafts and {YEARS} years of log: {median['page']:.1f} ms, "
        f"{median['page'] / median['empty']:.0f} x an empty route of {median['empty']:.2f} ms "
        f"(budget {BUDGET_MS:.0f} ms): {verdict}"
    )


if __name__ == "__main__":
    main()

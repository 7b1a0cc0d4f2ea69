"""Whether a run at the end is as fast as one at the start: on copies of the two journals, in turn, as processes.

What is measured is the processor time of the whole process, start-up and imports with it, so that other work
on the machine counts as little as may be. `seconds` inside the process, after the imports, are told beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

ONE_RUN = """
import sys, time, json
sys.path[:0] = [{soak!r}, {tests!r}]
from datetime import datetime
from machine import HandClock
from automations.cli.run_commands import run_once
from automations.config.places import Places
from automations.wiring import Session

folder, now, kind = sys.argv[1:]
places = Places(f"{{folder}}/config.toml", f"{{folder}}/data", sample=False, explicit=True)
session = Session(places, HandClock(datetime.fromisoformat(now)))
begin = time.process_time()
if kind == "settle":
    # A question that stands keeps runs awake for a day or two: the comparison begins after it.
    for _ in range(60):
        session.clock.sleep(3 * 3600)
        for _ in range(4):
            run_once(session)
        if session.idle_until() is not None:
            break
    else:
        sys.exit("it never comes to rest")
    print(json.dumps(session.clock.now().isoformat()))
    sys.exit()
if kind == "idle":
    assert session.idle_until() is not None, "it is not idle"
else:
    report = run_once(session)
    assert report.outcome.value == "nothing", report
taken = time.process_time() - begin
session.close()
print(json.dumps(taken))
"""
HERE = Path(__file__).parent


def one_run(folder, now, kind):
    """Return (processor seconds of the process, what it said: those of the run itself, or an instant)."""
    code = ONE_RUN.format(soak=str(HERE), tests=str(HERE.parent))
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), now.isoformat(), kind],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the measured run ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, json.loads(said)


def compare(early, late, rounds=9):
    """Return {kind: (early, late, ratio of processes, ratio of the runs alone)}; times are medians in seconds.

    `early` and `late` are (folder, instant). A due run is one that looks at everything and finds nothing to do.
    """
    places = []
    for folder, now in (early, late):
        copy = folder.with_name(f"{folder.name}-measured")
        shutil.copytree(folder, copy)
        _, rested = one_run(copy, now, "settle")
        places.append((copy, datetime.fromisoformat(rested)))
    told = {}
    for kind in ("idle", "due"):
        taken = ([], [])
        for _ in range(rounds):
            for (folder, now), times in zip(places, taken, strict=True):
                if kind == "due":
                    wake_up(folder)
                times.append(one_run(folder, now, kind))
        process = [statistics.median(each[0] for each in times) for times in taken]
        alone = [statistics.median(each[1] for each in times) for times in taken]
        told[kind] = (*process, process[1] / process[0], alone[1] / alone[0])
    return told


def wake_up(folder):
    """Make the next run look, as any act by hand does."""
    with closing(sqlite3.connect(folder / "data" / "journal.db")) as connection:
        connection.execute("UPDATE wake SET due = NULL")
        connection.commit()

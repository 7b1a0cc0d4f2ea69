"""`doctor`: every row in every state it can have, seen through the command on real files."""

import fcntl
import json
import os
import re
import shutil
import sqlite3
import zoneinfo
from contextlib import closing
from dataclasses import replace

import pytest

from automations.cli import checkup
from automations.clock import SystemClock
from automations.desk.health import looking
from automations.model.health import DiskSeen, PathSeen
from automations.store.migrate import VERSION

ROW = {"name", "state", "what", "fix"}
CURE = re.compile(
    r"\b(magicloop [a-z]|chmod |mv |cp |sudo |kill |fuser |df -|uv tool |timedatectl |https://|crontab -e)"
)


def rows(magicloop, code, *words):
    done = magicloop("doctor", "--json", *words)
    assert done.stderr == ""
    found = json.loads(done.stdout)["rows"]
    assert all(set(one) == ROW for one in found)
    assert {one["state"] for one in found} <= {"ok", "info", "warning", "error"}
    assert done.exit_code == (1 if any(one["state"] == "error" for one in found) else 0)
    assert done.exit_code == code, [one for one in found if one["state"] == "error"]
    for one in found:
        assert "\n" not in one["what"] + one["fix"]
        if one["state"] in ("warning", "error"):
            assert CURE.search(one["fix"]), one
    return found


def named(found, name):
    return [one for one in found if one["name"] == name]


def the(found, name):
    (row,) = named(found, name)
    return row


def states(found):
    return {one["name"]: one["state"] for one in found if one["state"] != "ok"}


@pytest.fixture
def ran(frozen, own, magicloop):
    """A config of one's own and one run: all is well."""
    os.utime(own.calendar, (1_793_000_000, 1_793_000_000))
    assert magicloop("run").exit_code == 0
    return own


def test_all_is_well_after_a_run(ran, magicloop, tree, home):
    before = tree(home)

    found = rows(magicloop, 0)

    assert states(found) == {"network": "info"}
    assert {name for name, _, _ in checkup.CHECKS} - {"sign-in", "monitor"} <= {one["name"] for one in found}
    assert the(found, "calendar")["what"].endswith("work.ics: 17 busy times in the next 62 days")
    assert the(found, "blocks")["what"].endswith("invention.ics: 2 blocks")
    assert the(found, "journal")["what"].endswith(f"layout {VERSION}, whole)")
    assert the(found, "mail")["what"].startswith("draft-only: every mail is sent by you")
    assert tree(home) == before


def test_before_the_first_run_nothing_is_wrong_and_nothing_is_made(frozen, own, magicloop, tree, home):
    before = tree(home)

    found = rows(magicloop, 0)

    assert states(found) == {
        "data folder": "info",
        "journal": "info",
        "schedule": "info",
        "blocks": "info",
        "drafts": "info",
        "network": "info",
    }
    assert tree(home) == before


def test_the_sample_is_said_to_be_one(frozen, magicloop):
    assert the(rows(magicloop, 0), "config")["fix"] == "magicloop init"


def test_the_table_for_people_has_a_cure_below_each_row_that_needs_one(ran, magicloop):
    ran.calendar.unlink()

    lines = magicloop("doctor").stdout.splitlines()

    at = next(number for number, line in enumerate(lines) if line.startswith(" error    calendar "))
    assert "work.ics" in lines[at]
    assert lines[at + 1].strip().startswith("fix: ")
    assert lines[0].startswith(" ok       config ")


# --- the config ---------------------------------------------------------------------------------


def test_a_wrong_config_is_an_error_row_for_each_problem_and_the_rest_is_still_looked_at(ran, magicloop):
    ran.config.write_text(ran.config.read_text().replace("hours = 3", 'hours = "x"\ncolour = "red"'))

    found = rows(magicloop, 1)

    wrong = named(found, "config")
    assert len(wrong) == 2
    assert all(one["fix"] == "magicloop config edit" for one in wrong)
    assert any("offers.colour" in one["what"] for one in wrong)
    assert the(found, "journal")["state"] == "ok"
    assert "calendar, mail" in the(found, "others")["what"].replace("templates, ", "")
    assert named(found, "calendar") == []


def test_many_problems_of_a_config_are_counted(ran, magicloop):
    ran.config.write_text(ran.config.read_text() + "\n".join(f"key{n} = 1" for n in range(9)))

    assert [one["what"] for one in named(rows(magicloop, 1), "config")][-1] == "and 4 more problems"


def test_a_config_that_was_named_but_is_not_there(frozen, magicloop, home):
    done = magicloop("--config", home / "none.toml", "doctor", "--json")

    assert done.exit_code == 1
    assert the(json.loads(done.stdout)["rows"], "config")["fix"] == "magicloop init"


@pytest.mark.parametrize(("mode", "state", "code"), [(0o664, "warning", 0), (0o646, "error", 1)])
def test_a_config_that_others_can_change(ran, magicloop, mode, state, code):
    ran.config.chmod(mode)

    row = named(rows(magicloop, code), "config")[-1]

    assert row["state"] == state
    assert row["fix"] == f"chmod go-w {ran.config}"


def test_what_may_surprise_in_a_config_is_a_warning(ran, magicloop):
    ran.config.write_text(ran.config.read_text().replace("Europe/Berlin", "Etc/GMT+5"))

    assert named(rows(magicloop, 0), "config")[1]["state"] == "warning"


def test_what_belongs_to_somebody_else_is_told():
    from automations.desk.health.files import config_rows, data_rows

    seen = PathSeen("/x", exists=True, folder=True, mode=0o700, mine=False)
    assert [row.state for row in config_rows(seen, sample=False, notes=())] == ["ok", "warning"]
    roots = replace(seen, roots=True)  # as a container or a package brings it: nobody new decides
    assert [row.state for row in config_rows(roots, sample=False, notes=())] == ["ok"]
    assert [row.state for row in data_rows(seen, DiskSeen("/x", 10**9))] == ["error", "ok"]


# --- the data folder and its disk ---------------------------------------------------------------


@pytest.mark.parametrize(("mode", "state", "code"), [(0o750, "warning", 0), (0o777, "error", 1)])
def test_a_data_folder_open_to_others(ran, magicloop, mode, state, code):
    ran.data.chmod(mode)

    row = the(rows(magicloop, code), "data folder")

    assert (row["state"], row["fix"]) == (state, f"chmod 700 {ran.data}")


def test_a_data_folder_that_is_a_file(frozen, own, magicloop):
    own.data.parent.mkdir(parents=True)
    own.data.write_text("")

    assert the(rows(magicloop, 1), "data folder")["fix"].startswith("mv ")


def test_a_disk_that_is_read_only(disk, frozen, own, magicloop):
    magicloop("run")
    disk("ro")

    found = rows(magicloop, 1)

    assert the(found, "data folder")["state"] == "error"
    assert the(found, "drafts")["state"] == "error"
    disk("rw")


def test_a_disk_that_is_nearly_full(disk, frozen, own, magicloop):
    magicloop("run")

    row = the(rows(magicloop, 1), "disk")

    assert row["state"] == "error"
    assert row["fix"] == f"df -h {own.data}"


ROOM = {
    "little": (DiskSeen("/d", 50 * 1024**2), "warning", 0),
    "none": (DiskSeen("/d", 0), "error", 1),
    "no more files": (DiskSeen("/d", 10**10, files_left=False), "error", 1),
}


@pytest.mark.parametrize(("seen", "state", "code"), ROOM.values(), ids=ROOM)
def test_the_room_on_the_disk(ran, magicloop, monkeypatch, seen, state, code):
    free = os.statvfs("/")
    told = list(free)
    told[1], told[4] = 1, seen.free_bytes
    told[5], told[7] = 100, 100 if seen.files_left else 0
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(told))

    assert the(rows(magicloop, code), "disk")["state"] == state


# --- the journal --------------------------------------------------------------------------------


def change(own, *statements):
    with closing(sqlite3.connect(own.journal, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def overwrite_page(own):
    """Write nonsense over a page that holds rows, as a dying disk does."""
    with closing(sqlite3.connect(own.journal)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'log'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with own.journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x5a" * size)


JOURNALS = {
    "a page overwritten": (overwrite_page, "journal", "damaged"),
    "no database": (lambda own: own.journal.write_bytes(b"nonsense" * 999), "journal", "is damaged"),
    "empty": (lambda own: own.journal.write_bytes(b""), "journal", "is empty"),
    "of another program": (lambda own: change(own, "PRAGMA application_id=7"), "journal", "not a magicloop"),
    "of no layout": (lambda own: change(own, "PRAGMA user_version=0"), "journal", "has no layout number"),
    "newer": (lambda own: change(own, "PRAGMA user_version=999"), "journal", "newer magicloop"),
    "a rule dropped": (lambda own: change(own, "DROP TRIGGER log_no_delete"), "journal", "log_no_delete"),
    "rows without their record": (
        lambda own: change(
            own,
            "PRAGMA foreign_keys=OFF",
            "INSERT INTO incident_note VALUES ('sam@example.com', 'I9', 1, 'rest', '', '', 1)",
        ),
        "journal",
        "belong to a record that is not there",
    ),
    "of another person": (lambda own: change(own, "UPDATE run SET person='b@c.test'"), "journal", "b@c.test"),
    "a line of the log changed": (
        lambda own: change(own, "DROP TRIGGER log_no_update", "UPDATE log SET detail='x' WHERE number=2"),
        "log",
        "line 2 is not as it was written",
    ),
}


@pytest.mark.parametrize(("spoil", "name", "what"), JOURNALS.values(), ids=JOURNALS)
def test_a_journal_that_cannot_be_trusted(ran, magicloop, spoil, name, what):
    spoil(ran)

    found = rows(magicloop, 1)

    assert any(what in one["what"] for one in named(found, name) if one["state"] == "error"), found
    assert the(found, "calendar")["state"] == "ok"


def test_a_journal_of_an_older_layout_is_no_fault_and_stays_as_it_is(ran, magicloop):
    change(ran, f"PRAGMA user_version={VERSION - 1}")

    row = the(rows(magicloop, 0), "journal")

    assert row["state"] == "info"
    assert f"brings it to {VERSION}" in row["what"]
    with closing(sqlite3.connect(ran.journal)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION - 1,)


# --- running ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "state"), [(1, "info"), (90, "warning")])
def test_a_run_at_work_is_named(ran, frozen, magicloop, minutes, state):
    change(ran, "INSERT INTO run (person, started) VALUES ('sam@example.com', '2026-11-03T08:00:00.000000Z')")
    frozen.tick(minutes * 60)
    with (ran.data / "run.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        row = the(rows(magicloop, 0), "lock")

    assert row["state"] == state
    if shutil.os.path.exists("/proc/locks"):
        assert f"process {os.getpid()}" in row["what"]
        assert state == "info" or row["fix"] == f"kill {os.getpid()}"


@pytest.mark.parametrize(
    ("seconds", "state", "code"),
    [(0, "ok", 0), (-3 * 3600, "warning", 0), (-3 * 86_400, "error", 1)],
)
def test_a_clock_that_fell_back(ran, frozen, magicloop, seconds, state, code):
    frozen.tick(seconds)

    row = the(rows(magicloop, code), "clock")

    assert row["state"] == state
    assert row["fix"].startswith("timedatectl set-ntp true") == (state != "ok")
    assert ("magicloop run --clock-is-right" in row["fix"]) == (state == "error")


@pytest.mark.parametrize(
    ("hours", "state", "code"), [(0.5, "ok", 0), (26, "warning", 0), (24 * 4, "error", 1)]
)
def test_a_schedule_that_calls_no_more(ran, frozen, magicloop, monkeypatch, hours, state, code):
    monkeypatch.setattr(SystemClock, "uptime", lambda self: None)  # a system that does not tell
    frozen.tick(hours * 3600)

    assert the(rows(magicloop, code), "schedule")["state"] == state


def test_a_look_with_nothing_to_do_counts_as_alive(ran, frozen, magicloop):
    magicloop("run")
    frozen.tick(24 * 3600)
    magicloop("run")

    assert the(rows(magicloop, 0), "schedule")["state"] == "ok"


def test_what_the_last_run_left_standing(ran, magicloop):
    good = ran.calendar.read_bytes()
    ran.calendar.write_text("no calendar")
    magicloop("run")
    ran.calendar.write_bytes(good)

    row = the(rows(magicloop, 0), "last run")

    assert (row["state"], row["fix"]) == ("warning", "magicloop status")
    assert "work.ics" in row["what"]


# --- the zones ----------------------------------------------------------------------------------

ZONES = {
    "old": ({"UTC": "", "+VERSION": "2021e\n"}, "warning", "2021e"),
    "new": ({"UTC": "", "tzdata.zi": "# version 2026a\n"}, "ok", "the system's rules of 2026a"),
    "unknown": ({"UTC": ""}, "info", "unknown age"),
    "none of the system's": ({}, "ok", "the tzdata package's rules of 20"),
}


@pytest.mark.parametrize(("files", "state", "what"), ZONES.values(), ids=ZONES)
def test_the_age_of_the_zone_rules(ran, magicloop, monkeypatch, tmp_path, files, state, what):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))

    row = the(rows(magicloop, 0), "zones")

    assert row["state"] == state
    assert what in row["what"]


# --- calendars, templates, mail -----------------------------------------------------------------

CALENDARS = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_text(""),
    "cut off": lambda path: path.write_text(path.read_text()[:200]),
    "a page": lambda path: path.write_text("<html>"),
    "a folder with none": lambda path: (path.unlink(), path.mkdir()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "bytes": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "a link to itself": lambda path: (path.unlink(), path.symlink_to(path)),
}


@pytest.mark.parametrize("spoil", CALENDARS.values(), ids=CALENDARS)
def test_a_busy_calendar_that_cannot_be_read(ran, magicloop, spoil):
    spoil(ran.calendar)

    row = the(rows(magicloop, 1), "calendar")

    assert row["state"] == "error"
    assert str(ran.calendar) in row["what"]


def test_each_busy_calendar_has_its_own_row(ran, magicloop):
    ran.config.write_text(ran.config.read_text().replace('["work.ics"]', '["work.ics", "gone.ics"]'))

    found = named(rows(magicloop, 1), "calendar")

    assert [one["state"] for one in found] == ["ok", "error"]


def test_a_calendar_that_has_not_changed_for_long_is_said(ran, frozen, magicloop):
    os.utime(ran.calendar, (1_700_000_000, 1_700_000_000))

    row = the(rows(magicloop, 0), "calendar")

    assert row["state"] == "info"
    assert "has not changed for" in row["what"]


def test_no_busy_calendar_is_a_warning(ran, magicloop):
    ran.config.write_text(ran.config.read_text().replace('busy = ["work.ics"]', ""))

    assert the(rows(magicloop, 0), "calendar")["state"] == "warning"


def test_a_file_of_blocks_that_cannot_be_read(ran, magicloop):
    ran.blocks.write_text("BEGIN:VCALENDAR\n")

    row = named(rows(magicloop, 1), "calendar")[-1]

    assert row["fix"].startswith("mv ")
    assert str(ran.blocks) in row["what"]


def own_template(own, name, text):
    path = own.config.parent / "templates" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


TEMPLATES = {
    "a tag left open": "Hello\n\n{% if hours %}\nthree",
    "no such filter": "Hello\n\n{{ hours | shuffle }}",
    "a brace too few": "Hello\n\n{{ hours }",
}


@pytest.mark.parametrize("text", TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_that_does_not_compile_is_named_with_its_line(ran, magicloop, text):
    path = own_template(ran, "email/offer-ask/body.txt.j2", text)

    row = the(rows(magicloop, 1), "templates")

    assert row["state"] == "error"
    assert re.search(rf"{re.escape(str(path))}:[34]: ", row["what"]), row


def test_templates_of_ones_own_that_compile(ran, magicloop):
    own_template(ran, "email/offer-ask/subject.j2", "Can I help?")
    own_template(ran, "email/ofer-ask/subject.j2", "Can I help?")

    unused, good = named(rows(magicloop, 0), "templates")

    assert unused["state"] == "info"
    assert "ofer-ask" in unused["what"]
    assert good["what"].startswith("2 of your own")


def test_compiling_a_template_runs_none_of_it(ran, magicloop):
    own_template(
        ran, "email/offer-ask/subject.j2", "{{ 'a' * 10**10 }}{% for _ in range(10**9) %}{% endfor %}"
    )

    assert the(rows(magicloop, 0), "templates")["state"] == "ok"


def test_a_drafts_folder_that_is_a_file(ran, magicloop):
    shutil.rmtree(ran.drafts)
    ran.drafts.write_text("")

    assert the(rows(magicloop, 1), "drafts")["fix"].startswith("mv ")


# --- the table itself ---------------------------------------------------------------------------


def test_a_check_that_breaks_down_is_an_error_row_and_the_others_go_on(ran, magicloop, monkeypatch):
    def broken(path, now):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(looking, "look_at_path", broken)
    monkeypatch.setattr(looking, "look_at_lock", lambda path: 1 / 0)

    done = magicloop("doctor", "--json")
    found = json.loads(done.stdout)["rows"]

    assert done.exit_code == 1
    assert the(found, "data folder")["what"] == f"could not be looked at: Permission denied: {ran.data}"
    assert the(found, "lock")["what"].startswith("could not be looked at: ZeroDivisionError")
    assert the(found, "lock")["fix"] == "magicloop --debug doctor"
    assert the(found, "journal")["state"] == "ok"
    assert "Traceback" not in done.stderr


def test_with_debug_it_is_said_where_a_check_broke_down(ran, monkeypatch):
    from click.testing import CliRunner

    from automations.cli import main

    monkeypatch.setattr(looking, "look_at_lock", lambda path: 1 / 0)

    done = CliRunner().invoke(main, ["--debug", "doctor", "--json"])

    assert done.exit_code == 1
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" in done.stderr
    assert json.loads(done.stdout)["rows"]

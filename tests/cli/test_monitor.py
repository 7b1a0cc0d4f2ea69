"""The monitor hears of the scheduler's runs, of all their ends, and of nothing else; what it does not hear is told."""

import signal
import subprocess
import time

import pytest
from filelock import FileLock

from ping_server import CLOSE, HOLD, PingServer

from .conftest import COMMAND, PATIENCE, bare

SECRET = "CANARY-4f1c"
PATH = f"/{SECRET}"
MOST_LINES = 6


@pytest.fixture
def server():
    with PingServer() as running:
        yield running


@pytest.fixture
def watched(server, own):
    """One's own config with the monitor in it."""
    with own.config.open("a") as file:
        file.write(f'\n[monitor]\nping_url = "{server.root}{PATH}"\n')
    return own


def asked(server):
    """Return what was asked since the last look, without the secret."""
    found = [target.replace(PATH, "*") for target in server.asked]
    server.asked.clear()
    return found


def test_a_run_says_that_it_begins_and_that_all_is_well(frozen, watched, server, magicloop):
    assert magicloop("run").output == ""
    assert asked(server) == ["*/start", "*"]


def test_a_run_with_nothing_due_says_only_that_it_came_by(frozen, watched, server, magicloop):
    for _ in range(2):
        magicloop("run")
    asked(server)
    for _ in range(3):
        frozen.tick(15 * 60)
        done = magicloop("run")
        assert (done.exit_code, done.output) == (0, "")
        assert asked(server) == ["*"]


@pytest.mark.parametrize("words", [("plan",), ("run", "--dry-run"), ("status",), ("doctor",), ("log",)])
def test_nothing_but_a_run_pings(frozen, watched, server, magicloop, words):
    magicloop(*words)
    assert asked(server) == []


def test_a_run_by_hand_keeps_nobody_believing_that_the_schedule_is_alive(watched, server, answer):
    code, shown = answer("run")
    assert code == 0, shown
    assert asked(server) == []


def test_a_failure_is_told_by_the_exit_code_for_as_long_as_it_lasts(frozen, watched, server, magicloop):
    good = watched.calendar.read_bytes()
    watched.calendar.write_text("this is no calendar", encoding="utf-8")
    assert magicloop("run").exit_code == 3
    assert asked(server) == ["*/start", "*/3"]
    frozen.tick(15 * 60)
    magicloop("run")
    assert asked(server) == ["*/start", "*/3"]

    watched.calendar.write_bytes(good)
    frozen.tick(15 * 60)
    assert magicloop("run").exit_code == 0
    assert asked(server) == ["*/start", "*"]


def test_a_clock_that_cannot_be_right_is_a_failure(frozen, watched, server, magicloop):
    magicloop("run")
    asked(server)
    frozen.move_to("1970-06-01T00:00:00Z")
    assert magicloop("run").exit_code == 8
    assert asked(server) == ["*/start", "*/8"]


def test_a_config_that_is_wrong_elsewhere_is_a_failure(watched, server, magicloop):
    watched.config.write_text(watched.config.read_text().replace("hours = 3", "hours = -3"))
    assert magicloop("run").exit_code == 10
    assert asked(server) == ["*/10"]


@pytest.mark.parametrize(
    "spoilt", ["[monitor\n", 'ping_url = "{url}"\nstyle = "nonsense"\n', 'ping_url = "{url}"\nunknown = 1\n']
)
def test_a_monitor_that_cannot_be_told_from_the_config_is_not_guessed(own, server, magicloop, spoilt):
    text = spoilt.replace("{url}", server.root + PATH)
    own.config.write_text(f"{own.config.read_text()}\n[monitor]\n{text}")
    done = magicloop("run")
    assert done.exit_code == 10
    assert SECRET not in done.output
    assert asked(server) == []


def test_a_run_that_finds_another_at_work_leaves_it_to_that_one_to_tell(watched, server, magicloop):
    magicloop("run")
    asked(server)
    watched.config.touch()  # else nothing would be due, and no lock be needed
    with FileLock(watched.data / "run.lock"):
        assert magicloop("run").exit_code == 11
    assert asked(server) == []


def test_a_damaged_journal_is_a_failure(watched, server, magicloop):
    magicloop("run")
    asked(server)
    watched.journal.write_bytes(b"nonsense" * 500)
    assert magicloop("run").exit_code == 1
    assert asked(server) == ["*/1"]


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(signal.SIGTERM, -signal.SIGTERM, 143), (signal.SIGHUP, -signal.SIGHUP, 129), (signal.SIGINT, 130, 130)],
)
def test_a_run_that_is_ended_from_outside_says_so_and_dies_as_before(
    watched, server, home, number, code, status
):
    server.answers["start"] = HOLD  # the run is at work until it is ended
    run = subprocess.Popen(
        [*COMMAND, "run"],
        env=bare(home, {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.arrived.wait(PATIENCE)
    run.send_signal(number)
    _, told = run.communicate(timeout=PATIENCE)

    assert (run.returncode, asked(server)) == (code, ["*/start", f"*/{status}"])
    assert "interrupted" in told
    assert "Traceback" not in told


def test_a_monitor_that_refuses_is_told_once_a_day_and_fails_no_run(frozen, watched, server, magicloop):
    server.answers[PATH] = (404, {}, b"not found")
    first = magicloop("run")
    assert first.exit_code == 0
    assert first.stdout == ""
    told = first.stderr.splitlines()
    assert 1 <= len(told) <= MOST_LINES
    assert "404" in told[0]
    assert any("magicloop config edit" in line for line in told)
    for _ in range(3):
        frozen.tick(15 * 60)
        again = magicloop("run")
        assert (again.exit_code, again.output) == (0, "")
    frozen.tick(24 * 3600)
    assert "404" in magicloop("run").stderr

    server.answers.clear()
    frozen.tick(15 * 60)
    well = magicloop("run")
    assert well.exit_code == 0
    (line,) = well.stderr.splitlines()
    assert line.startswith("over: the monitor refused")
    frozen.tick(15 * 60)
    assert magicloop("run").output == ""


def test_one_that_refuses_at_a_visit_is_told_by_a_whole_run(frozen, watched, server, magicloop):
    for _ in range(2):
        magicloop("run")
    asked(server)
    server.answers[PATH] = (404, {}, b"not found")
    frozen.tick(15 * 60)
    assert "404" in magicloop("run").stderr
    assert asked(server) == ["*", "*/start", "*"]


def test_a_run_is_not_kept_waiting_by_a_monitor_that_does_not_answer(watched, server, magicloop, monkeypatch):
    monkeypatch.setattr("automations.providers.monitor.SECONDS", 0.2)
    server.answers[PATH] = server.answers["start"] = HOLD
    begin = time.perf_counter()
    done = magicloop("run")
    took = time.perf_counter() - begin
    assert took < 15.0, "far more than a busy machine takes, and less than the server holds"
    assert (done.exit_code, done.output) == (0, "")
    assert watched.blocks.exists()


def test_without_a_network_nothing_is_said_for_a_day(frozen, watched, server, magicloop, read):
    server.answers["start"] = server.answers[PATH] = CLOSE
    for _ in range(4):
        done = magicloop("run")
        assert (done.exit_code, done.output) == (0, "")
        frozen.tick(15 * 60)
    (problem,) = read("status")["problems"]
    assert problem["code"] == "ping-failed"
    frozen.tick(24 * 3600)
    assert "the monitor cannot be reached" in magicloop("run").stderr


def test_a_monitor_that_knows_no_begin_is_named_with_its_cure(frozen, watched, server, magicloop):
    server.answers["start"] = (404, {}, b"")
    told = magicloop("run")
    assert told.exit_code == 0
    assert "for a run's begin" in told.stderr
    assert 'monitor.style = "plain"' in told.stderr

    text = watched.config.read_text()
    watched.config.write_text(f'{text}style = "plain"\n')
    asked(server)
    assert "over:" in magicloop("run").stderr
    assert asked(server) == ["*"]


def test_a_monitor_that_is_taken_out_of_the_config_leaves_no_problem(
    frozen, watched, server, magicloop, read
):
    server.answers[PATH] = (404, {}, b"")
    magicloop("run")
    text = watched.config.read_text()
    watched.config.write_text(text[: text.index("[monitor]")])
    magicloop("run")
    assert read("status")["problems"] == []


def test_doctor_has_a_row_for_it(frozen, watched, server, read):
    def row(*words):
        return next(one for one in read("doctor", *words)["rows"] if one["name"] == "monitor")

    assert row()["state"] == "ok"
    assert asked(server) == []
    assert row("--online")["state"] == "ok"
    assert asked(server) == ["*/log"]
    server.answers["log"] = (404, {}, b"")
    assert "404" in row("--online")["what"]


def test_without_a_network_doctor_looks_at_the_connection_and_not_at_the_config(
    frozen, watched, server, read
):
    text = watched.config.read_text()
    watched.config.write_text(text.replace(server.root, "http://127.0.0.1:1"))

    (row,) = (one for one in read("doctor", "--online")["rows"] if one["name"] == "monitor")

    assert (row["state"], row["what"]) == ("warning", "the monitor cannot be reached")
    assert row["fix"] == "look at the connection, then: magicloop doctor --online"


@pytest.mark.parametrize("words", [("config", "show"), ("config", "show", "--json")])
def test_the_address_is_masked_where_the_config_is_shown(watched, magicloop, words):
    shown = magicloop(*words).output
    assert "monitor.ping_url.url" in shown
    assert SECRET not in shown

"""The exit codes that schedulers and scripts branch on."""

import json
import os

import pytest
from click.testing import CliRunner
from filelock import FileLock

from automations.cli.run_commands import run
from automations.clock import SystemClock
from automations.config.places import find_places
from automations.errors import FaultClass, ProviderError
from automations.model.uptime import Uptime
from automations.providers.memory_mail import MemoryMailbox
from automations.wiring import Session

CTRL_D = "\x04"


class FaultySession(Session):
    """A session whose mailbox answers every call with one error."""

    def __init__(self, places, fault):
        super().__init__(places)
        self.fault = fault

    def mailbox(self):
        """Return a mailbox in memory that fails as it is told to."""
        box = MemoryMailbox()
        box.fault = self.fault
        return box


def run_against(fault, **options):
    session = FaultySession(find_places(os.environ), fault=ProviderError("the far side said no", fault=fault))
    try:
        return CliRunner().invoke(run, [], obj=session, **options)
    finally:
        session.close()


def test_done_and_nothing_due(frozen, own, magicloop):
    assert magicloop("run").exit_code == 0
    assert magicloop("run").exit_code == 0
    assert magicloop("run").exit_code == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (FaultClass.NEEDS_SIGN_IN, 4),
        (FaultClass.TRANSIENT, 8),
        (FaultClass.AMBIGUOUS, 8),
        (FaultClass.PERMANENT, 3),
    ],
)
def test_what_a_provider_answers_decides(frozen, own, fault, code):
    done = run_against(fault)

    assert done.exit_code == code
    # The calendar is another matter: its blocks are booked all the same.
    assert own.blocks.exists()


def test_a_machine_without_a_network_is_silent_for_a_day_and_then_speaks(frozen, own):
    first = run_against(FaultClass.TRANSIENT)
    frozen.tick(3600 * 23)
    second = run_against(FaultClass.TRANSIENT)
    frozen.tick(3600 * 2)
    third = run_against(FaultClass.TRANSIENT)

    assert [done.exit_code for done in (first, second, third)] == [8, 8, 8]
    assert (first.output, second.output) == ("", "")
    assert "the far side said no" in third.stderr


def test_a_broken_calendar_is_partly_done(frozen, own, magicloop):
    own.calendar.write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEV")

    assert magicloop("run").exit_code == 3
    assert len(list(own.drafts.glob("*.eml"))) == 1
    assert not own.blocks.exists()


def test_a_refusal_is_an_error(frozen, own, magicloop):
    magicloop("run")

    assert magicloop("draft", "discard", "offer:priya@example.com:2026-11").exit_code == 1


@pytest.mark.parametrize(
    "words", [["--nonsense"], ["nonsense"], ["run", "--only", "x"], ["draft"], ["draft", "show"]]
)
def test_a_wrong_call_is_a_usage_error(magicloop, words):
    done = magicloop(*words)

    assert done.exit_code == 2
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words", [["run"], ["plan"], ["status"], ["draft", "list"], ["idea", "add", "x"], []]
)
def test_a_config_that_cannot_be_used_stops_everything(own, magicloop, words):
    own.config.write_text('[me]\nname = ""\nbufer = 3\n', encoding="utf-8")

    done = magicloop(*words)

    assert (done.exit_code, done.stdout) == (10, "")
    assert "me.bufer: unknown key" in done.stderr
    assert "fix:   magicloop config check" in done.stderr
    assert not own.data.exists()


def test_a_run_beside_another_run_leaves_at_once(process, own):
    own.data.mkdir(parents=True)

    with FileLock(own.data / "run.lock"):
        done = process("run")
        aloud = process("run", "--report")

    assert (done.returncode, done.stdout, done.stderr) == (11, "", "")
    assert (aloud.returncode, aloud.stdout) == (11, "")
    assert aloud.stderr.startswith("error: another run is at work\n")
    assert not own.journal.exists()
    assert process("run").returncode == 0


def test_drafts_that_wait_are_told_by_the_status(frozen, own, magicloop):
    assert magicloop("status", "--exit-code").exit_code == 0
    magicloop("run")
    assert magicloop("status").exit_code == 0
    assert magicloop("status", "--exit-code").exit_code == 20
    magicloop("draft", "discard", "offer:priya@example.com:2026-11", "--yes")
    assert magicloop("status", "--exit-code").exit_code == 0


def test_a_monitor_is_told_whether_runs_still_come_by(frozen, own, magicloop, read, monkeypatch):
    never = magicloop("status", "--alive")
    magicloop("run")
    frozen.tick(15 * 60)
    alive = magicloop("status", "--alive")
    told = read("status", "--alive")
    monkeypatch.setattr(SystemClock, "uptime", lambda self: Uptime(1e9, "another start"))
    frozen.tick(21 * 60)
    later = magicloop("status", "--alive", "--exit-code")

    assert (never.exit_code, never.stdout) == (1, "no run yet\n")
    assert (alive.exit_code, alive.stdout) == (0, "a run last came by 15 min ago\n")
    assert told == {"schema": 1, "alive": True, "last_look": "2026-11-03T09:00:00+01:00"}
    assert later.exit_code == 1  # and not 20 for the draft that waits
    assert "nothing calls it any more" in later.stdout
    assert magicloop("status", "--alive", "--json").exit_code == 1
    magicloop("run")
    assert magicloop("status", "--alive").exit_code == 0


def test_a_problem_is_told_by_the_status_when_no_draft_waits(frozen, own, magicloop):
    own.calendar.unlink()
    magicloop("run")
    magicloop("draft", "discard", "offer:priya@example.com:2026-11", "--yes")

    assert magicloop("status", "--exit-code").exit_code == 3


def test_interrupted_at_a_question(own, magicloop, terminal):
    magicloop("run")
    asking = terminal("draft", "discard", "offer:priya@example.com:2026-11")
    asking.wait_for("[y/N]: ")
    asking.interrupt()

    assert asking.end() == 130
    assert "interrupted; nothing is lost" in asking.shown
    assert "Traceback" not in asking.shown
    assert "waiting" in magicloop("draft", "list").stdout


def test_the_end_of_input_at_a_question_is_an_interruption_too(own, magicloop, answer):
    magicloop("run")

    code, shown = answer("draft", "approve", "offer:priya@example.com:2026-11", answers=[("[y/N]", CTRL_D)])

    assert code == 130
    assert "Traceback" not in shown


def test_every_problem_of_a_config_is_told_as_json_too(magicloop, home):
    config = home / "bad.toml"
    config.write_text('[me]\nname = "Sam"\nemail = "sam"\ntimezone = "Mars/Phobos"\n[pager]\nhost = "x"\n')

    done = magicloop("--config", config, "run", "--json")

    told = json.loads(done.stderr)["error"]
    assert (done.exit_code, told["exit_code"]) == (10, 10)
    assert sorted(problem["key"] for problem in told["problems"]) == ["me.email", "me.timezone", "pager"]
    assert not any("did you mean" in p["what"] for p in told["problems"] if p["key"] == "pager")

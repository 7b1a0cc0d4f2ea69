"""What scripts rely on: the fields of every --json, instants with an offset, errors as JSON too."""

import json
import re
from datetime import datetime

import pytest

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
INSTANTS = {
    "at", "created", "end", "expires", "finished", "handed_over", "next_due", "next_update_due", "now", "opened",
    "last_look", "promised", "resolved", "sent", "since", "snoozed_until", "start", "started",
}  # fmt: skip
RUN_OUTCOMES = {"ok", "nothing", "partial", "failed", "refused"}
ACTION_OUTCOMES = {"done", "failed", "unknown", "skipped"}
BLOCK_STATES = {"booked", "moved_by_hand", "skipped", "held", "missed", "owed"}

PROBLEM = {"code", "since", "fix"}
DRAFT = {
    "id", "key", "kind", "state", "to", "cc", "subject", "words", "hash", "why", "created", "expires", "lint",
}  # fmt: skip
BLOCK = {"month", "state", "start", "end", "provider_id", "moves", "reason"}
INCIDENT = {"id", "title", "severity", "phase", "opened", "next_update_due", "overdue", "updates"}


@pytest.fixture
def lived(frozen, own, magicloop):
    """A month with some of everything in it."""
    magicloop("run")
    magicloop("incident", "open", "EU checkout errors", "--severity", 2, "--impact", "12% of orders",
              "--audience", "exec:boss@example.com", "--now", "rolling back", "--next", "verify")  # fmt: skip
    magicloop("idea", "add", "let the alerts explain themselves")
    magicloop("idea", "improve", "I1", "start with the ten loudest", "--state", "testing")
    return own


def instants(value, name=""):
    if isinstance(value, dict):
        return [each for key, part in value.items() if key != "fields" for each in instants(part, key)]
    if isinstance(value, list):
        return [each for part in value for each in instants(part, name)]
    return [value] if name in INSTANTS and value is not None else []


def check_instants(told):
    found = instants(told)
    assert found
    for each in found:
        assert RFC3339.fullmatch(each), each
        assert datetime.fromisoformat(each).tzinfo is not None


def test_run(frozen, own, read):
    told = read("run")

    assert set(told) >= {"schema", "run", "actions", "next_due"}
    assert set(told["run"]) >= {"id", "started", "finished", "outcome"}
    assert told["run"]["outcome"] == "ok"
    for action in told["actions"]:
        assert set(action) >= {"kind", "subject", "outcome", "reason", "detail"}
        assert action["outcome"] in ACTION_OUTCOMES
    assert {action["kind"] for action in told["actions"]} == {"open-cycle", "book-block", "create-draft"}
    check_instants(told)


def test_a_run_with_nothing_due_has_the_same_fields(frozen, own, read):
    full = read("run")
    read("run")
    idle = read("run")

    assert set(idle) <= set(full)
    assert set(idle) >= {"schema", "run", "actions", "problems", "next_due"}
    assert set(idle["run"]) == set(full["run"])
    assert (idle["run"]["outcome"], idle["actions"]) == ("nothing", [])
    check_instants(idle)


def test_plan(frozen, own, read):
    told = read("plan")

    assert set(told) >= {"schema", "now", "actions", "next_due"}
    assert all(set(action) >= {"kind", "subject", "reason", "detail"} for action in told["actions"])
    assert [action["kind"] for action in told["actions"]].count("book-block") == 2
    assert told == read("run", "--dry-run")
    check_instants(told)


def test_draft_list_and_show(lived, read):
    drafts = read("draft", "list")["drafts"]

    assert [draft["kind"] for draft in drafts] == ["offer", "incident"]
    for draft in drafts:
        assert set(draft) >= DRAFT
        assert draft["words"] > 20
        assert re.fullmatch("[0-9a-f]{64}", draft["hash"])
        check_instants(draft)
        one = read("draft", "show", draft["id"][:6])
        assert set(one) >= {*DRAFT, "schema", "body_text", "body_html", "diff"}
        assert {name: one[name] for name in draft} == draft
        assert one["diff"] == ""
    assert drafts[0]["key"] == "offer:priya@example.com:2026-11"
    assert drafts[1]["to"] == ["boss@example.com"]


def test_invention_list(lived, read):
    blocks = read("invention", "list")["blocks"]

    assert [block["month"] for block in blocks] == ["2026-11", "2026-12"]
    for block in blocks:
        assert set(block) >= BLOCK
        assert block["state"] in BLOCK_STATES
        assert block["provider_id"]
        check_instants(block)
    assert blocks[0]["start"].endswith("+01:00")


def test_an_owed_block_has_no_time(frozen, own, read):
    (first, _) = read("invention", "list")["blocks"]

    assert (first["state"], first["start"], first["end"]) == ("owed", None, None)


def test_incident_list_and_show(lived, read):
    (incident,) = read("incident", "list")["incidents"]

    assert set(incident) >= INCIDENT
    assert (incident["id"], incident["severity"], incident["phase"]) == ("INC-1", 2, "investigating")
    assert incident["overdue"] is False
    (update,) = incident["updates"]
    assert set(update) >= {"number", "promised", "sent", "state"}
    assert (update["number"], update["promised"], update["sent"], update["state"]) == (
        1,
        None,
        None,
        "waiting",
    )
    check_instants(incident)
    assert {**read("incident", "show", "INC-1")} == {"schema": 1, **incident}


def test_an_update_that_is_late_is_overdue(lived, frozen, read):
    frozen.tick(3600 * 3)

    assert read("incident", "list")["incidents"][0]["overdue"] is True
    (late,) = read("status")["overdue"]
    assert late["incident"] == "INC-1"


def test_status_shows_that_the_scheduler_comes_by(own, frozen, read, magicloop):
    read("run")
    read("run")
    assert read("status")["last_look"] == read("status")["last_run"]["started"]
    frozen.tick(60 * 15)
    assert read("run")["run"]["outcome"] == "nothing"

    told = read("status")

    assert told["last_look"] > told["last_run"]["started"]
    assert "nothing was due" in magicloop("status").stdout
    check_instants(told)


def test_the_next_look_is_the_same_wherever_it_is_asked_for(own, frozen, read):
    own.config.write_text(own.config.read_text().replace("on_track", "# on_track"), encoding="utf-8")
    read("run")

    dues = [read(*words)["next_due"] for words in (("run", "--only", "offers"), ("plan", "--only", "offers"))]
    assert dues[0] == dues[1]
    read("run")
    assert read("status")["next_due"] == read("plan")["next_due"] == read("run")["next_due"]


def test_an_offer_that_waits_for_an_incident_is_spoken_of(own, frozen, read, magicloop):
    magicloop("incident", "open", "x", "--severity", 2, "--impact", "y")

    (boss,) = read("boss", "list")["bosses"]
    assert boss["waits_for"] == "INC-1"
    for words in (["boss", "list"], ["status"], ["plan"]):
        assert "Priya Raman waits until INC-1 is resolved" in " ".join(magicloop(*words).stdout.split())
    magicloop("incident", "resolve", "1", "--verified", "z")
    assert read("boss", "list")["bosses"][0]["waits_for"] is None


def test_boss_list(lived, read):
    (boss,) = read("boss", "list")["bosses"]

    assert set(boss) >= {"name", "email", "stage", "why", "kept", "missed", "cycle"}
    assert set(boss["cycle"]) >= {"month", "step"}
    assert (boss["name"], boss["stage"], boss["cycle"]["month"]) == ("Priya Raman", "ask", "2026-11")


def test_idea_list_and_show(lived, read):
    (idea,) = read("idea", "list")["ideas"]

    assert (idea["id"], idea["state"], len(idea["improvements"])) == ("I1", "testing", 1)
    assert read("idea", "show", 1) == {"schema": 1, **idea}
    check_instants(idea)


def test_log(lived, read):
    entries = read("log")["entries"]

    assert all(set(entry) >= {"at", "run", "kind", "subject", "outcome", "detail"} for entry in entries)
    assert {"run", "open-cycle", "book-block", "open-incident", "add-idea"} <= {
        entry["kind"] for entry in entries
    }
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    check_instants(entries)


def test_status(lived, read):
    told = read("status")

    assert set(told) >= {"schema", "waiting", "overdue", "next_due", "last_run", "problems"}
    assert len(told["waiting"]) == 2
    assert set(told["last_run"]) >= {"id", "started", "finished", "outcome"}
    assert told["last_run"]["outcome"] in RUN_OUTCOMES
    check_instants(told)


@pytest.mark.parametrize("words", [("run",), ("plan",), ("status",)])
def test_a_problem_has_the_same_fields_wherever_it_is_told(frozen, own, magicloop, words):
    own.calendar.write_text("no calendar", encoding="utf-8")
    magicloop("run")

    (problem,) = json.loads(magicloop(*words, "--json").stdout)["problems"]

    assert set(problem) == {"code", "subject", "severity", "what", "where", "since", "fix"}
    assert problem["code"] == "calendar-unreadable"
    check_instants(problem)


def test_before_the_first_run_there_is_nothing_yet(own, read):
    assert read("status")["last_run"] is None
    for words, name in (
        (("draft", "list"), "drafts"),
        (("incident", "list"), "incidents"),
        (("idea", "list"), "ideas"),
        (("log",), "entries"),
    ):
        assert read(*words)[name] == []
    assert not own.data.exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("draft", "show", "nope"), 2),
        (("incident", "show", "INC-9"), 2),
        (("idea", "show", "I9"), 2),
        (("run", "--nonsense"), 2),
        (("nonsense",), 2),
    ],
)
def test_an_error_is_one_json_object_too(own, magicloop, words, code):

    done = magicloop(*words, "--json")

    assert (done.exit_code, done.stdout) == (code, "")
    told = json.loads(done.stderr)
    assert (told["schema"], told["error"]["exit_code"]) == (1, code)
    assert set(told["error"]) >= {"kind", "what", "where", "fix"}
    assert told["error"]["what"]
    assert told["error"]["fix"]


def test_every_config_problem_is_in_the_json_error(own, magicloop):
    own.config.write_text('[me]\nname = 3\ntimezone = "Berlin"\n', encoding="utf-8")

    done = magicloop("status", "--json")

    assert (done.exit_code, done.stdout) == (10, "")
    what = json.loads(done.stderr)["error"]["what"]
    assert [f"me.{key}" in what for key in ("name", "email", "timezone")] == [True, True, True]

"""An incident as a form in the editor: filled in, marked, and never lost."""

import re

import pytest

from automations.cli.incident_form import opening_form

OPEN = ("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "12% of EU orders fail",
        "--now", "rolling back", "--known", "EU only", "--audience", "tactical:ops@example.com")  # fmt: skip
FILLED = """\
# a form
title: EU checkout errors
severity: 2
impact: 12% of EU orders fail,
  most of them on phones
audience: exec:vp@example.com tactical:ops@example.com
now: rolling back
"""

pytestmark = pytest.mark.usefixtures("own")


@pytest.fixture
def form(tmp_path):
    def write(text):
        place = tmp_path / "form.txt"
        place.write_text(text, encoding="utf-8")
        return str(place)

    return write


def test_an_empty_form_marks_what_a_first_notice_cannot_do_without():
    text = opening_form().text()
    marked = re.findall(r"# MISSING: .*\n(\S+):", text)
    assert marked == ["title", "severity", "impact", "now", "next"]
    assert opening_form().read(text) == {}


def test_without_anything_the_form_opens_and_what_was_saved_is_recorded(terminal, editor, read, tmp_path):
    saved = tmp_path / "saved.txt"
    saved.write_text(FILLED, encoding="utf-8")
    one = terminal("incident", "open", EDITOR=editor(f'cp {saved} "$1"'))
    assert one.end() == 0, one.shown
    (incident,) = read("incident", "list")["incidents"]
    assert incident["title"] == "EU checkout errors"
    assert incident["impact"] == "12% of EU orders fail, most of them on phones"
    assert incident["updates"][0]["fields"]["now"] == "rolling back"
    assert [draft["to"] for draft in read("draft", "list")["drafts"]] == [
        ["vp@example.com"], ["ops@example.com"],
    ]  # fmt: skip


def test_an_update_starts_from_what_was_said_last(terminal, editor, magicloop, read, tmp_path):
    magicloop(*OPEN)
    shown = tmp_path / "shown.txt"
    script = f'cp "$1" {shown}; sed -i "s/^changed:.*/changed: found the release/" "$1"'
    one = terminal("incident", "update", "1", EDITOR=editor(script))
    assert one.end() == 0, one.shown
    text = shown.read_text(encoding="utf-8")
    for line in ("phase: investigating", "severity: 2", "now: rolling back", "known: EU only", "next: "):
        assert f"\n{line}\n" in text
    assert "# MISSING: The next concrete step." in text
    assert "# MISSING: What is being done now" not in text
    fields = read("incident", "show", "1")["updates"][1]["fields"]
    assert fields["changed"] == "found the release"
    assert "impact" not in fields, "it was said before"
    body = read("draft", "show", "incident:INC-1:tactical:2")["body_text"]
    assert "Changed: found the release." in body
    assert "Known: EU only." in body


@pytest.mark.parametrize("line", ["true", ': > "$1"'], ids=["left as it was", "deleted all"])
def test_a_form_that_is_left_records_nothing(terminal, editor, read, line):
    one = terminal("incident", "open", EDITOR=editor(line))
    assert one.end() == 1, one.shown
    assert "nothing was recorded" in one.shown
    assert read("incident", "list")["incidents"] == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (FILLED.replace("severity: 2", "severity: 5"), "severity 5 is none"),
        (FILLED.replace("severity: 2", "severity: high"), "severity 'high' is none"),
        (FILLED.replace("severity: 2\n", ""), "missing: severity"),
        (FILLED.replace("title: EU checkout errors\n", ""), "needs a title"),
        (FILLED.replace("exec:vp@example.com", "exec:"), "the exec audience has no address"),
        ("what is this\n" + FILLED, "line 1 of the form belongs to no field"),
        (FILLED + "now: again\n", "gives now a second time"),
        (FILLED + "started: 2999-01-01\n", "cannot have started in the future"),
        (FILLED + "started: whenever\n", "no time I can read"),
    ],
)
def test_a_form_that_cannot_be_used_is_kept_and_taken_again(magicloop, read, own, form, wrong, said):
    magicloop("run")
    done = magicloop("incident", "open", "--form", form(wrong))
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr.replace("\n", " ")
    assert "nothing was recorded" in done.stderr.replace("\n", " ")
    assert read("incident", "list")["incidents"] == []
    (place,) = own.data.glob("incident-form-*.txt")
    assert place.read_text(encoding="utf-8") == wrong
    assert place.stat().st_mode & 0o077 == 0
    assert place.name in done.stderr.replace("\n", "").replace(" ", "")

    place.write_text(FILLED, encoding="utf-8")
    assert magicloop("incident", "open", "--form", place).exit_code == 0
    assert [each["id"] for each in read("incident", "list")["incidents"]] == ["INC-1"]


def test_a_form_that_is_no_file_or_without_a_terminal_is_refused(magicloop, tmp_path):
    for words in (("--form", tmp_path / "none.txt"), ()):
        done = magicloop("incident", "open", *words)
        assert done.exit_code == 2
        assert "fix:" in done.stderr


@pytest.mark.parametrize("by", ["2020-01-01", "whenever"])
def test_a_cure_is_not_promised_for_a_day_that_is_past(magicloop, read, by):
    magicloop(*OPEN)
    done = magicloop("incident", "resolve", "1", "--verified", "quiet", "--change", "test it", "--by", by)
    assert done.exit_code == 2
    assert read("incident", "show", "1")["phase"] == "investigating"


def test_a_cure_by_a_day_is_said_as_people_say_it_and_an_unknown_cause_as_unknown(magicloop, read, frozen):
    magicloop(*OPEN)
    magicloop("incident", "resolve", "1", "--verified", "quiet", "--change", "test it", "--by", "2026-12-04")
    body = read("draft", "show", "incident:INC-1:tactical:2")["body_text"]
    assert "What changes: test it. Owner: Sam Lee, by Fri 4 Dec." in body
    assert "Root cause: not confirmed yet." in body
    assert read("incident", "show", "1")["updates"][1]["fields"]["by"] == "2026-12-04"


def test_two_terminals_update_one_incident_at_once_and_both_are_kept(magicloop, read, at_once):
    magicloop(*OPEN)
    words = ("from the one", "from the other")
    ends = at_once(*(("incident", "update", "1", "--changed", each) for each in words))
    assert [code for _, code in ends] == [0, 0], ends
    updates = read("incident", "show", "1")["updates"]
    assert [each["number"] for each in updates] == [1, 2, 3]
    assert {each["fields"].get("changed") for each in updates} == {None, *words}

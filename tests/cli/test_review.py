"""`review` on a real terminal: every key, and what others do to a mail while it is being read."""

import json
import os
import re
import sqlite3
from contextlib import closing

import pytest

from automations.compose.reading import read_mime

from .conftest import Review, plain_text


@pytest.fixture
def logged(read):
    return lambda: [entry["kind"] for entry in read("log")["entries"]]


# --- yes, and back -------------------------------------------------------------------------------


def test_y_approves_what_is_shown_and_u_takes_it_back(waits, begin, logged):
    person = begin()
    assert waits()["hash"][:8] in person.card
    person.screen.type("y")
    code, said = person.screen.end(), person.screen.shown

    assert (code, waits()["state"]) == (0, "approved")
    assert "yours to send from your mail program" in said
    assert waits()["handed_over"]
    assert logged().count("approve-draft") == 1


def test_u_goes_back_to_the_card_whose_approval_is_taken_back(incident, waits, begin):
    person = begin()
    said = person.press(
        "y", ("cto@example.com is NEW", "yes\r"), ("vp@else.test, outside your domain,", "yes\r")
    )
    assert "2 of 2 waiting" in said
    assert incident()["state"] == "approved"

    said = person.press("u")

    assert "Taken back: [SEV2] EU checkout errors (INC-1)" in said
    assert "1 of 2 waiting" in said
    assert incident()["state"] == "waiting"
    assert "Nothing was approved in this sitting" in person.press("u")
    assert person.end()[0] == 0


@pytest.mark.parametrize("typed", ["\r", "yyyy", "\x1b[A", "\x1by", "\t", "j"])
def test_enter_pastes_and_arrows_approve_nothing(waits, begin, typed):
    person = begin()
    person.press(typed)
    code, said = person.end()

    assert (code, waits()["state"]) == (0, "waiting")
    assert "1 of 1 still waits: magicloop review" in said


def test_what_is_typed_ahead_of_a_card_does_not_approve_it(waits, terminal):
    screen = terminal("review")
    screen.wait_for("waiting")
    screen.type("y")
    person = Review(screen)
    person.end()

    assert waits()["state"] == "waiting"


def test_capitals_mean_the_same(waits, begin):
    assert begin().end("Y")[0] == 0
    assert waits()["state"] == "approved"


@pytest.mark.parametrize("typed", ["\x03", "\x04"])
def test_ctrl_c_and_the_end_of_input_leave_all_as_it_is(waits, begin, typed):
    code, said = begin().end(typed)

    assert code == (130 if typed == "\x03" else 0)
    assert "Traceback" not in said
    assert waits()["state"] == "waiting"


def test_s_skips_and_q_ends(incident, begin):
    person = begin()
    assert "2 of 2 waiting" in person.press("s")
    code, said = person.end()

    assert (code, incident()["state"]) == (0, "waiting")
    assert "2 of 2 still wait: magicloop review" in said


# --- no, later, other words ----------------------------------------------------------------------


def test_x_asks_and_a_no_keeps_it(waits, begin):
    person = begin()
    said = person.press("x", ("[y/N]", "n\r"))
    assert "Kept." in said
    assert waits()["state"] == "waiting"

    said = person.press("x", ("[y/N]", "\r"))
    assert "Kept." in said

    person.press("x", ("[y/N]", "y\r"), until="Its words stay")
    assert person.end("")[0] == 0
    assert waits()["state"] == "discarded"


def test_z_puts_off_until_a_time_that_can_be_read(waits, begin):
    person = begin()
    assert "no time I can read" in person.press("z", ("Until when?", "sometime??\r"))
    assert "that time is past" in person.press("z", ("Until when?", "2020-01-01\r"))
    person.press("z", ("Until when?", "\r"))
    assert waits()["snoozed_until"] is None

    person.press("z", ("Until when?", "+2h\r"), until="Put off until")

    assert person.end("")[0] == 0
    assert waits()["snoozed_until"]


def test_e_opens_the_editor_and_checks_the_new_words(waits, begin, editor):
    change = r"""sed -i -e 's/^Cc:.*/Cc: vp@else.test/' -e 's/^Subject:.*/Subject: A hand?/' -e 's/^Hi/{{name}}/' "$1" """
    person = begin(EDITOR=editor(change))
    old = waits()["hash"][:8]

    said = person.press("e")

    assert "Subject A hand?" in said
    assert "vp@else.test [! NEW EXTERNAL]" in said
    assert "error: " in said
    assert old not in person.card
    assert waits()["hash"][:8] in person.card
    assert "[-" in said, "what changed since the look before"
    assert person.end()[0] == 0


def test_an_edit_that_cannot_be_read_goes_back_to_the_editor_with_what_was_written(
    waits, begin, editor, tmp_path
):
    again = tmp_path / "again"
    change = f"""if [ -e {again} ]; then grep -q 'nobody at all' "$1" && sed -i 's/nobody at all/priya@example.com/' "$1"
        else touch {again}; sed -i 's/^To:.*/To: nobody at all/' "$1"; fi"""
    person = begin(EDITOR=editor(change))

    said = person.press("e", ("Back to the editor", "y\r"))

    assert "is not one mail address" in said
    assert again.exists()
    assert waits()["to"] == ["priya@example.com"]


def test_an_editor_that_changes_nothing_changes_nothing(waits, begin, editor):
    old = waits()["hash"]
    assert "Nothing changed." in begin(EDITOR=editor("true")).press("e")
    assert "fix:   name another editor" in begin(EDITOR="/no/such/editor").press("e")
    assert waits()["hash"] == old


def test_an_error_of_the_lint_stands_in_the_way_until_a_reason_is_given(waits, begin, editor, magicloop):
    person = begin(EDITOR=editor("""sed -i 's/^Hi/{{name}}/' "$1" """))
    person.press("e")
    person.press("y", ("say why", "\r"))
    assert waits()["state"] == "waiting"

    person.screen.type("y")
    person.screen.wait_for("say why", after=person.at)
    person.screen.type("she likes it so\r")

    assert person.screen.end() == 0
    assert waits()["state"] == "approved"
    assert "she likes it so" in magicloop("log").stdout


@pytest.mark.parametrize("said", ["no", "y", "", "cto@else.test"])
def test_who_is_new_is_confirmed_by_name_or_nothing_is_approved(incident, begin, said):
    person = begin("--only", "incident")
    assert "cto@example.com [! NEW], vp@else.test [! NEW EXTERNAL]" in person.card

    told = person.press("y", ("cto@example.com is NEW", f"{said}\r"))

    assert "Not approved; nothing changed." in told
    assert incident()["state"] == "waiting"


# --- looking closer ------------------------------------------------------------------------------


def test_d_h_r_b_and_help_show_and_change_nothing(waits, begin, home):
    opened = home / "opened"
    os.mkfifo(opened)  # who reads it waits until something was written
    program = home / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" > {opened}\n', encoding="utf-8")
    program.chmod(0o755)
    person = begin(PATH=f"{home}:/usr/bin:/bin")

    assert "no earlier mail of its kind" in person.press("d")
    assert "<p>" in person.press("h")
    raw = person.press("r")
    assert "Subject:" in raw
    assert "X-Unsent: 1" in raw
    assert "in your editor" in person.press("?")
    person.press("b")
    assert opened.read_text().strip() == str(waits.file)
    assert person.end()[0] == 0
    assert waits()["state"] == "waiting"


# --- what others do meanwhile --------------------------------------------------------------------


def test_a_mail_edited_outside_while_it_is_read_is_shown_anew_and_not_approved(waits, begin, logged):
    person = begin()
    waits.file.write_bytes(waits.file.read_bytes().replace(b"Hi Priya", b"Dear Priya"))

    said = person.press("y")

    assert "It changed while you were reading; not approved." in said
    assert "Dear Priya" in person.card
    assert "{+Dear+}" in person.card
    assert waits()["state"] == "waiting"
    assert "approve-draft" not in logged()
    person.end("y")
    assert waits()["state"] == "approved"


def test_a_mail_edited_before_it_is_shown_says_so(waits, begin):
    begin().end()
    waits.file.write_bytes(waits.file.read_bytes().replace(b"Hi Priya", b"Dear Priya"))

    person = begin()

    assert "You edited it outside" in person.card
    assert "since your last look" in person.card


def test_a_mail_whose_file_is_gone_is_shown_with_what_to_do_and_not_approved(waits, begin):
    waits.file.unlink()
    person = begin()

    assert "error: the draft's copy is gone" in person.screen.shown
    assert "the draft's copy is gone" in person.press("y")
    assert waits()["state"] == "waiting"


def test_a_mail_that_expires_while_it_is_read_is_not_approved(waits, own, begin):
    person = begin()
    with closing(sqlite3.connect(own.journal)) as journal, journal:
        journal.execute("UPDATE draft SET expires = '2026-01-01T00:00:00.000000+00:00'")

    said = person.press("y")

    assert "the draft has expired" in said
    assert waits()["state"] == "waiting"


def test_two_terminals_on_one_draft_approve_it_once(waits, begin, logged):
    one, other = begin(), begin()
    one.end("y")

    said = other.press("y")

    assert "approved already" in said
    assert logged().count("approve-draft") == 1
    assert other.end()[0] == 0


def test_the_other_terminals_edit_is_not_approved_by_this_one(waits, begin, magicloop):
    person = begin()
    magicloop("draft", "edit", waits()["id"], "--subject", "Another subject")

    assert "It changed while you were reading" in person.press("y")
    assert waits()["state"] == "waiting"


def test_a_draft_that_was_dealt_with_elsewhere_is_passed_over(incident, waits, begin, magicloop):
    person = begin()
    magicloop("draft", "discard", waits()["id"], "--yes")
    person.screen.type("s")

    assert person.screen.end() == 0
    assert "it is discarded meanwhile" in person.screen.shown


# --- sending from here ---------------------------------------------------------------------------


def test_enter_ends_the_undo_time_and_sends_what_was_shown(sends, waits, begin):
    server = sends(600)
    person = begin()
    assert "y: queued, can be undone for 600 s, then sent" in person.card
    subject = waits()["subject"]

    person.press("y", until="u undo, Enter send now")
    assert server.mails == []
    code, said = person.end("\r")

    assert code == 0
    assert re.search(r"Sent: .*, to priya@example\.com\.", said)
    ((sender, to, data),) = server.mails
    assert (sender, list(to)) == ("sam@example.com", ["priya@example.com"])
    assert read_mime(data).subject == subject
    assert waits()["state"] == "sent"


def test_the_countdown_runs_out_and_sends(sends, waits, begin):
    server = sends(1)
    code, said = begin().end("y")

    assert (code, len(server.mails), waits()["state"]) == (0, 1, "sent")
    assert re.search(r"1 queued, sending in 1 s", said)


def test_a_mail_that_cannot_go_stays_approved_and_is_told(sends, waits, begin):
    sends(0).close()

    code, said = begin().end("y")

    assert (code, waits()["state"]) == (3, "approved")
    assert "Not sent: " in said
    assert "the next run tries again" in " ".join(said.split())


def test_a_mail_edited_during_its_undo_time_is_not_sent(sends, waits, begin):
    server = sends(600)
    person = begin()
    person.press("y", until="u undo, Enter send now")
    waits.file.write_bytes(waits.file.read_bytes().replace(b"Hi Priya", b"Dear Priya"))

    code, said = person.end("\r")

    assert (code, server.mails, waits()["state"]) == (0, [], "waiting")
    assert "You edited it outside meanwhile" in " ".join(said.split())


def test_u_in_the_countdown_takes_it_back_and_shows_the_card_again(sends, waits, begin):
    server = sends(600)
    person = begin()
    person.press("y", until="u undo, Enter send now")

    said = person.press("u")

    assert "Taken back" in said
    assert waits()["state"] == "waiting"
    code, _ = person.end()
    assert (code, server.mails) == (0, [])


def test_who_quits_the_countdown_leaves_it_to_the_next_run_and_is_told_when(sends, waits, begin):
    server = sends(600)
    person = begin()
    person.press("y", until="u undo, Enter send now")

    code, said = person.end("q")

    assert (code, server.mails, waits()["state"]) == (0, [], "approved")
    assert re.search(r"1 queued; the next run sends them, about \w{3} \d+ \w{3} \d{4}, \d\d:\d\d", said)
    assert "draft send --wait" in said


def test_who_leaves_an_update_to_runs_that_do_not_come_is_warned_of_its_promise(sends, own, magicloop, begin):
    sends(600)
    magicloop("incident", "open", "EU checkout errors", "--severity", "2", "--impact", "11% of EU orders fail",
              "--audience", "exec:priya@example.com")  # fmt: skip
    with closing(sqlite3.connect(own.journal)) as journal, journal:
        journal.execute("UPDATE run SET started = '2026-01-01T00:00:00.000000+00:00'")
        journal.execute("UPDATE wake SET last_idle = NULL")
    person = begin()
    person.press("y", until="u undo, Enter send now")

    code, said = person.end("q")

    told = " ".join(said.split())
    assert code == 0
    assert "none came by of late (magicloop doctor)" in told
    assert "[SEV2] EU checkout errors (INC-1) was promised by " in told
    assert "may come too late" in told


# --- without a person, and with nothing to do ----------------------------------------------------


def test_json_prints_the_cards_and_asks_nothing(incident, process):
    done = process("review", "--json")

    told = json.loads(done.stdout)
    assert (done.returncode, told["schema"], len(told["cards"])) == (0, 1, 2)
    first = told["cards"][0]
    assert first["title"] == "Incident first notice: INC-1 EU checkout errors"
    assert [each["new"] for each in first["recipients"]] == [True, True]
    assert first["yes"] == "hand-over"
    assert first["hash"] == incident()["hash"]


def test_without_a_terminal_it_says_how_to_approve(waits, process):
    done = process("review")

    assert (done.returncode, done.stdout) == (2, "")
    assert f"magicloop draft approve {waits()['id'][:6]} --hash" in done.stderr


def test_one_draft_by_its_id(incident, waits, begin):
    person = begin(waits()["id"][:6])

    assert "1 of 1 waiting" in person.screen.shown
    assert "Priya Raman" in person.card


def test_a_kind_that_does_not_wait_is_named(waits, process):
    done = process("review", "--only", "ofer", "--json")

    assert done.returncode == 2
    assert "did you mean offer?" in done.stderr


def test_with_nothing_waiting_it_says_what_comes_next(waits, magicloop, process):
    magicloop("draft", "snooze", waits()["id"], "--until", "+2h")
    done = process("review")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nothing waits for you.\nPut off until ")
    assert "Your next invention time: " in done.stdout


# --- any terminal --------------------------------------------------------------------------------


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour_there_is_none(waits, begin, env):
    person = begin(**env)
    for key in "dh?":
        person.press(key)
    person.end()

    assert "\x1b" not in person.screen.shown


@pytest.mark.parametrize(("words", "env"), [(["--plain"], {}), ([], {"TERM": "dumb"})])
def test_to_be_read_aloud_there_are_no_boxes(waits, begin, words, env):
    person = begin(*words, **env)
    said = person.press("?")

    assert not set("╭─│+|").intersection(person.screen.shown.replace("[", ""))
    assert "y  approve exactly what is shown\ne  edit" in said
    assert "Body:\nHi Priya,\n" in person.screen.shown


@pytest.mark.parametrize("columns", ["80", "40", "200", "10"])
def test_no_line_of_a_card_is_wider_than_the_terminal(incident, begin, columns):
    person = begin(COLUMNS=columns)
    person.end()

    lines = plain_text(person.screen.shown).split("\n")
    assert max(len(line) for line in lines if line.startswith(("│", "╭", "╰", "├"))) == min(
        100, max(40, int(columns))
    )


NASTY = "up\x1b[31m \x1b]8;;https://evil.example\x07click\x1b]8;;\x07 a\rb \x07bell \u202eabc \u200bzw \x9b1m\x90end"


@pytest.mark.parametrize("words", [[], ["--plain"]])
def test_hostile_text_reaches_no_terminal(own, magicloop, begin, raw, words):
    own.config.write_text(
        own.config.read_text().replace("Sam Lee", "Sam [bold]Lee[/bold] :smile:"), encoding="utf-8"
    )
    magicloop("incident", "open", NASTY, "--severity", "2", "--impact", NASTY, "--now", NASTY,
              "--audience", "exec:boss@example.com")  # fmt: skip
    (file,) = own.drafts.glob("*.eml")
    person = begin(*words)
    file.write_bytes(file.read_bytes().replace(b"Impact:", b"Impact \x1b]0;owned\x07:"))

    for key in ("d", "h", "r"):
        person.press(key)
    person.press("y", ("is NEW", "yes\r"))
    person.press("x", ("[y/N]", "n\r"))
    person.end()

    assert raw(person.screen.shown) == []
    assert "click" in person.screen.shown
    assert "Sam [bold]Lee[/bold] :smile:" in plain_text(person.screen.shown), "it is no markup"

"""`review` while a run is at work for longer than a person waits: they stay, and nothing is done behind their back."""

import pytest
from filelock import FileLock

COUNTDOWN = "u undo, Enter send now"


@pytest.fixture
def at_work(own):
    """A run at work for as long as it is entered."""
    return FileLock(own.data / "run.lock")


def test_the_next_card_is_shown_as_recorded_and_nothing_is_done(incident, waits, begin, at_work, impatient):
    person = begin(**impatient)
    with at_work:
        said = person.press("s")
        assert "2 of 2 waiting" in said
        assert "A run is at work; this is how it stood before it." in said
        said = person.press("x", ("[y/N]", "y\r"))
        assert "another run is at work" in said
    assert incident()["state"] == waits()["state"] == "waiting"

    person.press("x", ("[y/N]", "y\r"), until="Its words stay")
    person.end("")
    assert "discarded" in {incident()["state"], waits()["state"]}


def test_a_review_that_begins_while_a_run_is_at_work_shows_its_cards(waits, begin, at_work, impatient):
    with at_work:
        person = begin(**impatient)
        assert "A run is at work" in person.card
        assert "another run is at work" in person.press("y")
        assert waits()["state"] == "waiting"
    person.end("y")
    assert waits()["state"] == "approved"


def test_who_wants_it_back_while_a_run_is_at_work_stays_and_presses_again(
    sends, waits, begin, at_work, impatient
):
    server = sends(600)
    person = begin(**impatient)
    person.press("y", until=COUNTDOWN)
    with at_work:
        for key in ("u", "\r"):
            said = person.press(key, until=COUNTDOWN)
            assert "A run is at work; nothing was done. Press the key again." in said
        assert waits()["state"] == "approved"

    assert "Taken back" in person.press("u")
    assert (waits()["state"], server.mails) == ("waiting", [])


def test_what_cannot_be_sent_beside_a_run_at_work_leaves_with_it(sends, waits, begin, at_work, impatient):
    server = sends(3)
    person = begin(**impatient)
    person.press("y", until=COUNTDOWN)
    with at_work:
        code, said = person.end("")

    assert (code, server.mails, waits()["state"]) == (0, [], "approved")
    assert "A run is at work; what you approved leaves with it, or with the next one." in said
    assert "magicloop draft send --wait" in said
    assert "All read." in said

"""An approved mail that the server does not take: tried once by an open page, told, and left to the next run."""

import pytest

from automations.model.records import DraftState

LATER = "451 4.3.0 later"


@pytest.fixture
def stuck(desk, asker):
    """A page on which an approved mail's time came, before a mail server that takes nothing now."""
    desk.field = asker.enter()
    approve(desk, asker)
    desk.post.answers["MAIL"] = LATER
    wait_in_vain(desk)
    return desk


def wait_in_vain(desk):
    desk.clock.go(seconds=30)
    for _ in range(5):
        desk.page.tick()
        desk.clock.go(seconds=1)


def approve(desk, asker):
    draft = desk.drafts()["priya"]
    answer = asker.act(f"/draft/{draft.id}/approve", {"csrf": desk.field, "hash": draft.hash})
    assert answer.status == 303


def shown(desk, asker):
    return asker.ask("GET", f"/draft/{desk.drafts()['priya'].id}").text


def test_an_open_page_asks_a_server_that_refuses_once_and_not_each_second(stuck):
    assert (stuck.post.connections, len(stuck.recorded().attempts)) == (1, 1)
    assert stuck.drafts()["priya"].state is DraftState.APPROVED


def test_the_page_says_why_it_did_not_leave_and_no_longer_loads_itself_anew(stuck, asker):
    text = shown(stuck, asker)
    assert "did not leave at 09:00 CET" in text
    assert "later" in text
    assert "the next run tries again" in text
    assert 'data-seconds="' not in text
    assert 'http-equiv="refresh"' not in text


def test_the_next_run_sends_it_and_the_page_has_nothing_left_to_do(stuck):
    stuck.post.answers.clear()
    stuck.run()
    stuck.page.tick()
    assert stuck.drafts()["priya"].state is DraftState.SENT
    assert len(stuck.post.mails) == 1


def test_approved_once_more_it_is_tried_once_more(stuck, asker):
    stuck.post.answers.clear()
    asker.act(f"/draft/{stuck.drafts()['priya'].id}/undo", {"csrf": stuck.field})
    approve(stuck, asker)
    assert 'data-seconds="30"' in shown(stuck, asker)
    stuck.clock.go(seconds=30)
    stuck.page.tick()
    assert len(stuck.post.mails) == 1


def test_a_mail_whose_time_passed_while_no_page_was_open_is_told_as_one_for_the_next_run(desk, asker):
    desk.field = asker.enter()
    approve(desk, asker)
    desk.clock.go(seconds=29)
    assert 'data-seconds="1"' in shown(desk, asker)
    desk.clock.go(seconds=11)
    text = shown(desk, asker)
    assert "did not leave at 09:00 CET; the next run tries again" in text
    assert 'data-seconds="' not in text


def test_the_browser_stands_still_at_a_mail_that_did_not_leave(tab, desk):
    desk.post.answers["MAIL"] = LATER
    tab.goto(f"{desk.page.guard.origin}/draft/{desk.drafts()['priya'].id}")
    tab.click("#approve")
    wait_in_vain(desk)
    tab.reload()
    assert "did not leave at" in tab.inner_text(".queue")
    assert tab.locator("[data-seconds]").count() == 0, "what counts loads itself anew when the count is over"

"""Two machines of one person over one Google account, each with a journal of its own: nothing is doubled.

They run in turn over months, and one in the middle of what the other does. What one did the other adopts, or
says plainly why it does not go on.
"""

from contextlib import contextmanager

import pytest
from lives import GmailLife, GoogleLife
from worlds import PRIYA

from automations.model.records import BlockState, DraftState
from automations.providers.google.mail import GoogleMailbox
from automations.providers.google.sending import GmailSender
from google_emulator import Emulator, GmailApi

OFFER = f"offer:{PRIYA.id}:2026-03"
COMPOSE = frozenset({"https://www.googleapis.com/auth/gmail.compose"})


@pytest.fixture
def api():
    return GmailApi()


@pytest.fixture
def two(api, tmp_path):
    """Return two machines that send from here, with one Gmail account."""
    with Emulator(api) as google:
        both = []
        for name in ("desk", "laptop"):
            folder = tmp_path / name
            folder.mkdir()
            machine = GmailLife(google, api, folder)
            machine.let_send()
            both.append(machine)
        yield both
        for machine in both:
            machine.close()


def state(machine, key=OFFER):
    return machine.draft(key).state


@contextmanager
def just_before(monkeypatch, owner, name, work):
    """Let `work` happen once, right before the first call of a method."""
    real, first = getattr(owner, name), [True]

    def called(*args, **named):
        if first:
            first.clear()
            work()
        return real(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, called)
        yield


def approve_and_wait(machine):
    machine.begin()
    machine.approve(OFFER)
    machine.clock.go(minutes=15)


def test_the_second_machine_adopts_the_draft_of_the_first(two, api):
    desk, laptop = two
    desk.run()

    laptop.run()
    laptop.later()

    assert len(api.drafts) == 1
    assert (state(desk), state(laptop)) == (DraftState.WAITING, DraftState.WAITING)
    assert desk.draft(OFFER).provider_id == laptop.draft(OFFER).provider_id


def test_a_mail_that_went_from_the_first_is_not_drafted_again_on_the_second(two, api):
    desk, laptop = two
    desk.run()
    approve_and_wait(desk)
    desk.run()
    assert state(desk) is DraftState.SENT
    laptop.clock.go(minutes=15)

    report = laptop.run()

    assert (len(api.sent), api.drafts) == (1, {})
    assert state(laptop) is DraftState.SENT_ELSEWHERE
    assert "another machine" in laptop.draft(OFFER).reason
    assert all(result.error is None for result in report.results)
    laptop.later()
    assert (len(api.sent), api.drafts) == (1, {})


def test_a_mail_that_was_edited_and_sent_by_hand_from_gmail_is_known_on_the_second_machine_too(two, api):
    desk, laptop = two
    desk.run()
    api.edit(desk.draft(OFFER).provider_id, subject="Can I take the rota?")
    api.send(desk.draft(OFFER).provider_id)

    laptop.run()

    assert (len(api.sent), api.drafts) == (1, {})
    assert state(laptop) is DraftState.SENT_ELSEWHERE


def test_approved_on_both_machines_it_goes_once(two, api):
    desk, laptop = two
    desk.run()
    laptop.run()
    laptop.later()
    desk.clock.go(minutes=15)
    for machine in two:
        approve_and_wait(machine)

    desk.run()
    laptop.run()
    laptop.later(hours=2)

    assert len(api.sent) == 1
    assert (state(desk), state(laptop)) == (DraftState.SENT, DraftState.SENT_ELSEWHERE)
    assert [each.claims for each in (desk.recorded, laptop.recorded)] == [(), ()]


def test_approved_on_both_and_sent_in_the_same_moment_it_goes_once(two, api, monkeypatch):
    """Both have looked, both wrote their send down: the one draft can be sent once."""
    desk, laptop = two
    desk.run()
    laptop.run()
    laptop.later()
    desk.clock.go(minutes=15)
    for machine in two:
        approve_and_wait(machine)

    with just_before(monkeypatch, GmailSender, "send", laptop.run):
        desk.run()
    desk.later()
    desk.later(hours=2)

    assert len(api.sent) == 1
    assert {state(desk), state(laptop)} == {DraftState.SENT}
    assert desk.recorded.claims == laptop.recorded.claims == ()


def twins(two, monkeypatch):
    """Let both look for a draft before either makes one: there are two then."""
    desk, laptop = two
    with just_before(monkeypatch, GoogleMailbox, "_created", laptop.run):
        desk.run()
    desk.later()
    laptop.later()


def test_two_drafts_made_in_the_same_moment_become_one_mail(two, api, monkeypatch):
    desk, laptop = two
    twins(two, monkeypatch)
    assert len(api.drafts) == 2, "nobody can see what is not there yet"
    for machine in two:
        approve_and_wait(machine)

    for machine in (desk, laptop, desk, laptop):
        machine.later()

    assert (len(api.sent), api.drafts) == (1, {})
    assert sorted((state(desk), state(laptop))) == [DraftState.SENT, DraftState.SENT_ELSEWHERE]
    assert desk.recorded.claims == laptop.recorded.claims == ()


def test_two_drafts_sent_in_the_same_moment_become_one_mail(two, api, monkeypatch):
    """Both see both drafts, and take the same one for the first."""
    desk, laptop = two
    twins(two, monkeypatch)
    for machine in two:
        approve_and_wait(machine)

    with just_before(monkeypatch, GmailSender, "send", laptop.run):
        desk.run()
    for machine in (desk, laptop, desk, laptop):
        machine.later()

    assert (len(api.sent), api.drafts) == (1, {})
    assert sorted((state(desk), state(laptop))) == [DraftState.SENT, DraftState.SENT_ELSEWHERE]


def test_of_two_drafts_the_later_one_is_held_back_with_a_reason(two, api, monkeypatch):
    twins(two, monkeypatch)
    first = min(api.drafts)
    later = next(machine for machine in two if machine.draft(OFFER).provider_id != first)
    approve_and_wait(later)

    report = later.run()

    assert api.sent == []
    (failed,) = [result for result in report.results if result.error is not None]
    assert "another machine of yours has a draft of the same mail" in failed.error.what
    assert "draft discard" in failed.error.fix
    api.discard(first)
    later.later()
    assert len(api.sent) == 1


def test_without_the_scope_to_read_mail_the_second_draft_is_still_adopted(two, api):
    desk, laptop = two
    desk.emulator.tokens["first-token"] = desk.emulator.refresh_tokens["refresh-me"] = COMPOSE
    for machine in two:
        machine.mailbox.close()
        (machine.folder / "token.json").unlink()
        machine.begin()
    desk.run()
    laptop.run()
    assert len(api.drafts) == 1


def test_what_was_looked_at_once_is_not_asked_for_again(two, api):
    """Other mails to the boss are told from ours by their headers, each once."""
    desk, _ = two
    for number in range(3):
        api.send(api.write(subject=f"Numbers {number}", to="priya@corp.test"))
    desk.run()
    assert desk.emulator.log.count("gmail.users.messages.get") == 3
    approve_and_wait(desk)
    desk.run()
    assert len(api.sent) == 4
    headers = [one for one in desk.emulator.log if one == "gmail.users.messages.get"]
    assert len(headers) == 1, "of the mail that went, for its Message-ID"


def test_where_searches_lag_there_may_be_two_drafts_but_never_two_mails(two, api):
    desk, laptop = two
    api.search = False
    desk.run()
    laptop.run()
    assert len(api.drafts) == 2, "the listing by recipients did not see the first"
    for machine in two:
        approve_and_wait(machine)
    for machine in (desk, laptop, desk, laptop):
        machine.later()
    assert (len(api.sent), api.drafts) == (1, {})
    assert sorted((state(desk), state(laptop))) == [DraftState.SENT, DraftState.SENT_ELSEWHERE]


def test_an_incident_of_the_same_number_on_the_other_machine_is_another_one(two, api):
    """Each journal numbers its own: neither takes the other's mail for its own, nor for sent."""
    _, laptop = two
    for minutes, machine in enumerate(two, 1):
        machine.run()
        machine.clock.go(minutes=minutes)
        machine.begin()
        machine.open_incident()
        machine.settle()
    notices = [[d for d in machine.recorded.drafts if d.kind.startswith("incident")] for machine in two]
    assert notices[0]
    assert {d.key for d in notices[0]} == {d.key for d in notices[1]}
    assert {d.id for d in notices[0]}.isdisjoint(d.id for d in notices[1])
    api.send(notices[0][0].provider_id)
    laptop.later()
    assert laptop.draft(notices[1][0].key).state is DraftState.WAITING


@pytest.fixture
def calendars(emulator, calendar_api, tmp_path):
    """Return two machines with one Google calendar."""
    both = []
    for name in ("desk", "laptop"):
        (tmp_path / name).mkdir()
        both.append(GoogleLife(emulator, calendar_api, tmp_path / name))
    yield both
    for machine in both:
        machine.close()


def test_in_turn_over_a_year_there_is_one_block_a_month(calendars):
    desk = calendars[0]
    for number in range(24):
        for machine in calendars if number % 3 else reversed(calendars):
            machine.clock.go(days=15)
            machine.run()
        assert all(len(events) == 1 for events in desk.ours().values())
    starts = [event["start"]["dateTime"][:7] for events in desk.ours().values() for event in events]
    assert len(starts) == len(set(starts)) >= 12, starts
    live = [{b.id: b.span for b in machine.recorded.blocks if b.state.live} for machine in calendars]
    common = live[0].keys() & live[1].keys()
    assert common
    assert {each: live[0][each] for each in common} == {each: live[1][each] for each in common}


def test_two_that_book_in_the_same_moment_book_one_block(calendars, monkeypatch):
    desk, laptop = calendars
    with just_before(monkeypatch, type(desk.calendar), "_insert", laptop.run):
        desk.run()
    for machine in calendars:
        machine.later()

    assert all(len(events) == 1 for events in desk.ours().values())
    spans = [{b.month: b.span for b in machine.recorded.blocks if b.state.live} for machine in calendars]
    assert spans[0] == spans[1] != {}


def test_a_month_skipped_on_one_machine_is_not_booked_on_the_other(calendars):
    from automations.desk import invention

    desk, laptop = calendars
    desk.run()
    month = desk.recorded.blocks[0].month
    desk.begin()
    invention.skip(desk.bench, month)

    laptop.run()

    (block,) = [each for each in laptop.recorded.blocks if each.month == month]
    assert block.state is BlockState.SKIPPED
    assert len([e for events in laptop.ours().values() for e in events]) == len(laptop.ours())
    assert block.id not in laptop.ours()

"""Every fault at every Gmail call of a run, then runs without faults: one draft, and a true log."""

from contextlib import suppress

import pytest

from automations.desk import review
from automations.errors import ExitCode, MagicloopError
from automations.model.records import DraftState
from google_emulator.faults import EVERY

OFFER = "offer:priya@corp.test:2026-03"


def check_rest(life):
    """Check that there is one draft, as it is recorded, and nothing is left open."""
    for _ in range(4):
        life.later(hours=12)  # a used-up quota is over
        if not life.recorded.claims and life.problems() == set():
            break
    (recorded,) = life.drafts(DraftState.WAITING)
    assert list(life.api.drafts) == [recorded.provider_id]
    assert (life.recorded.claims, life.problems()) == ((), set())
    assert life.run().results == ()
    return recorded


def created(life):
    return [(e.kind, e.outcome) for e in life.log].count(("create-draft", "done"))


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("times", [1, 99], ids=["once", "all-run"])
@pytest.mark.parametrize("method", ["getProfile", "drafts.list", "drafts.create"])
def test_the_first_run_survives_every_fault_at_every_call(mail_life, name, times, method):
    life = mail_life
    life.emulator.faults.put(f"gmail.users.{method}", EVERY[name], times=times)
    report = life.run()
    assert report.exit_code in {*ExitCode} - {ExitCode.ERROR}
    life.emulator.faults.clear()

    check_rest(life)

    assert created(life) == 1


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("method", ["get", "update"])
def test_an_edit_here_survives_every_fault(mail_life, name, method):
    life = mail_life
    life.run()
    life.begin()
    life.emulator.faults.put(f"gmail.users.drafts.{method}", EVERY[name], times=99)
    with suppress(MagicloopError):
        life.rewrite(OFFER, subject="Shorter")
    life.emulator.faults.clear()

    recorded = check_rest(life)

    assert recorded.subject == "Shorter"
    assert b"Subject: Shorter\r\n" in life.api.raw(recorded.provider_id)


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_draft_discarded_here_is_gone_from_gmail_whatever_fails(mail_life, name, method):
    life = mail_life
    life.run()
    life.begin()
    mine = life.api.write("Lunch?")
    life.emulator.faults.put(f"gmail.users.drafts.{method}", EVERY[name], times=99)
    with suppress(MagicloopError):
        review.discard(life.bench, life.draft(OFFER), "")
    life.emulator.faults.clear()
    for _ in range(3):
        life.later(hours=12)

    assert life.draft(OFFER).state is DraftState.DISCARDED
    assert list(life.api.drafts) == [mine]
    assert (life.recorded.claims, life.problems()) == ((), set())


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
def test_a_run_that_only_watches_tells_a_fault_from_a_deleted_draft(mail_life, name):
    life = mail_life
    life.run()
    before = life.recorded.drafts
    life.emulator.faults.put("gmail.*", EVERY[name], times=99)
    report = life.later()
    assert report.results == ()
    assert life.recorded.drafts == before, "what could not be read is not gone"
    assert report.exit_code is (ExitCode.SIGN_IN if name == "403-scope" else ExitCode.TEMPORARY)
    life.emulator.faults.clear()
    check_rest(life)


@pytest.mark.parametrize("name", ["close-before", "reset-before", "502-html", "slow-before", "truncated"])
def test_a_fault_at_the_token_endpoint_leaves_everything_for_the_next_run(mail_life, name):
    life = mail_life
    life.emulator.expire()
    life.emulator.faults.put("token", EVERY[name], times=99)
    assert life.run().exit_code is ExitCode.TEMPORARY
    assert life.api.drafts == {}
    life.emulator.faults.clear()
    check_rest(life)


def test_several_unchanged_drafts_are_watched_by_one_call(mail_life):
    life = mail_life
    life.run()
    life.open_incident()
    life.settle()
    assert len(life.api.drafts) > 1

    life.later()

    assert life.emulator.log == ["gmail.users.drafts.list"]


def test_a_create_that_closes_without_a_byte_is_posted_once(mail_life):
    life = mail_life
    life.emulator.faults.put("gmail.users.drafts.create", EVERY["close-after"], times=99)

    life.run()

    assert life.emulator.log.count("gmail.users.drafts.create") == 1
    assert len(life.api.drafts) == 1


def test_the_id_of_a_draft_that_was_sent_is_never_deleted(mail_life):
    life = mail_life
    life.api.keeps_ids = True
    life.run()
    life.api.send(life.draft(OFFER).provider_id)
    life.begin()

    with suppress(MagicloopError):
        review.discard(life.bench, life.draft(OFFER), "")

    assert len(life.api.sent) == 1
    assert "gmail.users.drafts.delete" not in life.emulator.log


def test_a_used_up_quota_is_remembered_by_the_next_process(mail_life):
    life = mail_life
    life.run()
    life.emulator.faults.put("gmail.*", EVERY["403-quota"], times=1)
    life.later()
    assert life.emulator.log == ["gmail.users.drafts.get"]

    report = life.later()

    assert life.emulator.log == []
    assert report.exit_code is ExitCode.TEMPORARY
    check_rest(life)

"""Every fault at every call of a send, then runs without faults: at most one mail goes, and the log is true."""

import pytest
from worlds import OMAR, PRIYA

from automations.errors import ExitCode
from automations.model.records import DraftState
from automations.model.sending import AttemptState
from automations.providers.google.sending import GmailSender
from google_emulator import Fault
from google_emulator.faults import EVERY

OFFER = "offer:priya@corp.test:2026-03"
SEND = "gmail.users.drafts.send"


@pytest.fixture
def ready(mail_life):
    """Return a world whose next run sends one approved mail."""
    life = mail_life
    life.let_send()
    life.run()
    life.begin()
    life.approve(OFFER)
    life.clock.go(minutes=1)
    return life


def settle(life, hours=30):
    """Run as a scheduler does until nothing is open."""
    for _ in range(hours * 4):
        life.later()
        if life.draft(OFFER).state not in (DraftState.APPROVED, DraftState.SENDING):
            return
    raise AssertionError(f"still {life.draft(OFFER).state} after {hours} hours")


def times_sent(life):
    return [(entry.kind, entry.outcome) for entry in life.log].count(("send-draft", "done"))


def test_an_approved_mail_goes_with_the_next_run_by_one_request(ready):
    ready.run()
    draft = ready.draft(OFFER)
    assert (draft.state, ready.api.drafts, len(ready.api.sent)) == (DraftState.SENT, {}, 1)
    assert draft.message_id in ready.api.sent[0]["raw"].decode()
    assert draft.message_id.endswith("@mail.gmail.com>")
    assert ready.emulator.log.count(SEND) == 1
    assert ready.later().results == ()


@pytest.mark.matrix
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("method", ["drafts.get", "threads.get", "drafts.send", "messages.get"])
def test_a_fault_at_any_call_sends_at_most_once_and_is_settled(ready, name, method):
    life = ready
    life.emulator.faults.put(f"gmail.users.{method}", EVERY[name], times=99)
    posted = 0
    report = life.run()
    posted += life.emulator.log.count(SEND)
    assert report.exit_code in {*ExitCode} - {ExitCode.ERROR}
    assert posted <= 1
    life.emulator.faults.clear()

    settle(life)

    assert life.draft(OFFER).state is DraftState.SENT, "nobody touched it, so it went, and that is known"
    assert (len(life.api.sent), life.api.drafts) == (1, {})
    assert times_sent(life) == 1
    states = [attempt.state for attempt in life.recorded.attempts]
    assert states.count(AttemptState.SENT) == 1
    assert set(states) <= {AttemptState.SENT, AttemptState.NOT_SENT}
    life.later(hours=12)  # a used-up quota is over
    life.later(hours=12)
    assert (life.recorded.claims, life.problems()) == ((), set())


@pytest.mark.parametrize("name", ["close-after", "reset-after", "slow-after", "500-after", "truncated"])
def test_what_went_is_never_sent_again_also_where_sent_mails_cannot_be_looked_at(ready, name):
    life = ready
    scopes = frozenset({"https://www.googleapis.com/auth/gmail.compose"})
    life.emulator.tokens["first-token"] = life.emulator.refresh_tokens["refresh-me"] = scopes
    life.emulator.faults.put(SEND, EVERY[name])
    life.run()
    for _ in range(8):
        life.later()
    assert life.draft(OFFER).state is DraftState.UNKNOWN
    assert len(life.api.sent) == 1
    assert life.problems() == {"send-unknown"}


@pytest.mark.parametrize("name", ["close-before", "reset-before", "500-before"])
def test_what_did_not_go_is_sent_once_the_request_is_over_for_sure(ready, name):
    life = ready
    life.emulator.faults.put(SEND, EVERY[name])
    life.run()
    life.later(minutes=5)
    assert (life.draft(OFFER).state, life.api.sent) == (DraftState.SENDING, [])
    life.later(minutes=5)
    assert (life.draft(OFFER).state, len(life.api.sent)) == (DraftState.SENT, 1)


@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_a_server_that_closes_without_a_byte_gets_one_post(ready, applied):
    life = ready
    life.emulator.faults.put(SEND, Fault("close", applied=applied), times=99)
    life.run()
    assert life.emulator.log.count(SEND) == 1
    assert len(life.api.sent) == applied


def test_an_expired_sign_in_is_renewed_and_the_mail_sent_once(ready):
    """The refused request did nothing; the second is the only one that counts."""
    life = ready
    life.emulator.faults.put(SEND, Fault.error(401, "authError"))
    life.run()
    assert life.emulator.log.count(SEND) == 2
    assert (life.draft(OFFER).state, len(life.api.sent)) == (DraftState.SENT, 1)


def test_a_draft_the_person_sent_between_look_and_send_is_found_as_sent(ready, monkeypatch):
    life = ready
    whole = GmailSender.prepare

    def prepared(sender, mail):
        noted = whole(sender, mail)
        life.api.send(mail.provider_id)
        return noted

    monkeypatch.setattr(GmailSender, "prepare", prepared)
    life.run()
    assert life.draft(OFFER).state is DraftState.SENDING
    settle(life)
    assert (life.draft(OFFER).state, len(life.api.sent)) == (DraftState.SENT, 1)


def test_a_draft_sent_from_the_web_whose_id_lives_on_is_found_as_sent(ready):
    life = ready
    life.api.keeps_ids = True
    life.emulator.faults.put(SEND, EVERY["close-before"])
    life.run()
    life.api.send(life.draft(OFFER).provider_id)
    settle(life)
    assert (life.draft(OFFER).state, len(life.api.sent)) == (DraftState.SENT, 1)


def test_a_draft_edited_while_its_send_was_unclear_waits_with_the_new_words(ready):
    life = ready
    life.emulator.faults.put(SEND, EVERY["close-before"])
    life.run()
    life.api.edit(life.draft(OFFER).provider_id, subject="Anything to share?")
    life.later(minutes=15)
    life.later(minutes=15)
    draft = life.draft(OFFER)
    assert (draft.state, draft.subject, life.api.sent) == (DraftState.WAITING, "Anything to share?", [])


def test_the_edit_of_the_last_moment_is_not_what_goes(ready, monkeypatch):
    """The approved bytes replace what the draft holds, in the request that sends it."""
    life = ready
    whole = GmailSender.prepare

    def prepared(sender, mail):
        noted = whole(sender, mail)
        life.api.edit(mail.provider_id, text="Something nobody approved.")
        return noted

    monkeypatch.setattr(GmailSender, "prepare", prepared)
    life.run()
    (sent,) = life.api.sent
    assert b"Something nobody approved" not in sent["raw"]


@pytest.mark.parametrize(
    ("fault", "posted"),
    [
        (Fault.error(429, "rateLimitExceeded"), 1),
        (Fault.error(403, "quotaExceeded"), 1),
        (Fault.error(403, "insufficientPermissions"), 1),
        (Fault.error(400, "invalidArgument"), 2),
        (Fault.error(503), 2),
    ],
    ids=["429", "quota", "scope", "400", "503"],
)
def test_what_is_wrong_with_the_account_is_met_once_and_what_is_with_a_mail_by_each(mail_life, fault, posted):
    life = mail_life
    life.let_send()
    life.change(bosses=(PRIYA, OMAR))
    life.run()
    life.begin()
    for boss in (PRIYA, OMAR):
        life.approve(f"offer:{boss.id}:2026-03")
    life.clock.go(minutes=1)
    life.emulator.faults.put(SEND, fault, times=99)
    life.run()
    assert life.emulator.log.count(SEND) == posted
    life.emulator.faults.clear()
    if fault.status != 400:
        life.later(hours=25)
        assert len(life.api.sent) == 2

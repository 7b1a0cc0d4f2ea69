"""The card: all that a person judges a mail by, worked out from the records alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from automations.compose.difference import Mark, compare, unified
from automations.desk.card import Doing, build_card, doing_of
from automations.model.loop import Answer, AnswerKind
from automations.model.policy import Boss, MailSettings, Me, Policy, SmtpSettings
from automations.model.records import Draft, DraftState, Incident, OpenClaim, Phase, Recorded, Update
from automations.model.sending import Approval, Look
from automations.plan.zones import say_away
from automations.providers import build_mailbox, build_sender

NOW = datetime(2026, 11, 3, 15, 18, tzinfo=UTC)
ANN = "ann@corp.test"
POLICY = Policy(
    me=Me("Ann Smith", ANN, "Europe/Berlin"), bosses=(Boss("Priya Raman", "priya@corp.test"),), mail=MailSettings()
)  # fmt: skip
SENDING = replace(POLICY, mail=MailSettings(provider="google", mode="approve", undo_seconds=45))
OFFER = Draft(
    id="aaaaaa111111",
    person=ANN,
    key="offer:priya@corp.test:2026-11",
    kind="offer",
    state=DraftState.WAITING,
    sender=ANN,
    to=("priya@corp.test",),
    subject="A hand with the report",
    body_text="Hi Priya,\n\nI will have the capacity report by Friday.\n\nAnn\n",
    hash="7f3a91" + "0" * 58,
    mime=b"the bytes",
    why="November offer; stage ask: no promise kept yet",
    created=NOW - timedelta(days=2),
    template="offer-ask",
    provider_id="a.eml",
)
INCIDENT = Incident("INC-212", ANN, "checkout latency", 2, Phase.MONITORING, "11% of orders", NOW, NOW)
UPDATES = tuple(
    Update(ANN, "INC-212", number, Phase.MONITORING, NOW + timedelta(minutes=12 * (number - 3)),
           next_due=NOW + timedelta(minutes=12 + 60 * (number - 3)), promised=NOW + timedelta(minutes=90))
    for number in (3, 4)
)  # fmt: skip
NEWS = replace(
    OFFER,
    id="bbbbbb222222",
    key="incident:INC-212:exec:4",
    kind="incident",
    template="",
    subject="[SEV2] checkout latency (INC-212)",
    body_text="Update 4 · Monitoring\n\nNext update at 17:30 CET.\n",
    expires=NOW + timedelta(hours=1),
)
TOLD = replace(
    NEWS,
    id="cccccc333333",
    key="incident:INC-212:exec:3",
    state=DraftState.SENT,
    handed_over=NOW - timedelta(minutes=48),
    created=NOW - timedelta(minutes=50),
    body_text="Update 3 · Monitoring\n\nNext update at 16:30 CET.\n",
    to=("cto@corp.test",),
)


def card(draft=OFFER, policy=POLICY, others=(), **kept):
    return build_card(draft, Recorded(ANN, drafts=(*others, draft), **kept), policy, NOW)


def test_it_tells_what_the_mail_is_why_it_is_there_and_what_an_approval_binds_to():
    found = card()

    assert (found.title, found.why) == ("Help mail (ask) to Priya Raman", OFFER.why)
    assert (found.created.words, found.created.away) == ("Sun 1 Nov 2026, 16:18 CET", "2 days ago")
    assert (found.due, found.expires, found.snoozed_until) == (None, None, None)
    assert (found.sender_name, found.sender) == ("Ann Smith", ANN)
    assert (found.subject, found.body_text, found.raw) == (OFFER.subject, OFFER.body_text, b"the bytes")
    assert (found.short_hash, found.text_rev, found.hindrance) == ("7f3a9100", 1, "")
    assert (found.length.words, found.length.least, found.length.most) == (11, 50, 90)


def test_an_incidents_mail_is_due_when_its_readers_were_promised_it():
    found = card(NEWS, others=(TOLD,), incidents=(INCIDENT,), updates=UPDATES)

    assert found.title == "Incident update #4: INC-212 checkout latency"
    assert (found.due.words, found.due.away) == ("Tue 3 Nov 2026, 16:30 CET", "in 12 min")
    assert found.expires.away == "in 60 min"


def test_without_a_promise_it_is_due_when_the_rules_say():
    found = card(NEWS, incidents=(INCIDENT,), updates=UPDATES)

    assert found.due.at == NOW + timedelta(minutes=90)


def test_recipients_are_named_and_strangers_and_outsiders_marked():
    mail = replace(OFFER, to=("priya@corp.test", "cto@corp.test"), cc=("Vp@Else.test", ANN))

    found = card(mail, others=(TOLD,))

    assert [(r.header, r.name, r.address, r.is_new, r.is_external) for r in found.recipients] == [
        ("To", "Priya Raman", "priya@corp.test", False, False),
        ("To", "", "cto@corp.test", False, False),
        ("Cc", "", "Vp@Else.test", True, True),
        ("Cc", "Ann Smith", ANN, False, False),
    ]
    assert [each.address for each in found.new_recipients] == ["Vp@Else.test"]


def test_who_was_only_drafted_to_is_still_new():
    waiting = replace(TOLD, state=DraftState.WAITING, handed_over=None)

    assert card(replace(OFFER, to=waiting.to), others=(waiting,)).recipients[0].is_new


def test_the_last_contact_is_a_mail_or_an_answer():
    before = replace(OFFER, id="dddddd", key="offer:priya@corp.test:2026-10", state=DraftState.SENT,
                     handed_over=NOW - timedelta(days=30), subject="October")  # fmt: skip
    answer = Answer(
        "A1", ANN, "priya@corp.test", before.key, AnswerKind.YES, "Yes, please", NOW - timedelta(days=29)
    )

    found = card(others=(before,), answers=(answer,))

    assert [(c.kind, c.words, c.at.away) for c in found.contacts] == [
        ("answer", "Yes, please", "29 days ago"),
        ("mail", "October", "30 days ago"),
    ]


def test_a_mail_that_was_discarded_is_no_contact():
    before = replace(OFFER, id="dddddd", state=DraftState.DISCARDED)

    assert card(others=(before,)).contacts == ()


def test_it_is_compared_with_the_revision_before_and_with_the_last_mail_of_its_kind():
    old = "Hi Priya,\n\nI will have the capacity report by TBC.\n\nAnn\n"
    before = replace(OFFER, id="dddddd", key="offer:priya@corp.test:2026-10", state=DraftState.SENT,
                     created=NOW - timedelta(days=31), handed_over=NOW - timedelta(days=30),
                     subject="October", body_text="Hi Priya,\n\nHow can I help?\n\nAnn\n")  # fmt: skip

    found = card(replace(OFFER, previous_text=old, text_rev=2), others=(before,))

    assert [tuple(piece) for piece in found.since_seen.changed] == [("removed", "TBC."), ("added", "Friday.")]
    assert "+I will have the capacity report by Friday." in found.since_seen.unified
    assert found.since_last_mail.against == "the mail of Sun 4 Oct 2026"
    assert found.since_last_mail.headers == (("Subject", "October", OFFER.subject),)
    assert "-How can I help?" in found.since_last_mail.unified


def test_it_is_compared_with_what_the_person_saw_last_not_with_the_revision_before():
    seen = Look(
        OFFER.id, ANN, NOW - timedelta(hours=3), 1, "f" * 64, ("old@corp.test",), (), OFFER.subject, "Hi.\n"
    )
    now = replace(OFFER, previous_text="Something they never saw\n", text_rev=3)

    found = card(now, looks=(seen, replace(seen, draft="another", body_text="")))

    assert found.since_seen.against == "your last look, Tue 3 Nov 2026, 13:18 CET"
    assert found.since_seen.headers == (("To", "old@corp.test", "priya@corp.test"),)
    assert "-Hi." in found.since_seen.unified
    assert card(now, looks=(replace(seen, hash=OFFER.hash),)).since_seen is None


def test_an_update_is_compared_with_the_one_before_to_the_same_readers():
    to = replace(NEWS, to=TOLD.to, created=NOW)
    tactical = replace(TOLD, id="eeeeee", key="incident:INC-212:tactical:3", body_text="tactical\n",
                       created=NOW - timedelta(minutes=5))  # fmt: skip

    found = card(to, others=(TOLD, tactical), incidents=(INCIDENT,), updates=UPDATES)

    assert "-Update 3" in found.since_last_mail.unified


def test_nothing_to_compare_with_is_no_difference():
    assert (card().since_seen, card().since_last_mail) == (None, None)


def test_an_incidents_mail_promises_its_next_update_and_whether_the_text_says_so():
    found = card(NEWS, incidents=(INCIDENT,), updates=UPDATES)
    cut = card(replace(NEWS, body_text="Update 4\n\nMore soon.\n"), incidents=(INCIDENT,), updates=UPDATES)

    assert [(p.words, p.told) for p in found.pledges] == [("next update by Tue 3 Nov 2026, 17:30 CET", True)]
    assert not cut.pledges[0].told


def test_a_letters_own_sentences_commit():
    (pledge,) = card().pledges

    assert (pledge.words, pledge.at, pledge.told) == (
        "I will have the capacity report by Friday.",
        None,
        True,
    )


@pytest.mark.parametrize("provider", ["local", "google"])
@pytest.mark.parametrize("mode", ["draft-only", "approve"])
@pytest.mark.parametrize("host", ["", "smtp.corp.test"])
def test_what_a_yes_does_is_what_the_wired_parts_can_do(provider, mode, host, tmp_path):
    mail = MailSettings(provider=provider, mode=mode, folder=str(tmp_path))
    policy = replace(POLICY, mail=mail, smtp=SmtpSettings(host=host))

    sends = build_sender(policy, build_mailbox(policy)) is not None

    assert (doing_of(policy) is Doing.SEND) == sends
    assert sends or doing_of(policy) is (Doing.STAY if provider == "google" else Doing.HAND_OVER)
    assert ("then sent" in card(policy=policy).yes_does) == sends


def test_what_is_approved_tells_until_when_it_can_be_undone_and_shows_the_bytes_that_leave():
    later = [NOW + timedelta(seconds=45), NOW + timedelta(hours=72)]
    approval = Approval("x", ANN, OFFER.id, 1, OFFER.hash, OFFER.to, NOW, *later, mime=b"leaving")

    found = card(replace(OFFER, state=DraftState.APPROVED), SENDING, approvals=(approval,))

    assert (found.approved.undo_until.at, found.approved.expires.away) == (later[0], "in 3 days")
    assert (found.raw, found.hindrance) == (b"leaving", "it is approved")


@pytest.mark.parametrize(
    ("changes", "kept", "said"),
    [
        ({"expires": NOW}, {}, "it has expired"),
        ({"state": DraftState.SENT}, {}, "it is sent"),
        ({}, {"claims": (OpenClaim(1, ANN, 1, NOW, "update-draft", OFFER.key),)}, "not settled"),
        ({}, {"incidents": (INCIDENT,)}, "this offer waits until INC-212 is resolved"),
    ],
)
def test_what_cannot_be_approved_says_why(changes, kept, said):
    assert said in card(replace(OFFER, **changes), **kept).hindrance


def test_findings_of_the_lint_are_on_it_until_it_went():
    left = replace(OFFER, body_text="Hi {{ name }},\n\nTODO\n")

    assert [found.code for found in card(left).errors]
    assert card(replace(left, state=DraftState.SENT)).findings == ()


@pytest.mark.parametrize(
    ("before", "now"),
    [("", ""), ("a\n", ""), ("", "a\n"), ("one two\nthree\n", "one 2\nthree\nfour\n"), ("x" * 9, "y" * 9),
     ("a b " * 3000, "a c " * 3000), ("same\n", "same\n")],
)  # fmt: skip
def test_the_pieces_of_a_comparison_make_both_texts(before, now):
    pieces = compare(before, now)

    assert "".join(piece.text for piece in pieces if piece.mark is not Mark.ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.mark is not Mark.REMOVED) == now
    assert all(one.mark is not other.mark for one, other in pairwise(pieces))
    assert bool(unified(before, now)) == (before != now)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "now"), (29, "now"), (31, "in 1 min"), (-720, "12 min ago"), (5340, "in 89 min"), (5400, "in 2 h"),
     (-35 * 3600, "35 h ago"), (36 * 3600, "in 2 days"), (-30 * 86400, "30 days ago")],
)  # fmt: skip
def test_how_far_off_an_instant_is(seconds, said):
    assert say_away(NOW + timedelta(seconds=seconds), NOW) == said

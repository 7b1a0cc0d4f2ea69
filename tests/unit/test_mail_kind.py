"""What a draft is for and who reads it, told from its key."""

from datetime import UTC, datetime

import pytest

from automations.model.mail_kinds import Audience, MailKind
from automations.model.records import Draft, DraftState, Phase, Recorded, Update
from automations.plan.mail_kind import NO_NEWS, mail_kind_of, update_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
UPDATES = (
    Update("sam", "INC-1", 1, Phase.INVESTIGATING, NOW),
    Update("sam", "INC-1", 2, Phase.IDENTIFIED, NOW),
    Update("sam", "INC-1", 3, Phase.RESOLVED, NOW),
)
RECORDED = Recorded("sam", updates=UPDATES)


def draft(key, kind="", body="Words.", template=""):
    return Draft(
        id="d1", person="sam", key=key, kind=kind or key.split(":")[0], state=DraftState.WAITING,
        sender="sam@corp.test", to=("dana@corp.test",), subject="Words", body_text=body, hash="0" * 64,
        mime=b"", why="", created=NOW, template=template,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "kind", "audience"),
    [
        ("closing:P1", MailKind.CLOSING, Audience.BOSS),
        ("catch-up:dana@corp.test:P1", MailKind.CATCH_UP, Audience.BOSS),
        ("follow-up:dana@corp.test:2026-11", MailKind.FOLLOW_UP, Audience.BOSS),
        ("goal-trade:dana@corp.test:2026-Q4", MailKind.GOAL_TRADE, Audience.BOSS),
        ("standing:dana@corp.test:2026-Q4", MailKind.STANDING, Audience.BOSS),
        ("pause:dana@corp.test:2026-11", MailKind.PAUSE_NOTE, Audience.BOSS),
        ("trust:INC-1:2", MailKind.TRUST_NOTE, Audience.BOSS),
        ("in-person:INC-1:1", MailKind.IN_PERSON, Audience.PRIVATE),
        ("private:INC-1:1", MailKind.JUNIOR_NOTE, Audience.PRIVATE),
        ("review:INC-1", MailKind.INCIDENT_REVIEW, Audience.TACTICAL),
        ("review:INC-1:exec", MailKind.INCIDENT_REVIEW, Audience.EXEC),
        ("incident:INC-1:exec:1", MailKind.INCIDENT_FIRST, Audience.EXEC),
        ("incident:INC-1:tactical:2", MailKind.INCIDENT_UPDATE, Audience.TACTICAL),
        ("incident:INC-1:customer:3", MailKind.INCIDENT_RESOLVED, Audience.CUSTOMER),
        ("incident:INC-9:exec:4", MailKind.INCIDENT_UPDATE, Audience.EXEC),
        ("incident:odd", MailKind.INCIDENT_UPDATE, Audience.EXEC),
        ("greeting:dana@corp.test", MailKind.LETTER, Audience.BOSS),
        ("", MailKind.LETTER, Audience.BOSS),
    ],
)
def test_the_key_tells_what_a_mail_is_for(key, kind, audience):
    assert mail_kind_of(draft(key), RECORDED) == (kind, audience)


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("offer-ask", MailKind.OFFER_ASK),
        ("offer-suggest", MailKind.OFFER_SUGGEST),
        ("offer-done", MailKind.OFFER_DONE),
        ("offer-intend", MailKind.OFFER_INTEND),
        ("", MailKind.OFFER),
    ],
)
def test_an_offer_is_of_the_stage_its_template_names(template, kind):
    assert mail_kind_of(draft("offer:dana@corp.test:2026-11", template=template), RECORDED) == (
        kind,
        Audience.BOSS,
    )


def test_an_update_without_news_is_a_line_or_two():
    quiet = draft("incident:INC-1:exec:2", body=f"Update 2\n\n{NO_NEWS}\nNext update: 15:00 CET.\n")
    assert mail_kind_of(quiet, RECORDED) == (MailKind.INCIDENT_NO_CHANGE, Audience.EXEC)
    whole = draft("incident:INC-1:exec:2", body=f"Update 2\n\n{NO_NEWS}\nNeed from you: Nothing.\n")
    assert mail_kind_of(whole, RECORDED) == (MailKind.INCIDENT_UPDATE, Audience.EXEC)


@pytest.mark.parametrize(
    "key", ["incident:INC-1:exec:9", "incident:INC-1:exec:x", "incident:INC-1", "closing:P1", ""]
)
def test_a_key_that_names_no_update_has_none(key):
    assert update_of(draft(key), RECORDED) is None
    assert update_of(draft("incident:INC-1:exec:2"), RECORDED) is UPDATES[1]

"""How alike two mails read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.model.similarity import TOO_SIMILAR, similarity, too_similar

OFFER = (
    "Hi Priya,\n\nThe import is on track for Friday. That leaves me 4 hours before Tuesday.\n\nI could:\n"
    "- take the vendor call\n- draft the quarterly numbers\n- or take on anything else\n\n"
    "One word is fine as an answer, and so is no.\n\nSam\n"
)
OTHER = (
    "Hi Priya,\n\nThe audit list went out this morning. Before Tuesday I have 4 hours for your list.\n\n"
    "Two things I could start on right away:\n- interview the two candidates\n- write the handover\n\n"
    "If anything else is more pressing, name that instead. A one-word reply is enough.\n\nSam\n"
)


def test_the_same_words_to_another_name_and_another_day_are_the_same_mail():
    again = OFFER.replace("Priya", "Alexandra").replace("4 hours", "6 hours").replace("Sam", "Best wishes")
    assert similarity(OFFER, again) == 1.0
    assert too_similar(again, [OTHER, OFFER])


def test_two_wordings_of_one_purpose_are_two_mails():
    assert similarity(OFFER, OTHER) < TOO_SIMILAR / 2
    assert not too_similar(OTHER, [OFFER])


def test_the_frame_may_stay_where_what_is_said_changes():
    changed = OFFER.replace(
        "take the vendor call", "write the onboarding guide for the two new starters"
    ).replace("draft the quarterly numbers", "clear the backlog of support questions about billing")
    assert 0.3 < similarity(OFFER, changed) < 1.0
    assert not too_similar(changed, [OFFER])


def test_only_the_last_three_count():
    assert not too_similar(OFFER, [OFFER, OTHER, OTHER, OTHER])
    assert too_similar(OFFER, [OTHER, OFFER, OTHER, OTHER])
    assert not too_similar(OFFER, [])


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("", "", 1.0),
        ("", OFFER, 0.0),
        ("Hi Priya,\n\nSam", "Hi Priya,\n\nSam", 1.0),
        ("THE IMPORT IS DONE", "the import is done.", 1.0),
        ("one two three four five", "five four three two one", 0.0),
        ("Don\u2019t book it today please", "DON\u2019T BOOK IT TODAY PLEASE", 1.0),
    ],
)
def test_edges(a, b, same):
    assert similarity(a, b) == same


@given(st.text(), st.text())
def test_it_is_a_share_and_the_order_of_the_two_is_of_no_matter(a, b):
    share = similarity(a, b)
    assert 0.0 <= share <= 1.0
    assert share == similarity(b, a)
    assert similarity(a, a) == 1.0

"""The lint stands any text, in time that grows with its length, and marks only what is there."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.compose.lint import Mail, lint
from automations.model.mail_kinds import Audience, MailKind

BITS = ["soon", "I just wanted", "TODO", "[name]", "...", "\n", "> ", '"', "Next update: ", "15:00", " CET", "Tom's fault",
        "sorry", "Impact: ", "caused by ", "\u2019", "\ud800", "\x00", "\u202e", "db-prod-03", "https://", "@", "<", ". ", "? "]  # fmt: skip
texts = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=())),
    st.lists(st.sampled_from(BITS), max_size=40).map("".join),
    st.lists(st.one_of(st.sampled_from(BITS), st.text(max_size=5)), max_size=30).map(" ".join),
)
mails = st.builds(
    Mail,
    st.sampled_from(MailKind),
    st.sampled_from(Audience),
    texts,
    texts,
    people=st.lists(texts, max_size=3).map(tuple),
    earlier=st.lists(texts, max_size=4).map(tuple),
    suspected=st.lists(texts, max_size=2).map(tuple),
    confirmed=st.booleans(),
)


@given(mails)
def test_any_text_is_looked_at_and_only_what_is_there_is_marked(mail):
    found = lint(mail)

    assert len({each.code for each in found}) == len(found)
    for each in found:
        for mark in each.marks:
            text = mail.subject if mark.part == "subject" else mail.body
            assert 0 <= mark.start < mark.end <= len(text)
    assert lint(mail) == found


@pytest.mark.parametrize(
    "bit",
    ["word ", "Hi [name ", "I think we ", "soon. ", '"soon ', "> soon\n", "a_", "a-", "<a ", "{{ ", "I could ", "Tom's fault. ",
     "...\n", "?", "sorry ", "next update 15:00 ", "as ", "caused by the ", "a@", "a.", "\n", " ", "  \n", "Impact: x\n", "10."],
)  # fmt: skip
def test_a_hundred_thousand_words_take_ten_times_as_long_as_ten_thousand(bit):
    def seconds(count):
        mail = Mail(
            MailKind.INCIDENT_FIRST,
            Audience.EXEC,
            bit * 40,
            bit * count,
            people=("Tom Lee",),
            suspected=("the word",),
        )
        begun = time.process_time()
        lint(mail)
        return time.process_time() - begun

    small, large = min(seconds(10_000), seconds(10_000)), seconds(100_000)
    assert large < 40 * small + 0.5

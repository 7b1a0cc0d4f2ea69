import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.compose.html import text_to_html
from automations.compose.words import (
    clean_body,
    count_words,
    says_the_same,
    seen_body,
    text_of_html,
    tidy_body,
    unsafe_in_body,
)
from automations.model.text import fold


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("one", 1),
        ("Hi Dana,\n\nall is well.", 5),
        ("Update 3 · Identified – 14:00", 4),
        ("-- * ...", 0),
        ("it's a re-run", 3),
        ("日本 ü", 2),
    ],
)
def test_words_are_counted_as_a_reader_counts_them(text, count):
    assert count_words(text) == count


def test_folding_joins_what_differs_only_in_space_and_form():
    assert fold(" a\n\tb\u00a0 c ") == "a b c"
    assert fold("u\u0308") == "\u00fc"


@given(st.text())
def test_tidying_is_done_in_one_go_and_loses_no_word(text):
    tidy = tidy_body(text)
    assert tidy_body(tidy) == tidy
    assert fold(tidy) == fold(text)
    assert tidy == "" or (tidy.endswith("\n") and not tidy.endswith("\n\n") and not tidy.startswith("\n"))
    assert not any(line != line.rstrip() for line in tidy.split("\n"))


@given(st.text())
def test_a_seen_or_clean_body_is_safe(text):
    for body in (seen_body(text), clean_body(text)):
        assert unsafe_in_body(body) == ""
    assert "\n\n\n" not in clean_body(text)
    assert clean_body(clean_body(text)) == clean_body(text)


def test_what_is_unsafe_is_named_so_that_it_can_be_found():
    assert unsafe_in_body("a\u202eb") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert unsafe_in_body("a\x1bb") == "U+001B control character"
    assert unsafe_in_body("tab\tand\r\nline") == ""


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=60))
def test_text_as_html_says_the_same(text):
    assert says_the_same(tidy_body(text), text_to_html(tidy_body(text)))


def test_html_reads_as_a_browser_shows_it():
    page = (
        "<!doctype html><html><head><title>t</title><style>p {}</style></head><body>"
        "<p>Hi  <b>Da</b>na,</p>\n<p>one<br>two &amp; three</p><ul><li>a</li><li>b</li></ul>"
        "<script>alert(1)</script></body></html>"
    )
    assert text_of_html(page) == "Hi Dana,\n\none\ntwo & three\n\na\n\nb\n"
    assert says_the_same("Hi Dana, one two & three a b", page)
    assert not says_the_same("Hi Dana, one two & four a b", page)
    assert says_the_same("anything", "")

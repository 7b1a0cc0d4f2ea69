import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from automations.model.text import plain


def test_what_steers_a_terminal_is_gone():
    assert plain("a\x1b[31mb\x00\x07c\x9b2J") == "a[31mbc2J"


def test_lines_become_one():
    assert plain(" one\r\ntwo\u2028three\tfour\x85five  six ") == "one two three four five six"


def test_what_hides_or_turns_text_is_gone():
    assert plain("\u202eabc\u2066\u2069\u200f\u061c\ufeffx\u200b\u200dy\U000e0041z") == "abcxyz"


def test_ordinary_text_of_any_script_stays():
    for text in ("Größe – 10 €", "会議 (東京)", "שלום", "नमस्ते", "naïve café", "👍🏽"):
        assert plain(text) == text


@given(st.text(st.characters()))
def test_no_text_gets_through_with_controls(text):
    result = plain(text)
    assert plain(result) == result
    assert not {unicodedata.category(char) for char in result} & {"Cc", "Cs", "Zl", "Zp"}
    assert result.encode().decode() == result

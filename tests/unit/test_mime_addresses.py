"""One address at a time, and nothing in it that reads as something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.compose.addresses import check_address, check_name, parse_recipient, unseen_character
from automations.errors import HeaderFaultError
from automations.model.text import plain


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("dana@corp.test", "dana@corp.test"),
        ("Dana.Reyes+x@Corp.TEST", "Dana.Reyes+x@corp.test"),
        ("  dana@corp.test ", "dana@corp.test"),
        ("o'hara@corp.test", "o'hara@corp.test"),
        ("a@x-1.y2.test", "a@x-1.y2.test"),
        ("a@bücher.test", "a@xn--bcher-kva.test"),
        ("a@BÜCHER.test", "a@xn--bcher-kva.test"),
        ("a@日本語.test", "a@xn--wgv71a119e.test"),
        ("a@москва.test", "a@xn--80adxhks.test"),
        ("a@xn--bcher-kva.test", "a@xn--bcher-kva.test"),
        (f"{'a' * 64}@corp.test", f"{'a' * 64}@corp.test"),
    ],
)
def test_an_address_is_kept_in_the_form_it_is_sent_in(text, address):
    assert check_address(text) == address
    assert check_address(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dana",
        "@corp.test",
        "dana@",
        "dana@corp",
        "dana@@corp.test",
        "dana@corp@test.test",
        "dana reyes@corp.test",
        '"dana reyes"@corp.test',
        "dana.@corp.test",
        ".dana@corp.test",
        "da..na@corp.test",
        "dana@corp..test",
        "dana@.test",
        "dana@-corp.test",
        "dana@corp-.test",
        "dana@co_rp.test",
        "dana@[127.0.0.1]",
        "dana@127.0.0.1",
        "dana@corp.test.",
        "dana@corp.test, evil@x.test",
        "dana@corp.test;evil@x.test",
        "dana@corp.test evil@x.test",
        "Dana <dana@corp.test>",
        "<dana@corp.test>",
        "boss%corp.test@evil.test",
        "corp.test!boss@evil.test",
        "=?utf-8?q?boss=40corp.test=2C?=@evil.test",
        "dänä@corp.test",
        "boss@corp.test\r\nBcc: evil@x.test",
        "boss@corp.test\x00",
        "boss@co\u200brp.test",
        "\u202eboss@corp.test",
        "boss@\u0430pple.test",
        "boss@xn--pple-43d.test",
        "boss@xn--.test",
        "boss@xn--ü.test",
        "boss@stra\u00dfe.test",
        "boss＠corp.test",
        "boss@corp。test",
        f"{'a' * 65}@corp.test",
        f"a@{'b' * 64}.test",
        f"a@{'.'.join(['b' * 60] * 5)}.test",
        "mailto:dana@corp.test",
    ],
)
def test_what_is_no_certain_address_is_refused_in_a_plain_sentence(text):
    with pytest.raises(HeaderFaultError) as caught:
        check_address(text, "To")
    assert caught.value.where == "To"
    assert caught.value.fix
    assert plain(caught.value.what) == caught.value.what


@given(st.text(max_size=40))
def test_any_text_is_an_ascii_address_or_a_fault(text):
    for words in (text, f"{text}@corp.test", f"dana@{text}.test"):
        try:
            address = check_address(words)
        except HeaderFaultError:
            continue
        assert address.isascii()
        assert address.count("@") == 1
        assert check_address(address) == address


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("dana@corp.test", "", "dana@corp.test"),
        ("<dana@corp.test>", "", "dana@corp.test"),
        ("Dana Reyes <dana@corp.test>", "Dana Reyes", "dana@corp.test"),
        ('"Reyes, Dana" <dana@corp.test>', "Reyes, Dana", "dana@corp.test"),
        ('"D. \\"Dee\\" R" <dana@corp.test>', 'D. "Dee" R', "dana@corp.test"),
        ("Jürgen Groß <j@bücher.test>", "Jürgen Groß", "j@xn--bcher-kva.test"),
    ],
)
def test_a_recipient_is_a_name_and_an_address(text, name, address):
    assert parse_recipient(text) == (name, address)


@pytest.mark.parametrize(
    "text",
    [
        "boss@corp.test <evil@x.test>",
        '"boss@corp.test" <evil@x.test>',
        "boss＠corp.test <evil@x.test>",
        "boss﹫corp.test <evil@x.test>",
        "=?utf-8?q?boss?= <evil@x.test>",
        "Dana <dana@corp.test> <evil@x.test>",
        "Dana <dana@corp.test>, Kim <kim@corp.test>",
        "Dana <dana@corp.test",
        "Dana dana@corp.test>",
        "Da\u202ena <dana@corp.test>",
        "Da\x1b[31mna <dana@corp.test>",
        "Dana\r\nBcc: x <dana@corp.test>",
        "Dana <>",
        "",
    ],
)
def test_a_recipient_that_could_be_taken_for_another_is_refused(text):
    with pytest.raises(HeaderFaultError) as caught:
        parse_recipient(text)
    assert plain(caught.value.what) == caught.value.what


def test_a_name_stays_as_it_is():
    assert check_name("Dr. Zoë Łuk-Müller, Jr.") == "Dr. Zoë Łuk-Müller, Jr."
    with pytest.raises(HeaderFaultError, match="taken for an address"):
        check_name("a@b")


@given(st.text(max_size=30))
def test_what_is_unseen_is_what_plain_would_take_out(text):
    spaced = " ".join(text.split(" "))
    if unseen_character(text) == "":
        assert plain(text) == " ".join(spaced.split())
    else:
        assert plain(text) != text

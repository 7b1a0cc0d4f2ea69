"""Who a mail goes to: one bare address at a time, with nothing in it that reads as something else.

An address here is `local@domain` in ASCII, the domain in lower case, as it goes over the wire. A
domain with other letters becomes its `xn--` form, so that a look-alike shows itself.
"""

from __future__ import annotations

import re
import unicodedata

from automations.compose.words import name_of
from automations.errors import HeaderFaultError
from automations.model.text import plain

MAX_LOCAL = 64
MAX_ADDRESS = 254
MAX_LABEL = 63

_LOCAL = re.compile(r"[A-Za-z0-9#$&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9#$&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"})
_EXAMPLE = "write it as name@example.com"


def check_address(text: str, where: str = "address") -> str:
    """Return `text` as a bare address; `where` names the header or key it stands in.

    :raises HeaderFaultError: it is no single address, or reads as another one than it is.
    """
    address = text.strip(" ")
    unseen = unseen_character(address)
    if unseen:
        raise _fault(f"{plain(text)!r} holds the unseen character {unseen}", where)
    local, at, domain = address.partition("@")
    if not at or not local or not domain or "@" in domain:
        raise _fault(f"{plain(text)!r} is not one mail address", where)
    if not _LOCAL.fullmatch(local) or "=?" in local or "?=" in local or len(local) > MAX_LOCAL:
        raise _fault(f"{local!r} cannot stand before the @ of a mail address", where)
    checked = f"{local}@{_check_domain(domain, where)}"
    if len(checked) > MAX_ADDRESS:
        raise _fault(f"{checked[:40]!r}... is longer than {MAX_ADDRESS} characters", where)
    return checked


def parse_recipient(text: str, where: str = "recipient") -> tuple[str, str]:
    """Return the (name, address) of `Name <a@b.c>` or of a bare address, whose name is ''.

    :raises HeaderFaultError: as `check_address`, or the name could be taken for an address.
    """
    if "<" not in text and ">" not in text:
        return "", check_address(text, where)
    unseen = unseen_character(text)
    if unseen:
        raise _fault(f"{plain(text)!r} holds the unseen character {unseen}", where)
    parts = _MAILBOX.fullmatch(text.strip(" "))
    if parts is None:
        raise _fault(
            f"{plain(text)!r} is not one name and one address",
            where,
            fix="write it as Name <name@example.com>",
        )
    return check_name(_unquoted(parts["name"].strip(" ")), where), check_address(parts["address"], where)


def check_name(text: str, where: str = "name") -> str:
    """Return a display name as it is, if nothing in it can be taken for an address or goes unseen.

    :raises HeaderFaultError: it holds an @ of any width, angle brackets, an encoded word or a character
        that is not seen.
    """
    unseen = unseen_character(text)
    if unseen:
        raise _fault(
            f"the name {plain(text)!r} holds the unseen character {unseen}",
            where,
            fix="write the name without it",
        )
    # Wide and small forms of the @ look the same in many fonts; compatibility folding finds them.
    shape = unicodedata.normalize("NFKC", text)
    if "@" in shape or any(mark in shape for mark in ("<", ">", "=?", "?=")):
        raise _fault(
            f"the name {text!r} could be taken for an address", where, fix="write a name without @, < or >"
        )
    return text


def unseen_character(text: str) -> str:
    """Return the name of the first character in `text` that may not stand in a header, '' for none.

    Those are controls, line breaks, bidi and zero-width characters and lone surrogates: all that
    `plain` would drop or turn into a space.
    """
    for character in text:
        framed = f"a{character}a"
        if plain(framed) != framed and unicodedata.category(character) != "Zs":
            return name_of(character)
    return ""


def _unquoted(name: str) -> str:
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _check_domain(domain: str, where: str) -> str:
    """Return a domain in lower-case ASCII with at least two labels."""
    labels = [_check_label(label, domain, where) for label in domain.split(".")]
    if len(labels) < 2:  # noqa: PLR2004 - a name and its top level
        raise _fault(f"the domain {domain!r} has no dot", where)
    if labels[-1].isdigit():
        raise _fault(f"the domain {domain!r} ends in a number", where)
    return ".".join(labels)


def _check_label(label: str, domain: str, where: str) -> str:
    if label.isascii():
        wire = label.lower()
        shown = _decoded(wire, domain, where) if wire.startswith("xn--") else wire
    else:
        shown = unicodedata.normalize("NFC", label).lower()
        wire = _encoded(shown, domain, where)
    scripts = _scripts(shown)
    if len(scripts) > 1 and not scripts <= _EAST_ASIAN:
        mix = " and ".join(sorted(script.capitalize() for script in scripts))
        raise _fault(f"the domain {domain!r} mixes letters of {mix}, so that it looks like another", where)
    if not _LABEL.fullmatch(wire) or len(wire) > MAX_LABEL:
        raise _fault(f"{domain!r} is not a domain", where)
    return wire


def _encoded(label: str, domain: str, where: str) -> str:
    # The codec in the standard library knows the 2003 rules: it turns some letters into others.
    # A label that does not come back as it went in is refused, rather than sent elsewhere.
    try:
        wire = label.encode("idna").decode("ascii")
        if wire.encode("ascii").decode("idna") == label:
            return wire
    except UnicodeError:
        pass
    raise _fault(f"the domain {domain!r} has no form that mail can use", where, fix="write its xn-- form")


def _decoded(wire: str, domain: str, where: str) -> str:
    try:
        return wire.encode("ascii").decode("idna")
    except UnicodeError:
        raise _fault(f"{domain!r} is not a domain", where) from None


def _scripts(label: str) -> set[str]:
    """Return the scripts of the letters, by the first word of their names."""
    return {unicodedata.name(letter, "UNKNOWN").split()[0] for letter in label if letter.isalpha()}


def _fault(what: str, where: str, *, fix: str = _EXAMPLE) -> HeaderFaultError:
    return HeaderFaultError(what, where=where, fix=fix)


def split_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses of a line or field a person wrote, by commas or line ends; they are not checked."""
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())

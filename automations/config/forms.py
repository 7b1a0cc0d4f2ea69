"""The form a text must have: one line, a name, an address, a zone, a path, hours, holidays.

Each check returns what is wrong and what is allowed, or '' when the text is right.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from typing import TYPE_CHECKING

from automations.compose.addresses import check_address, check_name, unseen_character
from automations.config.web_address import ping_fault
from automations.config.windows import WindowError, parse_windows, quiet_hours
from automations.config.zones import zone_fault
from automations.errors import HeaderFaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ANGLE = re.compile(r"[^<>]*<([^<>@\s]+@[^<>@\s]+)>\s*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|webcal:|mailto:")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}/?")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Joiners that Persian, Hindi and many an emoji need; they change no order and hide no text.
_JOINERS = "\u200c\u200d"
_LINE_BREAKS = "\n\r\v\f\x85\u2028\u2029"


def line_fault(text: str) -> str:
    """Refuse what could break a mail header, a terminal or the reading order."""
    for place, char in enumerate(text, start=1):
        if char in _LINE_BREAKS:
            return f"has a line break at character {place}; write it on one line"
        if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in _JOINERS:
            return f"has a character nobody can see (U+{ord(char):04X}) at character {place}; take it out"
    return ""


def name_fault(text: str) -> str:
    """Refuse a display name that no mail may carry: one that reads as an address, or hides something."""
    unseen = unseen_character(text)
    if unseen:
        return f"has a character nobody can see ({unseen}); take it out"
    try:
        check_name(text)
    except HeaderFaultError:
        return "could be taken for an address; write the name only, the address goes in email"
    return ""


def address_fault(text: str) -> str:
    """Refuse what is not a plain ASCII mail address, by the same rules the mails are made by."""
    if is_address(text):
        return ""
    angle = _ANGLE.fullmatch(text)
    inner = angle[1] if angle else text.strip().removeprefix("mailto:")
    try:
        # A domain in other letters is written in the form it has on the wire, to show itself.
        return f"is not a plain mail address; did you mean {check_address(inner)}?"
    except HeaderFaultError:
        return "is not a mail address; write one like ann@example.com"


def is_address(text: str) -> bool:
    """Tell whether a text is a bare ASCII mail address that a mail can go to."""
    try:
        check_address(text)
    except HeaderFaultError:
        return False
    return text.isascii() and text == text.strip()


def windows_fault(text: str) -> str:
    """Refuse hours that are no windows, are empty, or end before they start."""
    try:
        parse_windows(text)
    except WindowError as error:
        return str(error)
    return ""


def quiet_fault(text: str) -> str:
    """Refuse what is no stretch of the day."""
    try:
        quiet_hours(text)
    except WindowError as error:
        return str(error)
    return ""


def path_fault(text: str) -> str:
    """Refuse what names no file of this machine. The caller must not show the text: it may be a secret link."""
    if _URL.match(text):
        return "is a web address; only files and folders of this machine are read: save the calendar as .ics"
    if text.startswith("~") and not text.startswith("~/") and text != "~":
        return "names another person's home folder; write the whole path"
    return ""


def holidays_fault(text: str) -> str:
    """Refuse a country or region whose public holidays are not known. Loads the holidays library."""
    if not text:
        return ""
    from automations.config.countries import country_fault

    return country_fault(text)


def loopback_fault(text: str) -> str:
    """Refuse an endpoint on any other machine: the sign-in would be handed to it."""
    if not text or _LOOPBACK.fullmatch(text):
        return ""
    return "is no address of this machine; write http://127.0.0.1:PORT, or leave it out for Google itself"


def host_fault(text: str) -> str:
    """Refuse what is no bare name or address of a machine."""
    if not text or (_HOST.fullmatch(text) and ".." not in text):
        return ""
    return "is not the name of a machine; write it alone, like smtp.example.com, and the port in port"


def variable_fault(text: str) -> str:
    """Refuse what is no name of an environment variable. The caller must not show it: it may be the secret."""
    if not text or _VARIABLE.fullmatch(text):
        return ""
    return "is not the name of a variable (letters, digits and _); the password itself must not stand here"


def command_fault(text: str) -> str:
    """Refuse what cannot be split into a program and its arguments."""
    try:
        return "" if not text or shlex.split(text) else "names no program"
    except ValueError:
        return "has a quote that is not closed"


def shows_nothing(form: str, text: str) -> bool:
    """Tell whether a faulty text must not be shown back: a private calendar link is a key to the calendar."""
    return form == "variable" or (form == "path" and bool(_URL.match(text)))


FORMS: Mapping[str, Callable[[str], str]] = {
    "name": name_fault,
    "address": address_fault,
    "zone": zone_fault,
    "windows": windows_fault,
    "quiet": quiet_fault,
    "path": path_fault,
    "holidays": holidays_fault,
    "loopback": loopback_fault,
    "host": host_fault,
    "ping": ping_fault,
    "variable": variable_fault,
    "command": command_fault,
}

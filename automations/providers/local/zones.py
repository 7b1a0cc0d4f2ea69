"""The zone a calendar file means by a name, however odd the name.

Known names win over what the file says of them; a zone only the file describes is taken from there.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from automations.providers.local.source import unfold

if TYPE_CHECKING:
    from automations.providers.local.source import Line, Part, Source

_UTC_NAMES = frozenset({"z", "utc", "gmt", "coordinated universal time", "(utc) coordinated universal time"})
_TZID = re.compile(r"^TZID[^:\n]*:(.*?)\r?$", re.MULTILINE | re.IGNORECASE)
_RULE = re.compile(r"^RRULE[^:\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_MAX_TEXT = 100_000


def known_zone(name: str) -> str:
    """Return the IANA name that `name` stands for, "" when nobody knows it."""
    name = name.strip().strip("/")
    if name.lower() in _UTC_NAMES or name.lower() == "tzone://microsoft/utc":
        return "UTC"
    pieces = name.split("/")
    for candidate in (
        name,
        WINDOWS_TO_OLSON.get(name, ""),
        *("/".join(pieces[i:]) for i in range(1, len(pieces))),
    ):
        if _is_zone(candidate):
            return candidate
    return ""


def _is_zone(name: str) -> bool:
    if not name or name == "localtime":
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # unknown, a path, or a folder of zones
        return False
    return True


class Zones:
    """The zones of one file: `name` says under which name icalendar finds what the file means."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._names: dict[str, str] = {}
        self._described: dict[str, Part] = {}
        for part in source.parts:
            if part.kind == "VTIMEZONE":
                found = next((line for line in source.lines(part) if line.name == "TZID"), None)
                if found is not None:
                    # As a property its commas are escaped, as a parameter they are quoted.
                    self._described.setdefault(re.sub(r"\\([,;\\])", r"\1", found.value.strip()), part)

    def name(self, line: Line) -> str:
        """Return the name for a property's TZID, "" when it has none.

        :raises FileFaultError: neither the world nor the file knows the zone.
        """
        tzid = line.param("TZID").strip()
        if not tzid:
            return ""
        if tzid not in self._names:
            self._names[tzid] = known_zone(tzid) or self._from_file(tzid, line)
        return self._names[tzid]

    def _from_file(self, tzid: str, line: Line) -> str:
        part = self._described.get(tzid)
        if part is None:
            raise self._source.fault(
                f"the time zone {tzid[:80]!r} is not known and the file does not describe it (no VTIMEZONE)",
                line.at,
            )
        place = next((it.value for it in self._source.lines(part) if it.name == "X-LIC-LOCATION"), "")
        return known_zone(place) or self._describe(tzid, part)

    def _describe(self, tzid: str, part: Part) -> str:
        """Hand the file's description to icalendar, under a name no other file can mean something else by."""
        text = unfold(self._source.raw(part))
        rules = [rule[1].upper() for rule in _RULE.finditer(text)]
        if len(text) > _MAX_TEXT or any("FREQ=YEARLY" not in rule for rule in rules):
            raise self._source.fault(
                f"the time zone {tzid[:80]!r} is described in a way that cannot be used", part.start
            )
        name = "magicloop-" + hashlib.sha256(text.encode()).hexdigest()[:24]
        try:
            # icalendar remembers every zone it has parsed, under its name.
            described = Timezone.from_ical(_TZID.sub(f"TZID:{name}", text, count=1))
            understood = isinstance(described, Timezone) and described.to_tz() is not None
        except Exception as fault:  # foreign text in a foreign parser: whatever it raises means unreadable
            raise self._source.fault(
                f"the time zone {tzid[:80]!r} cannot be understood", part.start
            ) from fault
        if not understood:
            raise self._source.fault(f"the time zone {tzid[:80]!r} cannot be understood", part.start)
        return name

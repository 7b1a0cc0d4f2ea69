"""Time zone names: exact IANA names, with a helpful word for the usual slips."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# In the tables, but no place's time: one is the machine's own, the other an error marker.
_NO_ZONES = frozenset({"localtime", "Factory", "posixrules"})
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?00)?", re.IGNORECASE)
_ETC = re.compile(r"Etc/GMT([+-])(\d+)")
_FIXED = frozenset({"EST", "MST", "HST"})
_FURTHEST_OFFSET = 12


def zone_fault(name: str) -> str:
    """Return what is wrong with a zone name and what to write, or '' when it is an exact IANA name."""
    if _known(name):
        return ""
    stripped = name.strip()
    if stripped != name and _known(stripped):
        return f'has blanks around it; write "{stripped}"'
    offset = _OFFSET.fullmatch(stripped)
    if offset and 0 < int(offset[2]) <= _FURTHEST_OFFSET:
        # POSIX turns the sign round: Etc/GMT-5 is five hours ahead of UTC.
        turned = "-" if offset[1] == "+" else "+"
        etc = f"Etc/GMT{turned}{int(offset[2])}"
        return f"is an offset, not a zone; write a place such as Europe/Berlin, or {etc} (its sign is turned round)"
    near = _near(stripped)
    hint = (
        f"; did you mean {' or '.join(near)}?"
        if near
        else "; write one such as Europe/Berlin or America/New_York"
    )
    return f"is not an IANA time zone{hint}"


def zone_note(name: str) -> str:
    """Return a warning for a zone that is right but may surprise, else ''."""
    etc = _ETC.fullmatch(name)
    if etc and int(etc[2]):
        turned = "-" if etc[1] == "+" else "+"
        return f"{name} is UTC{turned}{etc[2]}, all year"
    return f"{name} has no summer time" if name in _FIXED else ""


def local_timezone(
    env: Mapping[str, str],
    read_link: Callable[[str], str] | None = None,
    read_text: Callable[[str], str] | None = None,
) -> str:
    """Return the machine's zone by TZ, /etc/timezone or the /etc/localtime link; 'UTC' when none tells.

    `read_link` and `read_text` take an absolute path and may raise OSError.
    """
    link, text = read_link or _read_link, read_text or _read_text
    readers: tuple[Callable[[], str], ...] = (
        lambda: env.get("TZ", ""),
        lambda: text("/etc/timezone"),
        lambda: link("/etc/localtime"),
    )
    for read in readers:
        try:
            name = _place(read())
        except (OSError, ValueError):
            continue
        if _known(name):
            return name
    return "UTC"


def _place(text: str) -> str:
    name = text.strip().removeprefix(":").rpartition("zoneinfo/")[2]
    return name.removeprefix("posix/")


def _read_link(path: str) -> str:
    return str(Path(path).readlink())


def _read_text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _known(name: str) -> bool:
    if not name or name in _NO_ZONES:
        return False
    # The package's list spares reading some six hundred files; the system's may be newer.
    return name in _packaged() or name in _all()


@cache
def _packaged() -> frozenset[str]:
    try:
        text = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError):
        return frozenset()
    return frozenset(text.split())


@cache
def _all() -> frozenset[str]:
    return frozenset(available_timezones())


def _near(name: str) -> list[str]:
    wanted = name.casefold().replace(" ", "_")
    if not wanted or len(wanted) > 64:  # noqa: PLR2004 - no zone is nearly so long
        return []
    names = sorted(_all() - _NO_ZONES)
    whole = {one.casefold(): one for one in names}
    if wanted in whole:
        return [whole[wanted]]
    cities = {one.rpartition("/")[2].casefold(): one for one in names}
    city = wanted.rpartition("/")[2]
    if city in cities:
        return [cities[city]]
    return [whole[one] for one in get_close_matches(wanted, whole, n=2, cutoff=0.75)]

"""Countries and regions whose public holidays are known; loaded only where the config names one."""

from __future__ import annotations

import re
from difflib import get_close_matches

import holidays

FORM = 'write a country like "DE", or a country and region like "DE-BY" or "US-CA"'


def split_holidays(text: str) -> tuple[str, str]:
    """Return country and region of 'DE-BY'; the region is '' where none is named."""
    country, _, region = text.partition("-")
    return country, region


def country_fault(text: str) -> str:
    """Return what is wrong with 'DE' or 'DE-BY' and what is allowed, or '' when both are known."""
    country, region = split_holidays(text)
    if not _known(country):
        near = _near_country(country)
        return f"is no country known here; {_hint([_repaired(one, region) for one in near])}"
    if text.endswith("-"):
        return f"names no region; {FORM}"
    if region and not _known(country, region):
        near = _near_region(country, region)
        return f"is no region of {country} known here; {_hint([_join(country, one) for one in near])}"
    return ""


def _known(country: str, region: str = "") -> bool:
    # Two letters: the library would also answer to the names of its own classes.
    if not re.fullmatch(r"[A-Z]{2}", country):
        return False
    try:
        holidays.country_holidays(country, subdiv=region or None)
    except NotImplementedError:
        return False
    return True


def _near_country(country: str) -> list[str]:
    codes = sorted(holidays.list_supported_countries(include_aliases=False))
    if country.upper() in codes:
        return [country.upper()]
    # The long names (Germany, DEU) are classes of the library that know their code.
    long_names = sorted(holidays.list_supported_countries(include_aliases=True))
    found = get_close_matches(country.upper(), [name for name in long_names if len(name) > 2], n=1)  # noqa: PLR2004 - codes have 2
    named = country.title().replace(" ", "")
    entity = getattr(holidays, found[0] if found else named, None) if len(country) > 2 else None  # noqa: PLR2004
    code = getattr(entity, "country", None)
    return [code] if code in codes else []


def _near_region(country: str, region: str) -> list[str]:
    entity = holidays.country_holidays(country)
    by_word = {code.casefold(): code for code in entity.subdivisions}
    for code, words in entity.get_subdivision_aliases().items():
        by_word.update({word.casefold(): code for word in words})
    return [by_word[one] for one in get_close_matches(region.casefold(), by_word, n=1)]


def _repaired(country: str, region: str) -> str:
    if region and not _known(country, region):
        region = next(iter(_near_region(country, region)), "")
    return _join(country, region)


def _join(country: str, region: str) -> str:
    return f"{country}-{region}" if region else country


def _hint(near: list[str]) -> str:
    return f"did you mean {' or '.join(near)}?" if near else FORM

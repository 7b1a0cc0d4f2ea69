"""Public holidays of a country and region, from the `holidays` library."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


def holidays_in(country: str, region: str, years: tuple[int, ...]) -> Mapping[date, str]:
    """Return the public holidays of `years`; none where no country is named.

    `country` and `region` were checked when the config was read.
    """
    if not country:
        return {}
    import holidays

    return dict(holidays.country_holidays(country, subdiv=region or None, years=years))

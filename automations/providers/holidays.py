"""Public holidays of a country and region, from the `holidays` library."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


def holidays_in(country: str, region: str, years: tuple[int, ...]) -> Mapping[date, str]:
    """Return the public holidays of `years`; none where no country is named.

    `country` and `region` were checked when the config was read. Of a year that lies beyond what the library
    knows of a country, those are returned that it can work out.
    """
    if not country:
        return {}
    import holidays

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it says so on stderr at each run: cron would mail it
        return dict(holidays.country_holidays(country, subdiv=region or None, years=years))

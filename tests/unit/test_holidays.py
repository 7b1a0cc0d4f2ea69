import warnings
from datetime import date

from automations.providers.holidays import holidays_in


def test_the_holidays_of_a_country_and_region():
    found = holidays_in("DE", "BY", (2026,))
    assert found[date(2026, 1, 6)]
    assert date(2026, 1, 6) not in holidays_in("DE", "", (2026,))
    assert holidays_in("", "", (2026,)) == {}


def test_years_beyond_what_is_known_of_a_country_say_nothing_at_each_run():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = holidays_in("IN", "", (2036,))
    assert date(2036, 1, 26) in found

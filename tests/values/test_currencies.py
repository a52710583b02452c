from __future__ import annotations

from babel.core import get_global

from kpirules.values.currencies import CURRENCY_PLACES


def test_the_currencies_and_their_places_are_those_of_the_unicode_tables() -> None:
    """Where a newer Babel knows other currencies, `kpirules/values/currencies.py` is to follow."""
    fractions = get_global("currency_fractions")
    places = {code: fractions.get(code, fractions["DEFAULT"])[0] for code in get_global("all_currencies")}
    assert places == CURRENCY_PLACES

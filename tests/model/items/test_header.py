from __future__ import annotations

from babel.core import get_global

from kpirules.model.items.header import COMMON, currency_places


def test_the_common_currencies_have_the_places_of_the_tables() -> None:
    fractions = get_global("currency_fractions")
    assert {code: fractions.get(code, fractions["DEFAULT"])[0] for code in COMMON} == COMMON
    assert set(COMMON) <= set(get_global("all_currencies"))


def test_any_other_currency_is_looked_up() -> None:
    assert (currency_places("KWD"), currency_places("CHF"), currency_places("XXY")) == (3, 2, None)

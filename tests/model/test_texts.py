"""Texts of the rules that can equal no cell, because of what cannot be seen in them."""

from __future__ import annotations

import pytest

from tests.helpers.schemes import ORDERS, scheme, told

STAFF = """
table staff
    staff_id text key
    role     text
    base     money between 0 and 1_000_000
subject staff
"""

FREE = ORDERS.replace(' in "won", "lost"', "")
"""Orders whose status may be any text."""

PLACES = {
    "comparison": "define x = if role = {} then 1 else 2",
    "list": 'define x = if role in "AE", {} then 1 else 2',
    "row": "define x by role\n    {} : 1\n    else : 2",
    "later in a row": 'define x by role\n    "AE", {} : 1\n    else : 2',
    "result of a row": 'define x by base\n    >= 10 : {}\n    else  : "low"',
    "if": 'define x = if base > 1 then {} else "low"',
    "define": "define x = {}\ndefine y = if role = x then 1 else 2",
    "for": "pay bonus for role = {}\n    amount 100 CNY",
    "when": "pay bonus\n    when role = {}\n    amount 100 CNY",
    "filter": "define some = orders where status = {}\ndefine x = count(some)",
    "where": "define x = count(orders where status = {})",
    "requirement": 'require for each orders status = {} : "a status "',
    "domain": 'table more\n    id text key\n    kind text in {}, "b"',
}
"""Each has one place for a text, beside texts that are no fault."""

TEXTS = {
    "KPI564": ['"won "', '" won"', '"won\u3000"', '"won\u00a0"', '"won\t"', "“won ”", '"  "'],
    "KPI565": ['"w\u00a0on"', '"w\u2009on"'],
    "KPI566": ['"cafe\u0301"', '"\u1112\u1161\u11ab"'],
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_text_that_equals_no_cell_is_a_fault_wherever_it_is(place: str) -> None:
    for code, texts in TEXTS.items():
        for text in texts:
            faults = told(scheme(FREE, place.format(text), staff=STAFF))
            assert [fault[:2] for fault in faults] == [(code, text)], text
    assert told(scheme(FREE, place.format('"won"'), staff=STAFF)) == []


def test_titles_messages_and_texts_that_look_as_they_are_may_have_any_space() -> None:
    rules = 'define x "A title " = if role in "A E", "张\u3000三" then 1 else 2'
    assert told(scheme(ORDERS, rules, 'require for each orders amount >= 0 : "never below 0 "', staff=STAFF)) == []

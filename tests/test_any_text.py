"""Any text compiles or is refused with diagnostics that can be drawn; nothing else ever comes of it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpirules.compiling import compile_scheme
from kpirules.source import Fault, SourceText
from kpirules.source.catalogue import LANGUAGES
from kpirules.source.render import render_text
from kpirules.syntax import words
from tests.helpers.schemes import HEADER, ORDERS, STAFF, scheme

HERE = Path(__file__).parent
POLICIES = tuple(path.read_text(encoding="utf-8") for path in sorted(HERE.glob("golden/good/four_sellers/*.kpi")))
WIDE = scheme(
    """
    table lines
        line_id text key
        order text optional references orders
        qty integer between 0 and 99
        fee money optional
    define won = orders where status = "won" and amount > 5
    define large = won where day >= 2025-02-01
    define a = sum(large.amount) - (avg(orders.amount) or else error)
    define b = if a > 5 and not (role = "AE") then a / 3 else max(base, 2) * 20%
    define c choose
        when b > 3 : b, at most 7
        else       : -b
    define d curve base
        < 5 : 0
        5   : 1
        9   : 20
    define e tiers base
        up to 100 : 1%
        above     : 2%
    indicator one "One"
        actual  a
        target  base * 2
        missing score 0
        score   by achievement
            >= 100% : 100
            else    : achievement * 100
        at most 90
    indicator two
        actual  count(orders where amount > 3)
        missing error
        score   actual * 1.5
    scorecard s for role = "AE"
        group g 60%
            one 60% when months(2025-01-01, period_end) >= 2
        two 40%
        adjust more = count(orders), at most 3
    grade by total
        >= 80 : "A"
        else  : "B"
    gate tripped when b > 7
        grade at most "B"
        total at most 50
        bonus is 0
    pay bonus for role = "AE" when a > 2
        amount e
    """,
    header=HEADER.replace("score 2", "achievement 4, score 2"),
    staff=STAFF + ORDERS,
)
GOOD = (*POLICIES, WIDE)


def _judged(text: str) -> None:
    source = SourceText("any.kpi", text)
    try:
        compile_scheme(source)
    except Fault as fault:
        assert fault.diagnostics
        for lang in LANGUAGES:
            assert render_text(fault.diagnostics, lang)


def test_the_texts_that_are_changed_below_are_sound() -> None:
    for text in GOOD:
        compile_scheme(SourceText("good.kpi", text))


@given(st.text(max_size=200))
def test_random_text(text: str) -> None:
    _judged(text)


@given(st.text(max_size=40), st.integers(min_value=0, max_value=10**6), st.sampled_from(GOOD))
def test_random_text_within_a_scheme(text: str, at: int, good: str) -> None:
    at %= len(good)
    _judged(good[:at] + text + good[at:])


@cache
def _tokens() -> tuple[str, ...]:
    spellings = [spelling for word in words.keywords().values() for spelling in word.spellings]
    names = [
        "staff",
        "orders",
        "amount",
        "base",
        "role",
        "a",
        "b",
        "one",
        "two",
        "total",
        "grade",
        "achievement",
        "员工",
        "总分",
    ]
    signs = [*"=<>+-*/:,.()%\n", "\n    ", "\n        ", ">=", "!=", "≥", "，", "：", "“好”", '"A"', '"AE"']
    numbers = ["0", "1", "100", "20%", "1.5", "10万", "75元", "5 USD", "2025-01-01", "99999999999999", "0.000001"]
    return tuple(spellings + names * 3 + signs * 5 + numbers * 2 + list(words.functions()))


@settings(max_examples=150)
@given(st.data())
def test_random_items_below_a_header(data: st.DataObject) -> None:
    soup = data.draw(st.lists(st.sampled_from(_tokens()), max_size=30))
    _judged(scheme(ORDERS, " ".join(soup)))


_PIECE = re.compile(r"\d[\d_.]*|\w+|[^\w\s]+|\n *| +")


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text)


_CHANGES = (
    "drop",
    "double",
    "swap",
    "replace",
    "rename",
    "drop line",
    "double line",
    "swap lines",
    "move line",
    "indent",
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(GOOD), st.data())
def test_changed_schemes(good: str, data: st.DataObject) -> None:
    text = good
    for _ in range(data.draw(st.integers(1, 4))):
        text = _changed(text, data)
    _judged(text)


def _changed(text: str, data: st.DataObject) -> str:
    change = data.draw(st.sampled_from(_CHANGES))
    if "line" in change or change == "indent":
        return "\n".join(_lines(text.split("\n"), change, data))
    pieces = _pieces(text)
    at, other = (data.draw(st.integers(0, len(pieces) - 1)) for _ in range(2))
    match change:
        case "drop":
            del pieces[at]
        case "double":
            pieces.insert(at, pieces[at])
        case "swap":
            pieces[at], pieces[other] = pieces[other], pieces[at]
        case "replace":
            pieces[at] = data.draw(st.sampled_from((*_tokens(), pieces[other])))
        case _:
            pieces = [pieces[other] if piece == pieces[at] else piece for piece in pieces]
    return "".join(pieces)


def _lines(lines: list[str], change: str, data: st.DataObject) -> list[str]:
    at, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    match change:
        case "drop line":
            del lines[at]
        case "double line":
            lines.insert(at, lines[at])
        case "swap lines":
            lines[at], lines[other] = lines[other], lines[at]
        case "move line":
            lines.insert(other, lines.pop(at))
        case _:
            lines[at] = "    " + lines[at] if data.draw(st.booleans()) else lines[at].removeprefix("    ")
    return lines


@settings(max_examples=150)
@given(st.sampled_from(GOOD), st.data())
def test_other_numbers_and_words_in_their_places(good: str, data: st.DataObject) -> None:
    """Changes that keep the shape, so that most of them reach the model and the plan."""
    pieces = _pieces(good)
    numbers = [at for at, piece in enumerate(pieces) if piece[0].isdigit()]
    names = [at for at, piece in enumerate(pieces) if piece.isidentifier()]
    for _ in range(data.draw(st.integers(1, 3))):
        if data.draw(st.booleans()):
            value = data.draw(
                st.sampled_from(("0", "1", "0.5", "99999999999999999999", "0.0000000001", "7", "100", "12"))
            )
            pieces[data.draw(st.sampled_from(numbers))] = value
        else:
            pieces[data.draw(st.sampled_from(names))] = pieces[data.draw(st.sampled_from(names))]
    _judged("".join(pieces))

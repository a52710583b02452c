"""Two mistakes at once are read as two faults: each pair of single mistakes is told at both places, and nothing else.

A scheme in English and one in Chinese, each with the mistakes that people make, in all their pairs. Where one mistake
takes away what the other would be judged by, the other may wait for it to be mended: such pairs are named (`hides`,
`reads`), are few, and still nothing is told that is no mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from types import SimpleNamespace

import pytest

from kpirules.syntax import parse
from kpirules.syntax.parser.item_parser import item_parser
from tests.mistakes import chinese, english
from tests.mistakes.mistake import Mistake, made, told

GOOD = english.GOOD
MOST_WAITING = 0.008
"""The part of all pairs of which one mistake may wait for the other."""


@dataclass(frozen=True)
class Book:
    """A scheme and its mistakes."""

    language: str
    good: str
    mistakes: list[Mistake]


BOOKS = [
    Book("english", english.GOOD, english.MISTAKES),
    Book("chinese", chinese.GOOD, chinese.MISTAKES),
]
EVERY = [
    pytest.param(book, mistake, id=f"{book.language} {mistake.name}") for book in BOOKS for mistake in book.mistakes
]


@pytest.fixture(autouse=True, scope="module")
def _items_read_once() -> Iterator[None]:
    """An item that two texts have in common is read once: most of these texts have most of their items in common."""
    read = cache(item_parser().parse)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "item_parser", lambda: SimpleNamespace(parse=read))
        yield


def _waits(mistake: Mistake, other: Mistake) -> bool:
    """Whether one of them hides what the other is judged by."""
    return any(set(a.hides.split()) & set(b.reads.split()) for a, b in ((mistake, other), (other, mistake)))


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.language)
def test_the_scheme_is_good(book: Book) -> None:
    assert told(book.good) == []


@pytest.mark.parametrize(("book", "mistake"), EVERY)
def test_one_mistake_is_one_fault(book: Book, mistake: Mistake) -> None:
    assert told(made(book.good, mistake)) == [mistake.fault]


@pytest.mark.parametrize(("book", "mistake"), EVERY)
def test_two_mistakes_are_two_faults(book: Book, mistake: Mistake) -> None:
    """Each of them beside each that comes later; one that waits does wait, so that no excuse outlives its reason."""
    wrong = []
    for other in book.mistakes[book.mistakes.index(mistake) + 1 :]:
        faults = sorted(told(made(book.good, mistake, other)))
        both = sorted([mistake.fault, other.fault])
        waiting = len(faults) == 1 and faults[0] in both
        if not waiting if _waits(mistake, other) else faults != both:
            wrong.append((other.name, faults))
    assert wrong == []


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.language)
def test_few_pairs_wait_for_each_other(book: Book) -> None:
    pairs = list(combinations(book.mistakes, 2))
    assert sum(_waits(*pair) for pair in pairs) <= len(pairs) * MOST_WAITING


def test_every_group_of_codes_is_met() -> None:
    """Syntax, names, units, missing values, structure: all that a check tells of."""
    codes = {mistake.code for book in BOOKS for mistake in book.mistakes}
    assert {code[:4] for code in codes} == {"KPI1", "KPI2", "KPI3", "KPI4", "KPI5"}
    assert len(codes) >= 40  # what an author meets


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.language)
def test_all_mistakes_at_once(book: Book) -> None:
    """Most places are told in one go, and nothing that is no mistake."""
    faults = told(made(book.good, *book.mistakes))
    expected = {mistake.fault for mistake in book.mistakes}
    assert len(set(faults) & expected) >= len(expected) * 2 / 3
    assert {code for code, _ in faults} <= {mistake.code for mistake in book.mistakes}


def test_a_scorecard_with_a_fault_leaves_nobody_without_a_grade() -> None:
    """What reads the grade is not told that it may be missing: the scorecard is there, but for its fault."""
    lost = 'key_accounts for role = "KA"\n    attainment 60%'
    assert told(GOOD.replace(lost, f"{lost}.")) == [("KPI101", ".")]
    twice = GOOD.replace('scorecard key_accounts for role = "KA"', 'scorecard key_accounts for role = "AE"')
    assert told(twice) == [("KPI514", "key_accounts")]


def test_nor_is_a_fallback_for_one_called_needless() -> None:
    text = GOOD.replace('scorecard key_accounts for role = "KA"', 'scorecard key_accounts for role = "KA" and base > 1')
    text = text.replace("rank_pay by grade", 'rank_pay by grade or else "C"')
    text += '\ndefine reward = grade or else "none"\n'
    assert told(text) == []
    assert told(text.replace("activity   10%", "activity   10%.")) == [("KPI101", ".")]
    assert told(text.replace("target  targets.goal", "target  targets.gaol")) == [("KPI206", "gaol")]


def test_a_reference_to_no_table_is_one_fault() -> None:
    """Whose the rows are cannot be said; that the reference leads nowhere has been."""
    good = "order_id text key\n    staff_id text references staff"
    assert GOOD.count(good) == 1
    assert told(GOOD.replace(good, good + "s")) == [("KPI201", "staffs")]

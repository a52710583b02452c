"""Comments are kept, in order, each with the line it speaks of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.source import SourceText
from kpirules.syntax.comments import owner
from kpirules.syntax.parse import parse
from tests.golden.cases import GOOD
from tests.syntax.samples import sound

SCHEMES = [*(Path(__file__).parents[2] / "schemes").rglob("*.kpi"), *GOOD.rglob("*.kpi")]

TEXT = """\
# the file
# and more of it

scheme s  # beside the head
    # above the version
    version "1"   #beside the version
    # the last of the header

# above the define
define x = (1 +  # inside
    # between
    2)  ＃ after\t
define y by a # of the rule
    1 : "#not a comment" # of the row
  # less deep, yet above
    else : "b"
        # deeper than any
# the end"""


def placed(text: str) -> list[tuple[str, str, str]]:
    """Each comment: its text, how it stands, and the first word of the line it belongs to."""
    return [
        (comment.text, comment.place, comment.line.text.split()[0])
        for comment in parse(SourceText("a", text))[0].comments
    ]


def test_where_each_belongs() -> None:
    assert placed(TEXT) == [
        ("the file", "above", "scheme"),
        ("and more of it", "above", "scheme"),
        ("beside the head", "beside", "scheme"),
        ("above the version", "above", "version"),
        ("beside the version", "beside", "version"),
        ("the last of the header", "below", "version"),
        ("above the define", "above", "define"),
        ("inside", "beside", "define"),
        ("between", "beside", "define"),
        ("after", "beside", "define"),
        ("of the rule", "beside", "define"),
        ("of the row", "beside", "1"),
        ("less deep, yet above", "above", "else"),
        ("deeper than any", "below", "else"),
        ("the end", "below", "else"),
    ]


def test_what_each_speaks_of() -> None:
    file = sound(TEXT)
    owners = [owner(file, comment) for comment in file.comments]
    assert [type(node).__name__ for node in owners] == [
        *["Scheme"] * 3, *["Text"] * 3, *["Define"] * 5, *["Row"] * 4
    ]  # fmt: skip
    assert owner(file, file.comments[6]) is file.items[1]


def test_comments_of_a_broken_item_are_kept() -> None:
    file, faults = parse(SourceText("a", "define x 1 # why\n# of y\ndefine y = 2\n"))
    assert faults
    assert [(comment.text, comment.place) for comment in file.comments] == [("why", "beside"), ("of y", "above")]
    assert [owner(file, comment) for comment in file.comments] == [None, file.items[0]]


def test_a_file_of_nothing_but_comments() -> None:
    assert placed("# a\n  # b") == [("a", "alone", "#"), ("b", "alone", "#")]


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_comment_of_a_scheme_is_found_in_order(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    file = sound(text)
    outside = re.sub(r'"[^"\n]*"|“[^”\n]*”', lambda quoted: "_" * len(quoted[0]), text)
    expected = [
        (comment.start(), comment.start() + len(comment[0].rstrip())) for comment in re.finditer("[#＃].*", outside)
    ]
    assert [(comment.span.start, comment.span.end) for comment in file.comments] == expected
    assert all(owner(file, comment) is not None for comment in file.comments)


_LINES = st.lists(
    st.sampled_from(
        ["define x = 1", "    # c", "# c", "define y by a  # c", '    1 : "# no"', "  else : (2 # c", "  + 3)"]
    )
)


@given(_LINES)
def test_a_text_without_its_comments_is_the_same_rules(lines: list[str]) -> None:
    source = SourceText("a", "\n".join(lines))
    file, faults = parse(source)
    assert len(file.comments) == source.text.count("# c")
    bare = source.text
    for comment in reversed(file.comments):
        assert comment.span.text == "# c"
        bare = bare[: comment.span.start] + "   " + bare[comment.span.end :]
    again, told = parse(SourceText("a", bare))
    assert (again.items, again.comments, len(told)) == (file.items, (), len(faults))

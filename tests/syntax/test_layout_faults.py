"""What is said of indentation, brackets and texts that do not close, and blocks nested too deep."""

from __future__ import annotations

import pytest

from kpirules.syntax.bounds import DEEPEST
from tests.syntax.samples import only, read, said


@pytest.mark.parametrize(
    ("text", "place", "label", "help_"),
    [
        ("indicator x\n    actual y\n\tscore z", "\t", "spaces", "use_spaces"),
        ("indicator x\n\tactual y\n    score z", "    ", "tabs", "use_tabs"),
        ("indicator x\n\t  actual y", "\t  ", None, "both"),
    ],
)
def test_tabs_and_spaces(text: str, place: str, label: str | None, help_: str) -> None:
    fault = only(text)
    assert said(fault) == ("KPI102", place, [help_])
    assert [note.key for note in fault.labels] == ([label] if label else [])


def test_items_may_differ_in_tabs_and_spaces() -> None:
    assert read("indicator x\n\tactual y\nindicator z\n    actual y")[1] == ()


def test_indentation_that_fits_no_block() -> None:
    fault = only("indicator x\n        actual y\n    score z\n    target z z\nsubject t")
    assert said(fault) == ("KPI103", "    score z", ["align"])


def test_indentation_for_no_reason() -> None:
    assert said(only("  define x = 1\n  define y = 2\ndefine z = 3")) == ("KPI104", "  define x = 1", ["first"])
    assert said(only("define x = 1\n    foo\n    bar\ndefine y = 2")) == ("KPI104", "foo", ["inside"])
    deeper = only("indicator x\n    actual y\n        score z\n    score z")
    assert said(deeper) == ("KPI104", "score z", ["inside"])


def test_nothing_underneath() -> None:
    assert said(only("table t\n\nsubject t")) == ("KPI105", "table t", ["indent"])
    assert said(only("indicator x\n    score by y\n    actual z")) == ("KPI105", "score by y", ["indent"])
    assert said(only("define x by y\n    1 :\n    2 : 3")) == ("KPI105", "1 :", ["indent"])


def test_lines_left_unindented_are_one_fault() -> None:
    file, faults = read("indicator x\nactual y\nscore z\ndefine w = 1\n")
    assert [said(fault) for fault in faults] == [("KPI105", "indicator x", ["indent"])]
    assert len(file.items) == 1


# ---------------------------------------------------------------- texts and brackets


@pytest.mark.parametrize(
    ("text", "place", "closing"),
    [
        ('define x = "abc', '"abc', '"'),
        ("define x = “abc", "“abc", "”"),
        ('define x = “abc"', '“abc"', "”"),
        ('define x = f("abc)', '"abc)', '"'),
        ('define x = ＂abc"', '＂abc"', "＂"),
    ],
)
def test_a_text_that_is_not_closed(text: str, place: str, closing: str) -> None:
    fault = only(f"{text}\ndefine y = 1\n")
    assert said(fault) == ("KPI106", place, ["close"])
    assert fault.args["closing"] == closing


def test_a_bracket_that_is_not_closed() -> None:
    file, faults = read("indicator x\n    actual sum(a\n    score b b\ndefine y = (1")
    assert [said(fault) for fault in faults] == [
        ("KPI107", "(", ["continue"]),
        ("KPI101", "b", ["operator"]),
        ("KPI107", "(", ["continue"]),
    ]
    assert file.broken == {"x", "y"}


def test_a_bracket_closed_on_a_line_that_should_be_deeper_is_one_fault() -> None:
    assert said(only("indicator x\n    actual sum(a\n    where b)\n    score c"))[0] == "KPI107"


@pytest.mark.parametrize("closing", [")", "）", "  ）"])
def test_a_bracket_may_be_closed_at_the_beginning_of_a_line(closing: str) -> None:
    file, faults = read(f"define x = sum(\n    a.b\n{closing}\ndefine y = 1")
    assert faults == ()
    assert len(file.items) == 2


def test_a_bracket_that_is_not_opened() -> None:
    assert said(only("define x = a)")) == ("KPI108", ")", ["out"])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 100_000 + "1" + ")" * 100_000,
        "f(" * 20_000,
        "-" * 20_000 + "1",
        "not " * 5_000 + "1",
        "1" + " + 1" * 5_000,
        "if a then 1 else " * 5_000 + "1",
    ],
)
def test_nested_too_deep(text: str) -> None:
    fault = only(f"define x = {text}\ndefine y = 1\n")
    assert fault.code == "KPI114"
    assert fault.args == {"limit": DEEPEST}


def test_blocks_nested_too_deep() -> None:
    lines = "\n".join(" " * (2 * i + 1) + "1 :\n" + " " * (2 * i + 2) + "by a" for i in range(DEEPEST))
    assert only(f"define x by a\n{lines}").code == "KPI114"


def test_what_is_deep_enough() -> None:
    depth = DEEPEST - 1
    assert read(f"define x = {'(' * depth}1{')' * depth}")[1] == ()
    assert read(f"define x = 1{' + 1' * depth}")[1] == ()

import json
import re

import pytest

from kpirules.source import Diagnostic, Label, Note, SourceText, Span, diagnostics, render
from kpirules.source.catalogue import Entry
from kpirules.source.render import render_text, to_json
from kpirules.values.units import Unit

ENTRY = Entry(
    title="a fault",
    message="`{what}` is wrong",
    labels={"first": "`{what}` stands here, as {unit}"},
    helps={"write": "write `{other}`"},
)


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of these tests' own for the one code that they use."""
    for module in (diagnostics, render):
        monkeypatch.setattr(module, "entry", lambda code, _lang: {"KPI999": ENTRY}[code])


def _span(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(SourceText("a.kpi", text), start, start + len(part))


def _lines(diagnostic: Diagnostic, lang: str = "en") -> list[str]:
    return render_text([diagnostic], lang).splitlines()


def test_a_whole_diagnostic() -> None:
    text = "define x = 1\n\n    actual  x + y\n"
    diagnostic = Diagnostic(
        "KPI999",
        _span(text, "x + y"),
        {"what": "x"},
        (Label(_span(text, "x"), "first", {"unit": Unit.MONEY}),),
        (Note("write", {"other": "z"}),),
    )
    assert render_text([diagnostic], "en") == (
        "a.kpi:3:13: error[KPI999]: `x` is wrong\n"
        "  3 |     actual  x + y\n"
        "    |             ^^^^^\n"
        "  a.kpi:1:8: `x` stands here, as money\n"
        "  1 | define x = 1\n"
        "    |        -\n"
        "  help: write `z`\n"
    )
    chinese = render_text([diagnostic], "zh")
    assert chinese.startswith("a.kpi:3:13: 错误[KPI999]: `x` is wrong\n")
    assert "as 金额\n" in chinese
    assert chinese.endswith("  怎么改: write `z`\n")


def test_carets_stand_under_wide_characters() -> None:
    text = "    实际  销售额 × 金颔"
    _, line, carets = _lines(Diagnostic("KPI999", _span(text, "金颔")))
    # each Han character takes two columns: 4 + 4 + 2 + 6 + 1 + 1 (× is narrow) + 1
    assert line == f"  1 | {text}"
    assert carets == "    | " + " " * 19 + "^^^^"


def test_combining_and_full_width_characters_take_their_columns() -> None:
    text = "e\u0301（x"
    assert _lines(Diagnostic("KPI999", _span(text, "x")))[2] == "    | " + " " * 3 + "^"


def test_a_tab_is_drawn_as_spaces_to_the_next_stop() -> None:
    text = "ab\tcd\n"
    _, line, carets = _lines(Diagnostic("KPI999", _span(text, "cd")))
    assert line == "  1 | ab  cd"
    assert carets == "    |     ^^"


def test_an_empty_span_and_the_end_of_the_text_get_one_caret() -> None:
    source = SourceText("a.kpi", "abc\n")
    assert _lines(Diagnostic("KPI999", Span(source, 3, 3)))[1:] == ["  1 | abc", "    |    ^"]
    assert _lines(Diagnostic("KPI999", Span(source, 4, 4)))[1:] == ["  2 |", "    | ^"]
    assert _lines(Diagnostic("KPI999", Span(source, 3, 4)))[1:] == ["  1 | abc", "    |    ^"]


def test_a_span_of_some_lines_is_underlined_line_by_line() -> None:
    text = "grade by total\r\n    >= 95 : 1\r\n    else  : 2\r\nnext"
    assert _lines(Diagnostic("KPI999", _span(text, text[6:-4])))[1:] == [
        "  1 | grade by total",
        "    |       ^^^^^^^^",
        "  2 |     >= 95 : 1",
        "    |     ^^^^^^^^^",
        "  3 |     else  : 2",
        "    |     ^^^^^^^^^",
    ]


def test_of_a_long_span_the_first_and_last_lines_are_shown() -> None:
    text = "\n" * 8 + "a\nbb\nccc\ndddd e"
    assert _lines(Diagnostic("KPI999", _span(text, "a\nbb\nccc\ndddd")))[1:] == [
        "   9 | a",
        "     | ^",
        "   … |",
        "  12 | dddd e",
        "     | ^^^^",
    ]


def test_values_cannot_move_the_cursor_or_run_on() -> None:
    line = _lines(Diagnostic("KPI999", None, {"what": "a\x1b[2J\nb" + "c" * 500}))
    assert len(line) == 1
    assert line[0].startswith("error[KPI999]: `a\\x1b[2J\\nbccc")
    assert line[0].endswith("c…` is wrong")
    assert len(line[0]) < 250
    text = "a\x1bb"
    assert _lines(Diagnostic("KPI999", _span(text, "b")))[1:] == ["  1 | a\\x1bb", "    |      ^"]
    text = "“\u202enow”"
    assert _lines(Diagnostic("KPI999", _span(text, "now")))[1:] == ["  1 | “\\u202enow”", "    |        ^^^"]


def test_lists_are_joined_as_the_language_does() -> None:
    diagnostic = Diagnostic("KPI999", None, {"what": ("a", Unit.COUNT)})
    assert _lines(diagnostic) == ["error[KPI999]: `a, a count` is wrong"]
    assert _lines(diagnostic, "zh") == ["错误[KPI999]: `a、计数` is wrong"]


def test_what_is_not_given_stays_as_its_brace() -> None:
    assert _lines(Diagnostic("KPI999", None)) == ["error[KPI999]: `{what}` is wrong"]


def test_a_blank_line_sets_off_what_has_more_than_one_line() -> None:
    short = Diagnostic("KPI999", None, {"what": "x"})
    long = Diagnostic("KPI999", _span("abc", "b"), {"what": "x"})
    lines = render_text([short, short, long, long, short], "en").split("\n")
    blank = [index for index, line in enumerate(lines) if not line]
    assert blank == [2, 6, 10, 12]
    assert render_text([], "en") == ""


def test_colour_adds_nothing_but_colour() -> None:
    text = "define x = 1"
    diagnostic = Diagnostic(
        "KPI999", _span(text, "1"), {"what": "1", "unit": "x"}, (Label(_span(text, "x"), "first"),), (Note("write"),)
    )
    coloured = render_text([diagnostic], "en", colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render_text([diagnostic], "en")


def test_json_counts_from_one_and_leaves_the_end_out() -> None:
    text = "ab\n成交\ncd"
    diagnostic = Diagnostic(
        "KPI999",
        _span(text, "交\ncd"),
        {"what": "x"},
        (Label(_span(text, "ab"), "first", {"unit": Unit.DATE}),),
        (Note("write", {"other": "y"}),),
    )
    assert json.loads(json.dumps(to_json(diagnostic, "zh"))) == {
        "severity": "error",
        "code": "KPI999",
        "title": "a fault",
        "message": "`x` is wrong",
        "place": {"file": "a.kpi", "line": 2, "column": 2, "end_line": 3, "end_column": 3},
        "labels": [
            {
                "message": "`x` stands here, as 日期",
                "place": {"file": "a.kpi", "line": 1, "column": 1, "end_line": 1, "end_column": 3},
            }
        ],
        "helps": ["write `y`"],
    }
    assert to_json(Diagnostic("KPI999", None, {"what": "x"}), "en")["place"] is None


def test_of_a_long_line_only_what_is_near_is_drawn() -> None:
    text = "define x = " + "1 + " * 5000 + "y" + " + 2" * 5000
    place, line, carets = _lines(Diagnostic("KPI999", _span(text, "y")))
    assert place.startswith("a.kpi:1:20012: ")
    assert line.startswith("  1 | …+ 1 + 1 ")
    assert line.endswith("…")
    assert line[carets.index("^")] == "y"
    assert len(line) <= len("  1 | ") + 122


def test_of_a_long_line_in_wide_characters_too() -> None:
    text = "定义 甲 = " + "乙 + " * 500 + "丙" + " + 丁" * 500
    _, line, carets = _lines(Diagnostic("KPI999", _span(text, "丙")))
    before = line[: line.index("丙")]
    assert carets.index("^") == sum(2 if char > "\u2e80" else 1 for char in before)
    assert carets.endswith("^^")


def test_a_span_longer_than_a_line_is_underlined_to_the_end_of_what_is_drawn() -> None:
    text = "define x = " + "1 + " * 5000
    _, line, carets = _lines(Diagnostic("KPI999", _span(text, text[11:].rstrip())))
    assert line.startswith("  1 | define x = 1 + ")
    assert len(carets) == len(line) - 1  # all but the mark that says that the line goes on


def test_a_character_past_the_first_plane_is_one_column_of_the_place_and_two_of_the_screen() -> None:
    text = "定义 𠮷𠮷 = 量"
    place, _, carets = _lines(Diagnostic("KPI999", _span(text, "量")))
    assert place.startswith("a.kpi:1:9: ")
    assert carets == "    | " + " " * 12 + "^^"


def test_a_label_in_another_file_names_it() -> None:
    here, there = SourceText("a.kpi", "define x = 1"), SourceText("方/b.kpi", "\n\ndefine x = 2")
    label = Label(Span(there, 9, 10), "first", {"unit": Unit.MONEY})
    assert _lines(Diagnostic("KPI999", Span(here, 7, 8), {"what": "x"}, (label,))) == [
        "a.kpi:1:8: error[KPI999]: `x` is wrong",
        "  1 | define x = 1",
        "    |        ^",
        "  方/b.kpi:3:8: `x` stands here, as money",
        "  3 | define x = 2",
        "    |        -",
    ]

"""Texts that look alike: in keys and references a fault, in other places a warning or a hint."""

import re
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.cells import read_cells
from kpirules.data.faults import DataFaults, listed
from kpirules.data.load import Loaded, typed_tables
from kpirules.data.spelling import near_keys
from kpirules.model.contracts import Active
from kpirules.values.texts import UNSEEN, plain
from kpirules.values.units import Unit
from tests.data.build import day, faults, number, other, read, table, text

STAFF = table("staff", text("id", key=True))
ORDERS = table("orders", text("rep", references="staff"))
BOTH = [STAFF, ORDERS]

NFC, NFD = "José", "Jose\N{COMBINING ACUTE ACCENT}"

HIDDEN = {
    "zero width space": "E\u200b001",
    "byte order mark in front": "\ufeffE001",
    "word joiner": "E001\u2060",
    "soft hyphen": "E\u00ad001",
    "marks of direction": "\u200eE001\u200f",
    "variation selector": "E001\ufe0e",
    "variation selector supplement": "E001\U000e0101",
    "no-break space within": "E\u00a0001",
    "thin space within": "E\u2009001",
    "line end within": "E\n001",
    "control character": "E\x01001",
    "filler": "E\u3164001",
    "nothing else": "\u200b",
}
EDGES = ["E001 ", " E001", "E001\u00a0", "\u3000E001", "E001\t", "E001\u2009"]


def _frames(ids: list[str], reps: list[str]) -> Loaded:
    return typed_tables(BOTH, {"staff": {"id": ids}, "orders": {"rep": reps}})


@pytest.mark.parametrize("key", HIDDEN.values(), ids=HIDDEN)
def test_a_key_or_reference_with_an_unseen_character_is_a_fault(key: str) -> None:
    assert faults(lambda: _frames([key], [])) == [("KPI661", "staff", 1, "id", key)]
    assert faults(lambda: _frames(["E001"], ["E001", key]))[0] == ("KPI661", "orders", 2, "rep", key)


def test_the_characters_are_named_at_the_cell_that_has_them() -> None:
    with pytest.raises(DataFaults) as caught:
        _frames(["\ufeffA\u200b1\u200b", "A2\u200e"], [])
    assert [fault.expected["characters"] for fault in caught.value.faults] == ["U+200B, U+FEFF", "U+200E"]
    (first, _) = caught.value.listed("zh").column("message").to_pylist()
    assert first.endswith("含有 U+200B, U+FEFF，它看不见，或看起来像普通空格")


@pytest.mark.parametrize("key", EDGES)
def test_a_space_at_the_edge_of_a_key_or_reference_is_a_fault(key: str) -> None:
    assert faults(lambda: _frames([key], ["E001"])) == [("KPI662", "staff", 1, "id", key)]
    assert faults(lambda: _frames(["E001"], [key])) == [("KPI662", "orders", 1, "rep", key)]


def test_a_cell_with_both_is_told_once_by_the_character_that_is_harder_to_find() -> None:
    assert faults(lambda: _frames(["E\u200b001 "], ["E001"])) == [("KPI661", "staff", 1, "id", "E\u200b001 ")]


def test_cells_that_identify_nothing_are_trimmed_and_blank_keys_are_missing() -> None:
    assert read_cells(pa.chunked_array([[" a\u00a0", "\u3000"]]), text("x", optional=True)).values.to_pylist() == [
        "a",
        None,
    ]
    assert faults(lambda: _frames(["A", " \u00a0"], [])) == [("KPI640", "staff", 2, "id", None)]


def test_plain_spaces_and_wide_ones_within_a_key_are_seen() -> None:
    assert _frames(["E 001", "张\u3000三"], ["张\u3000三"]).tables["orders"].num_rows == 1


# ---------------------------------------------------------------- accents in parts


def test_keys_that_differ_by_how_accents_are_stored_are_a_fault_of_the_later_row() -> None:
    for key, two in ((NFC, NFD), (NFD, NFC)):
        assert faults(lambda key=key, two=two: _frames(["A", key, "B", two], [])) == [("KPI663", "staff", 4, "id", two)]  # type: ignore[misc]


def test_a_reference_that_stores_accents_in_another_way_than_the_key_is_a_fault() -> None:
    for key, two in ((NFC, NFD), (NFD, NFC)):
        told = faults(lambda key=key, two=two: _frames(["A", key], ["A", two]))  # type: ignore[misc]
        assert told == [("KPI664", "orders", 2, "rep", two)]


def test_references_in_two_ways_are_held_against_the_key_and_not_against_each_other() -> None:
    assert faults(lambda: _frames([NFC], [NFC, NFD, NFC])) == [("KPI664", "orders", 2, "rep", NFD)]


def test_one_way_throughout_is_no_fault_and_is_read_in_nfc() -> None:
    loaded = _frames(["A", NFD], [NFD])
    assert loaded.tables["staff"].column("id").to_pylist() == ["A", NFC]
    assert loaded.tables["orders"].column("rep").to_pylist() == [NFC]
    cells = read_cells(pa.chunked_array([[NFD]]), text("x", domain=(NFC,)))
    assert (cells.values.to_pylist(), cells.findings) == ([NFC], ())


def test_twins_of_a_dated_table_are_found_though_their_rows_do_not_overlap() -> None:
    dated = table("staff", text("id", key=True), day("a"), day("b", optional=True), active=Active("a", "b"))
    frame = {
        "id": [NFC, NFD, NFC],
        "a": ["2020-01-01", "2021-01-01", "2022-01-01"],
        "b": ["2020-12-31", "2021-12-31", None],
    }
    assert faults(lambda: typed_tables([dated], {"staff": frame})) == [("KPI663", "staff", 2, "id", NFD)]


# ---------------------------------------------------------------- other cells, names of columns


def test_a_cell_of_any_type_that_is_at_fault_says_that_it_has_an_unseen_character() -> None:
    for wanted, cell in (
        (number("x"), "1\u200b00"),
        (number("x", 0, key=True), "17\u2060"),
        (day("x", key=True), "2025-01-09\u200e"),
        (other("x", Unit.BOOL), "true\u200b"),
        (other("x", Unit.QUARTER), "2025Q1\ufeff"),
        (text("x", domain=("won", "lost")), "won\u200b"),
    ):
        findings = read_cells(pa.chunked_array([[cell, "?"]]), wanted).findings
        assert findings[0].code == "KPI661", wanted
        assert [finding.rows.to_pylist() for finding in findings] == [[0], [1]]


def test_names_in_a_header_are_compared_as_they_look(tmp_path: Path) -> None:
    loaded = read(tmp_path, [STAFF], staff="i\u200bd\u00a0\nA\n")
    assert loaded.tables["staff"].column("id").to_pylist() == ["A"]
    assert typed_tables([STAFF], {"staff": {"\ufeffid": ["A"]}}).tables["staff"].num_rows == 1


# ---------------------------------------------------------------- keys that are near


@pytest.mark.parametrize(
    ("lost", "near"),
    [
        ("17", "00017"),
        ("000017", "00017"),
        ("'00017", "00017"),
        ("e001", "E001"),
        ("Ｅ００１", "E001"),
        ("E 001", "E001"),
        ("E001.0", "E001"),
        ("E-001", "E001"),
        ("E1", "E001"),
        ("EO01", "E001"),
        ("E00l", "E001"),
        ("\N{CYRILLIC CAPITAL LETTER IE}001", "E001"),
        ("mueller", "Mueller"),
        ("E0012", None),
        ("E002", None),
        ("-", None),
        ("18", None),
    ],
)
def test_a_missing_reference_names_the_key_that_is_near(lost: str, near: str | None) -> None:
    with pytest.raises(DataFaults) as caught:
        _frames(["00017", "E001", "Mueller", "--"], ["E001", lost])
    (fault,) = caught.value.faults
    assert (fault.code, fault.row, fault.value, fault.expected.get("near")) == ("KPI648", 2, lost, near)
    said = f"did you mean `{near}`?" if near else "correct it, or add the row to `staff`"
    assert caught.value.listed("en").column("help").to_pylist() == [said]
    assert said in caught.value.text("en")


def test_each_missing_reference_names_its_own_key_and_the_closest_look_comes_first() -> None:
    with pytest.raises(DataFaults) as caught:
        _frames(["a-1", "A1", "7"], ["007", "a1", "x", "07", "y"])
    told = [(fault.row, fault.expected.get("near")) for fault in caught.value.faults]
    assert told == [(1, "7"), (2, "A1"), (3, None), (4, "7"), (5, None)]
    drawn = caught.value.text("en")
    assert drawn.count("did you mean") == 3
    assert drawn.count("correct it") == 1


def test_a_key_that_differs_by_hyphens_or_zeros_comes_before_one_that_is_misread() -> None:
    (near,) = near_keys(pa.array(["E01"]), pa.chunked_array([["EO1", "E-01"]])).to_pylist()
    assert near == "E-01"


def test_numbers_have_no_look() -> None:
    rates = table("rates", number("level", 0, key=True))
    staff = table("staff", text("id", key=True), number("level", 0, references="rates"))
    frames = {"rates": {"level": ["7"]}, "staff": {"id": ["A", "B"], "level": ["007", "70"]}}
    assert faults(lambda: typed_tables([rates, staff], frames)) == [("KPI648", "staff", 2, "level", "70")]
    loose = table("staff", text("id", key=True), number("level", 0, references="rates", matches=True))
    assert typed_tables([rates, loose], frames).warnings == ()


@given(
    st.lists(st.text("aA0o1l -Ａ０", min_size=1, max_size=4), min_size=1, max_size=6, unique=True),
    st.text("aA01 -", min_size=1, max_size=4),
)
def test_what_is_near_has_the_same_letters_and_digits(keys: list[str], lost: str) -> None:
    (near,) = near_keys(pa.array([lost]), pa.chunked_array([keys])).to_pylist()

    def core(key: str) -> str:
        folded = unicodedata.normalize("NFKC", key).lower().translate(str.maketrans("oil", "011"))
        return re.sub("0", "", re.sub("[ -]", "", folded))

    assert near is None or core(near) == core(lost)
    if lost.strip() and any(key.lower() == lost.lower() for key in keys):
        assert near is not None


# ---------------------------------------------------------------- warnings


def _warned(loaded: Loaded) -> list[tuple[str, str, int, str, str]]:
    rows = listed(loaded.warnings, "en").to_pylist()
    return [(row["code"], row["table"], row["row"], row["column"], row["value"]) for row in rows]


def test_keys_that_differ_by_case_or_width_alone_are_warnings() -> None:
    loaded = _frames(["A1", "a1", "Ｅ００１", "E001", "a1x", "ａ１"], ["a1"])
    assert _warned(loaded) == [
        ("KPI665", "staff", row, "id", key) for row, key in ((2, "a1"), (4, "E001"), (6, "ａ１"))
    ]
    assert loaded.tables["staff"].num_rows == 6
    said = listed(loaded.warnings, "en").column("message").to_pylist()
    assert said[0].endswith("the key `a1` looks like `A1` in row 1; the two are counted as different")
    assert said[1].endswith("the key `E001` looks like `Ｅ００１` in row 3; the two are counted as different")


def test_other_scripts_look_like_latin() -> None:
    loaded = _frames(["AB1", "\N{CYRILLIC CAPITAL LETTER A}\N{GREEK CAPITAL LETTER BETA}1"], [])
    assert [row for _, _, row, _, _ in _warned(loaded)] == [2]


@pytest.mark.parametrize("keys", [["A1", "B1", "A2"], ["a1", "b1"], ["张三", "李四"], ["A1", "b1"], ["1", "01"]])
def test_keys_that_look_different_are_no_warnings(keys: list[str]) -> None:
    assert _warned(_frames(keys, [])) == []


def test_of_a_key_in_many_rows_the_first_is_told_and_references_are_told_where_they_lead() -> None:
    rates = table("rates", text("staff", key=True, references="staff"), text("kind", key=True))
    frame = {"staff": ["A", "a", "A", "a"], "kind": ["x", "X", "y", "x"]}
    loaded = typed_tables([STAFF, rates], {"staff": {"id": ["A", "a"]}, "rates": frame})
    assert _warned(loaded) == [("KPI665", "staff", 2, "id", "a"), ("KPI665", "rates", 2, "kind", "X")]


def test_texts_that_the_scheme_lists_are_as_it_lists_them() -> None:
    rates = table("rates", text("grade", key=True, domain=("A", "a")))
    assert _warned(typed_tables([rates], {"rates": {"grade": ["A", "a"]}})) == []


def test_a_text_that_matches_none_and_is_near_a_key_is_a_warning() -> None:
    orders = table("orders", text("promo", optional=True, references="staff", matches=True))
    frame = {"promo": ["A1", "a1", None, "zz", "a1", "A-1"]}
    loaded = typed_tables([STAFF, orders], {"staff": {"id": ["A1"]}, "orders": frame})
    assert _warned(loaded) == [("KPI666", "orders", 2, "promo", "a1"), ("KPI666", "orders", 6, "promo", "A-1")]
    assert "which has the key `A1`" in listed(loaded.warnings, "en").column("message")[0].as_py()


def test_a_reference_to_no_row_is_a_fault_and_no_warning_besides(tmp_path: Path) -> None:
    loaded = read(tmp_path, BOTH, quarantine=True, staff="id\nA1\n", orders="rep\na1\n")
    assert loaded.quarantine.counts == {"orders": 1}
    assert _warned(loaded) == []


def test_what_matches_is_held_to_the_same_as_a_reference() -> None:
    orders = table("orders", text("promo", references="staff", matches=True))
    told = faults(
        lambda: typed_tables(
            [STAFF, orders], {"staff": {"id": ["A", NFC]}, "orders": {"promo": ["A\u200b", "A ", NFD]}}
        )
    )
    assert [(code, row) for code, _, row, _, _ in told] == [("KPI661", 1), ("KPI662", 2), ("KPI664", 3)]


def test_other_texts_with_unseen_characters_are_warnings_but_for_lines() -> None:
    notes = table("notes", text("x", optional=True), text("kind", domain=("a", "b")))
    frame = {"x": ["won", "won\u200b", "one\ntwo\tthree", None, "won\u200b", "a\u00a0b"], "kind": ["a"] * 6}
    loaded = typed_tables([notes], {"notes": frame})
    assert [(code, row) for code, _, row, _, _ in _warned(loaded)] == [("KPI667", 2), ("KPI667", 6)]
    assert loaded.tables["notes"].column("x").to_pylist()[1] == "won\u200b"


# ---------------------------------------------------------------- quarantine


def test_set_aside_a_key_goes_with_what_refers_to_the_key_that_it_looks_like(tmp_path: Path) -> None:
    staff = "id\nA\nB\u200b\nC\nC \nD\n"
    orders = "rep\nA\nB\nC\n\u200bD\nA \n"
    loaded = read(tmp_path, BOTH, quarantine=True, subject="staff", staff=staff, orders=orders)
    assert loaded.tables["staff"].column("id").to_pylist() == ["A", "D"]
    assert loaded.tables["orders"].column("rep").to_pylist() == ["A"]
    assert loaded.quarantine.out.to_pylist() == ["B", "C"]
    touched = {row["subject"]: row["rows"] for row in loaded.quarantine.touched.to_pylist()}
    assert touched == {"A": 1, "B": 2, "C": 3, "D": 1}


# ---------------------------------------------------------------- the characters themselves


def test_what_cannot_be_seen_is_what_unicode_says() -> None:
    seen = re.compile(UNSEEN)
    shown_as_signs = {
        *range(0x600, 0x606),
        0x6DD,
        0x70F,
        0x890,
        0x891,
        0x8E2,
        0x110BD,
        0x110CD,
        *range(0x13430, 0x13440),
    }
    for point in range(0x110000):
        char = chr(point)
        if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} and point not in shown_as_signs:
            assert seen.match(char), hex(point)
        if unicodedata.category(char) == "Zs":
            assert bool(seen.match(char)) == (char not in " \u3000"), hex(point)
    letters = "Aé中Ａ-_. \u3000'"
    assert not seen.search(letters)


@given(st.text(st.sampled_from("Aé\u200b\u00a0 \u3000\ufeffe\u0301\n中")))
def test_a_plain_text_is_plain_and_arrow_reads_keys_likewise(text_: str) -> None:
    assert plain(plain(text_)) == plain(text_)
    values = read_cells(pa.chunked_array([[text_]]), text("x", key=True)).values.to_pylist()
    assert values == [plain(text_) or None]
    assert pc.match_substring_regex(pa.array([text_]), UNSEEN)[0].as_py() == bool(re.search(UNSEEN, text_))

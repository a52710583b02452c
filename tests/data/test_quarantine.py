import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data import quarantine
from kpirules.data.faults import DataFaults, Finding, Place
from kpirules.data.load import Loaded, typed_tables
from kpirules.data.quarantine import SCHEMA
from kpirules.model.contracts import Active, Table
from kpirules.values.units import Unit
from tests.data.build import day, number, read, table, text

STAFF = table(
    "staff",
    text("id", key=True),
    text("boss", optional=True, references="staff"),
    day("hired"),
    day("left_on", optional=True),
    active=Active("hired", "left_on"),
)
ORDERS = table("orders", text("no", key=True), text("rep", references="staff"), number("amount", unit=Unit.MONEY))
LINES = table(
    "lines",
    text("order", references="orders"),
    text("helper", optional=True, references="staff"),
    number("pieces", 0),
)
ALL = (STAFF, ORDERS, LINES)

STAFF_CSV = "id,boss,hired,left_on\nA,,2020-01-01,\nB,A,2020-01-01,\nC,B,bad,\nD,,2020-01-01,\n"
ORDERS_CSV = "no,rep,amount\n1,A,10\n2,C,20\n3,B,x\n4,Z,5\n5,D,1.50\n5,D,2.50\n"
LINES_CSV = "order,helper,pieces\n1,,1\n1,C,2\n2,,3\n3,,4\n5,A,5\n1,A\n"


def _read(folder: Path, subject: str | None = "staff") -> Loaded:
    files = {"staff": STAFF_CSV, "orders": ORDERS_CSV, "lines": LINES_CSV}
    return read(folder, ALL, quarantine=True, subject=subject, **files)


def test_rows_at_fault_go_and_what_refers_to_them(tmp_path: Path) -> None:
    loaded = _read(tmp_path)
    assert loaded.tables["staff"].column("id").to_pylist() == ["A", "B", "D"]
    assert loaded.tables["orders"].column("no").to_pylist() == ["1"]
    assert loaded.tables["lines"].column("pieces").to_pylist() == [1]
    assert {name: numbers.to_pylist() for name, numbers in loaded.numbers.items()} == {
        "staff": [2, 3, 5],
        "orders": [2],
        "lines": [2],
    }
    assert loaded.quarantine.counts == {"staff": 1, "orders": 5, "lines": 5}
    assert [(facts.table, facts.rows) for facts in loaded.facts] == [("staff", 4), ("orders", 6), ("lines", 6)]


def test_each_row_set_aside_says_why_whom_it_concerns_and_what_it_held(tmp_path: Path) -> None:
    listed = _read(tmp_path).quarantine.listed("en")
    assert listed.schema == SCHEMA
    rows = [(row["table"], row["row"], row["code"], row["value"], row["subjects"]) for row in listed.to_pylist()]
    assert rows == [
        ("staff", 4, "KPI635", "bad", "C"),
        ("orders", 3, "KPI649", "C", "C"),
        ("orders", 4, "KPI632", "x", "B"),
        ("orders", 5, "KPI648", "Z", None),
        ("orders", 6, "KPI645", "5", "D"),
        ("orders", 7, "KPI645", "5", "D"),
        ("lines", 3, "KPI649", "C", "A, C"),
        ("lines", 4, "KPI649", "2", "C"),
        ("lines", 5, "KPI649", "3", "B"),
        ("lines", 6, "KPI649", "5", "A, D"),
        ("lines", 7, "KPI630", "1,A", None),
    ]
    told = {(row["table"], row["row"]): row for row in listed.to_pylist()}
    assert told["orders", 3]["message"] == (
        "`orders` (orders.csv) row 3, column `rep`: refers to `C`, row 4 of `staff`, which is set aside"
    )
    assert told["orders", 6]["message"] == "`orders` (orders.csv) row 6: the key `5` (no) is that of row 7 already"
    assert json.loads(told["staff", 4]["cells"]) == {"id": "C", "boss": "B", "hired": "bad", "left_on": None}
    assert told["lines", 7]["cells"] is None


def test_the_subjects_touched_are_named_and_those_who_are_out(tmp_path: Path) -> None:
    quarantine = _read(tmp_path).quarantine
    assert quarantine.out.to_pylist() == ["C"]
    assert quarantine.touched.to_pylist() == [
        {"subject": "A", "rows": 2},
        {"subject": "B", "rows": 2},
        {"subject": "C", "rows": 4},
        {"subject": "D", "rows": 3},
    ]
    assert _read(tmp_path, subject=None).quarantine.touched.num_rows == 0


def test_a_row_of_many_texts_is_told_as_json() -> None:
    odd = 'a"b\\c\n\t李\x01'
    contract = table("t", text("k\N{LATIN SMALL LETTER E WITH ACUTE}"), number("n"))
    loaded = typed_tables([contract], {"t": pa.table({"ké": [odd, "b"], "n": ["x", "1"]})}, quarantine=True)
    (cells,) = loaded.quarantine.listed("zh").column("cells").to_pylist()
    assert json.loads(cells) == {"ké": odd.replace("\x01", " "), "n": "x"}


def test_the_rows_of_a_person_stay_or_go_together() -> None:
    staff = {
        "id": ["A", "A", "B"],
        "boss": [None, None, "A"],
        "hired": ["2020-01-01", "2024-01-01", "2020-01-01"],
        "left_on": ["x", None, None],
    }
    quarantine = typed_tables([STAFF], {"staff": staff}, quarantine=True, subject="staff").quarantine
    assert [(row["row"], row["code"]) for row in quarantine.listed("en").to_pylist()] == [
        (1, "KPI635"),
        (2, "KPI650"),
        (3, "KPI649"),
    ]
    assert quarantine.out.to_pylist() == ["A", "B"]


def test_a_row_with_two_faults_is_one_row_and_a_subject_without_a_key_has_no_name(tmp_path: Path) -> None:
    staff = table("staff", text("id", key=True), day("hired"))
    loaded = read(tmp_path, [staff], quarantine=True, subject="staff", staff="id,hired\nA,2020-01-01\n,bad\n")
    assert _gone(loaded) == [("staff", 3, "KPI640", None), ("staff", 3, "KPI635", None)]
    assert loaded.quarantine.counts == {"staff": 1}
    assert loaded.quarantine.out.to_pylist() == []


def test_of_rows_that_overlap_in_a_chain_each_is_told_once(tmp_path: Path) -> None:
    rows = "A,,2020-01-01,2022-12-31\nA,,2021-01-01,2024-12-31\nA,,2023-01-01,\n"
    loaded = read(tmp_path, [STAFF], quarantine=True, subject="staff", staff=f"id,boss,hired,left_on\n{rows}")
    assert _gone(loaded) == [("staff", row, "KPI646", "A") for row in (2, 3, 4)]
    assert loaded.quarantine.out.to_pylist() == ["A"]


def test_a_column_that_cannot_be_read_at_all_still_stops_the_run() -> None:
    staff = {"id": [1.5], "boss": [None], "hired": ["2020-01-01"], "left_on": [None]}
    orders = {"no": ["1"], "rep": ["A"], "amount": [1]}
    with pytest.raises(DataFaults) as caught:
        typed_tables([STAFF, ORDERS], {"staff": staff, "orders": orders}, quarantine=True)
    # and what cannot be found for want of the column is not told
    assert [fault.code for fault in caught.value.faults] == ["KPI638"]


def test_nothing_is_set_aside_where_nothing_is_wrong() -> None:
    staff = {"id": ["A"], "boss": ["A"], "hired": ["2020-01-01"], "left_on": [None]}
    loaded = typed_tables([STAFF], {"staff": staff}, quarantine=True, subject="staff")
    assert loaded.quarantine.counts == {}
    assert loaded.quarantine.listed("en").num_rows == 0
    assert loaded.quarantine.touched.num_rows == 0


# ---------------------------------------------------------------- rows that match

REFUNDS = table("refunds", text("order", key=True), number("amount", unit=Unit.MONEY))
SALES = table(
    "sales",
    text("no", key=True),
    text("rep", references="staff"),
    text("refund", optional=True, references="refunds", matches=True),
)
SHARES = table("shares", text("sale", references="sales"), text("helper", optional=True, references="staff"))
PEOPLE = table("staff", text("id", key=True))
MATCHED = (PEOPLE, REFUNDS, SALES, SHARES)
MATCHED_FILES = {
    "staff": "id\nA\nB\nC\nD\n",
    "refunds": "order,amount\n1,10\n4,2\n",
    "sales": "no,rep,refund\n1,A,1\n2,A,2\n3,B,\n4,C,4\n",
    "shares": "sale,helper\n1,D\n2,D\n4,B\n",
}


def _matched(folder: Path, contracts: tuple[Table, ...] = MATCHED, subject: str = "staff", **files: str) -> Loaded:
    return read(folder, contracts, quarantine=True, subject=subject, **{**MATCHED_FILES, **files})


def _gone(loaded: Loaded) -> list[tuple[str, int, str, str | None]]:
    rows = loaded.quarantine.listed("en").to_pylist()
    return [(row["table"], row["row"], row["code"], row["subjects"]) for row in rows]


def test_what_matches_a_row_set_aside_goes_with_it_and_what_refers_to_that(tmp_path: Path) -> None:
    loaded = _matched(tmp_path, refunds="order,amount\n1,x\n4,2\n")
    assert _gone(loaded) == [
        ("refunds", 2, "KPI632", None),
        ("sales", 2, "KPI649", "A"),
        ("shares", 2, "KPI649", "A, D"),
    ]
    # the sale that matches nothing stays: its key is none of those set aside
    assert loaded.tables["sales"].column("no").to_pylist() == ["2", "3", "4"]
    assert loaded.quarantine.touched.to_pylist() == [{"subject": "A", "rows": 2}, {"subject": "D", "rows": 1}]


UNREADABLE = {
    "a key at fault": "order,amount\n1,10\n,5\n4,2\n",
    "a row that is not told apart into cells": "order,amount\n1,10\n5\n4,2\n",
}


@pytest.mark.parametrize("refunds", UNREADABLE.values(), ids=UNREADABLE)
def test_a_key_that_cannot_be_read_touches_whoever_found_no_match(tmp_path: Path, refunds: str) -> None:
    loaded = _matched(tmp_path, refunds=refunds)
    # sale 2 of A found no match, and D reads it through a share; B has no refund to look for, C has found one
    ((where, row, _, subjects),) = _gone(loaded)
    assert (where, row, subjects) == ("refunds", 3, "A, D")
    assert loaded.tables["sales"].num_rows == 4
    assert loaded.tables["shares"].num_rows == 3
    assert loaded.quarantine.touched.to_pylist() == [{"subject": "A", "rows": 1}, {"subject": "D", "rows": 1}]


def test_each_unreadable_key_touches_them_and_rows_that_went_themselves_touch_nobody_more(tmp_path: Path) -> None:
    refunds = "order,amount\n1,x\n,5\n4,2\n7\n"
    loaded = _matched(tmp_path, refunds=refunds, sales="no,rep,refund\n1,A,1\n2,A,2\n3,Z,3\n4,C,4\n5,B,9\n5,B,9\n")
    assert _gone(loaded) == [
        ("refunds", 2, "KPI632", None),
        ("refunds", 3, "KPI640", "A, D"),
        ("refunds", 5, "KPI630", "A, D"),
        ("sales", 2, "KPI649", "A"),
        ("sales", 4, "KPI648", None),
        ("sales", 6, "KPI645", "B"),
        ("sales", 7, "KPI645", "B"),
        ("shares", 2, "KPI649", "A, D"),
    ]


def test_of_many_unreadable_keys_only_the_first_name_the_subjects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "_PAIRS", 5)
    refunds = "order,amount\n,1\n,2\n,3\n"
    sales = "no,rep,refund\n1,B,1\n2,A,2\n"
    shares = "sale,helper\n1,\n"
    loaded = _matched(tmp_path, refunds=refunds, sales=sales, shares=shares)
    assert [subjects for _, _, _, subjects in _gone(loaded)] == ["A, B", "A, B", None]
    monkeypatch.setattr(quarantine, "_PAIRS", 1)
    assert [
        subjects for _, _, _, subjects in _gone(_matched(tmp_path, refunds=refunds, sales=sales, shares=shares))
    ] == [
        "A, B",
        None,
        None,
    ]


def test_blank_rows_and_keys_that_can_be_read_touch_nobody_who_found_no_match(tmp_path: Path) -> None:
    loaded = _matched(tmp_path, refunds="order,amount\n1,10\n\n4,x\n")
    assert _gone(loaded) == [
        ("refunds", 3, "KPI631", None),
        ("refunds", 4, "KPI632", None),
        ("sales", 5, "KPI649", "C"),
        ("shares", 4, "KPI649", "B, C"),
    ]


def test_a_subject_that_found_no_match_is_touched_and_those_whose_rows_refer_to_it_are_not(tmp_path: Path) -> None:
    people = table("staff", text("id", key=True), text("region", references="regions", matches=True))
    regions = table("regions", text("name", key=True))
    loaded = _matched(
        tmp_path,
        (people, regions, SHARES, SALES, REFUNDS),
        staff="id,region\nA,north\nB,south\nC,north\nD,north\n",
        regions="name\nnorth\nso,uth\n",
    )
    assert _gone(loaded) == [("regions", 3, "KPI630", "B")]


def test_rows_that_go_by_two_ways_at_once_take_all_that_refers_to_them(tmp_path: Path) -> None:
    loaded = _matched(
        tmp_path,
        (table("staff", text("id", key=True), number("pay")), REFUNDS, SALES, SHARES),
        staff="id,pay\nA,1\nB,x\nC,1\nD,1\n",
        refunds="order,amount\n1,x\n4,2\n",
        shares="sale,helper\n1,D\n2,D\n3,D\n",
    )
    # sale 3 by its rep, sale 1 by its refund; the shares of both follow
    assert loaded.tables["sales"].column("no").to_pylist() == ["2", "4"]
    assert loaded.tables["shares"].column("sale").to_pylist() == ["2"]


def test_a_row_that_finds_no_match_in_two_columns_is_touched_like_any_other(tmp_path: Path) -> None:
    again = text("second", optional=True, references="refunds", matches=True)
    sales = table("sales", *SALES.columns, again)
    loaded = _matched(
        tmp_path,
        (PEOPLE, REFUNDS, sales),
        refunds="order,amount\n4,2\n,5\n",
        sales="no,rep,refund,second\n1,A,1,2\n2,B,4,4\n3,C,4,5\n",
    )
    assert _gone(loaded) == [("refunds", 3, "KPI640", "A, C")]


def test_a_row_concerns_the_subject_that_it_matches_and_tables_may_refer_to_one_another(tmp_path: Path) -> None:
    visits = table("visits", text("rep", references="staff", matches=True), number("count", 0))
    bills = table("bills", text("no", key=True), text("main", references="jobs"))
    jobs = table("jobs", text("no", key=True), text("bill", references="bills"), text("rep", references="staff"))
    files = {
        "staff": "id\nA\nB\n",
        "visits": "rep,count\nA,x\nZ,x\n",
        "bills": "no,main\n1,7\n2,8\n",
        "jobs": "no,bill,rep\n7,1,B\n7,1,A\n8,2,A\n",
    }
    loaded = read(tmp_path, [PEOPLE, visits, bills, jobs], quarantine=True, subject="staff", **files)
    assert _gone(loaded) == [
        ("visits", 2, "KPI632", "A"),
        ("visits", 3, "KPI632", None),
        ("bills", 2, "KPI649", "A, B"),
        ("jobs", 2, "KPI645", "B"),
        ("jobs", 3, "KPI645", "A"),
    ]


def test_where_nobody_asks_whom_rows_concern_rows_that_match_still_go(tmp_path: Path) -> None:
    files = {**MATCHED_FILES, "refunds": "order,amount\n1,x\n,2\n"}
    loaded = read(tmp_path, MATCHED, quarantine=True, subject=None, **files)
    assert loaded.quarantine.counts == {"refunds": 2, "sales": 1, "shares": 1}
    assert loaded.quarantine.touched.num_rows == 0
    assert loaded.quarantine.out.to_pylist() == []


@pytest.mark.parametrize("wide", [True, False])
def test_a_key_of_decimals_is_matched_whatever_its_width(tmp_path: Path, *, wide: bool) -> None:
    narrow = (0, 9)
    rates = table("rates", number("level", 1, key=True, between=None if wide else narrow), number("rate"))
    level = number("level", 1, references="rates", matches=True, between=narrow if wide else None)
    staff = table("staff", text("id", key=True), level)
    beyond = "1000.5,x\n" if wide else ""
    files = {"rates": f"level,rate\n1.5,x\n2.5,1\n{beyond}", "staff": "id,level\nA,1.5\nB,2.5\nC,3.5\n"}
    loaded = read(tmp_path, [rates, staff], quarantine=True, subject="staff", **files)
    gone = [("rates", 2, "KPI632", None), *([("rates", 4, "KPI632", None)] if wide else [])]
    assert _gone(loaded) == [*gone, ("staff", 2, "KPI649", "A")]
    assert loaded.quarantine.out.to_pylist() == ["A"]


# ---------------------------------------------------------------- against a slow oracle

keys = st.sampled_from("ABCDE")
cells = {
    "staff": st.tuples(keys, st.none() | keys),
    "orders": st.tuples(st.integers(0, 6).map(str), keys),
    "lines": st.tuples(st.integers(0, 6).map(str), st.none() | keys),
}


@st.composite
def _tables(draw: st.DrawFn) -> tuple[dict[str, list[tuple[str, str | None]]], dict[str, list[int]]]:
    """Rows of the three tables as (first, second) column, and the places of those at fault."""
    rows = {name: draw(st.lists(strategy, max_size=8)) for name, strategy in cells.items()}
    faulty = {
        name: draw(st.lists(st.integers(0, max(0, len(table) - 1)), unique=True, max_size=2)) if table else []
        for name, table in rows.items()
    }
    return rows, faulty


@given(_tables(), st.booleans())
def test_what_is_left_is_what_leads_to_nothing_set_aside(
    drawn: tuple[dict[str, list[tuple[str, str | None]]], dict[str, list[int]]],
    matches: bool,  # noqa: FBT001  # drawn
) -> None:
    rows, faulty = drawn
    loaded = _loaded(rows)
    findings = {
        name: [Finding("KPI640", ("x",), pa.array(places, pa.int64()), {"value": ""})]
        for name, places in faulty.items()
        if places
    }
    left = loaded.without([_contract(name, matches=matches) for name in rows], findings, "staff")
    clean = _clean(rows, faulty)
    for name in rows:
        assert [number - 1 for number in left.numbers[name].to_pylist()] == clean[name]
        assert left.tables[name].column(0).to_pylist() == [rows[name][place][0] for place in clean[name]]
        assert left.quarantine.counts.get(name, 0) == len(rows[name]) - len(clean[name])


COLUMNS = {"staff": ("id", "boss"), "orders": ("no", "rep"), "lines": ("order", "helper")}


def _loaded(rows: dict[str, list[tuple[str, str | None]]]) -> Loaded:
    """Tables as they are, their rows numbered from 1; whether they keep their contracts is not asked."""
    tables = {
        name: pa.table(
            {column: pa.array([row[at] for row in table], pa.string()) for at, column in enumerate(COLUMNS[name])}
            | {"x": pa.nulls(len(table), pa.string())}
        )
        for name, table in rows.items()
    }
    places = {name: Place(name, "frame", None) for name in rows}
    numbers = {name: pa.array(range(1, len(table) + 1), pa.int64()) for name, table in rows.items()}
    return Loaded(tables, (), places, numbers)


def _contract(name: str, *, matches: bool) -> Table:
    first, second = COLUMNS[name]
    active = Active("begins", "ends") if name == "staff" else None
    leading = text(first, references="orders", matches=matches) if name == "lines" else text(first, key=True)
    staff = text(second, optional=True, references="staff", matches=matches)
    return table(name, leading, staff, text("x", optional=True), active=active)


def _clean(rows: dict[str, list[tuple[str, str | None]]], faulty: dict[str, list[int]]) -> dict[str, list[int]]:
    """The places of the rows from which no way leads to a row at fault, found by going every way from every row."""

    def of_key(name: str, key: str | None) -> list[tuple[str, int]]:
        return [(name, place) for place, row in enumerate(rows[name]) if row[0] == key]

    def next_to(name: str, place: int) -> list[tuple[str, int]]:
        first, second = rows[name][place]
        near = of_key("staff", second)
        if name == "staff":
            near += of_key("staff", first)
        return near + (of_key("orders", first) if name == "lines" else [])

    def reaches(name: str, place: int) -> bool:
        seen, ahead = set[tuple[str, int]](), [(name, place)]
        while ahead:
            row = ahead.pop()
            if row not in seen:
                seen.add(row)
                ahead += next_to(*row)
        return any(place in faulty[name] for name, place in seen)

    return {name: [place for place in range(len(table)) if not reaches(name, place)] for name, table in rows.items()}

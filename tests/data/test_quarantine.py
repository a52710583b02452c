import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    rows = {name: draw(st.lists(one, max_size=8)) for name, one in cells.items()}
    faulty = {
        name: draw(st.lists(st.integers(0, max(0, len(one) - 1)), unique=True, max_size=2)) if one else []
        for name, one in rows.items()
    }
    return rows, faulty


@given(_tables())
def test_what_is_left_is_what_leads_to_nothing_set_aside(
    drawn: tuple[dict[str, list[tuple[str, str | None]]], dict[str, list[int]]],
) -> None:
    rows, faulty = drawn
    loaded = _loaded(rows)
    found = {
        name: [Finding("KPI640", ("x",), pa.array(places, pa.int64()), {"value": ""})]
        for name, places in faulty.items()
        if places
    }
    left = loaded.without([_contract(name) for name in rows], found, "staff")
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
            {column: pa.array([row[at] for row in one], pa.string()) for at, column in enumerate(COLUMNS[name])}
            | {"x": pa.nulls(len(one), pa.string())}
        )
        for name, one in rows.items()
    }
    places = {name: Place(name, "frame", None) for name in rows}
    numbers = {name: pa.array(range(1, len(one) + 1), pa.int64()) for name, one in rows.items()}
    return Loaded(tables, (), places, numbers)


def _contract(name: str) -> Table:
    first, second = COLUMNS[name]
    active = Active("begins", "ends") if name == "staff" else None
    leading = text(first, references="orders") if name == "lines" else text(first, key=True)
    return table(
        name, leading, text(second, optional=True, references="staff"), text("x", optional=True), active=active
    )


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
            one = ahead.pop()
            if one not in seen:
                seen.add(one)
                ahead += next_to(*one)
        return any(place in faulty[name] for name, place in seen)

    return {name: [place for place in range(len(one)) if not reaches(name, place)] for name, one in rows.items()}

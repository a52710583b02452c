from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.checks import reference_findings, row_findings
from kpirules.data.faults import Finding
from kpirules.model.contracts import Active
from tests.data.build import day, days, number, table, text

DAY = date(2025, 1, 1)
small = st.integers(0, 12)


def _pairs(findings: list[Finding], code: str) -> list[tuple[int, int]]:
    """Row and the row it clashes with, by the findings of one code."""
    return [
        pair
        for finding in findings
        if finding.code == code and finding.others is not None
        for pair in zip(finding.rows.to_pylist(), finding.others.to_pylist(), strict=True)
    ]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 3))))
def test_a_key_that_stands_twice_is_found_with_the_row_it_stands_in_first(rows: list[tuple[str | None, int]]) -> None:
    contract = table("t", text("k", key=True), number("n", 0, key=True))
    data = pa.table({"k": pa.array([k for k, _ in rows], pa.string()), "n": pa.array([n for _, n in rows], pa.int64())})
    expected = {
        (index, rows.index(row)) for index, row in enumerate(rows) if row[0] is not None and rows.index(row) < index
    }
    assert set(_pairs(row_findings(contract, data), "KPI645")) == expected


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), small, st.none() | small)))
def test_rows_of_a_key_in_force_on_the_same_day_are_found(rows: list[tuple[str | None, int, int | None]]) -> None:
    contract = table("t", text("k", key=True), day("from"), day("to", optional=True), active=Active("from", "to"))
    begins = [DAY + timedelta(first) for _, first, _ in rows]
    ends = [None if last is None else DAY + timedelta(last) for _, _, last in rows]
    data = pa.table({"k": pa.array([k for k, _, _ in rows], pa.string()), "from": days(*begins), "to": days(*ends)})
    findings = row_findings(contract, data)

    def covered(index: int) -> set[int]:
        _, first, last = rows[index]
        return set(range(first, 50 if last is None else last + 1))

    def clash(row: int, two: int) -> bool:
        return rows[row][0] is not None and rows[row][0] == rows[two][0] and bool(covered(row) & covered(two))

    pairs = _pairs(findings, "KPI646")
    # of all rows of a key, taken by their first day, each that meets an earlier one is found, with one that it meets
    order = sorted(range(len(rows)), key=lambda index: (rows[index][1], index))
    expected = {two for place, two in enumerate(order) if any(clash(earlier, two) for earlier in order[:place])}
    assert {row for row, _ in pairs} == expected
    assert len(pairs) == len(expected)
    assert all(clash(row, other) for row, other in pairs)
    backwards = {row for finding in findings if finding.code == "KPI647" for row in finding.rows.to_pylist()}
    assert backwards == {index for index, (_, first, last) in enumerate(rows) if last is not None and last < first}


def test_without_an_end_a_row_is_in_force_for_ever() -> None:
    contract = table("t", text("k", key=True), day("from"), day("to", optional=True), active=Active("from", "to"))
    begins = days(date(1, 1, 1), date(9999, 12, 31), DAY)
    data = pa.table({"k": ["a", "a", "b"], "from": begins, "to": days(None, None, None)})
    assert _pairs(row_findings(contract, data), "KPI646") == [(1, 0)]


def test_days_in_force_meet_on_the_last_day_but_not_after_it() -> None:
    contract = table("t", text("k", key=True), day("from"), day("to"), active=Active("from", "to"))
    data = pa.table({"k": ["a"] * 3, "from": days(DAY, DAY + timedelta(9), DAY + timedelta(20)),
                     "to": days(DAY + timedelta(9), DAY + timedelta(19), DAY + timedelta(29))})  # fmt: skip
    assert _pairs(row_findings(contract, data), "KPI646") == [(1, 0)]


@given(st.lists(st.none() | st.sampled_from("abc")), st.lists(st.none() | st.sampled_from("bcd")))
def test_a_value_without_a_row_is_found(values: list[str | None], keys: list[str | None]) -> None:
    contracts = {"t": table("t", text("r", optional=True, references="u")), "u": table("u", text("k", key=True))}
    tables = {"t": pa.table({"r": pa.array(values, pa.string())}), "u": pa.table({"k": pa.array(keys, pa.string())})}
    rows = [
        row for finding in reference_findings(contracts["t"], tables, contracts) for row in finding.rows.to_pylist()
    ]
    assert rows == [index for index, value in enumerate(values) if value is not None and value not in keys]


def test_a_reference_meets_a_key_of_another_width() -> None:
    contracts = {
        "t": table("t", number("r", 0, references="u")),
        "u": table("u", number("k", 0, key=True, between=(0, 9))),
    }
    narrow, wide = (pa.array([1, 2]).cast(pa.decimal128(digits, 0)) for digits in (20, 25))
    tables = {"t": pa.table({"r": wide}), "u": pa.table({"k": narrow.slice(0, 1)})}
    (finding,) = reference_findings(contracts["t"], tables, contracts)
    assert finding.rows.to_pylist() == [1]
    assert finding.args == {"target": "u"}


@pytest.mark.parametrize("keys", [0, 2])
def test_only_a_table_with_one_key_column_can_be_referred_to(keys: int) -> None:
    columns = [text("k", key=keys > 0), text("l", key=keys > 1)]
    contracts = {"t": table("t", text("r", references="u")), "u": table("u", *columns)}
    tables = {"t": pa.table({"r": ["a"]}), "u": pa.table({"k": ["b"], "l": ["b"]})}
    assert list(reference_findings(contracts["t"], tables, contracts)) == []
